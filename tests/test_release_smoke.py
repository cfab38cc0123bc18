"""The smoke test of a running router: who was asked, and who answered."""

import os
import re
import sys
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent
KEY = "sk-test-0123456789"
FIRST = ("one/small", "overloaded")
SECOND = ("two/large", "success")


def answer(*tries, model="two/large", text="Hello."):
    """The part of an answer that counts, with these tries."""
    attempts = [
        {
            "provider": name.partition("/")[0],
            "model": name.partition("/")[2],
            "status": "success" if kind == "success" else "error",
            "error_kind": None if kind == "success" else kind,
        }
        for name, kind in tries
    ]
    content = [{"type": "output_text", "text": text}] if text else []
    return {
        "model": model,
        "output": [{"type": "message", "content": content}],
        "llm_providers": {"attempts": attempts},
    }


def ask_plainly(base_url, models):
    """Ask a router without an SDK, which takes long to import."""
    body = {"model": models[0], "models": models[1:], "input": "Hello"}
    return requests.post(
        f"{base_url}/v1/responses", json=body, timeout=10
    ).json()


@pytest.fixture
def told(release):
    """Run the smoke test on an answer that is made up."""

    def run(body, models=("one/small", "two/large")):
        return release.smoke.smoke_test(
            "http://127.0.0.1:1", list(models), ask=lambda url, names: body
        )

    return run


@pytest.fixture
def router(serve, sandbox):
    """Serve the router with two providers; give its base URL."""
    settings = {}
    for name in ("openai", "requestry"):
        settings[f"{name.upper()}_API_KEY"] = KEY
        settings[f"{name.upper()}_BASE_URL"] = sandbox.base_url(name)
    return serve(settings)


@pytest.mark.exercise("5.8")
def test_who_answered_and_what_is_told(told):
    found = told(answer(FIRST, SECOND))
    assert found.by == "two/large"
    assert found.text == "Hello."


@pytest.mark.exercise("5.8")
def test_who_failed_before_is_told_with_the_kind_of_fault(told):
    found = told(answer(FIRST, FIRST, SECOND))
    assert found.failed == {"one/small": "overloaded"}


@pytest.mark.exercise("5.8")
def test_nobody_failed_where_the_first_one_answers(told):
    found = told(answer(("one/small", "success"), model="one/small"))
    assert found.by == "one/small"
    assert found.failed == {}


@pytest.mark.exercise("5.8")
def test_the_router_is_asked_once_with_all_models(release):
    asked = []

    def ask(url, models):
        asked.append((url, list(models)))
        return answer(FIRST, SECOND)

    models = ["one/small", "two/large"]
    release.smoke.smoke_test("http://127.0.0.1:1", models, ask=ask)
    assert asked == [("http://127.0.0.1:1", models)]


@pytest.mark.exercise("5.8")
def test_an_answer_without_text_proves_nothing(told, release):
    with pytest.raises(release.smoke.SmokeError):
        told(answer(FIRST, SECOND, text=""))


@pytest.mark.exercise("5.8")
def test_a_model_that_nobody_asked_for_is_a_silent_swap(told, release):
    tries = (FIRST, ("two/cheap", "success"))
    with pytest.raises(release.smoke.SmokeError) as error:
        told(answer(*tries, model="two/cheap"))
    assert "two/cheap" in str(error.value)


@pytest.mark.exercise("5.8")
def test_the_last_try_has_to_be_the_one_that_answered(told, release):
    with pytest.raises(release.smoke.SmokeError):
        told(answer(FIRST, ("two/cheap", "success")))


@pytest.mark.exercise("5.8")
def test_who_answered_is_not_taken_from_the_tries(told, release):
    with pytest.raises(release.smoke.SmokeError):
        told(answer(FIRST, ("two/cheap", "success")), ["one/small", "two"])


@pytest.mark.exercise("5.8")
def test_an_answer_after_a_try_that_failed_is_no_answer(told, release):
    with pytest.raises(release.smoke.SmokeError):
        told(answer(FIRST, ("two/large", "overloaded")))


@pytest.mark.exercise("5.8")
def test_a_success_with_a_failure_after_it_is_no_answer(told, release):
    with pytest.raises(release.smoke.SmokeError):
        told(answer(FIRST, SECOND, ("two/large", "timeout")))


@pytest.mark.exercise("5.8")
def test_a_try_before_that_succeeded_did_not_fail(told):
    found = told(answer(FIRST, SECOND, SECOND))
    assert found.failed == {"one/small": "overloaded"}


@pytest.mark.exercise("5.8")
def test_a_model_that_was_passed_over_without_a_word_is_told(told, release):
    with pytest.raises(release.smoke.SmokeError) as error:
        told(answer(SECOND))
    assert "one/small" in str(error.value)


@pytest.mark.exercise("5.8")
def test_each_of_those_passed_over_has_to_be_told(told, release):
    models = ["one/small", "three/tiny", "two/large"]
    with pytest.raises(release.smoke.SmokeError) as error:
        told(answer(FIRST, SECOND), models)
    assert "three/tiny" in str(error.value)


@pytest.mark.exercise("5.8")
def test_that_the_numbers_agree_does_not_make_up_for_one(told, release):
    models = ["one/small", "three/tiny", "two/large"]
    tries = (FIRST, ("one/tiny", "timeout"), SECOND)
    with pytest.raises(release.smoke.SmokeError) as error:
        told(answer(*tries), models)
    assert "three/tiny" in str(error.value)


@pytest.mark.exercise("5.8")
def test_an_answer_that_tells_no_tries_proves_nothing(told, release):
    with pytest.raises(release.smoke.SmokeError):
        told(answer(model="one/small"))


@pytest.mark.exercise("5.8")
def test_a_provider_s_name_means_any_model_of_it(told):
    found = told(answer(FIRST, SECOND), ["one", "two"])
    assert found.by == "two/large"


@pytest.mark.exercise("5.8")
def test_of_several_names_that_fit_the_first_counts(told):
    tries = answer(("one/small", "success"), model="one/small")
    assert told(tries, ["one/small", "one"]).failed == {}


@pytest.mark.exercise("5.8")
def test_what_the_question_raises_is_let_through(release):
    def ask(url, models):
        raise ConnectionError("nobody there")

    with pytest.raises(ConnectionError):
        release.smoke.smoke_test("http://127.0.0.1:1", ["a/b"], ask=ask)


@pytest.mark.exercise("5.8")
def test_a_router_whose_first_provider_fails_answers_by_the_next(
    release, router, sandbox
):
    sandbox.fail_next("openai", "overloaded", times=9)
    found = release.smoke.smoke_test(
        router, ["openai", "requestry"], ask=ask_plainly
    )
    assert found.by.startswith("requestry/")
    assert [name.partition("/")[0] for name in found.failed] == ["openai"]
    asked = [request.provider for request in sandbox.requests]
    assert asked == ["openai", "requestry"]


@pytest.mark.exercise("5.8")
def test_a_name_after_the_one_that_answered_need_not_have_failed(told):
    tries = answer(("one/small", "success"), model="one/small")
    found = told(tries, ["one/small", "two/large", "one"])
    assert found.by == "one/small"
    assert found.failed == {}


@pytest.mark.exercise("5.8")
def test_a_try_of_the_one_that_answered_may_have_failed_before(told):
    found = told(answer(("two/large", "timeout"), SECOND), ["two/large"])
    assert found.failed == {"two/large": "timeout"}


@pytest.mark.exercise("5.8")
@pytest.mark.parametrize("models", [["auto"], ["two/large"]])
def test_who_failed_is_told_whether_or_not_the_name_was_asked_for(
    told, models
):
    found = told(answer(FIRST, SECOND), models)
    assert found.failed == {"one/small": "overloaded"}


@pytest.mark.exercise("5.8")
def test_a_success_before_the_last_does_not_tell_of_a_fault(told, release):
    with pytest.raises(release.smoke.SmokeError) as error:
        told(answer(("one/small", "success"), SECOND))
    assert "one/small" in str(error.value)


@pytest.mark.exercise("5.8")
def test_a_silent_swap_is_told_with_all_that_was_asked_for(told, release):
    with pytest.raises(release.smoke.SmokeError) as error:
        told(answer(("two/cheap", "success"), model="two/cheap"))
    message = str(error.value)
    names = ("one/small", "two/large", "two/cheap")
    assert [name for name in names if name not in message] == []


def test_the_agents_sdk_asks_as_well(release, router, sandbox):
    sandbox.fail_next("openai", "overloaded", times=9)
    found = release.smoke.smoke_test(router, ["openai", "requestry"])
    assert found.by.startswith("requestry/")
    assert list(found.failed.values()) == ["provider_unavailable"]
    assert "smoke test" not in found.text


def test_where_everybody_fails_the_sdk_s_error_comes_through(
    release, router, sandbox
):
    import openai

    sandbox.fail_next("openai", "overloaded", times=9)
    with pytest.raises(openai.InternalServerError):
        release.smoke.smoke_test(
            router, ["openai"], ask=release.smoke.ask_directly
        )


def test_the_command_is_served_and_ended(release, sandbox, tmp_path):
    environ = {
        **os.environ,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": sandbox.base_url("openai"),
        "PYTHONPATH": str(ROOT),
    }
    with release.smoke.serving(sys.executable, environ, tmp_path) as url:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        found = release.smoke.smoke_test(
            url, ["openai"], ask=release.smoke.ask_directly
        )
        assert found.by.startswith("openai/")
    assert not release.smoke.is_healthy(url)


def test_a_server_that_does_not_come_up_says_why(release, tmp_path):
    environ = {"PYTHONPATH": str(ROOT), "LLM_ROUTER_AUTO": "nobody/x"}
    with pytest.raises(release.smoke.SmokeError) as error:
        with release.smoke.serving(sys.executable, environ, tmp_path):
            pass
    assert "LLM_ROUTER_AUTO" in str(error.value)
