"""OpenAI's format from the server's side, without any server."""

import json

import pytest


def response(llm, **fields):
    usage = fields.pop("usage", llm.responses.Usage(3, 4, 7))
    given = {"status": "success", "message": "Hi.", "model": "m"}
    given |= {"provider": "openai", "finish_reason": "stop"}
    return llm.responses.StandardResponse(usage=usage, **given | fields)


HEAD = {"id": "chatcmpl-1", "created": 1}


def test_a_completion_has_openai_s_fields(llm):
    found = llm.router.openai_format.completion(response(llm), HEAD)
    assert (found["id"], found["object"]) == ("chatcmpl-1", "chat.completion")
    assert found["model"] == "openai/m"
    assert found["choices"][0]["message"]["content"] == "Hi."
    assert found["usage"]["total_tokens"] == 7


def test_unknown_counts_are_never_zero(llm):
    usage = llm.responses.Usage(prompt_tokens=3)
    assert llm.router.openai_format.usage_of(usage) is None
    found = llm.router.openai_format.usage_of(llm.responses.Usage(3, 4))
    assert found == {
        "prompt_tokens": 3,
        "completion_tokens": 4,
        "total_tokens": 7,
    }


def test_tool_calls_end_an_answer_as_tool_calls(llm):
    call = {"id": "1", "type": "function", "function": {"name": "now"}}
    made = response(llm, message="", tool_calls=(call,))
    choice = llm.router.openai_format.completion(made, HEAD)["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None


def test_half_a_character_can_be_written(llm):
    written = llm.router.openai_format.server_sent({"text": "\ud83d"})
    assert json.loads(written.removeprefix(b"data: ")) == {"text": "\ud83d"}


def test_a_piece_that_adds_nothing_is_not_sent(llm):
    chunks = llm.router.openai_format.Chunks(HEAD, False)
    assert chunks.add(llm.chat_completions.Piece()) == b""
    first = chunks.add(llm.chat_completions.Piece("Hi."))
    assert b'"role":"assistant"' in first
    assert b'"role"' not in chunks.add(llm.chat_completions.Piece("Ho."))


@pytest.mark.parametrize("with_usage", [False, True])
def test_a_later_chunk_differs_from_the_second_by_its_text_alone(
    llm, with_usage
):
    chunks = llm.router.openai_format.Chunks(HEAD, with_usage)
    chunks.begin('openai/"text"')
    texts = ["text", "Hé", '"\\\n', "\ud800", "more"]
    events = [
        json.loads(
            chunks.add(llm.chat_completions.Piece(text=text)).removeprefix(
                b"data: "
            )
        )
        for text in texts
    ]
    deltas = [event["choices"][0].pop("delta") for event in events]
    assert [delta["content"] for delta in deltas] == texts
    roles = [delta.get("role") for delta in deltas]
    assert roles == ["assistant", None, None, None, None]
    assert all(event == events[0] for event in events)
