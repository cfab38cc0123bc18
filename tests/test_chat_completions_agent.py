"""What every chat-completions agent does over `requests`, at the sandbox."""

import gzip
import json
import logging
import socket
import threading
import time

import pytest
import requests
import urllib3

KEY = "sk-test-0123456789"
PROMPT = "Explain what an HTTP status code is."


@pytest.fixture
def agent(llm, sandbox, waits):
    """Make an agent of the router with the plainest wire."""

    def make(**options):
        options = {
            "api_key": KEY,
            "base_url": sandbox.base_url("requestry"),
            "policy": llm.retry.RetryPolicy(first_wait=0.01, jitter=0.0),
            "sleep": waits.append,
            **options,
        }
        return llm.requestry_agent.RequestryAgent(**options)

    return make


@pytest.fixture
def failure(llm, agent, sandbox):
    """Return the exception that one try raises under a fault."""

    def raised(fault=None, agent_options=None, **fault_options):
        if fault:
            sandbox.fail_next("requestry", fault, **fault_options)
        made = agent(**(agent_options or {}))
        with pytest.raises(llm.errors.ProviderError) as caught:
            made.complete(made.prepare("Hello"))
        return caught.value

    return raised


# -- one exchange -----------------------------------------------------------


@pytest.fixture
def bare(llm, sandbox):
    """Make an agent of no provider in particular, on the plainest wire."""

    def make(**options):
        environ = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": sandbox.base_url("openai"),
        }
        return llm.chat_completions_agent.ChatCompletionsAgent(
            settings=llm.settings.load_settings(environ)["openai"],
            model="any",
            **options,
        )

    return make


@pytest.fixture
def body(llm):
    """A request as `build_request` makes it."""
    model = llm.catalogue.load_catalogue().role("openai", "default").id
    return {"model": model, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def exchange(llm, bare, body):
    """Begin an exchange; give back what is to be entered."""

    def begin(agent=None, stream=False, **fields):
        prompt = llm.prompts.Prompt.of("Hi", **fields)
        return (agent or bare()).exchange(body, prompt, stream=stream)

    return begin


@pytest.mark.exercise("3.1")
def test_a_body_is_posted_to_chat_completions(exchange, sandbox):
    with exchange():
        pass
    posted = [(one.method, one.path) for one in sandbox.requests]
    assert posted == [("POST", "/openai/v1/chat/completions")]


@pytest.mark.exercise("3.1")
def test_the_body_arrives_as_it_was_given(exchange, sandbox, body):
    with exchange():
        pass
    assert sandbox.requests[0].body == body


@pytest.mark.exercise("3.1")
def test_the_reply_has_its_status_and_its_whole_body(exchange):
    with exchange() as reply:
        whole = b"".join(list(reply.chunks))
    assert (reply.status, reply.simulated) == (200, True)
    assert whole[:1] + whole[-1:] == b"{}"


@pytest.mark.exercise("3.1")
def test_the_headers_of_the_prompt_go_along(exchange, sandbox):
    with exchange(headers={"x-course": "module-4"}):
        pass
    assert sandbox.requests[0].headers.get("x-course") == "module-4"


@pytest.mark.exercise("3.1")
def test_a_header_of_the_prompt_goes_before_the_agent_s(
    bare, exchange, sandbox
):
    made = bare()
    made.headers = {"x-course": "module-3", "x-team": "red"}
    with exchange(made, headers={"x-course": "module-4"}):
        pass
    sent = sandbox.requests[0].headers
    assert sent.get("x-team") == "red"
    assert sent.get("x-course") == "module-4"


@pytest.mark.exercise("3.1")
def test_a_header_of_one_prompt_is_not_sent_with_the_next(
    bare, exchange, sandbox
):
    made = bare()
    made.headers = {"x-team": "red"}
    with exchange(made, headers={"x-course": "module-4"}):
        pass
    with exchange(made):
        pass
    assert sandbox.requests[1].headers.get("x-course") is None


@pytest.mark.exercise("3.1")
def test_a_stream_is_asked_for_together_with_its_usage(exchange, sandbox):
    with exchange(stream=True) as reply:
        sent = sandbox.requests[0].body
        assert sent.get("stream") is True
        assert sent.get("stream_options") == {"include_usage": True}
        assert next(iter(reply.chunks)).startswith(b"data:")


@pytest.mark.exercise("3.1")
def test_the_body_of_the_caller_stays_as_it_was(exchange, body):
    before = dict(body)
    with exchange(stream=True):
        pass
    assert body == before


@pytest.mark.exercise("3.1")
def test_the_body_is_read_as_it_arrives(bare, exchange, sandbox):
    sandbox.fail_next("openai", "slow_body", seconds=0.4, chunks_before=1)
    with exchange(bare(timeout=0.1)) as reply:
        assert next(iter(reply.chunks)).startswith(b"{")


@pytest.mark.exercise("3.1")
def test_an_agent_s_timeout_is_the_longest_wait(bare, exchange, sandbox):
    """What `requests` raises then is an OSError, too."""
    sandbox.fail_next("openai", "stall", seconds=0.3)
    with pytest.raises(OSError), exchange(bare(timeout=0.1)):
        pass


@pytest.mark.exercise("3.1")
def test_an_error_status_raises_what_it_means(llm, exchange, sandbox):
    sandbox.fail_next("openai", "rate_limit", retry_after=2)
    with pytest.raises(llm.errors.RateLimitError) as caught, exchange():
        pass
    assert caught.value.retry_after == 2


@pytest.mark.exercise("3.1")
def test_no_status_but_200_is_an_answer(llm, exchange, sandbox):
    sandbox.fail_next("openai", "html", status=202)
    with pytest.raises(llm.errors.MalformedResponseError), exchange():
        pass


@pytest.mark.exercise("3.1")
def test_a_redirect_is_not_followed(llm, bare, exchange, sandbox):
    """Nor by a session that would, which our own does not."""
    made = bare()
    made.session.get_redirect_target = lambda answer: (
        answer.headers.get("location")
    )
    elsewhere = f"{sandbox.base_url('requestry')}/chat/completions"
    sandbox.fail_next("openai", "html", status=307, location=elsewhere)
    with pytest.raises(llm.errors.MalformedResponseError), exchange(made):
        pass
    assert len(sandbox.requests) == 1


@pytest.mark.exercise("3.1")
def test_others_are_served_while_an_answer_is_read(bare, exchange):
    made = bare()
    with exchange(made, stream=True):
        assert made.lock.locked() is False


@pytest.fixture
def ended(bare):
    """An agent, and a list of what was done to its answers, in order."""
    done = []

    def read(*size, **options):
        done.append("read")
        return b""

    def watch(answer, **options):
        answer.raw.read1 = read
        answer.close = lambda: done.append("closed")

    made = bare()
    made.session.hooks = {"response": [watch]}
    return made, done


@pytest.mark.exercise("3.1")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_end_of_an_answer_is_read_before_it_is_closed(
    ended, exchange, stream
):
    made, done = ended
    with exchange(made, stream=stream):
        assert done == []
    assert (done[:1], done[-1:]) == (["read"], ["closed"])


@pytest.mark.exercise("3.1")
def test_an_answer_is_closed_also_if_it_is_refused(
    llm, ended, exchange, sandbox
):
    made, done = ended
    sandbox.fail_next("openai", "rate_limit", retry_after=2)
    with pytest.raises(llm.errors.RateLimitError), exchange(made):
        pass
    assert done[-1:] == ["closed"]


@pytest.mark.exercise("3.1")
def test_an_answer_is_closed_also_if_its_reader_fails(ended, exchange):
    made, done = ended
    with pytest.raises(KeyError), exchange(made):
        raise KeyError("a bug of the reader's")
    assert done[-1:] == ["closed"]


@pytest.mark.exercise("3.1")
def test_what_an_error_status_means_stands_in_its_body_too(
    llm, exchange, sandbox
):
    sandbox.fail_next("openai", "quota_exhausted")
    with pytest.raises(llm.errors.ProviderError) as caught, exchange():
        pass
    assert (caught.value.status, caught.value.kind) == (429, "quota_exhausted")


@pytest.mark.exercise("3.1")
def test_others_are_served_while_a_request_is_under_way(bare, exchange):
    made, held = bare(), []
    note = [lambda answer, **options: held.append(made.lock.locked())]
    made.session.hooks = {"response": note}
    with exchange(made):
        pass
    assert held == [False]


@pytest.mark.exercise("3.1")
def test_a_header_of_the_reply_is_found_in_any_case_of_its_letters(exchange):
    with exchange() as reply:
        names = ("X-Simulated", "x-simulated", "X-SIMULATED")
        found = [reply.headers.get(name) for name in names]
    assert found == ["true"] * 3


# -- the exceptions of the client -------------------------------------------


@pytest.mark.exercise("3.2")
def test_no_answer_in_time_is_a_timeout(failure):
    error = failure("stall", {"timeout": 0.1}, seconds=0.3)
    assert error.kind == "timeout"


@pytest.mark.exercise("3.2")
def test_a_pause_in_the_middle_of_the_answer_is_a_timeout(failure):
    pause = {"seconds": 0.3, "chunks_before": 1}
    assert failure("slow_body", {"timeout": 0.1}, **pause).kind == "timeout"


@pytest.mark.exercise("3.2")
def test_a_dropped_connection_is_a_failed_connection(failure):
    assert failure("drop_connection").kind == "connection_failed"


@pytest.mark.exercise("3.2")
def test_an_address_where_nobody_listens_is_a_failed_connection(failure):
    nobody = {"base_url": "http://127.0.0.1:9/v1"}
    assert failure(None, nobody).kind == "connection_failed"


def chain_of(error):
    """Yield an exception and all that it leads back to."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def kind_of(found):
    """Return the kind of an error of ours, the class of any other."""
    return getattr(found, "kind", type(found).__name__)


@pytest.mark.exercise("3.2")
def test_no_exception_of_the_client_hangs_behind_ours(failure):
    error = failure("drop_connection")
    kinds = [kind_of(one) for one in chain_of(error)]
    assert kinds == ["connection_failed"]


@pytest.mark.exercise("3.2")
def test_the_reason_is_in_our_own_words(failure):
    nobody = {"base_url": "http://127.0.0.1:9/v1"}
    assert "HTTPConnectionPool" not in failure(None, nobody).reason


@pytest.fixture
def meaning(agent):
    """Return what an agent makes of an exception."""
    made = agent()
    assert made.session, "the client's library is loaded"
    return made.translate_error


@pytest.mark.exercise("3.2")
def test_a_timeout_while_connecting_is_a_timeout(meaning):
    assert meaning(requests.ConnectTimeout("late")).kind == "timeout"
    below = urllib3.exceptions.ConnectTimeoutError("late")
    assert meaning(below).kind == "timeout"


@pytest.mark.exercise("3.2")
def test_a_compression_that_is_broken_is_a_malformed_response(meaning):
    found = meaning(urllib3.exceptions.DecodeError("not gzip"))
    assert found.kind == "malformed_response"


@pytest.mark.exercise("3.2")
def test_what_cannot_be_sent_is_an_invalid_request(meaning):
    found = meaning(requests.exceptions.InvalidURL("no host"))
    assert (found.kind, found.sent) == ("invalid_request", False)


@pytest.mark.exercise("3.2")
def test_a_bug_of_our_own_comes_back_as_it_is(meaning):
    bugs = KeyError("choices"), ValueError("no number"), OSError("no file")
    for bug in bugs:
        assert meaning(bug) is bug


@pytest.mark.exercise("3.2")
def test_an_error_of_ours_stays_as_it_is(failure):
    assert failure("html").kind == "malformed_response"


@pytest.mark.exercise("3.2")
def test_any_other_exception_of_either_is_a_failed_connection(meaning):
    others = (
        requests.TooManyRedirects("in a circle"),
        requests.exceptions.ChunkedEncodingError("cut"),
        requests.RequestException("anything"),
        urllib3.exceptions.HTTPError("anything"),
    )
    kinds = {kind_of(meaning(one)) for one in others}
    assert kinds == {"connection_failed"}


@pytest.mark.exercise("3.2")
@pytest.mark.parametrize(
    "name",
    ["InvalidHeader", "InvalidProxyURL", "InvalidSchema", "MissingSchema"],
)
def test_each_value_error_of_requests_is_an_invalid_request(meaning, name):
    found = meaning(getattr(requests.exceptions, name)("not sent"))
    assert kind_of(found) == "invalid_request"
    assert found.sent is False


@pytest.mark.exercise("3.2")
def test_a_timeout_of_neither_comes_back_as_it_is(meaning):
    late = TimeoutError("a thread of our own")
    assert meaning(late) is late


# -- what callers see -------------------------------------------------------


def test_a_prompt_is_one_request(agent, sandbox):
    assert agent().process_prompt("Hello").status == "success"
    assert len(sandbox.requests) == 1


def test_a_request_holds_what_was_asked_and_nothing_else(agent, sandbox):
    agent().process_prompt("Hello")
    assert sorted(sandbox.requests[0].body) == ["messages", "model"]


def test_a_stream_is_asked_for_with_its_usage(agent, sandbox):
    stream = agent().stream("Hello")
    list(stream)
    body = sandbox.requests[0].body
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert stream.response.usage.total_tokens > 0


def test_the_key_and_the_caller_s_headers_go_along(agent, sandbox):
    agent().process_prompt("Hello", headers={"x-course": "module-4"})
    sent = sandbox.requests[0].headers
    assert sent["authorization"] == f"Bearer {KEY}"
    assert sent["x-course"] == "module-4"


def test_a_netrc_file_does_not_replace_the_key(
    agent, sandbox, tmp_path, monkeypatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert agent().process_prompt("Hello").status == "success"
    assert sandbox.requests[0].key == KEY


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("server_error", "provider_unavailable"),
        ("bad_gateway", "provider_unavailable"),
        ("malformed_json", "malformed_response"),
        ("html", "malformed_response"),
        ("wrong_charset", "malformed_response"),
        ("huge_body", "malformed_response"),
        ("error_in_200", "provider_unavailable"),
        ("empty", "empty_response"),
        ("content_filter", "content_blocked"),
        ("drop_connection", "connection_failed"),
    ],
)
def test_every_fault_has_its_kind(failure, fault, kind):
    assert failure(fault).kind == kind


def test_a_body_that_drips_is_a_timeout(failure):
    """No single pause is long; only all of them together are."""
    error = failure("slow_body", {"timeout": 0.2}, seconds=1.0)
    assert error.kind == "timeout"


def test_an_address_that_is_none_is_said_before_anything_is_sent(agent):
    response = agent(base_url="router.invalid/v1").process_prompt("Hello")
    assert response.error.kind == "invalid_request"
    assert "router.invalid/v1" in response.message
    assert response.attempts == ()


@pytest.mark.parametrize("option", [2, "date", "ms"])
def test_the_wait_is_read_in_all_its_forms(agent, sandbox, waits, option):
    sandbox.fail_next("requestry", "rate_limit", retry_after=option)
    assert agent().process_prompt("Hello").status == "success"
    assert len(waits) == 1
    assert 0 < waits[0] <= 60


def test_where_an_unusable_body_came_from_is_said(agent, sandbox):
    sandbox.fail_next("requestry", "html", times=9)
    response = agent().process_prompt("Hello")
    assert response.error.kind == "malformed_response"
    assert response.simulated is True


def test_a_stream_that_was_cut_is_an_error_with_its_text(agent, sandbox):
    sandbox.fail_next("requestry", "stream_cut", chunks_before=4)
    stream = agent().stream(PROMPT)
    text = "".join(list(stream))
    assert text
    assert stream.response.error.kind == "stream_interrupted"
    assert stream.response.error.partial_text == text


def test_a_refusal_is_an_answer(agent, sandbox):
    sandbox.fail_next("requestry", "refusal")
    assert agent().process_prompt("Hello").finish_reason == "refusal"


# -- no key shows -----------------------------------------------------------


@pytest.mark.parametrize(
    "fault", ["echo_key", "html", "drop_connection", "stall", None]
)
def test_no_chain_of_exceptions_leads_back_to_the_key(failure, fault):
    options = {"timeout": 0.1}
    if fault is None:
        options["base_url"] = "http://127.0.0.1:9/v1"
    for error in chain_of(failure(fault, options)):
        assert KEY not in repr(error)
        assert not hasattr(error, "request")


def test_a_key_that_no_header_can_carry_is_not_shown(agent, sandbox):
    for key in ("sk-line\nbreak-0123456789", "sk-ключ-0123456789"):
        response = agent(api_key=key).process_prompt("Hello")
        assert response.error.kind == "authentication"
        assert "0123456789" not in repr(response)
    assert sandbox.requests == []


def test_neither_the_log_nor_the_agent_shows_the_key(agent, sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    sandbox.fail_next("requestry", "echo_key")
    made = agent()
    response = made.process_prompt("Hello")
    shown = [caplog.text, repr(response), repr(made), repr(made.session.auth)]
    assert "requestry" in caplog.text
    assert "0123456789" not in "".join(shown)


# -- pictures ---------------------------------------------------------------

PICTURE = {
    "role": "user",
    "content": [
        {"type": "text", "text": "What is this?"},
        {
            "type": "image_url",
            "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="},
        },
    ],
}


def blind_model(llm, provider):
    """Return a model of the catalogue that reads no pictures."""
    rows = llm.catalogue.load_catalogue().rows
    return next(
        row.id
        for row in rows
        if row.provider == provider and "image" not in row.input_modalities
    )


def test_a_picture_goes_to_a_model_that_reads_pictures(agent, sandbox):
    assert agent().process_prompt([PICTURE]).status == "success"
    assert sandbox.requests[0].body["messages"] == [PICTURE]


def test_a_picture_is_not_sent_to_a_model_that_reads_none(
    llm, agent, sandbox
):
    model = blind_model(llm, "requestry")
    response = agent(model=model).process_prompt([PICTURE])
    assert response.error.kind == "invalid_request"
    assert model in response.message
    assert (sandbox.requests, response.attempts) == ([], ())


def test_nor_is_it_in_a_stream(llm, agent, sandbox):
    stream = agent(model=blind_model(llm, "requestry")).stream([PICTURE])
    assert list(stream) == []
    assert stream.response.error.kind == "invalid_request"
    assert sandbox.requests == []


# -- connections ------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
COMPLETION = {
    "id": "1",
    "model": "m",
    "choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}],
}


def sized(body, *headers):
    """Return a whole reply with its length."""
    lines = [*headers, b"Content-Length: %d" % len(body)]
    return HEAD + b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.fixture
def scripted():
    """Serve replies byte by byte as given; tell what came, and how often.

    Each connection is answered as often as it asks, with the next reply.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    replies, heads, connections = [], [], []

    def serve(connection):
        with connection, connection.makefile("rb") as lines:
            while replies and (head := read_request(lines)):
                heads.append(head)
                connection.sendall(replies.pop(0))

    def accept():
        try:
            while True:
                connections.append(listener.accept()[0])
                serve(connections[-1])
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    yield url, replies, heads, connections
    listener.close()


def read_request(lines):
    """Return the head of a request, its body read; nothing at the end."""
    head = b""
    while (line := lines.readline()) not in (b"\r\n", b""):
        head += line
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if head:
        lines.read(length)
    return head


def test_one_connection_serves_many_prompts(agent, scripted):
    url, replies, _, connections = scripted
    replies += [sized(json.dumps(COMPLETION).encode())] * 3
    made = agent(base_url=url)
    for _ in range(3):
        assert made.process_prompt("Hello").message == "Hi."
    assert len(connections) == 1


def is_ended(connection):
    """Return whether the server has seen its client go, within seconds."""
    until = time.monotonic() + 5
    while connection.fileno() != -1 and time.monotonic() < until:
        time.sleep(0.01)
    return connection.fileno() == -1


def chunked(*events):
    """Return a streamed reply in chunks, without its end."""
    lines = [f"data: {event}\n\n".encode() for event in events]
    body = b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body


EVENT = json.dumps(
    {"choices": [{"delta": {"content": "Hi."}, "finish_reason": "stop"}]}
)


def test_and_many_streams(agent, scripted):
    url, replies, _, connections = scripted
    replies += [chunked(EVENT, "[DONE]") + b"0\r\n\r\n"] * 3
    made = agent(base_url=url)
    for _ in range(3):
        assert list(made.stream("Hello")) == ["Hi."]
    assert len(connections) == 1


def test_a_stream_is_over_when_it_says_so(agent, scripted):
    """Though the provider never ends the body: that connection is lost."""
    url, replies, _, connections = scripted
    replies += [chunked(EVENT, "[DONE]")] * 2
    stream = agent(base_url=url, timeout=20.0).stream("Hello")
    assert list(stream) == ["Hi."]
    assert stream.response.status == "success"
    assert is_ended(connections[0])


def test_a_compressed_answer_is_read(agent, scripted):
    url, replies, _, _ = scripted
    body = gzip.compress(json.dumps(COMPLETION).encode())
    replies.append(sized(body, b"Content-Encoding: gzip"))
    assert agent(base_url=url).process_prompt("Hello").message == "Hi."


def test_a_broken_compression_is_malformed(agent, scripted):
    url, replies, _, _ = scripted
    replies += [sized(b"not gzip", b"Content-Encoding: gzip")] * 3
    response = agent(base_url=url).process_prompt("Hello")
    assert response.error.kind == "malformed_response"


def test_an_answer_shorter_than_it_said_is_a_failed_connection(
    llm, agent, scripted
):
    url, replies, _, _ = scripted
    replies.append(HEAD + b"Content-Length: 999\r\n\r\n{")
    once = llm.retry.RetryPolicy(attempts=1)
    response = agent(base_url=url, policy=once).process_prompt("Hello")
    assert response.error.kind == "connection_failed"


def test_a_redirect_is_not_followed_with_the_key(agent, sandbox, scripted):
    url, replies, heads, _ = scripted
    there = f"Location: {sandbox.base_url('requestry')}/chat/completions"
    moved = b"HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
    replies += [moved + there.encode() + b"\r\n\r\n"] * 3
    response = agent(base_url=url).process_prompt("Hello")
    assert response.error.kind == "malformed_response"
    assert len(heads) == 3
    assert sandbox.requests == []


def test_no_cookie_is_kept(agent, scripted):
    url, replies, heads, _ = scripted
    body = json.dumps(COMPLETION).encode()
    replies += [sized(body, b"Set-Cookie: who=you; Path=/")] * 2
    made = agent(base_url=url)
    made.process_prompt("Hello")
    made.process_prompt("Hello")
    assert b"cookie" not in heads[1].lower()


def test_an_error_that_breaks_off_means_what_its_status_means(
    agent, scripted
):
    url, replies, _, _ = scripted
    head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 999\r\n\r\n"
    replies.append(head + b'{"error')
    made = agent(base_url=url, timeout=0.2)
    assert made.process_prompt("Hello").error.kind == "authentication"


def test_many_threads_share_one_agent(agent, sandbox):
    made = agent()
    prompts = [f"Repeat: {number}" for number in range(40)]
    expected = {p: agent().process_prompt(p).message for p in prompts}
    sandbox.clear()
    answers = {}

    def ask(prompt):
        answers[prompt] = made.process_prompt(prompt).message

    threads = [threading.Thread(target=ask, args=(p,)) for p in prompts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == expected
    assert len(sandbox.requests) == len(prompts)


def test_a_proxy_of_the_environment_is_used(agent, scripted, monkeypatch):
    url, replies, heads, _ = scripted
    replies.append(sized(json.dumps(COMPLETION).encode()))
    monkeypatch.setenv("http_proxy", url.removesuffix("/v1"))
    monkeypatch.setenv("no_proxy", "")
    there = agent(base_url="http://router.example/v1")
    assert there.process_prompt("Hello").message == "Hi."
    asked = b"POST http://router.example/v1/chat/completions "
    assert heads[0].startswith(asked)


def test_and_not_where_the_environment_says_no_proxy(
    agent, sandbox, monkeypatch
):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert agent().process_prompt("Hello").status == "success"


def test_certificates_of_the_environment_are_used(
    agent, monkeypatch, tmp_path
):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert agent().session.verify is True
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ours.pem"))
    assert agent().session.verify == str(tmp_path / "ours.pem")


def test_a_stream_that_is_given_up_ends_its_connection(agent, scripted):
    url, replies, _, connections = scripted
    event = json.dumps({"choices": [{"delta": {"content": "Hi."}}]})
    replies += [chunked(event)] * 2
    for text in agent(base_url=url, timeout=20.0).stream("Hello"):
        assert text == "Hi."
        break
    assert is_ended(connections[0])


# -- what a model is asked for ----------------------------------------------

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"number": {"type": "integer"}},
            "required": ["number"],
            "additionalProperties": False,
        },
    },
}
MODULES = {
    "requestry": ("requestry_agent", "RequestryAgent"),
    "openrouter": ("openrouter_agent", "OpenRouterAgent"),
}


@pytest.fixture(params=MODULES)
def router(request, llm, sandbox):
    """An agent of either router."""
    module, name = MODULES[request.param]
    return getattr(getattr(llm, module), name)(
        api_key=KEY, base_url=sandbox.base_url(request.param)
    )


def test_an_answer_follows_a_schema(router, sandbox):
    response = router.process_prompt("A number?", response_format=SCHEMA)
    assert sandbox.requests[0].body["response_format"] == SCHEMA
    assert isinstance(json.loads(response.message)["number"], int)


def test_a_tool_is_called_in_one_piece_or_in_many(router):
    asked = {
        "tools": [WEATHER],
        "tool_choice": "required",
        "reasoning_effort": "none",
    }
    whole = router.process_prompt("Rain in Oslo?", **asked)
    stream = router.stream("Rain in Oslo?", **asked)
    assert list(stream) == []
    assert whole.finish_reason == stream.response.finish_reason == "tool_calls"
    call = whole.tool_calls[0]["function"]
    assert call["name"] == "weather"
    assert "city" in json.loads(call["arguments"])
    assert stream.response.tool_calls[0]["function"] == call


def test_a_conversation_keeps_its_turns(router, sandbox):
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "Who are you?"},
    ]
    assert router.process_prompt(turns).status == "success"
    assert sandbox.requests[0].body["messages"] == turns
