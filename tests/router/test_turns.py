"""Turns: what a target's breaker is told of an answer."""

import pytest


class Clock:
    """A clock that a test sets forward, in seconds."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(llm, clock):
    """A breaker that opens at the first failure."""
    policy = llm.router.breaker.BreakerPolicy(failures=1)
    return llm.router.breaker.Breaker(policy, clock)


@pytest.fixture
def turn(llm, clock, breaker):
    """Return a turn; of ten seconds `gone` have passed before it began."""

    def make(gone=0.0):
        deadline = llm.deadlines.Deadline(10.0, clock)
        clock.now += gone
        return llm.router.turns.Turn(
            target=llm.router.targets.Target("openai", "m"),
            agent=None,
            prompt=None,
            permit=breaker.enter(),
            deadline=deadline,
            seconds=deadline.seconds_left,
            longest_wait=60.0,
        )

    return make


def failed(llm, kind, retryable=True, retry_after=None, tries=1):
    responses = llm.responses
    row = responses.Attempt("m", "error", kind, 0.0, 0.0)
    return responses.StandardResponse(
        status="error",
        message="No.",
        model="m",
        usage=responses.Usage(),
        provider="openai",
        error=responses.ErrorInfo(kind, retryable, "No.", "?", retry_after),
        attempts=(row,) * tries,
    )


def test_a_fault_that_might_pass_counts(llm, turn, breaker):
    turn().judge(failed(llm, "rate_limit"), begun=False)
    assert breaker.state == "open"


def test_the_caller_s_fault_does_not_count(llm, turn, breaker):
    refused = failed(llm, "invalid_request", retryable=False)
    turn().judge(refused, begun=False)
    assert breaker.state == "closed"


def test_a_timeout_counts(llm, turn, breaker):
    turn().judge(failed(llm, "timeout"), begun=False)
    assert breaker.state == "open"


def test_a_timeout_by_our_deadline_counts_after_most_of_the_time(
    llm, clock, turn, breaker
):
    mine = turn(gone=5.0)
    clock.now += 5.0
    mine.judge(failed(llm, "timeout"), begun=False)
    assert breaker.state == "open"


def test_a_timeout_by_our_deadline_does_not_count_after_little_time(
    llm, clock, turn, breaker
):
    mine = turn(gone=5.1)
    clock.now += 5.0
    mine.judge(failed(llm, "timeout"), begun=False)
    assert breaker.state == "closed"


def test_an_answer_that_our_deadline_cuts_does_not_count(
    llm, clock, turn, breaker
):
    mine = turn()
    clock.now += 10.0
    mine.judge(failed(llm, "timeout"), begun=True)
    assert breaker.state == "closed"


def test_all_tries_of_a_call_count(llm, clock):
    breaker = llm.router.breaker.Breaker(clock=clock)
    mine = llm.router.turns.Turn(
        None, None, None, breaker.enter(),
        llm.deadlines.Deadline(None, clock), 0.0, 60.0,
    )  # fmt: skip
    mine.judge(failed(llm, "server_error", tries=3), begun=False)
    assert breaker.state == "open"


def test_a_wait_that_the_agent_would_not_make_opens_at_once(llm, clock):
    breaker = llm.router.breaker.Breaker(clock=clock)
    for seconds, state in ((60.0, "closed"), (60.1, "open")):
        mine = llm.router.turns.Turn(
            None, None, None, breaker.enter(),
            llm.deadlines.Deadline(None, clock), 0.0, 60.0,
        )  # fmt: skip
        limited = failed(llm, "rate_limit", retry_after=seconds)
        mine.judge(limited, begun=False)
        assert breaker.state == state
