"""Blocking calls on threads of their own, awaited, and stopped in time.

The agents block; the server must not. So each call runs in a thread and
hands over what it yields; when the caller goes away, it is told to stop.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any, Generic, TypeVar

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
        self._ready: asyncio.Queue[Callable[[], T]] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._lock = threading.Lock()
        self._plug: socket.socket | None = None
        self._watch = asyncio.ensure_future(self._until_gone(receive))
        context = copy_context()
        context.run(_current.set, self)
        threading.Thread(
            target=context.run, args=(self._run,), daemon=True
        ).start()

    def __aiter__(self) -> Call[T]:
        return self

    async def __anext__(self) -> T:
        """Return the next piece.

        Raises StopAsyncIteration at the end, CallerGoneError when the
        caller has gone away, and what the call itself raised.
        """
        piece = await self._ready.get()
        self._room.release()
        return piece()

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
        self._ready.put_nowait(_raising(CallerGoneError()))
        self.stop()

    def _run(self) -> None:
        pieces = self._iterate()
        end: BaseException = StopAsyncIteration()
        try:
            for piece in pieces:
                self._hand_over(lambda piece=piece: piece)  # type: ignore
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
        if not self.stopped.is_set():
            self._room.acquire()
        # Where the loop is closed, nobody waits for it.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ready.put_nowait, piece)


def _raising(error: BaseException) -> Callable[[], Any]:
    def raise_it() -> Any:
        raise error

    return raise_it


async def answered(function: Callable[[], T], receive: Receive) -> T:
    """Return what `function` returns, called in a thread.

    Raises CallerGoneError when the caller goes away first.
    """

    def only_piece() -> Iterator[T]:
        yield function()

    call = Call(only_piece, receive)
    try:
        return await anext(call)
    finally:
        call.stop()
