"""The child: runs a learner's code and answers for it, call by call.

Requests come in lanes, one per thread of the other side, so that a callback
made in one call is answered where that call was made, and calls from several
threads run side by side.
"""

from __future__ import annotations

import itertools
import os
import secrets
import socket
import threading
from collections.abc import Callable, Hashable
from typing import Any

from .channel import Channel, Mailbox
from .exports import Exports
from .operations import Operations, failure
from .wire import Frame, GarbledError, UnreadableError


class Server:
    """Answers the requests of one channel."""

    def __init__(
        self,
        channel: Channel,
        operations: Operations,
        on_end: Callable[[], object],
        exports: type[Exports] = Exports,
    ) -> None:
        self._channel = channel
        self._operations = operations
        self._on_end = on_end
        self._exports = exports(self._call_back)
        self._mailbox = Mailbox(channel, self._sort)
        self._lanes = {0}
        self._numbers = itertools.count(1)
        self._here = threading.local()
        self._pid = os.getpid()

    def run(self, lane: int = 0) -> None:
        """Answer one lane in this thread, the others in threads of theirs."""
        self._here.lane = lane
        while True:
            self._answer(self._next(("lane", lane)))

    def detach(self) -> None:
        """Give the connection up, in a process forked from this one."""
        self._channel.close()

    def _next(self, box: Hashable) -> Frame:
        try:
            frame = self._mailbox.wait(box)
        except GarbledError:
            frame = None
        if frame is None:
            self._on_end()
            raise SystemExit
        return frame

    def _sort(self, frame: Frame) -> Hashable:
        lane = frame["lane"]
        if lane is None:
            return ("callback", frame["id"])
        if lane not in self._lanes:
            self._lanes.add(lane)
            threading.Thread(
                target=self.run, args=(lane,), daemon=True
            ).start()
        return ("lane", lane)

    def _answer(self, request: Frame) -> None:
        reply: Frame = {"id": request["id"], "lane": request["lane"]}
        try:
            outcome = self._operations.perform(request, self._exports)
        except BaseException as error:
            outcome = failure(error, self._exports, self._operations.folder)
        if os.getpid() != self._pid:
            # The learner's code forked, and this is not the process asked.
            os._exit(0)
        reply["blanks"] = self._operations.take_blanks()
        try:
            self._channel.send(reply | outcome)
        except UnreadableError as error:
            self._channel.send(reply | {"unreadable": str(error)})
        except (OSError, TypeError, ValueError, RecursionError):
            os._exit(70)

    def _call_back(
        self, number: int, how: str, args: list[Any], kwargs: dict[str, Any]
    ) -> Any:
        """Let the other side call what it lent; return what that returns."""
        lane = getattr(self._here, "lane", None)
        request = {
            "op": "callback",
            "id": next(self._numbers),
            "lane": lane,
            "n": number,
            "how": how,
            "args": self._exports.encode(args),
            "kwargs": self._exports.encode(kwargs),
        }
        self._channel.send(request)
        reply = self._reply_to(request["id"], lane)
        if "raised" in reply:
            raise self._exports.decode(reply["raised"])
        return self._exports.decode(reply["ok"])

    def _reply_to(self, number: int, lane: int | None) -> Frame:
        if lane is None:
            return self._next(("callback", number))
        while True:
            frame = self._next(("lane", lane))
            if frame["op"] == "reply" and frame["id"] == number:
                return frame
            # A callback may call the learner's code in its turn.
            self._answer(frame)


# Where a room's judge wants clients to be let in, if anywhere.
listener: socket.socket | None = None


def listen(operations: Operations, public: bool = False) -> dict[str, Any]:
    """Let more clients in, over loopback; return where and by what word.

    A client has to send the word first. If only what is `public` is for
    them, they come in by the room's own listener.
    """
    kind: type[Exports] = Exports
    if public:
        from .public import PublicExports, PublicOperations

        assert listener is not None
        made, kind = listener, PublicExports
        operations = PublicOperations(operations)
    else:
        made = socket.create_server(("127.0.0.1", 0))
    word = secrets.token_hex(16)

    def accept() -> None:
        while True:
            connection, _ = made.accept()
            threading.Thread(
                target=serve, args=(Channel(connection),), daemon=True
            ).start()

    def serve(channel: Channel) -> None:
        if channel.receive() == {"word": word}:
            Server(channel, operations, lambda: None, kind).run()

    threading.Thread(target=accept, daemon=True).start()
    return {"port": made.getsockname()[1], "word": word}
