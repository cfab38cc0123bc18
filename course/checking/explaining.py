"""A failing test in words: what was called, what came back, what should."""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import textwrap
import tokenize
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from course.checking.calls import NOTHING, Call, last_step
from course.checking.connection import FaultError
from course.checking.remote import ImportFaultError
from course.checking.show import LONGEST_TEXT, plain, shortened, show
from course.checking.verdict import Failure, sentence

_DID_NOT_RAISE = re.compile(r"DID NOT RAISE (?:any of )?(?P<what>.*)", re.S)
_CLASS = re.compile(r"<class '(?:[\w.]*\.)?(\w+)'>")
MOST_REQUESTS = 6


@dataclass(frozen=True)
class Comparison:
    """The comparison that did not hold."""

    operator: str
    left: Any
    right: Any


def explain(
    test: str,
    error: BaseException,
    traceback: Any,
    log: list[Call],
    comparison: Comparison | None,
    requests: Iterable[Any],
) -> Failure:
    """Return in words why a test failed with `error`."""
    last = _call_in_question(log, comparison)
    expected, message = _expectation(error, traceback, last, comparison)
    return Failure(
        test=test,
        sentence=sentence(test),
        called=plain(last.text) if last else "",
        returned=_returned(last),
        raised=_raised(last),
        expected=expected,
        message=message,
        requests=tuple(map(_request_line, list(requests)[:MOST_REQUESTS])),
    )


def _call_in_question(
    log: list[Call], comparison: Comparison | None
) -> Call | None:
    """Return the call that gave what was compared, or else the last one.

    The last call of a test may be the one that makes the expected value.
    But what it was given itself, it was given to work with.
    """
    last = last_step(log)
    if comparison is None or last is None or last.returned is comparison.left:
        return last
    given = [*last.args, *last.kwargs.values()]
    for side in (comparison.left, comparison.right):
        if type(side) in _SHARED or any(side is one for one in given):
            continue
        for call in reversed(log):
            if call.returned is side and not call.inner:
                return call
    return last


# Values of these types are the same object wherever they come from.
_SHARED = (bool, int, str, type(None), tuple)


def _returned(last: Call | None) -> str:
    if last is None or last.returned is NOTHING or last.raised:
        return ""
    return show(last.returned)


def _raised(last: Call | None) -> str:
    if last is None or not last.raised:
        return ""
    text = shortened(f"{last.raised}: {last.error}".rstrip(": "), 400)
    return plain(text) + place(last.where)


def place(where: Mapping[str, Any] | None) -> str:
    """Return a place in the learner's files, in brackets; empty if None."""
    if not where:
        return ""
    text = f": {where['text']}" if where["text"] else ""
    return f" ({where['file']}, line {where['line']}{text})"


def _expectation(
    error: BaseException,
    traceback: Any,
    last: Call | None,
    comparison: Comparison | None,
) -> tuple[str, str]:
    """Return what was expected, and what else there is to say."""
    if isinstance(error, ImportFaultError):
        return "", plain(error.message) + place(error.where)
    if isinstance(error, FaultError):
        return "", error.message
    found = _DID_NOT_RAISE.search(str(error))
    if found and not isinstance(error, AssertionError):
        names = _CLASS.findall(found["what"]) or [found["what"]]
        return f"raises {' or '.join(names)}", ""
    statement = _statement(traceback)
    if not isinstance(error, AssertionError):
        return "", _unexpected(error, last, statement)
    condition = _condition(statement)
    own_words = _own_words(error)
    if comparison is None or not isinstance(condition, ast.Compare):
        text = ast.unparse(condition) if condition else ""
        return shortened(text, LONGEST_TEXT), own_words
    expected, found_text = _compared(condition, comparison, last)
    return expected, own_words or found_text


def _compared(
    condition: ast.Compare, comparison: Comparison, last: Call | None
) -> tuple[str, str]:
    left, right = condition.left, condition.comparators[-1]
    operator, returned = comparison.operator, last.returned if last else None
    if operator == "==" and _is(comparison.left, returned, left):
        return show(comparison.right), ""
    if operator == "==" and _is(comparison.right, returned, right):
        return show(comparison.left), ""
    if operator in ("in", "not in") and _is(
        comparison.right, returned, right
    ):
        no = "no " if operator == "not in" else ""
        return f"{no}{show(comparison.left)} in it", ""
    if operator in ("in", "not in"):
        sides = f"{show(comparison.left)} {operator} {ast.unparse(right)}"
        seen, value = ast.unparse(right), comparison.right
    elif isinstance(left, ast.Constant):
        sides = f"{ast.unparse(right)} {operator} {show(comparison.left)}"
        seen, value = ast.unparse(right), comparison.right
    else:
        sides = f"{ast.unparse(left)} {operator} {show(comparison.right)}"
        seen, value = ast.unparse(left), comparison.left
    return sides, f"{seen} is {show(value)}"


def _is(value: Any, returned: Any, source: ast.expr) -> bool:
    """Return whether a side of a comparison is the whole returned value."""
    if isinstance(source, ast.Constant):
        return False
    if value is returned:
        return True
    # Small plain values are not the same object after a helper's hands.
    return isinstance(source, ast.Call | ast.Name) and show(value) == show(
        returned
    )


def _statement(traceback: Any) -> str:
    """Return the statement in which a traceback ends, if it has a file.

    Of one with statements inside, only what stands above these.
    """
    try:
        entry = traceback[-1]
        code, line = entry.frame.code.raw, entry.lineno
        linecache.checkcache(code.co_filename)
        lines = linecache.getlines(code.co_filename)
        above = code.co_firstlineno - 1
        # To read the whole file's tree takes as long as many a check.
        block = inspect.getblock(lines[above:])
        return _statement_at(line - above, block) or _statement_at(line, lines)
    except (IndexError, AttributeError, TypeError, tokenize.TokenError):
        return ""


def _statement_at(line: int, lines: list[str]) -> str:
    """Return the statement of a line, counted from 0; empty without one."""
    text = textwrap.dedent("".join(lines))
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ""
    spans = sorted(
        (node.lineno - 1, max(node.lineno, _last_line(node)))
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt | ast.ExceptHandler)
    )
    place = bisect_right(spans, (line, len(lines) + 1)) - 1
    if place < 0 or line >= len(lines):
        return ""
    kept = text.split("\n")[slice(*spans[place])]
    return textwrap.dedent("\n".join(kept)).rstrip()


def _last_line(node: ast.stmt | ast.ExceptHandler) -> int:
    within = getattr(node, "body", None) or getattr(node, "cases", None)
    if not within:
        return node.end_lineno or node.lineno
    first = getattr(within[0], "pattern", within[0])
    decorators = getattr(first, "decorator_list", ())
    starts = [int(each.lineno) for each in (first, *decorators)]
    return min(starts) - 1


def _condition(statement: str) -> ast.expr | None:
    try:
        parsed = ast.parse(statement).body[0]
    except (SyntaxError, IndexError):
        return None
    return parsed.test if isinstance(parsed, ast.Assert) else None


def _own_words(error: BaseException) -> str:
    """Return the message that a test gives with its assertion, if any."""
    text = str(error.args[0]) if error.args else ""
    first = text.strip().partition("\n")[0]
    return "" if first.startswith("assert ") else plain(first)


def _unexpected(
    error: BaseException, last: Call | None, statement: str
) -> str:
    """Return what to say when a test ended in another exception."""
    kind, text = type(error).__name__, shortened(str(error), 300)
    if isinstance(error, pytest.fail.Exception):
        return plain(text)
    if last is not None and last.raised == kind:
        return ""
    step = f" at: {shortened(statement, LONGEST_TEXT)}" if statement else ""
    return plain(f"{kind}: {text}{step}")


def _request_line(request: Any) -> str:
    status = "unanswered" if request.status is None else request.status
    body = f" {show(request.body)}" if request.body else ""
    return f"{request.method} {request.path}{body} -> {status}"
