"""Gemini's requests read as declared, under one spelling.

The vendor takes camelCase and snake_case alike, a single value where a list
belongs, and numbers as texts; what it cannot read it names, all at once.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from course.sandbox.gemini.errors import (
    GeminiError,
    bad_request,
    unknown_field,
)
from course.sandbox.gemini.fields import ENUMS, MESSAGES, fields_of

__all__ = ["read_body"]

PACKAGE = "type.googleapis.com/google.ai.generativelanguage.v1beta"
INT32 = 2**31


class UnreadableError(Exception):
    """A value is not of its field's type; says what the vendor adds."""


def read_body(raw: bytes, message: str) -> dict[str, Any]:
    """Return a request's body with every field in snake_case.

    Fields that are null count as not sent. Raises the GeminiError that
    names all fields that cannot be read.
    """
    violations: list[tuple[str, str]] = []
    body = _message(_parsed(raw), message, "", violations)
    if violations:
        raise bad_request(*violations)
    return body


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        first = raw[:60].decode("utf-8", "replace").split("\n")[0]
        text = f"Invalid JSON payload received. Unexpected token.\n{first}\n^"
        raise GeminiError(400, text) from None
    if not isinstance(body, dict):
        raise bad_request(
            (
                "",
                'Invalid JSON payload received. Unknown name "": Root element'
                " must be a message.",
            )
        )
    return body


def _message(
    value: dict[str, Any],
    message: str,
    path: str,
    violations: list[tuple[str, str]],
) -> dict[str, Any]:
    known = fields_of(message)
    found: dict[str, Any] = {}
    for spelled, content in value.items():
        if spelled not in known:
            violations.append(unknown_field(spelled, path))
        elif content is not None:
            name, kind = known[spelled]
            where = f"{path}.{name}" if path else name
            found[name] = _value(content, kind, where, violations)
    return found


def _value(
    value: Any,
    kind: str | list[str],
    path: str,
    violations: list[tuple[str, str]],
) -> Any:
    if isinstance(kind, list):
        many = value if isinstance(value, list) else [value]
        return [
            _value(one, kind[0], f"{path}[{index}]", violations)
            for index, one in enumerate(many)
        ]
    if kind in MESSAGES and isinstance(value, dict):
        return _message(value, kind, path, violations)
    try:
        return READERS.get(kind, _no_message)(value, kind)
    except UnreadableError as error:
        shown = json.dumps(value, ensure_ascii=False)[:200]
        label = _label(kind)
        text = f"Invalid value at '{path}' ({label}), {error}{shown}"
        violations.append((path, text))
        return None


def _label(kind: str) -> str:
    if kind in MESSAGES or kind in ENUMS:
        return f"{PACKAGE}.{kind}"
    if kind == "struct":
        return "type.googleapis.com/google.protobuf.Struct"
    return f"TYPE_{kind.upper()}"


def _no_message(value: Any, kind: str) -> Any:
    raise UnreadableError


def _string(value: Any, kind: str) -> str:
    if isinstance(value, str):
        return value
    raise UnreadableError


def _bytes(value: Any, kind: str) -> str:
    """Return Base64 as it came, once it is known to be some."""
    text = _string(value, kind).translate({45: "+", 95: "/"})
    try:
        base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableError("Base64 decoding failed for ") from None
    return str(value)


def _bool(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return value
    raise UnreadableError


def _float(value: Any, kind: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnreadableError
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise UnreadableError from None


def _int32(value: Any, kind: str) -> int:
    number = _float(value, kind)
    if number != number or abs(number) >= INT32 or number != int(number):
        raise UnreadableError
    return int(number)


def _enum(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return value.upper()
    if type(value) is int:
        return value
    raise UnreadableError


def _named(value: Any, kind: str) -> str:
    """Return the name of an enum's value."""
    value, names = _enum(value, kind), ENUMS[kind]
    if value in names:
        return str(value)
    if isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    raise UnreadableError


def _struct(value: Any, kind: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise UnreadableError


def _any(value: Any, kind: str) -> Any:
    return value


READERS: dict[str, Callable[[Any, str], Any]] = {
    "any": _any,
    "bool": _bool,
    "bytes": _bytes,
    "enum": _enum,
    "float": _float,
    "int32": _int32,
    "string": _string,
    "struct": _struct,
} | dict.fromkeys(ENUMS, _named)
