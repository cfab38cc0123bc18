"""One connection to a child: requests with deadlines, callbacks, faults."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from .wire import Channel, Frame, GarbledError, UnreadableError

# Seconds that one call into a learner's code may take.
CALL_SECONDS = 2.5


class FaultError(BaseException):
    """A call that gave neither a value nor an exception.

    `status` is that of the verdict. It is no `Exception`, so that a test
    that expects one does not take it for its own.
    """

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Connection:
    """Sends requests to a child and waits for what they give.

    Each thread that sends has a lane of its own. `answer` is given the
    callbacks of the child; `ended` is told that the connection is broken and
    says in words how the process ended; `kill` ends it.
    """

    def __init__(
        self,
        channel: Channel,
        answer: Callable[[Frame], Frame],
        ended: Callable[[], FaultError],
        kill: Callable[[], object],
    ) -> None:
        self.fault: FaultError | None = None
        # A time of the monotonic clock after which no call may go on.
        self.deadline = float("inf")
        self._channel = channel
        self._answer = answer
        self._ended = ended
        self._kill = kill
        self._lanes: dict[int, SimpleQueue[Frame | None]] = {}
        self._lane_of: dict[int, int] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._over = False
        threading.Thread(target=self._read, daemon=True).start()

    def request(
        self, request: dict[str, Any], seconds: float = CALL_SECONDS
    ) -> Frame:
        """Return the reply to a request. Raises FaultError."""
        if self.fault is not None:
            raise self.fault
        lane = self._own_lane()
        if self._over:
            raise self._broken()
        number = next(self._numbers)
        until = min(time.monotonic() + seconds, self.deadline)
        try:
            self._channel.send({**request, "id": number, "lane": lane})
        except TimeoutError:
            raise self._hung() from None
        except OSError:
            raise self._broken() from None
        return self._wait(lane, number, until)

    def garbled(self) -> FaultError:
        """Give the child up because it did not keep to the protocol."""
        fault = self._fail(
            FaultError(
                "ended",
                "Your code wrote into the connection by which it is "
                "checked; it may use only the files that it opened.",
            )
        )
        self._kill()
        return fault

    def _wait(self, lane: int, number: int, until: float) -> Frame:
        while True:
            patience = max(0.0, until - time.monotonic())
            try:
                frame = self._lanes[lane].get(timeout=patience)
            except Empty:
                raise self._hung() from None
            if frame is None:
                raise self._broken()
            if frame.get("op") == "callback":
                self._reply(frame)
            elif frame.get("id") == number:
                return frame
            else:
                raise self.garbled()

    def _own_lane(self) -> int:
        with self._lock:
            thread = threading.get_ident()
            lane = self._lane_of.setdefault(thread, len(self._lane_of))
            self._lanes.setdefault(lane, SimpleQueue())
        return lane

    def _reply(self, callback: Frame) -> None:
        reply = {"op": "reply", "lane": callback["lane"]}
        reply["id"] = callback["id"]
        try:
            self._channel.send(reply | self._answer(callback))
        except (OSError, UnreadableError):
            raise self._broken() from None

    def _read(self) -> None:
        while True:
            try:
                frame = self._channel.receive()
                if frame is None:
                    break
                self._sort(frame)
            except (GarbledError, KeyError, TypeError):
                self.garbled()
                break
        with self._lock:
            self._over = True
            for lane in self._lanes.values():
                lane.put(None)

    def _sort(self, frame: Frame) -> None:
        lane = frame["lane"]
        if lane is None:
            # A thread of the child's own calls back; no call waits for it.
            threading.Thread(
                target=self._reply_apart, args=(frame,), daemon=True
            ).start()
            return
        self._lanes[lane].put(frame)

    def _reply_apart(self, callback: Frame) -> None:
        try:
            self._reply(callback)
        except FaultError:
            pass

    def _hung(self) -> FaultError:
        fault = self._fail(
            FaultError("hung", "The call did not come to an end.")
        )
        self._kill()
        return fault

    def _broken(self) -> FaultError:
        return self.fault or self._fail(self._ended())

    def _fail(self, fault: FaultError) -> FaultError:
        if self.fault is None:
            self.fault = fault
        return self.fault

