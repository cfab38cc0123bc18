"""Sockets whose waiting is left to `calls`.

A Plug stands in for a socket, plain or TLS, beneath an HTTP library. It never
blocks by itself: whoever runs the call decides how to wait for it.
"""

from __future__ import annotations

import errno
import io
import os
import socket
import ssl
from functools import partial
from typing import Any

from urllib3.util.wait import wait_for_read, wait_for_write

from llm_providers.calls import aside, current_call, wait_for

__all__ = ["Plug"]


class Plug:
    """A connected socket, as far as HTTP libraries use one."""

    def __init__(self, plain: socket.socket) -> None:
        self.plain = plain
        self._timeout = plain.gettimeout()
        self._io_refs = 0
        self._closed = False
        # An encrypted one may hold what nobody can see to be there.
        self._waits_first = not isinstance(plain, ssl.SSLSocket)
        plain.setblocking(False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)

    def settimeout(self, seconds: float | None) -> None:
        """Set how long reading or sending may wait, each time."""
        self._timeout = seconds

    def gettimeout(self) -> float | None:
        """Return how long it may wait, in seconds; None: for ever."""
        return self._timeout

    def connect(self, address: tuple[str, int]) -> None:
        """Connect to a numeric address. Raises OSError, TimeoutError.

        On the same machine that is done at once. Else it is waited for to
        the end, also by a call that is stopped: as long as nothing was sent
        there is nothing to be stopped, and a try is booked already.
        """
        code = self.plain.connect_ex(address)
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            wait = partial(wait_for_write, self.plain, self._timeout)
            if not aside(wait):
                raise TimeoutError("timed out")
            code = self.plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def recv(self, size: int) -> bytes:
        """Read what is there, or comes in time. Raises TimeoutError.

        Nothing is there at once where a provider is waited for: to look
        first would be in vain nearly always.
        """
        if self._waits_first:
            self._wait(write=False)
        while True:
            try:
                return self.plain.recv(size)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(write=False)
            except ssl.SSLWantWriteError:
                self._wait(write=True)

    def recv_into(self, buffer: Any, *more: Any) -> int:
        """Read what is there, or comes in time. Raises TimeoutError."""
        while True:
            try:
                return self.plain.recv_into(buffer, *more)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(write=False)
            except ssl.SSLWantWriteError:
                self._wait(write=True)

    def sendall(self, data: Any, *more: Any) -> None:
        """Send all of it. Raises TimeoutError where nothing gets through."""
        left = memoryview(data).cast("B")
        while left:
            try:
                left = left[self.plain.send(left, *more) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(write=True)
            except ssl.SSLWantReadError:
                self._wait(write=False)

    def makefile(self, mode: str, *_: Any, **__: Any) -> io.BufferedReader:
        """Return the socket as a file; it stays open until that is closed."""
        assert mode == "rb", mode
        reader: Any = socket.SocketIO(self, "r")  # type: ignore[arg-type]
        self._io_refs += 1
        return io.BufferedReader(reader)

    def close(self) -> None:
        """Close it, once all files are closed that were made of it."""
        self._closed = True
        if self._io_refs <= 0:
            call = current_call.get()
            if call is not None:
                call.forget(self.plain)
            self.plain.close()

    def _decref_socketios(self) -> None:
        """Take note that a file is closed; `socket.SocketIO` calls it."""
        self._io_refs -= 1
        if self._closed:
            self.close()

    def _wait(self, write: bool) -> None:
        wait = wait_for_write if write else wait_for_read
        if not wait_for(self.plain, wait, write, self._timeout):
            raise TimeoutError("timed out")
