"""Gemini's schemas as JSON schemas: its own dialect is OpenAPI's subset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["flaw_of", "json_schema"]

# google-generativeai sends the numbers.
TYPES = (
    "TYPE_UNSPECIFIED",
    "STRING",
    "NUMBER",
    "INTEGER",
    "BOOLEAN",
    "ARRAY",
    "OBJECT",
    "NULL",
)

RENAMED = {
    "any_of": "anyOf",
    "max_items": "maxItems",
    "max_length": "maxLength",
    "max_properties": "maxProperties",
    "min_items": "minItems",
    "min_length": "minLength",
    "min_properties": "minProperties",
    "additional_properties": "additionalProperties",
}
COUNTS = {
    "maxItems",
    "maxLength",
    "maxProperties",
    "minItems",
    "minLength",
    "minProperties",
}


def json_schema(schema: Any) -> Any:
    """Return the JSON schema that a schema of Gemini's means.

    Types come as names in capitals or as numbers, counts also as texts, and
    ``nullable`` adds null. A JSON schema comes out as it went in.
    """
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {
        RENAMED.get(str(name), str(name)): part
        for name, part in schema.items()
    }
    nullable = found.pop("nullable", False)
    for name, part in found.items():
        found[name] = _part(name, part)
    if nullable is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return found


def _part(name: str, part: Any) -> Any:
    if name == "type":
        return _type(part)
    if name in ("properties", "$defs", "defs") and isinstance(part, dict):
        return {key: json_schema(value) for key, value in part.items()}
    if name in ("items", "additionalProperties"):
        return json_schema(part)
    if name in ("anyOf", "oneOf", "allOf") and isinstance(part, list):
        return [json_schema(one) for one in part]
    if name in COUNTS and isinstance(part, str) and part.isdigit():
        return int(part)
    return part


def _type(kind: Any) -> Any:
    if type(kind) is int and 0 <= kind < len(TYPES):
        kind = TYPES[kind]
    if isinstance(kind, list):
        return [_type(one) for one in kind]
    return kind.lower() if isinstance(kind, str) else kind


DEEPEST = 32
NAMED = ("properties", "$defs", "defs", "definitions")
LISTED = ("anyOf", "any_of", "oneOf", "allOf", "prefixItems")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
# A count beyond it would be answered with as much text.
LARGEST = 100_000
TEXTS = ("title", "description", "pattern", "format")


def flaw_of(schema: Any, path: str) -> str | None:
    """Return where a schema is none; None for one that can be followed."""
    return _Inspection(schema).flaw_of(schema, path, 0)


class _Inspection:
    """A look at every part of a schema; references lead to its root."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def flaw_of(self, schema: Any, path: str, depth: int) -> str | None:
        if not isinstance(schema, dict) or depth > DEEPEST:
            return path
        for name, part in schema.items():
            flaw = self._flaw(name, part, f"{path}.{name}", depth + 1)
            if flaw is not None:
                return flaw
        return None

    def _flaw(self, name: str, part: Any, path: str, depth: int) -> str | None:
        if name in ("additionalProperties", "additional_properties"):
            either = isinstance(part, bool)
            return None if either else self.flaw_of(part, path, depth)
        if name == "items":
            return self.flaw_of(part, path, depth)
        if name in NAMED and isinstance(part, dict):
            return self._first(part.items(), path, depth)
        if name in LISTED and isinstance(part, list):
            return self._first(enumerate(part), path, depth)
        return None if self._is_sound(name, part) else path

    def _first(
        self, parts: Iterable[tuple[Any, Any]], path: str, depth: int
    ) -> str | None:
        flaws = (
            self.flaw_of(part, f"{path}[{key}]", depth) for key, part in parts
        )
        return next((flaw for flaw in flaws if flaw is not None), None)

    def _is_sound(self, name: str, part: Any) -> bool:
        if name in NAMED or name in LISTED:
            return False
        if name == "required":
            return isinstance(part, list) and _are_texts(part)
        if name == "enum":
            return isinstance(part, list)
        if name == "$ref":
            return isinstance(part, str) and self._is_known(part)
        if name == "type":
            return _is_type(part)
        if name in BOUNDS:
            return _is_bound(part)
        if RENAMED.get(name, name) in COUNTS:
            return _is_bound(part) and 0 <= int(part) <= LARGEST
        return name not in TEXTS or isinstance(part, str)

    def _is_known(self, reference: str) -> bool:
        target = self._root
        for step in reference.lstrip("#/").split("/"):
            if not isinstance(target, dict):
                return False
            target = target.get(step) if step else target
        return isinstance(target, dict)


def _are_texts(parts: list[Any]) -> bool:
    return all(isinstance(one, str) for one in parts)


def _is_bound(part: Any) -> bool:
    if isinstance(part, str):
        return part.isascii() and part.isdigit() and len(part) < 6
    number = isinstance(part, int | float) and not isinstance(part, bool)
    return number and abs(part) < LARGEST**3


def _is_type(kind: Any) -> bool:
    if isinstance(kind, list):
        return bool(kind) and _are_texts(kind)
    known = type(kind) is int and 0 <= kind < len(TYPES)
    return known or isinstance(kind, str)
