"""The OpenAI agent: the `openai` SDK behind the shared interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import finalize

from llm_providers import chat_completions
from llm_providers.agent import Agent
from llm_providers.errors import (
    ConnectionFailedError,
    RequestTimeoutError,
)
from llm_providers.http_replies import HttpReply, error_from_body
from llm_providers.prompts import Prompt
from llm_providers.responses import Reply

if TYPE_CHECKING:
    from llm_providers.repeating_openai import RepeatingClient

__all__ = ["OpenAIAgent"]


class OpenAIAgent(Agent):
    """OpenAI's models, plain and reasoning, through the official SDK.

    Reads ``OPENAI_API_KEY`` and ``OPENAI_BASE_URL``. The SDK's own retries
    are off, since the agent has a retry layer; its client is built at the
    first call and kept.
    """

    provider = "openai"
    unlisted = chat_completions.UNLISTED
    # Whether the client's connections are those of `sessions`.
    is_pooled = False

    @cached_property
    def client(self) -> RepeatingClient:
        """The SDK's client. Raises as `sendable_key` of the settings."""
        import openai

        from llm_providers.pooled_http import direct_transport
        from llm_providers.repeating_openai import RepeatingClient
        from llm_providers.stoppable_http import make_stoppable

        key = self.settings.sendable_key().reveal()
        transport = direct_transport()
        self.is_pooled = transport is not None
        http = openai.DefaultHttpxClient(transport=transport)
        make_stoppable(http)
        client = RepeatingClient(
            api_key=key,
            base_url=self.settings.base_url,
            timeout=self.timeout,
            max_retries=0,
            http_client=http,
            transport=transport,
        )
        # The SDK closes by itself only the HTTP client that it has made.
        finalize(client, http.close)
        return client

    def connect(self) -> None:
        """Build the client. Raises as `sendable_key` of the settings."""
        with self.lock:
            _ = self.client

    @property
    def shares_thread(self) -> bool:
        """Whether its client is built, and stands on our connections."""
        return self.is_pooled and "client" in vars(self)

    def build_request(self, prompt: Prompt) -> dict[str, Any]:
        """Return the chat-completions body that the model accepts."""
        parameters = self.parameters(prompt.model)
        if prompt.tools:
            parameters = parameters.with_tools
        return chat_completions.build_request(prompt, parameters)

    def parse_response(self, payload: Mapping[str, Any]) -> Reply:
        """Return the reply in a chat completion."""
        return chat_completions.parse_response(payload)

    def parse_events(
        self, chunks: Iterator[bytes]
    ) -> Iterator[chat_completions.Piece]:
        """Yield the pieces of a streamed chat completion."""
        for event in chat_completions.read_events(chunks):
            yield chat_completions.parse_event(event)

    @contextmanager
    def exchange(
        self, body: Mapping[str, Any], prompt: Prompt, *, stream: bool
    ) -> Iterator[HttpReply]:
        """Send a chat completion; the SDK raises for an error status.

        Not through the SDK's `create`: that walks through every field of the
        body by its type first, which takes as long as all else that it does,
        and would change nothing in a body that is complete.
        """
        if stream:
            usage = {"include_usage": True}
            body = {**body, "stream": True, "stream_options": usage}
        with self.lock:
            client = self.client
        with client.exchange(
            "/chat/completions", body, prompt.headers, self.timeout
        ) as reply:
            yield reply

    def translate_error(self, exception: Exception) -> Exception:
        """Return the ProviderError that an exception of the SDK means.

        A timeout is a connection error to the SDK, so it is asked for
        first. While a body is read, the SDK lets the exceptions of its HTTP
        library through, so both families count. Anything else comes back
        as it is.
        """
        import httpx2
        import openai

        if isinstance(
            exception, openai.APITimeoutError | httpx2.TimeoutException
        ):
            return RequestTimeoutError(
                f"No complete answer within {self.timeout:g} seconds."
            )
        if isinstance(
            exception, openai.APIConnectionError | httpx2.TransportError
        ):
            return ConnectionFailedError(
                f"The connection to {self.settings.base_url} failed."
            )
        if isinstance(exception, openai.APIStatusError):
            return error_from_body(
                exception.status_code,
                exception.body,
                exception.response.headers,
            )
        return exception
