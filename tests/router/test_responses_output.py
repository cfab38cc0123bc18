"""The items of a response, as they grow: every event, every field."""

import pytest


@pytest.fixture
def output(llm):
    return llm.router.responses_output.Output()


@pytest.fixture
def piece(llm):
    return llm.chat_completions.Piece


def call(index, name=None, arguments="", **more):
    """Return a part of a call, as a provider's stream has it."""
    named = {"name": name} if name else {}
    return {"index": index, "function": {**named, "arguments": arguments}} | (
        more
    )


def types(events):
    """Return the events' types, without what all begin with."""
    return [event["type"].removeprefix("response.") for event in events]


def test_the_first_text_opens_a_message(output, piece):
    added, part, delta = output.add(piece("Hi"))
    name = added["item"]["id"]
    assert name.startswith("msg_")
    assert added == {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {
            "id": name,
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        },
    }
    where = {"item_id": name, "output_index": 0, "content_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": []}
    assert part == {
        "type": "response.content_part.added",
        **where,
        "part": {**empty, "logprobs": []},
    }
    assert delta == {
        "type": "response.output_text.delta",
        **where,
        "logprobs": [],
        "delta": "Hi",
    }


def test_a_message_ends_with_its_whole_text(output, piece):
    list(output.add(piece("Hi")))
    assert types(output.add(piece(" you."))) == ["output_text.delta"]
    text, part, item = output.close("completed")
    name = item["item"]["id"]
    where = {"item_id": name, "output_index": 0, "content_index": 0}
    whole = {"type": "output_text", "text": "Hi you.", "annotations": []}
    whole |= {"logprobs": []}
    assert text == {
        "type": "response.output_text.done",
        **where,
        "logprobs": [],
        "text": "Hi you.",
    }
    assert part == {
        "type": "response.content_part.done",
        **where,
        "part": whole,
    }
    assert item == {
        "type": "response.output_item.done",
        "output_index": 0,
        "item": {
            "id": name,
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [whole],
        },
    }
    assert output.items == [item["item"]]


def test_a_refusal_is_a_part_of_its_own_kind(output, piece):
    _, part, delta = output.add(piece("No.", finish_reason="refusal"))
    assert part["part"] == {"type": "refusal", "refusal": ""}
    assert (delta["type"], delta["delta"]) == ("response.refusal.delta", "No.")
    assert "logprobs" not in delta
    done, part, _ = output.close("completed")
    assert (done["type"], done["refusal"]) == ("response.refusal.done", "No.")
    assert part["part"] == {"type": "refusal", "refusal": "No."}


def test_a_call_s_arguments_come_in_pieces(output, piece):
    added, *none = output.add(
        piece(tool_calls=(call(0, "weather", id="call_1"),))
    )
    assert none == []
    name = added["item"]["id"]
    assert name.startswith("fc_")
    assert added == {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {
            "id": name,
            "type": "function_call",
            "status": "in_progress",
            "call_id": "call_1",
            "name": "weather",
            "arguments": "",
        },
    }
    [delta] = output.add(piece(tool_calls=(call(0, arguments='{"a"'),)))
    where = {"item_id": name, "output_index": 0}
    assert delta == {
        "type": "response.function_call_arguments.delta",
        **where,
        "delta": '{"a"',
    }
    list(output.add(piece(tool_calls=(call(0, arguments=": 1}"),))))
    done, item = output.close("completed")
    assert done == {
        "type": "response.function_call_arguments.done",
        **where,
        "arguments": '{"a": 1}',
    }
    assert item["item"] | {"id": ""} == {
        "id": "",
        "type": "function_call",
        "status": "completed",
        "call_id": "call_1",
        "name": "weather",
        "arguments": '{"a": 1}',
    }


def test_calls_may_grow_side_by_side(output, piece):
    both = call(0, "a", "{", id="1"), call(1, "b", "[", id="2")
    rest = call(1, arguments="]"), call(0, arguments="}")
    list(output.add(piece(tool_calls=both)))
    where = [one["output_index"] for one in output.add(piece(tool_calls=rest))]
    assert where == [1, 0]
    ends = ["function_call_arguments.done", "output_item.done"]
    assert types(output.close("completed")) == [*ends, *ends]
    assert [one["arguments"] for one in output.items] == ["{}", "[]"]


def test_a_message_is_done_when_a_call_begins(output, piece):
    list(output.add(piece("Let me see.")))
    assert types(output.add(piece(tool_calls=(call(0, "a", id="1"),)))) == [
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
    ]
    assert types(output.add(piece("So."))) == [
        "output_item.added",
        "content_part.added",
        "output_text.delta",
    ]
    list(output.close("completed"))
    kinds = [one["type"] for one in output.items]
    assert kinds == ["message", "function_call", "message"]
    assert {one["status"] for one in output.items} == {"completed"}


def test_only_the_last_item_was_cut_off(output, piece):
    both = call(0, "a", "{}", id="1"), call(1, "b", "{", id="2")
    list(output.add(piece("Hm.", tool_calls=both)))
    list(output.close("incomplete"))
    statuses = [one["status"] for one in output.items]
    assert statuses == ["completed", "completed", "incomplete"]


def test_a_call_without_an_id_gets_one(output, piece):
    list(output.add(piece(tool_calls=(call(0, "a"), call(1, "b")))))
    first, second = (one["call_id"] for one in output.items)
    assert first.startswith("call_") and first != second


def test_what_the_provider_wants_back_stands_beside_the_call(output, piece):
    extra = {"google": {"thought_signature": "c2ln"}}
    one = call(0, "a", "{}", id="1", extra_content=extra)
    list(output.add(piece(tool_calls=(one,))))
    assert output.items[0]["extra_content"] == extra


def test_a_piece_that_adds_nothing_has_no_event(output, piece):
    assert list(output.add(piece(finish_reason="stop"))) == []
    assert list(output.close("completed")) == output.items == []


def test_an_answer_in_one_piece_has_the_same_items(llm):
    function = {"name": "a", "arguments": "{}"}
    response = llm.responses.StandardResponse(
        status="success",
        message="Hi.",
        model="m",
        usage=llm.responses.Usage(),
        provider="openai",
        finish_reason="stop",
        tool_calls=({"id": "1", "type": "function", "function": function},),
    )
    of = llm.router.responses_output.Output.of
    message, made = of(response, "completed").items
    assert message["content"][0]["text"] == "Hi."
    assert (made["call_id"], made["arguments"]) == ("1", "{}")
    assert {message["status"], made["status"]} == {"completed"}
