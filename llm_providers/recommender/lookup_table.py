"""Level 0: a table from type of task and length of prompt to models.

``data/lookup_table.json`` has the table, written by hand. An entry is a
role, such as ``openai default``, so that the table outlives its models, or
a ``provider/model``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from llm_providers.catalogue import Catalogue, load_catalogue
from llm_providers.data_files import data_file
from llm_providers.recommender.task_types import length_bin

__all__ = ["LookupTable", "load_lookup_table"]

# A type of task, then the name of a length bin, then targets, best first.
Rows = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class LookupTable:
    """Targets for each type of task and each length bin, best first."""

    rows: Rows

    def choose(
        self, task_type: str, prompt_tokens: int, fitting: Collection[str]
    ) -> str | None:
        """Return the first target of the table that fits the task.

        The row of this type and of this prompt's length bin goes first, then
        that of the type "default", which also stands for types that the
        table does not have. None where no target of theirs is among the
        `fitting`: the table never overrules a constraint.
        """
        length = length_bin(prompt_tokens)
        for name in (task_type, "default"):
            for target in self.rows.get(name, {}).get(length, ()):
                if target in fitting:
                    return target
        return None


def load_lookup_table(
    catalogue: Catalogue | None = None, path: Path | str | None = None
) -> LookupTable:
    """Return the table with its roles played by the catalogue's models.

    A role that nobody plays is left out.
    """
    file = Path(path) if path else data_file("lookup_table.json")
    catalogue = catalogue or load_catalogue()
    return LookupTable(
        {
            name: {
                length: [
                    target
                    for entry in entries
                    if (target := _target(entry, catalogue))
                ]
                for length, entries in bins.items()
            }
            for name, bins in _read(file).items()
        }
    )


@cache
def _read(path: Path) -> Rows:
    rows: Rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows


def _target(entry: str, catalogue: Catalogue) -> str | None:
    if "/" in entry:
        return entry
    provider, _, role = entry.partition(" ")
    model = catalogue.roles.get(provider, {}).get(role)
    return f"{provider}/{model}" if model else None
