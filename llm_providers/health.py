"""Is a provider there? One raw request, without any SDK."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import requests
from urllib3 import exceptions as urllib3

from llm_providers.errors import (
    ConnectionFailedError,
    MalformedResponseError,
    ProviderError,
    RequestTimeoutError,
)
from llm_providers.http_replies import (
    HttpReply,
    decode_body,
    decode_error,
    error_from_body,
    read_body,
)
from llm_providers.sessions import KeyHeader, arriving, new_session
from llm_providers.settings import ProviderSettings

__all__ = ["ProviderHealth", "check_provider", "list_models"]

# The most models that Gemini lists at once.
PAGE_SIZE = "1000"


@dataclass(frozen=True)
class ProviderHealth:
    """How a provider is doing. Holds no key, nor a part of one.

    `mode` tells who answered, a sandbox or the live service; `reachable` is
    None where nothing was sent; `models` is how many the provider lists;
    `latency_seconds` is the time until its first answer was there. `error`
    is the plain reason why there is no list. What is not known is None.
    """

    provider: str
    key_present: bool
    mode: Literal["sandbox", "live"] | None = None
    reachable: bool | None = None
    models: int | None = None
    latency_seconds: float | None = None
    error: str | None = None

    @property
    def well(self) -> bool:
        """Whether the provider answered with a list of models."""
        return self.models is not None


def list_models(
    provider: ProviderSettings, timeout: float = 10.0
) -> list[str]:
    """Return the ids of the models that a provider lists, sorted.

    Sends ``GET {base_url}/models`` with the key as bearer token; `timeout`
    is in seconds. For providers that list models as OpenAI does. Raises
    MissingKeyError before anything is sent, RequestTimeoutError,
    ConnectionFailedError, the error that a status means, or
    MalformedResponseError for a list of another shape. No chain of
    exceptions leads from them to the request, which holds the key.
    """
    key = provider.require_key().reveal()
    try:
        answer = requests.get(
            f"{provider.base_url}/models",
            headers={"Authorization": f"Bearer {key}"},
            timeout=timeout,
        )
    except requests.Timeout:
        failure: Exception = RequestTimeoutError("No model list in time.")
    except requests.RequestException:
        failure = ConnectionFailedError(
            f"{provider.base_url} could not be reached."
        )
    else:
        if answer.ok:
            return _ids(answer.content)
        failure = _refusal(answer)
    raise failure


def _ids(body: bytes) -> list[str]:
    try:
        rows = decode_body(body)["data"]
        return sorted(row["id"] for row in rows)
    except (KeyError, TypeError):
        raise MalformedResponseError(
            "The model list has another shape."
        ) from None


def _refusal(answer: requests.Response) -> Exception:
    try:
        body: object = decode_body(answer.content)
    except MalformedResponseError:
        body = answer.text
    return error_from_body(answer.status_code, body, answer.headers)


def check_provider(
    settings: ProviderSettings,
    timeout: float = 10.0,
    clock: Callable[[], float] = time.monotonic,
) -> ProviderHealth:
    """Return how a provider is doing; never raises for its faults.

    Asks for the list of models, which costs nothing, for `timeout` seconds
    at most. Without a key nothing is sent. A router lists its models to
    everybody: there an answer does not prove the key.
    """
    known: dict[str, Any] = {"key_present": bool(settings.api_key)}
    try:
        known["models"] = _count_models(settings, timeout, clock, known)
    except ProviderError as error:
        known["error"] = error.reason
    except (requests.Timeout, urllib3.TimeoutError):
        known["error"] = f"No model list within {timeout:g} seconds."
    except (requests.RequestException, urllib3.HTTPError):
        known["error"] = f"The connection to {settings.base_url} failed."
    if known["key_present"]:
        known.setdefault("reachable", False)
    return ProviderHealth(settings.provider, **known)


def _count_models(
    settings: ProviderSettings,
    timeout: float,
    clock: Callable[[], float],
    known: dict[str, Any],
) -> int:
    """Return how many models all pages list; note in `known` who answers."""
    path, query, auth = _way_to_models(settings)
    started = clock()
    count = 0
    with new_session(auth, settings.base_url) as session:
        while True:
            with session.get(
                settings.base_url + path,
                params=query,
                timeout=timeout,
                stream=True,
                allow_redirects=False,
            ) as answer:
                reply = HttpReply(
                    answer.status_code, answer.headers, arriving(answer)
                )
                known["reachable"] = True
                known["mode"] = "sandbox" if reply.simulated else "live"
                raw = read_body(reply.chunks, started + timeout, clock)
            known.setdefault("latency_seconds", clock() - started)
            page = _page(reply, raw)
            count += len(page["models"])
            if not page.get("nextPageToken"):
                return count
            query["pageToken"] = page["nextPageToken"]


def _way_to_models(
    settings: ProviderSettings,
) -> tuple[str, dict[str, str], KeyHeader]:
    """Return the path, the query and the key's header of a model list."""
    key = settings.sendable_key()
    if settings.provider == "gemini":
        header = KeyHeader(key, "x-goog-api-key", "")
        return "/v1/models", {"pageSize": PAGE_SIZE}, header
    return "/models", {}, KeyHeader(key)


def _page(reply: HttpReply, raw: bytes) -> dict[str, Any]:
    """Return a page of the list, its rows as `models`.

    Raises the error that another status means, MalformedResponseError for
    a list of another shape.
    """
    if reply.status != 200:
        body = decode_error(raw)
        raise error_from_body(reply.status, body, reply.headers)
    page = decode_body(raw)
    rows = page.get("models", page.get("data"))
    if not isinstance(rows, list):
        raise MalformedResponseError("The model list has another shape.")
    return {**page, "models": rows}
