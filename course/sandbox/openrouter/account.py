"""What OpenRouter remembers of an account: generations, usage, credits."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from course.sandbox.openrouter.errors import OpenRouterError, invalid
from course.sandbox.openrouter.replies import OpenRouterCompletion

__all__ = ["Accounts"]

KEPT = 1_000
CREDITS = 100.0


class Accounts:
    """One account for each key; the last thousand generations of all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generations: OrderedDict[tuple[str, str], dict[str, Any]]
        self._generations = OrderedDict()
        self._used: dict[str, float] = {}

    def remember(
        self,
        key: str,
        completion: OpenRouterCompletion,
        streamed: bool,
        headers: dict[str, str],
    ) -> None:
        """Keep what an answer was and cost; a later look finds it."""
        data = _generation(completion, streamed, headers)
        with self._lock:
            self._generations[key, completion.id] = data
            self._generations.move_to_end((key, completion.id))
            while len(self._generations) > KEPT:
                self._generations.popitem(last=False)
            self._used[key] = self._used.get(key, 0.0) + data["total_cost"]

    def generation(self, key: str, id: str) -> dict[str, Any]:
        """Return what is known of an answer; 404 for another account's."""
        if not id:
            raise invalid("Invalid input: expected string at 'id'")
        with self._lock:
            data = self._generations.get((key, id))
        if data is None:
            raise OpenRouterError(404, f"Generation {id} not found")
        return {"data": data}

    def used(self, key: str) -> float:
        """Return the USD that a key's requests have cost so far."""
        with self._lock:
            return round(self._used.get(key, 0.0), 12)

    def credits(self, key: str) -> dict[str, Any]:
        """Return what was bought and what is used, in USD."""
        return {
            "data": {"total_credits": CREDITS, "total_usage": self.used(key)}
        }

    def key(self, key: str) -> dict[str, Any]:
        """Return what is known of a key, without any part of it."""
        used = self.used(key)
        spans = ("usage", "usage_daily", "usage_weekly", "usage_monthly")
        return {
            "data": {
                "label": "simulated key",
                "limit": None,
                "limit_remaining": None,
                "limit_reset": None,
                **dict.fromkeys(spans, used),
                **dict.fromkeys((f"byok_{one}" for one in spans), 0),
                "include_byok_in_limit": False,
                "is_free_tier": False,
                "is_management_key": False,
                "is_provisioning_key": False,
                "creator_user_id": "user_simulated",
                "organization_id": None,
                "workspace_id": None,
                "expires_at": None,
                "allowed_data_regions": ["global"],
                "budgets": [],
                "effective_budget": None,
                "free_model_daily_requests": {
                    "limit": 1_000,
                    "remaining": 1_000,
                    "used": 0,
                },
                "rate_limit": {
                    "requests": -1,
                    "interval": "10s",
                    "note": "This field is deprecated.",
                },
            }
        }


def _generation(
    completion: OpenRouterCompletion, streamed: bool, headers: dict[str, str]
) -> dict[str, Any]:
    """Return a generation with all the fields that the vendor's SDK wants."""
    usage = completion.usage()
    finish = completion.plain.answers[0].finish
    prompt, answered = usage["prompt_tokens"], usage["completion_tokens"]
    latency = 300 + int(completion.plain.digest[:2], 16)
    cost = usage["cost"] or 0.0
    moment = datetime.fromtimestamp(completion.plain.created, UTC)
    return {
        "id": completion.id,
        "upstream_id": f"simulated-chatcmpl-{completion.plain.digest[:24]}",
        "request_id": f"req-simulated-{completion.plain.digest[:16]}",
        "model": completion.route.model.id,
        "provider_name": completion.route.provider,
        "created_at": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "api_type": "completions",
        "origin": headers.get("http-referer", ""),
        "http_referer": headers.get("http-referer"),
        "user_agent": headers.get("user-agent"),
        "streamed": streamed,
        "cancelled": False,
        "finish_reason": "error" if completion.error else finish,
        "native_finish_reason": completion.native(finish),
        "is_byok": False,
        "total_cost": cost,
        "usage": cost,
        "upstream_inference_cost": cost,
        "cache_discount": None,
        "tokens_prompt": prompt,
        "tokens_completion": answered,
        "native_tokens_prompt": prompt,
        "native_tokens_completion": answered,
        "native_tokens_cached": usage["prompt_tokens_details"][
            "cached_tokens"
        ],
        "native_tokens_reasoning": usage["completion_tokens_details"][
            "reasoning_tokens"
        ],
        "latency": latency,
        "generation_time": latency + 4 * answered,
        "moderation_latency": None,
        "provider_responses": None,
        "data_region": "global",
        **dict.fromkeys(NOTHING),
    }


# Fields that a plain answer of text leaves empty.
NOTHING = (
    "app_id",
    "external_user",
    "native_tokens_completion_images",
    "num_fetches",
    "num_input_audio_prompt",
    "num_media_completion",
    "num_media_prompt",
    "num_search_results",
    "preset_id",
    "router",
    "service_tier",
    "session_id",
    "web_search_engine",
    "workspace_id",
)
