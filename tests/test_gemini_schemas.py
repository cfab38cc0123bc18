"""JSON schemas in the words of Gemini's older kind."""

import pytest


def test_types_are_names_in_capitals(llm):
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "Who."},
            "tags": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["name"],
        "additionalProperties": False,
    }
    assert llm.gemini_schemas.old_schema(schema) == {
        "type": "OBJECT",
        "properties": {
            "name": {"type": "STRING", "description": "Who."},
            "tags": {"type": "ARRAY", "items": {"type": "INTEGER"}},
        },
        "required": ["name"],
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["integer", "null"]},
        {"type": "integer", "nullable": True},
        {"anyOf": [{"type": "null"}, {"type": "integer"}]},
        {"oneOf": [{"type": "integer"}, {"type": "null"}]},
    ],
)
def test_what_may_be_null_is_nullable(llm, schema):
    found = llm.gemini_schemas.old_schema(schema)
    assert found == {"type": "INTEGER", "nullable": True}


def test_an_enum_holds_texts(llm):
    found = llm.gemini_schemas.old_schema({"enum": ["red", "green"]})
    assert found == {
        "type": "STRING",
        "format": "enum",
        "enum": ["red", "green"],
    }


def test_references_are_followed(llm):
    schema = {
        "properties": {"who": {"$ref": "#/$defs/Person"}},
        "$defs": {"Person": {"properties": {"age": {"type": "number"}}}},
    }
    person = {"type": "OBJECT", "properties": {"age": {"type": "NUMBER"}}}
    found = llm.gemini_schemas.old_schema(schema)
    assert found == {"type": "OBJECT", "properties": {"who": person}}


def test_a_schema_that_holds_itself_comes_to_an_end(llm):
    node = {"properties": {"next": {"$ref": "#"}}}
    assert llm.gemini_schemas.old_schema(node)["type"] == "OBJECT"
    itself = {"$ref": "#"}
    assert llm.gemini_schemas.old_schema(itself)["type"] == "STRING"


def test_a_request_loses_only_what_cannot_be_said(llm):
    part = {"functionCall": {"name": "now"}, "thoughtSignature": "Zm9"}
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    body = {
        "contents": [{"role": "model", "parts": [part]}],
        "generationConfig": {
            "maxOutputTokens": 9,
            "thinkingConfig": {"thinkingLevel": "LOW"},
            "responseJsonSchema": schema,
        },
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "f", "parametersJsonSchema": schema},
                    {"name": "g", "parametersJsonSchema": {"type": "object"}},
                ]
            }
        ],
    }
    older = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
    assert llm.gemini_schemas.old_words(body) == {
        "contents": [
            {"role": "model", "parts": [{"functionCall": {"name": "now"}}]}
        ],
        "generationConfig": {"maxOutputTokens": 9, "responseSchema": older},
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "f", "parameters": older},
                    {"name": "g"},
                ]
            }
        ],
    }
