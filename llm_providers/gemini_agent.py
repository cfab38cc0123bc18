"""The Gemini agent: either of Google's SDKs behind the shared interface."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from llm_providers import gemini_format
from llm_providers.agent import Agent
from llm_providers.catalogue import Parameters
from llm_providers.chat_completions import Piece
from llm_providers.errors import ModelNotFoundError, ProviderError
from llm_providers.gemini_errors import decode_refusal, error_from_reply
from llm_providers.gemini_streams import read_stream
from llm_providers.http_replies import HttpReply, read_body
from llm_providers.prompts import Prompt
from llm_providers.responses import Reply

if TYPE_CHECKING:
    from llm_providers.gemini_sender import GeminiSender

__all__ = ["GeminiAgent"]


class Sdk(NamedTuple):
    """An SDK: who speaks to it, how it is imported and installed.

    `unknown_fields` are those of a prompt that it has no words for.
    """

    module: str
    sender: str
    imported_as: str
    installed_as: str
    unknown_fields: tuple[str, ...] = ()


SDKS = {
    "google-genai": Sdk(
        "gemini_genai", "GenaiSender", "google.genai", "google-genai"
    ),
    "google-generativeai": Sdk(
        "gemini_generativeai",
        "GenerativeaiSender",
        "google.generativeai",
        "'llm-providers[google-generativeai]'",
        unknown_fields=("reasoning_effort",),
    ),
}
# What `adjustments` looks for, as we say it and as Gemini does.
CONFIG_FIELDS = {
    "temperature": "temperature",
    "stop": "stopSequences",
    "reasoning_effort": "thinkingConfig",
}
# Ids that are one part of a URL, and no more.
MODEL_ID = re.compile(r"(tunedModels/)?\w[\w-]*(\.[\w-]+)*", re.ASCII)


class GeminiAgent(Agent):
    """Google's Gemini models, through either SDK; callers see no difference.

    Reads ``GEMINI_API_KEY`` (or ``GOOGLE_API_KEY``, if the first is not set)
    and ``GEMINI_BASE_URL``; variables of the SDKs' own have no say. `sdk` is
    "google-genai", the maintained one, or "google-generativeai", whose
    support ended in 2025 and which is an optional extra. Raises ValueError
    for another name, ImportError, saying what to install, for an SDK that is
    not there.
    """

    provider = "gemini"
    unlisted = Parameters(
        max_tokens=None,
        temperature="any",
        reasoning_efforts=("minimal", "low", "medium", "high"),
        stop=True,
        tools_with_reasoning=True,
    )

    def __init__(self, *, sdk: str = "google-genai", **options: Any) -> None:
        require_sdk(sdk)
        super().__init__(**options)
        self.sdk = sdk

    @cached_property
    def sender(self) -> GeminiSender:
        """The SDK; it is imported when the first request needs it."""
        row = SDKS[self.sdk]
        module = import_module(f"llm_providers.{row.module}")
        made: GeminiSender = getattr(module, row.sender)(
            self.settings, self.timeout, self.stream_timeout
        )
        return made

    def connect(self) -> None:
        """Build the SDK's client. Raises as `sendable_key` of the settings."""
        with self.lock:
            sender = self.sender
        sender.connect()

    @property
    def shares_thread(self) -> bool:
        """Whether its SDK's client is built, and its calls can share one."""
        return "sender" in vars(self) and self.sender.shares_thread

    def limit_time(self, seconds: float, whole_stream: float) -> None:
        """Take no longer than this for a try, nor for a whole stream.

        The sender of an agent with less time is a copy with the same client.
        """
        super().limit_time(seconds, whole_stream)
        self.sender = copy.copy(self.sender)
        self.sender.timeout = self.timeout
        self.sender.stream_timeout = self.stream_timeout

    def prepare(self, prompt: Any, **options: Any) -> Prompt:
        """Return the normalised prompt, its model's id as in the catalogue.

        Gemini itself lists its models as ``models/…``.
        """
        made = super().prepare(prompt, **options)
        return replace(made, model=made.model.removeprefix("models/"))

    def build_request(self, prompt: Prompt) -> dict[str, Any]:
        """Return the body of generateContent that the model accepts."""
        parameters = self.parameters(prompt.model)
        return gemini_format.build_request(prompt, parameters)

    def parse_response(self, payload: Mapping[str, Any]) -> Reply:
        """Return the reply in a response of generateContent."""
        return gemini_format.parse_response(payload)

    def parse_events(self, chunks: Iterator[bytes]) -> Iterator[Piece]:
        """Yield the pieces of a streamed answer."""
        calls = 0
        for event in read_stream(chunks):
            piece = gemini_format.parse_event(event, calls)
            calls += len(piece.tool_calls)
            yield piece

    @contextmanager
    def exchange(
        self, body: Mapping[str, Any], prompt: Prompt, *, stream: bool
    ) -> Iterator[HttpReply]:
        """Send a request; raises the ProviderError of an error status."""
        require_model_id(prompt.model)
        with self.lock:
            send = self.sender.send
        with send(body, prompt, stream=stream) as reply:
            if reply.status != 200:
                raise self.refused(reply)
            yield reply

    def refused(self, reply: HttpReply) -> ProviderError:
        """Return the exception that a reply with an error status means.

        Where its body cannot be read, the status alone decides.
        """
        deadline = self.clock() + self.timeout
        try:
            raw = read_body(reply.chunks, deadline, self.clock)
        except Exception as exception:
            if not isinstance(self.translate_error(exception), ProviderError):
                raise
            raw = b""
        return error_from_reply(
            reply.status, decode_refusal(raw), reply.headers
        )

    def translate_error(self, exception: Exception) -> Exception:
        """Return the ProviderError that an exception of the SDK means."""
        if isinstance(exception, ProviderError) or "sender" not in vars(self):
            return exception
        return self.sender.translate_error(exception)

    def adjustments(self, prompt: Prompt) -> tuple[str, ...]:
        """Return in words what the request leaves out of the prompt."""
        config = self.build_request(prompt).get("generationConfig", {})
        unknown = SDKS[self.sdk].unknown_fields
        return tuple(
            f"{ours} was left out: "
            f"{self.sdk if ours in unknown else prompt.model} does not take it"
            for ours, theirs in CONFIG_FIELDS.items()
            if getattr(prompt, ours) not in (None, ())
            and (theirs not in config or ours in unknown)
        )


def require_sdk(sdk: str) -> None:
    """Raise ValueError for an unknown SDK, ImportError for a missing one."""
    if sdk not in SDKS:
        raise ValueError(
            f"There is no SDK {sdk!r}; there are: {', '.join(SDKS)}."
        )
    try:
        found = find_spec(SDKS[sdk].imported_as) is not None
    except ImportError:
        found = False
    if not found:
        raise ImportError(
            f"The SDK {sdk} is not installed: "
            f"pip install {SDKS[sdk].installed_as}"
        )


def require_model_id(model: str) -> None:
    """Raise ModelNotFoundError for an id that can be no part of a URL.

    The SDKs would raise exceptions of their own for it, each another one.
    """
    if not MODEL_ID.fullmatch(model):
        raise ModelNotFoundError(
            f"{model!r} is no model id of Gemini's.", sent=False
        )
