"""Requests and JSON schemas in the words of Gemini's older kind."""

import json

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


def asked(**fields):
    """Return a request body with one question in it."""
    question = {"role": "user", "parts": [{"text": "Hello"}]}
    return {"contents": [question], **fields}


SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}}
OLDER = {"type": "OBJECT", "properties": {"age": {"type": "INTEGER"}}}


@pytest.mark.exercise("3.10")
def test_a_plain_request_stays_as_it_is(llm):
    assert llm.gemini_schemas.old_words(asked()) == asked()


@pytest.mark.exercise("3.10")
def test_what_both_have_words_for_is_kept(llm):
    more = {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
    }
    assert llm.gemini_schemas.old_words(asked(**more)) == asked(**more)


def config_in_old_words(llm, **config):
    """Return what becomes of a generationConfig."""
    body = llm.gemini_schemas.old_words(asked(generationConfig=config))
    return body.get("generationConfig")


@pytest.mark.exercise("3.10")
def test_limits_and_temperature_are_kept(llm):
    config = {"maxOutputTokens": 9, "temperature": 0.0}
    assert config_in_old_words(llm, **config) == config


@pytest.mark.exercise("3.10")
def test_so_is_whatever_else_stands_in_the_config(llm):
    config = {"stopSequences": ["END"], "responseMimeType": "text/plain"}
    config["candidateCount"] = 1
    assert config_in_old_words(llm, **config) == config


@pytest.mark.exercise("3.10")
def test_a_thinking_level_is_left_out(llm):
    thinking = {"thinkingLevel": "LOW"}
    found = config_in_old_words(
        llm, maxOutputTokens=9, thinkingConfig=thinking
    )
    assert found == {"maxOutputTokens": 9}


@pytest.mark.exercise("3.10")
def test_a_schema_gets_the_older_name_and_words(llm):
    found = config_in_old_words(llm, responseJsonSchema=SCHEMA)
    assert found == {"responseSchema": OLDER}


@pytest.mark.exercise("3.10")
def test_a_thought_s_signature_goes_with_the_thought(llm):
    part = {"functionCall": {"name": "now"}, "thoughtSignature": "Zm9v"}
    body = {"contents": [{"role": "model", "parts": [part]}]}
    left = {"role": "model", "parts": [{"functionCall": {"name": "now"}}]}
    assert llm.gemini_schemas.old_words(body) == {"contents": [left]}


@pytest.mark.exercise("3.10")
def test_the_parameters_of_a_function_are_told_in_older_words(llm):
    new = {"name": "greet", "parametersJsonSchema": SCHEMA}
    old = {"name": "greet", "parameters": OLDER}
    body = asked(tools=[{"functionDeclarations": [new]}])
    found = llm.gemini_schemas.old_words(body)
    assert found["tools"] == [{"functionDeclarations": [old]}]


@pytest.mark.exercise("3.10")
def test_the_request_itself_is_not_changed(llm):
    config = {
        "thinkingConfig": {"thinkingLevel": "LOW"},
        "responseJsonSchema": SCHEMA,
    }
    body = asked(generationConfig=config)
    before = json.loads(json.dumps(body))
    llm.gemini_schemas.old_words(body)
    assert body == before


@pytest.mark.exercise("3.10")
def test_all_contents_lose_their_signatures_and_the_body_keeps_them(llm):
    names = ("now", "here")
    turns = [
        {"role": "model", "parts": [{"functionCall": {"name": name}}]}
        for name in names
    ]
    body = {"contents": json.loads(json.dumps(turns))}
    for turn in body["contents"]:
        turn["parts"][0]["thoughtSignature"] = "Zm9v"
    before = json.loads(json.dumps(body))
    assert llm.gemini_schemas.old_words(body) == {"contents": turns}
    assert body == before


@pytest.mark.exercise("3.10")
def test_all_tools_are_told_in_older_words(llm):
    new = {"name": "greet", "parametersJsonSchema": SCHEMA}
    old = {"name": "greet", "parameters": OLDER}
    body = asked(tools=[{"functionDeclarations": [new]}] * 2)
    found = llm.gemini_schemas.old_words(body)
    assert found["tools"] == [{"functionDeclarations": [old]}] * 2


@pytest.mark.exercise("3.10")
def test_the_tools_of_the_request_itself_stay_as_they_are(llm):
    new = {"name": "greet", "parametersJsonSchema": SCHEMA}
    body = asked(tools=[{"functionDeclarations": [new]}])
    before = json.loads(json.dumps(body))
    llm.gemini_schemas.old_words(body)
    assert body == before


@pytest.mark.exercise("3.10")
def test_a_schema_that_asks_for_nothing_changes_its_name_too(llm):
    found = config_in_old_words(llm, responseJsonSchema={})
    assert list(found) == ["responseSchema"]
