"""Bring the kit's changes into a file that a learner changed too."""

from __future__ import annotations

from difflib import SequenceMatcher

from course.building.definitions import split_lines

__all__ = ["merge"]


def merge(base: str, mine: str, theirs: str) -> str:
    """Return `mine` with the changes from `base` to `theirs`.

    Where both changed the same lines, mine stay.
    """
    old, my, new = split_lines(base), split_lines(mine), split_lines(theirs)
    merged: list[str] = []
    at_old = at_my = at_new = 0
    for old_first, my_first, new_first, size in _common(old, my, new):
        changed = my[at_my:my_first]
        if changed == old[at_old:old_first]:
            changed = new[at_new:new_first]
        merged += changed
        merged += old[old_first : old_first + size]
        at_old, at_my = old_first + size, my_first + size
        at_new = new_first + size
    return "".join(merged)


def _common(
    old: list[str], my: list[str], new: list[str]
) -> list[tuple[int, int, int, int]]:
    """Return the runs of lines that all three have, an empty one last."""
    mine = SequenceMatcher(None, old, my, autojunk=False)
    theirs = SequenceMatcher(None, old, new, autojunk=False)
    found: list[tuple[int, int, int, int]] = []
    for one in mine.get_matching_blocks():
        for two in theirs.get_matching_blocks():
            first = max(one.a, two.a)
            size = min(one.a + one.size, two.a + two.size) - first
            if size > 0:
                my_first = one.b + first - one.a
                found.append((first, my_first, two.b + first - two.a, size))
    return [*found, (len(old), len(my), len(new), 0)]
