"""What the set-up cell of every notebook imports.

Importing it sets the notebook up: the workspace stands, the learner's
package is the one that is imported, a sandbox answers for the providers, and
the checks are getting warm in a process of their own.
"""

from __future__ import annotations

import atexit
import os
from typing import Any

from course.checking.client import Checker
from course.checking.loopback import refuse_hosts
from course.kernel.import_path import PackageInUse, use_workspace
from course.kernel.session import NotebookSession, rewritten
from course.kernel.simulated_settings import (
    point_at,
    read_env_file,
    simulated_hosts,
)
from course.kit import Kit
from course.sandbox import Sandbox
from course.views.pages import Page, Say
from course.workspace.results import disk_problem
from course.workspace.workspace import (
    Workspace,
    in_solutions,
    workspace_folder,
)

__all__ = [
    "exercise",
    "hint",
    "progress",
    "run_cell",
    "sandbox",
    "solution",
]


def _shell() -> Any:
    """Return the running IPython, or None."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def _show(page: Page) -> None:
    if _shell() is None:
        print(page.text())
        return
    from IPython.display import display

    display(page)  # type: ignore[no-untyped-call]


def _take_cells() -> None:
    """Have the cells of this notebook looked at before they run."""
    shell = _shell()
    if shell is None:
        return
    transformers = shell.input_transformers_post
    transformers[:] = [
        each
        for each in transformers
        if getattr(each, "__name__", "") != rewritten.__name__
    ]
    transformers.append(rewritten)


def _start() -> tuple[NotebookSession, Sandbox]:
    kit = Kit()
    folder = workspace_folder(kit)
    checker = Checker(folder)
    solved = in_solutions(kit)
    workspace = Workspace(folder, kit, solved)
    try:
        notes = workspace.ensure()
    except OSError as error:
        notes = [disk_problem(error)]
    if notes:
        _show(Page("Your workspace", "", "open", [Say(n) for n in notes]))
    use_workspace(folder, kit.root)
    sandbox = Sandbox().start()
    atexit.register(sandbox.stop)
    settings = read_env_file(kit, example=solved)
    point_at(sandbox, settings, os.environ)
    refuse_hosts(simulated_hosts(settings), "simulated here; see .env")
    _take_cells()
    refresh = PackageInUse(folder).forget_changed
    return NotebookSession(workspace, checker, _show, refresh), sandbox


_session, sandbox = _start()
exercise = _session.exercise
hint = _session.hint
progress = _session.progress
run_cell = _session.run_cell
solution = _session.solution
