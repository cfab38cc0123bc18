"""HTTP/1.1 connections that are kept, for one request after the other.

As much of HTTP as asking a provider takes, and no more: a request leaves
whole, its answer is read as it arrives. A connection is used again once the
answer on it has been read to its end. The waiting is left to `plugs`.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache, partial
from typing import NamedTuple

from urllib3.util.wait import wait_for_read

from llm_providers.answers import Message, WireError, read_head
from llm_providers.calls import aside
from llm_providers.plugs import Plug

__all__ = [
    "CHUNK",
    "KEPT_CONNECTIONS",
    "Address",
    "Answer",
    "ConnectTimeoutError",
    "NotConnectedError",
    "Wires",
]

# Connections to one address that are kept open: as many calls may be in
# flight at once without any being thrown away.
KEPT_CONNECTIONS = 1_000
CHUNK = 64 * 1024


class NotConnectedError(WireError):
    """There is no connection: nobody listens, or is who they should be."""


class ConnectTimeoutError(TimeoutError):
    """There was no connection in time."""


class Address(NamedTuple):
    """Where a connection leads."""

    encrypted: bool
    host: str
    port: int


class Wires:
    """Connections for many threads, whose waiting can be stopped.

    `context` is for those that are encrypted. Raises WireError where a
    connection or an answer is broken, TimeoutError where one is too late.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._free: dict[Address, deque[Plug]] = {}

    def ask(
        self,
        address: Address,
        request: bytes,
        connect: float | None,
        wait: float | None,
    ) -> Answer:
        """Return the answer to a request; its body is still to come.

        `connect` and `wait` are seconds: until there is a connection, and
        for each wait from then on.
        """
        plug = self._kept(address) or self._connected(address, connect)
        plug.settimeout(wait)
        try:
            # Who refuses a request may close before having read all of it.
            with suppress(BrokenPipeError, ConnectionResetError):
                plug.sendall(request)
            return Answer(self, address, plug, read_head(plug))
        except (WireError, TimeoutError):
            plug.close()
            raise
        except OSError as error:
            plug.close()
            raise WireError(str(error)) from None
        except BaseException:
            plug.close()
            raise

    def keep(self, address: Address, plug: Plug) -> None:
        """Keep a connection for the next request."""
        free = self._free.setdefault(address, deque())
        if len(free) < KEPT_CONNECTIONS:
            free.append(plug)
        else:
            plug.close()

    def close(self) -> None:
        """Close the connections that are free."""
        for free in list(self._free.values()):
            while free:
                free.pop().close()

    def _kept(self, address: Address) -> Plug | None:
        """Return the connection that was used last, if one is still open.

        What can be read before anything was asked is its end.
        """
        free = self._free.get(address)
        while free:
            try:
                plug = free.pop()
            except IndexError:
                return None
            if not wait_for_read(plug.plain, 0):
                return plug
            plug.close()
        return None

    def _connected(self, address: Address, seconds: float | None) -> Plug:
        try:
            if not address.encrypted and _is_numeric(address.host):
                return _connected_here(address, seconds)
            return aside(partial(self._connect, address, seconds))
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from None
        # A name that no host can have is a ValueError.
        except (OSError, ValueError) as error:
            raise NotConnectedError(str(error)) from None

    def _connect(self, address: Address, seconds: float | None) -> Plug:
        """Return a connection; blocks, as asking for a name's address does."""
        where = address.host, address.port
        made = socket.create_connection(where, seconds)
        try:
            _send_at_once(made)
            if address.encrypted:
                made = self._context.wrap_socket(
                    made, server_hostname=address.host
                )
        except BaseException:
            made.close()
            raise
        return Plug(made)


@lru_cache(100)
def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _connected_here(address: Address, seconds: float | None) -> Plug:
    """Return a connection to a numeric address; no name is looked up."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    plug = Plug(socket.socket(family, socket.SOCK_STREAM))
    try:
        plug.settimeout(seconds)
        plug.connect((address.host, address.port))
        _send_at_once(plug.plain)
    except BaseException:
        plug.close()
        raise
    return plug


def _send_at_once(plug: socket.socket) -> None:
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Answer:
    """An answer: its head, and its body as it arrives.

    Call `close` at the end in any case.
    """

    def __init__(
        self, wires: Wires, address: Address, plug: Plug, message: Message
    ) -> None:
        self.status = message.status
        self.headers = message.headers
        self._wires = wires
        self._address = address
        self._plug: Plug | None = plug
        self._message = message

    def pieces(self) -> Iterator[bytes]:
        """Yield the body, each time what one look at the connection gave.

        Whoever reads can so stop in time, also where a body drips or never
        ends.
        """
        message, plug = self._message, self._plug
        while True:
            piece = message.taken()
            if piece:
                yield piece
            if message.is_complete or plug is None:
                return
            data = self._received(plug)
            if data:
                message.feed(data)
            else:
                message.end()

    def finish(self, seconds: float = 0.05) -> None:
        """Read the end of the body, if it is there, to keep the connection.

        A stream says ``[DONE]`` before its body ends. A provider that lets
        the end wait for longer than `seconds` loses the connection, not the
        answer.
        """
        if self._plug is None or self._message.is_complete:
            return
        self._plug.settimeout(seconds)
        with suppress(OSError):
            self._message.feed(self._plug.recv(CHUNK))

    def close(self) -> None:
        """Give the connection back, or up where more could come on it."""
        plug, self._plug = self._plug, None
        if plug is None:
            return
        if self._message.keeps_open and self._message.leaves_nothing:
            self._wires.keep(self._address, plug)
        else:
            plug.close()

    @staticmethod
    def _received(plug: Plug) -> bytes:
        try:
            return plug.recv(CHUNK)
        except TimeoutError:
            raise
        except OSError as error:
            raise WireError(str(error)) from None
