"""``auto``: the targets that suit a request, as if they were one agent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException

from llm_providers.prompts import Prompt
from llm_providers.recommender.recommendation import NothingFitsError
from llm_providers.responses import ErrorInfo, StandardResponse
from llm_providers.router.recommend_request import TaskFields
from llm_providers.router.recommending import WrongTaskError, why
from llm_providers.router.service import AUTO, Service

__all__ = ["Auto", "told_apart"]


class Auto:
    """Asks whom the router chooses, after the `model` that a caller names.

    `task` is what the caller says of the task. Once asked, `recommended`
    tells why the first of those chosen was; None where the settings name
    them.
    """

    def __init__(
        self, service: Service, model: str | None, task: TaskFields | None
    ) -> None:
        self._service = service
        self._names = [model, AUTO] if model else [AUTO]
        self._task = task.fields if task else None
        self.recommended: dict[str, Any] | None = None

    def process_prompt(self, prompt: Any, **options: Any) -> StandardResponse:
        """Return the first target's answer, or the last one's error.

        `prompt` and `options` are what an agent takes. Raises HTTPException
        for a name that means no target, and where nothing fits.
        """
        prompt = Prompt.of(prompt, **options)
        with told_apart():
            choice = self._service.targets_for(prompt, self._task, self._names)
        if choice.recommendation is not None:
            self.recommended = why(choice.recommendation)
        return self._service.fallback.process_prompt(
            prompt, choice.targets, self._service.settings.deadline_seconds
        )


@contextmanager
def told_apart() -> Iterator[None]:
    """Raise HTTPException for what cannot be recommended, or means nothing."""
    try:
        yield
    except NothingFitsError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        info = ErrorInfo(
            kind="nothing_fits",
            retryable=False,
            reason=str(error),
            what_to_do=f"Loosen {error.tightest}, or what else the reason "
            "names.",
        )
    except WrongTaskError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        info = ErrorInfo(
            kind="invalid_request",
            retryable=False,
            reason=str(error),
            what_to_do="Correct the field of the task that the reason names.",
        )
    except ValueError as error:
        status = HTTPStatus.NOT_FOUND
        info = ErrorInfo(
            kind="model_not_found",
            retryable=False,
            reason=str(error),
            what_to_do="Leave the model out, or name one in this way.",
        )
    else:
        return
    raise HTTPException(status, asdict(info))
