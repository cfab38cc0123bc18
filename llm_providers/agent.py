"""What all agents share: key lookup, the one call, retries, the response.

An agent is three pure translations around one exchange: `build_request`,
`parse_response` and `parse_event`, around `exchange`. A provider's own
module gives those; everything else stands here once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar, TypeVar

from llm_providers.answer_shapes import decode_answer
from llm_providers.catalogue import Catalogue, Parameters, load_catalogue
from llm_providers.chat_completions import Piece
from llm_providers.copies import changed
from llm_providers.errors import (
    ContextLengthError,
    InvalidRequestError,
    ModelNotFoundError,
    ModelRetiredError,
    ProviderError,
)
from llm_providers.http_replies import HttpReply, limited, read_body
from llm_providers.ledger import Ledger
from llm_providers.prompts import Prompt
from llm_providers.responses import (
    ErrorInfo,
    Reply,
    StandardResponse,
    Usage,
)
from llm_providers.retry import RetryPolicy, call_with_retries
from llm_providers.settings import ProviderSettings, Secret, load_settings
from llm_providers.streams import Stream
from llm_providers.watching import began

__all__ = ["Agent", "Stream"]

T = TypeVar("T")


class Agent:
    """One provider behind the interface that all agents share.

    `api_key`, `base_url` and `model` default to the settings and to the
    catalogue's default model. `timeout` is in seconds, for one try until the
    whole answer is there, or until the next piece of a stream; a stream as a
    whole may take `stream_timeout`. `sleep` and `clock` are for tests. An
    agent may be used by many threads at once.
    """

    provider: ClassVar[str]
    # What a model that the catalogue does not list is taken to accept.
    unlisted: ClassVar[Parameters]

    def __init__(
        self,
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        model: str | None = None,
        settings: ProviderSettings | None = None,
        timeout: float = 60.0,
        stream_timeout: float = 600.0,
        policy: RetryPolicy | None = None,
        catalogue: Catalogue | None = None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if settings is None:
            # Nothing is looked up where everything is told.
            told = api_key is not None and base_url is not None
            settings = load_settings({} if told else None)[self.provider]
        if api_key is not None:
            key = api_key if isinstance(api_key, Secret) else Secret(api_key)
            settings = replace(settings, api_key=key)
        if base_url is not None:
            settings = replace(settings, base_url=base_url.rstrip("/"))
        self.settings = settings
        self.catalogue = catalogue or load_catalogue()
        self.model = model or self.catalogue.role(self.provider, "default").id
        self.timeout = timeout
        self.stream_timeout = stream_timeout
        self.policy = policy or RetryPolicy()
        self.sleep = sleep
        self.clock = clock
        self.lock = threading.Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self.model!r})"

    # -- what a provider's module gives ------------------------------------

    def build_request(self, prompt: Prompt) -> dict[str, Any]:
        """Return the request body for a prompt."""
        raise NotImplementedError

    def parse_response(self, payload: Mapping[str, Any]) -> Reply:
        """Return the reply in a response body; raises ProviderError."""
        raise NotImplementedError

    def parse_events(self, chunks: Iterator[bytes]) -> Iterator[Piece]:
        """Yield the pieces of a streamed body; raises ProviderError."""
        raise NotImplementedError

    def exchange(
        self, body: Mapping[str, Any], prompt: Prompt, *, stream: bool
    ) -> AbstractContextManager[HttpReply]:
        """Send a request; enter to get the reply, leave to end it."""
        raise NotImplementedError

    def translate_error(self, exception: Exception) -> Exception:
        """Return the ProviderError that the client's exception means.

        An exception that is not the client's comes back as it is.
        """
        raise NotImplementedError

    # -- what callers use --------------------------------------------------

    def process_prompt(self, prompt: Any, **options: Any) -> StandardResponse:
        """Return the provider's answer, or its error, as one shape.

        `prompt` is a text, a list of messages, a mapping of fields or a
        Prompt; `options` are further fields of a Prompt. Retries as the
        policy allows. Never raises for a provider's fault; raises TypeError
        or ValueError for a prompt that makes no sense.
        """
        prompt = self.prepare(prompt, **options)
        ledger = Ledger(self.provider, self.clock)

        def attempt(wait: float) -> Reply:
            started = self.clock()
            try:
                reply = self.complete(prompt)
            except ProviderError as error:
                ledger.note(prompt.model, wait, started, error)
                raise
            ledger.note(prompt.model, wait, started, reply)
            return reply

        try:
            self.settings.require_key()
            reply = call_with_retries(attempt, self.policy, self.sleep)
        except ProviderError as error:
            return self.error_response(prompt, error, ledger)
        return self.success_response(prompt, reply, ledger)

    def stream(self, prompt: Any, **options: Any) -> Stream:
        """Return an iterable of text that ends in the standard response.

        Nothing is sent before the iteration begins. Takes what
        `process_prompt` takes; read `response` once the text has ended.
        """
        return Stream(self, self.prepare(prompt, **options))

    def complete(self, prompt: Prompt) -> Reply:
        """Return the reply of a single try. Raises ProviderError."""

        def one_try() -> Reply:
            began(self.provider, prompt.model)
            self.require_readable(prompt)
            body = self.build_request(prompt)
            deadline = self.clock() + self.timeout
            with self.exchange(body, prompt, stream=False) as answer:
                try:
                    raw = read_body(answer.chunks, deadline, self.clock)
                    reply = self.parse_response(decode_answer(raw))
                except ProviderError as error:
                    error.request_id = answer.request_id
                    error.simulated = answer.simulated
                    raise
            return changed(
                reply,
                id=answer.request_id or reply.id,
                simulated=answer.simulated,
            )

        return self.translated(prompt, one_try)

    def pieces(self, prompt: Prompt) -> Iterator[Piece]:
        """Yield the pieces of a single streamed try.

        Raises ProviderError, which counts the tokens that were told so far.
        """
        pieces = self._untranslated_pieces(prompt)
        usage: Usage | None = None
        while True:
            try:
                piece = self.translated(prompt, lambda: next(pieces, None))
            except ProviderError as error:
                error.usage = error.usage or usage
                raise
            if piece is None:
                return
            usage = piece.usage or usage
            yield piece

    def _untranslated_pieces(self, prompt: Prompt) -> Iterator[Piece]:
        began(self.provider, prompt.model)
        self.require_readable(prompt)
        body = self.build_request(prompt)
        deadline = self.clock() + self.stream_timeout
        with self.exchange(body, prompt, stream=True) as answer:
            chunks = limited(answer.chunks, deadline, self.clock)
            request_id, simulated = answer.request_id, answer.simulated
            for piece in self.parse_events(chunks):
                if request_id or simulated:
                    piece = changed(
                        piece, id=request_id or piece.id, simulated=simulated
                    )
                yield piece

    # -- the parts they stand on -------------------------------------------

    def prepare(self, prompt: Any, **options: Any) -> Prompt:
        """Return the normalised prompt, with a model."""
        made = Prompt.of(prompt, **options)
        return made if made.model else changed(made, model=self.model)

    def parameters(self, model: str) -> Parameters:
        """Return what a model accepts; `unlisted` if it is not listed."""
        found = self.catalogue.find(self.provider, model)
        return found.accepts if found else self.unlisted

    def require_readable(self, prompt: Prompt) -> None:
        """Raise InvalidRequestError for input that the model cannot read.

        Nothing is sent then. A model that the catalogue does not list is
        left to its provider.
        """
        model = self.catalogue.find(self.provider, prompt.model)
        if model is None:
            return
        unreadable = prompt.modalities.difference(model.input_modalities)
        if unreadable:
            raise InvalidRequestError(
                f"{prompt.model} does not read {', '.join(sorted(unreadable))}"
                f" input; it reads {', '.join(model.input_modalities)}.",
                sent=False,
            )

    def translated(self, prompt: Prompt, call: Callable[[], T]) -> T:
        """Return what `call` returns; raise its faults as ProviderError.

        The new exception is raised after the old one is handled, so that no
        chain of exceptions leads back to a request with a key in it.
        """
        try:
            return call()
        except Exception as exception:
            failure = self.translate_error(exception)
            if failure is not exception:
                exception.__traceback__ = None
        failure = self.named_replacement(prompt, failure)
        try:
            raise self.named_overflow(prompt, failure)
        finally:
            # Or else frame and exception keep each other, and the client.
            del failure

    def named_overflow(
        self, prompt: Prompt, failure: Exception
    ) -> Exception:
        """Return ContextLengthError where a prompt is surely too long.

        Some providers tell that in words only, which are no ground to stand
        on. So the prompt is looked at: a refused one that is longer than the
        model's window, even at four characters a token, is too long.
        """
        if type(failure) is not InvalidRequestError or not failure.sent:
            return failure
        model = self.catalogue.find(self.provider, prompt.model)
        window = model and (model.max_input_tokens or model.context_window)
        if not window or prompt.characters <= 4 * window:
            return failure
        return ContextLengthError(
            failure.reason,
            status=failure.status,
            code=failure.code,
            request_id=failure.request_id,
            simulated=failure.simulated,
        )

    def named_replacement(
        self, prompt: Prompt, failure: Exception
    ) -> Exception:
        """Return ModelRetiredError where the catalogue knows more."""
        if not isinstance(failure, ModelNotFoundError):
            return failure
        model = self.catalogue.find(self.provider, prompt.model)
        if model is None or model.status_on(date.today()) != "retired":
            return failure
        return ModelRetiredError(
            f"{prompt.model} was shut down on {model.shutdown_on}.",
            replacement=model.replacement,
            status=failure.status,
            code=failure.code,
            request_id=failure.request_id,
            simulated=failure.simulated,
        )

    def connect(self) -> None:
        """Build what is built once, so that copies of the agent share it.

        Sends nothing. Raises as `sendable_key` of the settings.
        """

    @property
    def shares_thread(self) -> bool:
        """Whether all that a call waits for now is waited for by `calls`.

        Such a call may run in the thread of a loop: see `loop_calls`.
        """
        return False

    def limit_time(self, seconds: float, whole_stream: float) -> None:
        """Take no longer than this for a try, or for a whole stream."""
        self.timeout = min(self.timeout, seconds)
        self.stream_timeout = min(self.stream_timeout, whole_stream)

    def adjustments(self, prompt: Prompt) -> tuple[str, ...]:
        """Return in words what the request leaves out of the prompt."""
        names = [
            name
            for name in ("temperature", "stop", "reasoning_effort")
            if getattr(prompt, name) not in (None, ())
        ]
        body = self.build_request(prompt) if names else {}
        return tuple(
            f"{name} was left out: {prompt.model} does not take it"
            for name in names
            if name not in body
        )

    def cost_usd(self, model: str, usage: Usage) -> float | None:
        """Return what `usage` costs by the catalogue, in USD, or None."""
        found = self.catalogue.find(self.provider, model)
        if found is None:
            return None
        return found.cost_usd(
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.cached_tokens or 0,
        )

    def success_response(
        self, prompt: Prompt, reply: Reply, ledger: Ledger
    ) -> StandardResponse:
        """Return the standard response for a reply."""
        model = reply.model or prompt.model
        return StandardResponse(
            status="success",
            message=reply.text,
            model=model,
            usage=ledger.usage,
            provider=self.provider,
            finish_reason=reply.finish_reason,
            attempts=ledger.attempts,
            cost_usd=ledger.cost_usd(self.cost_usd),
            request_id=reply.id,
            simulated=reply.simulated,
            adjustments=self.adjustments(prompt),
            tool_calls=reply.tool_calls,
            upstream=reply.upstream,
        )

    def error_response(
        self, prompt: Prompt, error: ProviderError, ledger: Ledger
    ) -> StandardResponse:
        """Return the standard response for an error."""
        return StandardResponse(
            status="error",
            message=error.reason,
            model=prompt.model,
            usage=ledger.usage,
            provider=self.provider,
            finish_reason=error.finish_reason,
            error=ErrorInfo(
                kind=error.kind,
                retryable=error.retryable,
                reason=error.reason,
                what_to_do=error.what_to_do,
                retry_after=error.retry_after,
                partial_text=error.partial_text,
            ),
            attempts=ledger.attempts,
            cost_usd=ledger.cost_usd(self.cost_usd),
            request_id=error.request_id,
            simulated=error.simulated,
        )
