"""Bodies read safely, error replies translated."""

import pytest


def body_of(llm, body, status=400, headers=None):
    return llm.http_replies.error_from_body(status, body, headers or {})


def test_an_error_object_gives_its_message_and_code(llm):
    body = {"error": {"message": "No such model.", "code": "model_not_found"}}
    error = body_of(llm, body, 404, {"x-request-id": "req_1"})
    assert error.kind == "model_not_found"
    assert error.reason == "HTTP 404: No such model."
    assert (error.code, error.request_id) == ("model_not_found", "req_1")


def test_the_inner_object_alone_is_understood_too(llm):
    error = body_of(llm, {"message": "Slow down.", "code": "slow_down"}, 429)
    assert error.kind == "rate_limit"


def test_a_page_is_quoted_only_in_part(llm):
    error = body_of(llm, "<html>" + "x" * 9000, 502)
    assert error.kind == "provider_unavailable"
    assert len(error.reason) < 600


@pytest.mark.parametrize("body", [None, "", {}, {"error": None}, [], 5])
def test_a_body_without_a_message_leaves_the_status(llm, body):
    assert body_of(llm, body, 401).kind == "authentication"


def test_a_number_inside_http_200_is_the_real_status(llm):
    body = {"error": {"code": 502, "message": "down"}}
    assert body_of(llm, body, 200).kind == "provider_unavailable"


def test_the_wait_is_read_from_the_headers(llm):
    error = body_of(llm, {}, 429, {"retry-after": "3"})
    assert error.retry_after == 3


def test_a_key_in_the_message_is_hidden(llm):
    error = body_of(llm, {"message": "Wrong key sk-test-0123456789"}, 401)
    assert error.reason == "HTTP 401: Wrong key [redacted]"


@pytest.mark.parametrize(
    "body",
    [b"<html></html>", b'{"a": ', b"", b'{"a": "\xe9"}', b"[1]", b"null"],
)
def test_what_is_no_json_object_is_malformed(llm, body):
    with pytest.raises(llm.errors.MalformedResponseError):
        llm.http_replies.decode_body(body)


def test_deeply_nested_json_does_not_crash(llm):
    with pytest.raises(llm.errors.MalformedResponseError):
        llm.http_replies.decode_body(b"[" * 200_000)


def test_a_body_that_is_too_long_is_given_up(llm):
    chunks = [b"x" * 1024 * 1024] * 20
    with pytest.raises(llm.errors.MalformedResponseError):
        llm.http_replies.read_body(chunks, 10.0, lambda: 0.0)


def test_a_body_that_drips_beyond_the_deadline_is_a_timeout(llm):
    ticks = iter(range(100))
    with pytest.raises(llm.errors.RequestTimeoutError):
        llm.http_replies.read_body(
            [b"x"] * 50, 10.0, lambda: float(next(ticks))
        )


@pytest.mark.parametrize(
    ("status", "error", "name"),
    [
        (429, {"code": "insufficient_quota"}, "QuotaExhaustedError"),
        (429, {"code": 429, "type": "slow_down"}, "RateLimitError"),
        (400, {"code": None, "type": None}, "InvalidRequestError"),
        (404, {"type": {"not": "a name"}}, "ModelNotFoundError"),
        (200, {"code": "server_error"}, "ProviderUnavailableError"),
        (200, {}, "MalformedResponseError"),
    ],
)
def test_a_code_decides_then_a_type_then_the_status(llm, status, error, name):
    found = llm.http_replies.classify_by_code(status, error)
    assert found.__name__ == name


@pytest.mark.parametrize(
    ("body", "decoded"),
    [
        (b'{"error": {"code": 1}}', {"error": {"code": 1}}),
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"caf\xe9", "caf\ufffd"),
        (b"", ""),
    ],
)
def test_an_error_s_body_is_its_json_or_its_text(llm, body, decoded):
    assert llm.http_replies.decode_error(body) == decoded


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"x-request-id": "req_1", "x-generation-id": "gen-1"}, "req_1"),
        ({"x-generation-id": "gen-1"}, "gen-1"),
        ({}, None),
    ],
)
def test_a_request_can_be_found_again(llm, headers, found):
    assert llm.http_replies.request_id_in(headers) == found
