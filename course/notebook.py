"""What the set-up cell of every notebook imports.

Importing it sets the notebook up: the workspace stands, the learner's
package is the one that is imported, a sandbox answers for the providers, and
the checks are getting warm in a process of their own.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from course.checking.client import Checker
from course.checking.loopback import refuse_hosts
from course.kernel.explored import (
    Wish,
    explored_page,
    learners_recommender,
    read_choices,
)
from course.kernel.import_path import PackagesInUse, use_workspace
from course.kernel.playground import (
    EXAMPLE,
    Playground,
    answers_page,
    ask,
    is_clickable,
)
from course.kernel.session import NotebookSession, rewritten
from course.kernel.simulated_settings import (
    point_at,
    read_env_file,
    simulated_hosts,
)
from course.kit import Kit
from course.live.providers import go_live
from course.sandbox import Sandbox
from course.views.pages import Page, Say
from course.workspace.results import disk_problem
from course.workspace.workspace import (
    Workspace,
    in_solutions,
    workspace_folder,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from course.views.curves import Point

__all__ = [
    "contract",
    "curves",
    "exercise",
    "explorer",
    "hint",
    "playground",
    "progress",
    "run_cell",
    "sandbox",
    "show",
    "solution",
    "verdict_on",
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


def _live_page(costs: Sequence[str]) -> Page:
    return Page("Live", "costs money", "open", [Say(each) for each in costs])


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


def _start() -> tuple[NotebookSession, Sandbox, list[str]]:
    # For numpy, later: the lessons' matrices are small, and a second thread
    # takes more processor time to wait than it saves.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
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
    # A key and a budget may stand in the environment, too.
    costs = [] if solved else go_live(
        kit, {**os.environ, **settings}, os.environ
    )
    if costs:
        _show(_live_page(costs))
    _take_cells()
    refresh = PackagesInUse(folder).forget_changed
    session = NotebookSession(workspace, checker, _show, refresh)
    return session, sandbox, costs


def explorer(**wish: Any) -> None:
    """Change a task, and see what your own recommender makes of it.

    `wish` says what to begin with: fields of a task, such as
    `type="code"`, and `day`, whose prices hold. Shows widgets to whoever can
    move them; otherwise the answer to `wish`.
    """
    choices = read_choices()
    start: dict[str, Any] = {
        "day": choices.days[0],
        "providers": choices.providers,
    }
    asked = Wish.of(start | wish)
    recommend = learners_recommender(choices.providers)
    if is_clickable():
        from IPython.display import Javascript, display

        from course.kernel.explorer import NAMED_SLIDERS, Explorer

        shown = Explorer(choices, recommend, asked)
        named = Javascript(NAMED_SLIDERS)  # type: ignore[no-untyped-call]
        display(shown.widget, named)  # type: ignore[no-untyped-call]
        return
    _show(explored_page(asked, recommend))


def curves(
    of: Mapping[str, Sequence[Point]],
    points: Mapping[str, Point] | None = None,
) -> None:
    """Show recommenders' curves, quality over cost, on the same axes.

    `of` has each curve's (cost, quality) points by its name, `points` what
    stands alone: mean USD for a prompt, mean quality from 0 to 1.
    """
    from course.views.curves import curves as curves_page

    _show(curves_page(of, points))


def playground(prompt: str = EXAMPLE) -> None:
    """Ask all four providers the same, with your own agents.

    Shows widgets to whoever can click them; otherwise the answers to
    `prompt`, without times and prices, so that outputs can be compared.
    """
    from llm_providers.agents import agent_for

    if is_clickable():
        from IPython.display import display

        shown = Playground(sandbox.providers, agent_for, sandbox, prompt)
        if _costs:
            # Nothing that costs is asked before somebody has read so.
            _show(_live_page(_costs))
        else:
            shown.ask_all()
        display(shown.widget)  # type: ignore[no-untyped-call]
        return
    answers = [
        ask(provider, prompt, agent_for, sandbox)
        for provider in sandbox.providers
    ]
    _show(answers_page(prompt, answers, timed=False))


def show(figure: Figure, alternative: str) -> None:
    """Show a matplotlib figure, and in words what it shows.

    The same in every run, so that outputs can be compared: a picture is left
    out of that, its words and rounded figures are not.
    """
    from course.views.figures import described, picture

    drawn, words = picture(figure, alternative), described(figure, alternative)
    if "matplotlib.pyplot" in sys.modules:
        # Or the notebook would show it a second time.
        sys.modules["matplotlib.pyplot"].close(figure)
    if _shell() is None:
        print(words.text())
        return
    from IPython.display import display

    display(drawn, words)  # type: ignore[no-untyped-call]


# Says once for each machine that it looks for fonts, whenever that is.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
_session, sandbox, _costs = _start()
contract = _session.contract
exercise = _session.exercise
hint = _session.hint
progress = _session.progress
run_cell = _session.run_cell
solution = _session.solution
verdict_on = _session.verdict_on
