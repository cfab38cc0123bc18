"""What providers send is read as what it is, or told by its place."""

import json

import pytest

CALL = {"id": "1", "function": {"name": "f", "arguments": "{}"}}


def chat(**message):
    """Return an answer of chat completions with this message."""
    return {"model": "m", "choices": [{"message": message}]}


def gemini(part):
    """Return an answer of Gemini's with this part."""
    return {"candidates": [{"content": {"parts": [part]}}]}


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"model": 3}, "model is not a text"),
        ({"choices": {}}, "choices is not a list"),
        ({"choices": [None]}, "choices[0] is not an object"),
        (chat(content=["x"]), "choices[0].message.content is not a text"),
        (chat(refusal={}), "choices[0].message.refusal is not a text"),
        (
            chat(tool_calls=[CALL, CALL | {"function": 3}]),
            "choices[0].message.tool_calls[1].function is not an object",
        ),
        (
            chat(tool_calls=[CALL | {"index": "0"}]),
            "choices[0].message.tool_calls[0].index is not a count",
        ),
        (
            {"choices": [{"delta": {"content": 1}}]},
            "choices[0].delta.content is not a text",
        ),
        ({"candidates": "x"}, "candidates is not a list"),
        (
            gemini({"functionCall": {"args": []}}),
            "candidates[0].content.parts[0].functionCall.args"
            " is not an object",
        ),
    ],
)
def test_a_part_of_another_kind_is_told_by_its_place(llm, payload, told):
    with pytest.raises(llm.errors.MalformedResponseError) as caught:
        llm.answer_shapes.decode_answer(json.dumps(payload).encode())
    assert caught.value.reason == f"In the answer, {told}."


@pytest.mark.parametrize(
    "payload",
    [
        chat(content=None, tool_calls=[CALL]),
        chat(content="x", reasoning={"more": [1]}),
        gemini({"text": "x", "thought": True}),
        {"choices": [], "usage": None},
        {},
    ],
)
def test_what_is_missing_null_or_unknown_fits(llm, payload):
    body = json.dumps(payload)
    assert llm.answer_shapes.decode_answer(body) == payload


def test_what_cannot_be_read_of_a_bill_is_left_out(llm):
    usage = {
        "prompt_tokens": "7",
        "completion_tokens": 5,
        "total_tokens": -1,
        "prompt_tokens_details": [3],
        "completion_tokens_details": {"reasoning_tokens": 2.5},
        "cost": "0.1",
        "cost_details": {"upstream": "x"},
    }
    answer = llm.answer_shapes.fitting({"usage": usage})
    assert answer["usage"] == {
        "completion_tokens": 5,
        "completion_tokens_details": {},
        "cost_details": {"upstream": "x"},
    }


@pytest.mark.parametrize("counts", [3, [], "x"])
def test_a_bill_that_is_none_is_left_out(llm, counts):
    payload = {"usage": counts, "usageMetadata": counts}
    assert llm.answer_shapes.fitting(payload) == {}


def test_a_count_that_no_number_can_hold_is_left_out(llm):
    metadata = {"promptTokenCount": 10**30, "totalTokenCount": True}
    payload = {"usageMetadata": metadata}
    assert llm.answer_shapes.fitting(payload) == {"usageMetadata": {}}


def test_an_error_goes_before_what_stands_around_it(llm):
    payload = {"error": {"code": 502}, "choices": 3, "usage": {"cost": "x"}}
    assert llm.answer_shapes.fitting(payload) == {"error": {"code": 502}}


CHAT = {
    "id": "c",
    "model": "m",
    "choices": [
        {
            "finish_reason": "stop",
            "message": {
                "content": "x",
                "refusal": None,
                "tool_calls": [CALL | {"index": 0}],
            },
        }
    ],
    "usage": {
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "total_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 1},
        "cost": 0.5,
    },
}
EVENT = {
    **CHAT,
    "choices": [
        {"delta": CHAT["choices"][0]["message"], "finish_reason": None}
    ],
}
GEMINI = {
    "responseId": "r",
    "modelVersion": "m",
    "candidates": [
        {
            "finishReason": "STOP",
            "content": {
                "parts": [
                    {"text": "x"},
                    {"functionCall": {"name": "f", "args": {}}},
                ]
            },
        }
    ],
    "usageMetadata": {
        "promptTokenCount": 1,
        "candidatesTokenCount": 1,
        "totalTokenCount": 3,
        "thoughtsTokenCount": 1,
        "cachedContentTokenCount": 0,
    },
}
NONSENSE = [None, "", "x", 0, -1, 1.5, True, [], ["x"], {}, {"a": 1}, [None]]


def places(value, before=()):
    """Yield the way to each part of a JSON value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        yield (*before, key)
        if isinstance(part, dict | list):
            yield from places(part, (*before, key))


def spoiled(value, way, nonsense):
    """Return a copy of a JSON value with nonsense in one place."""
    copied = json.loads(json.dumps(value))
    holder = copied
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = nonsense
    return copied


@pytest.mark.parametrize(
    ("answer", "module", "reader"),
    [
        (CHAT, "chat_completions", "parse_response"),
        (EVENT, "chat_completions", "parse_event"),
        (GEMINI, "gemini_format", "parse_response"),
        (GEMINI, "gemini_format", "parse_event"),
    ],
)
def test_nonsense_anywhere_is_malformed_or_left_out(
    llm, answer, module, reader
):
    read = getattr(getattr(llm, module), reader)
    for way in places(answer):
        for nonsense in NONSENSE:
            payload = spoiled(answer, way, nonsense)
            try:
                found = read(llm.answer_shapes.fitting(payload))
            except llm.errors.ProviderError:
                continue
            counts = vars(found.usage).values() if found.usage else []
            kinds = {type(count) for count in counts}
            assert kinds <= {int, type(None)}, payload
            assert isinstance(found.text, str), payload
            assert isinstance(found.model, str), payload
            assert isinstance(found.id, str | None), payload
            assert not isinstance(found.cost_usd, str | bool), payload
