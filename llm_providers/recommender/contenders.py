"""Who may be among the best, whatever the task's size and weights.

An entrant that others beat in everything that can count, at least as many as
are ever asked for, need not be looked at task by task.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["MOST", "contenders"]

# So many of the best can be had from the contenders alone.
MOST = 10

Figures = Sequence[float]


def contenders(
    figures: Sequence[Figures], names: Sequence[str], groups: Sequence[str]
) -> list[int]:
    """Return the places, ascending, of all that may be among the `MOST` best.

    Or the best of their group. `figures` are those of each entrant, none of
    which it is ever worse to have less of. Of equals the first by name wins.
    """
    order = sorted(
        range(len(figures)), key=lambda at: (*figures[at], names[at])
    )
    kept = _beaten_by_fewer(figures, order, MOST)
    for group in set(groups):
        own = [at for at in order if groups[at] == group]
        kept += _beaten_by_fewer(figures, own, 1)
    return sorted(set(kept))


def _beaten_by_fewer(
    figures: Sequence[Figures], order: Sequence[int], most: int
) -> list[int]:
    """Return who is beaten by fewer than `most`.

    Nobody is beaten by one that comes later in the order. Those who beat
    somebody who is left out beat whom that one beats: it is enough to look
    at those who are kept.
    """
    kept: list[int] = []
    rows: list[Figures] = []
    for at in order:
        own, beaten = figures[at], 0
        for other in rows:
            # Short enough to be worth more than a call of `all`.
            for mine, theirs in zip(own, other, strict=False):
                if theirs > mine:
                    break
            else:
                beaten += 1
                if beaten == most:
                    break
        else:
            kept.append(at)
            rows.append(own)
    return kept
