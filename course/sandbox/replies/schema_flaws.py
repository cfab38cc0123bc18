"""Where a schema is none, or asks for more than anybody should get.

JSON schema, and the dialect of Gemini's that is close to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["flaw_of"]

COUNTS = {
    *("maxItems", "maxLength", "maxProperties"),
    *("minItems", "minLength", "minProperties"),
    *("max_items", "max_length", "max_properties"),
    *("min_items", "min_length", "min_properties"),
}
# Gemini's types also come as numbers, of which there are so many.
NUMBERED_TYPES = 8
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
        if name in COUNTS:
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
    known = type(kind) is int and 0 <= kind < NUMBERED_TYPES
    return known or isinstance(kind, str)
