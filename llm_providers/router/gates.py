"""What every request passes on its way in: ASGI, around the whole app.

access log ─▶ bearer key ─▶ size of the body ─▶ the app
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Protocol

from llm_providers.responses import ErrorInfo
from llm_providers.router.bodies import limited, too_long
from llm_providers.router.callers import Caller
from llm_providers.router.openai_format import json_bytes
from llm_providers.router.request_context import (
    RequestContext,
    current_request,
    new_id,
)
from llm_providers.router.settings import RouterSettings
from llm_providers.watching import request_id

__all__ = ["Gates"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]
# Makes the body of an error, for a path and a status.
Complain = Callable[[str, int, ErrorInfo], dict[str, Any]]



class Visitors(Protocol):
    """Counts who is here."""

    def came(self) -> None:
        """A request has arrived."""

    def left(self, endpoint: str, status: int | None) -> None:
        """A request has ended; without a status, it had no answer.

        `endpoint` is its path as the app declares it; empty for a path that
        is not served, or a request that was not let in.
        """


# Some clients know a 401 for what it is by OpenAI's words for it.
WRONG_KEY = ErrorInfo(
    kind="invalid_api_key",
    retryable=False,
    reason="Incorrect API key provided, or none: the router asks for its own.",
    what_to_do="Send it as bearer token in the header Authorization.",
)

# Said where a server was started that asks nobody for a key.
KEY_NEEDED = ErrorInfo(
    kind="key_needed",
    retryable=False,
    reason="The router is reached at an address beyond its own machine, and "
    "has no key to ask for.",
    what_to_do="Set LLM_ROUTER_API_KEY where it runs, or reach it at "
    "127.0.0.1.",
)

log = logging.getLogger("llm_providers.access")
log.addHandler(logging.NullHandler())

# An id of the caller's own is taken over if it can stand in a log.
PLAIN_ID = re.compile(rb"[\w.:-]{1,128}")


class Gates:
    """The app behind its gates.

    `settings` gives the router's settings when first needed; `complain`
    makes the body of a refusal; `visitors`, if given, is told of each visit
    when it begins and ends.
    """

    def __init__(
        self,
        app: App,
        settings: Callable[[], RouterSettings],
        complain: Complain,
        visitors: Visitors | None = None,
    ) -> None:
        self.app = app
        self.settings = settings
        self.complain = complain
        self.visitors = visitors

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = Visit(scope, send, self.visitors)
        if self.visitors is not None:
            self.visitors.came()
        try:
            await self.let_in(scope, receive, visit)
        finally:
            visit.note()

    async def let_in(self, scope: Any, receive: Receive, visit: Visit) -> None:
        """Pass a request on, or refuse it."""
        settings = self.settings()
        send, sent = visit.send, visit.headers
        caller = settings.callers.find(sent.get(b"authorization", b""))
        if caller is None:
            status, info = HTTPStatus.UNAUTHORIZED, WRONG_KEY
            headers = [(b"www-authenticate", b"Bearer")]
        elif not settings.keys and _is_beyond(_host(scope)):
            status, info, headers = HTTPStatus.FORBIDDEN, KEY_NEEDED, []
        elif _number(sent.get(b"content-length")) > settings.longest_body:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            info = too_long(settings.longest_body)
            # The rest of the body is not read.
            headers = [(b"connection", b"close")]
        else:
            visit.is_of(*caller)
            body_of = limited(
                receive, settings.longest_body, settings.body_seconds
            )
            await self.app(scope, body_of, send)
            return
        body = json_bytes(self.complain(scope["path"], status, info))
        headers += [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        start = "http.response.start"
        await send({"type": start, "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Visit:
    """One request from its arrival to its line in the log."""

    def __init__(
        self, scope: Any, send: Send, visitors: Visitors | None = None
    ) -> None:
        self.scope = scope
        self.visitors = visitors
        self.status: int | None = None
        self._send = send
        self._started = time.monotonic()
        self._noted = False
        self.caller = ""
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        given = self.headers.get(b"x-request-id", b"")
        plain = PLAIN_ID.fullmatch(given)
        self.id = given if plain else f"req_{new_id()}".encode()

    def is_of(self, fingerprint: str, caller: Caller) -> None:
        """Tell everything that this request leads to whose it is."""
        name = self.id.decode()
        self.caller = caller.name
        request_id.set(name)
        context = RequestContext(
            id=name,
            path=self.scope["path"],
            fingerprint=fingerprint,
            caller=caller,
            started=time.time(),
            traceparent=self.headers.get(b"traceparent", b"").decode("latin1"),
            tracestate=self.headers.get(b"tracestate", b"").decode("latin1"),
        )
        current_request.set(context)

    async def send(self, message: Message) -> None:
        """Pass a message on; the first gets the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), (b"x-request-id", self.id)]
            message = {**message, "headers": headers}
        elif not message.get("more_body"):
            # Before the end leaves: who has it may look for the line at once.
            self.note()
        await self._send(message)

    def note(self) -> None:
        """Write the line, once: never a query, a header or a body."""
        if self._noted:
            return
        self._noted = True
        if self.visitors is not None:
            # FastAPI notes here which of its endpoints answered.
            endpoint = getattr(self.scope.get("route"), "path", "")
            self.visitors.left(endpoint, self.status)
        seconds = round(time.monotonic() - self._started, 4)
        fields = {
            "request_id": self.id.decode(),
            "caller": self.caller,
            "method": self.scope["method"],
            "path": self.scope["path"],
            "status": self.status,
            "seconds": seconds,
        }
        log.info(
            "%(method)s %(path)s: %(status)s (%(request_id)s)",
            fields,
            extra={"fields": fields},
        )


def _number(text: bytes | None) -> int:
    return int(text) if text and text.isdigit() else 0


@lru_cache(100)
def _is_beyond(host: str) -> bool:
    """Whether an address is one that other machines can reach."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False  # A socket without an address, or a test's.
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_loopback


def _host(scope: Any) -> str:
    """Return the address at which a connection has arrived."""
    return (scope.get("server") or ("",))[0] or ""
