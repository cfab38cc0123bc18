"""Gemini through `google-generativeai`, whose support ended in 2025.

It makes the request out of protocol buffers that are frozen with it, so it
has no words for what came later: thinking levels are left out, a JSON schema
is told in the few words of its own, calls of tools go back without the
signatures of the thoughts behind them, which newer models may refuse, and
their numbers go back as floating-point ones.

Like the newer SDK, it hands the reply over to the agent unread. It would try
again on its own, also after a 401, and drop what it does not know from the
reply, such as the tokens of thoughts.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import requests
from google.api_core.gapic_v1.client_info import ClientInfo
from google.protobuf.json_format import (  # type: ignore[import-untyped]
    ParseError,
)
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as urllib3

from llm_providers.errors import (
    ConnectionFailedError,
    InvalidRequestError,
    MalformedResponseError,
    RequestTimeoutError,
)
from llm_providers.gemini_schemas import old_words
from llm_providers.gemini_sender import GeminiSender
from llm_providers.http_replies import HttpReply
from llm_providers.prompts import Prompt
from llm_providers.sessions import KEPT_CONNECTIONS, arriving, settle

with warnings.catch_warnings():
    # Whoever asks for this SDK by name has been told: see GeminiAgent.
    warnings.filterwarnings(
        "ignore",
        r"\s*All support for the `google.generativeai` package has ended",
        FutureWarning,
    )
    import google.generativeai as sdk
    from google.ai.generativelanguage import GenerativeServiceClient

__all__ = ["GenerativeaiSender"]


class GenerativeaiSender(GeminiSender):
    """Sends what the agent asks through a client of the retired SDK's."""

    @cached_property
    def adapter(self) -> HandingOverAdapter:
        """The connections. They follow no redirect and never retry."""
        return HandingOverAdapter(pool_maxsize=KEPT_CONNECTIONS)

    @cached_property
    def client(self) -> GenerativeServiceClient:
        """A client of the kind that `configure` makes for a whole process.

        An agent has one of its own, with its own key. It speaks HTTP, since
        gRPC reaches no other address than Google's.
        """
        user_agent = f"genai-py/{sdk.__version__}"
        client = GenerativeServiceClient(
            transport="rest",
            client_options={
                "api_key": self.settings.sendable_key().reveal(),
                "api_endpoint": self.settings.base_url,
            },
            client_info=ClientInfo(  # type: ignore[no-untyped-call]
                user_agent=user_agent
            ),
        )
        session = vars(client.transport)["_session"]
        settle(session, self.settings.base_url, self.adapter)
        return client

    @contextmanager
    def send(
        self, body: Mapping[str, Any], prompt: Prompt, *, stream: bool
    ) -> Iterator[HttpReply]:
        """Send a request; yields the reply whatever its status is.

        Raises InvalidRequestError for what the SDK cannot say; nothing is
        sent then.
        """
        with self.lock:
            client = self.client
        call: Any = client.generate_content
        if stream:
            call = client.stream_generate_content
        call(
            _message(body, prompt.model),
            retry=None,
            timeout=self.timeout,
            metadata=list(prompt.headers.items()),
        )
        with self.adapter.handed_over() as answer:
            yield HttpReply(
                answer.status_code, answer.headers, arriving(answer)
            )

    def translate_error(self, exception: Exception) -> Exception:
        """Return the ProviderError that an exception of requests' means.

        While a body is read, urllib3's own come through. The SDK itself
        sees no reply, so its own exceptions cannot come.
        """
        if isinstance(exception, requests.Timeout | urllib3.TimeoutError):
            return RequestTimeoutError(
                f"No complete answer within {self.timeout:g} seconds."
            )
        if isinstance(exception, urllib3.DecodeError):
            return MalformedResponseError("The body's encoding is broken.")
        if isinstance(
            exception, requests.RequestException | urllib3.HTTPError
        ):
            return ConnectionFailedError(
                f"The connection to {self.settings.base_url} failed."
            )
        return exception


class HandingOverAdapter(HTTPAdapter):
    """Sends for the SDK; keeps the reply, and gives it an empty one.

    What a thread has sent, that thread has to fetch by `handed_over`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._kept = threading.local()

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        """Send a request without reading its reply's body."""
        options["stream"] = True
        self._kept.reply = super().send(request, *args, **options)
        empty = requests.Response()
        empty.status_code = 200
        empty.request = request
        empty.url = str(request.url)
        empty._content = b"{}"
        return empty

    @contextmanager
    def handed_over(self) -> Iterator[requests.Response]:
        """Yield the reply to this thread's last request; then close it."""
        reply: requests.Response = self._kept.__dict__.pop("reply")
        with reply:
            yield reply


def _message(body: Mapping[str, Any], model: str) -> Any:
    """Return a request body as the SDK's protocol buffer."""
    name = model if "/" in model else f"models/{model}"
    text = json.dumps({"model": name, **old_words(body)})
    try:
        return sdk.protos.GenerateContentRequest.from_json(text)
    except ParseError as error:
        reason = str(error)
    raise InvalidRequestError(
        f"google-generativeai cannot send this: {reason}", sent=False
    )
