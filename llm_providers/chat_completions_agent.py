"""The agent for every provider that speaks chat completions over HTTP.

It stands on `requests` alone. A provider's own module adds what is different
there: its name, its headers, the meaning of its errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llm_providers import chat_completions
from llm_providers.agent import Agent
from llm_providers.chat_completions import Piece
from llm_providers.errors import (
    ConnectionFailedError,
    InvalidRequestError,
    MalformedResponseError,
    ProviderError,
    RequestTimeoutError,
)
from llm_providers.http_replies import (
    HttpReply,
    classify_by_code,
    decode_error,
    error_from_body,
    read_body,
)
from llm_providers.prompts import Prompt
from llm_providers.responses import Reply

if TYPE_CHECKING:
    import requests

__all__ = ["ChatCompletionsAgent"]


class ChatCompletionsAgent(Agent):
    """A provider that speaks chat completions, through `requests`.

    A subclass names its `provider`, may send `headers` of its own with every
    request, and tells in `classify` what an error of its provider means. The
    session is built at the first call and kept; it never retries, follows no
    redirect and keeps no cookie.
    """

    unlisted = chat_completions.UNLISTED
    headers: Mapping[str, str] = {}

    @cached_property
    def session(self) -> requests.Session:
        """The connections. Raises as `sendable_key` of the settings."""
        from llm_providers.sessions import KeyHeader, new_session

        auth = KeyHeader(self.settings.sendable_key())
        return new_session(auth, self.settings.base_url)

    def connect(self) -> None:
        """Build the session. Raises as `sendable_key` of the settings."""
        with self.lock:
            _ = self.session

    @property
    def shares_thread(self) -> bool:
        """Whether its session is built."""
        return "session" in vars(self)

    def build_request(self, prompt: Prompt) -> dict[str, Any]:
        """Return the chat-completions body that the model accepts."""
        parameters = self.parameters(prompt.model)
        if prompt.tools:
            parameters = parameters.with_tools
        return chat_completions.build_request(prompt, parameters)

    def parse_response(self, payload: Mapping[str, Any]) -> Reply:
        """Return the reply in a chat completion; raises ProviderError."""
        chat_completions.raise_error_inside(payload, self.refusal)
        return chat_completions.parse_response(payload)

    def parse_events(self, chunks: Iterator[bytes]) -> Iterator[Piece]:
        """Yield the pieces of a streamed completion; raises ProviderError."""
        for event in chat_completions.read_events(chunks):
            yield self.parse_event(event)

    def parse_event(self, event: Mapping[str, Any]) -> Piece:
        """Return what one event adds; raises ProviderError."""
        chat_completions.raise_error_inside(event, self.refusal)
        return chat_completions.parse_event(event)

    def classify(
        self, status: int, error: Mapping[str, Any]
    ) -> type[ProviderError]:
        """Return the exception class that an error of the provider means.

        `status` is the HTTP status, or the number that an error inside a
        reply of status 200 gives as its code; `error` holds the fields of
        the provider's error, and is empty where its body was no JSON.
        """
        return classify_by_code(status, error)

    def refusal(
        self, status: int, body: Any, headers: Mapping[str, str]
    ) -> ProviderError:
        """Return the exception that an error reply means.

        `body` is the decoded body, or its text where it was no JSON.
        """
        return error_from_body(status, body, headers, classify=self.classify)

    @contextmanager
    def exchange(
        self, body: Mapping[str, Any], prompt: Prompt, *, stream: bool
    ) -> Iterator[HttpReply]:
        """Send a chat completion; enter to get the reply, leave to end it.

        Posts to ``{base_url}/chat/completions`` with the agent's headers and
        the prompt's; a stream is asked for with its usage. Yields a reply of
        status 200, whose body is read as it arrives. Raises the
        ProviderError that any other status means.
        """
        from llm_providers.sessions import arriving, finish

        if stream:
            usage = {"include_usage": True}
            body = {**body, "stream": True, "stream_options": usage}
        with self.lock:
            post = self.session.post
        with post(
            f"{self.settings.base_url}/chat/completions",
            json=body,
            headers={**self.headers, **prompt.headers},
            timeout=self.timeout,
            stream=True,
            allow_redirects=False,
        ) as answer:
            reply = HttpReply(
                answer.status_code, answer.headers, arriving(answer)
            )
            if reply.status != 200:
                raise self.refused(reply)
            yield reply
            finish(answer)

    def refused(self, reply: HttpReply) -> ProviderError:
        """Return the exception that a reply with an error status means.

        Where its body cannot be read, the status alone decides.
        """
        from urllib3.exceptions import HTTPError

        deadline = self.clock() + self.timeout
        try:
            raw = read_body(reply.chunks, deadline, self.clock)
        except (ProviderError, HTTPError):
            raw = b""
        return self.refusal(reply.status, decode_error(raw), reply.headers)

    def translate_error(self, exception: Exception) -> Exception:
        """Return the ProviderError that an exception of the client means.

        `requests` raises until the headers are there; while the body is
        read, urllib3's own exceptions come through, so both families count.
        A timeout is asked for first, since one while connecting is a
        connection error too. What `requests` calls a ValueError was never
        sent. Anything else comes back as it is.
        """
        import requests
        from urllib3 import exceptions as urllib3

        if isinstance(exception, requests.Timeout | urllib3.TimeoutError):
            return RequestTimeoutError(
                f"No complete answer within {self.timeout:g} seconds."
            )
        if isinstance(exception, urllib3.DecodeError):
            return MalformedResponseError("The body's encoding is broken.")
        ours = isinstance(exception, requests.RequestException)
        if ours and isinstance(exception, ValueError):
            return InvalidRequestError(
                f"No request to {self.settings.base_url} can be made of this"
                f" ({type(exception).__name__}).",
                sent=False,
            )
        if ours or isinstance(exception, urllib3.HTTPError):
            return ConnectionFailedError(
                f"The connection to {self.settings.base_url} failed."
            )
        return exception
