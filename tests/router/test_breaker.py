"""Breakers: a failing target is left alone, then tried by one."""

import threading

import pytest


class Clock:
    """A clock that a test sets forward, in seconds."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(llm, clock):
    """A closed breaker with the default policy."""
    return llm.router.breaker.Breaker(clock=clock)


def fail(breaker, times=1, **how):
    for _ in range(times):
        breaker.enter().fail(**how)


def test_at_first_everybody_is_let_through(breaker):
    assert breaker.state == "closed"
    assert all(breaker.enter() for _ in range(5))


def test_three_failures_in_a_row_open_it(breaker):
    fail(breaker, times=2)
    assert breaker.state == "closed"
    fail(breaker)
    assert breaker.state == "open"
    assert breaker.enter() is None


def test_tries_of_one_call_count_each(breaker):
    fail(breaker, retry_after=None)
    breaker.enter().fail(times=2)
    assert breaker.state == "open"


def test_a_success_between_begins_the_count_again(breaker):
    fail(breaker, times=2)
    breaker.enter().succeed()
    fail(breaker, times=2)
    assert breaker.state == "closed"


def test_what_is_released_counts_neither_way(breaker):
    fail(breaker, times=2)
    breaker.enter().release()
    fail(breaker)
    assert breaker.state == "open"


def test_it_is_told_to_open_at_once(breaker):
    breaker.enter().fail(90.0, at_once=True)
    assert breaker.seconds_left == 90.0


def test_the_cooldown_is_half_a_minute(breaker, clock):
    fail(breaker, times=3)
    assert breaker.seconds_left == 30.0
    clock.now += 29.9
    assert breaker.enter() is None
    clock.now += 0.1
    assert breaker.state == "half_open"
    assert breaker.enter() is not None


def test_the_provider_s_word_sets_the_cooldown(breaker, clock):
    fail(breaker, times=3, retry_after=7.0)
    clock.now += 6.9
    assert breaker.enter() is None
    clock.now += 0.2
    assert breaker.enter() is not None


def test_who_asks_for_no_wait_at_all_is_not_believed(breaker):
    fail(breaker, times=3, retry_after=0.0)
    assert breaker.seconds_left == 30.0


def test_nobody_is_left_alone_for_longer_than_a_day(breaker):
    breaker.enter().fail(1e9, at_once=True)
    assert breaker.seconds_left == 24 * 60 * 60


def opened(breaker, clock):
    """Open the breaker and let the cooldown pass."""
    fail(breaker, times=3)
    clock.now += breaker.seconds_left


def test_after_it_one_probe_is_let_through(breaker, clock):
    opened(breaker, clock)
    assert breaker.would_permit
    assert breaker.enter() is not None
    assert breaker.enter() is None
    assert not breaker.would_permit


def test_a_probe_that_succeeds_closes_it(breaker, clock):
    opened(breaker, clock)
    breaker.enter().succeed()
    assert breaker.state == "closed"
    fail(breaker, times=2)
    assert breaker.state == "closed"


def test_a_probe_that_fails_opens_it_for_twice_as_long(breaker, clock):
    opened(breaker, clock)
    breaker.enter().fail()
    assert breaker.seconds_left == 60.0
    clock.now += 60.0
    breaker.enter().fail()
    assert breaker.seconds_left == 120.0


def test_it_is_never_open_for_more_than_five_minutes_by_itself(breaker, clock):
    opened(breaker, clock)
    for _ in range(2000):
        breaker.enter().fail()
        clock.now += breaker.seconds_left
    breaker.enter().fail()
    assert breaker.seconds_left == 300.0


def test_after_a_success_the_cooldown_is_short_again(breaker, clock):
    opened(breaker, clock)
    breaker.enter().fail()
    clock.now += breaker.seconds_left
    breaker.enter().succeed()
    fail(breaker, times=3)
    assert breaker.seconds_left == 30.0


def test_a_probe_without_a_verdict_makes_room_for_another(breaker, clock):
    opened(breaker, clock)
    breaker.enter().release()
    assert breaker.state == "half_open"
    assert breaker.enter() is not None


def test_to_release_after_the_verdict_changes_nothing(breaker, clock):
    opened(breaker, clock)
    probe = breaker.enter()
    probe.fail()
    probe.release()
    assert breaker.state == "open"


def test_a_probe_whose_answer_begins_closes_it(breaker, clock):
    opened(breaker, clock)
    breaker.enter().answering()
    assert breaker.state == "closed"


def test_the_beginning_of_an_answer_does_not_undo_a_failure(breaker):
    for _ in range(3):
        permit = breaker.enter()
        permit.answering()
        permit.fail()
    assert breaker.state == "open"


def test_what_was_sent_before_it_opened_does_not_close_it(breaker):
    early = breaker.enter()
    fail(breaker, times=3)
    early.succeed()
    assert breaker.state == "open"


def test_what_was_sent_before_it_opened_may_know_of_a_longer_wait(breaker):
    early, earlier = breaker.enter(), breaker.enter()
    fail(breaker, times=3)
    early.fail(100.0)
    assert breaker.seconds_left == 100.0
    earlier.fail(50.0)
    assert breaker.seconds_left == 100.0


def test_of_many_threads_one_is_the_probe(breaker, clock):
    opened(breaker, clock)
    together = threading.Barrier(16)
    permits = []

    def enter():
        together.wait()
        permits.append(breaker.enter())

    threads = [threading.Thread(target=enter) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in permits if one]) == 1


def test_the_policy_may_be_another(llm, clock):
    policy = llm.router.breaker.BreakerPolicy(failures=1, cooldown=2.0)
    breaker = llm.router.breaker.Breaker(policy, clock)
    fail(breaker)
    assert breaker.seconds_left == 2.0


def test_each_target_has_a_breaker_of_its_own(llm, clock):
    breakers = llm.router.breaker.Breakers(clock=clock)
    of = llm.router.targets.Target.of
    fail(breakers[of("openai/a")], times=3)
    assert breakers[of("openai/b")].state == "closed"
    assert breakers.states() == {"openai/a": "open", "openai/b": "closed"}


def test_targets_that_do_well_are_forgotten_in_the_end(llm, clock):
    breakers = llm.router.breaker.Breakers(clock=clock)
    target = llm.router.targets.Target
    fail(breakers[target("openai", "failing")], times=3)
    for number in range(3000):
        breakers[target("openai", f"made-up-{number}")].enter().succeed()
    assert len(breakers.states()) <= 1000
    assert breakers[target("openai", "failing")].state == "open"
