"""``GET /docs``: the OpenAPI document as a page of our own.

It loads nothing from anywhere, so that it can be read without the internet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response

__all__ = ["page", "router"]

router = APIRouter()

HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 54rem;
  margin: 2rem auto; padding: 0 1rem; color: #222; }}
h2 {{ border-top: 1px solid #ccc; padding-top: 1rem; font-size: 1.1rem; }}
pre {{ background: #f4f4f4; padding: .6rem; overflow-x: auto; }}
pre, code {{ font: 14px/1.4 ui-monospace, monospace; }}
table {{ border-collapse: collapse; }}
td {{ padding: .1rem 1rem .1rem 0; vertical-align: top; }}
summary {{ cursor: pointer; }}
</style></head><body><h1>{title}</h1>
<p>All of it, for tools: <a href="openapi.json">openapi.json</a>.</p>
"""


@router.get("/docs", include_in_schema=False)
def documentation(request: Request) -> Response:
    """Show what can be asked, with examples."""
    address = str(request.base_url).rstrip("/")
    made = page(request.app.openapi(), address)
    return Response(made, media_type="text/html; charset=utf-8")


def page(document: Mapping[str, Any], address: str) -> str:
    """Return the page for an OpenAPI document served at an address."""
    info = document["info"]
    title = escape(f"{info['title']} {info['version']}")
    operations = [
        (path, verb, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    ]
    parts = [HEAD.format(title=title), "<ul>"]
    parts += [
        f'<li><a href="#{one["operationId"]}"><code>{verb.upper()} '
        f"{escape(path)}</code></a></li>"
        for path, verb, one in operations
    ]
    parts.append("</ul>")
    for path, verb, one in operations:
        parts += _operation(document, address, path, verb, one)
    return "\n".join([*parts, "</body></html>"])


def _operation(
    document: Mapping[str, Any],
    address: str,
    path: str,
    verb: str,
    operation: Mapping[str, Any],
) -> Iterator[str]:
    name = f"{verb.upper()} {path}"
    yield f'<h2 id="{operation["operationId"]}"><code>{escape(name)}</code>'
    yield f"</h2>\n<p>{_prose(operation.get('description', ''))}</p>"
    for body in _bodies(document, operation):
        yield f"<pre>{escape(_command(address, path, body))}</pre>"
    if verb == "get" and "{" not in path:
        yield f"<pre>curl {escape(address + path)}</pre>"
    yield "<table>"
    for status, answer in sorted(operation["responses"].items()):
        told = escape(answer["description"])
        yield f"<tr><td>{status}</td><td>{told}{_example(answer)}</td></tr>"
    yield "</table>"


def _bodies(
    document: Mapping[str, Any], operation: Mapping[str, Any]
) -> list[Any]:
    """Return the examples of a request's body."""
    content = operation.get("requestBody", {}).get("content", {})
    reference = content.get("application/json", {}).get("schema", {})
    name = reference.get("$ref", "").rpartition("/")[2]
    found = document["components"]["schemas"].get(name, {})
    return list(found.get("examples", ()))


def _command(address: str, path: str, body: Any) -> str:
    quoted = json.dumps(body, indent=2).replace("'", "'\\''")
    kind = "-H 'Content-Type: application/json'"
    return f"curl {address}{path} {kind} -d '{quoted}'"


def _example(answer: Mapping[str, Any]) -> str:
    found = answer.get("content", {}).get("application/json", {})
    if "example" not in found:
        return ""
    shown = escape(json.dumps(found["example"], indent=2, ensure_ascii=False))
    return f"<details><summary>example</summary><pre>{shown}</pre></details>"


def _prose(text: str) -> str:
    """Return a docstring as HTML: code between backticks, paragraphs."""
    pieces = escape(text).replace("``", "`").split("`")
    marked = "".join(
        f"<code>{one}</code>" if number % 2 else one
        for number, one in enumerate(pieces)
    )
    return marked.replace("\n\n", "</p>\n<p>")
