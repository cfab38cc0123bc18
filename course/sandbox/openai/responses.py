"""OpenAI's ``/v1/responses``: text, tools, schemas, streams, and a memory.

Loaded with the first request to it. Routers that speak it too compose it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from course.sandbox.chat_completions import Completion
from course.sandbox.chat_endpoint import answers
from course.sandbox.faults import PlannedFault
from course.sandbox.models import Model
from course.sandbox.openai.checks import check_body, effort_of
from course.sandbox.openai.errors import OpenAIError
from course.sandbox.openai.responses_checks import (
    checked_body,
    in_responses,
    unknown_item,
    unknown_response,
)
from course.sandbox.openai.responses_reading import as_chat, input_items
from course.sandbox.openai.responses_wire import WrittenResponse

__all__ = ["Responses"]

REMEMBERED = 1_000

Items = list[dict[str, Any]]


class Responses:
    """The endpoint, with the last thousand responses that were to be kept.

    A response is remembered for the key that asked for it, as an account
    would; a stream is from its first byte on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[Items, dict[str, Any]]] = {}

    def create(
        self,
        body: Any,
        digest: str,
        key: str,
        find: Callable[[str], Model],
        shown: Callable[[Model], str],
        fault: PlannedFault | None = None,
    ) -> tuple[WrittenResponse, Model]:
        """Return the response to a parsed body, and the model that wrote it.

        `digest` makes the ids, `find` looks a model up by its name, `shown`
        is the name it answers with. Raises the OpenAIError that the vendor
        would answer with.
        """
        body = checked_body(body)
        previous = body.get("previous_response_id")
        items = self._remembered(key, previous) if previous else []
        items = [*items, *input_items(self._resolved(key, body))]
        chat = as_chat(body, items)
        try:
            model = check_body(chat, lambda name: _freed(find(name)))
        except OpenAIError as error:
            raise in_responses(error) from None
        effort = effort_of(chat, model)
        given = answers(chat, effort, fault)
        completion = Completion(chat, shown(model), given, digest)
        reasons = effort if model.reasoning else None
        return WrittenResponse(body, items, completion, reasons), model

    def keep(self, key: str, written: WrittenResponse) -> None:
        """Remember a response, unless its request said ``store: false``."""
        if written.body.get("store") is False:
            return
        payload = written.payload()
        items = [*written.items, *payload["output"]]
        with self._lock:
            self._kept.pop((key, written.id), None)
            self._kept[key, written.id] = items, payload
            while len(self._kept) > REMEMBERED:
                del self._kept[next(iter(self._kept))]

    def retrieve(self, key: str, name: str) -> dict[str, Any]:
        """Return a remembered response; raises 404 for another."""
        with self._lock:
            if (key, name) in self._kept:
                return self._kept[key, name][1]
        raise unknown_response(name)

    def delete(self, key: str, name: str) -> dict[str, Any]:
        """Forget a response; raises 404 where there is none."""
        with self._lock:
            if self._kept.pop((key, name), None) is None:
                raise unknown_response(name)
        return {"id": name, "object": "response", "deleted": True}

    def _resolved(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return a body with the items in it that it only refers to."""
        given = body.get("input")
        if not isinstance(given, list):
            return body
        items = [
            self._item(key, str(one.get("id")))
            if isinstance(one, dict) and one.get("type") == "item_reference"
            else one
            for one in given
        ]
        return body | {"input": items}

    def _item(self, key: str, name: str) -> dict[str, Any]:
        with self._lock:
            kept = [
                payload
                for (whose, _), (_, payload) in self._kept.items()
                if whose == key
            ]
        for payload in reversed(kept):
            for item in payload["output"]:
                if item["id"] == name:
                    return dict(item)
        raise unknown_item(name)

    def _remembered(self, key: str, name: str) -> Items:
        with self._lock:
            if (key, name) in self._kept:
                return self._kept[key, name][0]
        raise unknown_response(name, "previous_response_id")


def _freed(model: Model) -> Model:
    """Return a model without the limits that only chat completions have."""
    return replace(model, tools_with_reasoning=True)
