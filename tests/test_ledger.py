"""The ledger: every try, what it used and what all of them cost."""

import pytest


@pytest.fixture
def ledger(llm):
    """A ledger of tries that take no time."""
    return llm.ledger.Ledger("openai", lambda: 0.0)


def by_list(model, usage):
    """A cent a token, for every model but one that has no price."""
    if model == "unpriced" or usage.total_tokens is None:
        return None
    return usage.total_tokens / 100


def reply(llm, tokens, cost_usd=None, model="m"):
    usage = llm.responses.Usage(total_tokens=tokens)
    return llm.responses.Reply("Hi.", model, "stop", usage, cost_usd=cost_usd)


def test_the_wire_s_cost_goes_before_the_list_s(llm, ledger):
    ledger.note("m", 0.0, 0.0, reply(llm, 100, cost_usd=7.0))
    assert ledger.cost_usd(by_list) == 7.0


def test_all_tries_are_paid_for(llm, ledger):
    usage = llm.responses.Usage(total_tokens=50)
    ledger.note("m", 0.0, 0.0, llm.errors.EmptyResponseError("", usage=usage))
    ledger.note("m", 0.0, 0.0, reply(llm, 100, cost_usd=7.0))
    assert ledger.cost_usd(by_list) == 7.5


def test_a_try_that_used_nothing_costs_nothing(llm, ledger):
    ledger.note("m", 0.0, 0.0, llm.errors.RateLimitError("Slow down."))
    ledger.note("m", 0.0, 0.0, reply(llm, 100))
    assert ledger.cost_usd(by_list) == 1.0


def test_one_unknown_price_makes_the_whole_unknown(llm, ledger):
    ledger.note("m", 0.0, 0.0, reply(llm, 100))
    ledger.note("m", 0.0, 0.0, reply(llm, 100, model="unpriced"))
    assert ledger.cost_usd(by_list) is None


def test_without_any_usage_the_cost_is_unknown(llm, ledger):
    assert ledger.cost_usd(by_list) is None
    ledger.note("m", 0.0, 0.0, llm.errors.RateLimitError("Slow down."))
    assert ledger.cost_usd(by_list) is None


def test_a_request_that_never_left_is_no_try(llm, ledger):
    unsent = llm.errors.InvalidRequestError("No.", sent=False)
    ledger.note("m", 0.0, 0.0, unsent)
    assert ledger.attempts == ()


def test_an_answer_that_names_no_model_is_that_of_the_one_asked(llm, ledger):
    ledger.note("asked", 0.0, 0.0, reply(llm, 1, model=""))
    assert ledger.attempts[0].model == "asked"


def logged(llm, caplog, ledger, outcome, model="m"):
    """Return the fields of the line that a try leaves in the log."""
    log = llm.ledger.log
    with caplog.at_level("INFO", log.name):
        log.addHandler(caplog.handler)
        try:
            ledger.note(model, 0.0, 0.0, outcome)
        finally:
            log.removeHandler(caplog.handler)
    return caplog.records[-1].fields


def test_the_log_tells_what_a_try_cost_by_the_catalogue(llm, caplog, ledger):
    model = llm.catalogue.load_catalogue().role("openai", "default")
    usage = llm.responses.Usage(prompt_tokens=1000, completion_tokens=10)
    reply = llm.responses.Reply("Hi.", model.id, "stop", usage)
    told = logged(llm, caplog, ledger, reply)
    assert told["cost_usd"] == model.cost_usd(1000, 10) > 0


def test_the_log_tells_the_wire_s_own_cost(llm, caplog, ledger):
    assert logged(llm, caplog, ledger, reply(llm, 9, 7.0))["cost_usd"] == 7.0


def test_an_unknown_cost_is_none_in_the_log(llm, caplog, ledger):
    assert logged(llm, caplog, ledger, reply(llm, 9))["cost_usd"] is None
    timeout = llm.errors.RequestTimeoutError("Too late.")
    assert logged(llm, caplog, ledger, timeout)["cost_usd"] is None


def test_a_refusal_that_used_nothing_cost_nothing(llm, caplog, ledger):
    refused = llm.errors.RateLimitError("Slow down.")
    assert logged(llm, caplog, ledger, refused)["cost_usd"] == 0.0
