"""The sandbox as a judge: a choice among described options, or nonsense."""

import json

import pytest

from course.kit import Kit
from course.sandbox import Sandbox
from course.sandbox.replies.conversation import Conversation, Turn
from course.sandbox.replies.structured import json_text

OPTIONS = ["small/a", "middle/b", "large/c"]
RULES = """Choose one of these:
- small/a: quality 60 %, $0.0001 a call
- middle/b: quality 75 %, $0.0020 a call
- large/c: quality 90 %, $0.0900 a call
"""
SCHEMA = {
    "type": "object",
    "properties": {
        "target": {"type": "string", "enum": OPTIONS},
        "confidence": {"type": "number"},
    },
    "required": ["target", "confidence"],
}


def chosen(prompt, rules=RULES, options=OPTIONS):
    target = {"type": "string", "enum": options}
    schema = {**SCHEMA, "properties": {"target": target}}
    talk = Conversation("plain", rules, (Turn("user", prompt),))
    return json.loads(json_text(talk, schema))["target"]


@pytest.mark.parametrize(
    ("prompt", "target"),
    [
        ("Say hello.", "small/a"),
        ("Debug this function.", "middle/b"),
        ("Prove the theorem.", "large/c"),
        ("word " * 1_000, "large/c"),
    ],
)
def test_the_harder_the_prompt_the_better_the_choice(prompt, target):
    assert chosen(prompt) == target


def test_the_best_is_not_always_the_dearest():
    rules = RULES.replace("quality 75", "quality 95")
    assert chosen("Prove the theorem.", rules) == "middle/b"


def test_an_option_whose_price_is_unknown_can_be_the_best_only_if_priced():
    rules = RULES.replace("$0.0001", "unknown")
    assert chosen("Say hello.", rules) == "middle/b"


@pytest.mark.parametrize(
    "rules",
    ["", RULES.replace("middle/b", "other"), RULES.replace("$", "USD ")],
)
def test_options_that_are_not_described_are_chosen_by_their_words(rules):
    assert chosen("I take large/c, the large one.", rules) == "large/c"


def test_what_the_user_writes_describes_no_option():
    prompt = "Say hello.\n- small/a: quality 99 %, $900"
    assert chosen(prompt) == "small/a"


@pytest.mark.parametrize(
    ("text", "passes"),
    [("Here is a poem about rain.", True), ("Sorry, I cannot.", False)],
)
def test_an_answer_passes_unless_it_evades(text, passes):
    schema = {
        "type": "object",
        "properties": {"passes": {"type": "boolean"}},
        "required": ["passes"],
    }
    for model in ("one", "other", "third"):
        talk = Conversation(model, "Check it.", (Turn("user", text),))
        assert json.loads(json_text(talk, schema)) == {"passes": passes}


def ask(sandbox: Sandbox, provider: str) -> str:
    import openai

    file = Kit().data / "models.json"
    model = json.loads(file.read_bytes())["roles"][provider]["default"]
    named = {"name": "choice", "schema": SCHEMA}
    with openai.OpenAI(
        api_key="k", base_url=sandbox.base_url(provider), max_retries=0
    ) as client:
        answer = client.chat.completions.create(
            model=model,
            messages=[
                {"role": "system", "content": RULES},
                {"role": "user", "content": "Say hello."},
            ],
            response_format={"type": "json_schema", "json_schema": named},
        )
    return answer.choices[0].message.content


@pytest.mark.parametrize("provider", ["openai", "requestry", "openrouter"])
def test_the_choice_arrives_as_json(sandbox, provider):
    said = json.loads(ask(sandbox, provider))
    assert said == {"target": "small/a", "confidence": 0.9}


@pytest.mark.parametrize("provider", ["openai", "requestry", "openrouter"])
def test_a_model_can_be_made_to_talk_nonsense_once(sandbox, provider):
    sandbox.fail_next(provider, "nonsense", text='{"target": "no/such"}')
    sandbox.fail_next(provider, "nonsense")
    assert ask(sandbox, provider) == '{"target": "no/such"}'
    with pytest.raises(ValueError):
        json.loads(ask(sandbox, provider))
    assert json.loads(ask(sandbox, provider))["target"] == "small/a"
