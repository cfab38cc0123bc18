"""What a caller says of a task, and what the router recommends for it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from llm_providers.recommender.recommendation import (
    CostRange,
    RankedCandidate,
    Recommendation,
    Rejected,
)
from llm_providers.recommender.task import Task
from llm_providers.settings import PROVIDERS

__all__ = [
    "RecommendReply",
    "RecommendRequest",
    "TaskFields",
    "Whole",
    "Why",
]

# No request is larger: it keeps numbers within what arithmetic can hold.
MOST_TOKENS = 1_000_000_000
MOST_DAYS = 36_500
MOST_USD = 1_000_000.0
MOST_SECONDS = 86_400.0


def _known(name: str) -> str:
    if name not in PROVIDERS:
        raise ValueError(f"there are: {', '.join(PROVIDERS)}")
    return name


ProviderName = Annotated[
    str,
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "enum": list(PROVIDERS)}),
]
def _number(value: Any) -> Any:
    """Return a value; to Python true is 1 and a text may be a number."""
    if isinstance(value, bool | str):
        raise ValueError("Input should be an integer")
    return value


Whole = Annotated[int, BeforeValidator(_number)]
Need = Literal["audio", "json_schema", "pdf", "tools", "video", "vision"]
Tokens = Annotated[Whole, Field(ge=0, le=MOST_TOKENS)]


class TaskFields(BaseModel):
    """What is known of a task beside its prompt; all of it may be left out.

    Limits hold without exception; a model of which a figure is not known
    does not fit a limit on it.
    """

    model_config = ConfigDict(extra="forbid")

    type: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="reasoning, conversation, creative, code, default …;"
        " left out, it is guessed from the prompt",
    )
    prompt_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    needs: list[Need] = Field([], max_length=20)
    context_tokens: Tokens | None = None
    max_cost_usd: float | None = Field(
        None, ge=0, le=MOST_USD, strict=True, description="for one call"
    )
    max_latency_seconds: float | None = Field(
        None, ge=0, le=MOST_SECONDS, strict=True
    )
    providers: list[ProviderName] | None = Field(
        None, min_length=1, max_length=20
    )
    days_ahead: Whole = Field(
        0, ge=0, le=MOST_DAYS, description="no model that ends within them"
    )
    quality_weight: float = Field(
        0.5,
        ge=0,
        le=1,
        strict=True,
        description="0: the cheapest, 1: the best",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> TaskFields:
        try:
            _ = self.task
        except TypeError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a Task that were set."""
        return self.model_dump(exclude_unset=True)

    @property
    def task(self) -> Task:
        """The task; where no type is given it is to be guessed."""
        return Task.of({"type": None, **self.fields})


class RecommendRequest(TaskFields):
    """A task to recommend a model for: its prompt, or what it is like."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"prompt": "Prove that there are infinitely many primes."},
                {
                    "type": "code",
                    "prompt_tokens": 2_000,
                    "output_tokens": 800,
                    "needs": ["tools"],
                    "max_cost_usd": 0.05,
                    "days_ahead": 90,
                    "quality_weight": 0.7,
                },
            ]
        },
    )

    prompt: str = Field("", description="to guess the type and the size from")


class Why(BaseModel):
    """Why a model was recommended; prices and costs are USD.

    `probability` is that of a good answer, `confidence` that of a better
    choice than the runner-up. What is unknown is null.
    """

    target: str
    level: str
    reasons: list[str]
    probability: float | None
    confidence: float
    cost: CostRange
    runner_up: str | None
    abstained: bool
    prices_of: date
    decision_cost_usd: float | None


class RecommendReply(Why):
    """A recommendation, with all that was considered."""

    provider: str
    model: str
    counterfactual: str | None
    ranking: list[RankedCandidate]
    rejected: list[Rejected]

    @classmethod
    def of(cls, recommendation: Recommendation) -> RecommendReply:
        """Return the reply that holds a recommendation."""
        return cls.model_validate(recommendation.to_dict())
