"""Connections of `requests` that hold a key and read bodies as they arrive."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from llm_providers.calls import aside, stoppably
from llm_providers.plugs import Plug
from llm_providers.settings import Secret
from llm_providers.wires import CHUNK, KEPT_CONNECTIONS

__all__ = [
    "KEPT_CONNECTIONS",
    "POOL_CLASSES",
    "KeyHeader",
    "arriving",
    "finish",
    "new_session",
    "settle",
]


T = TypeVar("T")


class KeyHeader(AuthBase):
    """The key of every request of a session, in a header.

    An object of its own, since `requests` would replace a plain header by
    what a netrc file says of the host.
    """

    def __init__(
        self, key: Secret, name: str = "Authorization", before: str = "Bearer "
    ) -> None:
        self._key, self._name, self._before = key, name, before

    def __call__(
        self, request: requests.PreparedRequest
    ) -> requests.PreparedRequest:
        request.headers[self._name] = self._before + self._key.reveal()
        return request


class Stoppable(HTTPConnection):
    """A connection whose wait for an answer can be stopped.

    `plug` is the last answer's socket. The connection gives up its own where
    the answer is the last one on it, long before that has arrived. A short
    request leaves whole: sent in two parts, it would wake the other side
    twice.
    """

    plug: Any = None
    _held = b""

    def connect(self) -> None:
        """Connect; whoever runs the call decides how to wait from now on."""
        aside(super().connect)
        if isinstance(self.sock, socket.socket):
            self.sock = Plug(self.sock)

    def send(self, data: Any) -> None:
        """Send, or hold a request's beginning until all of it is there."""
        # Before a tunnel is there, nobody asks for the answer below.
        waits = self.sock is not None and self._tunnel_host is None
        if waits and isinstance(data, bytes):
            self._held += data
            if len(self._held) < CHUNK:
                return
            data, self._held = self._held, b""
        super().send(data)

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        """Return the answer, once its headers are there."""
        if self._held:
            data, self._held = self._held, b""
            # Who refuses a request may close before having read all of it.
            with suppress(BrokenPipeError):
                super().send(data)
        self.plug = self.sock
        return _stoppably(self.plug, super().getresponse)

    def close(self) -> None:
        """Close the connection; what is held is not sent."""
        self._held = b""
        super().close()


class StoppableConnection(Stoppable):
    """Such a connection, plain."""


class StoppableTlsConnection(Stoppable, HTTPSConnection):
    """Such a connection, encrypted."""


# Named as urllib3's own, since its messages name the class.
class HTTPConnectionPool(urllib3.HTTPConnectionPool):
    """Connections to a host."""

    ConnectionCls = StoppableConnection


class HTTPSConnectionPool(urllib3.HTTPSConnectionPool):
    """Encrypted connections to a host."""

    ConnectionCls = StoppableTlsConnection


POOL_CLASSES: dict[str, type] = {
    "http": HTTPConnectionPool,
    "https": HTTPSConnectionPool,
}


class StoppableAdapter(HTTPAdapter):
    """Sends requests over connections that can be stopped."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools, of our kinds."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = POOL_CLASSES


class Session(requests.Session):
    """A session whose requests follow no redirect."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: where one leads is not read, so may be nonsense."""


def new_session(auth: KeyHeader, url: str) -> requests.Session:
    """Return a session for many threads: one key, no retries, no cookies."""
    session = Session()
    session.auth = auth
    adapter = StoppableAdapter(pool_maxsize=KEPT_CONNECTIONS)
    settle(session, url, adapter)
    return session


def settle(session: requests.Session, url: str, adapter: HTTPAdapter) -> None:
    """Set up a session whose requests all go to `url`, through `adapter`.

    What the environment says of proxies and certificates for `url` is read
    now, once, and not with every request, which would cost half as much as
    the request itself. No cookie is kept, no netrc file read.
    """
    found = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)


def arriving(answer: requests.Response) -> Iterator[bytes]:
    """Yield the body of an answer as it arrives, at most CHUNK bytes each.

    Each is what one look at the connection gave, so that whoever reads can
    stop in time, also where a body drips or never ends. Raises urllib3's
    exceptions.
    """

    def next_piece() -> bytes:
        piece: bytes = answer.raw.read1(CHUNK, decode_content=True)
        return piece

    connection = answer.raw.connection
    plug = getattr(connection, "plug", connection and connection.sock)
    while piece := _stoppably(plug, next_piece):
        yield piece


def _stoppably(plug: Any, read: Callable[[], T]) -> T:
    """Return what `read` returns; a Plug sees to its waiting by itself."""
    return read() if isinstance(plug, Plug) else stoppably(plug, read)


def finish(answer: requests.Response, seconds: float = 0.05) -> None:
    """Read the end of a body, if it is there, so that its connection stays.

    A stream says ``[DONE]`` before its body ends. A provider that lets the
    end wait for longer than `seconds` loses the connection, not the answer.
    """
    connection = answer.raw.connection
    if connection is None or connection.sock is None:
        return
    plug, patience = connection.sock, connection.sock.gettimeout()
    with suppress(HTTPError, OSError):
        plug.settimeout(seconds)
        answer.raw.read1(CHUNK, decode_content=True)
        plug.settimeout(patience)
