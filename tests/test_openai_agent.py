"""The OpenAI agent: the real SDK, over real HTTP, against the sandbox."""

import threading

import httpx2
import pytest

KEY = "sk-test-0123456789"


@pytest.fixture
def agent(llm, sandbox, waits):
    """Make an agent that talks to the sandbox and does not sleep."""

    def make(**options):
        options = {
            "api_key": KEY,
            "base_url": sandbox.base_url("openai"),
            "sleep": waits.append,
            **options,
        }
        return llm.openai_agent.OpenAIAgent(**options)

    return make


@pytest.fixture
def failure(llm, agent, sandbox):
    """Return the exception that one try raises under a fault."""

    def raised(fault=None, agent_options=None, **fault_options):
        if fault:
            sandbox.fail_next("openai", fault, **fault_options)
        made = agent(**(agent_options or {}))
        with pytest.raises(llm.errors.ProviderError) as caught:
            made.complete(made.prepare("Hello"))
        return caught.value

    return raised


@pytest.mark.exercise("2.4")
def test_a_wrong_key_is_an_authentication_error(failure):
    assert failure("wrong_key").kind == "authentication"


@pytest.mark.exercise("2.4")
def test_the_status_and_the_code_are_kept(failure):
    error = failure("wrong_key")
    assert (error.status, error.code) == (401, "invalid_api_key")


@pytest.mark.exercise("2.4")
def test_an_exhausted_quota_is_told_from_a_rate_limit(failure):
    assert failure("quota_exhausted").kind == "quota_exhausted"
    assert failure("rate_limit", retry_after=2).kind == "rate_limit"


@pytest.mark.exercise("2.4")
def test_the_wait_that_the_provider_asks_for_is_kept(failure):
    assert failure("rate_limit", retry_after=2).retry_after == 2


@pytest.mark.exercise("2.4")
def test_the_provider_s_name_for_the_request_is_kept(failure):
    assert failure("wrong_key").request_id is not None


@pytest.mark.exercise("2.4")
def test_a_server_error_can_be_retried(failure):
    error = failure("server_error")
    assert (error.kind, error.retryable) == ("provider_unavailable", True)


@pytest.mark.exercise("2.4")
def test_no_answer_in_time_is_a_timeout(failure):
    error = failure("stall", {"timeout": 0.03}, seconds=0.4)
    assert error.kind == "timeout"


@pytest.mark.exercise("2.4")
def test_a_pause_in_the_middle_of_the_answer_is_a_timeout(failure):
    pause = {"seconds": 0.4, "chunks_before": 1}
    error = failure("slow_body", {"timeout": 0.1}, **pause)
    assert error.kind == "timeout"


@pytest.mark.exercise("2.4")
def test_a_dropped_connection_is_a_failed_connection(failure):
    assert failure("drop_connection").kind == "connection_failed"


@pytest.mark.exercise("2.4")
def test_an_address_where_nobody_listens_is_a_failed_connection(failure):
    nobody = {"base_url": "http://127.0.0.1:9/v1"}
    assert failure(None, nobody).kind == "connection_failed"


@pytest.mark.exercise("2.4")
def test_an_echoed_key_does_not_show(failure):
    assert KEY not in str(failure("echo_key"))


def chain_of(error):
    """Yield an exception and all that it leads back to."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.exercise("2.4")
def test_no_chain_of_exceptions_leads_back_to_the_key(failure):
    chain = list(chain_of(failure("echo_key")))
    shown = " ".join(repr(error) for error in chain)
    assert KEY not in shown
    assert [error for error in chain if hasattr(error, "request")] == []


@pytest.mark.exercise("2.4")
def test_a_bug_in_our_own_code_stays_what_it_is(agent):
    made = agent()
    with pytest.raises(AttributeError):
        made.complete("not a prompt")


@pytest.fixture
def meaning(agent):
    """Return what an agent makes of an exception of the HTTP library."""
    made = agent()
    made.connect()

    def found(name, text):
        return made.translate_error(getattr(httpx2, name)(text))

    return found


def kind_of(found):
    """Return the kind of an error of ours, the class of any other."""
    return getattr(found, "kind", type(found).__name__)


@pytest.mark.exercise("2.4")
@pytest.mark.parametrize("step", ["Connect", "Write", "Read", "Pool"])
def test_each_timeout_of_the_http_library_is_one(meaning, step):
    assert kind_of(meaning(f"{step}Timeout", "late")) == "timeout"


@pytest.mark.exercise("2.4")
@pytest.mark.parametrize(
    "name",
    [
        "ConnectError",
        "WriteError",
        "ReadError",
        "CloseError",
        "RemoteProtocolError",
        "ProxyError",
    ],
)
def test_each_failed_connection_of_the_http_library_is_one(meaning, name):
    assert kind_of(meaning(name, "lost")) == "connection_failed"


@pytest.mark.exercise("2.4")
@pytest.mark.parametrize("name", ["ReadTimeout", "ReadError"])
def test_the_reason_is_in_our_own_words(meaning, name):
    reason = meaning(name, "the words of another library").reason
    assert "another library" not in reason


@pytest.mark.exercise("2.4")
def test_the_module_does_not_import_what_only_the_method_needs(llm):
    names = ("openai", "httpx2", "APITimeoutError", "TimeoutException")
    assert [each for each in names if hasattr(llm.openai_agent, each)] == []


def test_an_answer_comes_back_as_the_standard_response(agent, sandbox):
    response = agent().process_prompt("Say hello.")
    assert response.status == "success"
    assert response.message
    assert response.provider == "openai"
    assert response.usage.total_tokens > 0
    assert response.finish_reason == "stop"
    assert response.simulated is True
    assert len(sandbox.requests) == 1


def test_the_key_goes_where_it_belongs(agent, sandbox):
    agent().process_prompt("Hello")
    sent = sandbox.requests[0].headers["authorization"]
    assert sent == f"Bearer {KEY}"


def test_the_caller_s_headers_go_along(agent, sandbox):
    agent().process_prompt("Hello", headers={"x-course": "module-4"})
    assert sandbox.requests[0].headers["x-course"] == "module-4"


def test_each_model_gets_only_what_it_accepts(llm, agent, sandbox):
    catalogue = llm.catalogue.load_catalogue()
    for model in catalogue.models("openai"):
        response = agent(model=model.id).process_prompt(
            "Hello", max_tokens=2000, temperature=0.7, stop=["END"]
        )
        assert response.status == "success", (model.id, response.message)


def test_what_was_left_out_is_said(llm, agent):
    model = llm.catalogue.load_catalogue().role("openai", "reasoning")
    response = agent(model=model.id).process_prompt("Hi", temperature=0.7)
    assert list(response.adjustments) == [
        f"temperature was left out: {model.id} does not take it"
    ]


def test_a_retired_model_names_its_replacement(llm, agent):
    model = llm.catalogue.load_catalogue().role("openai", "retired")
    response = agent(model=model.id).process_prompt("Hello")
    assert response.error.kind == "model_retired"
    assert model.replacement in response.error.what_to_do


def test_an_unknown_model_is_not_swapped_for_another(agent, sandbox):
    response = agent(model="no-such-model").process_prompt("Hello")
    assert response.error.kind == "model_not_found"
    assert [r.body["model"] for r in sandbox.requests] == ["no-such-model"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("forbidden", "permission_denied"),
        ("context_length", "context_length"),
        ("bad_parameter", "invalid_request"),
        ("slow_down", "rate_limit"),
        ("bad_gateway", "provider_unavailable"),
        ("overloaded", "provider_unavailable"),
        ("malformed_json", "malformed_response"),
        ("html", "malformed_response"),
        ("wrong_charset", "malformed_response"),
        ("empty", "empty_response"),
        ("content_filter", "content_blocked"),
        ("huge_body", "malformed_response"),
    ],
)
def test_every_fault_has_its_kind(failure, fault, kind):
    assert failure(fault).kind == kind


def test_an_error_inside_http_200_is_never_a_success(agent, sandbox):
    sandbox.fail_next("openai", "error_in_200", times=9)
    assert agent().process_prompt("Hello").status == "error"


def test_an_unusable_body_still_says_where_it_came_from(agent, sandbox):
    sandbox.fail_next("openai", "html", times=9)
    response = agent().process_prompt("Hello")
    assert response.error.kind == "malformed_response"
    assert response.simulated is True


def test_a_slow_body_runs_into_the_timeout(failure):
    error = failure("slow_body", {"timeout": 0.2}, seconds=2.0)
    assert error.kind == "timeout"


def test_a_refusal_is_an_answer(agent, sandbox):
    sandbox.fail_next("openai", "refusal")
    response = agent().process_prompt("Hello")
    assert (response.status, response.finish_reason) == ("success", "refusal")


def test_nothing_that_an_agent_shows_holds_the_key(agent):
    made = agent()
    assert KEY not in repr(made)
    assert KEY not in repr(made.settings)
    assert KEY not in made.process_prompt("Hello").__repr__()


def test_the_log_holds_no_key(agent, sandbox, caplog):
    sandbox.fail_next("openai", "echo_key")
    agent().process_prompt("Hello")
    assert "openai" in caplog.text
    assert "0123456789" not in caplog.text


def test_the_client_is_built_once_and_used_by_many_threads(agent, sandbox):
    made = agent()
    responses = []
    threads = [
        threading.Thread(
            target=lambda: responses.append(made.process_prompt("Hello"))
        )
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {response.status for response in responses} == {"success"}
    assert len(sandbox.requests) == 16


def test_a_key_that_no_header_can_carry_is_not_shown(agent, sandbox):
    for key in ("sk-line\nbreak-0123456789", "sk-ключ-0123456789"):
        response = agent(api_key=key).process_prompt("Hello")
        assert response.error.kind == "authentication"
        assert "0123456789" not in repr(response)
    assert sandbox.requests == []
