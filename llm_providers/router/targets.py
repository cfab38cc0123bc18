"""Targets: a provider and one of its models, in the words of a caller."""

from __future__ import annotations

from dataclasses import dataclass

from llm_providers.catalogue import Catalogue, load_catalogue
from llm_providers.settings import PROVIDERS

__all__ = ["LONGEST_MODEL", "Target"]

# Characters of a model's name; no provider has one half as long, and names
# are kept: by the breakers, in the ledger.
LONGEST_MODEL = 256


@dataclass(frozen=True)
class Target:
    """One model of one provider; written as ``provider/model``."""

    provider: str
    model: str

    @classmethod
    def of(
        cls, name: str | Target, catalogue: Catalogue | None = None
    ) -> Target:
        """Return the target that a name means.

        The name's first part is a provider, all the rest is its model, even
        with slashes in it. A provider alone, or with nothing after the
        slash, means its default model by the `catalogue`. Raises ValueError,
        which says what is valid, for anything else.
        """
        if isinstance(name, Target):
            return name
        provider, _, model = name.strip().partition("/")
        if provider not in PROVIDERS or len(model) > LONGEST_MODEL:
            shown = name if len(name) <= LONGEST_MODEL else f"{name[:40]}…"
            raise ValueError(
                f"There is no target {shown!r}: write provider/model, or a "
                "provider alone for its default model; the providers are: "
                f"{', '.join(PROVIDERS)}."
            )
        if not model:
            catalogue = catalogue or load_catalogue()
            model = catalogue.role(provider, "default").id
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"
