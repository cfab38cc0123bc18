"""The chat-completions wire format, translation by translation."""

import json

import pytest


def parameters(llm, **changed):
    accepted = {
        "max_tokens": "max_tokens",
        "temperature": "any",
        "reasoning_efforts": (),
        "stop": True,
        "tools_with_reasoning": True,
    }
    return llm.catalogue.Parameters(**{**accepted, **changed})


def built(llm, text="Hello", accepts=None, **fields):
    """Return a request body as it arrives at the provider."""
    prompt = llm.prompts.Prompt.of(text, model="some-model", **fields)
    accepts = accepts or parameters(llm)
    body = llm.chat_completions.build_request(prompt, accepts)
    return json.loads(json.dumps(body))


@pytest.mark.exercise("2.1")
def test_a_prompt_becomes_one_user_message(llm):
    assert built(llm) == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "Hello"}],
    }


@pytest.mark.exercise("2.1")
def test_the_system_message_comes_first(llm):
    body = built(llm, system_message="Be brief.")
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
    ]


@pytest.mark.exercise("2.1")
def test_a_conversation_keeps_its_order(llm):
    turns = [
        {"role": "user", "content": "I am Ada."},
        {"role": "assistant", "content": "Hello, Ada."},
        {"role": "user", "content": "Who am I?"},
    ]
    assert built(llm, turns)["messages"] == turns


@pytest.mark.exercise("2.1")
def test_what_the_caller_did_not_set_is_not_sent(llm):
    assert sorted(built(llm)) == ["messages", "model"]


@pytest.mark.exercise("2.1")
def test_a_plain_model_gets_max_tokens(llm):
    assert built(llm, max_tokens=50).get("max_tokens") == 50


@pytest.mark.exercise("2.1")
def test_a_reasoning_model_gets_max_completion_tokens(llm):
    accepts = parameters(llm, max_tokens="max_completion_tokens")
    body = built(llm, accepts=accepts, max_tokens=50)
    assert sorted(body) == ["max_completion_tokens", "messages", "model"]
    assert body["max_completion_tokens"] == 50


@pytest.mark.exercise("2.1")
def test_a_model_that_takes_both_names_gets_the_new_one(llm):
    accepts = parameters(llm, max_tokens="both")
    body = built(llm, accepts=accepts, max_tokens=50)
    assert sorted(body) == ["max_completion_tokens", "messages", "model"]


@pytest.mark.exercise("2.1")
def test_a_temperature_of_zero_is_sent(llm):
    assert built(llm, temperature=0.0).get("temperature") == 0.0


@pytest.mark.exercise("2.1")
def test_a_model_that_refuses_a_temperature_gets_none(llm):
    accepts = parameters(llm, temperature="never")
    assert "temperature" not in built(llm, accepts=accepts, temperature=0.7)


@pytest.mark.exercise("2.1")
def test_a_temperature_can_depend_on_the_reasoning_effort(llm):
    accepts = parameters(
        llm,
        temperature="without_reasoning",
        reasoning_efforts=("none", "low"),
    )
    hot = {"accepts": accepts, "temperature": 0.7}
    assert "temperature" not in built(llm, **hot, reasoning_effort="low")
    without = built(llm, **hot, reasoning_effort="none")
    assert without.get("temperature") == 0.7


@pytest.mark.exercise("2.1")
def test_only_efforts_that_the_model_knows_are_sent(llm):
    accepts = parameters(llm, reasoning_efforts=("low", "high"))
    known = built(llm, accepts=accepts, reasoning_effort="low")
    unknown = built(llm, accepts=accepts, reasoning_effort="max")
    assert known.get("reasoning_effort") == "low"
    assert "reasoning_effort" not in unknown


@pytest.mark.exercise("2.1")
def test_stop_words_are_a_list_if_the_model_takes_them(llm):
    assert built(llm, stop=["END"]).get("stop") == ["END"]
    refused = parameters(llm, stop=False)
    assert "stop" not in built(llm, accepts=refused, stop=["END"])


@pytest.mark.exercise("2.1")
def test_tools_and_formats_are_passed_on(llm):
    names = ("now", "weather")
    tools = [{"type": "function", "function": {"name": n}} for n in names]
    form = {"type": "json_object"}
    body = built(llm, tools=tools, tool_choice="auto", response_format=form)
    assert body.get("tools") == tools
    assert body.get("tool_choice") == "auto"
    assert body.get("response_format") == form


@pytest.mark.exercise("2.1")
def test_whether_tools_are_called_is_left_open_if_the_caller_does(llm):
    tool = {"type": "function", "function": {"name": "now"}}
    assert "tool_choice" not in built(llm, tools=[tool])


@pytest.mark.exercise("2.1")
def test_a_tool_that_the_caller_asks_for_by_name_is_passed_on(llm):
    tool = {"type": "function", "function": {"name": "now"}}
    body = built(llm, tools=[tool], tool_choice=tool)
    assert body.get("tool_choice") == tool


def test_a_default_only_model_takes_a_temperature_of_one(llm):
    accepts = parameters(llm, temperature="default_only")
    assert built(llm, accepts=accepts, temperature=1)["temperature"] == 1
    assert "temperature" not in built(llm, accepts=accepts, temperature=0)


def completion(content="Hi.", **changed):
    """A chat completion as OpenAI documents it."""
    message = {"role": "assistant", "content": content, "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "some-model-2026-01-01",
        "choices": [
            {"index": 0, "message": message, "finish_reason": "stop"}
        ],
        "usage": {
            "prompt_tokens": 11,
            "completion_tokens": 9,
            "total_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 7},
        },
        **changed,
    }


def choice(finish_reason="stop", **message):
    return [{"message": message, "finish_reason": finish_reason}]


@pytest.mark.exercise("2.2")
def test_the_text_is_the_first_choice_s_content(llm):
    reply = llm.chat_completions.parse_response(completion("Hello!"))
    assert reply.text == "Hello!"


@pytest.mark.exercise("2.2")
def test_the_model_is_the_one_that_answered(llm):
    reply = llm.chat_completions.parse_response(completion())
    assert reply.model == "some-model-2026-01-01"


@pytest.mark.exercise("2.2")
def test_the_reason_why_it_ended_is_kept(llm):
    cut = completion(choices=choice("length", content="Once upon"))
    assert llm.chat_completions.parse_response(cut).finish_reason == "length"


@pytest.mark.exercise("2.2")
def test_cached_and_reasoning_tokens_are_found(llm):
    reply = llm.chat_completions.parse_response(completion())
    assert reply.usage == llm.responses.Usage(11, 9, 20, 3, 7)


@pytest.mark.exercise("2.2")
def test_without_usage_the_counts_are_unknown(llm):
    payload = completion()
    del payload["usage"]
    reply = llm.chat_completions.parse_response(payload)
    assert reply.usage == llm.responses.Usage()


@pytest.mark.exercise("2.2")
def test_an_error_inside_http_200_is_an_error(llm):
    with pytest.raises(llm.errors.ProviderError) as caught:
        llm.chat_completions.parse_response(
            {"error": {"message": "overloaded", "code": "server_error"}}
        )
    assert caught.value.kind == "provider_unavailable"


@pytest.mark.exercise("2.2")
@pytest.mark.parametrize(
    "payload",
    [{}, {"choices": []}, {"choices": None}],
    ids=["no field", "empty list", "a null"],
)
def test_without_a_choice_the_response_is_malformed(llm, payload):
    with pytest.raises(llm.errors.MalformedResponseError) as caught:
        llm.chat_completions.parse_response(payload)
    assert caught.value.kind == "malformed_response"


@pytest.mark.exercise("2.2")
def test_a_refusal_is_the_answer(llm):
    payload = completion(choices=choice(content=None, refusal="I won't."))
    reply = llm.chat_completions.parse_response(payload)
    assert (reply.text, reply.finish_reason) == ("I won't.", "refusal")


@pytest.mark.exercise("2.2")
def test_an_empty_answer_is_an_error_that_keeps_the_usage(llm):
    payload = completion(choices=choice("length", content=""))
    with pytest.raises(llm.errors.EmptyResponseError) as caught:
        llm.chat_completions.parse_response(payload)
    assert caught.value.usage == llm.responses.Usage(11, 9, 20, 3, 7)


@pytest.mark.exercise("2.2")
def test_a_tool_call_needs_no_text(llm):
    call = {"id": "1", "type": "function", "function": {"name": "now"}}
    payload = completion(choices=choice(content=None, tool_calls=[call]))
    reply = llm.chat_completions.parse_response(payload)
    assert [found["id"] for found in reply.tool_calls] == ["1"]
    assert reply.text == ""


@pytest.mark.exercise("2.2")
def test_the_id_and_a_gateway_s_cost_are_kept(llm):
    payload = completion()
    payload["usage"]["cost"] = 0.0003
    reply = llm.chat_completions.parse_response(payload)
    assert (reply.id, reply.cost_usd) == ("chatcmpl-1", 0.0003)


@pytest.mark.exercise("2.2")
def test_a_cost_that_nobody_tells_is_unknown(llm):
    assert llm.chat_completions.parse_response(completion()).cost_usd is None


@pytest.mark.exercise("2.2")
def test_a_cost_of_0_is_a_known_one(llm):
    payload = completion()
    payload["usage"]["cost"] = 0
    assert llm.chat_completions.parse_response(payload).cost_usd == 0


@pytest.mark.exercise("2.2")
def test_an_answer_without_content_is_empty(llm):
    payload = completion(choices=choice("length", content=None))
    with pytest.raises(llm.errors.EmptyResponseError):
        llm.chat_completions.parse_response(payload)


@pytest.mark.exercise("2.2")
def test_a_refusal_goes_before_the_content(llm):
    both = choice(content="First, ", refusal="I won't.")
    reply = llm.chat_completions.parse_response(completion(choices=both))
    assert reply.text == "I won't."


@pytest.mark.exercise("2.2")
def test_of_several_choices_the_first_counts(llm):
    two = choice(content="One.") + choice(content="Two.")
    reply = llm.chat_completions.parse_response(completion(choices=two))
    assert reply.text == "One."


@pytest.mark.exercise("2.2")
def test_an_empty_refusal_is_none(llm):
    payload = completion(choices=choice(content="Hi.", refusal=""))
    reply = llm.chat_completions.parse_response(payload)
    assert (reply.text, reply.finish_reason) == ("Hi.", "stop")


@pytest.mark.exercise("2.2")
def test_an_answer_may_be_all_that_a_body_holds(llm):
    bare = {"choices": [{"message": {"content": "Hi."}}]}
    assert llm.chat_completions.parse_response(bare).text == "Hi."


@pytest.mark.exercise("2.2")
def test_of_several_tool_calls_each_is_kept(llm):
    calls = [
        {"id": name, "type": "function", "function": {"name": "now"}}
        for name in ("1", "2", "3")
    ]
    payload = completion(choices=choice(content=None, tool_calls=calls))
    reply = llm.chat_completions.parse_response(payload)
    assert [found["id"] for found in reply.tool_calls] == ["1", "2", "3"]


def test_a_filtered_answer_is_an_error(llm):
    payload = completion(choices=choice("content_filter", content=None))
    with pytest.raises(llm.errors.ContentBlockedError):
        llm.chat_completions.parse_response(payload)


def test_an_error_inside_a_choice_is_an_error(llm):
    broken = [{"error": {"code": 502, "message": "down"}, "message": {}}]
    with pytest.raises(llm.errors.ProviderUnavailableError):
        llm.chat_completions.parse_response({"choices": broken})


@pytest.mark.parametrize(
    "payload",
    [
        {"choices": "x"},
        {"choices": [None]},
        {"choices": [{"message": "text"}]},
        {"choices": [{}], "usage": "many"},
        {"choices": {"0": {}}},
    ],
)
def test_nonsense_is_malformed_never_a_crash(llm, payload):
    with pytest.raises(llm.errors.MalformedResponseError):
        llm.chat_completions.parse_response(payload)


def event(content=None, finish_reason=None, **more):
    delta = {} if content is None else {"content": content}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    return {"model": "some-model", "choices": choices, **more}


def test_a_delta_is_a_piece_of_text(llm):
    piece = llm.chat_completions.parse_event(event("Hel"))
    assert (piece.text, piece.finish_reason) == ("Hel", None)


def test_the_last_delta_has_the_finish_reason(llm):
    piece = llm.chat_completions.parse_event(event(finish_reason="stop"))
    assert (piece.text, piece.finish_reason) == ("", "stop")


def test_the_usage_comes_without_a_choice(llm):
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    piece = llm.chat_completions.parse_event({"choices": [], "usage": usage})
    assert piece.usage == llm.responses.Usage(3, 4, 7)


def test_an_error_in_mid_stream_is_an_error(llm):
    broken = {"error": {"message": "boom", "code": "server_error"}}
    with pytest.raises(llm.errors.ProviderUnavailableError):
        llm.chat_completions.parse_event(broken)


def events(llm, *chunks):
    return list(llm.chat_completions.read_events(list(chunks)))


def test_events_end_at_done(llm):
    read = events(llm, b'data: {"a": 1}\n\ndata: [DONE]\n\ndata: {"b": 2}\n')
    assert read == [{"a": 1}]


def test_chunks_may_end_in_the_middle_of_a_letter(llm):
    raw = 'data: {"a": "Grüße"}\r\n\r\n'.encode()
    read = events(llm, *(raw[i : i + 1] for i in range(len(raw))))
    assert read == [{"a": "Grüße"}]


def test_comments_are_skipped(llm):
    assert events(llm, b": PROCESSING\n\n", b'data: {"a": 1}\n') == [{"a": 1}]


def test_an_event_that_is_no_json_is_malformed(llm):
    with pytest.raises(llm.errors.MalformedResponseError):
        events(llm, b"data: <html>\n")


def test_a_page_instead_of_events_is_malformed(llm):
    with pytest.raises(llm.errors.MalformedResponseError):
        events(llm, b"<html><body>Sign in</body></html>")


def test_a_body_that_is_one_error_object_is_read_as_an_event(llm):
    assert events(llm, b'{"error": {}}\n') == [{"error": {}}]
