"""Slides of a phase: one page, and beside it reveal.js, which it needs."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

from course.building.lessons import Lesson
from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.teaching.walkthrough import slides_notebook
from course.workspace.files import write_atomically

__all__ = ["write_slides"]

HERE = Path(__file__).resolve().parent
TEMPLATE = "slides_template"
BESIDE = "reveal.js"
# The parts of reveal.js that the page asks for, and its licence.
PARTS = ("dist", "plugin/notes", "LICENSE")


def write_slides(kit: Kit, lesson: Lesson, target: Path) -> None:
    """Write the slides as an HTML file that asks no network.

    A folder ``reveal.js`` is put beside it; pictures stand in the page.
    Raises CommandError where reveal.js was not installed, and OSError.
    """
    path = kit.solutions / f"{lesson.name}.ipynb"
    executed = None
    if path.is_file():
        executed = json.loads(path.read_text(encoding="utf-8"))
    notebook = slides_notebook(lesson, executed)
    for cell in notebook["cells"]:
        # Pictures are taken into the page from the course's folder only.
        cell["source"] = [
            line.replace("](../", "](") for line in cell["source"]
        ]
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy_reveal(target.parent / BESIDE)
    page = _converted(notebook, kit, lesson.title)
    write_atomically(target, page.encode())


def _converted(notebook: object, kit: Kit, title: str) -> str:
    from nbconvert import SlidesExporter
    from nbformat import reads as read

    exporter = SlidesExporter(  # type: ignore[no-untyped-call]
        extra_template_basedirs=[str(HERE)],
        template_name=TEMPLATE,
        reveal_url_prefix=BESIDE,
        # Other themes ask a server of fonts.
        reveal_theme="white",
        embed_images=True,
    )
    resources = {"metadata": {"name": title, "path": str(kit.root)}}
    page, _ = exporter.from_notebook_node(
        read(json.dumps(notebook), as_version=4),  # type: ignore[no-untyped-call]
        resources=resources,
    )
    return str(page)


def _copy_reveal(target: Path) -> None:
    # It is looked for, not imported: that would import all of Sphinx.
    found = importlib.util.find_spec("sphinx_revealjs")
    if found is None or found.origin is None:
        raise CommandError(
            ExitCode.PART_MISSING,
            "reveal.js is missing: the package sphinx-revealjs brings it. "
            "`python3 -m course lab` installs what is missing.",
        )
    source = Path(found.origin).parent / "_static" / "revealjs"
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(
                source / part,
                target / part,
                ignore=shutil.ignore_patterns("*.map"),
                dirs_exist_ok=True,
            )
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / part, target / part)
