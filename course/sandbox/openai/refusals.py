"""How OpenAI words the refusal of a parameter's value."""

from __future__ import annotations

from typing import Any

from course.sandbox.openai.errors import OpenAIError

__all__ = [
    "TYPE_WORDS",
    "bad",
    "missing",
    "quoted",
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
