"""What a test asked of a learner's code, in order, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from .show import show, show_call

# Whether a test's callback is running: what it calls is no step of a test.
ANSWERING = ContextVar("ANSWERING", default=False)

NOTHING: Any = type("Nothing", (), {"__repr__": lambda self: "nothing"})()

_INFIX = {
    "add": "+", "radd": "+", "sub": "-", "rsub": "-", "mul": "*",
    "rmul": "*", "truediv": "/", "mod": "%", "or": "|", "ror": "|",
    "and": "&", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
}


@dataclass
class Call:
    """One call: `name` is dotted, `text` is how it would be written.

    It is `inner` if a callback made it while another call was under way, or
    if it only made a value for the test.
    """

    name: str
    text: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    returned: Any = NOTHING
    raised: str | None = None
    error: str = ""
    where: Mapping[str, Any] | None = None
    inner: bool = field(default_factory=ANSWERING.get)

    def failed_with(
        self, error: BaseException, where: Mapping[str, Any] | None
    ) -> None:
        self.raised = type(error).__name__
        self.error = str(error)
        self.where = where

    def as_dict(self) -> dict[str, Any]:
        """Return what a hint's condition may look at."""
        return {
            "called": self.name,
            "args": list(self.args),
            "kwargs": dict(self.kwargs),
            "returned": None if self.returned is NOTHING else self.returned,
            "raised": self.raised,
            "error": self.error,
        }


def last_step(log: Sequence[Call]) -> Call | None:
    """Return the last call that the test itself made, if it made any."""
    own = (call for call in reversed(log) if not call.inner)
    return next(own, log[-1] if log else None)


def function_call(
    name: str, shown: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Call:
    return Call(name, show_call(shown, args, kwargs), args, kwargs)


def special_call(
    owner: Any, type_name: str, special: str, args: Sequence[Any]
) -> Call:
    """Return the call that an operator or a built-in function makes."""
    name = f"{type_name}.__{special}__"
    return Call(name, _special_text(owner, special, args), args)


def _special_text(owner: Any, special: str, args: Sequence[Any]) -> str:
    this = show(owner)
    if special in _INFIX and args:
        sides = [this, show(args[0])]
        if special in ("radd", "rsub", "rmul", "ror"):
            sides.reverse()
        return f" {_INFIX[special]} ".join(sides)
    if special == "getitem":
        return f"{this}[{show(args[0])}]"
    if special == "contains":
        return f"{show(args[0])} in {this}"
    if special == "iter":
        return f"list({this})"
    return show_call(special, [owner, *args], {})
