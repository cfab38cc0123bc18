"""The faults that can be asked for, and the queue they wait in."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

__all__ = ["FAULTS", "FaultQueue", "PlannedFault", "fault_table"]


@dataclass(frozen=True)
class Fault:
    """What a fault does, which requests it waits for, and its options.

    `waits_for` is ``any`` request, a ``completion``, or a ``stream``.
    """

    sentence: str
    options: tuple[str, ...] = ()
    waits_for: str = "any"


_WAITING = ("retry_after", "retry_after_ms", "seconds")

FAULTS = {
    "bad_gateway": Fault("502 with a proxy's HTML page."),
    "bad_parameter": Fault(
        "400: the model does not take a parameter.", ("parameter",)
    ),
    "content_filter": Fault(
        "A reply that the content filter stopped.", (), "completion"
    ),
    "context_length": Fault(
        "400: the prompt exceeds the context window.", ("wording",)
    ),
    "drop_connection": Fault("The connection closes without an answer."),
    "echo_key": Fault("401 with the caller's whole key in its message."),
    "empty": Fault("A reply without any text.", (), "completion"),
    "error_in_200": Fault("Status 200, but the body is an error."),
    "forbidden": Fault("403: the caller's country is not served."),
    "html": Fault(
        "An HTML page where JSON belongs; status 200 unless told.",
        ("status",),
    ),
    "huge_body": Fault(
        "The reply padded with spaces to 50 MB, which is still valid JSON.",
        ("megabytes",),
    ),
    "length": Fault(
        "A reply cut off in the middle, finish reason length.",
        (),
        "completion",
    ),
    "malformed_json": Fault("Status 200 and only half of the JSON."),
    "overloaded": Fault("503: the provider is overloaded.", _WAITING),
    "quota_exhausted": Fault(
        "429 that no waiting helps: the credit is used up.", ("code",)
    ),
    "rate_limit": Fault(
        "429 with Retry-After (whole seconds, 'date', 'ms' or None).",
        (*_WAITING, "limit"),
    ),
    "refusal": Fault("The model declines to answer.", (), "completion"),
    "retired_model": Fault("404: the model has been shut down."),
    "server_error": Fault("500: the provider's own fault.", ("message",)),
    "slow_body": Fault(
        "Headers at once, then the body in drops over `seconds`; with"
        " `chunks_before`, one pause after so many pieces.",
        ("seconds", "chunks_before"),
    ),
    "slow_down": Fault("429: traffic grew too fast.", _WAITING),
    "stall": Fault("Not even headers for `seconds`.", ("seconds",)),
    "stream_cut": Fault(
        "A stream ends without finish reason and [DONE]; with clean=False"
        " the connection breaks as well.",
        ("chunks_before", "clean"),
        "stream",
    ),
    "stream_error": Fault(
        "An error event in the middle of a stream.",
        ("chunks_before",),
        "stream",
    ),
    "unknown_model": Fault("404: there is no such model."),
    "wrong_charset": Fault("The body is Latin-1 and claims to be UTF-8."),
    "wrong_key": Fault("401: the key is not valid."),
}


def fault_table() -> dict[str, str]:
    """Return the sentence of every fault by name, for lessons."""
    return {
        name: fault.sentence
        + (f" Options: {', '.join(fault.options)}." if fault.options else "")
        for name, fault in sorted(FAULTS.items())
    }


@dataclass
class PlannedFault:
    """A fault that was asked for; `left` is None while it is to stay."""

    name: str
    key: str | None = None
    left: int | None = 1
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def waits_for(self) -> str:
        """The kind of request that it is meant for."""
        return FAULTS[self.name].waits_for

    def number(self, option: str, default: float) -> float:
        """Return an option as a number."""
        return float(self.options.get(option, default))


def _check(fault: str, times: int | None, options: dict[str, Any]) -> None:
    if fault not in FAULTS:
        raise ValueError(
            f"There is no fault {fault!r}; there are: {', '.join(FAULTS)}."
        )
    known = FAULTS[fault].options
    for name in options:
        if name not in known:
            raise ValueError(
                f"The fault {fault!r} has no option {name!r}; it has:"
                f" {', '.join(known) or 'none'}."
            )
    if times is not None and (type(times) is not int or times < 1):
        raise ValueError("times is a whole number from 1, or None: always.")
    _check_numbers(options)


def _check_numbers(options: dict[str, Any]) -> None:
    for name in ("seconds", "megabytes", "chunks_before", "retry_after_ms"):
        value = options.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} is a number.")
        if value < 0:
            raise ValueError(f"{name} is not negative.")
    wait = options.get("retry_after", 1)
    if wait is None or isinstance(wait, str):
        return
    if type(wait) is not int or wait < 1:
        raise ValueError(
            "retry_after is a whole number of seconds from 1, as providers"
            " send it, 'date', 'ms' (with retry_after_ms=250 for 0.25 s),"
            " None, or any other text to send as it stands."
        )


class FaultQueue:
    """The planned faults of each provider, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[str, list[PlannedFault]] = {}

    def plan(
        self,
        provider: str,
        fault: str,
        times: int | None,
        key: str | None,
        options: dict[str, Any],
    ) -> None:
        """Add a fault; ValueError names what is valid if this is not."""
        _check(fault, times, options)
        with self._lock:
            queue = self._planned.setdefault(provider, [])
            queue.append(PlannedFault(fault, key, times, options))

    def take(
        self, provider: str, key: str | None, kinds: frozenset[str]
    ) -> PlannedFault | None:
        """Return the fault for a request of these kinds, and count it.

        A fault planned for this very key comes before one for any key.
        """
        with self._lock:
            queue = self._planned.get(provider, [])
            fitting = [
                fault
                for fault in queue
                if fault.waits_for in kinds and fault.key in (None, key)
            ]
            fitting.sort(key=lambda fault: fault.key is None)
            if not fitting:
                return None
            fault = fitting[0]
            if fault.left is not None:
                fault.left -= 1
                if not fault.left:
                    queue[:] = [other for other in queue if other is not fault]
            return fault

    def clear(self) -> None:
        """Forget every planned fault."""
        with self._lock:
            self._planned.clear()
