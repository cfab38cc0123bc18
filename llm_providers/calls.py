"""Blocking calls, awaited, and stopped in time.

The agents block; the server must not. So each call runs beside the server's
loop and hands over what it yields; when the caller goes away, it is told to
stop. A call runs in a thread, or (`loop_calls`) in the loop's own thread,
where all that it waits for are sockets that say so: see `plugs`. Pieces that
arrive while the loop is busy are handed over together: waking another thread
is what costs most here.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from llm_providers.threads import run_in_thread

__all__ = [
    "Call",
    "CallStopped",
    "CallerGoneError",
    "OneAnswer",
    "answered",
    "aside",
    "current_call",
    "go_on",
    "pause",
    "stoppably",
    "wait_for",
]

T = TypeVar("T")
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
# Waits for a socket, at most so many seconds; whether it is ready.
Wait = Callable[[Any, float | None], bool]

# Pieces that a call may be ahead of who reads them.
AHEAD = 64
# Seconds until it is asked whether the caller is still there: most answers
# that come at once need not ask.
UNWATCHED = 0.02

current_call: ContextVar[Call[Any] | None] = ContextVar("call", default=None)


class CallerGoneError(Exception):
    """Nobody waits for the answer any more; told to who awaits the call."""


class CallStopped(BaseException):  # noqa: N818
    """Ends a call that was stopped.

    No Exception: it is no fault of a provider, to be translated, counted or
    tried again on its way out of the agents and the SDKs.
    """


def go_on() -> None:
    """Raise CallStopped if this call has been stopped."""
    call = current_call.get()
    if call is not None and call.stopped.is_set():
        raise CallStopped


def pause(seconds: float) -> None:
    """Wait as `time.sleep`; raises CallStopped when the call is."""
    call = current_call.get()
    if call is None:
        time.sleep(seconds)
    else:
        call.pause(seconds)


def stoppably(plug: Any, read: Callable[[], T]) -> T:
    """Return what `read` returns, which waits for the socket `plug`.

    When this call is stopped meanwhile, the connection is shut down, which
    ends the waiting, and CallStopped is raised.
    """
    call = current_call.get()
    if call is None or not isinstance(plug, socket.socket):
        return aside(read)
    call.hold(plug)
    try:
        return aside(read)
    finally:
        call.hold(None)


def wait_for(
    plug: socket.socket, wait: Wait, write: bool, seconds: float | None
) -> bool:
    """Return whether a socket can be read, or written, in so many seconds.

    `wait` is how to wait in a thread. Raises CallStopped.
    """
    call = current_call.get()
    if call is None:
        return wait(plug, seconds)
    return call.wait_for(plug, wait, write, seconds)


def aside(function: Callable[[], T]) -> T:
    """Return what `function` returns, which blocks this thread.

    In a call that shares the loop's thread, it is called in another one.
    """
    call = current_call.get()
    if call is None:
        return function()
    found: T = call.aside(function)
    return found


class Flag(Protocol):
    """Says whether something has happened; see `threading.Event`."""

    def is_set(self) -> bool: ...

    def set(self) -> None: ...


class Call(Generic[T]):
    """What `iterate` yields, one by one, from a thread of its own.

    An asynchronous iterator, to be made in an event loop; it begins at once.
    `receive` is ASGI's: it tells when the caller goes away. Call `stop` at
    the end in any case.
    """

    def __init__(
        self, iterate: Callable[[], Iterator[T]], receive: Receive
    ) -> None:
        self.stopped = self._new_flag()
        self._iterate = iterate
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        # What it has yielded, and how it ended after that.
        self._ready: deque[T] = deque()
        self._end: BaseException | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._lock = threading.Lock()
        self._plug: socket.socket | None = None
        self._look: asyncio.Task[None] | None = None
        self._later = self._loop.call_later(UNWATCHED, self._look_out)
        context = copy_context()
        context.run(current_call.set, self)
        self._begin(context)

    def _new_flag(self) -> Flag:
        return threading.Event()

    # -- for who awaits it -------------------------------------------------

    def __aiter__(self) -> Call[T]:
        return self

    async def __anext__(self) -> T:
        """Return the next piece.

        Raises StopAsyncIteration at the end, CallerGoneError when the
        caller has gone away, and what the call itself raised.
        """
        while True:
            # Looked at first: whatever is ready then came before the end.
            has_ended = self._end is not None
            if self._ready:
                break
            if has_ended:
                raise self._taken_end()
            self._waiting = self._loop.create_future()
            await self._waiting
        piece = self._ready.popleft()
        self._made_room()
        return piece

    def _taken_end(self) -> BaseException:
        """Return how it ended; later on it is over, whatever that was.

        It is not kept: its traceback leads back to this call.
        """
        end, self._end = self._end, StopAsyncIteration()
        assert end is not None
        return end

    def arrived(self) -> list[T]:
        """Return the pieces that are there by now; nothing is waited for."""
        found = []
        while self._ready:
            found.append(self._ready.popleft())
            self._made_room()
        return found

    def stop(self) -> None:
        """End the call, if it still runs. May be called more than once."""
        self._later.cancel()
        if self._look is not None:
            self._look.cancel()
        with self._lock:
            self.stopped.set()
            if self._plug is not None:
                # Not the method of a TLS socket, which would unwrap it.
                with suppress(OSError):
                    socket.socket.shutdown(self._plug, socket.SHUT_RDWR)
        self._made_room()

    def _look_out(self) -> None:
        self._look = asyncio.ensure_future(self._until_gone())

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._end = self._end or CallerGoneError()
        self._wake()
        self.stop()

    def _wake(self) -> None:
        """Let the loop look at what is ready."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # -- for what runs in it -----------------------------------------------

    def hold(self, plug: socket.socket | None) -> None:
        """Note the socket that the call waits for now, if it does.

        Raises CallStopped if the call has been stopped.
        """
        with self._lock:
            self._plug = plug
            if self.stopped.is_set():
                self._plug = None
                raise CallStopped

    def wait_for(
        self,
        plug: socket.socket,
        wait: Wait,
        write: bool,
        seconds: float | None,
    ) -> bool:
        """Return whether a socket can be read, or written, in time."""
        self.hold(plug)
        try:
            return wait(plug, seconds)
        finally:
            self.hold(None)

    def pause(self, seconds: float) -> None:
        """Wait. Raises CallStopped."""
        assert isinstance(self.stopped, threading.Event)
        if self.stopped.wait(seconds):
            raise CallStopped

    def aside(self, function: Callable[[], Any]) -> Any:
        """Return what a function returns that blocks."""
        return function()

    def forget(self, plug: socket.socket) -> None:
        """Take note that a socket is about to be closed."""

    def _run(self) -> None:
        pieces: Iterator[T] = iter(())
        end: BaseException = StopAsyncIteration()
        try:
            pieces = self._iterate()
            for piece in pieces:
                self._hand_over(piece)
                if self.stopped.is_set():
                    break
        except BaseException as error:
            end = error
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()
        self._finish(end)

    # -- where it runs -----------------------------------------------------

    def _begin(self, context: Context) -> None:
        self._told = False
        self._room = threading.Semaphore(AHEAD)
        run_in_thread(partial(context.run, self._run))

    def _hand_over(self, piece: T) -> None:
        if not self.stopped.is_set():
            self._room.acquire()
            self._ready.append(piece)
            self._tell()

    def _finish(self, end: BaseException) -> None:
        if not self.stopped.is_set():
            self._end = end
            self._tell()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            # Where the loop is closed, nobody waits for it.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._be_told)

    def _be_told(self) -> None:
        # First of all: what is handed over from now on tells it again.
        self._told = False
        self._wake()

    def _made_room(self) -> None:
        self._room.release()


class OneAnswer(Call[T]):
    """A call whose only piece is what `function` returns.

    Nothing is told after that piece, so that the loop wakes but once.
    """

    def __init__(self, function: Callable[[], T], receive: Receive) -> None:
        self._function = function
        super().__init__(lambda: iter(()), receive)

    def _run(self) -> None:
        try:
            self._hand_over(self._function())
        except BaseException as error:
            self._finish(error)


async def answered(
    function: Callable[[], T],
    receive: Receive,
    kind: type[OneAnswer[Any]] = OneAnswer,
) -> T:
    """Return what `function` returns, called in a thread, or as `kind` does.

    Raises CallerGoneError when the caller goes away first.
    """
    call: OneAnswer[T] = kind(function, receive)
    try:
        return await anext(call)
    finally:
        call.stop()
