"""What is no provider's: the status page, and control from elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from course.sandbox.recording import fingerprint
from course.sandbox.wire import Reply, Request, json_reply

if TYPE_CHECKING:
    from course.sandbox.server import Sandbox

__all__ = ["answer"]

PATH = "/_sandbox/"
SHOWN = 20

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sandbox</title></head>
<body style="font-family: sans-serif; max-width: 50em; margin: 2em auto">
<h1>Sandbox</h1>
<p>This server speaks the wire protocols of LLM providers on this machine
alone. Every reply is simulated; no request leaves the machine.</p>
<h2>Base URLs</h2>
<ul>{urls}</ul>
<h2>Last requests</h2>
<ol>{requests}</ol>
</body></html>
"""


def _is_local(request: Request) -> bool:
    """Say whether the request names this machine.

    A web page elsewhere can make a browser send requests here, under a name
    of its own or this one; it shall neither learn nor change anything.
    """
    host = request.headers.get("host", "").rsplit(":", 1)[0]
    return host in ("127.0.0.1", "localhost") and (
        "origin" not in request.headers or request.method == "GET"
    )


def answer(sandbox: Sandbox, request: Request) -> Reply:
    """Return the reply to a request under no provider's path."""
    if not _is_local(request):
        return _refuse(403, "This server answers for 127.0.0.1 alone.")
    if request.path == "/":
        return _page(sandbox)
    if sandbox.control and request.path.startswith(PATH):
        return _command(sandbox, request)
    urls = ", ".join(map(sandbox.base_url, sandbox.providers))
    return _refuse(404, f"Nothing is here. The base URLs are: {urls}.")


def _refuse(status: int, sentence: str) -> Reply:
    return json_reply(status, {"error": sentence})


def _escaped(text: str) -> str:
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt")):
        text = text.replace(sign, f"&{name};")
    return text


def _page(sandbox: Sandbox) -> Reply:
    urls = "".join(
        f"<li>{name}: <code>{_escaped(sandbox.base_url(name))}</code></li>"
        for name in sandbox.providers
    )
    requests = "".join(
        f"<li>{_escaped(f'{one.method} {one.path}')}: {one.status}"
        f" ({fingerprint(one.key)})</li>"
        for one in sandbox.requests[-SHOWN:]
    )
    page = PAGE.format(urls=urls, requests=requests or "<li>none yet</li>")
    kind = {"Content-Type": "text/html; charset=utf-8"}
    return Reply(200, kind, page.encode("utf-8", "replace"))


def _command(sandbox: Sandbox, request: Request) -> Reply:
    match request.method, request.path.removeprefix(PATH):
        case "GET", "info":
            urls = {name: sandbox.base_url(name) for name in sandbox.providers}
            return json_reply(200, {"simulated": True, "base_urls": urls})
        case "GET", "requests":
            return json_reply(200, [asdict(one) for one in sandbox.requests])
        case "POST", "clear":
            sandbox.clear()
            return json_reply(200, {})
        case "POST", "fail_next":
            return _fail_next(sandbox, request)
    return _refuse(404, f"There is no {request.method} {request.path}.")


def _fail_next(sandbox: Sandbox, request: Request) -> Reply:
    try:
        wish: dict[str, Any] = request.json
        options = wish.pop("options", {})
        sandbox.fail_next(**wish, **options)
    except (AttributeError, TypeError, ValueError) as error:
        return _refuse(400, str(error))
    return json_reply(200, {})
