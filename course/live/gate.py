"""The gate on the way to live providers: it counts, and it can close.

A small HTTP server of this machine passes requests on and replies back as
they come. It knows nothing of who asks: an agent, an SDK, a learner's own
lines. A call that would go beyond the budget is answered with HTTP 402 and
sent nowhere.

The cost of an answer is known only when it is there. So a call has to have
room for the longest answer that it allows, or, where it sets no limit, for a
long one; an answer that is longer still can go beyond the budget by the rest
of it, once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from course.live.costs import Prices, likely_tokens, used_tokens
from course.live.spending import Spending
from course.sandbox.recording import model_asked

__all__ = ["Gate"]

HOST = "127.0.0.1"
SECONDS = 600.0
# Of one connection only, or not to be passed on as they are.
NOT_PASSED_ON = {
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


class Gate:
    """Passes on what goes to `upstreams`: base URLs by provider."""

    def __init__(
        self, upstreams: Mapping[str, str], prices: Prices, spending: Spending
    ) -> None:
        import requests

        self.upstreams = dict(upstreams)
        self.prices = prices
        self.spending = spending
        self.session = requests.Session()
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        ).start()

    def base_url(self, provider: str) -> str:
        """Return the address that stands for a provider's own."""
        return f"http://{HOST}:{self._server.server_port}/{provider}"

    def stop(self) -> None:
        """Let nothing through any more."""
        self._server.shutdown()
        self._server.server_close()
        self.session.close()

    def price(self, provider: str, path: str, body: bytes) -> float | None:
        """Return what a request may cost in USD; None if nobody knows.

        What sends nothing to a model, such as a list of them, is free.
        """
        asked = _parsed(body)
        model = model_asked(path, asked)
        if not body:
            return 0.0
        tokens = likely_tokens(asked, len(body))
        return self.prices.cost(provider, model, tokens)

    def cost(
        self, provider: str, path: str, body: bytes, reply: str, likely: float
    ) -> float:
        """Return what an answer has cost; unknown is what was likely."""
        tokens = used_tokens(reply)
        if tokens is None:
            return likely
        model = model_asked(path, _parsed(body))
        known = self.prices.cost(provider, model, tokens)
        return likely if known is None else known


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _handler(gate: Gate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Or the body of a reply would wait for its head to be acknowledged.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:  # noqa: N802
            self._pass_on()

        def do_POST(self) -> None:  # noqa: N802
            self._pass_on()

        def log_message(self, *_: object) -> None:
            """Say nothing: keys may stand in an address."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            _, provider, rest = (self.path + "/").split("/", 2)
            path = f"/{rest}".removesuffix("/")
            if provider not in gate.upstreams:
                self._refuse(404, "not_found", f"{provider!r} is not live.")
                return
            likely = gate.price(provider, path, body)
            if likely is None:
                self._refuse(402, "unknown_price", _unpriced(path, body))
            elif not gate.spending.set_aside(likely):
                self._refuse(402, "budget", _closed(gate.spending, likely))
            else:
                self._answer(provider, path, body, likely)

        def _answer(
            self, provider: str, path: str, body: bytes, likely: float
        ) -> None:
            import requests

            spent, sent, settled = 0.0, False, False
            try:
                with gate.session.request(
                    self.command,
                    gate.upstreams[provider] + path,
                    headers=self._headers(),
                    data=body or None,
                    stream=True,
                    timeout=SECONDS,
                    allow_redirects=False,
                ) as reply:
                    if reply.ok:
                        spent = likely
                    self._begin(reply)
                    sent = True
                    seen = b"".join(self._copied(reply))
                    if reply.ok:
                        text = seen.decode("utf-8", "replace")
                        spent = gate.cost(provider, path, body, text, likely)
                    # Before the end is told, after which the next one comes.
                    gate.spending.settle(likely, spent)
                    settled = True
                    self.wfile.write(b"0\r\n\r\n")
            except (requests.RequestException, OSError):
                # As the provider would: no reply, or one that ends too soon.
                self.close_connection = True
                if not sent:
                    self._refuse(502, "unreachable", "Nobody answers there.")
            finally:
                if not settled:
                    gate.spending.settle(likely, spent)

        def _headers(self) -> dict[str, str]:
            kept = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in NOT_PASSED_ON
            }
            return {**kept, "Accept-Encoding": "identity"}

        def _begin(self, reply: Any) -> None:
            self.send_response_only(reply.status_code)
            for name, value in reply.headers.items():
                if name.lower() not in NOT_PASSED_ON:
                    self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()

        def _copied(self, reply: Any) -> Iterator[bytes]:
            """Send a reply on piece by piece, and yield the pieces."""
            for piece in reply.raw.stream(65_536, decode_content=False):
                if piece:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    self.wfile.flush()
                    yield piece

        def _refuse(self, status: int, code: str, message: str) -> None:
            """Answer in the gate's name, in a form that all agents read."""
            error = {"code": code, "type": code, "message": message}
            body = json.dumps({"error": error}).encode()
            self.send_response_only(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _unpriced(path: str, body: bytes) -> str:
    model = model_asked(path, _parsed(body)) or "this request"
    return (
        f"The catalogue has no price for {model}, so no budget can hold it. "
        "Nothing was sent."
    )


def _closed(spending: Spending, likely: float) -> str:
    return (
        f"The course's budget for today is {spending.budget:g} USD. "
        f"{spending.spent:.5f} are spent, and this call may cost "
        f"{likely:.5f}. Nothing was sent. COURSE_LIVE_BUDGET in .env says "
        "how much may be spent a day."
    )
