"""Conversations in Gemini's shape: contents that are made of parts."""

import pytest


def contents(llm, *messages):
    """Return the contents of a conversation."""
    prompt = llm.prompts.Prompt.of(list(messages))
    return llm.gemini_contents.contents(prompt)


def said(role, text):
    """Return a message of chat completions."""
    return {"role": role, "content": text}


def turn(role, *texts):
    """Return a content of Gemini's."""
    return {"role": role, "parts": [{"text": text} for text in texts]}


@pytest.mark.exercise("3.6")
def test_a_prompt_becomes_one_content_of_the_user(llm):
    assert contents(llm, said("user", "Hello")) == [turn("user", "Hello")]


@pytest.mark.exercise("3.6")
def test_the_assistant_s_turns_have_the_role_model(llm):
    turns = said("user", "I am Ada."), said("assistant", "Hello, Ada.")
    roles = [content["role"] for content in contents(llm, *turns)]
    assert roles == ["user", "model"]


@pytest.mark.exercise("3.6")
def test_a_conversation_keeps_its_order(llm):
    made = contents(
        llm,
        said("user", "I am Ada."),
        said("assistant", "Hello, Ada."),
        said("user", "Who am I?"),
    )
    assert made == [
        turn("user", "I am Ada."),
        turn("model", "Hello, Ada."),
        turn("user", "Who am I?"),
    ]


@pytest.mark.exercise("3.6")
def test_the_prompt_is_not_changed(llm):
    turns = [said("user", "Hello"), said("assistant", "Hello!")]
    prompt = llm.prompts.Prompt.of(turns)
    llm.gemini_contents.contents(prompt)
    again = llm.gemini_contents.contents(prompt)
    assert again == [turn("user", "Hello"), turn("model", "Hello!")]


@pytest.mark.exercise("3.6")
@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_amid_the_conversation_are_no_content(llm, role):
    made = contents(
        llm,
        said("user", "Good morning."),
        said("assistant", "Good morning!"),
        said(role, "Answer in French."),
        said("user", "How are you?"),
    )
    assert made == [
        turn("user", "Good morning."),
        turn("model", "Good morning!"),
        turn("user", "How are you?"),
    ]


@pytest.mark.exercise("3.6")
def test_turns_of_one_role_in_a_row_become_one_content(llm):
    made = contents(
        llm,
        said("user", "Hello"),
        said("user", "Who are you?"),
        said("assistant", "A model."),
        said("assistant", "And you?"),
    )
    assert made == [
        turn("user", "Hello", "Who are you?"),
        turn("model", "A model.", "And you?"),
    ]


@pytest.mark.exercise("3.6")
def test_instructions_between_two_turns_do_not_separate_them(llm):
    made = contents(
        llm,
        said("user", "Hello"),
        said("system", "Answer in French."),
        said("user", "Who are you?"),
    )
    assert made == [turn("user", "Hello", "Who are you?")]


@pytest.mark.exercise("3.6")
def test_text_and_image_of_one_message_are_two_parts(llm):
    image = {"url": "data:image/png;base64,iVBORw0KGgo="}
    question = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": image},
    ]
    data = {"mimeType": "image/png", "data": "iVBORw0KGgo="}
    parts = [{"text": "What is this?"}, {"inlineData": data}]
    made = contents(llm, said("user", question))
    assert made == [{"role": "user", "parts": parts}]


def call(number, name):
    """Return a tool call as chat completions write it."""
    function = {"name": name, "arguments": '{"city": "Rome"}'}
    return {"id": number, "type": "function", "function": function}


def tools_used(*names):
    """Return a conversation in which the model called these functions."""
    numbers = [f"call_{index}" for index in range(len(names))]
    calls = list(map(call, numbers, names))
    return [
        said("user", "How is Rome?"),
        {"role": "assistant", "content": None, "tool_calls": calls},
        *(
            {"role": "tool", "tool_call_id": number, "content": "sunny"}
            for number in numbers
        ),
    ]


def answered(number, name):
    """Return what a function answered as Gemini writes it."""
    response = {"result": "sunny"}
    fields = {"id": number, "name": name, "response": response}
    return {"functionResponse": fields}


@pytest.mark.exercise("3.6")
def test_a_tool_call_is_a_part_of_the_model_s_turn(llm):
    made = contents(llm, *tools_used("weather")[:2])
    asked = {"id": "call_0", "name": "weather", "args": {"city": "Rome"}}
    part = {"functionCall": asked}
    assert made[-1] == {"role": "model", "parts": [part]}


@pytest.mark.exercise("3.6")
def test_what_a_tool_answers_comes_from_the_user(llm):
    made = contents(llm, *tools_used("weather"))
    assert [content["role"] for content in made] == ["user", "model", "user"]


@pytest.mark.exercise("3.6")
def test_what_a_tool_answers_bears_the_name_of_its_function(llm):
    made = contents(llm, *tools_used("weather"))
    assert made[-1]["parts"] == [answered("call_0", "weather")]


@pytest.mark.exercise("3.6")
def test_the_answers_of_two_tools_are_one_content(llm):
    made = contents(llm, *tools_used("weather", "traffic"))
    parts = [answered("call_0", "weather"), answered("call_1", "traffic")]
    assert made[2:] == [{"role": "user", "parts": parts}]


@pytest.mark.exercise("3.6")
def test_what_a_tool_and_then_the_user_say_is_one_content(llm):
    talk = [*tools_used("weather"), said("user", "And tomorrow?")]
    made = contents(llm, *talk)
    parts = [answered("call_0", "weather"), {"text": "And tomorrow?"}]
    assert made[2:] == [{"role": "user", "parts": parts}]


@pytest.mark.exercise("3.6")
def test_a_part_that_gemini_has_no_words_for_is_refused(llm):
    sound = [{"type": "input_audio", "input_audio": {"data": "AAAA"}}]
    with pytest.raises(llm.errors.InvalidRequestError):
        contents(llm, said("user", sound))


@pytest.mark.exercise("3.6")
def test_however_many_turns_of_one_role_become_one_content(llm):
    made = contents(llm, *(said("user", text) for text in "abcd"))
    assert made == [turn("user", *"abcd")]


@pytest.mark.exercise("3.6")
def test_the_answers_of_three_tools_are_one_content(llm):
    names = ("weather", "traffic", "news")
    made = contents(llm, *tools_used(*names))
    parts = [answered(f"call_{i}", name) for i, name in enumerate(names)]
    assert made[2:] == [{"role": "user", "parts": parts}]


def test_all_instructions_are_one_system_instruction(llm):
    turns = said("user", "Hello"), said("developer", "Answer in French.")
    prompt = llm.prompts.Prompt.of(turns, system_message="Be brief.")
    found = llm.gemini_contents.system_instruction(prompt)
    assert found == "Be brief.\n\nAnswer in French."


def test_instructions_may_come_in_parts(llm):
    parts = [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind"}]
    turns = said("user", "Hello"), said("system", parts)
    prompt = llm.prompts.Prompt.of(turns)
    assert llm.gemini_contents.system_instruction(prompt) == "Be kind"


@pytest.mark.parametrize(
    "url",
    ["https://example.org/cat.png", "data:image/png,plain", "", "cat.png"],
)
def test_an_image_that_is_not_sent_along_is_refused_unsent(llm, url):
    image = [{"type": "image_url", "image_url": {"url": url}}]
    with pytest.raises(llm.errors.InvalidRequestError) as caught:
        contents(llm, said("user", image))
    assert caught.value.sent is False


def test_the_text_beside_a_tool_call_is_kept(llm):
    spoken = {**tools_used("weather")[1], "content": "Let me look."}
    parts = contents(llm, said("user", "Hello"), spoken)[-1]["parts"]
    assert [sorted(part) for part in parts] == [["text"], ["functionCall"]]


def test_a_call_brings_back_the_signature_it_came_with(llm):
    signed = {"google": {"thought_signature": "c2ln"}}
    asked = {**call("call_0", "now"), "extra_content": signed}
    turn_of_model = {"role": "assistant", "tool_calls": [asked]}
    made = contents(llm, said("user", "Hello"), turn_of_model)
    assert made[-1]["parts"][0]["thoughtSignature"] == "c2ln"


@pytest.mark.parametrize("arguments", ["", None, "{}"])
def test_a_call_without_arguments_has_none(llm, arguments):
    function = {"name": "now", "arguments": arguments}
    asked = {"id": "call_0", "function": function}
    turn_of_model = {"role": "assistant", "tool_calls": [asked]}
    made = contents(llm, said("user", "Hello"), turn_of_model)
    assert made[-1]["parts"][0]["functionCall"]["args"] == {}


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        ('{"sky": "blue"}', {"sky": "blue"}),
        ("[1, 2]", {"result": [1, 2]}),
        ("21", {"result": 21}),
        ("sunny", {"result": "sunny"}),
        ("", {"result": ""}),
        (None, {"result": ""}),
    ],
)
def test_what_a_tool_answers_is_an_object(llm, answer, response):
    *before, last = tools_used("weather")
    made = contents(llm, *before, {**last, "content": answer})
    found = made[-1]["parts"][0]["functionResponse"]["response"]
    assert found == response


def test_a_name_that_the_caller_gives_goes_before_the_call_s(llm):
    *before, last = tools_used("weather")
    made = contents(llm, *before, {**last, "name": "forecast"})
    assert made[-1]["parts"] == [answered("call_0", "forecast")]


def test_an_answer_to_an_unknown_call_is_named_by_its_id(llm):
    lost = {"role": "tool", "tool_call_id": "call_9", "content": "sunny"}
    made = contents(llm, said("user", "Hello"), lost)
    assert made[-1]["parts"][-1] == answered("call_9", "call_9")
