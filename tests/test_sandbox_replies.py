"""The simulated model's replies: something of the kind that was asked for."""

import json
import re
import time

import pytest

from course.sandbox.replies.arithmetic import evaluate
from course.sandbox.replies.conversation import Conversation, Tool, Turn
from course.sandbox.replies.structured import json_text
from course.sandbox.replies.tools import choose_call
from course.sandbox.replies.writing import reply_text

BEES = (
    "Honeybees communicate the location of flowers through a dance. The"
    " waggle dance encodes distance and direction relative to the sun. A bee"
    " that has found a rich source runs in a figure of eight. Dr. Karl von"
    " Frisch decoded the dance and received a Nobel Prize in 1973. Weather"
    " and darkness can disturb the dance."
)


def talk(*texts: str, system: str = "", model: str = "plain") -> str:
    """Return the reply to turns that begin with the user's."""
    roles = ("user", "assistant")
    turns = [Turn(roles[i % 2], text) for i, text in enumerate(texts)]
    return reply_text(Conversation(model, system, tuple(turns)))


@pytest.mark.parametrize(
    "prompt", [f"Summarise this text:\n\n{BEES}", f"TL;DR: {BEES}"]
)
def test_a_summary_is_taken_from_the_text(prompt):
    reply = talk(prompt)
    assert len(reply) < len(BEES) / 2
    lines = re.split(r"(?<=[a-z3]\.) ", reply)
    assert all(line in BEES for line in lines)


def test_a_summary_has_the_length_that_is_asked_for():
    one = talk(f"Summarise in one sentence: {BEES}")
    assert one in BEES and one.count(".") == 1
    points = talk(f"Give me three key points of this text: {BEES}")
    assert [line[:2] for line in points.splitlines()] == ["- "] * 3
    assert "Dr. Karl von Frisch" in points


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Translate 'Good morning' to French", "Bonjour"),
        ("How do you say thank you in Spanish?", "gracias"),
        ("Translate into Italian: Hello, how are you?", "Ciao, come sta?"),
        ("Translate to English: Das Haus ist groß.", "The house is big."),
        ("What is 'the cat' in German?", "die Katze"),
    ],
)
def test_simple_phrases_are_translated(prompt, expected):
    assert talk(prompt).startswith(expected)


def test_an_unknown_translation_is_declined_with_what_is_known():
    reply = talk("Translate to French: The quarterly book exceeded targets.")
    assert "real model" in reply and "book = livre" in reply
    assert "Japanese" in talk("Translate to Japanese: hello")


@pytest.mark.parametrize(
    ("prompt", "label"),
    [
        ("Classify this review as positive, negative or neutral: I love it!",
         "positive"),
        ("Is this positive or negative? The food was not good.", "negative"),
        ("Sentiment as good/bad: It broke at once, I want a refund.", "bad"),
        ("Classify into billing, technical or sales.\n\nI was charged twice.",
         "billing"),
        ("Which category: billing, shipping or returns? \"Where is my"
         " parcel?\"", "shipping"),
        ("Classify: 'Three goals in one match'. Labels: Sports, Politics",
         "Sports"),
        ("Classify into one of:\n- bug\n- feature request\n\nMessage: please"
         " add a dark mode", "feature request"),
        ("Is this spam? \"You won a free prize, click here\"", "spam"),
    ],
)  # fmt: skip
def test_a_classification_picks_one_of_the_labels(prompt, label):
    assert talk(prompt) == label


def test_a_batch_gets_a_label_for_each_line():
    prompt = "Classify as positive or negative:\n1. I love it\n2. It broke"
    assert talk(prompt) == "1. positive\n2. negative"


@pytest.mark.parametrize(
    ("prompt", "result"),
    [
        ("What is 17 * 23?", "391"),
        ("2+2", "2 + 2 = 4"),
        ("What is 3 plus 4 times 2?", "= 11"),
        ("(5 + 3) * 2 =", "= 16"),
        ("What is 15% of 80?", "12"),
        ("What's the square root of 144?", "12"),
        ("What is the average of 3, 5 and 10?", "6"),
        ("What is 1/0?", "zero"),
        ("Convert 10 km to miles", "6.214 miles"),
        ("Is 91 a prime number?", "7 × 13"),
        ("Tom had 10 apples and gave 3 away. How many are left?", "7"),
    ],
)
def test_arithmetic_is_calculated(prompt, result):
    assert result in talk(prompt)


@pytest.mark.parametrize(
    "text", ["__import__('os')", "9**9**9", "a+1", "1+", "'x'*9", "(-8)**0.5"]
)
def test_nothing_but_arithmetic_is_evaluated(text):
    assert evaluate(text) is None


def test_code_comes_in_a_block_that_runs():
    reply = talk("Write a Python function that returns Fibonacci numbers.")
    (code,) = re.findall(r"```python\n(.+?)```", reply, re.S)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102
    assert names["fibonacci"](6) == [0, 1, 1, 2, 3, 5]  # type: ignore


def test_code_comes_in_the_language_asked_for():
    reply = talk("Write a JavaScript function to reverse a string")
    assert reply.startswith("```javascript\nfunction reverse")


def test_an_unknown_piece_of_code_is_an_honest_start():
    reply = talk("Write a Python function that folds a paper crane")
    assert "NotImplementedError" in reply and "start" in reply


def test_sql_names_table_and_condition():
    reply = talk("Write a SQL query to find all customers from Germany")
    assert "FROM customers" in reply and "country = 'Germany'" in reply


def test_a_regular_expression_matches_what_it_is_for():
    reply = talk("Write a regex that matches email addresses")
    (pattern,) = re.findall(r"```regex\n(.+?)\n```", reply)
    assert re.match(pattern, "ann@example.com")
    assert not re.match(pattern, "no address")


def test_json_in_plain_text_takes_the_keys_asked_for():
    reply = talk(
        "Return a JSON object with the keys name, age and city for: Anna is"
        " 31 years old and lives in Berlin."
    )
    (text,) = re.findall(r"```json\n(.+?)```", reply, re.S)
    expected = {"name": "Anna", "age": 31, "city": "Berlin"}
    assert json.loads(text) == expected


def test_what_is_to_be_extracted_is_found():
    text = "Anna Schmidt met Bob on 12 March 2024; write to ann@example.com."
    assert talk(f"Extract all email addresses: {text}") == "- ann@example.com"
    assert "12 March 2024" in talk(f"Extract the dates from: {text}")
    assert "Anna Schmidt" in talk(f"Extract the names from: {text}")


def test_a_question_is_answered_from_the_text_given():
    reply = talk(f"Context: {BEES}\nQuestion: Who decoded the dance?")
    assert "Karl von Frisch" in reply
    reply = talk(f"Context: {BEES}\nQuestion: How tall is the Eiffel Tower?")
    assert reply == "The given text does not say."


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("Hello!", "llo|Hi"),
        ("thanks!", "welcome|pleasure"),
        ("Who are you?", "simulated"),
        ("What is the capital of France?", "Paris"),
        ("Who wrote Hamlet?", "Shakespeare"),
        ("What is an API?", "request"),
        ("Explain recursion to a five-year-old", "doll"),
        ("What is the difference between HTTP and TCP?", "- HTTP.*\n- TCP"),
        ("What's the weather in Berlin?", "tool"),
        ("Write a haiku about the sea", r"tide.*\n.*\n"),
        ("Tell me a joke", r"[.?!]"),
        ("Write a short story about a dragon", "dragon"),
        ("Write an email to my boss asking for a day off", "Subject: .*day"),
        ("Rewrite this formally: hey, gonna be late", "I am going to be late"),
        ("Fix the grammar: he go home and i dont", "He goes home and I don't"),
        ("Make this polite: send me the report", "please send me the report"),
        ("Describe a sunset", "sunset"),
        ("How many r's are in strawberry?", "3"),
        ("Count from 1 to 5", "^1, 2, 3, 4, 5$"),
        ("Reply with exactly: OK", "^OK$"),
        ("Say 'this is a test'", "^this is a test$"),
    ],
)
def test_each_kind_of_request_gets_its_kind_of_reply(prompt, words):
    assert re.search(words, talk(prompt))


def test_a_list_has_as_many_items_as_asked_for():
    for prompt, count in [
        ("Give me 5 ideas for a team event", 5),
        ("List three benefits of unit tests", 3),
        ("Name the planets of the solar system", 8),
    ]:
        items = re.findall(r"^\d+\. .+", talk(prompt), re.M)
        assert len(items) == count


def test_the_conversation_is_remembered():
    told = ("My name is Anna.", "Nice to meet you!", "What is my name?")
    assert talk(*told) == "Your name is Anna."
    colour = ("My favourite colour is teal", "Noted.")
    assert "teal" in talk(*colour, "What is my favourite colour?")
    assert "not told me" in talk("What is my name?")


def test_an_answer_can_be_reworked():
    before = ("What is an API?", talk("What is an API?"))
    shorter = talk(*before, "shorter please")
    assert shorter and len(shorter) < 0.6 * len(before[1])
    assert len(talk(*before, "In more detail, please")) > len(before[1])
    assert talk(*before, "as bullet points").startswith("- ")
    assert talk(*before, "Summarise that in one sentence") in before[1]


def test_a_system_message_sets_the_length():
    ask = "What is an API?"
    assert len(talk(ask)) > len(talk(ask, system="Answer in one sentence."))
    short = talk(ask, system="Answer in at most 8 words.")
    assert len(short.split()) == 8
    capital = "What is the capital of Japan?"
    assert talk(capital, system="Answer with one word only.") == "Tokyo"


def test_a_system_message_sets_the_language():
    ask = "What is the capital of France?"
    assert talk(ask, system="Answer in French.") == "La réponse est : Paris."
    hello = talk("Hello!", system="Always answer in German.")
    assert hello.startswith("Guten Tag")
    long = talk("What is an API?", system="Reply in Spanish.")
    assert long.startswith("(Respuesta simulada")


def test_a_system_message_sets_the_voice():
    reply = talk("What is an API?", system="You are a pirate.")
    assert re.search(r"Arr|Ahoy|timbers", reply) and " be " in reply
    assert talk("Hello!", system="Use bullet points.").startswith("- ")
    ended = talk("Hello!", system='End every answer with "Over."')
    assert ended.endswith("Over.")


def test_a_system_message_can_hold_the_task():
    task = "Classify the message as billing, technical or other."
    assert talk("The app crashes at login", system=task) == "technical"
    task = "You are a translator. Translate everything to French."
    assert talk("Good morning", system=task) == "Bonjour"


def test_the_fallback_says_that_it_is_simulated_and_is_no_echo():
    prompt = "Why do the glimmering quonks never harmonise?"
    reply = talk(prompt)
    assert re.search("simulated|sandbox", reply)
    assert "quonks" not in reply
    assert len({talk(f"{prompt} {i}") for i in range(20)}) == 3


def test_the_model_may_vary_the_wording_and_nothing_else_does():
    greetings = {talk("Hello!", model=f"model {i}") for i in range(20)}
    assert len(greetings) > 1
    assert talk("Hello!") == talk("Hello!")


@pytest.mark.parametrize(
    "prompt",
    ["", " ", "\ud800", "\0", "(" * 50_000, '"' * 50_000, "'a " * 50_000,
     "<t>" * 30_000, "word, " * 30_000, "Anna Bob " * 30_000, "1 " * 50_000,
     "Classify as " + "x, " * 30_000, "Extract emails: " + "a.b+" * 20_000],
)  # fmt: skip
def test_no_prompt_is_too_odd_for_a_quick_reply(prompt):
    start = time.process_time()
    assert talk(prompt)
    assert time.process_time() - start < 2


NODE = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "next": {"anyOf": [{"$ref": "#/$defs/node"},
                                   {"type": "null"}]},
            },
            "required": ["next"],
        }
    },
    "$ref": "#/$defs/node",
}  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "holds"),
    [
        ({"type": "integer", "minimum": 7, "maximum": 9}, range(7, 10)),
        ({"type": "integer", "multipleOf": 5, "minimum": 3}, range(5, 99, 5)),
        ({"enum": ["a", "b"]}, ["a", "b"]),
        ({"const": "x"}, ["x"]),
        ({"type": ["null", "boolean"]}, [True, False]),
        ({"type": "string", "format": "date"}, ["2026-01-15"]),
        ({"type": "string", "pattern": r"^[A-Z]{2}-\d{3}$"}, ["AA-111"]),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2,
          "maxItems": 2}, [[None, None]]),
    ],
)  # fmt: skip
def test_a_schemas_limits_are_kept(schema, holds):
    conversation = Conversation("plain", "", (Turn("user", "Go!"),))
    assert json.loads(json_text(conversation, schema)) in holds


def test_a_schema_that_contains_itself_ends():
    conversation = Conversation("plain", "", (Turn("user", "Go!"),))
    value = json.loads(json_text(conversation, NODE))
    depth = 0
    while value is not None:
        assert list(value) == ["next"]
        value, depth = value["next"], depth + 1
    assert 1 < depth < 20


def test_the_tool_that_fits_best_is_called():
    text = {"type": "object", "properties": {"expression": {"type": "string"}}}
    tools = (
        Tool("get_weather", "Current weather of a city", None),
        Tool("calculator", "Evaluate an arithmetic expression", text),
    )
    turns = (Turn("user", "What is 3 times 4?"),)
    call = choose_call(Conversation("plain", "", turns), tools, "auto")
    assert call is not None and call.name == "calculator"
    assert json.loads(call.arguments) == {"expression": "3 * 4"}
