"""Examples for the router's own documentation. Nothing here is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

__all__ = [
    "AUTO_EXAMPLE",
    "HEALTH_EXAMPLE",
    "RECOMMENDATION_EXAMPLE",
    "REPLY_EXAMPLE",
    "error_examples",
    "error_response",
]

Documented = dict[str, Any]
# A body that does not fit its description.
UNPROCESSABLE = int(HTTPStatus.UNPROCESSABLE_ENTITY)


# A reference, since FastAPI takes a millisecond for every model that it is
# given, and gets one for each status of each endpoint.
ERROR_SCHEMA = {"$ref": "#/components/schemas/ErrorReply"}


def _json(example: Documented, **more: Documented) -> Documented:
    return {"content": {"application/json": {"example": example, **more}}}


REPLY: Documented = {
    "status": "success",
    "message": "It asks you to slow down.",
    "model": "the-model-that-answered",
    "usage": {
        "prompt_tokens": 14,
        "completion_tokens": 7,
        "total_tokens": 21,
        "cached_tokens": 0,
        "reasoning_tokens": 0,
    },
    "provider": "openai",
    "finish_reason": "stop",
    "attempts": [
        {
            "provider": "gemini",
            "model": "the-model-that-failed",
            "status": "error",
            "error_kind": "provider_unavailable",
            "wait_seconds": 0.0,
            "latency_seconds": 0.05,
            "usage": {},
            "cost_usd": None,
        },
        {
            "provider": "openai",
            "model": "the-model-that-answered",
            "status": "success",
            "error_kind": None,
            "wait_seconds": 0.0,
            "latency_seconds": 0.4,
            "usage": {"total_tokens": 21},
            "cost_usd": None,
        },
    ],
    "cost_usd": 0.0001,
    "request_id": "req_0123",
    "simulated": False,
    "adjustments": [],
    "tool_calls": [],
    "upstream": None,
}
DAY = "2026-11-22"
WHY: Documented = {
    "target": "openai/the-model-that-answered",
    "level": "scorer",
    "reasons": ["The best balance of quality and cost for code."],
    "probability": 0.82,
    "confidence": 0.7,
    "cost": {"low": 0.0008, "expected": 0.0012, "high": 0.004},
    "runner_up": "gemini/another-model",
    "abstained": False,
    "prices_of": DAY,
    "decision_cost_usd": 0.0,
}
RECOMMENDATION: Documented = {
    **WHY,
    "provider": "openai",
    "model": "the-model-that-answered",
    "counterfactual": "It would be gemini/another-model if the limit on the"
    " cost of a call were above $0.0040.",
    "ranking": [
        {
            "target": "openai/the-model-that-answered",
            "probability": 0.82,
            "cost": {"low": 0.0008, "expected": 0.0012, "high": 0.004},
            "reasons": [],
        }
    ],
    "rejected": [
        {
            "target": "openrouter/a-model",
            "constraint": "max_cost_usd",
            "reason": "It is expected to cost $0.09, above $0.05.",
        }
    ],
}
REPLY_EXAMPLE: Documented = {
    "description": "The standard response",
    **_json(REPLY),
}
AUTO_EXAMPLE: Documented = {
    "description": "The standard response, and why its model was chosen",
    **_json({**REPLY, "recommended": WHY}),
}
RECOMMENDATION_EXAMPLE: Documented = {
    "description": "The recommendation, with all that was considered",
    **_json(RECOMMENDATION),
}
HEALTH_EXAMPLE: Documented = _json(
    {
        "status": "ok",
        "providers": {
            "openai": {
                "key_present": True,
                "breakers": {"openai/a-model": "closed"},
                "probe": None,
            }
        },
        "ledger": {"state": "ok"},
        "recommender": {
            "level": "scorer",
            "learned_from": None,
            "fault": None,
            "prices_of": DAY,
            "is_loaded": True,
        },
        "budget": {
            "caller": "alice",
            "limit_usd": 5.0,
            "charged_usd": 1.25,
            "reserved_usd": 0.0,
        },
    }
)


def error_examples(
    statuses: Mapping[str, int],
) -> dict[int | str, Documented]:
    """Return for each status the example of an error's body."""
    kinds: dict[int, str] = {UNPROCESSABLE: "invalid_request"}
    for kind, status in statuses.items():
        kinds.setdefault(int(status), kind)
    return {
        status: {
            "description": f"An error, such as {kind}",
            **_json(_error(kind), schema=ERROR_SCHEMA),
        }
        for status, kind in sorted(kinds.items())
    }


def error_response(status: int) -> Documented:
    """Return what the documentation says of a status without an example."""
    phrase = HTTPStatus(status).phrase
    schema = {"application/json": {"schema": ERROR_SCHEMA}}
    return {"description": phrase, "content": schema}


def _error(kind: str) -> Documented:
    fields = {
        "kind": kind,
        "retryable": False,
        "reason": "What went wrong, in a sentence.",
        "what_to_do": "What helps, in another.",
        "retry_after": None,
        "partial_text": "",
    }
    return {"error": fields}
