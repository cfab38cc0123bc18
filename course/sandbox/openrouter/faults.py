"""OpenRouter's errors on request: what each planned fault is answered by."""

from __future__ import annotations

import json
from typing import Any

from course.sandbox.faults import PlannedFault
from course.sandbox.openai.errors import unsupported_parameter
from course.sandbox.openrouter.errors import (
    TYPES,
    OpenRouterError,
    no_endpoints,
    too_long,
    unknown_model,
    upstream,
    wrong_key,
)
from course.sandbox.openrouter.limits import (
    Asked,
    in_flight,
    quota,
    rate_limit,
)
from course.sandbox.waiting import waiting

__all__ = ["broken_chunk", "choice_error", "planned_error"]

FLAGGED = 100


def planned_error(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    """Return the error that a planned fault means for this request."""
    match fault.name:
        case "bad_parameter":
            return _bad_parameter(fault, asked)
        case "context_length":
            return too_long(asked.window, asked.window + asked.tokens, 0)
        case "echo_key":
            return wrong_key(asked.key)
        case "error_status":
            return _any_status(fault, asked)
        case "forbidden":
            return _forbidden(asked)
        case "guardrail":
            return _guardrail()
        case "in_flight_budget":
            return in_flight(fault)
        case "moderation":
            return _moderation(asked)
        case "overloaded":
            metadata = {"error_type": "provider_overloaded"}
            headers = waiting(fault, None)[1]
            return OpenRouterError(503, "", metadata, headers=headers)
        case "quota_exhausted":
            return quota(fault, asked)
        case "rate_limit":
            return rate_limit(fault, asked)
        case "retired_model":
            return no_endpoints([asked.name])
        case "unknown_model":
            return unknown_model([asked.name])
        case "wrong_key":
            return wrong_key()
    said = str(fault.options.get("message", ""))
    return OpenRouterError(500, said, {"error_type": "server"})


def _bad_parameter(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    name = str(fault.options.get("parameter", "temperature"))
    error = {"message": str(unsupported_parameter(name)), "param": name}
    return upstream(400, asked.provider, json.dumps({"error": error}))


def _any_status(fault: PlannedFault, asked: Asked) -> OpenRouterError:
    status = int(fault.options.get("status", 500))
    said = str(fault.options.get("message", ""))
    metadata: dict[str, Any] = {"error_type": TYPES.get(status, "unmapped")}
    if status in (502, 529):
        metadata["provider_name"] = asked.provider
    headers = waiting(fault, None)[1]
    return OpenRouterError(status, said, metadata, headers=headers)


def _forbidden(asked: Asked) -> OpenRouterError:
    """Return 403 for a region; the text is not from a capture."""
    return OpenRouterError(
        403,
        "This model is not available in your region.",
        {
            "provider_name": asked.provider,
            "error_type": "permission_denied",
        },
    )


def _guardrail() -> OpenRouterError:
    return OpenRouterError(
        403,
        "Request blocked: the prompt matches a pattern of your guardrail.",
        {"patterns": ["simulated-pattern"]},
    )


def _moderation(asked: Asked) -> OpenRouterError:
    flagged = asked.prompt
    if len(flagged) > FLAGGED:
        half = FLAGGED // 2
        flagged = f"{flagged[: half - 2]}...{flagged[1 - half :]}"
    return OpenRouterError(
        403,
        f"{asked.name} requires moderation on {asked.provider}. Your input"
        ' was flagged for "harassment". No credits were charged.',
        {
            "reasons": ["harassment"],
            "flagged_input": flagged,
            "provider_name": asked.provider,
            "model_slug": asked.name,
        },
    )


def choice_error(fault: PlannedFault, provider: str) -> OpenRouterError:
    """Return the error that stands in a choice of a successful answer."""
    status = int(fault.options.get("status", 502))
    return OpenRouterError(
        status,
        "Upstream error: the provider disconnected",
        {
            "error_type": TYPES.get(status, "unmapped"),
            "provider_name": provider,
        },
    )


def broken_chunk(frame: dict[str, Any], code: Any) -> dict[str, Any]:
    """Return the event that tells of an error in the middle of a stream.

    `code` is a number, or a word as on one page of the documentation.
    """
    kind = TYPES.get(code, "server") if isinstance(code, int) else "server"
    choice = {
        "index": 0,
        "delta": {"role": "assistant", "content": ""},
        "logprobs": None,
        "finish_reason": "error",
        "native_finish_reason": "error",
    }
    error = {
        "code": code,
        "message": "Provider disconnected unexpectedly",
        "metadata": {"error_type": kind},
    }
    return frame | {"error": error, "choices": [choice]}
