"""A transport for httpx2 over connections of our own.

A request through httpx2's own takes several times as long, since that looks
at every connection that it keeps whenever a request begins or ends. What
callers see is the same: httpx2's requests, answers and exceptions.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator
from functools import lru_cache
from urllib.request import getproxies

import httpx2

from llm_providers.answers import WireError
from llm_providers.wires import (
    Address,
    Answer,
    ConnectTimeoutError,
    NotConnectedError,
    Wires,
)

__all__ = [
    "Pieces",
    "PooledTransport",
    "address_of",
    "direct_transport",
    "finish",
    "head_of",
    "response_of",
    "tls_context",
]


# The key of what an answer has beside httpx2's own.
FINISH = "finish"
PORTS = {"http": 80, "https": 443}
UNSENDABLE = re.compile(rb"[\r\n\0]")


def finish(answer: httpx2.Response) -> None:
    """Read the end of a body, if it is there, so that its connection stays."""
    answer.extensions.get(FINISH, bool)()


def tls_context() -> ssl.SSLContext:
    """Return what encrypts, with the certificates that are trusted now.

    All that trust the same share one: to read a system's certificates takes
    40 ms, and as long again for each agent.
    """
    variables = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    return _trusting(*map(os.environ.get, variables))


@lru_cache(maxsize=4)
def _trusting(file: str | None, folder: str | None) -> ssl.SSLContext:
    """`file` and `folder` are what httpx2 takes from the environment."""
    context = httpx2.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def direct_transport() -> PooledTransport | None:
    """Return a transport; None where the environment names a proxy.

    To reach a provider through one is left to httpx2.
    """
    proxies = getproxies()
    if any(proxies.get(scheme) for scheme in ("http", "https", "all")):
        return None
    return PooledTransport()


class PooledTransport(httpx2.BaseTransport):
    """Connections for many threads, whose waiting can be stopped."""

    def __init__(self) -> None:
        self.wires = Wires(tls_context())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; return the answer, whose body is still to come."""
        seconds = request.extensions.get("timeout", {})
        answer = self.send(
            address_of(request.url),
            head_of(request) + b"\r\n" + request.read(),
            seconds.get("connect"),
            seconds.get("read"),
        )
        return response_of(answer)

    def send(
        self,
        address: Address,
        request: bytes,
        connect: float | None,
        wait: float | None,
    ) -> Answer:
        """Return the answer to a request that is written out already."""
        with told:
            return self.wires.ask(address, request, connect, wait)

    def close(self) -> None:
        """Close the connections that are free."""
        self.wires.close()


def address_of(url: httpx2.URL) -> Address:
    """Return where a request to an address has to go."""
    port = url.port or PORTS.get(url.scheme)
    if port is None:
        raise httpx2.UnsupportedProtocol(f"No requests by {url.scheme!r}.")
    return Address(url.scheme == "https", url.raw_host.decode("ascii"), port)


def head_of(request: httpx2.Request) -> bytes:
    """Return a request's head, without the empty line at its end.

    Raises LocalProtocolError for a header that would be more than one.
    """
    method, path = request.method.encode("ascii"), request.url.raw_path
    lines = [b"%b %b HTTP/1.1" % (method, path)]
    lines += [b"%b: %b" % header for header in request.headers.raw]
    if any(map(UNSENDABLE.search, lines)):
        raise httpx2.LocalProtocolError("A header cannot be sent.")
    return b"\r\n".join([*lines, b""])


def response_of(
    answer: Answer, request: httpx2.Request | None = None
) -> httpx2.Response:
    """Return an answer as httpx2's; close it in any case."""
    return httpx2.Response(
        answer.status,
        headers=[
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers
        ],
        stream=Pieces(answer),
        extensions={FINISH: answer.finish},
        request=request,
    )


class Pieces(httpx2.SyncByteStream):
    """A body as it arrives, as it is: httpx2 decodes it."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with told:
            yield from self._answer.pieces()

    def close(self) -> None:
        """Give the connection up, unless the body has been read to its end."""
        self._answer.close()


# What `wires` raises, and what that is to httpx2; the narrower ones first.
FAULTS: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (ConnectTimeoutError, httpx2.ConnectTimeout),
    (TimeoutError, httpx2.ReadTimeout),
    (NotConnectedError, httpx2.ConnectError),
    (WireError, httpx2.ReadError),
)


class Told:
    """Raises what `wires` raises as httpx2's; see `told`."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: object, error: BaseException | None, _: object
    ) -> None:
        if error is None:
            return
        for ours, theirs in FAULTS:
            if isinstance(error, ours):
                raise theirs(str(error)) from None


# One for all: there is nothing in it.
told = Told()
