"""Is a provider there? One raw request, without any SDK."""

from __future__ import annotations

import requests

from llm_providers.errors import (
    ConnectionFailedError,
    MalformedResponseError,
    RequestTimeoutError,
)
from llm_providers.http_replies import decode_body, error_from_body
from llm_providers.settings import ProviderSettings

__all__ = ["list_models"]


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
