"""The faults that can be asked for: which provider has which, with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["CHOICES", "ERROR_FAULTS", "FAULTS", "Fault", "fault_table"]

GEMINI, OPENAI = "gemini", "openai"
OPENROUTER, REQUESTRY = "openrouter", "requestry"


@dataclass(frozen=True)
class Fault:
    """What a fault does, which requests it waits for, and its options.

    `waits_for` is ``any`` request, a ``completion``, or a ``stream``. With
    `providers`, only those have it; `own` options are one provider's alone.
    An `error` is worded by the provider, with a status of its own.
    """

    sentence: str
    options: tuple[str, ...] = ()
    waits_for: str = "any"
    providers: tuple[str, ...] = ()
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    error: bool = False

    def belongs_to(self, provider: str) -> bool:
        """Say whether the provider has this fault."""
        return not self.providers or provider in self.providers

    def options_of(self, provider: str) -> tuple[str, ...]:
        """Return the options that the fault has with this provider."""
        return self.options + self.own.get(provider, ())


_WAITING = ("retry_after", "retry_after_ms", "seconds")

FAULTS = {
    "bad_gateway": Fault("502 with a proxy's HTML page."),
    "bad_parameter": Fault(
        "400: the model does not take a parameter.",
        ("parameter",),
        error=True,
    ),
    "content_filter": Fault(
        "A reply that the content filter stopped.",
        (),
        "completion",
        own={GEMINI: ("reason",)},
    ),
    "context_length": Fault(
        "400: the prompt exceeds the context window.",
        own={OPENAI: ("wording",)},
        error=True,
    ),
    "dependency_failed": Fault(
        "424: the model's provider answered in an unknown format.",
        ("message",),
        providers=(REQUESTRY,),
        error=True,
    ),
    "drop_connection": Fault("The connection closes without an answer."),
    "echo_key": Fault(
        "The error of a wrong key, with the caller's whole key in it.",
        error=True,
    ),
    "empty": Fault("A reply without any text.", (), "completion"),
    "error_in_200": Fault("Status 200, but the body is an error.", error=True),
    "error_in_choice": Fault(
        "Status 200 and half of the text, then an error in the choice.",
        ("status",),
        "completion",
        (OPENROUTER,),
    ),
    "error_status": Fault(
        "Any `status` as an error in the provider's own shape.",
        ("status", "message", *_WAITING),
        error=True,
    ),
    "forbidden": Fault(
        "403: the caller's country or account is not served.",
        own={GEMINI: ("reason",)},
        error=True,
    ),
    "guardrail": Fault(
        "403: a guardrail of the account stops the prompt.",
        providers=(OPENROUTER,),
        error=True,
    ),
    "html": Fault(
        "An HTML page where JSON belongs; status 200 unless told, and with"
        " a `location` a redirect's header.",
        ("status", "location"),
    ),
    "huge_body": Fault(
        "The reply padded with spaces to 50 MB, which is still valid JSON.",
        ("megabytes",),
    ),
    "in_flight_budget": Fault(
        "402 with Retry-After: running requests have reserved the credit.",
        _WAITING,
        providers=(OPENROUTER,),
        error=True,
    ),
    "length": Fault(
        "A reply cut off in the middle, finish reason length.",
        (),
        "completion",
    ),
    "malformed_json": Fault("Status 200 and only half of the JSON."),
    "moderation": Fault(
        "The prompt is blocked: 400 or 403; Gemini says so in a 200.",
        waits_for="completion",
        own={GEMINI: ("reason",), OPENAI: ("code",)},
        error=True,
    ),
    "nonsense": Fault(
        "A reply of this `text`, whatever was asked for; without it, of a"
        " sentence that is no JSON.",
        ("text",),
        "completion",
    ),
    "overloaded": Fault(
        "503 (Requestry: 529): the provider is overloaded.",
        _WAITING,
        error=True,
    ),
    "quota_exhausted": Fault(
        "429 or 402 that no waiting helps: the credit is used up.",
        own={
            GEMINI: ("retry_delay",),
            OPENAI: ("code",),
            OPENROUTER: ("code",),
            REQUESTRY: ("code",),
        },
        error=True,
    ),
    "rate_limit": Fault(
        "429 with Retry-After (whole seconds, 'date', 'ms' or None).",
        _WAITING,
        own={
            GEMINI: ("retry_delay", "limit"),
            OPENAI: ("limit",),
            OPENROUTER: ("limit", "retry_after_seconds"),
        },
        error=True,
    ),
    "refusal": Fault(
        "The model declines to answer.",
        (),
        "completion",
        (OPENAI, OPENROUTER, REQUESTRY),
    ),
    "retired_model": Fault("404: the model has been shut down.", error=True),
    "server_error": Fault(
        "500: the provider's own fault.", ("message",), error=True
    ),
    "slow_body": Fault(
        "Headers at once, then the body in drops over `seconds`; with"
        " `chunks_before`, one pause after so many pieces.",
        ("seconds", "chunks_before"),
    ),
    "slow_down": Fault(
        "429: traffic grew too fast.",
        _WAITING,
        providers=(OPENAI,),
        error=True,
    ),
    "stall": Fault("Not even headers for `seconds`.", ("seconds",)),
    "stream_cut": Fault(
        "A stream ends without finish reason and [DONE]; with clean=False"
        " the connection breaks as well.",
        ("chunks_before", "clean"),
        "stream",
    ),
    "stream_error": Fault(
        "An error event in the middle of a stream.",
        ("chunks_before",),
        "stream",
        own={OPENROUTER: ("code",)},
    ),
    "unknown_model": Fault(
        "404 (OpenRouter: 400): there is no such model.", error=True
    ),
    "usage_with_finish": Fault(
        "No error: the chunk with the usage repeats the finish reason.",
        (),
        "stream",
        (OPENROUTER,),
    ),
    "wrong_charset": Fault("The body is Latin-1 and claims to be UTF-8."),
    "wrong_key": Fault(
        "The key is not valid: 401 (Requestry: 403, Gemini: 400).",
        error=True,
    ),
}

ERROR_FAULTS = frozenset(name for name, one in FAULTS.items() if one.error)

# The values of options that take one of a few, by provider and fault.
CHOICES: dict[tuple[str, str, str], tuple[str, ...]] = {
    (GEMINI, "content_filter", "reason"): (
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
        "MALFORMED_RESPONSE",
    ),
    (GEMINI, "forbidden", "reason"): ("project", "region"),
    (GEMINI, "moderation", "reason"): (
        "SAFETY",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "IMAGE_SAFETY",
    ),
    (GEMINI, "rate_limit", "limit"): ("requests", "tokens"),
    (OPENAI, "rate_limit", "limit"): ("tokens", "requests"),
    (OPENROUTER, "rate_limit", "limit"): (
        "upstream",
        "free_minute",
        "free_day",
    ),
    (OPENROUTER, "quota_exhausted", "code"): (
        "credits",
        "max_tokens",
        "key_limit",
    ),
    (REQUESTRY, "quota_exhausted", "code"): ("balance", "spend_limit"),
}


def fault_table(provider: str | None = None) -> dict[str, str]:
    """Return the sentence of every fault by name, for lessons.

    With a `provider` only those that it has, with its own options.
    """
    return {
        name: _explained(fault, provider)
        for name, fault in sorted(FAULTS.items())
        if provider is None or fault.belongs_to(provider)
    }


def _explained(fault: Fault, provider: str | None) -> str:
    if provider is not None:
        options = fault.options_of(provider)
    else:
        own = [name for names in fault.own.values() for name in names]
        options = (*fault.options, *dict.fromkeys(own))
    listed = f" Options: {', '.join(options)}." if options else ""
    alone = ""
    if provider is None and fault.providers:
        alone = f" Only: {', '.join(fault.providers)}."
    return fault.sentence + alone + listed
