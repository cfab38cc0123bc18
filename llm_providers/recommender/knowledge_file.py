"""What was learned as a file of arrays: .npz, no pickle. Needs numpy."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .bills import Bills
from .features import SHAPE, Vocabulary
from .knowledge import Knowledge
from .novelty import Familiar
from .ridge import Linear, joined, parted

__all__ = ["read_knowledge", "write_knowledge"]

FORMAT = "learned recommender 2"


def write_knowledge(known: Knowledge, path: str | Path) -> None:
    """Write a file in one go: nobody ever reads half of it."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            np.savez(file, **arrays(known))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_knowledge(path: str | Path) -> Knowledge:
    """Return what a file holds.

    Raises ValueError, naming the file, for one that is not of this format,
    and OSError for one that cannot be opened.
    """
    try:
        with (
            open(path, "rb") as file,
            np.load(file, allow_pickle=False) as found,
        ):
            return knowledge({name: found[name] for name in found.files})
    except (
        AttributeError, EOFError, KeyError, IndexError, TypeError, ValueError,
        zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise ValueError(
            f"{path} holds no {FORMAT}: fit and save it again"
        ) from error


def arrays(known: Knowledge) -> dict[str, Any]:
    """Return everything as named arrays."""
    vocabulary = known.vocabulary
    linear = joined([known.classifier, *known.specialists])
    return {
        "format": np.array([FORMAT, *SHAPE]),
        "models": np.array(known.models, dtype=np.str_),
        "tasks": np.array(known.tasks, dtype=np.str_),
        "terms": vocabulary.terms,
        "rarity": np.array([*vocabulary.rarity, vocabulary.unknown_rarity]),
        "standard": np.stack([known.middle, known.spread]),
        "means": np.stack([known.overall, known.even]),
        "linear_text": linear.text,
        "linear_shape": linear.shape,
        "linear_level": linear.level,
        "sharpness": np.array(known.sharpness),
        **familiar(known.familiar),
        "bills": np.stack(
            [known.bills.fixed, known.bills.each, known.bills.least]
        ),
        "bill_factors": known.bills.factors,
        "trusts_likeness": np.array(known.trusts_likeness),
    }


def familiar(found: Sequence[Familiar]) -> dict[str, Any]:
    return {
        "familiar_rows": np.array([len(each.scores) for each in found]),
        "familiar_shapes": np.concatenate([each.shapes for each in found]),
        "familiar_figures": np.concatenate(
            [np.stack([each.distances, each.scores], 1) for each in found]
        ),
    }


def knowledge(found: Mapping[str, Any]) -> Knowledge:
    """Return what named arrays hold."""
    if found["format"].tolist() != [FORMAT, *SHAPE]:
        raise ValueError("another format")
    models, tasks = len(found["models"]), len(found["familiar_rows"])
    linear = Linear(
        found["linear_text"], found["linear_shape"], found["linear_level"]
    )
    classifier, *specialists = parted(linear, [tasks, *[models] * tasks])
    return Knowledge(
        tuple(found["models"].tolist()),
        tuple(found["tasks"].tolist()),
        Vocabulary(
            found["terms"],
            found["rarity"][:-1],
            float(found["rarity"][-1]),
        ),
        found["standard"][0],
        found["standard"][1],
        found["means"][0],
        found["means"][1],
        classifier,
        tuple(specialists),
        float(found["sharpness"]),
        read_familiar(found),
        Bills(
            found["bills"][0],
            found["bills"][1],
            found["bills"][2],
            found["bill_factors"],
        ),
        bool(found["trusts_likeness"]),
    )


def read_familiar(found: Mapping[str, Any]) -> tuple[Familiar, ...]:
    ends = np.cumsum(found["familiar_rows"])[:-1]
    shapes = np.split(found["familiar_shapes"], ends)
    figures = np.split(found["familiar_figures"], ends)
    return tuple(
        Familiar(each, *np.ascontiguousarray(pair.T))
        for each, pair in zip(shapes, figures, strict=True)
    )
