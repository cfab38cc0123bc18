"""How long a learner was at work, from the moments of saves and hints.

Nobody watches the clock between two moments, so that the figure is a bound
from below: a longer gap is taken for a break, and the time before the first
moment is not known.
"""

from __future__ import annotations

from collections.abc import Iterable

from course.workspace.progress_file import Record

__all__ = ["BREAK_SECONDS", "duration", "since_last"]

# A gap between two moments that is longer than this counts as a break.
BREAK_SECONDS = 15 * 60


def since_last(records: Iterable[Record], now: float) -> int:
    """Return the seconds of work since the last moment of any exercise.

    0 for the first moment, after a break, and where a clock went back.
    """
    last = max((each.last for each in records), default=0)
    gap = int(now) - last
    return gap if last and 0 < gap <= BREAK_SECONDS else 0


def duration(minutes: float) -> str:
    """Return minutes as people say them, such as ``1 h 20 min``."""
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
