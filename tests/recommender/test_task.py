"""A task: what it says, what nonsense it refuses, what type it may be."""

import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def task(llm):
    return llm.recommender.task.Task.of


@pytest.fixture
def types(llm):
    return llm.recommender.task_types


def test_the_name_of_a_type_is_that_type(task):
    assert task("code").type == "code"


def test_any_other_text_is_a_prompt_of_unknown_type(task):
    made = task("Write a poem about rain.")
    assert made.type is None
    assert made.prompt == "Write a poem about rain."


def test_a_mapping_has_the_fields_as_keys(task):
    made = task({"type": "code", "needs": ["tools"], "providers": ["openai"]})
    assert made.needs == frozenset({"tools"})
    assert made.providers == ("openai",)


def test_a_task_is_itself(task):
    made = task({"days_ahead": 30})
    assert task(made) == made


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", 3),
        ("prompt", None),
        ("prompt_tokens", 1.5),
        ("prompt_tokens", True),
        ("output_tokens", "many"),
        ("context_tokens", [1]),
        ("max_cost_usd", "1"),
        ("max_latency_seconds", True),
        ("days_ahead", None),
        ("quality_weight", None),
        ("needs", "vision"),
        ("needs", 3),
        ("needs", [3]),
        ("providers", "openai"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_type_error_that_names_the_field(
    task, field, value
):
    with pytest.raises(TypeError, match=f"^{field}:"):
        task({field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", " "),
        ("prompt_tokens", -1),
        ("output_tokens", -1),
        ("context_tokens", -1),
        ("max_cost_usd", -0.1),
        ("max_cost_usd", float("nan")),
        ("max_latency_seconds", float("inf")),
        ("days_ahead", -1),
        ("quality_weight", 1.1),
        ("needs", ["taste"]),
        ("wishes", 1),
    ],
)
def test_a_value_that_makes_no_sense_is_a_value_error_that_names_the_field(
    task, field, value
):
    with pytest.raises(ValueError, match=f"^{field}:"):
        task({field: value})


def test_what_is_no_task_at_all_is_a_type_error(task):
    with pytest.raises(TypeError, match=r"^task:"):
        task(3)


# Types of task


def test_the_tutorial_s_types_are_there_and_more(types):
    tutorial = {"reasoning", "conversation", "creative", "code", "default"}
    assert tutorial < set(types.task_types())


def test_every_type_says_what_it_is_and_how_long_its_answers_are(types):
    for kind in types.task_types().values():
        assert kind.description.endswith(".")
        assert kind.output_tokens > 0
        assert 0 <= kind.thinking <= 1
        assert not kind.quality or sum(kind.quality.values()) == 1


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Hello! How are you today?", "conversation"),
        ("Write a poem about autumn.", "creative"),
        ("Fix the bug in this Python function.", "code"),
        ("Translate 'good night' into French.", "translation"),
        ("Summarize the following report.", "summarization"),
        ("Solve for x: 3x + 4 = 19", "mathematics"),
        ("Prove by logic who of the three lies.", "reasoning"),
        ("Is the sentiment of this review good?", "classification"),
        ("Which column of the table is the largest?", "data_analysis"),
        ("Put this into French.", "translation"),
        ("A pinto French people like.", "default"),
        ("A pinto: put it into French!", "translation"),
        ("tl;dr", "summarization"),
        ("Good morning", "conversation"),
        ("It was a good morning", "default"),
        ("12 * 4", "mathematics"),
        ("", "default"),
        ("Blue.", "default"),
    ],
)
def test_a_type_is_guessed_from_words_of_the_prompt(types, prompt, expected):
    assert types.guess_type(prompt) == expected


def test_a_phrase_that_begins_with_no_plain_word_is_refused(llm):
    with pytest.raises(ValueError, match="no plain word"):
        llm.recommender.signs.Signs([{"phrases": ["(a|b) c"]}])


def test_every_type_but_the_default_can_be_guessed(types):
    content = json.loads((DATA / "tasks.json").read_text("utf-8"))
    order = content["guess_order"]
    assert sorted(order) == sorted(set(types.task_types()) - {"default"})


def test_a_type_that_is_not_listed_is_like_the_default(types):
    assert types.task_type("gardening").name == "default"
    assert types.task_type(None).name == "default"


@pytest.mark.parametrize(
    ("tokens", "name"),
    [(0, "short"), (499, "short"), (500, "medium"), (1_999, "medium")]
    + [(2_000, "long"), (10**9, "long")],
)
def test_a_prompt_s_length_falls_in_one_bin(types, tokens, name):
    assert types.length_bin(tokens) == name


def test_four_characters_are_about_a_token(types):
    assert types.prompt_tokens("x" * 400) == 100
