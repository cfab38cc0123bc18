"""OpenAI's ``/v1/responses`` in the sandbox, over raw HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from course.sandbox import Sandbox
from course.sandbox.openai import responses

MODELS = Path(__file__).with_name("sandbox_models.json")
KEY = "sk-test-0123456789"
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    with Sandbox(models=MODELS, today=date(2026, 11, 22)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started: Sandbox) -> Iterator[Sandbox]:
    yield started
    started.clear()


@pytest.fixture
def call(sandbox: Sandbox) -> Iterator[Any]:
    """Return a function that sends any request of the endpoint."""
    url = f"{sandbox.base_url('openai')}/responses"
    with requests.Session() as session:
        session.trust_env = False

        def send(
            method: str, path: str = "", key: str = KEY, **fields: Any
        ) -> requests.Response:
            headers = {"Authorization": f"Bearer {key}"}
            body = fields or None
            address = url + path
            return session.request(
                method, address, json=body, headers=headers, timeout=30
            )

        yield send


@pytest.fixture
def post(call: Any) -> Any:
    def send(given: Any = "What is 6 times 7?", **fields: Any) -> Any:
        body = {"model": "plain", "input": given} | fields
        return call("POST", **body)

    return send


def said(response: requests.Response) -> str:
    message = response.json()["output"][-1]
    assert message["type"] == "message" and message["role"] == "assistant"
    return str(message["content"][0]["text"])


def events(response: requests.Response) -> list[dict[str, Any]]:
    """The events, whose names and numbers are right."""
    found = []
    for number, block in enumerate(response.text.strip().split("\n\n")):
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        assert event["sequence_number"] == number
        found.append(event)
    return found


def refused(response: requests.Response) -> tuple[int, str | None, str | None]:
    error = response.json()["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    return response.status_code, error["param"], error["code"]


def test_an_answer_has_output_and_usage(post):
    body = post().json()
    assert body["object"] == "response" and body["status"] == "completed"
    assert body["id"].startswith("resp_simulated")
    assert body["model"] == "plain-2026-01-02"
    assert [one["type"] for one in body["output"]] == ["message"]
    assert "42" in body["output"][0]["content"][0]["text"]
    usage = body["usage"]
    assert usage["total_tokens"] == (
        usage["input_tokens"] + usage["output_tokens"]
    )
    assert usage["input_tokens_details"]["cached_tokens"] == 0


def test_the_same_request_gets_the_same_reply(post):
    assert post().content == post().content
    assert post().headers["x-ratelimit-limit-requests"] == "500"


def test_instructions_count_as_the_prompt(post):
    more = post(instructions="Answer in French.").json()
    assert more["instructions"] == "Answer in French."
    assert (
        more["usage"]["input_tokens"] > post().json()["usage"]["input_tokens"]
    )


def test_items_with_parts_say_what_a_text_says(post):
    part = {"type": "input_text", "text": "What is 6 times 7?"}
    assert said(post([{"role": "user", "content": [part]}])) == said(post())


def test_reasoning_comes_first_and_is_counted(post):
    body = post(model="thinking", reasoning={"effort": "high"}).json()
    assert [one["type"] for one in body["output"]] == ["reasoning", "message"]
    assert body["reasoning"] == {"effort": "high", "summary": None}
    assert body["usage"]["output_tokens_details"] == {"reasoning_tokens": 256}


def test_a_limit_makes_the_answer_incomplete(post):
    body = post("Write an essay on bees.", max_output_tokens=16).json()
    assert body["status"] == "incomplete"
    assert body["incomplete_details"] == {"reason": "max_output_tokens"}
    assert body["output"][0]["status"] == "incomplete"
    assert body["usage"]["output_tokens"] == 16


def test_thinking_can_use_the_whole_limit_up(post):
    body = post(model="thinking", max_output_tokens=32).json()
    assert [one["type"] for one in body["output"]] == ["reasoning"]
    assert body["incomplete_details"] == {"reason": "max_output_tokens"}


def test_a_schema_is_followed(post):
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "n": {"type": "integer"}},
        "required": ["city", "n"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "name": "place", "schema": schema}
    answer = post("Berlin has 3 airports.", text={"format": form})
    assert sorted(json.loads(said(answer))) == ["city", "n"]
    assert answer.json()["text"]["format"] == form


def test_a_stream_has_typed_events_in_order(post):
    found = events(post(stream=True))
    kinds = list(dict.fromkeys(one["type"] for one in found))
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    deltas = [one["delta"] for one in found if "delta" in one]
    whole = found[-1]["response"]
    assert "".join(deltas) == whole["output"][0]["content"][0]["text"]
    assert whole["usage"] == post().json()["usage"]
    assert found[0]["response"]["output"] == []


def test_a_streams_pieces_are_padded_unless_told(post):
    found = [one for one in events(post(stream=True)) if "delta" in one]
    assert all(one["obfuscation"] for one in found)
    told = {"include_obfuscation": False}
    found = events(post(stream=True, stream_options=told))
    assert not any("obfuscation" in one for one in found)


def test_a_streams_items_keep_their_places(post):
    found = events(post(model="thinking", stream=True))
    done = [
        (one["output_index"], one["item"]["type"])
        for one in found
        if one["type"] == "response.output_item.done"
    ]
    assert done == [(0, "reasoning"), (1, "message")]


def test_a_streamed_limit_ends_in_incomplete(post):
    found = events(post("Write an essay.", stream=True, max_output_tokens=16))
    assert found[-1]["type"] == "response.incomplete"
    assert found[-1]["response"]["status"] == "incomplete"


def test_a_tool_is_called_and_its_output_taken(post):
    question = {"role": "user", "content": "What is the weather in Paris?"}
    first = post([question], tools=[TOOL]).json()
    (called,) = first["output"]
    assert (called["type"], called["name"]) == ("function_call", "get_weather")
    assert json.loads(called["arguments"]) == {"city": "Paris"}
    result = {
        "type": "function_call_output",
        "call_id": called["call_id"],
        "output": "Sunny, 21 degrees.",
    }
    second = post([question, called, result], tools=[TOOL])
    assert second.json()["output"][0]["type"] == "message"


def test_a_streamed_call_brings_its_arguments_in_pieces(post):
    found = events(post("The weather in Paris?", tools=[TOOL], stream=True))
    deltas = [one["delta"] for one in found if "delta" in one]
    (done,) = (one for one in found if "arguments.done" in one["type"])
    assert "".join(deltas) == done["arguments"]
    assert found[-1]["response"]["output"][0]["arguments"] == done["arguments"]


def test_a_choice_of_tools_is_kept_to(post):
    forced = {"type": "function", "name": "get_weather"}
    body = post("Hello!", tools=[TOOL], tool_choice=forced).json()
    assert body["output"][0]["type"] == "function_call"
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": []}
    asked = "What is the weather in Paris?"
    body = post(asked, tools=[TOOL], tool_choice=allowed).json()
    assert body["output"][0]["type"] == "message"


def test_tools_go_with_reasoning_here(post):
    """Chat completions refuse it for some models, and send them here."""
    body = post(
        "The weather in Paris?",
        model="thinking",
        tools=[TOOL],
        reasoning={"effort": "low"},
    ).json()
    kinds = [one["type"] for one in body["output"]]
    assert kinds == ["reasoning", "function_call"]


def test_a_response_is_remembered(post):
    first = post("My name is Ada. What is the capital of France?").json()
    second = post("What is my name?", previous_response_id=first["id"])
    assert second.json()["previous_response_id"] == first["id"]
    alone = post("What is my name?").json()["usage"]["input_tokens"]
    assert second.json()["usage"]["input_tokens"] > alone
    assert "Ada" in said(second)


def test_a_call_is_answered_by_its_id_alone(post):
    first = post("The weather in Paris?", tools=[TOOL]).json()
    result = {
        "type": "function_call_output",
        "call_id": first["output"][0]["call_id"],
        "output": "Sunny",
    }
    body = post([result], tools=[TOOL], previous_response_id=first["id"])
    assert body.json()["output"][0]["type"] == "message"


def test_an_item_can_be_referred_to(post):
    first = post("The weather in Paris?", tools=[TOOL]).json()["output"][0]
    result = {"type": "function_call_output", "call_id": first["call_id"]}
    result |= {"output": "Sunny"}
    reference = {"type": "item_reference", "id": first["id"]}
    whole = post([first, result]).json()
    assert post([reference, result]).json()["usage"] == whole["usage"]
    reference["id"] = "msg_nothing"
    assert refused(post([reference])) == (404, "input", None)


def test_what_is_not_stored_or_anothers_is_not_found(post, call):
    unknown = (400, "previous_response_id", "previous_response_not_found")
    stored = post("One").json()["id"]
    secret = post("Two", store=False).json()["id"]
    assert refused(post(previous_response_id=secret)) == unknown
    mine = {"model": "plain", "input": "x", "previous_response_id": stored}
    assert refused(call("POST", key="sk-other", **mine)) == unknown
    assert call("POST", **mine).status_code == 200


def test_only_the_last_ones_are_remembered(post, call, monkeypatch):
    assert responses.REMEMBERED == 1_000
    monkeypatch.setattr(responses, "REMEMBERED", 2)
    one, two, three = (post(f"Number {n}").json() for n in range(3))
    assert call("GET", f"/{one['id']}").status_code == 404
    for kept in (two, three):
        assert call("GET", f"/{kept['id']}").json() == kept


def test_a_response_can_be_fetched_and_deleted(post, call):
    body = post("Fetch me").json()
    assert call("GET", f"/{body['id']}").json() == body
    assert call("DELETE", f"/{body['id']}").json()["deleted"] is True
    assert call("GET", f"/{body['id']}").status_code == 404
    assert call("DELETE", f"/{body['id']}").status_code == 404
    assert refused(call("GET")) == (405, None, "method_not_supported")


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"messages": []}, "messages", "unsupported_parameter"),
        ({"max_tokens": 9}, "max_tokens", "unsupported_parameter"),
        ({"surprise": 1}, "surprise", "unknown_parameter"),
        ({"input": 7}, "input", "invalid_type"),
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": []}, "input", "empty_array"),
        ({"input": [7]}, "input[0]", "invalid_type"),
        ({"input": [{"type": "magic"}]}, "input[0].type", "invalid_value"),
        ({"model": None}, "model", "missing_required_parameter"),
        (
            {"input": [{"role": "user", "content": [{"type": "text"}]}]},
            "input[0].content[0]",
            "invalid_value",
        ),
        (
            {"max_output_tokens": 15},
            "max_output_tokens",
            "integer_below_min_value",
        ),
        ({"max_output_tokens": 1_001}, "max_output_tokens", "invalid_value"),
        ({"temperature": 3}, "temperature", "decimal_above_max_value"),
        (
            {"reasoning": {"effort": "low"}},
            "reasoning.effort",
            "unsupported_parameter",
        ),
        (
            {"model": "fixed", "reasoning": {"effort": "none"}},
            "reasoning.effort",
            "unsupported_value",
        ),
        (
            {"tools": [{"type": "function"}]},
            "tools[0].name",
            "missing_required_parameter",
        ),
        ({"text": {"format": {"type": "json_object"}}}, "input", None),
        (
            {"text": {"format": {"type": "json_schema", "schema": {}}}},
            "text.format.name",
            "missing_required_parameter",
        ),
        ({"background": True}, "background", None),
        ({"input": "word " * 9_000}, "input", "context_length_exceeded"),
    ],
)
def test_what_is_wrong_is_refused(post, fields, param, code):
    answer = post(**({"given": "Hi"} | fields))
    assert refused(answer) == (400, param, code)
    old = ("'reasoning_effort'", "response_format.", "max_completion_tokens")
    assert not any(name in answer.text for name in old)


def test_an_image_needs_a_model_that_sees(post):
    part = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
    item = {"role": "user", "content": [part]}
    assert post([item], model="seeing").status_code == 200
    assert post([item]).status_code == 400


def test_calls_and_outputs_belong_together(post):
    output = {"type": "function_call_output", "call_id": "c", "output": "x"}
    called = {"type": "function_call", "call_id": "c"}
    called |= {"name": "f", "arguments": "{}"}
    user = {"role": "user", "content": "Hi"}
    assert "No tool call found" in post([user, output]).text
    assert "No tool output found" in post([user, called]).text
    assert post([user, called, output]).status_code == 200


def test_unknown_and_retired_models_are_not_found(post):
    assert refused(post(model="never")) == (404, None, "model_not_found")
    assert refused(post(model="gone")) == (404, None, "model_not_found")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("rate_limit", 429, "rate_limit_exceeded"),
        ("quota_exhausted", 429, "credit_balance_exhausted"),
        ("wrong_key", 401, "invalid_api_key"),
        ("overloaded", 503, "server_is_overloaded"),
        ("moderation", 400, "content_policy_violation"),
        ("context_length", 400, "context_length_exceeded"),
    ],
)
def test_errors_are_those_of_chat_completions(
    sandbox, post, fault, status, code
):
    sandbox.fail_next("openai", fault)
    answer = post()
    assert refused(answer)[::2] == (status, code)
    if fault == "rate_limit":
        assert answer.headers["Retry-After"] == "1"


def test_faults_of_the_content(sandbox, post):
    sandbox.fail_next("openai", "content_filter")
    filtered = post("Tell me about bees.").json()
    assert filtered["incomplete_details"] == {"reason": "content_filter"}
    sandbox.fail_next("openai", "refusal")
    (part,) = post().json()["output"][0]["content"]
    assert part["type"] == "refusal" and part["refusal"]
    sandbox.fail_next("openai", "empty")
    assert said(post()) == ""
    sandbox.fail_next("openai", "error_in_200")
    assert refused(post()) == (200, None, None)


def test_a_cut_stream_ends_without_its_last_event(sandbox, post):
    sandbox.fail_next("openai", "stream_cut", chunks_before=3)
    found = events(post("Tell me about bees.", stream=True))
    deltas = [one for one in found if "delta" in one]
    assert len(deltas) == 2 and found[-1] == deltas[-1]


def test_a_broken_stream_says_so_and_is_not_kept(sandbox, post, call):
    sandbox.fail_next("openai", "stream_error")
    *_, error, failed = events(post("Break off.", stream=True))
    assert error["type"] == "error" and error["code"] == "server_error"
    assert failed["type"] == "response.failed"
    assert failed["response"]["error"]["message"] == error["message"]
    assert call("GET", f"/{failed['response']['id']}").status_code == 404


def test_a_streamed_refusal_comes_in_pieces(sandbox, post):
    sandbox.fail_next("openai", "refusal")
    found = events(post(stream=True))
    deltas = [one for one in found if one["type"] == "response.refusal.delta"]
    text = "".join(one["delta"] for one in deltas)
    assert text == found[-1]["response"]["output"][0]["content"][0]["refusal"]


def test_chat_completions_do_not_load_it():
    """Whoever asks for none pays nothing for it."""
    script = (
        "import sys\n"
        "from course.sandbox import Sandbox\n"
        "import course.sandbox.openai.protocol\n"
        "import course.sandbox.requesty.protocol\n"
        "late = [n for n in sys.modules if 'responses' in n\n"
        "        or 'requesty.endpoints' in n or n.endswith('embeddings')]\n"
        "print(late)\n"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=True,
    )
    assert done.stdout.strip() == "[]"
