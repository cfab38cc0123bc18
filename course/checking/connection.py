"""One connection to a child: requests with deadlines, callbacks, faults."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

from .channel import Channel, Mailbox
from .wire import Frame, GarbledError, UnreadableError

# Seconds that one call into a learner's code may take. A machine with a lot
# to do may need more.
CALL_SECONDS = float(os.environ.get("COURSE_CALL_SECONDS", "2.5"))

# While a child waits for a processor its time stands still, for at most so
# many times as long as the call may take.
MOST_WAITING = 1.5


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
    callbacks of the child; `ended` says in words how a child ended that
    nobody ended; `kill` ends it. Once there is a `fault`, it stays.
    `waited` tells for how long the child had no processor so far.
    """

    def __init__(
        self,
        channel: Channel,
        answer: Callable[[Frame], Frame],
        ended: Callable[[], FaultError],
        kill: Callable[[], object],
        waited: Callable[[], float] = float,
    ) -> None:
        self.fault: FaultError | None = None
        # A time of the monotonic clock after which no call may go on.
        self.deadline = float("inf")
        self._channel = channel
        self._mailbox = Mailbox(channel, self._sort)
        self._answer = answer
        self._ended = ended
        self._kill = kill
        self._waited = waited
        self._lane_of: dict[int, int] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def request(
        self, request: dict[str, Any], seconds: float = CALL_SECONDS
    ) -> Frame:
        """Return the reply to a request. Raises FaultError."""
        if self.fault is not None:
            raise self.fault
        lane = self._own_lane()
        number = next(self._numbers)
        until = min(time.monotonic() + seconds, self.deadline)
        try:
            self._channel.send({**request, "id": number, "lane": lane})
            return self._reply_to(number, lane, until, seconds)
        except TimeoutError:
            raise self._hung(seconds) from None
        except OSError:
            raise self._broken() from None
        except GarbledError:
            raise self.garbled() from None

    def garbled(self) -> FaultError:
        """Give the child up because it did not keep to the protocol."""
        return self._give_up(
            FaultError(
                "ended",
                "Your code wrote into the connection by which it is "
                "checked; it may use only the files that it opened.",
            )
        )

    def _reply_to(
        self, number: int, lane: int, until: float, seconds: float
    ) -> Frame:
        later = until
        while True:
            try:
                frame = self._mailbox.wait(lane, later)
            except TimeoutError:
                more = min(self._waited(), MOST_WAITING * seconds)
                if until + more <= time.monotonic():
                    raise
                later = until + more
                continue
            if frame is None:
                raise self._broken()
            if frame.get("op") == "callback":
                self._reply(frame)
            elif frame.get("id") == number:
                return frame
            else:
                raise GarbledError("a reply that nobody asked for")

    def _own_lane(self) -> int:
        with self._lock:
            thread = threading.get_ident()
            return self._lane_of.setdefault(thread, len(self._lane_of))

    def _reply(self, callback: Frame) -> None:
        reply = {"op": "reply", "lane": callback["lane"]}
        reply["id"] = callback["id"]
        self._channel.send(reply | self._answer(callback))

    def _sort(self, frame: Frame) -> Hashable:
        lane: int | None = frame["lane"]
        if lane is None:
            # A thread of the child's own calls back; no call waits for it.
            threading.Thread(
                target=self._reply_apart, args=(frame,), daemon=True
            ).start()
        return lane

    def _reply_apart(self, callback: Frame) -> None:
        try:
            self._reply(callback)
        except (OSError, UnreadableError):
            return

    def _hung(self, seconds: float) -> FaultError:
        text = f"The call did not come to an end within {seconds:g} seconds."
        return self._give_up(FaultError("hung", text))

    def _give_up(self, fault: FaultError) -> FaultError:
        self.fault = self.fault or fault
        self._kill()
        return self.fault

    def _broken(self) -> FaultError:
        self.fault = self.fault or self._ended()
        return self.fault
