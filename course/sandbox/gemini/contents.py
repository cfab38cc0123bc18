"""What Gemini refuses in the contents of a request."""

from __future__ import annotations

from typing import Any

from course.sandbox.gemini.errors import GeminiError
from course.sandbox.gemini.tasks import media
from course.sandbox.models import Model

__all__ = ["check_contents"]

# The vendor names two roles; clients' older names for a function's answer
# are taken as well.
ROLES = ("user", "model", "function", "tool")
DATA = (
    "text",
    "inline_data",
    "file_data",
    "function_call",
    "function_response",
    "executable_code",
    "code_execution_result",
    "tool_call",
    "tool_response",
)
INPUTS = {"DOCUMENT": "pdf"}


def _bad(message: str) -> GeminiError:
    return GeminiError(400, message)


def check_contents(body: dict[str, Any], model: Model) -> None:
    """Raise the error for contents that the model does not take."""
    contents = body.get("contents", [])
    if not contents:
        raise _bad(
            "* GenerateContentRequest.contents: contents is not specified\n"
        )
    for index, content in enumerate(contents):
        _check_role(content.get("role"))
        _check_parts(content, f"contents[{index}]", model)
    instruction = body.get("system_instruction", {"parts": [{"text": ""}]})
    _check_parts(instruction, "system_instruction", model)
    _check_calls(contents)
    if contents[-1].get("role") == "model":
        raise _bad("Requests ending with a model turn are not supported.")


def _check_role(role: str | None) -> None:
    if role and role not in ROLES:
        raise _bad(
            f"Role '{role}' is not supported. Please use a valid role: MODEL,"
            " USER."
        )


def _check_parts(content: dict[str, Any], where: str, model: Model) -> None:
    parts = content.get("parts", [])
    if not parts:
        raise _bad(
            f"* GenerateContentRequest.{where}.parts: contents.parts must not"
            " be empty.\n"
        )
    for number, part in enumerate(parts):
        path = f"GenerateContentRequest.{where}.parts[{number}]"
        # A signature may stand alone: a stream's last piece has nothing else.
        if not any(name in part for name in (*DATA, "thought_signature")):
            raise _bad(
                f"* {path}.data: required oneof field 'data' must have one"
                " initialized field\n"
            )
        for name in ("function_call", "function_response"):
            if name in part and not part[name].get("name"):
                raise _bad(f"* {path}.{name}.name: Name cannot be empty.\n")
        _check_medium(part, path, model)


def _check_medium(part: dict[str, Any], path: str, model: Model) -> None:
    modality = media(part)
    if modality is None:
        return
    if "inline_data" in part and not part["inline_data"].get("mime_type"):
        raise _bad(f"* {path}.inline_data.mime_type: must be specified.\n")
    if INPUTS.get(modality, modality.lower()) not in model.input_modalities:
        raise _bad(
            f"{modality.capitalize()} input modality is not enabled for"
            f" models/{model.id}"
        )


def _count(content: dict[str, Any], name: str) -> int:
    return sum(name in part for part in content.get("parts", []))


def _check_calls(contents: list[dict[str, Any]]) -> None:
    """Every call of a function is to be answered in the next turn."""
    called = 0
    for content in contents:
        answered = _count(content, "function_response")
        if answered and not called:
            raise _bad(
                "Please ensure that function response turn comes immediately"
                " after a function call turn."
            )
        if answered and answered != called:
            raise _bad(
                "Please ensure that the number of function response parts is"
                " equal to the number of function call parts of the function"
                " call turn."
            )
        called = _count(content, "function_call")
