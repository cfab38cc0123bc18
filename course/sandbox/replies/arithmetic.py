"""Calculations: expressions, percentages, averages and units."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from typing import Any

from course.sandbox.replies.data import found
from course.sandbox.replies.wish import Localized, Wish

__all__ = ["answer", "evaluate", "expression_in"]

Number = int | float

OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
WORDS = (
    (r"\bto the power of\b|\braised to\b|\^", "**"),
    (r"\bsquared\b", "**2"),
    (r"\bcubed\b", "**3"),
    (r"\bmultiplied by\b|\btimes\b|×|·", "*"),
    (r"(?<=[\d)])\s*x\s*(?=[\d(])", "*"),
    (r"\bdivided by\b|\bover\b|÷", "/"),
    (r"\bplus\b|\badded to\b", "+"),
    (r"\bminus\b|−|–", "-"),
    (r"\bmod(?:ulo)?\b", "%"),
    (r"(?<=\d),(?=\d{3}\b)", ""),
)
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve"
).split()
SMALL_WORDS = re.compile(rf"\b(?:{'|'.join(SMALL)})\b")
NUMBERED = re.compile(rf"\d|{SMALL_WORDS.pattern}|\ban?\b")
EXPRESSION = re.compile(
    r"[-(]*\d[\d.]*\)*(?:\s*(?:\*\*|//|[-+*/%])\s*[-(]*\d[\d.]*\)*)+"
)
UNITS = {
    ("km", "miles"): 0.621371,
    ("miles", "km"): 1.609344,
    ("kg", "pounds"): 2.204623,
    ("pounds", "kg"): 0.453592,
    ("m", "feet"): 3.28084,
    ("feet", "m"): 0.3048,
    ("cm", "inches"): 0.393701,
    ("inches", "cm"): 2.54,
    ("hours", "minutes"): 60.0,
    ("minutes", "seconds"): 60.0,
    ("days", "hours"): 24.0,
    ("weeks", "days"): 7.0,
}
SAME_UNIT = {
    "kilometers": "km", "kilometres": "km", "kilometer": "km", "mile": "miles",
    "kilograms": "kg", "kilos": "kg", "lbs": "pounds", "pound": "pounds",
    "meters": "m", "metres": "m", "meter": "m", "metre": "m", "foot": "feet",
    "ft": "feet", "centimeters": "cm", "centimetres": "cm", "inch": "inches",
    "hour": "hours", "minute": "minutes", "day": "days", "week": "weeks",
}  # fmt: skip


def evaluate(expression: str) -> Number | None:
    """Return the value of an arithmetic expression, None for anything else.

    Numbers stay small: a power that would fill the memory is refused.
    """
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (ArithmeticError, SyntaxError, ValueError, MemoryError):
        return None
    except (RecursionError, TypeError):
        return None


def _value(node: ast.AST) -> Number:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value  # type: ignore[return-value]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and (
            abs(right) > 100 or abs(left) > 1e6
        ):
            raise ValueError("too large")
        result: Number = OPERATORS[type(node.op)](left, right)
        if isinstance(result, complex) or abs(result) > 1e200:
            raise ValueError("too large")
        return result
    raise ValueError("no arithmetic")


def shown(value: Number) -> str:
    """Return a number as people write it."""
    if isinstance(value, float):
        value = round(value, 6)
        if value.is_integer() and abs(value) < 1e15:
            value = int(value)
    return f"{value:,}" if abs(value) >= 10_000 else f"{value:g}"


def expression_in(text: str) -> str | None:
    """Return the first arithmetic expression in a text, in symbols."""
    text = _in_digits(text.lower())
    if not any(letter.isdigit() for letter in text):
        return None
    for pattern, sign in WORDS:
        text = re.sub(pattern, sign, text)
    match = EXPRESSION.search(text) or re.search(r"\d+\s*\*\*\s*\d", text)
    return match.group(0).strip() if match else None


def _in_digits(text: str) -> str:
    return SMALL_WORDS.sub(lambda word: str(SMALL.index(word[0])), text)


def answer(wish: Wish) -> str | None:
    """Return the result of a calculation, with the way to it."""
    text = f"{wish.instruction} {wish.material.lower()}"[:500]
    if not NUMBERED.search(text):
        return None
    return (
        _percentage(text)
        or _root(text)
        or _statistic(text)
        or _prime(text)
        or _converted(text)
        or _calculated(wish, text)
        or _word_problem(text)
    )


def _percentage(text: str) -> str | None:
    match = found(
        r"(\d+(?:\.\d+)?)\s?(?:%|percent) of \$?(\d[\d,]*(?:\.\d+)?)", text
    )
    if not match:
        return None
    share, whole = float(match[1]), float(match[2].replace(",", ""))
    return f"{match[1]}% of {match[2]} is {shown(share * whole / 100)}."


def _root(text: str) -> str | None:
    match = found(r"\bsquare root of (\d+(?:\.\d+)?)", text)
    if not match:
        return None
    root = math.sqrt(float(match[1]))
    about = "" if root.is_integer() else "about "
    return f"The square root of {match[1]} is {about}{shown(round(root, 4))}."


def _statistic(text: str) -> str | None:
    match = found(
        r"\b(average|mean|sum|total|product|maximum|minimum|max|min|median"
        r"|largest|smallest) (?:of|is|:|number)[^\d-]{0,40}"
        r"(-?\d+(?:\.\d+)?(?:(?:,|;| and| or|\s)+-?\d+(?:\.\d+)?)+)",
        text,
    )
    if not match:
        return None
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", match[2])]
    name, ordered = match[1], sorted(numbers)
    middle = len(numbers) // 2
    median = (ordered[middle] + ordered[~middle]) / 2
    value = {
        "average": sum(numbers) / len(numbers),
        "mean": sum(numbers) / len(numbers),
        "product": math.prod(numbers),
        "maximum": ordered[-1],
        "max": ordered[-1],
        "largest": ordered[-1],
        "minimum": ordered[0],
        "min": ordered[0],
        "smallest": ordered[0],
        "median": median,
    }.get(name, sum(numbers))
    return f"The {name} is {shown(value)}."


def _prime(text: str) -> str | None:
    match = found(r"\bis (\d{1,9}) (?:a )?prime\b", text)
    if not match:
        return None
    number = int(match[1])
    divisor = next(
        (d for d in range(2, math.isqrt(number) + 1) if number % d == 0), None
    )
    if number < 2:
        return f"No, {number} is not a prime: primes begin with 2."
    if divisor is None:
        return f"Yes, {number} is a prime number."
    return (
        f"No, {number} is not a prime: it is {divisor} × {number // divisor}."
    )


def _converted(text: str) -> str | None:
    match = found(
        r"(-?\d+(?:\.\d+)?)\s?(?:°|degrees )?\s?([a-z]+)\b.{0,8}\b(?:to|in"
        r"|into)\s(?:degrees )?([a-z]+)",
        text,
    ) or found(
        r"()()\bhow many ([a-z]+) (?:are |is )?(?:there )?in "
        r"(-?\d+(?:\.\d+)?|an?|one) ([a-z]+)",
        text,
    )
    if not match:
        return None
    if match[1] == "":
        amount = 1.0 if match[4] in ("a", "an", "one") else float(match[4])
        source, target = match[5], match[3]
    else:
        amount, source, target = float(match[1]), match[2], match[3]
    if {source[:1], target[:1]} == {"c", "f"} and len(source + target) < 20:
        return _degrees(amount, source, target)
    source = SAME_UNIT.get(source, source)
    target = SAME_UNIT.get(target, target)
    factor = UNITS.get((source, target))
    if factor is None:
        return None
    value = shown(round(amount * factor, 3))
    return f"{shown(amount)} {source} are {value} {target}."


def _degrees(amount: float, source: str, target: str) -> str | None:
    if not (
        source in ("c", "celsius", "f", "fahrenheit")
        and target in ("c", "celsius", "f", "fahrenheit")
    ):
        return None
    if source[0] == "c":
        value = amount * 9 / 5 + 32
        return f"{shown(amount)} °C are {shown(round(value, 1))} °F."
    value = (amount - 32) * 5 / 9
    return f"{shown(amount)} °F are {shown(round(value, 1))} °C."


def _calculated(wish: Wish, text: str) -> str | None:
    expression = expression_in(text)
    if expression is None or len(text) > 400:
        return None
    asks = found(
        r"\bwhat('s| is)\b|\bcalculate\b|\bcompute\b|\bsolve\b|\bevaluate\b"
        r"|\bhow much\b|\badd\b|=|\bresult\b|\bequals?\b|\banswer\b|\bsum\b",
        text,
    )
    bare = re.fullmatch(r"[\s\d.()+\-*/%^=?x×÷]+", text.strip())
    if not (asks or bare):
        return None
    value = evaluate(expression)
    if value is None:
        if re.search(r"/\s*0+(?!\d|\.)", expression):
            return "That has no result: a number cannot be divided by zero."
        return None
    if wish.brief:
        return Localized(shown(value))
    pretty = re.sub(r"\s*(\*\*|//|[-+*/%])\s*", r" \1 ", expression)
    pretty = pretty.replace(" ** ", "^").replace("*", "×").replace("/", "÷")
    return Localized(f"{pretty.strip()} = {shown(value)}")


MORE = (
    r"\b(buy|bought|get|got|find|found|receive|gain|add|earn|join|collect"
    r"|pick|arriv)"
)
LESS = (
    r"\b(lose|lost|eat|ate|sell|sold|give|gave|spen[dt]|use|break|broke|leave"
    r"|left|die|remov|fly|flies|flew)"
)
MARK = re.compile(rf"{LESS}|{MORE}|(\d+(?:\.\d+)?)")


def _word_problem(text: str) -> str | None:
    """Return the sum of what a little story adds and takes away."""
    story, question, _ = text.partition("how many")
    # "one" is as often a pronoun as a number.
    story = _in_digits(story.replace(" one ", " "))
    if not question or len(re.findall(r"\d+", story)) < 2:
        return None
    steps: list[str] = []
    total, sign = 0.0, 1
    for less, _, figure in MARK.findall(story):
        if figure:
            total += sign * float(figure) if steps else float(figure)
            steps += ["+" if sign > 0 else "-"] if steps else []
            steps.append(figure)
        else:
            sign = -1 if less else 1
    result = shown(total)
    return f"{' '.join(steps)} = {result}, so the answer is {result}."
