"""The playground: the same prompt to every provider, side by side."""

import re

import pytest

from course.kernel.playground import (
    Answered,
    Playground,
    answers_page,
    ask,
    is_clickable,
)
from course.sandbox import Sandbox

KEY = "sk-Zq81-77xkPw0LmVb"


@pytest.fixture
def make_agent(llm, sandbox: Sandbox):
    return lambda provider: llm.agents.agent_for(
        provider,
        api_key=KEY,
        base_url=sandbox.base_url(provider),
        sleep=lambda seconds: None,
    )


def test_an_answer_comes_with_its_wire(sandbox, make_agent):
    answer = ask("openai", "What is JSON?", make_agent, sandbox)
    assert answer.response["status"] == "success"
    assert [record.status for record in answer.wire] == [200]


def test_the_page_shows_answer_usage_cost_and_wire(sandbox, make_agent):
    answer = ask("openai", "What is JSON?", make_agent, sandbox)
    text = answers_page("What is JSON?", [answer]).text()
    assert answer.response["message"].split()[0] in text
    usage = answer.response["usage"]
    assert f"{usage['prompt_tokens']} in" in text
    assert " USD" in text
    assert "POST /openai/v1/chat/completions → 200" in text
    assert '"messages"' in text
    assert '"choices"' in text


def test_what_changes_is_left_out_where_outputs_are_compared(
    sandbox, make_agent
):
    answer = ask("openai", "Hello", make_agent, sandbox)
    assert re.search(r"Latency: +\d+ ms", answers_page("", [answer]).text())
    page = answers_page("", [answer], timed=False)
    assert "Latency" not in page.text()
    assert "Cost" not in page.text()


def test_an_error_is_an_answer_too(sandbox, make_agent):
    sandbox.fail_next("openai", "wrong_key")
    answer = ask("openai", "Hello", make_agent, sandbox)
    text = answers_page("Hello", [answer]).text()
    assert "authentication" in text
    assert answer.response["error"]["what_to_do"].split()[0] in text


def test_an_agent_that_is_not_written_yet_says_so(sandbox):
    def blank(provider):
        raise NotImplementedError("exercise 3.6")

    answer = ask("gemini", "Hello", blank, sandbox)
    text = answers_page("Hello", [answer]).text()
    assert "Not written yet: exercise 3.6." in text


def test_a_broken_agent_stops_nothing(sandbox):
    def broken(provider):
        return 1 / 0

    answer = ask("gemini", "Hello", broken, sandbox)
    assert answer.problem.startswith("ZeroDivisionError")


def test_no_key_shows(sandbox, make_agent):
    for fault in ("echo_key", "wrong_key"):
        sandbox.fail_next("openai", fault)
        answer = ask("openai", "Hello", make_agent, sandbox)
        page = answers_page("Hello", [answer])
        assert "[key]" in page.text()
        for start in range(len(KEY) - 5):
            assert KEY[start : start + 6] not in page.html()


def test_markup_in_an_answer_is_only_text():
    response = {
        "status": "success",
        "message": "<script>alert(1)</script>",
        "model": "m",
        "usage": {"prompt_tokens": None, "completion_tokens": None},
        "cost_usd": None,
        "error": None,
        "finish_reason": "stop",
        "attempts": [],
        "adjustments": [],
        "simulated": False,
    }
    page = answers_page("<b>", [Answered("openai", response=response)])
    assert "<script>" not in page.html()
    assert "? in, ? out" in page.text()
    assert "unknown" in page.text()


def test_a_click_asks_all_and_shows_them(sandbox, make_agent):
    playground = Playground(["openai"], make_agent, sandbox, "What is JSON?")
    playground.button.click()
    assert "POST /openai/v1/chat/completions" in playground.answers.value
    assert playground.button.disabled is False


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, False), ({"JPY_SESSION_NAME": "phase_3.ipynb"}, True)],
)
def test_widgets_are_for_notebooks_that_somebody_sees(environ, expected):
    assert is_clickable(environ) is expected
