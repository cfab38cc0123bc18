"""Deadlines: what a call may take of the time that is left."""

import gc
import weakref

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
def agent(llm, sandbox, waits):
    return llm.openai_agent.OpenAIAgent(
        api_key="sk-test-0123456789",
        base_url=sandbox.base_url("openai"),
        sleep=waits.append,
    )


def test_the_time_counts_down_to_nothing(llm, clock):
    deadline = llm.deadlines.Deadline(5.0, clock)
    assert deadline.seconds_left == 5.0
    clock.now += 4.0
    assert deadline.seconds_left == 1.0
    assert not deadline.is_over
    clock.now += 4.0
    assert deadline.seconds_left == 0.0
    assert deadline.is_over


def test_without_seconds_there_is_no_end(llm, clock):
    deadline = llm.deadlines.Deadline(None, clock)
    clock.now += 1e9
    assert deadline.seconds_left == float("inf")
    assert not deadline.is_over


def hurried(llm, clock, agent, seconds, once=False):
    deadline = llm.deadlines.Deadline(seconds, clock)
    return llm.deadlines.hurried(agent, deadline, once)


def test_a_try_takes_what_is_left(llm, clock, agent):
    made = hurried(llm, clock, agent, 5.0)
    assert (made.timeout, made.stream_timeout) == (5.0, 5.0)


def test_it_takes_no_more_than_the_agent_would(llm, clock, agent):
    made = hurried(llm, clock, agent, 100.0)
    assert (made.timeout, made.stream_timeout) == (60.0, 100.0)
    made = hurried(llm, clock, agent, None)
    assert (made.timeout, made.stream_timeout) == (60.0, 600.0)


def test_the_agent_itself_stays_as_it_is(llm, clock, agent, waits):
    policy = agent.policy
    hurried(llm, clock, agent, 1.0, once=True)
    assert (agent.timeout, agent.stream_timeout) == (60.0, 600.0)
    assert agent.policy is policy
    assert agent.sleep == waits.append


def test_the_client_is_the_agent_s_own(llm, clock, agent):
    made = hurried(llm, clock, agent, 1.0)
    assert made.client is agent.client


def test_it_is_gone_as_soon_as_nobody_needs_it(llm, clock, agent):
    gc.disable()
    try:
        made = weakref.ref(hurried(llm, clock, agent, 5.0))
        assert made() is None
    finally:
        gc.enable()


def test_after_a_wait_less_time_is_left(llm, clock, agent, waits):
    made = hurried(llm, clock, agent, 5.0)
    clock.now += 2.0
    made.sleep(2.0)
    assert waits == [2.0]
    assert made.timeout == 3.0


def test_a_try_that_comes_too_late_is_still_a_timeout(llm, clock, agent):
    made = hurried(llm, clock, agent, 5.0)
    clock.now += 9.0
    made.sleep(9.0)
    assert 0 < made.timeout < 0.01


def test_no_wait_outlasts_the_time(llm, clock, agent):
    policy = hurried(llm, clock, agent, 5.0).policy
    patient, slow = (
        llm.errors.RateLimitError("Slow down.", retry_after=seconds)
        for seconds in (4.9, 5.0)
    )
    assert policy.wait_before_next(1, patient) == 4.9
    assert policy.wait_before_next(1, slow) is None
    clock.now += 1.0
    assert policy.wait_before_next(1, patient) is None


def test_the_agent_s_policy_goes_on_to_count_the_tries(llm, clock, agent):
    policy = hurried(llm, clock, agent, None).policy
    error = llm.errors.ProviderUnavailableError("Down.")
    assert policy.wait_before_next(2, error) is not None
    assert policy.wait_before_next(3, error) is None


def test_there_may_be_but_one_try(llm, clock, agent, sandbox, waits):
    sandbox.fail_next("openai", "server_error")
    response = hurried(llm, clock, agent, None, once=True).process_prompt("Hi")
    assert response.error.kind == "provider_unavailable"
    assert len(sandbox.requests) == 1
    assert waits == []


def test_an_agent_without_a_key_says_so_when_it_is_asked(llm, clock):
    agent = llm.openai_agent.OpenAIAgent(api_key="")
    made = hurried(llm, clock, agent, 1.0)
    assert made.process_prompt("Hi").error.kind == "missing_key"
