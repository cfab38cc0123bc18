"""A request to /v1/responses as the prompt that all agents take."""

import pytest

TOOL = {
    "type": "function",
    "name": "weather",
    "description": "Tell the weather of a city.",
    "parameters": {"type": "object", "properties": {}},
    "strict": True,
}
OTHER = {"type": "function", "name": "now"}
CALL = {
    "type": "function_call",
    "call_id": "call_1",
    "name": "weather",
    "arguments": "{}",
}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "Ok."}
IMAGE = {"type": "input_image", "image_url": "data:,"}
USER = {"role": "user", "content": "Hello"}


@pytest.fixture
def read(llm):
    """Give the prompt that a body holds, and what it leaves out."""

    def of(**body):
        body = {"model": "auto", "input": "Hello", **body}
        request = llm.router.responses_request.ResponsesRequest(**body)
        return llm.router.responses_prompt.prompt_of(request)

    return of


@pytest.fixture
def turns(read):
    """Give the messages that input items mean."""

    def of(*items):
        return list(read(input=list(items))[0].messages)

    return of


@pytest.fixture
def refused(read, llm):
    """Give the error that a body is refused with."""

    def of(**body):
        with pytest.raises(llm.router.openai_errors.DoorError) as caught:
            read(**body)
        assert caught.value.status == 400
        return caught.value

    return of


# -- the conversation ---------------------------------------------------------


def test_a_text_is_one_message_of_the_user(turns, read):
    prompt, left_out = read(input="Hello", instructions="Be brief.")
    assert list(prompt.messages) == [USER]
    assert (prompt.system_message, left_out) == ("Be brief.", ())


def test_a_message_needs_no_type(turns):
    assert turns(USER) == turns({"type": "message", **USER}) == [USER]


def test_leading_system_messages_follow_the_instructions(read):
    parts = [{"type": "input_text", "text": "Be kind."}]
    system = {"role": "developer", "content": parts}
    prompt, _ = read(input=[system, USER], instructions="Be brief.")
    assert prompt.system_message == "Be brief.\n\nBe kind."


def test_the_parts_of_a_user_s_message_are_renamed(turns):
    [message] = turns(
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is it?"},
                {**IMAGE, "detail": "low"},
                {**IMAGE, "detail": "auto"},
                {
                    "type": "input_file",
                    "filename": "a.txt",
                    "file_data": "data:,",
                },
            ],
        }
    )
    assert message["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:,", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:,"}},
        {
            "type": "file",
            "file": {"file_data": "data:,", "filename": "a.txt"},
        },
    ]


def test_what_the_assistant_said_comes_back_as_text(turns):
    said = [
        {"type": "output_text", "text": "Hi.", "annotations": []},
        {"type": "refusal", "refusal": " No."},
    ]
    message = {"id": "msg_1", "type": "message", "status": "completed"}
    message |= {"role": "assistant", "content": said}
    assert turns(USER, message)[1:] == [
        {"role": "assistant", "content": "Hi. No."}
    ]


def test_a_call_and_its_output_are_two_messages(turns):
    function = {"name": "weather", "arguments": "{}"}
    call = {"id": "call_1", "type": "function", "function": function}
    assert turns(USER, CALL, OUTPUT)[1:] == [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "Ok."},
    ]


def test_what_is_said_and_called_in_one_turn_is_one_message(turns):
    said = {"role": "assistant", "content": "Let me see."}
    second = {**CALL, "call_id": "call_2"}
    more = {"role": "assistant", "content": " And this."}
    outputs = [OUTPUT, {**OUTPUT, "call_id": "call_2"}]
    _, message, *rest = turns(USER, said, CALL, more, second, *outputs)
    assert message["content"] == "Let me see. And this."
    assert [one["id"] for one in message["tool_calls"]] == ["call_1", "call_2"]
    assert [one["role"] for one in rest] == ["tool", "tool"]


def test_the_calls_of_two_turns_are_two_messages(turns):
    made = turns(USER, CALL, OUTPUT, CALL, OUTPUT)
    roles = [message["role"] for message in made]
    assert roles == ["user", "assistant", "tool", "assistant", "tool"]


def test_an_output_may_be_in_parts(turns):
    parts = [{"type": "input_text", "text": one} for one in ("a", "b")]
    assert turns(USER, CALL, {**OUTPUT, "output": parts})[2]["content"] == (
        "a\nb"
    )


def test_what_a_provider_wants_back_with_a_call_is_kept(turns):
    extra = {"google": {"thought_signature": "c2ln"}}
    made = turns(USER, {**CALL, "extra_content": extra}, OUTPUT)
    assert made[1]["tool_calls"][0]["extra_content"] == extra


def test_reasoning_is_left_out_and_named(read):
    reasoning = {"id": "rs_1", "type": "reasoning", "summary": []}
    prompt, [told] = read(input=[USER, reasoning])
    assert list(prompt.messages) == [USER]
    assert told.startswith("input[1] was left out: reasoning")


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"type": "item_reference", "id": "msg_1"}, "input[0].type"),
        ({"type": "computer_call"}, "input[0].type"),
        ({"type": {}}, "input[0].type"),
        ({}, "input[0].role"),
        ({"role": "tool", "content": "x"}, "input[0].role"),
        ({"role": ["user"], "content": "x"}, "input[0].role"),
        ({"role": "user"}, "input[0].content"),
        ({"role": "user", "content": [3]}, "input[0].content[0]"),
        ({"role": "user", "content": [{}]}, "input[0].content[0].type"),
        (
            {"role": "user", "content": [{"type": "input_text"}]},
            "input[0].content[0].text",
        ),
        (
            {
                "role": "user",
                "content": [{"type": "input_image", "file_id": "file_1"}],
            },
            "input[0].content[0].image_url",
        ),
        (
            {"role": "system", "content": [{"type": "input_image"}]},
            "input[0].content[0].type",
        ),
        ({**CALL, "arguments": {}}, "input[0].arguments"),
        ({**CALL, "call_id": None}, "input[0].call_id"),
        (CALL, "input"),
        (OUTPUT, "input"),
    ],
)
def test_an_item_that_cannot_be_passed_on_is_400_and_named(
    refused, item, param
):
    assert refused(input=[item]).param == param


def test_an_image_that_a_function_gave_back_is_refused(refused):
    parts = [{"type": "input_image", "image_url": "data:,"}]
    error = refused(input=[USER, CALL, {**OUTPUT, "output": parts}])
    assert error.param == "input[2].output[0].type"


@pytest.mark.parametrize("given", ["", "  ", []])
def test_an_empty_input_is_refused(refused, given):
    error = refused(input=given, instructions="Be brief.")
    assert (error.param, str(error)) == ("input", "the prompt is empty")


# -- options ------------------------------------------------------------------


def test_the_options_have_their_counterparts(read):
    prompt, left_out = read(
        max_output_tokens=300, temperature=0.5, reasoning={"effort": "low"}
    )
    assert (prompt.max_tokens, prompt.temperature) == (300, 0.5)
    assert (prompt.reasoning_effort, left_out) == ("low", ())


def test_a_tool_s_function_is_nested(read):
    function = {key: one for key, one in TOOL.items() if key != "type"}
    prompt, _ = read(tools=[TOOL, OTHER], tool_choice="required")
    assert list(prompt.tools) == [
        {"type": "function", "function": function},
        {"type": "function", "function": {"name": "now"}},
    ]
    assert prompt.tool_choice == "required"


def test_a_function_can_be_chosen(read):
    chosen = {"type": "function", "name": "now"}
    prompt, _ = read(tools=[TOOL, OTHER], tool_choice=chosen)
    assert prompt.tool_choice == {
        "type": "function",
        "function": {"name": "now"},
    }


def test_tools_that_are_not_allowed_are_not_sent(read):
    choice = {"type": "allowed_tools", "mode": "required"}
    prompt, _ = read(
        tools=[TOOL, OTHER],
        tool_choice={**choice, "tools": [{"type": "function", "name": "now"}]},
    )
    assert [one["function"]["name"] for one in prompt.tools] == ["now"]
    assert prompt.tool_choice == "required"


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_without_tools_there_is_nothing_to_choose(read, choice):
    assert read(tool_choice=choice)[0].tool_choice is None


def test_a_schema_is_nested(read):
    schema = {"name": "city", "schema": {"type": "object"}, "strict": True}
    wanted = {"type": "json_schema", "description": None, **schema}
    prompt, _ = read(text={"format": wanted})
    assert prompt.response_format == {
        "type": "json_schema",
        "json_schema": schema,
    }


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "json_object"}),
    ],
)
def test_other_formats_are_those_of_chat_completions(read, wanted, expected):
    assert read(text={"format": wanted})[0].response_format == expected


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"text": {"format": {"type": "grammar"}}}, "text.format.type"),
        ({"text": {"format": {"type": {}}}}, "text.format.type"),
        (
            {"text": {"format": {"type": "json_schema", "name": "x"}}},
            "text.format.schema",
        ),
        (
            {"text": {"format": {"type": "json_schema", "schema": {}}}},
            "text.format.name",
        ),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tools": [{**TOOL, "parameters": []}]}, "tools[0].parameters"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"tool_choice": {"type": "mcp"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice.tools"),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "mode": {},
                    "tools": [],
                }
            },
            "tool_choice.mode",
        ),
    ],
)
def test_an_option_that_cannot_be_passed_on_is_400_and_named(
    refused, body, param
):
    assert refused(**body).param == param


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("previous_response_id", "resp_1", "Send the whole conversation"),
        ("conversation", "conv_1", "Send the whole conversation"),
        ("prompt", {"id": "pmpt_1"}, "Send `instructions`"),
        ("max_tokens", 3, "max_output_tokens"),
        ("messages", [], "input"),
        ("response_format", {"type": "text"}, "text.format"),
    ],
)
def test_what_needs_a_memory_or_has_moved_is_refused(
    refused, name, value, told
):
    error = refused(**{name: value})
    assert (error.param, error.code) == (name, "unsupported_parameter")
    assert told in str(error)


def test_what_is_not_passed_on_is_named(read):
    _, left_out = read(
        top_p=0.5,
        truncation="auto",
        parallel_tool_calls=False,
        include=["reasoning.encrypted_content"],
        reasoning={"effort": "low", "summary": "auto"},
        text={"verbosity": "low"},
        store=True,
    )
    names = [told.partition(" was left out: ")[0] for told in left_out]
    assert names == [
        "include",
        "parallel_tool_calls",
        "reasoning.summary",
        "text.verbosity",
        "top_p",
        "truncation",
        "store",
    ]


def test_what_happens_anyway_is_not_named(read):
    _, left_out = read(
        store=False,
        background=False,
        include=[],
        parallel_tool_calls=True,
        previous_response_id=None,
        service_tier="auto",
        top_logprobs=0,
        truncation="disabled",
        stream_options={"include_obfuscation": False},
    )
    assert left_out == ()
