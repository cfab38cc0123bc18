"""Read a cell's text as Python, or say in words why it is not."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache

__all__ = ["CellProblemError", "parse_cell"]


# A line for the notebook, not for Python: `%time`, `!ls`, `?print`, `print?`,
# `files = !ls`.
COMMAND = re.compile(
    r"^(?=[%!?]|[\w.]+\?{1,2}[ \t]*$|[\w, ]+=[ \t]*[%!])", re.MULTILINE
)


class CellProblemError(ValueError):
    """Why a cell cannot be taken, in words for the learner."""


def parse_cell(cell: str) -> tuple[str, ast.Module]:
    """Return a cell's text, as a notebook would read it, and its tree.

    Raises CellProblemError that shows the line when it is not Python.
    """
    text = cell.removeprefix("\ufeff").replace("\r\n", "\n")
    text = text.replace("\r", "\n").rstrip() + "\n"
    margin = re.match(r"(?:[ \t]*\n)*([ \t]*)", text)
    if margin and margin[1]:  # as a notebook does it
        text = re.sub(rf"^{margin[1]}", "", text, flags=re.MULTILINE)
    try:
        text.encode()
        return text, _compiled(text)
    except SyntaxError as error:
        # Commands to the notebook are no Python; they are left out.
        quiet = COMMAND.sub("# ", text)
        try:
            return quiet, _compiled(quiet)
        except SyntaxError:
            raise CellProblemError(_syntax_message(error, text)) from None
    except UnicodeEncodeError:
        raise CellProblemError(
            "This cell holds half of a character, which cannot be saved. "
            "Type the text with the odd sign in it anew."
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise CellProblemError(
            f"Python cannot read this cell: {error}."
        ) from None


# A cell is read when it is found and when it is put in, also of many cells.
@lru_cache(maxsize=64)
def _compiled(text: str) -> ast.Module:
    tree = ast.parse(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The parser lets errors pass that the compiler finds, such as a
        # `nonlocal` without its name. `await` may stand at the top level.
        compile(
            tree,
            "the cell",
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
    return tree


def _syntax_message(error: SyntaxError, text: str) -> str:
    number = error.lineno or 1
    lines = [*text.split("\n"), ""]
    line = lines[min(number, len(lines)) - 1].replace("\t", " ")
    pointer = " " * (max(error.offset or 1, 1) - 1) + "^"
    return (
        f"Line {number} of this cell is not Python yet: {error.msg}.\n\n"
        f"    {line}\n    {pointer}\n\n"
        "Nothing was run or saved. Repair this line, or the one above it, "
        "and run the cell again."
    )
