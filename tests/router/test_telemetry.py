"""Traces by the conventions for generative AI: who was asked, never what."""

import json

import pytest
import requests
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.trace import SpanKind, StatusCode

from course.checking.serving import ServedApp

SECRET = "The word that nobody may record is xylophone."
CHAT = "/v1/chat/completions"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def url(llm, sandbox, exporter):
    """Serve the router with a tracer provider of its own."""
    told = {"LLM_ROUTER_AUTO": "gemini,openai"}
    for name in ("OPENAI", "GEMINI"):
        told[f"{name}_API_KEY"] = "sk-test-0123456789"
        told[f"{name}_BASE_URL"] = sandbox.base_url(name.lower())
    app = llm.llm_router.create_app(told)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app.state.service.telemetry = llm.router.telemetry.Telemetry(provider)
    served = ServedApp(app)
    yield served.url
    served.stop()
    provider.shutdown()


def chat(url, model="openai", headers=None, **more):
    body = {
        "model": model,
        "messages": [{"role": "user", "content": SECRET}],
        "max_tokens": 900,
    }
    return requests.post(
        url + CHAT, json=body | more, headers=headers or {}, timeout=10
    )


def spans(exporter):
    """Return the tries' spans, and the request's, which ends last."""
    *tries, request = exporter.get_finished_spans()
    return tries, request


def test_a_request_is_a_span_and_each_try_one_below_it(
    url, exporter, llm, sandbox
):
    catalogue = llm.catalogue.load_catalogue()
    asked = [catalogue.role(n, "default").id for n in ("gemini", "openai")]
    sandbox.fail_next("gemini", "overloaded")
    answer = chat(url, "auto")
    tries, request = spans(exporter)
    assert [one.name for one in tries] == [f"chat {name}" for name in asked]
    assert request.name == f"chat {asked[0]}"
    assert request.kind == SpanKind.SERVER
    below = request.context.span_id
    assert {one.parent.span_id for one in tries} == {below}
    assert {one.kind for one in tries} == {SpanKind.CLIENT}
    failed, answered = (one.attributes for one in tries)
    assert failed["gen_ai.provider.name"] == "gcp.gemini"
    assert failed["error.type"] == "provider_unavailable"
    assert tries[0].status.status_code == StatusCode.ERROR
    usage = answer.json()["usage"]
    assert answered["gen_ai.provider.name"] == "openai"
    assert answered["gen_ai.usage.input_tokens"] == usage["prompt_tokens"]
    assert answered["gen_ai.usage.output_tokens"] == usage["completion_tokens"]
    told = request.attributes
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.request.max_tokens"] == 900
    assert told["gen_ai.response.finish_reasons"] == ("stop",)
    assert told["llm_router.request_id"] == answer.headers["x-request-id"]
    assert f"openai/{told['gen_ai.response.model']}" == answer.json()["model"]
    assert "error.type" not in told


def test_tries_lie_within_their_request_in_time(url, exporter):
    chat(url)
    [one], request = spans(exporter)
    slack = 50_000_000  # Both are clocks of their own.
    assert request.start_time - slack <= one.start_time < one.end_time
    assert one.end_time <= request.end_time + slack


def test_a_skipped_target_is_an_event(url, exporter, sandbox):
    sandbox.fail_next("gemini", "overloaded", retry_after=90)
    chat(url, "auto")
    exporter.clear()
    chat(url, "auto")
    tries, request = spans(exporter)
    assert len(tries) == 1
    [event] = request.events
    assert event.attributes["llm_router.skipped"] == "skipped_open_breaker"


def test_the_caller_s_trace_goes_on(url, exporter):
    chat(url, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    _, request = spans(exporter)
    assert f"{request.context.trace_id:032x}" == TRACE
    assert f"{request.parent.span_id:016x}" == PARENT


@pytest.mark.parametrize("header", ["", "nonsense", "00-0-0-00"])
def test_without_a_trace_one_begins(url, exporter, header):
    assert chat(url, headers={"traceparent": header}).status_code == 200
    _, request = spans(exporter)
    assert request.parent is None


def test_an_error_is_told_by_its_kind(url, exporter, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    assert chat(url).status_code == 502
    [one], request = spans(exporter)
    for span in (one, request):
        assert span.attributes["error.type"] == "authentication"
        assert span.status.status_code == StatusCode.ERROR


def test_a_stream_tells_when_it_began(url, exporter):
    chat(url, stream=True)
    _, request = spans(exporter)
    assert request.attributes["gen_ai.response.time_to_first_chunk"] > 0


def test_neither_prompt_nor_answer_is_recorded(url, exporter):
    answer = chat(url).json()["choices"][0]["message"]["content"]
    for span in exporter.get_finished_spans():
        recorded = json.dumps(json.loads(span.to_json()))
        assert "xylophone" not in recorded
        assert answer not in recorded


def test_the_names_are_those_of_the_conventions(url, exporter):
    chat(url, temperature=1, stream=True)
    known = {
        value
        for name, value in vars(gen_ai_attributes).items()
        if name.startswith("GEN_AI_") and isinstance(value, str)
    }
    told = {
        name
        for one in exporter.get_finished_spans()
        for name in one.attributes
    }
    ours = {name for name in told if name.startswith("gen_ai.")}
    assert len(ours) > 6
    assert ours <= known


def test_without_a_tracer_provider_nothing_happens(llm):
    llm.router.telemetry.Telemetry().observe(None, None)
