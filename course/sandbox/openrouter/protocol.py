"""OpenRouter's protocol: one endpoint for the models of many providers."""

from __future__ import annotations

from datetime import date

from course.sandbox.answers import rough_tokens
from course.sandbox.chat_completions import Completion
from course.sandbox.chat_endpoint import (
    COMPLETIONS,
    MODELS,
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
from course.sandbox.models import Models, PathText
from course.sandbox.openrouter.account import Accounts
from course.sandbox.openrouter.checks import adapted, checked, effort_of, said
from course.sandbox.openrouter.directory import looked_up
from course.sandbox.openrouter.errors import (
    OpenRouterError,
    error_body,
    error_reply,
    invalid,
    missing_key,
    wrong_key,
)
from course.sandbox.openrouter.faults import (
    broken_chunk,
    choice_error,
    planned_error,
)
from course.sandbox.openrouter.limits import Asked
from course.sandbox.openrouter.metadata import routing_metadata
from course.sandbox.openrouter.replies import OpenRouterCompletion
from course.sandbox.openrouter.routing import find, provider_of, route
from course.sandbox.prices import cost_of
from course.sandbox.providers import PROVIDERS
from course.sandbox.wire import Reply, Request, json_reply

__all__ = ["OpenRouterProtocol"]

COMMENT = b": OPENROUTER PROCESSING\n\n"
COMMENT_EVERY = 12
# Tokens that a model without a known limit is taken to be able to write.
DEFAULT_LIMIT = 8_192


class OpenRouterProtocol:
    """The router's ``/api/v1``; its list of models asks for no key."""

    name = "openrouter"
    roots = PROVIDERS["openrouter"].roots

    def __init__(self, models: PathText | None, today: date | None) -> None:
        self.models = Models(self.name, models, today)
        self.accounts = Accounts()

    def key(self, request: Request) -> str | None:
        """Return the bearer key."""
        return request.bearer

    def refuse_key(self, request: Request) -> Reply | None:
        """Return 401 without a key or for one that contains ``wrong``."""
        path = endpoint(request, self.roots)
        if path.startswith(MODELS) and path != f"{MODELS}/user":
            return None
        key = self.key(request)
        if key is None:
            return error_reply(missing_key())
        return error_reply(wrong_key()) if "wrong" in key else None

    def kinds(self, request: Request) -> frozenset[str]:
        """Return what faults can wait for: any, completion, stream."""
        return kinds(request, endpoint(request, self.roots))

    def answer(self, request: Request, fault: PlannedFault | None) -> Reply:
        """Return the reply to a request whose key is good."""
        try:
            if fault is not None and fault.name in ERROR_FAULTS:
                raise planned_error(fault, self._asked(request))
            path = endpoint(request, self.roots)
            if path == COMPLETIONS and request.method == "POST":
                return self._complete(request, fault)
            if request.method == "GET":
                return self._look_up(request, path)
            raise _not_found()
        except OpenRouterError as error:
            reply = error_reply(error)
            if fault is not None and fault.name == "error_in_200":
                streamed = "stream" in self.kinds(request)
                return as_success(reply, error_body(error), streamed)
            return reply

    def failure(self, status: int, sentence: str) -> Reply:
        """Return an error in the vendor's shape, in the sandbox's words."""
        return error_reply(OpenRouterError(status, sentence))

    def _asked(self, request: Request) -> Asked:
        body = fields(request)
        name = str(body.get("model", "default"))
        model = find(name, self.models)
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if not isinstance(limit, int):
            limit = model.max_output_tokens if model else None
        return Asked(
            key=self.key(request) or "",
            name=name,
            provider=provider_of(name),
            prompt=said(body),
            tokens=rough_tokens(request.raw.decode("utf-8", "replace")),
            window=model.context_window if model else 0,
            limit=limit or DEFAULT_LIMIT,
        )

    def _look_up(self, request: Request, path: str) -> Reply:
        key = self.key(request) or ""
        match path:
            case "/key" | "/auth/key":
                return json_reply(200, self.accounts.key(key))
            case "/credits":
                return json_reply(200, self.accounts.credits(key))
            case "/generation":
                asked = _parameter(request, "id")
                return json_reply(200, self.accounts.generation(key, asked))
        found = looked_up(path, self.models)
        if found is None:
            raise _not_found()
        return json_reply(200, found)

    def _complete(self, request: Request, fault: PlannedFault | None) -> Reply:
        completion = self._completion(request, fault)
        streamed = completion.plain.body.get("stream") is True
        key = self.key(request) or ""
        self.accounts.remember(key, completion, streamed, request.headers)
        headers = {"X-Generation-Id": completion.id}
        told = routing_metadata(
            request, fields(request), completion.route, self.models
        )
        if not streamed:
            return json_reply(200, completion.payload() | told, headers)
        content, closing = completion.chunks()
        closing[-1] |= told
        code = fault.options.get("code", 502) if fault else 502
        broken = broken_chunk(completion.frame("chat.completion.chunk"), code)
        reply = stream_reply(content, closing, broken, headers, fault)
        return _commented(reply)

    def _completion(
        self, request: Request, fault: PlannedFault | None
    ) -> OpenRouterCompletion:
        try:
            body = checked(request.json)
        except ValueError:
            raise invalid("Invalid JSON in the request body") from None
        taken = route(body, self.models)
        model = taken.model
        body = adapted(body | {"model": model.id}, model)
        given = answers(body, effort_of(body, model), fault)
        plain = Completion(body, model.id, given, digest(request))
        usage = plain.usage()
        price = self.models.price(model, usage["prompt_tokens"])
        name = fault.name if fault else None
        shown = (body.get("reasoning") or {}).get("exclude") is not True
        return OpenRouterCompletion(
            plain,
            taken,
            cost_of(price, usage),
            thoughts_shown=shown,
            error=choice_error(fault, taken.provider)
            if fault and name == "error_in_choice"
            else None,
            repeats_finish=name == "usage_with_finish",
        )


def _parameter(request: Request, name: str) -> str:
    # Imported when first needed, for the sake of the sandbox's start.
    from urllib.parse import parse_qs

    return parse_qs(request.query).get(name, [""])[0]


def _not_found() -> OpenRouterError:
    return OpenRouterError(404, "Not Found")


def _commented(reply: Reply) -> Reply:
    """Return a stream with the comments that keep its connection open."""
    assert reply.pieces is not None
    reply.pieces = [
        COMMENT + piece
        if isinstance(piece, bytes) and number % COMMENT_EVERY == 0
        else piece
        for number, piece in enumerate(reply.pieces)
    ]
    return reply
