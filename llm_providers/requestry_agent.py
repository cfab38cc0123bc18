"""The Requestry agent: many providers' models behind one router.

"Requestry" is this course's name for the service Requesty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_providers.chat_completions_agent import ChatCompletionsAgent
from llm_providers.errors import (
    AuthenticationError,
    MalformedResponseError,
    ProviderError,
    ProviderUnavailableError,
    QuotaExhaustedError,
)

__all__ = ["RequestryAgent"]

# What a status means at this router and nowhere else. Its errors carry no
# code: source docs.requesty.ai/features/error-codes, as of 2026-11. Inside a
# reply of status 200 an error has no status either; the one that is
# documented there, a provider's broken stream, is a 502 elsewhere.
_CLASS_OF_STATUS: Mapping[int, type[ProviderError]] = {
    200: ProviderUnavailableError,
    401: AuthenticationError,
    402: QuotaExhaustedError,
    403: AuthenticationError,
    412: QuotaExhaustedError,
    424: MalformedResponseError,
}


class RequestryAgent(ChatCompletionsAgent):
    """Requesty's router, through `requests`.

    Reads ``REQUESTRY_API_KEY`` (or ``REQUESTY_API_KEY``) and
    ``REQUESTRY_BASE_URL``. Models are named ``provider/model``; what a call
    cost comes with the answer.
    """

    provider = "requestry"

    def classify(
        self, status: int, error: Mapping[str, Any]
    ) -> type[ProviderError]:
        """Return the exception class that an error of the router means.

        A key that the router does not know gets 403. A spend limit is 412.
        424 is an upstream's answer that broke the protocol: another try may
        do better. Everything else means what it means elsewhere.
        """
        if status in _CLASS_OF_STATUS:
            return _CLASS_OF_STATUS[status]
        return super().classify(status, error)
