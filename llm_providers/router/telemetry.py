"""Traces by OpenTelemetry's conventions for generative AI.

One span for each call of a caller's, one below it for each try; a target that
was skipped is an event. The caller's trace goes on where the header
``traceparent`` says so. Neither prompts nor answers are recorded.

Names are those of the conventions as of 2026 (status: development); what
OpenTelemetry has no name for begins with ``llm_router``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import (
    TraceContextTextMapPropagator,
)

from llm_providers import __version__
from llm_providers.calls import aside
from llm_providers.router.bills import Bill
from llm_providers.router.usage_rows import AttemptRow, RequestRow, Tokens

__all__ = ["Telemetry"]

NAME = "llm_providers.router"
OPERATION = "chat"
# What the conventions call our providers; others go by their own name.
PROVIDER_NAMES: Mapping[str, str] = {
    "gemini": "gcp.gemini",
    "requestry": "requesty",
}
TOKENS: Mapping[str, str] = {
    "prompt_tokens": "gen_ai.usage.input_tokens",
    "completion_tokens": "gen_ai.usage.output_tokens",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}
NANOSECONDS = 1_000_000_000


class Telemetry:
    """Tells each call to the tracer provider, if one was configured.

    `provider` is that of the process unless it is given.
    """

    def __init__(self, provider: trace.TracerProvider | None = None) -> None:
        self._provider = provider
        self._propagator = TraceContextTextMapPropagator()

    def observe(self, bill: Bill, row: RequestRow) -> None:
        """Tell a call that has ended."""
        provider = self._provider or trace.get_tracer_provider()
        if isinstance(provider, trace.ProxyTracerProvider):
            return  # Nobody has configured one.
        # Whoever exports may wait for somebody.
        aside(partial(self._tell, provider, bill, row))

    def _tell(
        self, provider: trace.TracerProvider, bill: Bill, row: RequestRow
    ) -> None:
        tracer = provider.get_tracer(NAME, __version__)
        asked = bill.targets[0]
        span = tracer.start_span(
            f"{OPERATION} {asked.model}",
            context=self._caller_s(bill),
            kind=trace.SpanKind.SERVER,
            start_time=_nanoseconds(row.started),
            attributes=_of_request(bill, row),
        )
        below = trace.set_span_in_context(span)
        for one, seen in zip(row.attempts, bill.tries, strict=True):
            if one.status == "skipped":
                told = {"llm_router.skipped": str(one.error_kind)}
                told |= _who(one.provider, one.model)
                span.add_event("skipped", told, _nanoseconds(one.ended))
                continue
            attempt = tracer.start_span(
                f"{OPERATION} {seen.asked}",
                context=below,
                kind=trace.SpanKind.CLIENT,
                start_time=_nanoseconds(one.ended - one.latency_seconds),
                attributes=_of_attempt(one, seen.asked),
            )
            _end(attempt, one.error_kind, one.ended)
        _end(span, row.error_kind, row.started + row.latency_seconds)

    def _caller_s(self, bill: Bill) -> Any:
        """Return the context of the caller's trace; None without one."""
        context = bill.context
        if not context.traceparent:
            return None
        headers = {"traceparent": context.traceparent}
        if context.tracestate:
            headers["tracestate"] = context.tracestate
        return self._propagator.extract(headers)


def _of_request(bill: Bill, row: RequestRow) -> dict[str, Any]:
    prompt, response = bill.prompt, bill.response
    asked = bill.targets[0]
    told: dict[str, Any] = {
        **_who(row.provider, asked.model),
        **_tokens(row.tokens),
        "gen_ai.request.stream": row.streamed,
        "url.path": row.endpoint,
        "llm_router.request_id": row.request_id,
        "llm_router.caller": row.caller_name,
        "llm_router.attempts": len(row.attempts),
    }
    if row.status == "success":
        told["gen_ai.response.model"] = row.model
    beside: dict[str, Any] = {
        "gen_ai.request.max_tokens": prompt.max_tokens,
        "gen_ai.request.temperature": prompt.temperature,
        "gen_ai.response.id": response and response.request_id,
        "gen_ai.response.time_to_first_chunk": row.first_token_seconds,
        "llm_router.cost_usd": row.cost_usd,
        "llm_router.fallback_position": row.position,
    }
    if response is not None and response.finish_reason:
        beside["gen_ai.response.finish_reasons"] = [response.finish_reason]
    return told | {k: v for k, v in beside.items() if v is not None}


def _of_attempt(row: AttemptRow, asked: str) -> dict[str, Any]:
    told = {**_who(row.provider, asked), **_tokens(row.tokens)}
    if row.status == "success":
        told["gen_ai.response.model"] = row.model
    if row.cost_usd is not None:
        told["llm_router.cost_usd"] = row.cost_usd
    return told


def _who(provider: str, model: str) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": OPERATION,
        "gen_ai.provider.name": PROVIDER_NAMES.get(provider, provider),
        "gen_ai.request.model": model,
    }


def _tokens(tokens: Tokens) -> dict[str, Any]:
    return {TOKENS[name]: count for name, count in tokens.known()}


def _end(span: trace.Span, error_kind: str | None, ended: float) -> None:
    if error_kind is not None:
        span.set_attribute("error.type", error_kind)
        span.set_status(trace.StatusCode.ERROR)
    span.end(_nanoseconds(ended))


def _nanoseconds(seconds: float) -> int:
    return int(seconds * NANOSECONDS)
