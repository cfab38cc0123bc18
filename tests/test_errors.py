"""The error tree: classified by status and code, never by text."""

import ast
import inspect

import pytest

BY_STATUS = [
    (400, "InvalidRequestError"),
    (401, "AuthenticationError"),
    (402, "QuotaExhaustedError"),
    (403, "PermissionDeniedError"),
    (404, "ModelNotFoundError"),
    (408, "RequestTimeoutError"),
    (422, "InvalidRequestError"),
    (429, "RateLimitError"),
    (500, "ProviderUnavailableError"),
    (502, "ProviderUnavailableError"),
    (503, "ProviderUnavailableError"),
    (504, "RequestTimeoutError"),
    (529, "ProviderUnavailableError"),
]


@pytest.mark.exercise("1.6")
def test_each_documented_status_has_its_class(llm):
    found = [(n, llm.errors.error_class_for(n).__name__) for n, _ in BY_STATUS]
    assert found == BY_STATUS


@pytest.mark.exercise("1.6")
def test_a_code_says_more_than_its_status(llm):
    found = llm.errors.error_class_for(429, "insufficient_quota")
    assert found.__name__ == "QuotaExhaustedError"


@pytest.mark.exercise("1.6")
def test_a_context_that_is_too_long_is_told_from_other_400s(llm):
    found = llm.errors.error_class_for(400, "context_length_exceeded")
    assert found.__name__ == "ContextLengthError"


@pytest.mark.exercise("1.6")
def test_an_unknown_code_leaves_it_to_the_status(llm):
    found = llm.errors.error_class_for(401, "something_new")
    assert found.__name__ == "AuthenticationError"


@pytest.mark.exercise("1.6")
def test_any_other_5xx_is_the_provider_s_fault(llm):
    names = {llm.errors.error_class_for(n).__name__ for n in (507, 524, 599)}
    assert names == {"ProviderUnavailableError"}


@pytest.mark.exercise("1.6")
def test_any_other_4xx_is_the_request_s_fault(llm):
    names = {llm.errors.error_class_for(n).__name__ for n in (405, 413, 418)}
    assert names == {"InvalidRequestError"}


@pytest.mark.exercise("1.6")
def test_an_error_inside_http_200_breaks_the_protocol(llm):
    found = llm.errors.error_class_for(200)
    assert found.__name__ == "MalformedResponseError"


@pytest.mark.exercise("1.6")
def test_a_known_code_decides_inside_http_200_too(llm):
    found = llm.errors.error_class_for(200, "rate_limit_exceeded")
    assert found.__name__ == "RateLimitError"


@pytest.mark.exercise("1.6")
def test_what_is_below_400_is_no_error_reply(llm):
    names = {llm.errors.error_class_for(n).__name__ for n in (204, 302, 399)}
    assert names == {"MalformedResponseError"}


@pytest.mark.parametrize(
    "code",
    [
        "credit_balance_exhausted",
        "insufficient_quota",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "project_spend_limit_exceeded",
    ],
)
def test_billing_codes_are_never_retried(llm, code):
    found = llm.errors.error_class_for(429, code)
    assert found.__name__ == "QuotaExhaustedError"
    assert found("x").retryable is False


def test_a_reason_never_shows_a_key(llm):
    error = llm.errors.AuthenticationError("wrong key sk-test-0123456789")
    assert error.reason == "wrong key [redacted]"


def test_a_retired_model_names_its_replacement(llm):
    error = llm.errors.ModelRetiredError("gone", replacement="the-new-one")
    assert error.what_to_do == "Use the-new-one in its place."


def test_a_retired_model_without_a_replacement_still_says_what_to_do(llm):
    error = llm.errors.ModelRetiredError("gone")
    assert "list" in error.what_to_do


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes(llm):
    errors = llm.errors
    drawn = [
        line.split("─")[-1].split()[0]
        for line in errors.__doc__.splitlines()
        if "── " in line
    ]
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.ProviderError)
    }
    assert set(drawn) == classes - {"ProviderError"}


def test_every_kind_is_different_and_says_what_to_do(llm):
    errors = llm.errors
    classes = [
        getattr(errors, name)
        for name in errors.__all__
        if name.endswith("Error")
    ]
    kinds = [found.kind for found in classes]
    assert len(set(kinds)) == len(kinds)
    assert all(found("x").what_to_do.endswith(".") for found in classes)


def test_no_module_looks_into_the_text_of_an_exception(llm):
    for module in ("errors", "http_replies", "openai_agent", "retry"):
        tree = ast.parse(inspect.getsource(getattr(llm, module)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                assert "str(" not in ast.unparse(node)
