"""How OpenAI words the refusal of a request, or of a parameter's value."""

from __future__ import annotations

from typing import Any

from course.sandbox.openai.errors import OpenAIError

__all__ = [
    "TYPE_WORDS",
    "bad",
    "missing",
    "no_json",
    "no_such_url",
    "quoted",
    "wrong_content_type",
    "wrong_type",
    "wrong_value",
]

TYPE_WORDS = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    type(None): "null",
}


def bad(message: str, param: str | None, code: str | None) -> OpenAIError:
    """Return 400 with a message, a parameter and a code."""
    return OpenAIError(400, message, param=param, code=code)


def missing(param: str) -> OpenAIError:
    """Return 400 for a parameter that has to be there."""
    return bad(
        f"Missing required parameter: '{param}'.",
        param,
        "missing_required_parameter",
    )


def wrong_type(param: str, wanted: str, value: Any) -> OpenAIError:
    """Return 400 for a value of the wrong type."""
    got = TYPE_WORDS.get(type(value), "something else")
    return bad(
        f"Invalid type for '{param}': expected {wanted}, but got {got}"
        " instead.",
        param,
        "invalid_type",
    )


def wrong_value(param: str, value: Any, allowed: tuple[str, ...]) -> Exception:
    """Return 400 for a value that is not one of those allowed."""
    return bad(
        f"Invalid value: '{value}'. Supported values are: {quoted(allowed)}.",
        param,
        "invalid_value",
    )


def quoted(names: tuple[str, ...]) -> str:
    """Return names in quotes, as the vendor lists them."""
    marked = [f"'{name}'" for name in names]
    if len(marked) < 3:
        return " and ".join(marked)
    return ", ".join(marked[:-1]) + f", and {marked[-1]}"


def no_json() -> OpenAIError:
    """Return 400 for a body that is no JSON."""
    return OpenAIError(
        400,
        "We could not parse the JSON body of your request. (HINT: This"
        " likely means you aren't using your HTTP library correctly. The"
        " OpenAI API expects a JSON payload, but what was sent was not"
        " valid JSON. If you have trouble figuring out how to fix this,"
        " please contact us through our help center at help.openai.com.)",
    )


def wrong_content_type(kind: str) -> OpenAIError:
    """Return 400 for a body that says it is something else than JSON."""
    return bad(
        f"Unsupported content type: '{kind}'. This API method only"
        " accepts 'application/json' requests, but you specified the"
        f" header 'Content-Type: {kind}'. Please try again with a"
        " supported content type.",
        None,
        "unsupported_content_type",
    )


def no_such_url(method: str, path: str, known: bool) -> OpenAIError:
    """Return 405 for another method of a `known` path, 404 otherwise."""
    if known:
        return OpenAIError(
            405,
            f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to"
            " use a different HTTP method?)",
            code="method_not_supported",
        )
    return OpenAIError(404, f"Invalid URL ({method} {path})")
