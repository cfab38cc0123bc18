"""Faults that were asked for, and the queue they wait in."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any

from course.sandbox.fault_names import CHOICES, FAULTS

__all__ = ["FaultQueue", "PlannedFault"]


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


def _check(
    provider: str, fault: str, times: int | None, options: dict[str, Any]
) -> None:
    known = FAULTS.get(fault)
    if known is None or not known.belongs_to(provider):
        valid = [n for n, f in FAULTS.items() if f.belongs_to(provider)]
        raise ValueError(
            f"There is no fault {fault!r} of {provider}; there are:"
            f" {', '.join(valid)}."
        )
    for name, value in options.items():
        _check_option(provider, fault, name, value)
    if times is not None and (type(times) is not int or times < 1):
        raise ValueError("times is a whole number from 1, or None: always.")
    _check_numbers(options)


def _is_duration(value: Any) -> bool:
    if not isinstance(value, str):
        return value is None
    number, unit, rest = value.partition("s")
    digits = number.replace(".", "", 1)
    return unit + rest == "s" and digits.isascii() and digits.isdigit()


def _check_option(provider: str, fault: str, name: str, value: Any) -> None:
    known = FAULTS[fault].options_of(provider)
    if name not in known:
        raise ValueError(
            f"The fault {fault!r} has no option {name!r}; it has:"
            f" {', '.join(known) or 'none'}."
        )
    choices = CHOICES.get((provider, fault, name))
    if choices and value not in choices:
        raise ValueError(f"{name} is one of: {', '.join(choices)}.")
    if name == "retry_delay" and not _is_duration(value):
        raise ValueError("retry_delay is seconds as a text: '2s', or None.")
    if name == "status" and (
        type(value) is not int or not 200 <= value <= 599
    ):
        raise ValueError("status is a whole number from 200 to 599.")


NUMBERS = (
    "chunks_before",
    "megabytes",
    "retry_after_ms",
    "retry_after_seconds",
    "seconds",
)


def _check_numbers(options: dict[str, Any]) -> None:
    for name in NUMBERS:
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
        _check(provider, fault, times, options)
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

    def planned(self) -> dict[str, list[PlannedFault]]:
        """Return what is planned for each provider, in order."""
        with self._lock:
            return {
                provider: [replace(fault) for fault in queue]
                for provider, queue in self._planned.items()
                if queue
            }

    def clear(self) -> None:
        """Forget every planned fault."""
        with self._lock:
            self._planned.clear()
