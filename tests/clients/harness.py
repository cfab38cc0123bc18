"""What every client's script needs; the standard library alone.

A script runs in the client's own environment. `SANDBOX` in its environment
is a JSON object: for each provider `base_url`, `key`, `wrong_key`, `model`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from types import SimpleNamespace

__all__ = ["expect", "provider", "raises", "refused", "report", "works"]

# What a client says that was refused for its key, in one way or another.
REFUSED = re.compile(r"\b40[013]\b|api.?key|authori[sz]|user not found", re.I)

_checks: list[tuple[str, Callable[[], object]]] = []


def provider(name: str) -> SimpleNamespace:
    """Return where a provider is to be found, and what to ask it for."""
    return SimpleNamespace(**json.loads(os.environ["SANDBOX"])[name])


def works(what: str) -> Callable[[Callable[[], object]], None]:
    """Have a function run as one check, called `what`."""

    def note(check: Callable[[], object]) -> None:
        _checks.append((what, check))

    return note


def expect(value: object, about: str = "") -> None:
    """Fail the check at hand unless `value` is true."""
    if not value:
        raise AssertionError(about or f"got {value!r}")


def raises(kind: type[BaseException], call: Callable[[], object]) -> None:
    """Fail the check at hand unless `call` raises just this kind of error."""
    try:
        answer = call()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}, but {answer!r}"[:300])


def refused(call: Callable[[], object]) -> None:
    """Fail the check at hand unless `call` raises that the key is wrong."""
    try:
        answer = call()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        expect(REFUSED.search(said), f"another error: {said}"[:300])
        return
    raise AssertionError(f"no error, but {answer!r}"[:300])


def report() -> None:
    """Run all checks, print each as a line of JSON, and exit."""
    failed = False
    for what, check in _checks:
        why = ""
        try:
            check()
        except Exception as error:
            failed = True
            why = f"{type(error).__name__}: {error}"[:600]
        print(json.dumps({"what": what, "why": why}), flush=True)
    sys.exit(failed)
