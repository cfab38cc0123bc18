"""HTTP clients whose waiting ends when nobody waits for them any more.

Both libraries block until a provider has thought its answer over. `calls`
can end that, if it knows which socket is waited for.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore2
import httpx2

from llm_providers.calls import stoppably

__all__ = ["make_stoppable"]


def make_stoppable(client: httpx2.Client) -> None:
    """Have a client's calls end when they are stopped.

    httpx2 has no public way to the network beneath it. Where a version of
    its keeps that elsewhere, calls are not stopped, and end by their
    timeout.
    """
    with suppress(AttributeError):
        mounts: Any = client._mounts
        for transport in (client._transport, *mounts.values()):
            pool: Any = getattr(transport, "_pool", None)
            if pool is not None:
                backend = pool._network_backend
                pool._network_backend = StoppableBackend(backend)


class StoppableBackend(httpcore2.NetworkBackend):
    """Opens connections whose reading can be stopped."""

    def __init__(self, backend: httpcore2.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Return a connection to a host."""
        return StoppableStream(
            self._backend.connect_tcp(
                host, port, timeout, local_address, socket_options
            )
        )

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._backend.sleep(seconds)


class StoppableStream(httpcore2.NetworkStream):
    """A connection whose reading can be stopped."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what arrives; raises CallStopped."""
        return stoppably(
            self._stream.get_extra_info("socket"),
            lambda: self._stream.read(max_bytes, timeout),
        )

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """Return the connection, encrypted from now on."""
        return StoppableStream(
            self._stream.start_tls(ssl_context, server_hostname, timeout)
        )

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows of itself."""
        return self._stream.get_extra_info(info)
