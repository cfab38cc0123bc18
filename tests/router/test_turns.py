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


# Who gets how much of the time


@pytest.fixture
def taken(llm, clock):
    """Let targets hang, each as long as it may; return what each got.

    That is the seconds for a try, and for a whole stream.
    """

    def of(providers, seconds, **options):
        def agents(provider):
            return llm.agents.agent_for(
                provider,
                api_key="sk-test-0123456789" if provider != "gemini" else "",
                base_url="http://127.0.0.1:9",
            )

        breakers = llm.router.breaker.Breakers(clock=clock)
        turns = llm.router.turns.Turns(agents, breakers, **options)
        deadline = llm.deadlines.Deadline(seconds, clock)
        record = llm.router.fallback_record.FallbackRecord()
        targets = [llm.router.targets.Target.of(name) for name in providers]
        prompt = llm.prompts.Prompt.of("Hi")
        got = []
        for turn in turns.of(targets, prompt, deadline, record):
            got.append((turn.agent.timeout, turn.agent.stream_timeout))
            clock.now += turn.agent.timeout
        return got

    return of


def test_one_that_hangs_leaves_time_for_those_after_it(taken):
    three = ("openai", "requestry", "openrouter")
    assert taken(three, 40.0) == [(20.0, 40.0), (10.0, 20.0), (10.0, 10.0)]


def test_the_share_can_be_set(taken):
    two = ("openai", "requestry")
    got = taken(two, 40.0, share=lambda: 0.75)
    assert got == [(30.0, 40.0), (10.0, 10.0)]


def test_nothing_is_left_for_who_could_not_answer_anyway(taken):
    assert taken(("openai",), 40.0) == [(40.0, 40.0)]
    got = taken(("openai", "gemini"), 40.0)
    assert got[0] == (40.0, 40.0)


def test_without_a_deadline_nobody_is_hurried(taken):
    assert taken(("openai", "requestry"), None) == [(60.0, 600.0)] * 2
