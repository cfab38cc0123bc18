"""The OpenAI SDK's client, for an agent whose requests are all alike.

The SDK puts together address and headers anew for every request, which takes
as long as sending it. Here it does so for the first one; those that follow
differ in their body and their timeout alone, and leave at once. What is no
plain success is the SDK's again: redirects, encoded bodies, its exceptions.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx2
import openai

from llm_providers.http_replies import HttpReply
from llm_providers.pooled_http import (
    Pieces,
    PooledTransport,
    address_of,
    finish,
    head_of,
    response_of,
)
from llm_providers.wires import Address, Answer

__all__ = ["RepeatingClient"]

# Sets of headers that are remembered: callers may send headers of their own.
MOST_KEPT = 100
READ_TIMEOUT = "x-stainless-read-timeout"
LENGTH = "content-length"
_written = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode
# Whoever listens to these hears of every request.
_listeners = (logging.getLogger("openai"), logging.getLogger("httpx2"))


class Model(NamedTuple):
    """What requests with the same headers have in common."""

    address: Address
    head: bytes
    request: httpx2.Request


class RepeatingClient(openai.OpenAI):
    """Makes requests after the model of the first with the same headers.

    `transport` is what the SDK's HTTP client stands on, where it is ours;
    without it each request is left to the SDK.
    """

    def __init__(
        self, *, transport: PooledTransport | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self._transport = transport
        self._models: dict[Any, Model] = {}

    @property
    def user_agent(self) -> str:
        """What the SDK's own client says of itself."""
        own = type(self).__name__
        return super().user_agent.replace(own, openai.OpenAI.__name__)

    @contextmanager
    def exchange(
        self,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        seconds: float,
    ) -> Iterator[HttpReply]:
        """Post a body; enter to get the reply, leave to end it.

        `seconds` are for each wait. Raises the SDK's exceptions and, as the
        SDK does while a body is read, httpx2's.
        """
        model = self._models.get(_key(path, headers))
        if self._transport is None or model is None or _somebody_listens():
            with self._by_sdk(path, body, headers, seconds) as reply:
                yield reply
            return
        answer = self._transport.send(
            model.address,
            _request(model.head, _written(body).encode(), seconds),
            seconds,
            seconds,
        )
        try:
            if _is_plain(answer):
                pieces = iter(Pieces(answer))
                yield HttpReply(answer.status, dict(answer.headers), pieces)
                answer.finish()
                return
            response = response_of(answer, model.request)
            if response.is_success:
                yield _reply(response)
                finish(response)
                return
            if not response.has_redirect_location:
                response.read()
                raise self._make_status_error_from_response(response)
        finally:
            answer.close()
        with self._by_sdk(path, body, headers, seconds) as reply:
            yield reply

    @contextmanager
    def _by_sdk(
        self,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        seconds: float,
    ) -> Iterator[HttpReply]:
        with self.post(
            path,
            body=dict(body),
            options={"headers": headers, "timeout": seconds},
            # A body that is read as it arrives, though it be no stream.
            cast_to=object,
            stream=True,
            stream_cls=openai.Stream[object],
        ) as opened:
            yield _reply(opened.response)
            finish(opened.response)

    def _build_request(self, options: Any, **more: Any) -> httpx2.Request:
        """Return the request; `options` are those of the SDK's `post`."""
        made = super()._build_request(options, **more)
        if isinstance(options.headers, Mapping):
            self._remember(_key(options.url, options.headers), made)
        return made

    def _remember(self, key: Any, made: httpx2.Request) -> None:
        """Keep all of a request but its body and its timeout."""
        if len(self._models) >= MOST_KEPT:
            self._models.clear()
        bare = httpx2.Request(made.method, made.url, headers=made.headers)
        for name in (LENGTH, READ_TIMEOUT):
            bare.headers.pop(name, None)
        model = Model(address_of(made.url), head_of(bare), bare)
        self._models[key] = model


def _key(path: str, headers: Mapping[str, str]) -> Any:
    return path, tuple(sorted(headers.items())) if headers else ()


def _somebody_listens() -> bool:
    """Whether what the SDK and its HTTP client log is heard."""
    return any(one.isEnabledFor(logging.INFO) for one in _listeners)


def _request(head: bytes, body: bytes, seconds: float) -> bytes:
    timeout = str(seconds).encode()
    return b"%b%b: %b\r\n%b: %d\r\n\r\n%b" % (
        head, READ_TIMEOUT.encode(), timeout, LENGTH.encode(), len(body), body
    )  # fmt: skip


def _is_plain(answer: Answer) -> bool:
    """Whether a body may be read as it is, and tells of no failure."""
    names = [name for name, _ in answer.headers]
    return 200 <= answer.status < 300 and "content-encoding" not in names


def _reply(response: httpx2.Response) -> HttpReply:
    return HttpReply(
        response.status_code, response.headers, response.iter_bytes()
    )
