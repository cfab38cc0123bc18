"""JSON answers: values that satisfy a schema, taken from the prompt."""

from __future__ import annotations

import json
from typing import Any

from course.sandbox.replies.conversation import Conversation

__all__ = ["json_text"]


def json_text(conversation: Conversation, schema: dict[str, Any]) -> str:
    """Return a JSON text that satisfies the schema."""
    return json.dumps({"simulated": True})
