"""What happens in a call, told to whoever keeps books of it.

Both are variables of the context: they hold for a request, in whatever
thread its call runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

from llm_providers.responses import Attempt

__all__ = ["Seen", "Watch", "began", "noted", "request_id", "watched"]

# Of the request that is being answered; empty outside of any.
request_id: ContextVar[str] = ContextVar("request_id", default="")


@dataclass(frozen=True)
class Seen:
    """A try that has ended, at `ended`, in seconds since 1970.

    `asked` is the model that was asked for: `row` has the one that served.
    """

    row: Attempt
    asked: str
    ended: float


@dataclass
class Watch:
    """The tries of one call, as they end.

    `asking` is whose answer is waited for: provider and model, None between
    tries. `clock` gives seconds since 1970.
    """

    seen: list[Seen] = field(default_factory=list)
    asking: tuple[str, str] | None = None
    asking_since: float = 0.0
    clock: Callable[[], float] = time.time

    def note(self, row: Attempt) -> None:
        """Note how a try ended."""
        asked = self.asking[1] if self.asking else row.model
        self.asking = None
        self.seen.append(Seen(row, asked, self.clock()))


_current: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(watch: Watch) -> Generator[Watch, None, None]:
    """Have `watch` told of all tries until the end."""
    token = _current.set(watch)
    try:
        yield watch
    finally:
        # A generator may be closed in another context than it began in.
        with suppress(ValueError):
            _current.reset(token)


def began(provider: str, model: str) -> None:
    """Tell that a provider is being asked."""
    watch = _current.get()
    if watch is not None:
        watch.asking, watch.asking_since = (provider, model), watch.clock()


def noted(row: Attempt) -> None:
    """Tell how a try ended, or that one was skipped."""
    watch = _current.get()
    if watch is not None:
        watch.note(row)
