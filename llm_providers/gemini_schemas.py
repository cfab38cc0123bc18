"""JSON schemas in the words of Gemini's older Schema, a subset of OpenAPI's.

The retired SDK knows no others. What a Schema has no word for, such as
``additionalProperties``, is left out: the model is told less, and nothing
else changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["old_schema", "old_words"]

JSON = dict[str, Any]

# What is told as it is; numbers and texts keep their form.
PLAIN = ("description", "required", "minItems", "maxItems")
# Levels of a schema that are told; one that holds itself has no end.
DEEPEST = 10


def old_words(body: Mapping[str, Any]) -> JSON:
    """Return a request body as the retired SDK can say it.

    `thinkingConfig` goes, ``responseJsonSchema`` and
    ``parametersJsonSchema`` become schemas of the older kind, and a
    thought's signature goes with the thoughts that it was for. The body
    itself stays as it is.
    """
    made = dict(body)
    made["contents"] = [_unsigned(content) for content in body["contents"]]
    if "generationConfig" in body:
        config = dict(body["generationConfig"])
        config.pop("thinkingConfig", None)
        if "responseJsonSchema" in config:
            schema = config.pop("responseJsonSchema")
            config["responseSchema"] = old_schema(schema)
        made["generationConfig"] = config
    if "tools" in body:
        made["tools"] = [_old_tool(tool) for tool in body["tools"]]
    return made


def _unsigned(content: Mapping[str, Any]) -> JSON:
    """Return a content without the signatures of thoughts."""
    parts = [
        {
            name: field
            for name, field in part.items()
            if name != "thoughtSignature"
        }
        for part in content["parts"]
    ]
    return {**content, "parts": parts}


def _old_tool(tool: Mapping[str, Any]) -> JSON:
    """Return a tool with its functions' parameters as older schemas."""
    declared = []
    for function in tool["functionDeclarations"]:
        made = dict(function)
        schema = made.pop("parametersJsonSchema", None)
        if schema and schema.get("properties"):
            made["parameters"] = old_schema(schema)
        declared.append(made)
    return {"functionDeclarations": declared}


def old_schema(schema: Any) -> JSON:
    """Return a JSON schema as a Schema of Gemini's.

    References are followed; of several alternatives the first that is not
    null counts. An enum holds texts only.
    """
    root = schema if isinstance(schema, Mapping) else {}
    return _old_schema(root, root, DEEPEST)


def _old_schema(schema: Any, root: Mapping[str, Any], levels: int) -> JSON:
    found = _resolved(schema, root)
    made = {name: found[name] for name in PLAIN if name in found}
    made["type"], nullable = _kind(found)
    if nullable:
        made["nullable"] = True
    if "enum" in found and made["type"] == "STRING":
        values = (value for value in found["enum"] if value is not None)
        made |= {"enum": list(map(str, values)), "format": "enum"}
    if not levels:
        return made
    if "items" in found:
        made["items"] = _old_schema(found["items"], root, levels - 1)
    if "properties" in found:
        made["properties"] = {
            name: _old_schema(part, root, levels - 1)
            for name, part in found["properties"].items()
        }
    return made


def _kind(schema: Mapping[str, Any]) -> tuple[str, bool]:
    """Return a schema's type, and whether it may be null instead."""
    kinds = schema.get("type", "object" if "properties" in schema else None)
    kinds = kinds if isinstance(kinds, list) else [kinds or "string"]
    real = [kind for kind in kinds if kind != "null"]
    nullable = len(real) < len(kinds) or bool(schema.get("nullable"))
    return (real[0] if real else "string").upper(), nullable


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with its reference followed and a choice made."""
    found: JSON = dict(schema) if isinstance(schema, Mapping) else {}
    for _ in range(DEEPEST):
        if "$ref" in found:
            found |= _referred(str(found.pop("$ref")), root)
        choices = found.pop("anyOf", None) or found.pop("oneOf", None)
        if choices:
            real = [one for one in choices if one.get("type") != "null"]
            found["nullable"] = len(real) < len(choices)
            found |= real[0] if real else {}
        elif "$ref" not in found:
            break
    return found


def _referred(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference such as ``#/$defs/Name`` stands for."""
    found: Any = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
