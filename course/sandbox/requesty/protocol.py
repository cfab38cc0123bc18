"""Requesty's protocol, which the course calls Requestry.

Chat completions in OpenAI's shape for the models of many providers, with the
cost of each answer, and errors in a shape of its own.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from course.sandbox.answers import rough_tokens
from course.sandbox.chat_completions import Completion
from course.sandbox.chat_endpoint import (
    COMPLETIONS,
    MODELS,
    RESPONSES,
    answers,
    as_success,
    digest,
    endpoint,
    fields,
    kinds,
)
from course.sandbox.event_stream import stream_reply
from course.sandbox.fault_names import ERROR_FAULTS
from course.sandbox.faults import PlannedFault
from course.sandbox.models import Model, Models, PathText
from course.sandbox.openai.checks import PARAMETERS, check_body, effort_of
from course.sandbox.openai.errors import OpenAIError
from course.sandbox.prices import cost_of
from course.sandbox.providers import PROVIDERS
from course.sandbox.requesty.errors import (
    RequestyError,
    broken_stream,
    error_body,
    error_reply,
    missing_key,
    passed_on,
    planned_error,
    retired_model,
    unknown_model,
    wrong_key,
)
from course.sandbox.requesty.models import listed, named
from course.sandbox.wire import Reply, Request, json_reply

if TYPE_CHECKING:
    from course.sandbox.requesty.endpoints import Endpoints

__all__ = ["RequestyProtocol"]

MESSAGES = "/messages"
OTHERS = (RESPONSES, MESSAGES, "/embeddings")


class RequestyProtocol:
    """The router's ``/v1``; its list of models asks for no key."""

    name = "requestry"
    roots = PROVIDERS["requestry"].roots

    def __init__(self, models: PathText | None, today: date | None) -> None:
        self.models = Models(self.name, models, today)

    def key(self, request: Request) -> str | None:
        """Return the bearer key, or the one of Anthropic's own header."""
        if endpoint(request, self.roots) == MESSAGES:
            return request.bearer or request.headers.get("x-api-key")
        return request.bearer

    def refuse_key(self, request: Request) -> Reply | None:
        """Return 401 without a key, 403 for one that contains ``wrong``."""
        if endpoint(request, self.roots).startswith(MODELS):
            return None
        key = self.key(request)
        if key is None:
            return error_reply(missing_key())
        return error_reply(wrong_key()) if "wrong" in key else None

    def kinds(self, request: Request) -> frozenset[str]:
        """Return what faults can wait for: any, completion, stream."""
        path = endpoint(request, self.roots)
        return kinds(request, path, (COMPLETIONS, RESPONSES, MESSAGES))

    def answer(self, request: Request, fault: PlannedFault | None) -> Reply:
        """Return the reply to a request whose key is good."""
        try:
            if fault is not None and fault.name in ERROR_FAULTS:
                raise self._planned(request, fault)
            path = endpoint(request, self.roots)
            if path == COMPLETIONS and request.method == "POST":
                return self._complete(request, fault)
            if path in OTHERS and request.method == "POST":
                body = _parsed(request, checked=False)
                key = self.key(request) or ""
                mark = digest(request)
                return self._others.answer(path, body, mark, key, fault)
            if path == MODELS and request.method == "GET":
                return json_reply(200, listed(self.models))
            raise RequestyError(404, f"No route: {request.method} {path}")
        except RequestyError as error:
            reply = error_reply(error)
            if fault is not None and fault.name == "error_in_200":
                streamed = "stream" in self.kinds(request)
                return as_success(reply, error_body(error), streamed)
            return reply

    # Imported with the first such request: most ask for chat completions.
    @cached_property
    def _others(self) -> Endpoints:
        from course.sandbox.requesty.endpoints import Endpoints

        return Endpoints(self.models, self._model)

    def failure(self, status: int, sentence: str) -> Reply:
        """Return an error in the vendor's shape, in the sandbox's words."""
        return error_reply(RequestyError(status, sentence))

    def _planned(self, request: Request, fault: PlannedFault) -> RequestyError:
        name = str(fields(request).get("model", "default"))
        model = named(name, self.models)
        tokens = rough_tokens(request.raw.decode("utf-8", "replace"))
        return planned_error(
            fault, self.key(request) or "", name, model, tokens
        )

    def _model(self, name: str) -> Model:
        model = named(name, self.models)
        if model is None:
            raise unknown_model()
        if self.models.is_shut_down(model):
            raise retired_model(model.id)
        return model

    def _complete(self, request: Request, fault: PlannedFault | None) -> Reply:
        body = _parsed(request)
        try:
            model = check_body(body, self._model)
        except OpenAIError as error:
            raise passed_on(error, error.status) from None
        given = answers(body, effort_of(body, model), fault)
        # Padding against listeners is OpenAI's own; usage is sent if asked.
        options = body.get("stream_options") or {}
        options = options | {"include_obfuscation": False}
        told = body | {"stream_options": options}
        completion = Completion(told, model.id, given, digest(request))
        if not body.get("stream"):
            payload = self._priced(completion.payload(), model)
            return json_reply(200, payload)
        content, closing = completion.chunks()
        closing = [self._priced(chunk, model) for chunk in closing]
        broken = error_body(broken_stream())
        return stream_reply(content, closing, broken, {}, fault)

    def _priced(self, frame: dict[str, Any], model: Model) -> dict[str, Any]:
        """Return the frame with the cost of its usage, where it has one."""
        usage = frame.get("usage")
        if usage is None:
            return frame
        price = self.models.price(model, usage["prompt_tokens"])
        cost = cost_of(price, usage)
        if cost is None:
            return frame
        return frame | {"usage": usage | {"cost": cost.total}}


def _parsed(request: Request, checked: bool = True) -> dict[str, Any]:
    """Return the body as the model's provider gets it.

    The router's own extension stays here, and so do parameters that only
    OpenAI would refuse, for a model of somebody else's. What is not `checked`
    is left for its endpoint to judge.
    """
    try:
        body = request.json
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RequestyError(400, "Invalid request body: expected JSON object")
    theirs = not checked or str(body.get("model")).startswith("openai/")
    return {
        name: value
        for name, value in body.items()
        if name != "requesty" and (theirs or name in PARAMETERS)
    }
