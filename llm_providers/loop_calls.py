"""Calls that share the loop's thread, each in a greenlet of its own.

A call that waits for a socket gives the thread back to the loop, which goes on
with the call when something has arrived. So hundreds of streams need no
hundreds of threads, which would spend more time waking each other than on the
streams. Whatever else blocks goes `aside`, into a thread.

Only for functions whose waiting is all done by `calls`: what blocks here in
any other way would hold up everybody.

A call never touches the loop itself, but says what it waits for, and leaves
the rest to `_go_on`: a loop may keep on its stack what it is about to do, and
a greenlet lies on top of that stack.
"""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Any, TypeVar

from llm_providers.calls import (
    AHEAD,
    Call,
    CallStopped,
    OneAnswer,
    Wait,
    current_call,
)
from llm_providers.threads import run_in_thread

try:
    from greenlet import getcurrent, greenlet
except ImportError:  # It is an extra: threads do without.
    greenlet = None

__all__ = ["LoopAnswer", "LoopCall", "can_share"]

T = TypeVar("T")
# A loop that watches no sockets; Windows alone has it.
PROACTOR: Any = getattr(asyncio, "ProactorEventLoop", ())
# What a call waits for; FORGET has it wait for nothing.
SOCKET, PAUSE, ROOM, ASIDE, FORGET = "socket pause room aside forget".split()
# Number of a socket, and whether it is to be written.
Watched = tuple[int, bool]


def can_share() -> bool:
    """Whether calls can share the thread of the loop that runs."""
    loop = asyncio.get_running_loop()
    return greenlet is not None and not isinstance(loop, PROACTOR)


class LightFlag:
    """A flag for which nobody waits: `threading.Event` without its locks."""

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        """Whether it has been set."""
        return self._is_set

    def set(self) -> None:
        """Set it, for good."""
        self._is_set = True


class LoopCall(Call[T]):
    """A call in the loop's thread; see `Call`."""

    _state = ""
    _wanted: Watched | None = None
    _watched: Watched | None = None
    _due = math.inf
    _timer: asyncio.TimerHandle | None = None
    _timer_at = math.inf

    def _new_flag(self) -> LightFlag:
        return LightFlag()

    def stop(self) -> None:
        """End the call, if it still runs. May be called more than once."""
        super().stop()
        if self._state in (SOCKET, PAUSE):
            self._go_on(False)

    # -- for what runs in it -----------------------------------------------

    def wait_for(
        self,
        plug: socket.socket,
        wait: Wait,
        write: bool,
        seconds: float | None,
    ) -> bool:
        """Return whether a socket can be read, or written, in time."""
        self._wanted = plug.fileno(), write
        ready: bool = self._leave(SOCKET, seconds)
        return ready

    def pause(self, seconds: float) -> None:
        """Wait. Raises CallStopped."""
        self._leave(PAUSE, seconds)

    def aside(self, function: Callable[[], Any]) -> Any:
        """Return what a function returns, called in a thread."""
        if self._loop.is_closed():
            return function()
        context = copy_context()
        context.run(current_call.set, None)

        def job() -> None:
            outcome: tuple[Any, BaseException | None]
            try:
                outcome = context.run(function), None
            except BaseException as error:
                outcome = None, error
            # Where the loop is closed, nobody waits for it.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._go_on, outcome)

        run_in_thread(job)
        value, error = self._switch(ASIDE)
        if error is not None:
            try:
                raise error
            finally:
                # Or else frame and exception keep each other.
                del error
        return value

    def forget(self, plug: socket.socket) -> None:
        """Watch a socket no more that is about to be closed."""
        if self._watched and self._watched[0] == plug.fileno():
            self._switch(FORGET)

    def _hand_over(self, piece: T) -> None:
        while len(self._ready) >= AHEAD and not self.stopped.is_set():
            self._switch(ROOM)
        if not self.stopped.is_set():
            self._ready.append(piece)

    def _finish(self, end: BaseException) -> None:
        if not self.stopped.is_set():
            self._end = end

    def _leave(self, state: str, seconds: float | None) -> Any:
        """Wait so long at most. Raises CallStopped."""
        if self.stopped.is_set() or self._loop.is_closed():
            raise CallStopped
        wait = math.inf if seconds is None else seconds
        self._due = self._loop.time() + wait
        outcome = self._switch(state)
        if self.stopped.is_set():
            raise CallStopped
        return outcome

    def _switch(self, state: str) -> Any:
        self._state = state
        return self._loop_side.switch()

    # -- on the loop's side ------------------------------------------------

    def _begin(self, context: Context) -> None:
        self._greenlet = greenlet(self._run)
        self._greenlet.gr_context = context
        self._go_on()

    def _go_on(self, *outcome: Any) -> None:
        """Run the call until it waits; see to what it waits for."""
        self._loop_side = getcurrent()
        self._state = ""
        self._greenlet.switch(*outcome)
        while self._state == FORGET:
            self._unwatch()
            self._state = ""
            self._greenlet.switch()
        if self._state == SOCKET:
            self._watch()
        else:
            self._unwatch()
        if self._state in (SOCKET, PAUSE):
            if self._due < self._timer_at:
                self._set_timer()
        elif not self._state:
            self._let_go()
        if self._ready or self._end is not None:
            self._wake()

    def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # Its context leads back to this call: a circle, which would stay
        # until somebody looks for circles.
        del self._greenlet

    def _made_room(self) -> None:
        if self._state == ROOM:
            self._go_on()

    def _watch(self) -> None:
        # A stream waits again and again for the same socket.
        if self._watched == self._wanted or self._wanted is None:
            return
        self._unwatch()
        number, write = self._watched = self._wanted
        add = self._loop.add_writer if write else self._loop.add_reader
        add(number, self._is_ready)

    def _unwatch(self) -> None:
        if self._watched is None:
            return
        number, write = self._watched
        self._watched = None
        loop = self._loop
        remove = loop.remove_writer if write else loop.remove_reader
        with suppress(RuntimeError):  # The loop may be closed by now.
            remove(number)

    def _is_ready(self) -> None:
        if self._state == SOCKET:
            self._go_on(True)

    def _set_timer(self) -> None:
        """Have it ring in time: one timer serves all waits of the call."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._due
        self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer, self._timer_at = None, math.inf
        if self._state not in (SOCKET, PAUSE):
            return
        if self._loop.time() >= self._due:
            self._go_on(False)
        elif self._due < math.inf:
            self._set_timer()


class LoopAnswer(OneAnswer[T], LoopCall[T]):
    """A call with one piece, in the loop's thread."""
