"""What makes no sense in a prompt is the caller's mistake, with a place."""

import pytest


def user(*parts):
    """Return a conversation of one turn, in parts."""
    return [{"role": "user", "content": list(parts)}]


def called(**call):
    """Return a conversation in which a call was made."""
    return [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]


@pytest.mark.parametrize(
    ("messages", "place"),
    [
        ([{"role": 3, "content": "x"}], "messages[0].role"),
        ([{"role": "user", "content": 3}], "messages[0].content"),
        (user("text"), "messages[0].content[0]"),
        (user({}), "messages[0].content[0].type"),
        (user({"type": "text"}), "messages[0].content[0].text"),
        (user({"type": "image_url"}), "messages[0].content[0].image_url"),
        (
            user({"type": "image_url", "image_url": {}}),
            "messages[0].content[0].image_url.url",
        ),
        (called(), "messages[1].tool_calls[0].id"),
        (called(id="1"), "messages[1].tool_calls[0].function"),
        (
            called(id="1", function={}),
            "messages[1].tool_calls[0].function.name",
        ),
        (
            called(id="1", function={"name": "x", "arguments": {}}),
            "messages[1].tool_calls[0].function.arguments",
        ),
        (
            [{"role": "tool", "content": "x", "tool_call_id": 3}],
            "messages[0].tool_call_id",
        ),
    ],
)
def test_a_message_that_makes_no_sense_is_told_with_its_place(
    llm, messages, place
):
    with pytest.raises(TypeError) as caught:
        llm.prompts.Prompt.of(messages)
    assert str(caught.value).startswith(f"{place} must be ")


@pytest.mark.parametrize(
    ("option", "place"),
    [
        ({"tools": [3]}, "tools[0]"),
        ({"tools": [{}]}, "tools[0].function"),
        ({"tools": [{"function": {}}]}, "tools[0].function.name"),
        (
            {"tools": [{"function": {"name": "x", "parameters": 3}}]},
            "tools[0].function.parameters",
        ),
        ({"tool_choice": 3}, "tool_choice"),
        ({"tool_choice": {}}, "tool_choice.function"),
        ({"response_format": {}}, "response_format.type"),
        (
            {"response_format": {"type": "json_schema"}},
            "response_format.json_schema",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {}}},
            "response_format.json_schema.schema",
        ),
    ],
)
def test_an_option_that_makes_no_sense_is_told_with_its_place(
    llm, option, place
):
    with pytest.raises(TypeError) as caught:
        llm.prompts.Prompt.of("Hello", **option)
    assert str(caught.value).startswith(f"{place} must be ")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"model": 3}, "model must be a text"),
        ({"model": ["a"]}, "model must be a text"),
        ({"system_message": {"a": 1}}, "system_message must be a text"),
        ({"reasoning_effort": 1}, "reasoning_effort must be a text"),
        ({"max_tokens": "9"}, "max_tokens must be a whole number"),
        ({"max_tokens": 1.5}, "max_tokens must be a whole number"),
        ({"max_tokens": True}, "max_tokens must be a whole number"),
        ({"temperature": "1"}, "temperature must be a number"),
        ({"temperature": False}, "temperature must be a number"),
        ({"stop": 3}, "stop must be a list"),
        ({"stop": [3]}, "stop must be a text or a list of texts"),
        ({"tools": 3}, "tools must be a list"),
        ({"messages": [{"role": "user", "content": "x"}]}, "not both"),
    ],
)
def test_an_option_of_another_kind_is_told_by_its_name(llm, option, said):
    with pytest.raises(TypeError, match=said):
        llm.prompts.Prompt.of("Hello", **option)


@pytest.mark.parametrize("temperature", [-0.1, 2.1, float("nan")])
def test_a_temperature_beyond_the_scale_is_refused(llm, temperature):
    with pytest.raises(ValueError, match="temperature must be between"):
        llm.prompts.Prompt.of("Hello", temperature=temperature)


@pytest.mark.parametrize(
    "prompt",
    [
        "a \ud800 b",
        {"prompt": "x", "system_message": "\udc00"},
        user({"type": "text", "text": "\udfff"}),
    ],
)
def test_half_a_surrogate_pair_is_no_text(llm, prompt):
    with pytest.raises(ValueError, match="in a prompt is no text"):
        llm.prompts.Prompt.of(prompt)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (["x-a"], TypeError),
        ({3: "b"}, TypeError),
        ({"x-a": 3}, TypeError),
        ({"x-a": "b\r\nx-more: 1"}, ValueError),
        ({"x-a": "b\0"}, ValueError),
        ({"x-a": "für"}, ValueError),
        ({"x-a\r\nx-more": "1"}, ValueError),
        ({"x a": "1"}, ValueError),
        ({"": "1"}, ValueError),
    ],
)
def test_headers_that_cannot_be_sent_are_refused(llm, headers, kind):
    with pytest.raises(kind, match="^headers"):
        llm.prompts.Prompt.of("Hello", headers=headers)


def test_a_header_that_can_be_sent_stays(llm):
    headers = {"X-Request-Id": "a b; c=1"}
    assert llm.prompts.Prompt.of("Hello", headers=headers).headers == headers


@pytest.mark.parametrize(
    "option",
    [
        {"tools": [{"type": "openrouter:web_search"}]},
        {"tool_choice": {"type": "allowed_tools"}},
        {"tool_choice": "required"},
        {"response_format": {"type": "grammar"}},
    ],
)
def test_what_only_some_providers_know_is_left_to_them(llm, option):
    prompt = llm.prompts.Prompt.of("Hello", **option)
    assert prompt.messages[0]["content"] == "Hello"


def test_a_system_message_without_content_says_nothing(llm):
    turns = [
        {"role": "system", "content": None},
        {"role": "user", "content": "Hello"},
    ]
    assert llm.prompts.Prompt.of(turns).system_message == ""


@pytest.mark.parametrize("arguments", ["{", "[]", "[" * 100_000])
def test_gemini_is_not_sent_arguments_that_are_no_object(llm, arguments):
    call = {"id": "1", "function": {"name": "now", "arguments": arguments}}
    prompt = llm.prompts.Prompt.of(called(**call))
    with pytest.raises(llm.errors.InvalidRequestError, match="now"):
        llm.gemini_contents.contents(prompt)


def test_gemini_is_not_sent_tools_that_are_no_functions(llm):
    tool = {"type": "openrouter:web_search"}
    prompt = llm.prompts.Prompt.of("Hello", tools=[tool])
    with pytest.raises(llm.errors.InvalidRequestError, match="web_search"):
        llm.gemini_format.tool_fields(prompt)
