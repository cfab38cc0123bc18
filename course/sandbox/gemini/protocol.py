"""Gemini's protocol: contents generated, tokens counted, models listed."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from course.sandbox.answers import answer, with_fault
from course.sandbox.fault_names import ERROR_FAULTS
from course.sandbox.faults import PlannedFault
from course.sandbox.gemini.calls import Call, key_of
from course.sandbox.gemini.checks import check_body, find_model
from course.sandbox.gemini.enums import numbered
from course.sandbox.gemini.errors import (
    GeminiError,
    error_body,
    error_reply,
    missing_key,
    oauth_key,
    unknown_model,
    wrong_key,
)
from course.sandbox.gemini.faults import planned_error
from course.sandbox.gemini.models import list_models, model_row
from course.sandbox.gemini.reading import read_body
from course.sandbox.gemini.replies import Generation
from course.sandbox.gemini.streams import event_reply, stream_reply
from course.sandbox.gemini.tasks import in_format, prompt_tokens, read_task
from course.sandbox.models import Models, PathText
from course.sandbox.wire import Reply, Request, json_reply

__all__ = ["GeminiProtocol"]

HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "Vary": "Origin, X-Origin, Referer",
    "X-Content-Type-Options": "nosniff",
}


class GeminiProtocol:
    """The Developer API's ``/v1`` and ``/v1beta``, alike here.

    The host's root answers too; its ``/v1`` is OpenAI's, unless a method or
    a key of Google's says otherwise.
    """

    name = "gemini"

    def __init__(self, models: PathText | None, today: date | None) -> None:
        self.models = Models(self.name, models, today)

    def key(self, request: Request) -> str | None:
        """Return the key of ``x-goog-api-key``, or of ``?key=``."""
        return key_of(request)

    def refuse_key(self, request: Request) -> Reply | None:
        """Return 403 without a key, 400 for one that contains ``wrong``."""
        key, wrapped = self.key(request), Call(request).in_array
        if key is None:
            error = oauth_key() if request.bearer else missing_key()
            return self._fail(error, wrapped)
        return self._fail(wrong_key(), wrapped) if "wrong" in key else None

    def kinds(self, request: Request) -> frozenset[str]:
        """Return what faults can wait for: any, completion, stream."""
        call = Call(request)
        kinds = {"any"}
        if call.generates:
            kinds.add("completion")
        if call.streams:
            kinds.add("stream")
        return frozenset(kinds)

    def answer(self, request: Request, fault: PlannedFault | None) -> Reply:
        """Return the reply to a request whose key is good."""
        call = Call(request)
        name = fault.name if fault else None
        try:
            if fault and name in ERROR_FAULTS and name != "moderation":
                raise self._planned(request, call, fault)
            return self._dispatch(request, call, fault)
        except GeminiError as error:
            if name != "error_in_200":
                return self._fail(error, call.in_array)
            if call.streams:
                return event_reply([error_body(error)], HEADERS, call.events)
            return json_reply(200, error_body(error), HEADERS)

    def failure(self, status: int, sentence: str) -> Reply:
        """Return an error in the vendor's shape, in the sandbox's words."""
        return self._fail(GeminiError(status, sentence), False)

    def _dispatch(
        self, request: Request, call: Call, fault: PlannedFault | None
    ) -> Reply:
        if call.generates and request.method == "POST":
            return self._generate(request, call, fault)
        if call.counts and request.method == "POST":
            return self._count(request, call)
        if call.lists and request.method == "GET":
            return self._list(call)
        if call.resource.startswith("models/") and request.method == "POST":
            raise unknown_model(call.model, call.version, call.method)
        raise GeminiError(
            404,
            f"The requested URL {request.path} was not found on this server"
            f" for {request.method}.",
        )

    def _planned(
        self, request: Request, call: Call, fault: PlannedFault
    ) -> GeminiError:
        name = call.model or "models"
        known, served = self.models.known(), self.models.served()
        model = known.get(name) or next(iter(served), None)
        key = self.key(request) or ""
        where = (call.version, call.method)
        return planned_error(fault, key, name, model, *where)

    def _fail(self, error: GeminiError, wrapped: bool) -> Reply:
        reply = error_reply(error, wrapped=wrapped)
        reply.headers = HEADERS | error.headers
        return reply

    def _reply(self, call: Call, value: Any) -> Reply:
        body = numbered(value) if call.numbers else value
        return json_reply(200, body, HEADERS)

    def _list(self, call: Call) -> Reply:
        if call.resource == "models":
            served = self.models.served()
            return self._reply(call, list_models(served, call.query))
        where = (call.model, call.version, call.method)
        name, model = find_model(*where, self.models)
        return self._reply(call, model_row(name, model))

    def _count(self, request: Request, call: Call) -> Reply:
        find_model(call.model, call.version, call.method, self.models)
        body = read_body(request.raw, "CountTokensRequest")
        body = body.get("generate_content_request", body)
        tokens = prompt_tokens(body)
        details = [
            {"modality": name, "tokenCount": count}
            for name, count in tokens.items()
        ]
        counts = {"totalTokens": tokens.total()}
        return self._reply(call, counts | {"promptTokensDetails": details})

    def _generate(
        self, request: Request, call: Call, fault: PlannedFault | None
    ) -> Reply:
        where = (call.model, call.version, call.method)
        name, model = find_model(*where, self.models)
        body = read_body(request.raw, "GenerateContentRequest")
        check_body(body, model)
        generation = self._generation(request, body, name, fault)
        if fault and fault.name == "moderation":
            reason = str(fault.options.get("reason", "SAFETY"))
            blocked = generation.blocked_prompt(reason)
            if call.streams:
                body = numbered(blocked) if call.numbers else blocked
                return event_reply([body], HEADERS, call.events)
            return self._reply(call, blocked)
        if not call.streams:
            return self._reply(call, generation.payload())
        chunks = generation.chunks()
        if call.numbers:
            chunks = numbered(chunks[0]), numbered(chunks[1])
        return stream_reply(*chunks, HEADERS, call.events, fault)

    def _generation(
        self,
        request: Request,
        body: dict[str, Any],
        name: str,
        fault: PlannedFault | None,
    ) -> Generation:
        model = self.models.known()[name]
        task = read_task(body, model)
        count = body.get("generation_config", {}).get("candidate_count", 1)
        given = [
            with_fault(in_format(answer(task, index), body), fault)
            for index in range(count)
        ]
        mark = sha256(name.encode() + request.raw).hexdigest()
        reason = str(fault.options.get("reason", "SAFETY")) if fault else ""
        return Generation(body, model, tuple(given), mark, reason or "SAFETY")
