"""What can go wrong at a provider, as one tree of exceptions.

    ProviderError
    ├── MissingKeyError            no key in the settings
    ├── AuthenticationError        the provider does not know the key
    ├── PermissionDeniedError      the key may not do this
    ├── InvalidRequestError        the request itself is wrong
    │   └── ContextLengthError     prompt longer than the model reads
    ├── ModelNotFoundError         no such model for this key
    │   └── ModelRetiredError      it was shut down; names a replacement
    ├── ContentBlockedError        a safety filter stopped it
    ├── QuotaExhaustedError        the account is used up: pay or wait
    ├── RateLimitError             too fast: wait and try again
    ├── ProviderUnavailableError   the provider fails or is overloaded
    ├── ConnectionFailedError      the provider could not be reached
    │   └── RequestTimeoutError    no answer in time
    └── MalformedResponseError     the answer breaks the protocol
        ├── EmptyResponseError     a well-formed answer without content
        └── StreamInterruptedError a stream without a finish reason

Errors are classified by HTTP status and by the code in the body, never by
the text of a message: texts change between versions, codes are documented.
"""

from __future__ import annotations

from typing import ClassVar

from llm_providers.redaction import redact
from llm_providers.responses import Usage

__all__ = [
    "AuthenticationError",
    "ConnectionFailedError",
    "ContentBlockedError",
    "ContextLengthError",
    "EmptyResponseError",
    "InvalidRequestError",
    "MalformedResponseError",
    "MissingKeyError",
    "ModelNotFoundError",
    "ModelRetiredError",
    "PermissionDeniedError",
    "ProviderError",
    "ProviderUnavailableError",
    "QuotaExhaustedError",
    "RateLimitError",
    "RequestTimeoutError",
    "StreamInterruptedError",
    "error_class_for",
]


class ProviderError(Exception):
    """A call to a provider did not give a usable answer.

    ``str(error)`` is a plain reason without any key or part of one.
    ``retry_after`` is in seconds, as the provider asked; ``usage`` and
    ``cost_usd`` are what the failed call is known to have used and cost;
    ``partial_text`` is what a broken stream had delivered, ``finish_reason``
    why an answer ended that cannot be used; ``sent`` is false where the
    request never left, so that it is no attempt.
    """

    kind: ClassVar[str] = "provider_error"
    retryable: ClassVar[bool] = False
    advice: ClassVar[str] = "Read the reason; the log has the whole exchange."

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        usage: Usage | None = None,
        cost_usd: float | None = None,
        partial_text: str = "",
        simulated: bool = False,
        sent: bool = True,
        finish_reason: str | None = None,
    ) -> None:
        super().__init__(redact(reason))
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.request_id = request_id
        self.usage = usage
        self.cost_usd = cost_usd
        self.partial_text = partial_text
        self.simulated = simulated
        self.sent = sent
        self.finish_reason = finish_reason

    @property
    def reason(self) -> str:
        return str(self)

    @property
    def what_to_do(self) -> str:
        return self.advice


class MissingKeyError(ProviderError):
    """No API key in the settings; nothing was sent."""

    kind = "missing_key"
    advice = "Put the key into .env or the environment, then start again."


class AuthenticationError(ProviderError):
    """The provider does not accept the key (HTTP 401)."""

    kind = "authentication"
    advice = "Check the key, or make a new one in the provider's console."


class PermissionDeniedError(ProviderError):
    """The key is known but may not do this (HTTP 403)."""

    kind = "permission_denied"
    advice = "Ask the account's owner for access, or use another key."


class InvalidRequestError(ProviderError):
    """The provider refuses the request as it stands (HTTP 400, 422)."""

    kind = "invalid_request"
    advice = "Change the request as the reason says; a retry won't help."


class ContextLengthError(InvalidRequestError):
    """Prompt and answer together exceed the model's context window."""

    kind = "context_length"
    advice = "Shorten the prompt, or use a model with a larger context."


class ModelNotFoundError(ProviderError):
    """The provider has no such model for this key (HTTP 404)."""

    kind = "model_not_found"
    advice = "Check the model's id against the provider's model list."


class ModelRetiredError(ModelNotFoundError):
    """The model was shut down; ``replacement`` names its successor."""

    kind = "model_retired"

    def __init__(
        self, reason: str, *, replacement: str | None = None, **fields: object
    ) -> None:
        super().__init__(reason, **fields)  # type: ignore[arg-type]
        self.replacement = replacement

    @property
    def what_to_do(self) -> str:
        if self.replacement is None:
            return "Choose a current model from the provider's list."
        return f"Use {self.replacement} in its place."


class ContentBlockedError(ProviderError):
    """A safety filter stopped the prompt or the answer."""

    kind = "content_blocked"
    advice = "Rephrase the prompt; the provider's policy names what it stops."


class QuotaExhaustedError(ProviderError):
    """Credit, budget or quota is used up; waiting seconds does not help."""

    kind = "quota_exhausted"
    advice = "Add credit or raise the limit in the provider's console."


class RateLimitError(ProviderError):
    """Too many requests or tokens a minute (HTTP 429)."""

    kind = "rate_limit"
    retryable = True
    advice = "Wait as long as the provider asks, or send less at a time."


class ProviderUnavailableError(ProviderError):
    """The provider fails or is overloaded (HTTP 5xx)."""

    kind = "provider_unavailable"
    retryable = True
    advice = "Try again later, or use another provider meanwhile."


class ConnectionFailedError(ProviderError):
    """The provider could not be reached, or hung up."""

    kind = "connection_failed"
    retryable = True
    advice = "Check the network and the provider's base URL."


class RequestTimeoutError(ConnectionFailedError):
    """No complete answer within the timeout."""

    kind = "timeout"
    advice = "Try again, raise the timeout, or ask for a shorter answer."


class MalformedResponseError(ProviderError):
    """HTTP said success, but the body is not an answer."""

    kind = "malformed_response"
    retryable = True
    advice = "Check that the base URL is the provider's, not a proxy's page."


class EmptyResponseError(MalformedResponseError):
    """A well-formed answer with nothing in it."""

    kind = "empty_response"
    retryable = False
    advice = "Raise max_tokens: reasoning counts towards it."


class StreamInterruptedError(MalformedResponseError):
    """A stream ended without a finish reason."""

    kind = "stream_interrupted"
    advice = "Ask again; the partial text is not the whole answer."


# Codes say more than the status they come with, so they are asked first; a
# provider that leaves the code out may name one of these as the type.
# Source: the providers' error references, as of 2026-11.
_CLASS_OF_CODE: dict[str, type[ProviderError]] = {
    "billing_hard_limit_reached": QuotaExhaustedError,
    "content_filter": ContentBlockedError,
    "content_policy_violation": ContentBlockedError,
    "context_length_exceeded": ContextLengthError,
    "credit_balance_exhausted": QuotaExhaustedError,
    "insufficient_quota": QuotaExhaustedError,
    "invalid_api_key": AuthenticationError,
    "model_not_found": ModelNotFoundError,
    "organization_spend_limit_exceeded": QuotaExhaustedError,
    "organization_usage_limit_exceeded": QuotaExhaustedError,
    "project_spend_limit_exceeded": QuotaExhaustedError,
    "rate_limit_exceeded": RateLimitError,
    "server_error": ProviderUnavailableError,
    "server_is_overloaded": ProviderUnavailableError,
    "slow_down": RateLimitError,
}
_CLASS_OF_STATUS: dict[int, type[ProviderError]] = {
    401: AuthenticationError,
    402: QuotaExhaustedError,
    403: PermissionDeniedError,
    404: ModelNotFoundError,
    408: RequestTimeoutError,
    429: RateLimitError,
    504: RequestTimeoutError,
}


def error_class_for(
    status: int, code: str | None = None
) -> type[ProviderError]:
    """Return the exception class for an HTTP status and an error code.

    A known code decides; then the status; then its hundreds: other 5xx are
    the provider's fault, other 4xx the request's. Whatever is below 400 is
    no error reply at all, so it breaks the protocol.
    """
    if code in _CLASS_OF_CODE:
        return _CLASS_OF_CODE[code]
    if status in _CLASS_OF_STATUS:
        return _CLASS_OF_STATUS[status]
    if status >= 500:
        return ProviderUnavailableError
    if status >= 400:
        return InvalidRequestError
    return MalformedResponseError
