"""`python3 -m course present N`: teach a phase, from notebook or slides.

The notebook is the learner's with the instructor's notes beside the cells. It
works in a workspace of its own, `.workspace-presenting`, in which all earlier
phases are filled in; nobody's answers are touched.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from course.building.lessons import Lesson, load_lessons
from course.building.notebook_files import serialized
from course.kit import Kit
from course.problems import CommandError, ExitCode
from course.setup.environment import ROOT
from course.setup.lab import open_lab, port_number
from course.teaching.plan import FORMATS, plan_for, plan_text
from course.teaching.slides import write_slides
from course.teaching.walkthrough import walkthrough_notebook
from course.workspace.files import write_atomically
from course.workspace.kept_texts import KeptTexts
from course.workspace.workspace import Workspace

__all__ = ["FOLDER", "WORKSPACE", "main", "prepare"]

FOLDER = "presenting"
WORKSPACE = ".workspace-presenting"


def main(argv: list[str]) -> int:
    """Open a phase for a walkthrough, write its slides, or print a plan."""
    wanted = _parse(argv)
    kit = Kit(ROOT)
    lessons = load_lessons(kit)
    if wanted.plan:
        names = FORMATS if wanted.plan == "all" else [wanted.plan]
        plans = (plan_text(plan_for(lessons, FORMATS[n])) for n in names)
        print("\n\n\n".join(plans))
        return ExitCode.DONE
    lesson = next((e for e in lessons if e.phase == wanted.phase), None)
    if lesson is None:
        phases = ", ".join(str(each.phase) for each in lessons)
        raise CommandError(
            ExitCode.WRONG_USE, f"Name a phase: one of {phases}."
        )
    if wanted.slides:
        write_slides(kit, lesson, wanted.slides)
        print(f"Slides of phase {lesson.phase}: {wanted.slides}")
        print("Take the folder reveal.js beside it along. S: your notes.")
        return ExitCode.DONE
    path = prepare(kit, lesson)
    # For the kernels of the notebooks that are opened.
    os.environ["COURSE_WORKSPACE"] = str(kit.root / WORKSPACE)
    name = path.relative_to(kit.root).as_posix()
    return open_lab(wanted.port, not wanted.no_browser, name)


def prepare(kit: Kit, lesson: Lesson) -> Path:
    """Write the notebook to teach from and return where it is.

    One that was worked in before is kept in ``presenting/history``.
    """
    path = kit.root / FOLDER / f"{lesson.name}.ipynb"
    data = serialized(walkthrough_notebook(lesson)).encode()
    if path.exists() and path.read_bytes() != data:
        kept = KeptTexts(path.parent / "history")
        kept.keep(lesson.name, path.read_bytes(), ".ipynb")
    write_atomically(path, data)
    workspace = Workspace(kit.root / WORKSPACE, kit)
    workspace.ensure()
    workspace.catch_up(lesson.phase - 1)
    return path


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m course present",
        description="Open a phase for a walkthrough, with your notes beside "
        "the cells. Earlier phases are filled in.",
    )
    parser.add_argument("phase", type=int, nargs="?", help="its number")
    parser.add_argument(
        "--slides",
        type=Path,
        metavar="FILE",
        help="write the phase as slides (HTML), and open nothing",
    )
    parser.add_argument(
        "--plan",
        choices=[*FORMATS, "all"],
        help="print a timer plan of the whole course, and open nothing",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address only"
    )
    parser.add_argument("--port", type=port_number, help="JupyterLab's port")
    return parser.parse_args(argv)
