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
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from .exports import Exports
from .operations import Operations, failure
from .wire import Channel, Frame, GarbledError, UnreadableError


class Server:
    """Answers the requests of one channel."""

    def __init__(
        self,
        channel: Channel,
        operations: Operations,
        on_end: Callable[[], object],
    ) -> None:
        self._channel = channel
        self._operations = operations
        self._on_end = on_end
        self._exports = Exports(self._call_back)
        self._lanes: dict[int, SimpleQueue[Frame]] = {0: SimpleQueue()}
        self._replies: dict[int, SimpleQueue[Frame]] = {}
        self._numbers = itertools.count(1)
        self._here = threading.local()
        self._pid = os.getpid()

    def run(self) -> None:
        """Answer lane 0 in this thread, the others in threads of theirs."""
        threading.Thread(target=self._read, daemon=True).start()
        self._run_lane(0)

    def detach(self) -> None:
        """Give the connection up, in a process forked from this one."""
        self._channel.close()

    def _read(self) -> None:
        while True:
            try:
                frame = self._channel.receive()
            except GarbledError:
                frame = None
            if frame is None:
                self._on_end()
                return
            self._sort(frame)

    def _sort(self, frame: Frame) -> None:
        lane = frame["lane"]
        if lane is None:
            self._replies[frame["id"]].put(frame)
            return
        if lane not in self._lanes:
            self._lanes[lane] = SimpleQueue()
            threading.Thread(
                target=self._run_lane, args=(lane,), daemon=True
            ).start()
        self._lanes[lane].put(frame)

    def _run_lane(self, lane: int) -> None:
        self._here.lane = lane
        while True:
            self._answer(self._lanes[lane].get())

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
        reply = self._exchange(request, lane)
        if "raised" in reply:
            raise self._exports.decode(reply["raised"])
        return self._exports.decode(reply["ok"])

    def _exchange(self, request: Frame, lane: int | None) -> Frame:
        number = request["id"]
        if lane is None:
            waiting = self._replies[number] = SimpleQueue()
            self._channel.send(request)
            reply = waiting.get()
            del self._replies[number]
            return reply
        self._channel.send(request)
        while True:
            frame = self._lanes[lane].get()
            if frame["op"] == "reply" and frame["id"] == number:
                return frame
            self._answer(frame)


def listen(operations: Operations) -> dict[str, Any]:
    """Let one more client in, over loopback; return where and by what word.

    The client has to send the word first.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    word = secrets.token_hex(16)

    def accept() -> None:
        with listener:
            connection, _ = listener.accept()
        channel = Channel(connection)
        if channel.receive() == {"word": word}:
            Server(channel, operations, lambda: None).run()

    threading.Thread(target=accept, daemon=True).start()
    return {"port": listener.getsockname()[1], "word": word}
