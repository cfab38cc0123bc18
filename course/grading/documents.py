"""HTML documents that stand alone: no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

__all__ = ["document", "table"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --paper: #fff;
  --line: #b8b8bf; --soft: #f2f2f5; --link: #0b57d0;
  --jp-ui-font-color1: var(--ink); --jp-layout-color0: var(--paper);
  --jp-layout-color2: var(--soft); --jp-border-color1: var(--line);
  --jp-border-color2: var(--line); --jp-success-color1: #226f2a;
  --jp-error-color1: #b3261e; --jp-warn-color1: #8a5300; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ea;
  --paper: #17181b; --line: #55565c; --soft: #26272b; --link: #9ec1ff;
  --jp-success-color1: #7fd08a; --jp-error-color1: #ff9a91;
  --jp-warn-color1: #f2b866; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); margin: 0; }
main { max-width: 62em; margin: 0 auto; padding: 1em 1.2em 4em; }
a { color: var(--link); }
h1 { font-size: 1.7em; margin: .6em 0 .2em; overflow-wrap: anywhere; }
h2 { font-size: 1.25em; margin: 1.8em 0 .5em; }
section, details { margin: .8em 0; }
summary { cursor: pointer; padding: .2em 0; }
.wide { overflow-x: auto; }
table.marks { border-collapse: collapse; width: 100%; }
table.marks th, table.marks td { text-align: left; padding: .25em .7em;
  border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
table.marks td.number, table.marks th.number { text-align: right;
  white-space: nowrap; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; font-size: .85em; }
.total { font-size: 1.25em; font-weight: 600; }
.note { border-left: 4px solid var(--line); padding-left: .8em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
@media print { details > * { display: block; } }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def document(title: str, body: str) -> str:
    """Return a whole document; `body` is HTML, `title` is not."""
    name = escape(title)
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, '
        'initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<style>{_STYLE}</style></head>\n<body><main>\n"
        f"<h1>{name}</h1>\n{body}\n</main></body></html>\n"
    )


def table(
    caption: str, head: list[str], rows: list[list[str]], numbers: set[int]
) -> str:
    """Return a table of HTML cells; `numbers` are columns of figures.

    The first cell of a row is its heading.
    """
    kinds = [
        " class='number'" if n in numbers else "" for n in range(len(head))
    ]
    top = "".join(
        f"<th scope='col'{kind}>{escape(cell)}</th>"
        for kind, cell in zip(kinds, head, strict=True)
    )
    lines = "".join(
        f"<tr><th scope='row'>{row[0]}</th>"
        + "".join(
            f"<td{kind}>{cell}</td>"
            for kind, cell in zip(kinds[1:], row[1:], strict=True)
        )
        + "</tr>\n"
        for row in rows
    )
    return (
        "<div class='wide' tabindex='0' role='region' "
        f"aria-label='{escape(caption, quote=True)}'><table class='marks'>"
        f"<caption>{escape(caption)}</caption>"
        f"<thead><tr>{top}</tr></thead><tbody>\n{lines}</tbody></table></div>"
    )
