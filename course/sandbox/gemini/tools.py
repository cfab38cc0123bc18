"""What Gemini refuses in the functions that a request declares."""

from __future__ import annotations

import re
from typing import Any

from course.sandbox.gemini.errors import GeminiError
from course.sandbox.replies.schema_flaws import flaw_of

__all__ = ["check_tools"]

NAME = re.compile(r"[A-Za-z_][\w.:-]{0,127}", re.ASCII)
SCHEMAS = ("parameters", "parameters_json_schema", "response")


def check_tools(config: dict[str, Any], functions: list[Any]) -> None:
    """Raise the error for functions, or a choice among them."""
    names = [_checked(function) for function in functions]
    repeated = next((one for one in names if names.count(one) > 1), None)
    if repeated is not None:
        raise GeminiError(400, f"Duplicate function declaration: {repeated}")
    calling = config.get("function_calling_config", {})
    allowed = calling.get("allowed_function_names")
    if not allowed:
        return
    if calling.get("mode") not in ("ANY", "VALIDATED"):
        raise GeminiError(
            400,
            "Function calling config: allowed_function_names should only be"
            " set when the mode is ANY or VALIDATED.",
        )
    unknown = [name for name in allowed if name not in names]
    if unknown:
        raise GeminiError(
            400,
            f"allowed_function_names: {', '.join(unknown)} is not among the"
            " function_declarations.",
        )


def _checked(function: dict[str, Any]) -> str:
    """Return a function's name, once everything about it is as it should."""
    name = str(function.get("name", ""))
    if not NAME.fullmatch(name):
        raise GeminiError(
            400,
            "Invalid function name. Must start with a letter or an"
            " underscore. Must be alphameric (a-z, A-Z, 0-9), underscores"
            " (_), dots (.), colons (:) or dashes (-), with a maximum length"
            " of 128.",
        )
    if "parameters" in function and "parameters_json_schema" in function:
        raise GeminiError(
            400,
            f"Function {name}: only one of parameters and"
            " parameters_json_schema can be set.",
        )
    for field in SCHEMAS:
        flaw = flaw_of(function.get(field) or {}, field)
        if flaw is not None:
            raise GeminiError(
                400, f"Invalid value at '{flaw}' of {name}: it is no schema."
            )
    return name
