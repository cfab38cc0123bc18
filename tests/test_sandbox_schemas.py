"""Schemas that are none are refused by every provider of chat completions."""

import json

import pytest
import requests

from course.kit import Kit


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": []},
        {"type": "string", "minLength": 10**20},
        {"$ref": "#/$defs/nowhere"},
        {"type": "array", "items": {"enum": 1}},
        {"type": {}},
    ],
)
@pytest.mark.parametrize("provider", ["openai", "requestry", "openrouter"])
def test_a_schema_that_is_none_is_refused(provider, schema, sandbox):
    file = Kit().data / "models.json"
    model = json.loads(file.read_bytes())["roles"][provider]["default"]
    named = {"name": "answer", "schema": schema}
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "A city"}],
        "response_format": {"type": "json_schema", "json_schema": named},
    }
    answer = requests.post(
        sandbox.base_url(provider) + "/chat/completions",
        json=body,
        headers={"Authorization": "Bearer k"},
        timeout=30,
    )
    assert answer.status_code == 400
