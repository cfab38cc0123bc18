"""`python3 -m course site OUT`: the documentation as pages for a browser."""

from __future__ import annotations

import argparse
import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from warnings import catch_warnings, simplefilter

from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.upkeep.links import documents, links
from course.upkeep.site_lessons import lesson_pages
from course.upkeep.site_phases import generated_tables
from course.upkeep.site_reference import reference_pages
from course.upkeep.site_wire import protocol_pages

__all__ = ["build_site", "main", "rendered", "write_source"]

# Sphinx's settings. Nothing of what is built asks another site for anything.
SETTINGS: Mapping[str, Any] = {
    "project": "Custom LLM providers",
    "author": "the contributors",
    "copyright": "",
    "extensions": ["myst_parser"],
    "html_theme": "furo",
    "html_title": "Custom LLM providers",
    "html_show_copyright": False,
    "html_show_sphinx": False,
    "html_copy_source": False,
    "language": "en",
    "master_doc": "index",
    "myst_heading_anchors": 6,
    # A lesson's headings may jump; a shortened example is no JSON.
    "suppress_warnings": ["myst.header", "misc.highlighting_failure"],
    "pygments_style": "tango",
}
CONTENTS = """

```{{toctree}}
:hidden:
:caption: Course

lessons/index
```

```{{toctree}}
:hidden:
:caption: How it is built

{phases}
```

```{{toctree}}
:hidden:
:caption: Package

reference/index
protocols/index
```

```{{toctree}}
:hidden:
:caption: Documents

{others}
```
"""
PICTURES = (".png", ".svg")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def main(argv: list[str]) -> int:
    """Build the site; 1 where a link of it leads nowhere."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course site",
        description="Build the documentation's site: lessons, phases, package "
        "reference, wire protocols and documents, as files that need neither "
        "a server nor a network.",
    )
    parser.add_argument("out", type=Path, metavar="OUT")
    wanted = parser.parse_args(argv)
    if wanted.out.exists() and not is_site(wanted.out):
        raise CommandError(
            ExitCode.WRONG_USE,
            f"{wanted.out} is there and holds no site; name an empty folder.",
        )
    warnings = build_site(Kit(), wanted.out)
    for warning in warnings:
        print(warning)
    if warnings:
        print("The site is built, but these have to be mended.")
        return ExitCode.FAILED
    print(f"Open {wanted.out / 'index.html'} in a browser.")
    return ExitCode.DONE


def is_site(folder: Path) -> bool:
    """Return whether a folder may be written into: empty, or a site."""
    inside = [path.name for path in folder.iterdir()]
    return not inside or {"index.html", "searchindex.js"} <= set(inside)


def build_site(kit: Kit, out: Path) -> list[str]:
    """Build the site into a folder; return what is wrong with it."""
    with TemporaryDirectory(prefix="site-") as scratch:
        source = Path(scratch) / "source"
        write_source(kit, source)
        return rendered(source, out)


def rendered(source: Path, out: Path) -> list[str]:
    """Make a folder of Markdown into pages; return what Sphinx warns of."""
    # Takes half a second to import: only here.
    from sphinx.application import Sphinx

    told = io.StringIO()
    with TemporaryDirectory(prefix="site-") as scratch, catch_warnings():
        # That one of its parts uses another's old names is theirs to mend.
        simplefilter("ignore")
        app = Sphinx(
            str(source),
            confdir=None,
            outdir=str(out.resolve()),
            doctreedir=scratch,
            buildername="html",
            confoverrides=dict(SETTINGS),
            status=None,
            warning=told,
        )
        app.build(force_all=True)
    plain = COLOUR.sub("", told.getvalue()).replace(f"{source}{os.sep}", "")
    lines = plain.splitlines()
    return list(dict.fromkeys(line for line in lines if line.strip()))


def write_source(kit: Kit, source: Path) -> None:
    """Write the Markdown and the pictures that the site is made of."""
    pages: dict[str, str | bytes] = dict(lesson_pages(kit))
    pages |= dict(reference_pages())
    pages |= dict(protocol_pages())
    places = dict(placed(kit))
    for path, place in places.items():
        if path.suffix in PICTURES:
            pages[place] = path.read_bytes()
        elif path.suffix in (".md", "") and place not in pages:
            title = "" if path.suffix else f"# {path.name.capitalize()}\n\n"
            pages[place] = title + path.read_text("utf-8")
    originals = {place: path for path, place in places.items()}
    for name, content in pages.items():
        if isinstance(content, str) and name in originals:
            home = home_of(originals[name], kit)
            content = relinked(content, home, name, places)
            content += generated_tables(kit, originals[name])
        if name == "index.md":
            content = str(content) + contents(kit, places)
        file = source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        file.write_bytes(content)


def placed(kit: Kit) -> Iterator[tuple[Path, str]]:
    """Yield what of the project has a place in the site, and which."""
    for path in documents(kit.root):
        name = path.relative_to(kit.root).as_posix()
        if path.parent == kit.lessons:
            yield kit.notebooks / f"{path.stem}.ipynb", f"lessons/{path.name}"
        elif name == "README.md":
            yield path, "index.md"
        else:
            yield path, name
    for folder in (kit.notebooks, kit.solutions):
        yield folder, "lessons/index.md"
    yield kit.root / "LICENSE", "LICENSE.md"
    for path in sorted(kit.pictures.iterdir()):
        if path.suffix in PICTURES:
            yield path, path.relative_to(kit.root).as_posix()


def home_of(path: Path, kit: Kit) -> Path:
    """Return the folder that the links of a page's original start from."""
    return kit.notebooks if path.suffix == ".ipynb" else path.parent


def relinked(
    text: str, home: Path, name: str, places: Mapping[Path, str]
) -> str:
    """Return a page's text with its links leading to other pages.

    What is in the project and not in the site is not linked: there its path
    stands as it is.
    """
    for link in reversed(list(links(text))):
        target, sign, anchor = link.target.partition("#")
        there = Path(os.path.normpath(home / target))
        if not target:
            continue
        if there in places:
            start = os.path.dirname(name) or "."
            new = Path(os.path.relpath(places[there], start)).as_posix()
            text = text[: link.start] + new + sign + anchor + text[link.end :]
        elif there.exists():
            text = without_link(text, link.start, link.end)
    return text


def without_link(text: str, start: int, end: int) -> str:
    """Return a text with a link's words alone."""
    opening = text.rfind("[", 0, start)
    words = text[opening + 1 : start - 2]
    return text[:opening] + words + text[text.index(")", end) + 1 :]


def contents(kit: Kit, places: Mapping[Path, str]) -> str:
    """Return the site's list of contents, which the sidebar shows."""
    names = [
        place.removesuffix(".md")
        for path, place in places.items()
        if path.suffix in (".md", "") and not place.startswith("lessons/")
    ]
    phases = [name for name in names if name.startswith("docs/phases/")]
    others = [n for n in names if n not in phases and n != "index"]
    return CONTENTS.format(phases="\n".join(phases), others="\n".join(others))
