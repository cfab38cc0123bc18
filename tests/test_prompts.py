"""What callers may give as a prompt."""

import pytest


def test_a_text_is_one_user_message(llm):
    prompt = llm.prompts.Prompt.of("Hello")
    assert list(prompt.messages) == [{"role": "user", "content": "Hello"}]


def test_the_fields_can_come_in_a_mapping(llm):
    prompt = llm.prompts.Prompt.of(
        {
            "prompt": "Hello",
            "model": "some-model",
            "max_tokens": 100,
            "temperature": 0.7,
            "system_message": "Be brief.",
            "headers": {"x-title": "course"},
        }
    )
    assert prompt.system_message == "Be brief."
    assert prompt.max_tokens == 100
    assert prompt.headers == {"x-title": "course"}


def test_options_win_over_the_mapping(llm):
    prompt = llm.prompts.Prompt.of({"prompt": "x", "model": "a"}, model="b")
    assert prompt.model == "b"


def test_leading_system_messages_stand_apart(llm):
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "Hello"},
    ]
    prompt = llm.prompts.Prompt.of(turns)
    assert prompt.system_message == "Be brief.\n\nBe kind."
    assert len(prompt.messages) == 1


def test_a_prompt_can_be_changed_by_options(llm):
    first = llm.prompts.Prompt.of("Hello")
    second = llm.prompts.Prompt.of(first, stop="END")
    assert list(second.stop) == ["END"]
    assert list(first.stop) == []


@pytest.mark.parametrize("prompt", ["", "  \n", [], {"prompt": ""}])
def test_an_empty_prompt_is_refused(llm, prompt):
    with pytest.raises(ValueError, match="prompt is empty"):
        llm.prompts.Prompt.of(prompt)


@pytest.mark.parametrize("prompt", [None, 7, {}, ["Hello"], [{"content": 1}]])
def test_what_is_no_prompt_is_a_type_error(llm, prompt):
    with pytest.raises(TypeError):
        llm.prompts.Prompt.of(prompt)


def test_an_unknown_field_is_named(llm):
    with pytest.raises(TypeError, match="temprature"):
        llm.prompts.Prompt.of("Hello", temprature=0.7)


@pytest.mark.parametrize(
    ("field", "value"), [("max_tokens", 0), ("temperature", 2.5)]
)
def test_a_number_out_of_range_names_its_field(llm, field, value):
    with pytest.raises(ValueError, match=field):
        llm.prompts.Prompt.of("Hello", **{field: value})


def turn(*parts):
    """Return one turn of a conversation, in parts."""
    return {"role": "user", "content": list(parts)}


TEXT = {"type": "text", "text": "What is this?"}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;,"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}


@pytest.mark.parametrize(
    ("prompt", "kinds"),
    [
        ("Hello", set()),
        ([turn(TEXT)], set()),
        ([turn(TEXT, PICTURE)], {"image"}),
        ([turn(PICTURE), turn(SOUND, PICTURE)], {"image", "audio"}),
        ([turn({"type": "something new"})], set()),
        ([{"role": "assistant", "content": None}], set()),
    ],
)
def test_what_a_prompt_holds_beside_text_is_known(llm, prompt, kinds):
    assert set(llm.prompts.Prompt.of(prompt).modalities) == kinds


def test_the_length_of_a_prompt_is_that_of_all_its_texts(llm):
    prompt = [{"role": "user", "content": "12345"}, turn(TEXT, PICTURE)]
    made = llm.prompts.Prompt.of(prompt, system_message="123")
    assert made.characters == 3 + 5 + len(TEXT["text"])
