"""Blocking calls on threads of their own, awaited, and stopped in time.

The agents block; the server must not. So each call runs in a thread and
hands over what it yields; when the caller goes away, it is told to stop.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any, Generic, TypeVar

__all__ = ["Call", "CallStoppedError", "answered", "go_on", "pause"]

T = TypeVar("T")
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# Pieces that a call may be ahead of who reads them.
AHEAD = 64

_current: ContextVar[Call[Any] | None] = ContextVar("call", default=None)


class CallStoppedError(Exception):
    """Nobody waits for this call any more."""


def pause(seconds: float) -> None:
    """Wait as `time.sleep`; raises CallStoppedError when the call is."""
    call = _current.get()
    if call is None:
        time.sleep(seconds)
    elif call.stopped.wait(seconds):
        raise CallStoppedError


def go_on() -> None:
    """Raise CallStoppedError if this thread's call has been stopped."""
    call = _current.get()
    if call is not None and call.stopped.is_set():
        raise CallStoppedError


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

        Raises StopAsyncIteration at the end, CallStoppedError when the
        caller has gone away, and what the call itself raised.
        """
        piece = await self._ready.get()
        self._room.release()
        return piece()

    def stop(self) -> None:
        """End the call, if it still runs. May be called more than once."""
        self._watch.cancel()
        self.stopped.set()
        self._room.release()

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._ready.put_nowait(_raising(CallStoppedError()))
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

    Raises CallStoppedError when the caller goes away first.
    """

    def only_piece() -> Iterator[T]:
        yield function()

    call = Call(only_piece, receive)
    try:
        return await anext(call)
    finally:
        call.stop()
