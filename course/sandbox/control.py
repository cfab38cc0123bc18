"""What is no provider's: the sandbox's page, and control from elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from course.sandbox.wire import Reply, Request, json_reply

if TYPE_CHECKING:
    from course.sandbox.server import Sandbox

__all__ = ["answer"]

PATH = "/_sandbox/"
LOCAL = ("127.0.0.1", "localhost")


def _is_local(request: Request) -> bool:
    """Say whether the request names this machine, and comes from it.

    A web page elsewhere can make a browser send requests here, under a name
    of its own or this one; it shall neither learn nor change anything. A
    browser says which page sends a request that may change something; only
    our own may.
    """
    host = request.headers.get("host", "")
    if host.rsplit(":", 1)[0] not in LOCAL:
        return False
    sender = request.headers.get("origin")
    if sender is not None:
        return sender == f"http://{host}"
    site = request.headers.get("sec-fetch-site", "none")
    # A link to the page may stand anywhere; nothing behind it may be sent.
    to_page = request.method == "GET" and request.path == "/"
    return to_page or site in ("none", "same-origin")


def answer(sandbox: Sandbox, request: Request) -> Reply:
    """Return the reply to a request under no provider's path."""
    if not _is_local(request):
        return _refuse(403, "This server answers for 127.0.0.1 alone.")
    if sandbox.control and request.method == "GET" and request.path == "/":
        return _page("index.html")
    if sandbox.control and request.path.startswith(PATH):
        return _command(sandbox, request)
    urls = ", ".join(map(sandbox.base_url, sandbox.providers))
    return _refuse(404, f"Nothing is here. The base URLs are: {urls}.")


def _refuse(status: int, sentence: str) -> Reply:
    return json_reply(status, {"error": sentence})


def _page(name: str) -> Reply:
    # Imported when first needed: most sandboxes are seen by nobody.
    from course.sandbox.page.files import page_file

    return page_file(name)


def _command(sandbox: Sandbox, request: Request) -> Reply:
    match request.method, request.path.removeprefix(PATH):
        case "GET", "info":
            urls = {name: sandbox.base_url(name) for name in sandbox.providers}
            return json_reply(200, {"simulated": True, "base_urls": urls})
        case "GET", "requests":
            return json_reply(200, [asdict(one) for one in sandbox.requests])
        case "GET", "page.css" | "page.js":
            return _page(request.path.removeprefix(PATH))
        case "GET", "feed" | "forms":
            return _for_page(sandbox, request)
        case "POST", "clear":
            sandbox.clear()
            return json_reply(200, {})
        case "POST", "fail_next":
            return _fail_next(sandbox, request)
    return _refuse(404, f"There is no {request.method} {request.path}.")


def _for_page(sandbox: Sandbox, request: Request) -> Reply:
    from course.sandbox.page.feed import fault_forms, feed

    if request.path.endswith("forms"):
        return json_reply(200, fault_forms(sandbox))
    first = request.query.removeprefix("from=")
    if not (first.isascii() and first.isdigit() and len(first) < 16):
        return _refuse(400, "from is the number of a request: feed?from=0")
    return json_reply(200, feed(sandbox, int(first)))


def _fail_next(sandbox: Sandbox, request: Request) -> Reply:
    try:
        wish: dict[str, Any] = request.json
        options = wish.pop("options", {})
        if "only" in wish:
            # The page knows keys by their fingerprints alone.
            wish["key"] = sandbox.key_named(wish.pop("only"))
        sandbox.fail_next(**wish, **options)
    except (AttributeError, TypeError, ValueError) as error:
        return _refuse(400, str(error))
    return json_reply(200, {})
