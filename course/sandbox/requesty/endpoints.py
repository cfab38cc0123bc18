"""What Requesty speaks beside chat completions.

``/responses`` in OpenAI's shape, ``/messages`` in Anthropic's, and
``/embeddings``. Loaded with the first request to one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from course.sandbox.answers import Answer
from course.sandbox.chat_completions import Completion
from course.sandbox.chat_endpoint import RESPONSES, answers
from course.sandbox.faults import PlannedFault
from course.sandbox.models import Model, Models
from course.sandbox.openai.checks import check_body, effort_of
from course.sandbox.openai.errors import OpenAIError
from course.sandbox.openai.responses import Responses
from course.sandbox.openai.responses_events import stream_reply
from course.sandbox.prices import cost_of
from course.sandbox.requesty.embeddings import EMBEDDINGS, embeddings
from course.sandbox.requesty.errors import broken_stream, passed_on
from course.sandbox.requesty.messages import as_chat
from course.sandbox.requesty.messages_wire import message, message_stream
from course.sandbox.wire import Reply, json_reply

__all__ = ["Endpoints"]

Body = dict[str, Any]


class Endpoints:
    """The router's other endpoints; `find` looks a model up by its name."""

    def __init__(self, models: Models, find: Callable[[str], Model]) -> None:
        self._models = models
        self._find = find
        self._responses = Responses()

    def answer(
        self,
        path: str,
        body: Body,
        digest: str,
        key: str,
        fault: PlannedFault | None,
    ) -> Reply:
        """Return the reply to a POST; raises RequestyError."""
        if path == EMBEDDINGS:
            return json_reply(200, embeddings(body, self._models))
        try:
            if path == RESPONSES:
                return self._respond(body, digest, key, fault)
            return self._message(body, digest, fault)
        except OpenAIError as error:
            raise passed_on(error, error.status) from None

    def _respond(
        self, body: Body, digest: str, key: str, fault: PlannedFault | None
    ) -> Reply:
        if body.get("stream"):
            # Padding against listeners is OpenAI's own.
            body = body | {"stream_options": {"include_obfuscation": False}}
        written, model = self._responses.create(
            body, digest, key, self._find, lambda one: one.id, fault
        )
        used = written.completion.usage()
        price = self._models.price(model, used["prompt_tokens"])
        cost = cost_of(price, used)
        if cost is not None:
            written = replace(written, extra={"cost": cost.total})
        if fault is None or fault.name != "stream_error":
            self._responses.keep(key, written)
        if body.get("stream"):
            return stream_reply(written, str(broken_stream()), {}, fault)
        return json_reply(200, written.payload())

    def _message(
        self, body: Body, digest: str, fault: PlannedFault | None
    ) -> Reply:
        chat = as_chat(body)
        model = check_body(chat, self._unlimited)
        effort = effort_of(chat, model)
        given = answers(chat, effort, fault)
        stopped_by = _stop(chat, effort, given[0])
        completion = Completion(chat, model.id, given, digest)
        if chat.get("stream"):
            broken = str(broken_stream())
            return message_stream(completion, stopped_by, broken, fault)
        return json_reply(200, message(completion, stopped_by))

    def _unlimited(self, name: str) -> Model:
        """Return a model without the limits of OpenAI's own endpoint."""
        model = self._find(name)
        return replace(model, stop=True, tools_with_reasoning=True)


def _stop(chat: Body, effort: str, given: Answer) -> str | None:
    """Return the stop sequence before which the answer ended."""
    if "stop" not in chat or given.finish != "stop" or given.refusal:
        return None
    unlimited = {name: one for name, one in chat.items() if name != "stop"}
    whole = answers(unlimited, effort, None)[0].text
    if not whole.startswith(given.text):
        return None
    rest = whole[len(given.text) :]
    return next((one for one in chat["stop"] if rest.startswith(one)), None)
