"""Fallback: another target answers where one fails, and says so."""

import threading
from collections import Counter

import pytest

TARGETS = ("openai", "gemini")
PROMPT = "Explain what an HTTP status code is."
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


class Clock:
    """A clock that a test sets forward, in seconds."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def agents(llm, sandbox, waits):
    """Agents by provider, made when asked for; none of them sleeps."""
    made = {}
    policy = llm.retry.RetryPolicy(first_wait=0.5, jitter=0.0)

    def agent_of(provider):
        if provider not in made:
            made[provider] = llm.agents.agent_for(
                provider,
                api_key="sk-test-0123456789",
                base_url=sandbox.base_url(provider),
                policy=policy,
                sleep=waits.append,
            )
        return made[provider]

    agent_of.made = made
    yield agent_of
    for agent in made.values():
        close(agent)


def close(agent):
    """Close an agent's connections now; its SDK would do so some time."""
    for client in (
        vars(agent).get("client"),
        vars(agent).get("session"),
        getattr(vars(agent).get("sender"), "http", None),
    ):
        if client is not None:
            client.close()


@pytest.fixture
def fallback(llm, agents, clock):
    return llm.router.fallback.Fallback(agents, clock=clock)


@pytest.fixture
def ask(fallback):
    """Return the response of a call, read to its end if it is a stream."""

    def send(how="process_prompt", targets=TARGETS, prompt=PROMPT, **options):
        if how == "process_prompt":
            return fallback.process_prompt(prompt, targets, **options)
        stream = fallback.stream(prompt, targets, **options)
        list(stream)
        return stream.response

    return send


both_ways = pytest.mark.parametrize("how", ["process_prompt", "stream"])


def arrived(sandbox):
    """Who was asked, in order."""
    return [request.provider for request in sandbox.requests]


def rows(response):
    return [(row.provider, row.error_kind) for row in response.attempts]


def open_breaker(fallback, sandbox, provider="openai"):
    """Let a target fail until it is left alone; forget those requests."""
    sandbox.fail_next(provider, "overloaded", times=3)
    fallback.process_prompt(PROMPT, [provider])
    sandbox.clear()


# Who is asked


@both_ways
def test_the_first_that_is_well_answers_alone(ask, sandbox, how):
    response = ask(how)
    assert (response.status, response.provider) == ("success", "openai")
    assert arrived(sandbox) == ["openai"]


@both_ways
@pytest.mark.parametrize(
    "fault",
    [
        "overloaded",
        "server_error",
        "rate_limit",
        "bad_gateway",
        "drop_connection",
        "malformed_json",
        "html",
    ],
)
def test_after_a_fault_that_might_pass_the_next_is_asked(
    ask, sandbox, fault, how
):
    sandbox.fail_next("openai", fault)
    response = ask(how)
    assert (response.status, response.provider) == ("success", "gemini")
    assert arrived(sandbox) == ["openai", "gemini"]


@both_ways
@pytest.mark.parametrize(
    "fault, kind",
    [
        ("bad_parameter", "invalid_request"),
        ("moderation", "content_blocked"),
        ("content_filter", "content_blocked"),
        ("context_length", "context_length"),
        ("unknown_model", "model_not_found"),
        ("wrong_key", "authentication"),
        ("forbidden", "permission_denied"),
        ("quota_exhausted", "quota_exhausted"),
    ],
)
def test_after_any_other_fault_nobody_else_is_asked(
    ask, sandbox, fault, kind, how
):
    sandbox.fail_next("openai", fault)
    response = ask(how)
    assert response.provider == "openai"
    assert response.error.kind == kind
    assert arrived(sandbox) == ["openai"]


@both_ways
def test_all_four_are_asked_in_the_given_order(ask, sandbox, how):
    order = ["requestry", "openrouter", "gemini", "openai"]
    for provider in order[:3]:
        sandbox.fail_next(provider, "server_error")
    assert ask(how, order).provider == "openai"
    assert arrived(sandbox) == order


@both_ways
def test_the_target_s_model_is_asked_not_the_prompt_s(llm, ask, sandbox, how):
    cheap = llm.catalogue.load_catalogue().role("openai", "reasoning").id
    prompt = {"prompt": PROMPT, "model": "some-other"}
    response = ask(how, [f"openai/{cheap}"], prompt)
    assert sandbox.requests[0].body["model"] == cheap
    assert response.model.startswith(cheap)


@both_ways
def test_a_target_named_twice_is_asked_once(ask, sandbox, how):
    sandbox.fail_next("openai", "server_error", times=9)
    ask(how, ["openai", "openai/", "gemini"])
    assert arrived(sandbox) == ["openai", "gemini"]


@both_ways
def test_without_targets_nothing_can_be_asked(ask, how):
    with pytest.raises(ValueError, match="no target"):
        ask(how, [])


@both_ways
def test_a_prompt_that_makes_no_sense_is_the_caller_s_mistake(
    ask, sandbox, how
):
    with pytest.raises(ValueError, match="empty"):
        ask(how, prompt="")
    assert arrived(sandbox) == []


@both_ways
def test_a_target_without_a_key_is_passed_over(llm, agents, ask, sandbox, how):
    agents("gemini")
    agents.made["openai"] = llm.openai_agent.OpenAIAgent(api_key="")
    response = ask(how)
    assert response.provider == "gemini"
    assert rows(response) == [
        ("openai", "skipped_missing_key"),
        ("gemini", None),
    ]
    assert arrived(sandbox) == ["gemini"]


@both_ways
def test_where_nobody_has_a_key_the_error_names_the_variable(
    llm, agents, ask, how
):
    agents.made["openai"] = llm.openai_agent.OpenAIAgent(api_key="")
    error = ask(how, ["openai"]).error
    assert error.kind == "missing_key"
    assert "OPENAI_API_KEY" in error.reason


# Tries and waits


@both_ways
def test_with_another_target_left_one_is_tried_once(ask, sandbox, waits, how):
    sandbox.fail_next("openai", "server_error", times=9)
    ask(how)
    assert Counter(arrived(sandbox)) == {"openai": 1, "gemini": 1}
    assert waits == []


@both_ways
def test_the_last_target_is_tried_as_often_as_its_policy_says(
    ask, sandbox, waits, how
):
    for provider in TARGETS:
        sandbox.fail_next(provider, "server_error", times=9)
    ask(how)
    assert arrived(sandbox) == ["openai", "gemini", "gemini", "gemini"]
    assert waits == [0.5, 1.0]


@both_ways
def test_a_target_is_the_last_where_the_others_are_left_alone(
    fallback, ask, sandbox, how
):
    open_breaker(fallback, sandbox, "gemini")
    sandbox.fail_next("openai", "server_error", times=2)
    assert ask(how).provider == "openai"
    assert arrived(sandbox) == ["openai"] * 3


@both_ways
def test_a_target_is_the_last_where_the_others_have_no_key(
    llm, agents, ask, sandbox, how
):
    agents.made["gemini"] = llm.gemini_agent.GeminiAgent(api_key="")
    sandbox.fail_next("openai", "server_error", times=2)
    assert ask(how).provider == "openai"
    assert arrived(sandbox) == ["openai"] * 3


def test_the_agents_themselves_stay_as_patient_as_they_were(
    agents, ask, sandbox
):
    ask(deadline_seconds=5.0)
    agent = agents("openai")
    assert (agent.timeout, agent.stream_timeout) == (60.0, 600.0)
    sandbox.fail_next("openai", "server_error", times=2)
    assert agent.process_prompt(PROMPT).status == "success"


# What the response tells


@both_ways
def test_the_response_says_who_answered_and_the_ledger_why(
    llm, ask, sandbox, how
):
    sandbox.fail_next("openai", "overloaded")
    response = ask(how)
    model = llm.catalogue.load_catalogue().role("gemini", "default").id
    assert (response.provider, response.model) == ("gemini", model)
    assert rows(response) == [
        ("openai", "provider_unavailable"),
        ("gemini", None),
    ]


@both_ways
def test_usage_and_cost_are_those_of_all_targets(agents, ask, sandbox, how):
    alone = agents("gemini").process_prompt(PROMPT)
    sandbox.fail_next("openai", "overloaded")
    response = ask(how)
    assert response.usage == alone.usage
    assert response.cost_usd == pytest.approx(alone.cost_usd)


def used(llm, tokens, cost):
    """A failed response that used tokens."""
    responses = llm.responses
    return responses.StandardResponse(
        status="error",
        message="No.",
        model="m",
        usage=responses.Usage(total_tokens=tokens),
        provider="openai",
        error=responses.ErrorInfo("timeout", True, "No.", "Wait."),
        cost_usd=cost,
    )


def test_what_failed_targets_used_is_added(llm):
    record = llm.router.fallback_record.FallbackRecord()
    target = llm.router.targets.Target("openai", "m")
    record.add(target, used(llm, 10, 0.5))
    record.add(target, used(llm, None, None))
    record.add(target, used(llm, 3, 0.25))
    response = record.response()
    assert response.usage.total_tokens == 13
    assert response.cost_usd == 0.75


def test_one_unknown_cost_makes_the_whole_unknown(llm):
    record = llm.router.fallback_record.FallbackRecord()
    target = llm.router.targets.Target("openai", "m")
    record.add(target, used(llm, 10, 0.5))
    record.add(target, used(llm, 3, None))
    assert record.response().cost_usd is None


@both_ways
def test_when_all_fail_the_error_is_the_last_one_s(ask, sandbox, how):
    sandbox.fail_next("openai", "rate_limit", times=9)
    sandbox.fail_next("gemini", "overloaded", times=9)
    response = ask(how)
    assert (response.status, response.provider) == ("error", "gemini")
    assert response.error.kind == "provider_unavailable"
    assert response.message == response.error.reason


@both_ways
def test_when_all_fail_the_reason_tells_who_was_asked(ask, sandbox, how):
    sandbox.fail_next("openai", "rate_limit", times=9)
    sandbox.fail_next("gemini", "overloaded", times=9)
    reason = ask(how).error.reason
    first, second = reason.split("In turn: ")[1].split("; ")
    assert first.startswith("openai/") and first.endswith("rate limit")
    assert second.startswith("gemini/")
    assert second.endswith("provider unavailable.")


def test_what_is_skipped_is_logged(llm, fallback, ask, sandbox, caplog):
    open_breaker(fallback, sandbox)
    caplog.clear()
    ask()
    fields = [record.fields for record in caplog.records]
    told = [(row["provider"], row["status"]) for row in fields]
    assert told[0] == ("openai", "skipped")
    assert fields[0]["error_kind"] == "skipped_open_breaker"


# Breakers


@both_ways
def test_a_target_that_failed_three_times_gets_no_request(ask, sandbox, how):
    sandbox.fail_next("openai", "overloaded", times=9)
    for _ in range(3):
        ask(how)
    response = ask(how)
    assert Counter(arrived(sandbox)) == {"openai": 3, "gemini": 4}
    assert rows(response) == [
        ("openai", "skipped_open_breaker"),
        ("gemini", None),
    ]
    skipped = response.attempts[0]
    assert (skipped.status, skipped.latency_seconds) == ("skipped", 0.0)


@both_ways
def test_after_the_cooldown_one_request_probes_it(
    fallback, ask, sandbox, clock, how
):
    open_breaker(fallback, sandbox)
    clock.now += 29.0
    assert ask(how).provider == "gemini"
    clock.now += 1.0
    assert ask(how).provider == "openai"
    assert ask(how).provider == "openai"


@both_ways
def test_a_probe_that_fails_is_not_repeated_for_a_minute(
    fallback, ask, sandbox, clock, how
):
    open_breaker(fallback, sandbox)
    sandbox.fail_next("openai", "overloaded", times=9)
    clock.now += 30.0
    ask(how)
    clock.now += 59.0
    ask(how)
    assert Counter(arrived(sandbox)) == {"openai": 1, "gemini": 2}


@both_ways
def test_a_provider_that_asks_for_a_long_wait_is_left_alone_at_once(
    ask, sandbox, clock, how
):
    sandbox.fail_next("openai", "rate_limit", retry_after=100)
    ask(how)
    clock.now += 99.0
    assert ask(how).provider == "gemini"
    clock.now += 1.1
    assert ask(how).provider == "openai"
    assert arrived(sandbox) == ["openai", "gemini", "gemini", "openai"]


@both_ways
def test_the_wait_that_is_asked_for_sets_the_cooldown(
    ask, sandbox, clock, how
):
    sandbox.fail_next("openai", "rate_limit", times=3, retry_after=5)
    for _ in range(3):
        ask(how)
    clock.now += 4.9
    assert ask(how).provider == "gemini"
    clock.now += 0.2
    assert ask(how).provider == "openai"


@both_ways
def test_the_caller_s_faults_do_not_count(ask, sandbox, how):
    sandbox.fail_next("openai", "bad_parameter", times=5)
    for _ in range(5):
        ask(how)
    assert ask(how).provider == "openai"


@both_ways
def test_a_probe_that_the_caller_spoilt_makes_room_for_another(
    fallback, ask, sandbox, clock, how
):
    open_breaker(fallback, sandbox)
    clock.now += 30.0
    sandbox.fail_next("openai", "bad_parameter")
    assert ask(how).error.kind == "invalid_request"
    assert ask(how).provider == "openai"


@both_ways
def test_another_model_of_the_same_provider_is_another_target(
    llm, fallback, ask, sandbox, how
):
    open_breaker(fallback, sandbox)
    other = llm.catalogue.load_catalogue().role("openai", "reasoning").id
    assert ask(how, ["openai", f"openai/{other}"]).provider == "openai"
    assert arrived(sandbox) == ["openai"]


@both_ways
def test_where_all_are_left_alone_the_error_says_how_long(
    fallback, ask, sandbox, clock, how
):
    open_breaker(fallback, sandbox, "openai")
    clock.now += 10.0
    open_breaker(fallback, sandbox, "gemini")
    response = ask(how)
    assert response.error.kind == "provider_unavailable"
    assert response.error.retryable
    assert response.error.retry_after == 20.0
    assert {row.status for row in response.attempts} == {"skipped"}
    assert arrived(sandbox) == []


# Deadline


@both_ways
def test_a_try_takes_no_longer_than_the_deadline(agents, ask, sandbox, how):
    agents("openai").connect()
    sandbox.fail_next("openai", "stall", seconds=5)
    error = ask(how, ["openai"], deadline_seconds=0.1).error
    assert error.kind == "timeout"
    assert "0.1 seconds" in error.reason
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    "provider", ["openai", "gemini", "requestry", "openrouter"]
)
def test_each_agent_keeps_its_client_when_it_is_hurried(
    llm, agents, ask, sandbox, provider
):
    agent = agents(provider)
    agent.connect()
    names = {"client", "session", "sender"} & set(vars(agent))
    kept = {name: vars(agent)[name] for name in names}
    sandbox.fail_next(provider, "stall", seconds=5)
    error = ask(targets=[provider], deadline_seconds=0.1).error
    assert error.kind == "timeout"
    assert "within 0.1 seconds" in error.reason
    assert {name: vars(agent)[name] for name in names} == kept
    assert ask(targets=[provider]).status == "success"


def test_the_retired_sdk_is_hurried_as_well(llm, agents, ask, sandbox):
    agent = agents.made["gemini"] = llm.gemini_agent.GeminiAgent(
        sdk="google-generativeai",
        api_key="sk-test-0123456789",
        base_url=sandbox.base_url("gemini"),
    )
    agent.connect()
    sandbox.fail_next("gemini", "stall", seconds=5)
    error = ask(targets=["gemini"], deadline_seconds=0.1).error
    assert error.kind == "timeout"
    assert agent.timeout == agent.sender.timeout == 60.0


@both_ways
@pytest.mark.parametrize("provider", ["openai", "gemini", "openrouter"])
def test_a_body_that_drips_is_cut_at_the_deadline(
    agents, ask, sandbox, provider, how
):
    agents(provider).connect()
    sandbox.fail_next(provider, "slow_body", seconds=5)
    response = ask(how, [provider], deadline_seconds=0.2)
    assert response.error.kind == "timeout"
    assert arrived(sandbox) == [provider]


@both_ways
def test_a_wait_that_does_not_fit_in_is_not_begun(ask, sandbox, waits, how):
    sandbox.fail_next("openai", "rate_limit", times=9, retry_after=3)
    response = ask(how, ["openai"], deadline_seconds=2.0)
    assert response.error.kind == "rate_limit"
    assert waits == []
    assert len(sandbox.requests) == 1


@both_ways
def test_waits_are_taken_from_the_same_time(
    llm, agents, sandbox, clock, waits, how
):
    def sleep(seconds):
        waits.append(seconds)
        clock.now += seconds

    fallback = llm.router.fallback.Fallback(agents, clock=clock, sleep=sleep)
    sandbox.fail_next("openai", "overloaded", times=9)
    stream = fallback.stream(PROMPT, ["openai"], 1.2)
    if how == "stream":
        list(stream)
    else:
        fallback.process_prompt(PROMPT, ["openai"], 1.2)
    assert waits == [0.5]
    assert len(sandbox.requests) == 2


@both_ways
def test_without_time_nobody_is_asked(ask, sandbox, how):
    response = ask(how, deadline_seconds=0.0)
    assert response.error.kind == "timeout"
    assert rows(response) == [
        ("openai", "skipped_no_time"),
        ("gemini", "skipped_no_time"),
    ]
    assert arrived(sandbox) == []


@both_ways
def test_when_the_time_is_over_the_next_is_not_asked(
    llm, agents, sandbox, clock, how
):
    def late(provider):
        if provider == "gemini" and sandbox.requests:
            clock.now += 2.0
        return agents(provider)

    fallback = llm.router.fallback.Fallback(late, clock=clock)
    sandbox.fail_next("openai", "overloaded")
    stream = fallback.stream(PROMPT, TARGETS, 2.0)
    if how == "stream":
        list(stream)
        response = stream.response
    else:
        response = fallback.process_prompt(PROMPT, TARGETS, 2.0)
    assert rows(response) == [
        ("openai", "provider_unavailable"),
        ("gemini", "skipped_no_time"),
    ]
    assert response.error.kind == "provider_unavailable"
    assert arrived(sandbox) == ["openai"]


# Streams


def test_the_text_of_a_stream_is_the_answer(fallback):
    stream = fallback.stream(PROMPT, TARGETS)
    pieces = list(stream)
    assert len(pieces) > 1
    assert "".join(pieces) == stream.response.message


def test_nothing_is_sent_before_the_iteration(fallback, sandbox):
    fallback.stream(PROMPT, TARGETS)
    assert arrived(sandbox) == []


def test_the_response_is_not_there_before_the_end(fallback):
    stream = fallback.stream(PROMPT, TARGETS)
    with pytest.raises(RuntimeError, match="to its end"):
        _ = stream.response


def test_a_stream_is_read_once(fallback, sandbox):
    stream = fallback.stream(PROMPT, TARGETS)
    list(stream)
    with pytest.raises(RuntimeError, match="read once"):
        list(stream)
    assert arrived(sandbox) == ["openai"]


@pytest.mark.parametrize("fault", ["stream_cut", "stream_error"])
def test_a_stream_that_fails_before_its_first_text_falls_back(
    fallback, sandbox, fault
):
    sandbox.fail_next("openai", fault, chunks_before=0)
    stream = fallback.stream(PROMPT, TARGETS)
    text = "".join(list(stream))
    assert stream.response.provider == "gemini"
    assert stream.response.message == text
    assert arrived(sandbox) == ["openai", "gemini"]


@pytest.mark.parametrize("fault", ["stream_cut", "stream_error"])
def test_a_stream_that_fails_after_its_first_text_does_not(
    fallback, sandbox, fault
):
    sandbox.fail_next("openai", fault, chunks_before=3)
    stream = fallback.stream(PROMPT, TARGETS)
    text = "".join(list(stream))
    assert text != ""
    assert stream.response.status == "error"
    assert stream.response.error.partial_text == text
    assert arrived(sandbox) == ["openai"]


def test_streams_that_break_off_open_the_breaker(fallback, sandbox):
    sandbox.fail_next("openai", "stream_cut", times=9, chunks_before=3)
    for _ in range(4):
        list(fallback.stream(PROMPT, TARGETS))
    assert arrived(sandbox) == ["openai"] * 3 + ["gemini"]


def test_it_is_known_whose_answer_has_begun(llm, fallback, sandbox):
    sandbox.fail_next("openai", "overloaded")
    stream = fallback.stream(PROMPT, TARGETS)
    assert stream.target is None
    pieces = stream.pieces()
    next(pieces)
    assert stream.target == llm.router.targets.Target.of("gemini")
    pieces.close()


def test_the_pieces_make_up_the_answer(fallback):
    stream = fallback.stream(PROMPT, TARGETS)
    pieces = list(stream.pieces())
    assert "".join(piece.text for piece in pieces) == stream.response.message
    assert pieces[-1].usage == stream.response.usage
    reasons = [one.finish_reason for one in pieces if one.finish_reason]
    assert reasons == ["stop"]


def test_tool_calls_come_as_pieces_and_in_the_response(fallback):
    options = {"tools": [TOOL], "tool_choice": "required"}
    stream = fallback.stream("Weather in Oslo?", TARGETS, **options)
    pieces = list(stream.pieces())
    assert any(piece.tool_calls for piece in pieces)
    [call] = stream.response.tool_calls
    assert call["function"]["name"] == "weather"
    assert stream.response.finish_reason == "tool_calls"


def test_a_stream_that_is_closed_ends_the_request(fallback, sandbox):
    stream = fallback.stream(PROMPT, TARGETS)
    pieces = stream.pieces()
    text = next(pieces).text
    pieces.close()
    assert stream.response.status == "error"
    assert stream.response.error.partial_text == text
    assert rows(stream.response) == [("openai", "stream_interrupted")]
    assert arrived(sandbox) == ["openai"]


def test_a_caller_who_goes_away_is_no_fault_of_the_provider_s(
    fallback, sandbox
):
    for _ in range(5):
        for _text in fallback.stream(PROMPT, TARGETS):
            break
    assert arrived(sandbox) == ["openai"] * 5


def test_a_probe_is_over_when_its_answer_begins(fallback, ask, sandbox, clock):
    open_breaker(fallback, sandbox)
    clock.now += 30.0
    pieces = fallback.stream(PROMPT, TARGETS).pieces()
    next(pieces)
    assert ask().provider == "openai"
    pieces.close()


# Threads


@both_ways
def test_many_threads_may_use_one_fallback(ask, sandbox, how):
    responses = []
    together = threading.Barrier(24)

    def work():
        together.wait()
        responses.append(ask(how))

    sandbox.fail_next("openai", "overloaded", times=None)
    threads = [threading.Thread(target=work) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.provider for one in responses] == ["gemini"] * 24
    sent = Counter(
        row.provider
        for one in responses
        for row in one.attempts
        if row.status != "skipped"
    )
    assert Counter(arrived(sandbox)) == sent
    assert ask(how).attempts[0].error_kind == "skipped_open_breaker"


def test_of_many_threads_one_probes(fallback, ask, sandbox, clock):
    open_breaker(fallback, sandbox)
    clock.now += 30.0
    sandbox.fail_next("openai", "overloaded", times=None)
    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(arrived(sandbox)) == {"openai": 1, "gemini": 12}
