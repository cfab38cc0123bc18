"""Gemini's schemas as JSON schemas: its own dialect is OpenAPI's subset."""

from __future__ import annotations

from typing import Any

__all__ = ["json_schema"]

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
