"""Blocking calls on threads of their own, awaited, and stopped in time.

The agents block; the server must not. So each call runs in a thread and
hands over what it yields; when the caller goes away, it is told to stop.
Threads are kept for the next call, and pieces that arrive while the loop is
busy are handed over together: waking another thread is what costs most here.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from llm_providers.threads import run_in_thread

__all__ = [
    "Call",
    "CallStopped",
    "CallerGoneError",
    "answered",
    "go_on",
    "pause",
    "stoppably",
]

T = TypeVar("T")
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# Pieces that a call may be ahead of who reads them.
AHEAD = 64

_current: ContextVar[Call[Any] | None] = ContextVar("call", default=None)


class CallerGoneError(Exception):
    """Nobody waits for the answer any more; told to who awaits the call."""


class CallStopped(BaseException):  # noqa: N818
    """Ends the thread of a call that was stopped.

    No Exception: it is no fault of a provider, to be translated, counted or
    tried again on its way out of the agents and the SDKs.
    """


def go_on() -> None:
    """Raise CallStopped if this thread's call has been stopped."""
    call = _current.get()
    if call is not None and call.stopped.is_set():
        raise CallStopped


def pause(seconds: float) -> None:
    """Wait as `time.sleep`; raises CallStopped when the call is."""
    call = _current.get()
    if call is None:
        time.sleep(seconds)
    elif call.stopped.wait(seconds):
        raise CallStopped


def stoppably(plug: Any, read: Callable[[], T]) -> T:
    """Return what `read` returns, which waits for the socket `plug`.

    When this thread's call is stopped meanwhile, the connection is shut
    down, which ends the waiting, and CallStopped is raised.
    """
    call = _current.get()
    if call is None or not isinstance(plug, socket.socket):
        return read()
    call.hold(plug)
    try:
        return read()
    finally:
        call.hold(None)


class Call(Generic[T]):
    """What `iterate` yields, one by one, from a thread of its own.

    An asynchronous iterator, to be made in an event loop; it begins at once.
    `receive` is ASGI's: it tells when the caller goes away. Call `stop` at
    the end in any case.
    """

    def __init__(
        self, iterate: Callable[[], Iterator[T]], receive: Receive
    ) -> None:
        self.stopped = threading.Event()
        self._iterate = iterate
        self._loop = asyncio.get_running_loop()
        # Each entry is a function that returns the next piece or raises.
        self._ready: deque[Callable[[], T]] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._told = False
        self._room = threading.Semaphore(AHEAD)
        self._lock = threading.Lock()
        self._plug: socket.socket | None = None
        self._watch = asyncio.ensure_future(self._until_gone(receive))
        context = copy_context()
        context.run(_current.set, self)
        run_in_thread(partial(context.run, self._run))

    def __aiter__(self) -> Call[T]:
        return self

    async def __anext__(self) -> T:
        """Return the next piece.

        Raises StopAsyncIteration at the end, CallerGoneError when the
        caller has gone away, and what the call itself raised.
        """
        while not self._ready:
            self._waiting = self._loop.create_future()
            await self._waiting
        piece = self._ready.popleft()
        self._room.release()
        return piece()

    def arrived(self) -> list[T]:
        """Return the pieces that are there by now; nothing is waited for."""
        found = []
        # How it ends, which is no piece, stays there to be raised.
        while self._ready and isinstance(self._ready[0], partial):
            found.append(self._ready.popleft()())
            self._room.release()
        return found

    def stop(self) -> None:
        """End the call, if it still runs. May be called more than once."""
        self._watch.cancel()
        with self._lock:
            self.stopped.set()
            if self._plug is not None:
                # Not the method of a TLS socket, which would unwrap it.
                with suppress(OSError):
                    socket.socket.shutdown(self._plug, socket.SHUT_RDWR)
        self._room.release()

    def hold(self, plug: socket.socket | None) -> None:
        """Note the socket that the call waits for now, if it does.

        Raises CallStopped if the call has been stopped.
        """
        with self._lock:
            self._plug = plug
            if self.stopped.is_set():
                self._plug = None
                raise CallStopped

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._ready.append(_raising(CallerGoneError()))
        self._wake()
        self.stop()

    def _run(self) -> None:
        pieces: Iterator[T] = iter(())
        end: BaseException = StopAsyncIteration()
        try:
            pieces = self._iterate()
            for piece in pieces:
                self._hand_over(partial(_same, piece))
                if self.stopped.is_set():
                    break
        except BaseException as error:
            end = error
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()
        self._hand_over(_raising(end))

    def _hand_over(self, piece: Callable[[], T]) -> None:
        if self.stopped.is_set():
            return
        self._room.acquire()
        self._ready.append(piece)
        if not self._told:
            self._told = True
            # Where the loop is closed, nobody waits for it.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        """Let the loop look at what is ready."""
        # First of all: what is handed over from now on tells it again.
        self._told = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class OneAnswer(Call[T]):
    """A call whose only piece is what `function` returns.

    Nothing is told after that piece, so that the loop wakes but once.
    """

    def __init__(self, function: Callable[[], T], receive: Receive) -> None:
        self._function = function
        super().__init__(lambda: iter(()), receive)

    def _run(self) -> None:
        try:
            self._hand_over(partial(_same, self._function()))
        except BaseException as error:
            self._hand_over(_raising(error))


def _same(piece: T) -> T:
    return piece


def _raising(error: BaseException) -> Callable[[], Any]:
    def raise_it() -> Any:
        raise error

    return raise_it


async def answered(function: Callable[[], T], receive: Receive) -> T:
    """Return what `function` returns, called in a thread.

    Raises CallerGoneError when the caller goes away first.
    """

    call = OneAnswer(function, receive)
    try:
        return await anext(call)
    finally:
        call.stop()
