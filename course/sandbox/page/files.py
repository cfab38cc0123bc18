"""The page's files, as they are sent: no other place is asked for anything."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from course.sandbox.wire import Reply

__all__ = ["NAMES", "page_file"]

FOLDER = Path(__file__).parent
NAMES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
# Should a text of a request's ever get into the page as more than text, it
# could still load nothing, and tell nobody.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)


def page_file(name: str) -> Reply:
    """Return one of NAMES."""
    headers = {
        "Content-Type": NAMES[name],
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Reply(200, headers, _content(name))


@lru_cache
def _content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
