"""Frames of JSON over a socket, sorted by lane without a thread to do it."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress

from .wire import LONGEST_FRAME, Frame, GarbledError, UnreadableError

# Seconds until a send gives up on a side that reads no more.
PATIENCE = 5.0

# Commas, colons and brackets of a frame: what reading it may cost in memory.
MOST_PARTS = 3_000_000

# Bytes that one read takes at most, of a short frame and of a long one.
_AT_ONCE = 16 * 1024
_MOST_AT_ONCE = 1024 * 1024

FOREVER = float("inf")


class Channel:
    """A connected socket; any thread may send, one at a time may receive."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.settimeout(PATIENCE)
        self._sending = threading.Lock()
        # What has arrived and is not read yet: also of a frame whose reader
        # gave up waiting for the rest.
        self._arrived = bytearray()
        with suppress(OSError):
            # On TCP a small frame would wait for the last one's receipt.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, frame: Mapping[str, object]) -> None:
        """Send a frame. Raises UnreadableError if too long, OSError."""
        body = json.dumps(frame, separators=(",", ":")).encode()
        if len(body) > LONGEST_FRAME:
            megabytes = LONGEST_FRAME // 1024**2
            raise UnreadableError(f"it is larger than {megabytes} MB")
        body = self.outgoing(body)
        with self._sending:
            self._socket.sendall(len(body).to_bytes(4, "big") + body)

    def outgoing(self, body: bytes) -> bytes:
        """Return a frame as it is to be sent."""
        return body

    def incoming(self, body: bytes) -> bytes:
        """Return a frame as it is to be read. Raises GarbledError."""
        if len(body) > MOST_PARTS:
            parts = sum(map(body.count, (b",", b":", b"[", b"{")))
            if parts > MOST_PARTS:
                raise GarbledError("a frame of too many parts")
        return body

    def receive(self, until: float = FOREVER) -> Frame | None:
        """Return the next frame; None at the end.

        `until` is a time of the monotonic clock. Raises TimeoutError, after
        which one may go on waiting, and GarbledError.
        """
        if not self._has(4, until):
            return None
        length = int.from_bytes(self._arrived[:4], "big")
        if length > LONGEST_FRAME:
            raise GarbledError("a frame that is too long")
        if not self._has(4 + length, until):
            return None
        body = bytes(self._arrived[4 : 4 + length])
        del self._arrived[: 4 + length]
        try:
            frame = json.loads(self.incoming(body))
        except (ValueError, RecursionError) as error:
            raise GarbledError("a frame that is not JSON") from error
        if not isinstance(frame, dict):
            raise GarbledError("a frame that is not an object")
        return frame

    def _has(self, length: int, until: float) -> bool:
        """Wait for so many bytes to have arrived; False if they never do.

        Most frames come whole, so that they take one look and one read.
        """
        while len(self._arrived) < length:
            wanted = max(_AT_ONCE, length - len(self._arrived))
            try:
                self._wait(until)
                received = self._socket.recv(min(wanted, _MOST_AT_ONCE))
            except TimeoutError:
                if time.monotonic() >= until:
                    raise
                continue
            except (OSError, ValueError):
                return False
            if not received:
                return False
            self._arrived += received
        return True

    def _wait(self, until: float) -> None:
        if until == FOREVER:
            return
        seconds = max(0.0, until - time.monotonic())
        if not select.select([self._socket], [], [], seconds)[0]:
            raise TimeoutError

    def close(self) -> None:
        self._socket.close()

    def shut(self) -> None:
        """End the connection also for a thread that waits in `receive`."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Mailbox:
    """A channel's frames, sorted: of the threads that wait, one reads.

    `sort` names the box of a frame, or returns None for a frame that it has
    dealt with. A thread for reading alone would cost each call two more
    changes of thread.
    """

    def __init__(
        self, channel: Channel, sort: Callable[[Frame], Hashable | None]
    ) -> None:
        self._channel = channel
        self._sort = sort
        self._changed = threading.Condition()
        self._boxes: dict[Hashable, deque[Frame]] = {}
        self._someone_reads = False
        self._over = False

    def wait(self, box: Hashable, until: float = FOREVER) -> Frame | None:
        """Return the next frame of a box; None if there will be no more.

        Raises TimeoutError and GarbledError.
        """
        with self._changed:
            while True:
                if self._boxes.get(box):
                    return self._boxes[box].popleft()
                if self._over:
                    return None
                if not self._someone_reads:
                    self._someone_reads = True
                    break
                patience = min(until - time.monotonic(), PATIENCE)
                if not self._changed.wait(patience) and patience <= 0:
                    raise TimeoutError
        try:
            return self._read_until(box, until)
        finally:
            with self._changed:
                self._someone_reads = False
                self._changed.notify_all()

    def _read_until(self, box: Hashable, until: float) -> Frame | None:
        while True:
            try:
                frame = self._channel.receive(until)
                found = None if frame is None else self._sort(frame)
            except (KeyError, TypeError, AttributeError) as error:
                self._over = True
                raise GarbledError("a frame of another shape") from error
            except GarbledError:
                self._over = True
                raise
            if frame is None:
                self._over = True
                return None
            if found == box and found is not None:
                return frame
            if found is not None:
                with self._changed:
                    self._boxes.setdefault(found, deque()).append(frame)
                    self._changed.notify_all()
