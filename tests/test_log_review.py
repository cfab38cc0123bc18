"""The log review: keys, bursts, decline, and the bill of a day."""

import json
from datetime import UTC, datetime, timedelta

import pytest

# A key that is none: nobody's, and too short for a real one.
KEY = "sk-proj-EXAMPLE0not0a0real0key0"
PLAIN = "harbor-4711-EXAMPLE-not-a-real-key"
START = datetime(2026, 11, 20, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def stream(llm, *lines):
    """Return the records of a log; a mapping stands for a line of JSON."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    return llm.log_records.records(texts)


def read(llm, *lines):
    return list(stream(llm, *lines))


# 5.1 -------------------------------------------------------------------------


@pytest.mark.exercise("5.1")
def test_a_key_is_found_with_its_line_and_its_field(llm):
    log = read(llm, {"message": "started"}, {"message": f"sent {KEY} out"})
    found = llm.log_review.leaks(log)
    assert [(leak.line, leak.path) for leak in found] == [(2, "message")]


@pytest.mark.exercise("5.1")
def test_the_excerpt_tells_what_stands_around_the_key(llm):
    found = llm.log_review.leaks(read(llm, {"message": f"sent {KEY} out"}))
    assert found[0].excerpt == "sent [redacted] out"


@pytest.mark.exercise("5.1")
def test_where_no_key_is_nothing_is_found(llm):
    log = read(
        llm,
        {"message": "Bearer token missing; ask for a task-key-with-numbers"},
        {"message": "sent", "authorization": "Bearer [redacted]"},
        {"message": "sent", "authorization": "sk-p**************0042"},
        "*** log rotated 2026-11-20 ***",
    )
    assert llm.log_review.leaks(log) == []


@pytest.mark.exercise("5.1")
def test_a_key_is_found_however_deep_it_is(llm):
    headers = [{"name": "accept"}, {"value": f"Bearer {KEY}"}]
    log = read(llm, {"msg": "refused", "request": {"headers": headers}})
    found = llm.log_review.leaks(log)
    assert [leak.path for leak in found] == ["request.headers.1.value"]


@pytest.mark.exercise("5.1")
def test_a_line_that_is_no_json_is_looked_at_too(llm):
    log = read(llm, "{broken", f"plug-in: gave up, header was Bearer {KEY}")
    found = llm.log_review.leaks(log)
    assert [(leak.line, leak.path) for leak in found] == [(2, "")]


@pytest.mark.exercise("5.1")
def test_lines_are_counted_as_in_the_file(llm):
    log = read(llm, "", "", {"message": KEY})
    assert [leak.line for leak in llm.log_review.leaks(log)] == [3]


@pytest.mark.exercise("5.1")
def test_every_place_is_told_in_the_order_of_the_log(llm):
    twice = {"headers": {"key": KEY}, "message": f"sent {KEY}"}
    log = read(llm, {"message": KEY}, {"message": "well"}, twice)
    found = [(leak.line, leak.path) for leak in llm.log_review.leaks(log)]
    assert found == [(1, "message"), (3, "headers.key"), (3, "message")]


@pytest.mark.exercise("5.1")
def test_a_key_is_found_again_where_it_stands_without_its_shape(llm):
    log = read(llm, {"h": f"Bearer {PLAIN}"}, {"query": f"?k={PLAIN}&n=1"})
    found = llm.log_review.leaks(log)
    assert [(leak.line, leak.path) for leak in found] == [
        (1, "h"),
        (2, "query"),
    ]


@pytest.mark.exercise("5.1")
def test_that_may_be_before_it_shows_itself(llm):
    log = read(llm, {"query": f"?k={PLAIN}&n=1"}, {"h": f"Bearer {PLAIN}"})
    assert [leak.line for leak in llm.log_review.leaks(log)] == [1, 2]


@pytest.mark.exercise("5.1")
def test_no_excerpt_shows_a_key_that_has_no_shape_there(llm):
    log = read(llm, {"h": f"Bearer {PLAIN}"}, {"query": f"?k={PLAIN}&n=1"})
    excerpts = [leak.excerpt for leak in llm.log_review.leaks(log)]
    assert excerpts == ["Bearer [redacted]", "?k=[redacted]&n=1"]


@pytest.mark.exercise("5.1")
def test_a_long_text_is_cut_to_eighty_characters(llm):
    log = read(llm, {"message": f"{'.' * 200} {KEY}"})
    assert llm.log_review.leaks(log)[0].excerpt == "." * 80


@pytest.mark.exercise("5.1")
def test_where_the_cut_goes_through_a_key_nothing_of_it_is_left(llm):
    log = read(llm, {"message": f"{'.' * 73} {KEY} and more"})
    assert llm.log_review.leaks(log)[0].excerpt == f"{'.' * 73} [redac"


@pytest.mark.exercise("5.1")
def test_a_log_that_can_be_read_only_once_will_do(llm):
    lines = [json.dumps({"message": KEY}), json.dumps({"message": KEY})]
    found = llm.log_review.leaks(llm.log_records.records(lines))
    assert [leak.line for leak in found] == [1, 2]


@pytest.mark.exercise("5.1")
def test_a_path_with_a_key_in_it_is_redacted_as_well(llm):
    log = read(llm, {"budgets": {KEY: "used up"}})
    assert [leak.path for leak in llm.log_review.leaks(log)] == [
        "budgets.[redacted]"
    ]


@pytest.mark.exercise("5.1")
def test_a_path_shows_no_key_that_has_no_shape_there(llm):
    log = read(llm, {"h": f"Bearer {PLAIN}"}, {"budgets": {PLAIN: "used up"}})
    found = [leak.path for leak in llm.log_review.leaks(log)]
    assert found == ["h", "budgets.[redacted]"]


@pytest.mark.exercise("5.1")
def test_a_name_and_its_value_are_two_texts_at_one_path(llm):
    log = read(llm, {"budgets": {KEY: f"sent {KEY}"}})
    found = [leak.excerpt for leak in llm.log_review.leaks(log)]
    assert found == ["[redacted]", "sent [redacted]"]


@pytest.mark.exercise("5.1")
def test_a_path_shows_no_key_of_another_text_either(llm):
    log = read(llm, {"h": f"Bearer {PLAIN}"}, {"budgets": {PLAIN: KEY}})
    found = [leak.path for leak in llm.log_review.leaks(log)]
    assert found == ["h", "budgets.[redacted]", "budgets.[redacted]"]


@pytest.mark.exercise("5.1")
def test_a_text_with_two_keys_is_told_once(llm):
    log = read(llm, {"message": f"not {KEY} but Bearer {PLAIN}"})
    found = [leak.excerpt for leak in llm.log_review.leaks(log)]
    assert len(found) == 1
    assert KEY not in found[0] and PLAIN not in found[0]


@pytest.mark.exercise("5.1")
def test_the_keys_of_one_log_are_not_those_of_the_next(llm):
    first = read(llm, {"h": f"Bearer {PLAIN}"})
    assert len(llm.log_review.leaks(first)) == 1
    assert llm.log_review.leaks(read(llm, {"query": f"?k={PLAIN}"})) == []


@pytest.mark.exercise("5.1")
def test_a_path_is_told_whole_however_long_it_is(llm):
    line = {"message": f"sent {KEY}"}
    for _ in range(20):
        line = {"settings": line}
    (leak,) = llm.log_review.leaks(read(llm, line))
    assert leak.path == "settings." * 20 + "message"
    assert leak.excerpt == "sent [redacted]"


@pytest.mark.exercise("5.1")
def test_the_same_text_in_two_fields_is_told_of_each(llm):
    found = llm.log_review.leaks(read(llm, {"header": KEY, "message": KEY}))
    assert [leak.path for leak in found] == ["header", "message"]


# 5.2 -------------------------------------------------------------------------


def tried(provider="openai", seconds=0.0, kind=None, **fields):
    """Return a line on a try that ended so many seconds into the day."""
    return {
        "time": at(seconds).isoformat(timespec="milliseconds"),
        "logger": "llm_providers.attempts",
        "provider": provider,
        "model": "m",
        "status": "success" if kind is None else "error",
        "error_kind": kind,
        "latency_seconds": 1.0,
        "cost_usd": None,
        "request_id": f"req_{seconds}",
        **fields,
    }


def refused(provider, *seconds):
    return [tried(provider, each, "rate_limit") for each in seconds]


def spans(llm, *lines, **options):
    """Return the bursts, their times as seconds of the day."""
    return [
        (
            burst.provider,
            (burst.start - START).total_seconds(),
            (burst.end - START).total_seconds(),
            burst.count,
        )
        for burst in llm.log_review.bursts(stream(llm, *lines), **options)
    ]


@pytest.mark.exercise("5.2")
def test_five_429s_within_a_minute_are_a_burst(llm):
    log = refused("openai", 100, 101, 102.5, 103, 110)
    assert spans(llm, *log) == [("openai", 100, 110, 5)]


@pytest.mark.exercise("5.2")
def test_four_are_none(llm):
    assert spans(llm, *refused("openai", 100, 101, 102, 103)) == []


@pytest.mark.exercise("5.2")
def test_a_log_without_a_429_has_no_burst(llm):
    assert spans(llm) == []
    assert spans(llm, *(tried(seconds=each) for each in range(9))) == []


@pytest.mark.exercise("5.2")
def test_five_in_a_day_are_no_burst(llm):
    assert spans(llm, *refused("openai", *range(0, 80_000, 9_000))) == []


@pytest.mark.exercise("5.2")
def test_other_failures_are_no_429s(llm):
    kinds = ["provider_unavailable", "quota_exhausted", "timeout"] * 9
    log = [tried("openai", n, kind) for n, kind in enumerate(kinds)]
    assert spans(llm, *log) == []


@pytest.mark.exercise("5.2")
def test_what_the_router_refuses_is_no_provider_s_429(llm):
    log = [
        {
            "time": at(each).isoformat(),
            "logger": "llm_providers.access",
            "path": "/v1/chat/completions",
            "status": 429,
        }
        for each in range(9)
    ]
    assert spans(llm, *log) == []


@pytest.mark.exercise("5.2")
def test_each_provider_is_looked_at_by_itself(llm):
    log = [*refused("openai", 1, 2, 3), *refused("gemini", 1.5, 2.5, 3.5)]
    assert spans(llm, *log) == []


@pytest.mark.exercise("5.2")
def test_a_429_now_and_then_is_no_burst_however_many_there_are(llm):
    assert spans(llm, *refused("openai", *range(0, 5000, 50))) == []


@pytest.mark.exercise("5.2")
def test_the_clock_s_minute_is_no_border(llm):
    log = refused("openai", 50, 55, 59, 61, 65)
    assert spans(llm, *log) == [("openai", 50, 65, 5)]


@pytest.mark.exercise("5.2")
def test_the_fifth_just_after_a_minute_still_counts(llm):
    log = refused("openai", 0, 15, 30, 45, 60)
    assert spans(llm, *log) == [("openai", 0, 60, 5)]
    assert spans(llm, *refused("openai", 0, 15, 30, 45, 60.5)) == []


@pytest.mark.exercise("5.2")
def test_windows_that_share_a_429_are_one_burst(llm):
    log = refused("openai", *range(0, 300, 10))
    assert spans(llm, *log) == [("openai", 0, 290, 30)]


@pytest.mark.exercise("5.2")
def test_a_straggler_that_is_in_no_window_is_left_out(llm):
    log = refused("openai", 0, 1, 2, 3, 4, 62)
    assert spans(llm, *log) == [("openai", 0, 4, 5)]


@pytest.mark.exercise("5.2")
def test_one_before_is_left_out_in_the_same_way(llm):
    log = refused("openai", 0, 58, 59, 60, 61, 62)
    assert spans(llm, *log) == [("openai", 58, 62, 5)]


@pytest.mark.exercise("5.2")
def test_two_bursts_are_two(llm):
    log = refused("openai", *range(5), *range(300, 306))
    assert spans(llm, *log) == [
        ("openai", 0, 4, 5),
        ("openai", 300, 305, 6),
    ]


@pytest.mark.exercise("5.2")
def test_bursts_come_by_their_start_whoever_it_was(llm):
    log = [*refused("a", *range(500, 505)), *refused("b", *range(5))]
    assert [burst[0] for burst in spans(llm, *log)] == ["b", "a"]


@pytest.mark.exercise("5.2")
def test_lines_may_come_in_any_order(llm):
    log = refused("openai", 4, 0, 3, 1, 2)
    assert spans(llm, *log) == [("openai", 0, 4, 5)]


@pytest.mark.exercise("5.2")
def test_window_and_number_are_the_caller_s(llm):
    log = refused("openai", 0, 4, 8)
    assert spans(llm, *log, window_seconds=8, at_least=3) != []
    assert spans(llm, *log, window_seconds=7, at_least=3) == []
    assert spans(llm, *log, window_seconds=8, at_least=4) == []


@pytest.mark.exercise("5.2")
def test_windows_that_share_no_429_are_two_however_near_they_are(llm):
    log = refused("openai", 0, 5, 10, 15.1, 20.2, 25.1)
    assert spans(llm, *log, window_seconds=10, at_least=3) == [
        ("openai", 0, 10, 3),
        ("openai", 15.1, 25.1, 3),
    ]


@pytest.mark.exercise("5.2")
def test_a_single_429_that_two_windows_share_makes_them_one(llm):
    log = refused("openai", 0, 1, 10, 19, 20)
    found = spans(llm, *log, window_seconds=10, at_least=3)
    assert found == [("openai", 0, 20, 5)]


@pytest.mark.exercise("5.2")
def test_of_two_bursts_at_a_time_the_one_that_began_first_comes_first(llm):
    log = [*refused("b", *range(10, 21)), *refused("a", *range(0, 301, 10))]
    assert spans(llm, *log) == [("a", 0, 300, 31), ("b", 10, 20, 11)]


@pytest.mark.exercise("5.2")
def test_429s_of_one_moment_are_each_counted(llm):
    log = refused("openai", *[100] * 5)
    assert spans(llm, *log) == [("openai", 100, 100, 5)]
    log = refused("openai", 100, 100, 101, 101, 101, 102)
    assert spans(llm, *log) == [("openai", 100, 102, 6)]
    assert spans(llm, *refused("openai", *[100] * 4)) == []


# 5.3 -------------------------------------------------------------------------

HOUR = 3600


def stretch(provider, hours, kinds, latency=1.0):
    """Return tries that end as `kinds` says, evenly over some hours."""
    first, last = hours
    step = (last - first) / len(kinds)
    return [
        tried(
            provider,
            HOUR * (first + step * number),
            kind,
            latency_seconds=latency,
        )
        for number, kind in enumerate(kinds)
    ]


WELL = [None] * 40
# Eight of forty fail.
ILL = [*["timeout"] * 4, *["provider_unavailable"] * 4, *[None] * 32]
MORNING, EVENING = (0, 12), (12.1, 24)
# Somebody who is hardly asked, so that the log is of a whole day.
OTHER = [tried("zzz", 0), tried("zzz", 24.1 * HOUR)]


def worse(llm, *lines, **options):
    return llm.log_review.degrading(stream(llm, *lines), **options)


def failures(trends):
    return [
        (
            each.provider,
            round(each.failures_before, 6),
            round(each.failures_after, 6),
        )
        for each in trends
    ]


def latencies(trends):
    return [
        (each.provider, each.latency_before, each.latency_after)
        for each in trends
    ]


@pytest.mark.exercise("5.3")
def test_who_fails_more_and_more_is_named_with_the_shares(llm):
    log = [*stretch("a", MORNING, WELL), *stretch("a", EVENING, ILL)]
    assert failures(worse(llm, *log, *OTHER)) == [("a", 0.0, 0.2)]


@pytest.mark.exercise("5.3")
def test_who_gets_slower_is_named_with_the_medians(llm):
    log = [
        *stretch("a", MORNING, WELL, latency=2.0),
        *stretch("a", EVENING, WELL, latency=4.0),
    ]
    assert latencies(worse(llm, *log, *OTHER)) == [("a", 2.0, 4.0)]


@pytest.mark.exercise("5.3")
def test_who_is_bad_all_day_does_not_get_worse(llm):
    log = [
        *stretch("a", MORNING, ILL, latency=9.0),
        *stretch("a", EVENING, ILL, latency=9.0),
    ]
    assert worse(llm, *log, *OTHER) == []


@pytest.mark.exercise("5.3")
def test_who_recovers_does_not_get_worse(llm):
    log = [
        *stretch("a", MORNING, ILL, latency=9.0),
        *stretch("a", EVENING, WELL, latency=2.0),
    ]
    assert worse(llm, *log, *OTHER) == []


@pytest.mark.exercise("5.3")
def test_more_failures_among_more_tries_are_not_worse(llm):
    log = [*stretch("a", MORNING, ILL), *stretch("a", EVENING, ILL * 3)]
    assert worse(llm, *log, *OTHER) == []


@pytest.mark.exercise("5.3")
def test_what_a_caller_does_wrong_is_no_failure_of_the_provider(llm):
    kinds = ["rate_limit"] * 10 + ["invalid_request"] * 10 + [None] * 20
    log = [*stretch("a", MORNING, WELL), *stretch("a", EVENING, kinds)]
    assert worse(llm, *log, *OTHER) == []


@pytest.mark.exercise("5.3")
def test_a_few_long_answers_do_not_make_a_provider_slow(llm):
    log = [*stretch("a", MORNING, WELL), *stretch("a", EVENING, WELL)]
    for line in log[-6:]:
        line["latency_seconds"] = 90.0
    assert worse(llm, *log, *OTHER) == []


@pytest.mark.exercise("5.3")
def test_how_quickly_a_try_is_refused_says_nothing_of_answers(llm):
    refusals = stretch("a", MORNING, ["rate_limit"] * 60, latency=0.1)
    log = [
        *refusals,
        *stretch("a", MORNING, WELL),
        *stretch("a", EVENING, WELL),
    ]
    assert worse(llm, *log, *OTHER) == []


@pytest.mark.exercise("5.3")
def test_the_time_is_halved_and_not_the_number_of_tries(llm):
    log = [*stretch("a", MORNING, WELL), *stretch("a", EVENING, ILL * 4)]
    assert failures(worse(llm, *log, *OTHER)) == [("a", 0.0, 0.2)]


@pytest.mark.exercise("5.3")
def test_of_too_few_tries_nothing_is_told(llm):
    log = [*stretch("a", MORNING, WELL[:29]), *stretch("a", EVENING, ILL)]
    assert worse(llm, *log, *OTHER) == []
    assert len(worse(llm, *log, *OTHER, at_least=29)) == 1


@pytest.mark.exercise("5.3")
def test_the_middle_is_that_of_the_whole_log(llm):
    log = [*stretch("a", (12.5, 18), WELL), *stretch("a", (18, 24), ILL)]
    assert worse(llm, *log, *OTHER) == []


@pytest.mark.exercise("5.3")
def test_a_little_worse_is_not_clearly_worse(llm):
    log = [
        *stretch("a", MORNING, WELL, latency=2.0),
        *stretch("a", EVENING, ["timeout", *WELL[1:]], latency=2.4),
    ]
    assert worse(llm, *log, *OTHER) == []
    assert len(worse(llm, *log, *OTHER, more_failures=0.01)) == 1
    assert len(worse(llm, *log, *OTHER, slower=1.1)) == 1


@pytest.mark.exercise("5.3")
def test_just_as_much_worse_as_is_asked_for_counts(llm):
    slow = [
        *stretch("a", MORNING, WELL, latency=2.0),
        *stretch("a", EVENING, WELL, latency=3.0),
    ]
    assert len(worse(llm, *slow, *OTHER)) == 1
    quarter = ["timeout"] * 10 + [None] * 30
    log = [*stretch("a", MORNING, WELL), *stretch("a", EVENING, quarter)]
    assert len(worse(llm, *log, *OTHER, more_failures=0.25)) == 1


@pytest.mark.exercise("5.3")
def test_who_has_no_success_any_more_has_no_latency(llm):
    log = [
        *stretch("a", MORNING, WELL),
        *stretch("a", EVENING, ["timeout"] * 40),
    ]
    found = worse(llm, *log, *OTHER)
    assert latencies(found) == [("a", 1.0, None)]
    assert failures(found) == [("a", 0.0, 1.0)]


@pytest.mark.exercise("5.3")
def test_the_worst_comes_first(llm):
    half = ["timeout"] * 20 + [None] * 20
    log = []
    for name, kinds, latency in (
        ("a", WELL, 2.0),
        ("b", ILL, 1.0),
        ("c", half, 1.0),
        ("d", WELL, 3.0),
    ):
        log += stretch(name, MORNING, WELL)
        log += stretch(name, EVENING, kinds, latency)
    found = [trend.provider for trend in worse(llm, *log, *OTHER)]
    assert found == ["c", "b", "d", "a"]


@pytest.mark.exercise("5.3")
def test_an_empty_log_tells_of_nobody(llm):
    assert worse(llm) == []


@pytest.mark.exercise("5.3")
def test_who_fails_less_often_comes_after_who_fails_as_before(llm):
    log = [
        *stretch("a", MORNING, ILL),
        *stretch("a", EVENING, WELL, latency=3.0),
        *stretch("b", MORNING, WELL),
        *stretch("b", EVENING, WELL, latency=2.0),
    ]
    found = [trend.provider for trend in worse(llm, *log, *OTHER)]
    assert found == ["b", "a"]


@pytest.mark.exercise("5.3")
def test_too_few_tries_in_the_second_half_tell_nothing_either(llm):
    log = [*stretch("a", MORNING, WELL), *stretch("a", EVENING, ILL[:29])]
    assert worse(llm, *log, *OTHER) == []
    assert len(worse(llm, *log, *OTHER, at_least=29)) == 1


# 5.4 -------------------------------------------------------------------------


def paid(name, *costs, **fields):
    """Return a request's tries, that many, each with its cost."""
    return [
        tried(request_id=name, cost_usd=cost, **{"seconds": n, **fields})
        for n, cost in enumerate(costs)
    ]


def bill(llm, *lines, **options):
    """Return names and costs of the dearest, and of the unknown."""
    found = llm.log_review.dearest(stream(llm, *lines), **options)
    return (
        [(each.request_id, each.cost_usd) for each in found.dearest],
        [(each.request_id, each.cost_usd) for each in found.unknown],
    )


@pytest.mark.exercise("5.4")
def test_the_dearest_request_is_found(llm):
    log = [*paid("a", 0.01), *paid("b", 0.5), *paid("c", 0.25)]
    assert bill(llm, *log) == ([("b", 0.5)], [])


@pytest.mark.exercise("5.4")
def test_as_many_as_wished_come_dearest_first(llm):
    log = [*paid("a", 0.01), *paid("b", 0.5), *paid("c", 0.25)]
    assert bill(llm, *log, count=2)[0] == [("b", 0.5), ("c", 0.25)]
    assert bill(llm, *log, count=0)[0] == []


@pytest.mark.exercise("5.4")
def test_a_request_costs_what_all_its_tries_cost(llm):
    log = [*paid("a", 0.5), *paid("b", 0.25, 0.125, 0.25)]
    assert bill(llm, *log) == ([("b", 0.625)], [])


@pytest.mark.exercise("5.4")
def test_tries_belong_together_also_where_others_are_between(llm):
    first, second = paid("b", 0.25, 0.375)
    log = [first, *paid("a", 0.5), second]
    assert bill(llm, *log) == ([("b", 0.625)], [])


@pytest.mark.exercise("5.4")
def test_the_longest_is_not_the_dearest(llm):
    long = paid("a", 0.01, latency_seconds=90.0, completion_tokens=9000)
    assert bill(llm, *long, *paid("b", 0.5))[0] == [("b", 0.5)]


@pytest.mark.exercise("5.4")
def test_an_unknown_cost_is_listed_apart_and_is_not_nothing(llm):
    log = [*paid("a", None), *paid("b", 0.5)]
    assert bill(llm, *log, count=9) == ([("b", 0.5)], [("a", None)])


@pytest.mark.exercise("5.4")
def test_one_unknown_try_makes_the_whole_request_unknown(llm):
    log = [*paid("a", 0.75, None), *paid("b", 0.5)]
    assert bill(llm, *log) == ([("b", 0.5)], [("a", None)])


@pytest.mark.exercise("5.4")
def test_what_cost_nothing_is_known(llm):
    log = [*paid("a", 0.0, 0.5), *paid("b", 0.0)]
    assert bill(llm, *log, count=9) == ([("a", 0.5), ("b", 0.0)], [])


@pytest.mark.exercise("5.4")
def test_all_unknown_ones_are_listed_in_the_order_of_the_log(llm):
    log = [*paid("c", None), *paid("a", None), *paid("b", None)]
    for number, line in enumerate(log):
        line["time"] = at(number).isoformat()
    assert bill(llm, *log, count=1) == (
        [],
        [("c", None), ("a", None), ("b", None)],
    )


@pytest.mark.exercise("5.4")
def test_equally_dear_ones_stay_in_the_order_of_the_log(llm):
    log = [*paid("b", 0.5), *paid("c", 0.5), *paid("a", 0.5)]
    for number, line in enumerate(log):
        line["time"] = at(number).isoformat()
    names = [name for name, _ in bill(llm, *log, count=3)[0]]
    assert names == ["b", "c", "a"]


@pytest.mark.exercise("5.4")
def test_tries_without_a_request_are_not_added_up(llm):
    alone = [paid("", 0.25)[0] for _ in range(3)]
    log = [*paid("a", 0.5), *alone]
    assert bill(llm, *log, count=9)[0] == [("a", 0.5), *[("", 0.25)] * 3]


@pytest.mark.exercise("5.4")
def test_a_request_has_its_tries_with_it(llm):
    log = [*paid("a", 0.5), *paid("b", 0.5, 0.5)]
    (found,) = llm.log_review.dearest(stream(llm, *log)).dearest
    assert [one.line for one in found.tries] == [2, 3]


@pytest.mark.exercise("5.4")
def test_an_empty_log_costs_nobody_anything(llm):
    assert bill(llm) == ([], [])


@pytest.mark.exercise("5.4")
@pytest.mark.parametrize("unit", [1.0, 0.001])
def test_who_is_dearer_by_a_part_of_a_cent_is_dearer(llm, unit):
    little, more = 0.011 * unit, 0.014 * unit
    log = [*paid("a", little), *paid("b", more)]
    assert bill(llm, *log) == ([("b", more)], [])
    assert bill(llm, *log, count=2)[0] == [("b", more), ("a", little)]


@pytest.mark.exercise("5.4")
@pytest.mark.parametrize("field", ["provider", "model"])
def test_a_request_that_two_were_asked_is_one_request(llm, field):
    first, second = paid("b", 0.25, 0.375)
    log = [*paid("a", 0.5), first | {field: "x"}, second | {field: "y"}]
    assert bill(llm, *log) == ([("b", 0.625)], [])


# What they stand on ----------------------------------------------------------


def test_a_broken_line_is_kept_as_it_is(llm):
    log = read(llm, "{broken", "[1]", "NaN", "\u2028", '{"a": 1}')
    assert [(one.line, one.raw) for one in log] == [
        (1, "{broken"),
        (2, "[1]"),
        (3, "NaN"),
        (5, '{"a": 1}'),
    ]
    assert [bool(one.fields) for one in log] == [False, False, False, True]


def test_brackets_without_end_are_a_broken_line(llm):
    (one,) = read(llm, "[" * 100_000)
    assert one.fields == {}


def test_all_texts_of_a_line_come_with_their_paths(llm):
    line = {"a": "x", "b": [{"c": "y"}, 3], "d": None}
    (record,) = read(llm, line)
    texts = [tuple(pair) for pair in llm.log_records.texts(record)]
    assert texts == [
        ("a", "a"),
        ("a", "x"),
        ("b", "b"),
        ("b.0.c", "c"),
        ("b.0.c", "y"),
        ("d", "d"),
    ]


def test_a_line_that_is_nested_very_deeply_has_its_texts(llm):
    line = '{"a":' * 300 + f'"{KEY}"' + "}" * 300
    found = llm.log_review.leaks(read(llm, line))
    assert [leak.path.count("a") for leak in found] == [300]


@pytest.mark.parametrize(
    "text, keys",
    [
        (f"Bearer {PLAIN}", [PLAIN]),
        (f'{{\\"a\\": \\"Bearer {PLAIN}\\"}}', [PLAIN]),
        (f"({KEY}) and Bearer {PLAIN}.", [KEY, PLAIN]),
        ("Bearer token-that-is-missing", []),
        ("Bearer [redacted]", []),
        ("sk-p*************0042", []),
        ("a risk-4711-of-0815-and-more", []),
    ],
)
def test_what_looks_like_a_whole_key(llm, text, keys):
    assert llm.log_records.keys_in(text) == keys


def test_tries_are_those_that_reached_a_provider(llm):
    log = read(
        llm,
        tried(seconds=2),
        tried(seconds=1, kind="timeout"),
        tried(kind="skipped_open_breaker", status="skipped"),
        tried(time="yesterday"),
        tried(latency_seconds=None),
        {"logger": "llm_providers.access", "status": 200},
        {"logger": "llm_providers.attempts"},
        {"status": "success", "provider": "openai"},
    )
    found = llm.log_records.tries(log)
    assert [one.line for one in found] == [2, 1]


def test_a_time_without_a_zone_is_taken_for_utc(llm):
    log = read(llm, tried(time="2026-11-20T00:00:05"))
    assert llm.log_records.tries(log)[0].time == at(5)


def test_a_line_of_an_older_log_has_no_cost(llm):
    line = tried()
    del line["cost_usd"], line["request_id"]
    (one,) = llm.log_records.tries(read(llm, line))
    assert (one.cost_usd, one.request_id) == (None, "")


def test_every_fault_of_a_provider_is_a_kind_of_error(llm):
    kinds = {
        getattr(thing, "kind", None) for thing in vars(llm.errors).values()
    }
    assert llm.log_records.PROVIDER_FAULTS < kinds
