"""Gemini through `google-genai`, the SDK that Google maintains.

The SDK addresses the request: where to, which version, with which headers
and key. Its HTTP client, ours, brings the body along and takes the reply to
the agent, unread. Left to itself the SDK

- reads a body without any limit of size, and without one of time where it
  drips in,
- replaces what is not UTF-8, so that a garbled answer passes for a whole one,
- repeats the body, or keeps the request with its key, in its exceptions,
- asks again by itself where a stream breaks off,
- takes longer to translate a request's options than for all the rest.
"""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpx2
from google import genai
from google.genai import types

from llm_providers.errors import (
    ConnectionFailedError,
    MalformedResponseError,
    RequestTimeoutError,
)
from llm_providers.gemini_sender import GeminiSender
from llm_providers.http_replies import HttpReply
from llm_providers.pooled_http import (
    PooledTransport,
    direct_transport,
    tls_context,
)
from llm_providers.prompts import Prompt
from llm_providers.stoppable_http import make_stoppable
from llm_providers.wires import KEPT_CONNECTIONS

__all__ = ["GenaiSender"]

# The SDK's own version of the API, named so that its environment variable
# GOOGLE_GENAI_API_VERSION has no say.
API_VERSION = "v1"


class GenaiSender(GeminiSender):
    """Sends what the agent asks through one client of `google-genai`."""

    @cached_property
    def http(self) -> HandingOverClient:
        """The HTTP client, for as many calls at once as there are."""
        return HandingOverClient(
            transport=direct_transport(),
            # Of the SDK's own connections, where ours are not used.
            limits=httpx2.Limits(
                max_connections=None,
                max_keepalive_connections=KEPT_CONNECTIONS,
            ),
        )

    @cached_property
    def client(self) -> genai.Client:
        """The SDK's client; everything in it comes from our settings.

        What is left open here, the SDK would take from the environment: the
        key, the address, Vertex AI in place of the Gemini API, replays.
        """
        with _unsaid("Both GOOGLE_API_KEY and GEMINI_API_KEY are set"):
            return genai.Client(
                api_key=self.settings.sendable_key().reveal(),
                enterprise=False,
                debug_config=genai.client.DebugConfig(client_mode="api"),
                http_options=types.HttpOptions(
                    base_url=self.settings.base_url,
                    api_version=API_VERSION,
                    timeout=math.ceil(self.timeout * 1000),
                    httpx_client=self.http,
                    # Never used, but made at once, at a cost.
                    async_client_args=self.http.own_tls,
                ),
            )

    @property
    def shares_thread(self) -> bool:
        """Whether its client is built, and stands on our connections."""
        return "client" in vars(self) and self.http.is_direct

    @contextmanager
    def send(
        self, body: Mapping[str, Any], prompt: Prompt, *, stream: bool
    ) -> Iterator[HttpReply]:
        """Send a request; yields the reply whatever its status is."""
        with self.lock:
            models = self.client.models
        whole = math.ceil(self.stream_timeout if stream else self.timeout)
        headers = {"X-Server-Timeout": str(whole), **prompt.headers}
        content = json.dumps(body).encode()
        self.http.bring_along(content, headers, self.timeout)
        # The SDK wants to see some contents; those that count are brought.
        if stream:
            list(
                models.generate_content_stream(
                    model=prompt.model, contents="-"
                )
            )
        else:
            models.generate_content(model=prompt.model, contents="-")
        with self.http.handed_over() as answer:
            yield HttpReply(
                answer.status_code, answer.headers, answer.iter_bytes()
            )

    def translate_error(self, exception: Exception) -> Exception:
        """Return the ProviderError that an exception of httpx2's means.

        The SDK itself sees no reply, so its own exceptions cannot come.
        """
        if isinstance(exception, httpx2.TimeoutException):
            return RequestTimeoutError(
                f"No complete answer within {self.timeout:g} seconds."
            )
        if isinstance(exception, httpx2.DecodingError):
            return MalformedResponseError("The body's encoding is broken.")
        if isinstance(exception, httpx2.HTTPError | httpx2.InvalidURL):
            return ConnectionFailedError(
                f"The connection to {self.settings.base_url} failed."
            )
        return exception


class HandingOverClient(httpx2.Client):
    """Sends for the SDK; keeps the reply, and gives it an empty one.

    It keeps no cookie, follows no redirect and never retries. Every thread
    brings its own request's body along, and fetches the reply to it by
    `handed_over`. Calls that share a thread do not get in each other's way:
    they change places only while one waits in the middle of `send`.
    """

    def __init__(
        self, transport: PooledTransport | None, **options: Any
    ) -> None:
        context = tls_context()
        super().__init__(verify=context, transport=transport, **options)
        self.is_direct = transport is not None
        no_cookies = DefaultCookiePolicy(allowed_domains=[])
        self.cookies.jar.set_policy(no_cookies)
        make_stoppable(self)
        self.own_tls = {"verify": context, "ssl": context}
        self._kept = threading.local()

    def bring_along(
        self, body: bytes, headers: Mapping[str, str], timeout: float
    ) -> None:
        """Give this thread's next request its body, headers and timeout."""
        self._kept.brought = body, headers, timeout

    def build_request(self, *args: Any, **options: Any) -> httpx2.Request:
        """Return the SDK's request, with what was brought along."""
        body, headers, timeout = self._kept.__dict__.pop("brought")
        options["headers"] = {**options["headers"], **headers}
        options["content"], options["timeout"] = body, timeout
        return super().build_request(*args, **options)

    def send(
        self, request: httpx2.Request, *, stream: bool = False, **options: Any
    ) -> httpx2.Response:
        """Send a request without reading its reply's body."""
        self._kept.reply = super().send(request, stream=True, **options)
        return httpx2.Response(200, request=request)

    @contextmanager
    def handed_over(self) -> Iterator[httpx2.Response]:
        """Yield the reply to this thread's last request; then close it."""
        reply: httpx2.Response = self._kept.__dict__.pop("reply")
        try:
            yield reply
        finally:
            reply.close()

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()


@contextmanager
def _unsaid(beginning: str) -> Iterator[None]:
    """Keep one message of the SDK, which is wrong here, out of the log."""

    def keep(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(beginning)

    logger = logging.getLogger("google_genai._api_client")
    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)
