"""A submitted file's bytes as text, whatever editor or mail did to them."""

from __future__ import annotations

import codecs

__all__ = ["sides_of_conflict", "text_of"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", ""),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


def text_of(data: bytes) -> tuple[str, str]:
    """Return the text, and what had to be put right, in words or empty."""
    for mark, encoding, name in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            return text, f"read as {name}" if name else ""
    zeros = data[:400].count(0)
    if zeros > len(data[:400]) // 4:
        little = data[1:400:2].count(0) > data[:400:2].count(0)
        encoding = "utf-16-le" if little else "utf-16-be"
        return data.decode(encoding, "replace"), "read as UTF-16"
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return _guessed(data)


def _guessed(data: bytes) -> tuple[str, str]:
    """Return a text of a few bad bytes, or one in a Western encoding."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(character > "\x7f" for character in text) - bad
    if good > bad:
        return text, f"{bad} bytes that are no UTF-8 were replaced"
    try:
        return data.decode("cp1252"), "read as Windows-1252, not UTF-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "read as Latin-1, not UTF-8"


def sides_of_conflict(text: str) -> list[str]:
    """Return both versions of a text with a merge's conflict markers.

    A text without them is its only version.
    """
    if "<<<<<<<" not in text:
        return [text]
    ours: list[str] = []
    theirs: list[str] = []
    side, conflicts = "", 0
    for line in text.split("\n"):
        sign = line[:7]
        if sign == "<<<<<<<" and not side:
            side = "ours"
        elif sign == "|||||||" and side == "ours":
            side = "base"
        elif sign == "=======" and side in ("ours", "base"):
            side = "theirs"
        elif sign == ">>>>>>>" and side == "theirs":
            side, conflicts = "", conflicts + 1
        else:
            if side in ("", "ours"):
                ours.append(line)
            if side in ("", "theirs"):
                theirs.append(line)
    if not conflicts:
        return [text]
    return ["\n".join(ours), "\n".join(theirs)]
