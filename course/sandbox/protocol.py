"""What the server asks of a provider's protocol: one object for each."""

from __future__ import annotations

from typing import Protocol

from course.sandbox.faults import PlannedFault
from course.sandbox.wire import Reply, Request

__all__ = ["ProviderProtocol"]


class ProviderProtocol(Protocol):
    """The wire protocol of one provider."""

    name: str

    def key(self, request: Request) -> str | None:
        """Return the key that came with a request."""

    def refuse_key(self, request: Request) -> Reply | None:
        """Return the error for a missing or wrong key; None lets it in."""

    def kinds(self, request: Request) -> frozenset[str]:
        """Return what faults can wait for: any, completion, stream."""

    def answer(self, request: Request, fault: PlannedFault | None) -> Reply:
        """Return the reply, with a fault of the protocol where it is one."""

    def failure(self, status: int, sentence: str) -> Reply:
        """Return an error in the provider's shape, in the sandbox's words."""
