"""What both of Google's SDKs do for the Gemini agent: send one request."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from llm_providers.http_replies import HttpReply
from llm_providers.prompts import Prompt
from llm_providers.settings import ProviderSettings

__all__ = ["GeminiSender"]


class GeminiSender:
    """One of the SDKs, with a client of its own that is built once.

    `timeout` and `stream_timeout` are in seconds, as the agent's.
    """

    def __init__(
        self,
        settings: ProviderSettings,
        timeout: float,
        stream_timeout: float,
    ) -> None:
        self.settings = settings
        self.timeout = timeout
        self.stream_timeout = stream_timeout
        self.lock = threading.Lock()

    @property
    def client(self) -> Any:
        """The SDK's client, built once. Raises as `connect`."""
        raise NotImplementedError

    def connect(self) -> None:
        """Build the client. Raises as `sendable_key` of the settings."""
        with self.lock:
            _ = self.client

    @property
    def shares_thread(self) -> bool:
        """What `Agent.shares_thread` says, for this SDK."""
        return False

    def send(
        self, body: Mapping[str, Any], prompt: Prompt, *, stream: bool
    ) -> AbstractContextManager[HttpReply]:
        """Send a request; enter to get the reply, leave to end it.

        The reply is given whatever its status is, its body unread.
        """
        raise NotImplementedError

    def translate_error(self, exception: Exception) -> Exception:
        """Return the ProviderError that the client's exception means.

        An exception that is not the client's comes back as it is.
        """
        raise NotImplementedError
