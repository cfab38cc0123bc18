"""An answer for which the router chose the model, and why it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from llm_providers.responses import StandardResponse

__all__ = ["RecommendedResponse"]


@dataclass(frozen=True)
class RecommendedResponse(StandardResponse):
    """A standard response that tells why its model was asked first.

    `recommended` is None where it was not the recommender who chose.
    """

    recommended: Mapping[str, Any] | None = None

    @classmethod
    def of(
        cls,
        response: StandardResponse,
        recommended: Mapping[str, Any] | None,
    ) -> RecommendedResponse:
        """Return a response with the reason beside it."""
        names = (field.name for field in fields(StandardResponse))
        known = {name: getattr(response, name) for name in names}
        return cls(**known, recommended=recommended)
