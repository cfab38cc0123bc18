"""Gemini's wire format, translation by translation."""

import json

import pytest

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather.",
        "parameters": {"type": "object", "properties": {"city": {}}},
        "strict": True,
    },
}
USAGE = {
    "promptTokenCount": 9,
    "candidatesTokenCount": 2,
    "thoughtsTokenCount": 41,
    "totalTokenCount": 52,
    "cachedContentTokenCount": 4,
}


def parameters(llm, **changed):
    accepted = {
        "max_tokens": None,
        "temperature": "any",
        "reasoning_efforts": ("low", "high"),
        "stop": True,
        "tools_with_reasoning": True,
    }
    return llm.catalogue.Parameters(**{**accepted, **changed})


def prompted(llm, **fields):
    return llm.prompts.Prompt.of("Hello", model="some-model", **fields)


def config(llm, accepts=None, **fields):
    """Return the generationConfig as it arrives at the provider."""
    found = llm.gemini_format.generation_config(
        prompted(llm, **fields), accepts or parameters(llm)
    )
    return json.loads(json.dumps(found))


@pytest.mark.exercise("3.7")
def test_what_the_caller_did_not_set_is_not_in_the_config(llm):
    assert config(llm) == {}


@pytest.mark.exercise("3.7")
def test_the_limit_of_tokens_is_called_max_output_tokens(llm):
    assert config(llm, max_tokens=50) == {"maxOutputTokens": 50}


@pytest.mark.exercise("3.7")
def test_a_temperature_is_sent_to_a_model_that_takes_any(llm):
    assert config(llm, temperature=0.7) == {"temperature": 0.7}


@pytest.mark.exercise("3.7")
def test_a_temperature_of_zero_is_sent(llm):
    assert config(llm, temperature=0.0) == {"temperature": 0.0}


@pytest.mark.exercise("3.7")
def test_a_model_that_refuses_a_temperature_gets_none(llm):
    refusing = parameters(llm, temperature="never")
    assert config(llm, refusing, temperature=0.7) == {}


@pytest.mark.exercise("3.7")
def test_a_temperature_can_depend_on_the_reasoning_effort(llm):
    accepts = parameters(llm, temperature="without_reasoning")
    found = config(llm, accepts, temperature=0.7, reasoning_effort="low")
    assert "temperature" not in found


@pytest.mark.exercise("3.7")
def test_stop_words_are_called_stop_sequences(llm):
    assert config(llm, stop=["END"]) == {"stopSequences": ["END"]}


@pytest.mark.exercise("3.7")
def test_a_model_that_refuses_stop_words_gets_none(llm):
    assert config(llm, parameters(llm, stop=False), stop=["END"]) == {}


@pytest.mark.exercise("3.7")
def test_an_effort_becomes_a_thinking_level_in_capitals(llm):
    found = config(llm, reasoning_effort="low")
    assert found == {"thinkingConfig": {"thinkingLevel": "LOW"}}


@pytest.mark.exercise("3.7")
def test_an_effort_that_the_model_does_not_know_is_left_out(llm):
    assert config(llm, reasoning_effort="max") == {}


@pytest.mark.exercise("3.7")
def test_json_is_asked_for_by_its_media_type(llm):
    found = config(llm, response_format={"type": "json_object"})
    assert found == {"responseMimeType": "application/json"}


@pytest.mark.exercise("3.7")
def test_text_is_no_format_that_has_to_be_asked_for(llm):
    assert config(llm, response_format={"type": "text"}) == {}


def form(schema):
    """Return the format of answers that follow a schema."""
    wanted = {"name": "person", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": wanted}


@pytest.mark.exercise("3.7")
def test_of_a_schema_only_the_schema_itself_goes_on(llm):
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    found = config(llm, response_format=form(schema))
    assert found.get("responseJsonSchema") == schema


@pytest.mark.exercise("3.7")
def test_an_answer_that_follows_a_schema_is_json(llm):
    found = config(llm, response_format=form({"type": "object"}))
    assert sorted(found) == ["responseJsonSchema", "responseMimeType"]
    assert found["responseMimeType"] == "application/json"


@pytest.mark.exercise("3.7")
def test_all_options_go_together(llm):
    found = config(
        llm,
        max_tokens=50,
        temperature=1,
        stop=["END", "STOP"],
        reasoning_effort="high",
        response_format={"type": "json_object"},
    )
    assert found == {
        "maxOutputTokens": 50,
        "temperature": 1,
        "stopSequences": ["END", "STOP"],
        "thinkingConfig": {"thinkingLevel": "HIGH"},
        "responseMimeType": "application/json",
    }


@pytest.mark.exercise("3.7")
@pytest.mark.parametrize(
    ("word", "temperature", "effort"),
    [("default_only", 1.0, "low"), ("without_reasoning", 0.25, "none")],
)
def test_a_temperature_is_sent_wherever_the_model_takes_it(
    llm, word, temperature, effort
):
    efforts = ("none", "low")
    accepts = parameters(llm, temperature=word, reasoning_efforts=efforts)
    asked = {"temperature": temperature, "reasoning_effort": effort}
    assert config(llm, accepts, **asked).get("temperature") == temperature


@pytest.mark.exercise("3.7")
def test_stop_sequences_are_a_list(llm):
    found = llm.gemini_format.generation_config(
        prompted(llm, stop=["END"]), parameters(llm)
    )
    assert found["stopSequences"] == ["END"]


@pytest.mark.exercise("3.7")
def test_a_schema_goes_on_whether_it_is_strict_or_not(llm):
    asked = {"name": "person", "schema": {"type": "object"}}
    wanted = {"type": "json_schema", "json_schema": asked}
    found = config(llm, response_format=wanted)
    assert found.get("responseJsonSchema") == {"type": "object"}


def built(llm, **fields):
    body = llm.gemini_format.build_request(
        prompted(llm, **fields), parameters(llm)
    )
    return json.loads(json.dumps(body))


def test_a_plain_prompt_is_contents_alone(llm):
    assert built(llm) == {
        "contents": [{"role": "user", "parts": [{"text": "Hello"}]}]
    }


def test_the_system_message_stands_outside_the_contents(llm):
    body = built(llm, system_message="Be brief.", max_tokens=9)
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert body["generationConfig"] == {"maxOutputTokens": 9}
    assert len(body["contents"]) == 1


def test_tools_are_function_declarations(llm):
    declared = {
        "name": "weather",
        "description": "Tell the weather.",
        "parametersJsonSchema": TOOL["function"]["parameters"],
    }
    body = built(llm, tools=[TOOL])
    assert body["tools"] == [{"functionDeclarations": [declared]}]
    assert "toolConfig" not in body


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
    ],
)
def test_the_choice_of_a_tool_is_a_mode(llm, choice, expected):
    body = built(llm, tools=[TOOL], tool_choice=choice)
    assert body["toolConfig"] == {"functionCallingConfig": expected}


def usage_of(llm, **counts):
    return llm.gemini_format.parse_usage(counts)


@pytest.mark.exercise("3.8")
def test_prompt_completion_and_total_are_found(llm):
    usage = usage_of(
        llm, promptTokenCount=9, candidatesTokenCount=2, totalTokenCount=11
    )
    assert usage.prompt_tokens == 9
    assert usage.completion_tokens == 2
    assert usage.total_tokens == 11


@pytest.mark.exercise("3.8")
def test_thoughts_are_part_of_the_completion(llm):
    assert usage_of(llm, **USAGE).completion_tokens == 43


@pytest.mark.exercise("3.8")
def test_thoughts_are_the_reasoning_tokens(llm):
    assert usage_of(llm, **USAGE).reasoning_tokens == 41


@pytest.mark.exercise("3.8")
def test_what_was_read_from_the_cache_is_found(llm):
    assert usage_of(llm, **USAGE).cached_tokens == 4


@pytest.mark.exercise("3.8")
def test_what_tools_added_counts_as_prompt(llm):
    usage = usage_of(llm, **USAGE, toolUsePromptTokenCount=5)
    assert usage.prompt_tokens == 14


@pytest.mark.exercise("3.8")
def test_the_total_is_the_one_on_the_wire(llm):
    assert usage_of(llm, **{**USAGE, "totalTokenCount": 60}).total_tokens == 60


@pytest.mark.exercise("3.8")
def test_a_model_that_does_not_think_has_no_count_of_thoughts(llm):
    usage = usage_of(llm, promptTokenCount=9, candidatesTokenCount=2)
    assert usage.reasoning_tokens is None


@pytest.mark.exercise("3.8")
def test_a_total_that_nobody_counted_is_unknown(llm):
    usage = usage_of(llm, promptTokenCount=9, candidatesTokenCount=2)
    assert usage.total_tokens is None


@pytest.mark.exercise("3.8")
def test_an_answer_that_was_all_thought_counts_its_thoughts(llm):
    usage = usage_of(llm, promptTokenCount=9, thoughtsTokenCount=41)
    assert usage.completion_tokens == 41


@pytest.mark.exercise("3.8")
def test_without_either_count_the_total_tells(llm):
    usage = usage_of(llm, promptTokenCount=9, totalTokenCount=15)
    assert usage.completion_tokens == 6


@pytest.mark.exercise("3.8")
def test_a_zero_on_the_wire_is_a_count(llm):
    usage = usage_of(
        llm, promptTokenCount=9, candidatesTokenCount=0, totalTokenCount=15
    )
    assert usage.completion_tokens == 0


@pytest.mark.exercise("3.8")
@pytest.mark.parametrize(
    "counts",
    [{"promptTokenCount": 9}, {"totalTokenCount": 15}],
    ids=["only a prompt", "only a total"],
)
def test_a_completion_that_nothing_tells_is_unknown(llm, counts):
    assert usage_of(llm, **counts).completion_tokens is None


@pytest.mark.exercise("3.8")
@pytest.mark.parametrize(
    "nothing", [{}, None, "many"], ids=["empty", "a null", "a text"]
)
def test_without_counts_all_is_unknown(llm, nothing):
    usage = llm.gemini_format.parse_usage(nothing)
    assert usage == llm.responses.Usage()


@pytest.mark.exercise("3.8")
def test_tools_lessen_what_the_total_has_beyond_the_prompt(llm):
    usage = usage_of(
        llm,
        promptTokenCount=9,
        toolUsePromptTokenCount=5,
        totalTokenCount=16,
    )
    assert usage.prompt_tokens == 14
    assert usage.completion_tokens == 2


@pytest.mark.exercise("3.8")
def test_a_prompt_that_nobody_counted_is_unknown(llm):
    usage = usage_of(llm, candidatesTokenCount=2, totalTokenCount=9)
    assert usage.prompt_tokens is None


@pytest.mark.exercise("3.8")
def test_each_zero_on_the_wire_stays_one(llm):
    usage = usage_of(llm, **dict.fromkeys(USAGE, 0))
    assert usage == llm.responses.Usage(0, 0, 0, 0, 0)


def answered(*parts, finish="STOP", **fields):
    """Return a response with these parts in its first candidate."""
    candidate = {"content": {"role": "model", "parts": list(parts)}}
    if finish is not None:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": USAGE,
        "modelVersion": "some-model-001",
        "responseId": "Zm9v",
        **fields,
    }


def parsed(llm, *parts, **fields):
    return llm.gemini_format.parse_response(answered(*parts, **fields))


def test_a_reply_has_text_model_id_and_usage(llm):
    reply = parsed(llm, {"text": "Hi"}, {"text": " there."})
    assert (reply.text, reply.model) == ("Hi there.", "some-model-001")
    assert (reply.id, reply.finish_reason) == ("Zm9v", "stop")
    assert reply.usage.completion_tokens == 43


def test_thoughts_are_not_the_answer(llm):
    reply = parsed(llm, {"text": "Hm.", "thought": True}, {"text": "Hi."})
    assert reply.text == "Hi."


def test_a_function_call_is_a_tool_call(llm):
    call = {"name": "weather", "args": {"city": "Köln"}, "id": "abc"}
    reply = parsed(llm, {"functionCall": call, "thoughtSignature": "Zm9"})
    assert reply.finish_reason == "tool_calls"
    assert json.loads(json.dumps(reply.tool_calls[0])) == {
        "id": "abc",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Köln"}'},
        "extra_content": {"google": {"thought_signature": "Zm9"}},
    }


def test_calls_without_an_id_get_different_ones(llm):
    part = {"functionCall": {"name": "now"}}
    calls = parsed(llm, part, part).tool_calls
    assert [call["id"] for call in calls] == ["call_0", "call_1"]
    assert calls[0]["function"]["arguments"] == "{}"


def test_a_limit_of_tokens_cuts_the_answer(llm):
    assert parsed(llm, {"text": "H"}, finish="MAX_TOKENS").finish_reason == (
        "length"
    )


def test_a_limit_that_thinking_used_up_leaves_an_empty_answer(llm):
    with pytest.raises(llm.errors.EmptyResponseError) as caught:
        parsed(llm, finish="MAX_TOKENS")
    assert caught.value.usage.reasoning_tokens == 41


@pytest.mark.parametrize(
    "reason",
    ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", 3],
)
def test_a_blocked_answer_keeps_what_was_said(llm, reason):
    with pytest.raises(llm.errors.ContentBlockedError) as caught:
        parsed(llm, {"text": "First,"}, finish=reason)
    assert caught.value.partial_text == "First,"
    assert caught.value.usage.total_tokens == 52


@pytest.mark.parametrize(
    ("reason", "name"), [("SAFETY", "SAFETY"), (3, "BLOCKLIST"), (99, "99")]
)
def test_a_blocked_prompt_names_the_reason(llm, reason, name):
    body = {"promptFeedback": {"blockReason": reason}, "usageMetadata": USAGE}
    with pytest.raises(llm.errors.ContentBlockedError) as caught:
        llm.gemini_format.parse_response(body)
    assert str(caught.value) == f"The prompt was blocked: {name}."
    assert caught.value.usage.prompt_tokens == 9


@pytest.mark.parametrize(
    "reason", ["OTHER", "MALFORMED_FUNCTION_CALL", "SOMETHING_NEW", 10, 77]
)
def test_an_answer_that_broke_off_is_no_answer(llm, reason):
    with pytest.raises(llm.errors.MalformedResponseError) as caught:
        parsed(llm, {"text": "First,"}, finish=reason)
    assert caught.value.partial_text == "First,"


@pytest.mark.parametrize(
    "body",
    [{}, {"candidates": []}, {"candidates": None}, {"candidates": "none"}],
)
def test_a_response_without_candidates_breaks_the_protocol(llm, body):
    with pytest.raises(llm.errors.MalformedResponseError):
        llm.gemini_format.parse_response(body)


@pytest.mark.parametrize(
    "candidate",
    [None, {}, {"content": []}, {"content": {"parts": [None, 7]}}],
)
def test_an_odd_candidate_is_an_empty_answer(llm, candidate):
    with pytest.raises(llm.errors.EmptyResponseError):
        llm.gemini_format.parse_response({"candidates": [candidate]})


def test_an_error_inside_a_success_is_raised(llm):
    error = {"code": 503, "message": "Busy.", "status": "UNAVAILABLE"}
    for parse in (
        llm.gemini_format.parse_response,
        llm.gemini_format.parse_event,
    ):
        with pytest.raises(llm.errors.ProviderUnavailableError) as caught:
            parse({"error": error})
        assert caught.value.status == 503


def test_an_event_in_the_middle_leaves_the_end_open(llm):
    piece = llm.gemini_format.parse_event(
        answered({"text": "Hi"}, finish=None, usageMetadata=None)
    )
    assert (piece.text, piece.finish_reason) == ("Hi", None)
    assert piece.usage is None


def test_a_call_in_an_earlier_event_decides_how_the_stream_ends(llm):
    last = answered({"text": ""})
    assert llm.gemini_format.parse_event(last, 1).finish_reason == "tool_calls"
    assert llm.gemini_format.parse_event(last, 0).finish_reason == "stop"


def test_calls_are_numbered_throughout_a_stream(llm):
    event = answered({"functionCall": {"name": "now"}}, finish=None)
    calls = llm.gemini_format.parse_event(event, 2).tool_calls
    assert [call["index"] for call in calls] == [2]
