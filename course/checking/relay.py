"""A door to a server that runs where this process cannot connect to.

Whoever connects to the door is connected to that server; bytes go through
in both directions, as they are.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Door"]

_AT_ONCE = 65_536


class Door:
    """Listens on loopback; `connect` gives a connection to the server.

    It is asked for one to the same port that the door has out here.
    """

    def __init__(self, connect: Callable[[int], socket.socket]) -> None:
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            try:
                theirs = self._connect(self.port)
            except OSError:
                ours.close()
                continue
            self._join(ours, theirs)

    def _join(self, ours: socket.socket, theirs: socket.socket) -> None:
        with self._lock:
            self._open |= {ours, theirs}
        for end in (ours, theirs):
            end.settimeout(None)
            with suppress(OSError):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(
            target=_pass_on, args=(theirs, ours), daemon=True
        )
        back.start()

        def forth() -> None:
            _pass_on(ours, theirs)
            back.join()
            with self._lock:
                self._open -= {ours, theirs}
            ours.close()
            theirs.close()

        threading.Thread(target=forth, daemon=True).start()

    def close(self) -> None:
        """End the listening and every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while received := source.recv(_AT_ONCE):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone: the other has to know at once.
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
