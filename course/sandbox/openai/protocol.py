"""OpenAI's protocol: chat completions, responses, the list of models."""

from __future__ import annotations

import json
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from course.sandbox.answers import rough_tokens
from course.sandbox.chat_completions import Completion, prompt_tokens
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
from course.sandbox.openai.checks import check_body, effort_of, find_model
from course.sandbox.openai.errors import (
    OpenAIError,
    error_body,
    error_reply,
    masked,
    missing_key,
    rate_headers,
    wrong_key,
)
from course.sandbox.openai.faults import planned_error, server_error
from course.sandbox.openai.refusals import (
    no_json,
    no_such_url,
    wrong_content_type,
)
from course.sandbox.providers import PROVIDERS
from course.sandbox.wire import Reply, Request, json_reply

if TYPE_CHECKING:
    from course.sandbox.openai.responses import Responses

__all__ = ["OpenAIProtocol"]


class OpenAIProtocol:
    """The Developer API's ``/v1``, in whose shape several others answer.

    The host's root answers too, since some clients list models there.
    """

    name = "openai"
    roots = PROVIDERS["openai"].roots

    def __init__(self, models: PathText | None, today: date | None) -> None:
        self.models = Models(self.name, models, today)

    def key(self, request: Request) -> str | None:
        """Return the bearer key."""
        return request.bearer

    def refuse_key(self, request: Request) -> Reply | None:
        """Return 401 without a key or for one that contains ``wrong``."""
        key = self.key(request)
        if key is None:
            return self._fail(missing_key(), request)
        if "wrong" in key:
            return self._fail(wrong_key(masked(key)), request)
        return None

    def kinds(self, request: Request) -> frozenset[str]:
        """Return what faults can wait for: any, completion, stream."""
        path = endpoint(request, self.roots)
        return kinds(request, path, (COMPLETIONS, RESPONSES))

    def answer(self, request: Request, fault: PlannedFault | None) -> Reply:
        """Return the reply to a request whose key is good."""
        path = endpoint(request, self.roots)
        try:
            if fault is not None and fault.name in ERROR_FAULTS:
                raise self._planned(request, fault)
            if path == COMPLETIONS and request.method == "POST":
                return self._complete(request, fault)
            if path.startswith(RESPONSES):
                return self._respond(request, path, fault)
            if path.startswith(MODELS) and request.method == "GET":
                return self._list(request, path)
            raise _no_such_url(request, path)
        except OpenAIError as error:
            reply = self._fail(error, request)
            if fault is not None and fault.name == "error_in_200":
                streamed = "stream" in self.kinds(request)
                return as_success(reply, error_body(error), streamed)
            return reply

    def failure(self, status: int, sentence: str) -> Reply:
        """Return an error in the vendor's shape, in the sandbox's words."""
        error = OpenAIError(status, sentence, kind="server_error")
        return error_reply(error)

    def _planned(self, request: Request, fault: PlannedFault) -> OpenAIError:
        name = str(fields(request).get("model", "default"))
        model = self.models.known().get(name)
        tokens = rough_tokens(request.raw.decode("utf-8", "replace"))
        error = planned_error(
            fault, self.key(request) or "", name, model, tokens
        )
        if endpoint(request, self.roots).startswith(RESPONSES):
            from course.sandbox.openai.responses_checks import in_responses

            return in_responses(error)
        return error

    def _headers(self, request: Request) -> dict[str, str]:
        mark = sha256(request.path.encode() + request.raw).hexdigest()
        return {
            "x-request-id": f"req_{mark[:32]}",
            "openai-processing-ms": str(40 + int(mark[-2:], 16)),
            "openai-version": "2020-10-01",
        }

    def _account_headers(self, tokens: int) -> dict[str, str]:
        return {"openai-organization": "org-simulated"} | rate_headers(tokens)

    def _fail(self, error: OpenAIError, request: Request) -> Reply:
        reply = error_reply(error)
        if error.status != 401:
            reply.headers["openai-organization"] = "org-simulated"
        reply.headers |= self._headers(request)
        return reply

    def _list(self, request: Request, path: str) -> Reply:
        headers = self._headers(request)
        headers["openai-organization"] = "org-simulated"
        name = path.removeprefix(MODELS).lstrip("/")
        if name:
            row = _row(name, find_model(name, self.models))
            return json_reply(200, row, headers)
        rows = [_row(one.id, one) for one in self.models.served()]
        return json_reply(200, {"object": "list", "data": rows}, headers)

    def _complete(self, request: Request, fault: PlannedFault | None) -> Reply:
        body = _parsed(request)
        model = check_body(body, lambda name: find_model(name, self.models))
        given = answers(body, effort_of(body, model), fault)
        shown = model.snapshot or model.id
        completion = Completion(body, shown, given, digest(request))
        headers = self._headers(request)
        headers |= self._account_headers(prompt_tokens(body))
        if not body.get("stream"):
            return json_reply(200, completion.payload(), headers)
        content, closing = completion.chunks()
        error = error_body(server_error())
        return stream_reply(content, closing, error, headers, fault)

    # Imported with the first such request: most ask for chat completions.
    @cached_property
    def _responses(self) -> Responses:
        from course.sandbox.openai.responses import Responses

        return Responses()

    def _respond(
        self, request: Request, path: str, fault: PlannedFault | None
    ) -> Reply:
        from course.sandbox.openai.responses_events import stream_reply

        key, headers = self.key(request) or "", self._headers(request)
        name = path.removeprefix(RESPONSES).lstrip("/")
        if name and "/" not in name and request.method in ("GET", "DELETE"):
            does = self._responses.delete
            if request.method == "GET":
                does = self._responses.retrieve
            return json_reply(200, does(key, name), headers)
        if name or request.method != "POST":
            raise _no_such_url(request, path)
        written, _ = self._responses.create(
            _parsed(request),
            digest(request),
            key,
            lambda name: find_model(name, self.models),
            lambda model: model.snapshot or model.id,
            fault,
        )
        if fault is None or fault.name != "stream_error":
            self._responses.keep(key, written)
        headers |= self._account_headers(written.usage()["input_tokens"])
        if not written.body.get("stream"):
            return json_reply(200, written.payload(), headers)
        return stream_reply(written, str(server_error()), headers, fault)


def _parsed(request: Request) -> Any:
    kind = request.content_type
    if kind != "application/json" and request.raw:
        raise wrong_content_type(kind)
    try:
        return json.loads(request.raw) if request.raw else {}
    except (ValueError, RecursionError):
        raise no_json() from None


def _no_such_url(request: Request, path: str) -> OpenAIError:
    known = path in (COMPLETIONS, RESPONSES) or path.startswith(MODELS)
    return no_such_url(request.method, f"/v1{path}", known)


def _row(name: str, model: Model) -> dict[str, Any]:
    end = model.shutdown_on
    return {
        "id": name,
        "object": "model",
        "created": model.created,
        "owned_by": "system",
        "shutdown_date": end.isoformat() if end else None,
    }
