"""Whether a value satisfies a JSON schema, as far as models get them.

The keywords of structured outputs are known, without references. Any other
keyword is refused: a check that looks away would let everything pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["flaw_of", "require_known"]

TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
# What says nothing about a value.
REMARKS = ("$schema", "default", "description", "examples", "title")
KEYWORDS = frozenset(
    {
        *("additionalProperties", "anyOf", "const", "enum"),
        *("exclusiveMaximum", "exclusiveMinimum", "items", "maxItems"),
        *("maxLength", "maximum", "minItems", "minLength", "minimum"),
        *("pattern", "properties", "required", "type", *REMARKS),
    }
)


def require_known(schema: Mapping[str, Any]) -> None:
    """Raise ValueError for a schema with something that is not checked."""
    unknown = sorted(set(schema) - KEYWORDS)
    if unknown:
        raise ValueError(
            f"This check of a JSON schema knows no {', '.join(unknown)}; it "
            f"knows: {', '.join(sorted(KEYWORDS))}."
        )
    for part in _parts(schema):
        require_known(part)


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", ())
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), Mapping):
            yield schema[name]


def flaw_of(
    value: Any, schema: Mapping[str, Any], at: str = "it"
) -> str | None:
    """Return in words the first thing that is wrong; None if nothing is."""
    return next(_flaws(value, schema, at), None)


def _flaws(value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{at} is no {' or '.join(kinds)}"
        return
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if choices is not None and not any(_same(value, one) for one in choices):
        yield f"{at} is none of the values that are allowed"
    if "anyOf" in schema and all(
        flaw_of(value, one) is not None for one in schema["anyOf"]
    ):
        yield f"{at} fits none of the alternatives"
    if isinstance(value, dict):
        yield from _object_flaws(value, schema, at)
    elif isinstance(value, list):
        yield from _size_flaws(len(value), schema, "Items", at)
        for number, item in enumerate(value):
            yield from _flaws(item, schema.get("items", {}), f"{at}[{number}]")
    elif isinstance(value, str):
        yield from _size_flaws(len(value), schema, "Length", at)
        if not re.search(schema.get("pattern", ""), value):
            yield f"{at} does not match the pattern"
    elif _is(value, "number"):
        yield from _bound_flaws(value, schema, at)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES.get(kind, ()))


def _same(value: Any, other: Any) -> bool:
    """Whether two values are equal to JSON, where true is not 1."""
    return bool(value == other) and isinstance(value, bool) == isinstance(
        other, bool
    )


def _object_flaws(
    value: dict[str, Any], schema: Mapping[str, Any], at: str
) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at} has no {name}"
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name not in known and others is False:
            yield f"{at} has {name}, which is not allowed"
        part = known.get(name, others)
        if isinstance(part, Mapping):
            yield from _flaws(item, part, f"{at}.{name}")


def _size_flaws(
    size: int, schema: Mapping[str, Any], of: str, at: str
) -> Iterator[str]:
    if size < schema.get(f"min{of}", 0):
        yield f"{at} is too short"
    if size > schema.get(f"max{of}", size):
        yield f"{at} is too long"


def _bound_flaws(
    value: float, schema: Mapping[str, Any], at: str
) -> Iterator[str]:
    over, under = schema.get("exclusiveMinimum"), schema.get("minimum")
    if (over is not None and value <= over) or (
        under is not None and value < under
    ):
        yield f"{at} is too small"
    below, most = schema.get("exclusiveMaximum"), schema.get("maximum")
    if (below is not None and value >= below) or (
        most is not None and value > most
    ):
        yield f"{at} is too large"
