"""How long to wait, as the headers of an error say it."""

from __future__ import annotations

import time

from course.sandbox.faults import PlannedFault

__all__ = ["http_date", "waiting"]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def http_date(moment: float) -> str:
    """Return Unix time as an HTTP date, whatever the locale."""
    t = time.gmtime(moment)
    return (
        f"{DAYS[t.tm_wday]}, {t.tm_mday:02} {MONTHS[t.tm_mon - 1]} {t.tm_year}"
        f" {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} GMT"
    )


def waiting(
    fault: PlannedFault, default: int | None
) -> tuple[float, dict[str, str]]:
    """Return the seconds to wait, and the headers that say so."""
    wait = fault.options.get("retry_after", default)
    milliseconds = fault.options.get("retry_after_ms")
    if wait == "ms" or milliseconds is not None:
        number = 250 if milliseconds is None else milliseconds
        return number / 1_000, {"retry-after-ms": f"{number:g}"}
    if wait == "date":
        seconds = fault.number("seconds", 2.0)
        now = int(time.time())
        # The date counts from this one, whatever the client's clock says.
        return seconds, {
            "Date": http_date(now),
            "Retry-After": http_date(now + seconds),
        }
    if wait is None:
        return fault.number("seconds", 1.0), {}
    seconds = float(wait) if isinstance(wait, int) else 1.0
    return seconds, {"Retry-After": str(wait)}
