"""The Gemini agent: both real SDKs, over real HTTP, against the sandbox."""

import json
import logging
import subprocess
import sys
import threading

import pytest

KEY = "AIzaT7MQ4XH9VJ2LBKW6ZRNC"
SDKS = ["google-genai", "google-generativeai"]
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAA"
    "DUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.fixture(params=SDKS)
def sdk(request):
    return request.param


@pytest.fixture
def agent(llm, sandbox, waits, sdk):
    """Make an agent that talks to the sandbox and does not sleep."""

    def make(**options):
        options = {
            "sdk": sdk,
            "api_key": KEY,
            "base_url": sandbox.base_url("gemini"),
            "policy": llm.retry.RetryPolicy(first_wait=0.5, jitter=0.0),
            "sleep": waits.append,
            **options,
        }
        return llm.gemini_agent.GeminiAgent(**options)

    return make


@pytest.fixture
def failure(llm, agent, sandbox):
    """Return the exception that one try raises under a fault."""

    def raised(fault=None, agent_options=None, **fault_options):
        if fault:
            sandbox.fail_next("gemini", fault, **fault_options)
        made = agent(**(agent_options or {}))
        with pytest.raises(llm.errors.ProviderError) as caught:
            made.complete(made.prepare("Hello"))
        return caught.value

    return raised


def streamed(made, prompt="Hello", **options):
    """Return a stream's text and its response."""
    stream = made.stream(prompt, **options)
    text = "".join(stream)
    return text, stream.response


def test_an_answer_comes_back_as_the_standard_response(agent, sandbox):
    response = agent().process_prompt("Say hello.")
    usage = response.usage
    assert (response.status, response.finish_reason) == ("success", "stop")
    assert response.message != ""
    assert response.provider == "gemini"
    assert response.request_id.startswith("simulated")
    assert response.simulated is True
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert 0 < usage.reasoning_tokens < usage.completion_tokens
    assert response.cost_usd > 0
    assert len(sandbox.requests) == 1


def test_a_stream_ends_in_the_same_response(agent):
    made = agent()
    whole = made.process_prompt("Say hello.")
    text, response = streamed(made, "Say hello.")
    assert text == response.message == whole.message
    assert response.usage == whole.usage
    assert response.finish_reason == "stop"
    assert response.simulated is True


def test_no_caller_notices_the_swap_of_the_sdk(agent):
    answers = [agent(sdk=name).process_prompt("Say hello.") for name in SDKS]
    first, second = (
        (one.message, one.model, one.usage, one.finish_reason, one.cost_usd)
        for one in answers
    )
    assert first == second


def test_each_sdk_sends_in_its_own_way(agent, sandbox, sdk):
    agent().process_prompt("Hello")
    sent = sandbox.requests[0]
    version, client = {
        "google-genai": ("v1", "google-genai-sdk/"),
        "google-generativeai": ("v1beta", "genai-py/"),
    }[sdk]
    assert sent.path.startswith(f"/gemini/{version}/models/")
    assert client in sent.headers["x-goog-api-client"]
    assert sent.headers["x-goog-api-key"] == KEY


def test_the_caller_s_headers_go_along(agent, sandbox):
    agent().process_prompt("Hello", headers={"x-course": "module-4"})
    streamed(agent(), headers={"x-course": "module-4"})
    sent = [record.headers["x-course"] for record in sandbox.requests]
    assert sent == ["module-4", "module-4"]


def test_the_whole_conversation_arrives(agent, sandbox):
    turns = [
        {"role": "user", "content": "I am Ada."},
        {"role": "assistant", "content": "Hello, Ada."},
        {"role": "user", "content": "Who am I?"},
    ]
    agent().process_prompt(turns, system_message="Be brief.", max_tokens=900)
    body = sandbox.requests[0].body
    said = [
        part["text"] for turn in body["contents"] for part in turn["parts"]
    ]
    assert said == ["I am Ada.", "Hello, Ada.", "Who am I?"]
    assert body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert body["generationConfig"]["maxOutputTokens"] == 900


def test_each_model_gets_only_what_it_accepts(llm, agent):
    for model in llm.catalogue.load_catalogue().models("gemini"):
        response = agent(model=model.id).process_prompt(
            "Hello",
            max_tokens=2000,
            temperature=0.7,
            stop=["END"],
            reasoning_effort="low",
        )
        assert response.status == "success", (model.id, response.message)


def test_what_was_left_out_is_said(llm, agent, sdk):
    model = llm.catalogue.load_catalogue().role("gemini", "default").id
    response = agent().process_prompt(
        "Hi", temperature=0.7, stop=["END"], reasoning_effort="low"
    )
    expected = [f"temperature was left out: {model} does not take it"]
    if sdk == "google-generativeai":
        expected.append(
            f"reasoning_effort was left out: {sdk} does not take it"
        )
    assert list(response.adjustments) == expected


def test_the_effort_reaches_the_model_where_the_sdk_has_a_word(agent, sdk):
    little = agent().process_prompt("Hello", reasoning_effort="low")
    usual = agent().process_prompt("Hello")
    thinks_less = little.usage.reasoning_tokens < usual.usage.reasoning_tokens
    assert thinks_less is (sdk == "google-genai")


def test_json_follows_the_schema(agent):
    wanted = {"name": "person", "schema": PERSON}
    response = agent().process_prompt(
        "Invent a person.",
        response_format={"type": "json_schema", "json_schema": wanted},
    )
    assert sorted(json.loads(response.message)) == ["age", "name"]


def test_a_tool_is_called_and_its_answer_understood(agent):
    made = agent()
    question = {"role": "user", "content": "The weather in Paris?"}
    response = made.process_prompt(
        [question], tools=[WEATHER], tool_choice="required"
    )
    assert response.finish_reason == "tool_calls"
    call = response.tool_calls[0]
    assert call["function"]["name"] == "get_weather"
    assert list(json.loads(call["function"]["arguments"])) == ["city"]
    answer = {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}
    asked = {"role": "assistant", "content": None, "tool_calls": [call]}
    last = made.process_prompt([question, asked, answer], tools=[WEATHER])
    assert (last.status, last.finish_reason) == ("success", "stop")
    assert "sunny" in last.message


def test_a_streamed_call_is_the_same_as_one_that_is_not(agent):
    options = {"tools": [WEATHER], "tool_choice": "required"}
    whole = agent().process_prompt("The weather in Paris?", **options)
    _, response = streamed(agent(), "The weather in Paris?", **options)
    assert response.tool_calls == whole.tool_calls
    assert response.finish_reason == "tool_calls"


def test_an_image_arrives_as_it_is(agent, sandbox):
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ]
    response = agent().process_prompt([{"role": "user", "content": parts}])
    assert response.status == "success"
    sent = sandbox.requests[0].body["contents"][0]["parts"][1]["inlineData"]
    assert PIXEL == f"data:{sent['mimeType']};base64,{sent['data']}"


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        ("wrong_key", "authentication", 400),
        ("forbidden", "permission_denied", 403),
        ("unknown_model", "model_not_found", 404),
        ("context_length", "invalid_request", 400),
        ("bad_parameter", "invalid_request", 400),
        ("rate_limit", "rate_limit", 429),
        ("quota_exhausted", "quota_exhausted", 429),
        ("server_error", "provider_unavailable", 500),
        ("bad_gateway", "provider_unavailable", 502),
        ("overloaded", "provider_unavailable", 503),
        ("drop_connection", "connection_failed", None),
        ("malformed_json", "malformed_response", None),
        ("html", "malformed_response", None),
        ("wrong_charset", "malformed_response", None),
        ("huge_body", "malformed_response", None),
        ("empty", "empty_response", None),
        ("moderation", "content_blocked", None),
        ("content_filter", "content_blocked", None),
    ],
)
def test_every_fault_has_its_kind(failure, fault, kind, status):
    error = failure(fault)
    assert (error.kind, error.status) == (kind, status)
    if fault != "drop_connection":
        assert error.simulated is True


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("wrong_key", "authentication"),
        ("quota_exhausted", "quota_exhausted"),
        ("moderation", "content_blocked"),
        ("content_filter", "content_blocked"),
        ("bad_parameter", "invalid_request"),
    ],
)
def test_a_stream_fails_in_the_same_way(agent, sandbox, fault, kind):
    sandbox.fail_next("gemini", fault)
    _, response = streamed(agent())
    assert response.error.kind == kind
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("fault", ["server_error", "html", "error_in_200"])
def test_a_stream_that_cannot_begin_is_asked_for_again(agent, sandbox, fault):
    sandbox.fail_next("gemini", fault)
    text, response = streamed(agent())
    assert response.status == "success"
    assert text == response.message != ""
    assert len(sandbox.requests) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("stream_cut", "stream_interrupted"),
        ("stream_error", "provider_unavailable"),
        ("malformed_json", "malformed_response"),
        ("drop_connection", "connection_failed"),
    ],
)
def test_a_broken_stream_keeps_what_was_said(agent, sandbox, fault, kind):
    sandbox.fail_next("gemini", fault, times=3)
    text, response = streamed(agent(), "Tell me about HTTP.")
    assert response.error.kind == kind
    assert response.error.partial_text == text
    assert (text != "") is (fault != "drop_connection")


@pytest.mark.parametrize(
    ("options", "pause"),
    [
        ({"timeout": 0.2}, {"seconds": 0.6, "chunks_before": 2}),
        ({"stream_timeout": 0.2}, {"seconds": 1.0}),
    ],
    ids=["pause", "drip"],
)
def test_a_slow_stream_runs_into_a_timeout(agent, sandbox, options, pause):
    sandbox.fail_next("gemini", "slow_body", times=3, **pause)
    text, response = streamed(agent(**options), "Tell me about HTTP.")
    assert response.error.kind == "timeout"
    assert response.error.partial_text == text


def test_a_stream_without_end_is_not_read_to_its_end(agent, sandbox):
    sandbox.fail_next("gemini", "huge_body", times=3)
    _, response = streamed(agent())
    assert response.error.kind == "malformed_response"


def test_an_error_inside_http_200_is_never_a_success(agent, sandbox):
    sandbox.fail_next("gemini", "error_in_200", times=9)
    assert agent().process_prompt("Hello").status == "error"


def test_no_answer_in_time_is_a_timeout(failure):
    error = failure("stall", {"timeout": 0.1}, seconds=0.4)
    assert error.kind == "timeout"


@pytest.mark.parametrize("pause", [{"chunks_before": 1}, {}])
def test_a_slow_body_runs_into_the_timeout(failure, pause):
    error = failure("slow_body", {"timeout": 0.2}, seconds=0.6, **pause)
    assert error.kind == "timeout"


def test_an_address_where_nobody_listens_is_a_failed_connection(failure):
    nobody = {"base_url": "http://127.0.0.1:9"}
    assert failure(None, nobody).kind == "connection_failed"


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({"retry_after": 2}, 2.0),
        ({"retry_delay": "3s"}, 3.0),
        ({"retry_delay": "0.25s"}, 0.25),
        ({"retry_after": None}, 0.5),
    ],
)
def test_the_wait_is_the_one_asked_for(
    agent, sandbox, waits, options, seconds
):
    sandbox.fail_next("gemini", "rate_limit", **options)
    response = agent().process_prompt("Hello")
    assert response.status == "success"
    assert waits == [seconds]
    assert len(sandbox.requests) == 2


@pytest.mark.parametrize("fault", ["overloaded", "server_error"])
def test_the_sdk_itself_never_asks_again(agent, sandbox, fault):
    sandbox.fail_next("gemini", fault, times=9)
    response = agent().process_prompt("Hello")
    assert len(response.attempts) == len(sandbox.requests) == 3


def test_a_cut_stream_is_not_taken_up_by_the_sdk(agent, sandbox):
    sandbox.fail_next("gemini", "stream_cut")
    streamed(agent())
    assert len(sandbox.requests) == 1


def test_a_prompt_beyond_the_window_is_known_by_its_size(llm, agent, sandbox):
    model = llm.catalogue.load_catalogue().role("gemini", "default")
    sandbox.fail_next("gemini", "context_length")
    words = "word " * model.context_window
    response = agent().process_prompt(words)
    assert response.error.kind == "context_length"


def test_a_retired_model_names_its_replacement(llm, agent):
    model = llm.catalogue.load_catalogue().role("gemini", "retired")
    response = agent(model=model.id).process_prompt("Hello")
    assert response.error.kind == "model_retired"
    assert model.replacement in response.error.what_to_do


@pytest.mark.parametrize("model", ["a/b", "a?b=c", "..", "models/", "a b"])
def test_an_id_that_is_none_is_not_sent(agent, sandbox, model):
    response = agent(model=model).process_prompt("Hello")
    assert response.error.kind == "model_not_found"
    assert len(sandbox.requests) == len(response.attempts) == 0


def test_an_id_may_come_with_its_folder(llm, agent):
    model = llm.catalogue.load_catalogue().role("gemini", "default").id
    response = agent(model=f"models/{model}").process_prompt(
        "Hello", temperature=0.7
    )
    assert (response.status, response.model) == ("success", model)
    assert response.adjustments != ()


def test_an_image_that_is_no_image_is_refused(agent):
    broken = {"url": "data:image/png;base64,***"}
    part = {"type": "image_url", "image_url": broken}
    response = agent().process_prompt([{"role": "user", "content": [part]}])
    assert response.error.kind == "invalid_request"


def test_without_a_key_nothing_is_sent(agent, sandbox):
    response = agent(api_key="").process_prompt("Hello")
    assert response.error.kind == "missing_key"
    assert len(sandbox.requests) == len(response.attempts) == 0


def test_a_key_that_cannot_be_sent_does_not_show(agent, sandbox):
    odd = "AIza-grün-0123456789"
    for key in (odd, f"{KEY}\nx-more: 1"):
        response = agent(api_key=key).process_prompt("Hello")
        assert response.error.kind == "authentication"
        assert key not in repr(response)
    assert len(sandbox.requests) == 0


def test_our_settings_decide_and_not_the_sdk_s_environment(
    llm, agent, sandbox, monkeypatch, caplog
):
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GOOGLE_API_KEY", "AIzaNotThisOne0123456789")
    monkeypatch.setenv("GEMINI_BASE_URL", sandbox.base_url("gemini"))
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_GENAI_USE_ENTERPRISE", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "somebody-s")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v9")
    monkeypatch.setenv("GOOGLE_GENAI_CLIENT_MODE", "replay")
    with caplog.at_level(logging.WARNING):
        response = agent(api_key=None, base_url=None).process_prompt("Hello")
    assert response.status == "success"
    assert sandbox.requests[0].key == KEY
    assert "Using GOOGLE_API_KEY" not in caplog.text


def test_a_netrc_file_adds_no_password(agent, sandbox, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    agent().process_prompt("Hello")
    assert "authorization" not in sandbox.requests[0].headers


def test_no_chain_of_exceptions_leads_back_to_the_key(failure):
    for fault in ("echo_key", "drop_connection", "html"):
        error = failure(fault)
        while error is not None:
            assert KEY not in repr(error)
            assert not hasattr(error, "request")
            assert not hasattr(error, "response")
            error = error.__cause__ or error.__context__


def test_an_echoed_key_shows_nowhere(agent, sandbox, caplog):
    with caplog.at_level(logging.DEBUG):
        sandbox.fail_next("gemini", "echo_key")
        made = agent()
        response = made.process_prompt("Hello")
    shown = repr(response) + repr(made) + caplog.text
    assert KEY[8:16] not in shown
    assert response.error.kind == "authentication"


def test_a_bug_in_our_own_code_stays_what_it_is(agent):
    made = agent()
    with pytest.raises(AttributeError):
        made.complete("not a prompt")


def test_one_client_serves_many_threads_at_once(agent, sandbox):
    made = agent()
    seen = []

    def ask(number):
        response = made.process_prompt(f"Repeat the number {number}.")
        seen.append((number, response.status, response.message))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for _, status, _ in seen} == {"success"}
    alone = made.process_prompt("Repeat the number 7.").message
    assert dict((n, text) for n, _, text in seen)[7] == alone
    assert len(sandbox.requests) == 61


def test_an_unknown_sdk_is_refused_at_once(agent):
    with pytest.raises(ValueError, match="google-genai, google-generativeai"):
        agent(sdk="vertexai")


def in_a_fresh_process(code):
    """Return what a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_sdk_is_loaded_when_asked_for_and_no_other(sandbox, sdk):
    printed = in_a_fresh_process(
        "import sys\n"
        "from llm_providers import GeminiAgent\n"
        f"agent = GeminiAgent(sdk={sdk!r}, api_key={KEY!r},\n"
        f"    base_url={sandbox.base_url('gemini')!r})\n"
        f"names = {[name.replace('-', '.', 1) for name in SDKS]!r}\n"
        "print(*[name for name in names if name in sys.modules], '|')\n"
        "print(agent.process_prompt('Hello').status)\n"
        "print(*[name for name in names if name in sys.modules])\n"
    )
    assert printed.split() == ["|", "success", sdk.replace("-", ".", 1)]


def test_a_missing_sdk_says_what_to_install():
    printed = in_a_fresh_process(
        "import sys\n"
        "sys.modules['google.generativeai'] = None\n"
        "from llm_providers import GeminiAgent\n"
        "GeminiAgent(api_key='x')\n"
        "try:\n"
        "    GeminiAgent(sdk='google-generativeai', api_key='x')\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    assert "pip install 'llm-providers[google-generativeai]'" in printed
