"""What Gemini refuses in a request that it could read.

Texts without a source in the documentation or a public error report are not
from a capture: they are in the manner of those that are.
"""

from __future__ import annotations

from typing import Any

from course.sandbox.gemini.contents import check_contents
from course.sandbox.gemini.errors import (
    GeminiError,
    context_length,
    retired_model,
    unknown_model,
)
from course.sandbox.gemini.tasks import declarations, prompt_tokens
from course.sandbox.gemini.tools import check_tools
from course.sandbox.models import Model, Models
from course.sandbox.replies.schema_flaws import flaw_of

__all__ = ["check_body", "find_model"]

MIME_TYPES = (
    "text/plain",
    "application/json",
    "application/xml",
    "application/yaml",
    "text/x.enum",
)
RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_k": (1, 1_000),
    "candidate_count": (1, 8),
}
STOP_SEQUENCES = 5
SCHEMAS = ("response_schema", "response_json_schema", "_response_json_schema")


def find_model(
    name: str, version: str, method: str, models: Models
) -> tuple[str, Model]:
    """Return a model by the name in the path.

    Raises the error for an unknown or closed one.
    """
    name = name.removeprefix("models/")
    model = models.known().get(name)
    if model is None:
        raise unknown_model(name, version, method)
    if models.is_shut_down(model):
        raise retired_model(name, model.replacement)
    return name, model


def _bad(message: str) -> GeminiError:
    return GeminiError(400, message)


def check_body(body: dict[str, Any], model: Model) -> None:
    """Raise the GeminiError that the vendor would answer a body with."""
    check_contents(body, model)
    config = body.get("generation_config", {})
    _check_ranges(config, model)
    _check_format(config)
    _check_thinking(config.get("thinking_config", {}), model)
    check_tools(body.get("tool_config", {}), declarations(body))
    if body.get("cached_content"):
        raise GeminiError(
            403, "CachedContent not found (or permission denied)"
        )
    limit = model.max_input_tokens or model.context_window
    if prompt_tokens(body).total() > limit:
        raise context_length(limit)


def _check_ranges(config: dict[str, Any], model: Model) -> None:
    for name, (low, high) in RANGES.items():
        if name in config and not low <= config[name] <= high:
            raise _bad(
                f"* GenerateContentRequest.generation_config.{name}: {name}"
                f" must be in the range [{low}, {high}].\n"
            )
    most = config.get("max_output_tokens", 1)
    limit = model.max_output_tokens or model.context_window
    if not 1 <= most <= limit:
        raise _bad(
            "Unable to submit request because it has a maxOutputTokens value"
            f" of {most} but the supported range is from 1 (inclusive) to"
            f" {limit + 1} (exclusive). Update the value and try again."
        )
    if len(config.get("stop_sequences", ())) > STOP_SEQUENCES:
        raise _bad(
            "* GenerateContentRequest.generation_config.stop_sequences: at"
            f" most {STOP_SEQUENCES} stop sequences are allowed.\n"
        )


def _check_format(config: dict[str, Any]) -> None:
    kind = config.get("response_mime_type", "text/plain")
    if kind not in MIME_TYPES:
        names = [f"`{name}`" for name in MIME_TYPES]
        raise _bad(
            "* GenerateContentRequest.generation_config.response_mime_type:"
            f" allowed mimetypes are {', '.join(names[:-1])} and"
            f" {names[-1]}.\n"
        )
    given = [name for name in SCHEMAS if name in config]
    if len(given) > 1:
        raise _bad(
            f"Only one of {' and '.join(given)} can be set in the"
            " generation_config."
        )
    for name in given:
        flaw = flaw_of(config[name], f"generation_config.{name}")
        if flaw is not None:
            raise _bad(f"Invalid value at '{flaw}': it is no schema.")
        if kind == "text/plain":
            raise _bad(
                f"* GenerateContentRequest.generation_config.{name}: a"
                " response schema requires the response mimetype"
                " `application/json`.\n"
            )


def _check_thinking(thinking: dict[str, Any], model: Model) -> None:
    level = thinking.get("thinking_level")
    if level is not None and "thinking_budget" in thinking:
        raise _bad(
            "You can only set only one of thinking budget and thinking level."
        )
    if level in (None, "THINKING_LEVEL_UNSPECIFIED"):
        return
    if not model.reasoning_efforts:
        raise _bad("Thinking level is not supported for this model.")
    if level.lower() not in model.reasoning_efforts:
        raise _bad(
            f"Thinking level {level} is not supported for this model. Please"
            " retry with other thinking level."
        )
