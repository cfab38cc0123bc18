"""One raw request: which models does a provider list?"""

import pytest
import requests

KEY = "sk-test-0123456789"


def provider(llm, base_url, key=KEY):
    return llm.settings.ProviderSettings(
        provider="openai",
        api_key=llm.settings.Secret(key),
        base_url=base_url,
        key_variables=("OPENAI_API_KEY",),
    )


@pytest.mark.exercise("1.7")
def test_the_ids_of_the_models_come_back_sorted(llm, sandbox):
    ids = llm.health.list_models(provider(llm, sandbox.base_url("openai")))
    assert len(ids) > 3
    assert ids == sorted(ids)


@pytest.mark.exercise("1.7")
def test_the_request_is_a_get_of_models(llm, sandbox):
    llm.health.list_models(provider(llm, sandbox.base_url("openai")))
    sent = [(r.method, r.path) for r in sandbox.requests]
    assert sent == [("GET", "/openai/v1/models")]


@pytest.mark.exercise("1.7")
def test_the_key_goes_along_as_bearer_token(llm, sandbox):
    llm.health.list_models(provider(llm, sandbox.base_url("openai")))
    sent = sandbox.requests[0].headers["authorization"]
    assert sent == f"Bearer {KEY}"


@pytest.mark.exercise("1.7")
def test_a_wrong_key_is_an_authentication_error(llm, sandbox):
    there = provider(llm, sandbox.base_url("openai"), "sk-wrong-0123456")
    with pytest.raises(llm.errors.AuthenticationError):
        llm.health.list_models(there)


@pytest.mark.exercise("1.7")
def test_without_a_key_nothing_is_sent(llm, sandbox):
    there = provider(llm, sandbox.base_url("openai"), "")
    with pytest.raises(llm.errors.MissingKeyError):
        llm.health.list_models(there)
    assert len(sandbox.requests) == 0


@pytest.mark.exercise("1.7")
def test_no_answer_in_time_is_a_timeout(llm, sandbox):
    sandbox.fail_next("openai", "stall", seconds=0.5)
    there = provider(llm, sandbox.base_url("openai"))
    with pytest.raises(llm.errors.RequestTimeoutError):
        llm.health.list_models(there, timeout=0.1)


@pytest.mark.exercise("1.7")
def test_nobody_there_is_a_failed_connection(llm):
    there = provider(llm, "http://127.0.0.1:9/v1")
    with pytest.raises(llm.errors.ConnectionFailedError):
        llm.health.list_models(there)


@pytest.mark.exercise("1.7")
def test_an_address_without_a_host_is_a_failed_connection_too(llm):
    with pytest.raises(llm.errors.ConnectionFailedError):
        llm.health.list_models(provider(llm, "http:///v1"))


@pytest.mark.exercise("1.7")
def test_no_chain_of_exceptions_leads_to_the_request(llm):
    there = provider(llm, "http://127.0.0.1:9/v1")
    with pytest.raises(llm.errors.ConnectionFailedError) as caught:
        llm.health.list_models(there)
    assert (caught.value.__cause__ or caught.value.__context__) is None


@pytest.mark.exercise("1.7")
def test_a_page_in_place_of_a_list_is_malformed(llm, sandbox):
    sandbox.fail_next("openai", "html")
    there = provider(llm, sandbox.base_url("openai"))
    with pytest.raises(llm.errors.MalformedResponseError):
        llm.health.list_models(there)


@pytest.mark.exercise("1.7")
def test_a_timeout_while_connecting_is_a_timeout(llm, monkeypatch):
    """Nobody is there for a client that is not `requests`."""
    asked = []

    def late(*sent, **options):
        asked.append("once")
        raise requests.ConnectTimeout("late")

    monkeypatch.setattr(llm.health.requests.Session, "send", late)
    with pytest.raises(llm.errors.ProviderError) as caught:
        llm.health.list_models(provider(llm, "http://127.0.0.1:9/v1"))
    assert caught.value.kind == ("timeout" if asked else "connection_failed")


def test_an_overloaded_provider_can_be_asked_again(llm, sandbox):
    sandbox.fail_next("openai", "overloaded")
    with pytest.raises(llm.errors.ProviderUnavailableError) as caught:
        llm.health.list_models(provider(llm, sandbox.base_url("openai")))
    assert caught.value.retryable is True


# -- how all providers are doing --------------------------------------------

PROVIDERS = ("openai", "gemini", "requestry", "openrouter")


@pytest.fixture
def health(llm, sandbox):
    """Check a provider of the sandbox, or one at another address."""

    def check(name, key=KEY, base_url=None, **options):
        settings = llm.settings.ProviderSettings(
            provider=name,
            api_key=llm.settings.Secret(key),
            base_url=base_url or sandbox.base_url(name),
            key_variables=(f"{name.upper()}_API_KEY",),
        )
        return llm.health.check_provider(settings, **options)

    return check


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_is_well(health, name, sandbox):
    found = health(name)
    assert found.error is None
    assert (found.provider, found.key_present) == (name, True)
    assert (found.mode, found.reachable, found.well) == ("sandbox", True, True)
    assert found.models > 3
    assert found.latency_seconds > 0
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_without_a_key_is_not_asked(health, name, sandbox):
    found = health(name, key="")
    assert (found.key_present, found.reachable) == (False, None)
    assert f"{name.upper()}_API_KEY" in found.error
    assert sandbox.requests == []


@pytest.mark.parametrize("name", ["openai", "gemini"])
def test_a_refused_key_is_said_and_not_shown(health, name):
    found = health(name, key="sk-wrong-0123456")
    assert (found.reachable, found.models) == (True, None)
    assert found.mode == "sandbox"
    assert "key" in found.error
    assert "0123456" not in repr(found)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_is_not_there(health, name):
    found = health(name, base_url="http://127.0.0.1:9")
    assert (found.reachable, found.mode, found.models) == (False, None, None)
    assert "127.0.0.1:9" in found.error


def test_a_provider_that_takes_too_long(health, sandbox):
    sandbox.fail_next("openai", "stall", seconds=0.5)
    found = health("openai", timeout=0.1)
    assert found.reachable is False
    assert "0.1 seconds" in found.error


def test_a_list_that_drips_takes_too_long_as_well(health, sandbox):
    sandbox.fail_next("openai", "slow_body", seconds=3.0)
    found = health("openai", timeout=0.5)
    assert (found.reachable, found.models) == (True, None)


@pytest.mark.parametrize("fault", ["html", "malformed_json", "huge_body"])
def test_something_else_than_a_list_is_said(health, sandbox, fault):
    sandbox.fail_next("requestry", fault)
    found = health("requestry")
    assert (found.reachable, found.well) == (True, False)
    assert found.error


def test_all_pages_of_a_list_count(health, sandbox, llm, monkeypatch):
    whole = health("gemini").models
    monkeypatch.setattr(llm.health, "PAGE_SIZE", "3")
    assert health("gemini").models == whole
    assert len(sandbox.requests) > 2
