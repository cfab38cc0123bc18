"""A cell under @exercise is taken, saved and checked, and never run."""

import importlib
import os
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from small_kit import make_kit

from course.building.lessons import load_exercises
from course.building.notebook_kernel import kernel_settings
from course.checking.verdict import Expectation, Verdict
from course.kernel.import_path import PackagesInUse, use_workspace
from course.kernel.session import NotebookSession, SavedAnswer, rewritten
from course.kernel.simulated_settings import point_at, read_env_file
from course.kit import Kit
from course.sandbox import Sandbox
from course.views.pages import Page
from course.workspace.workspace import Workspace

ROOT = Path(__file__).parents[1]

CELL = """\
@exercise("1.1")
def count_words(text: str) -> dict[str, int]:
    return {word: 1 for word in WORD.findall(text)}
"""


class FixedChecks:
    """Gives the verdicts that a test asks for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status: Any = "passed"

    def check(self, exercise: str) -> Verdict:
        self.asked.append(exercise)
        if isinstance(self.status, BaseException):
            raise self.status
        expectations = (Expectation("test_a", "It holds", "passed"),)
        return Verdict(exercise, self.status, expectations)


class Notebook:
    """A session of the small kit, and what it has shown."""

    def __init__(self, root: Path) -> None:
        kit = make_kit(root)
        self.workspace = Workspace(root / "workspace", kit)
        self.workspace.ensure()
        self.checks = FixedChecks()
        self.pages: list[Page] = []
        self.session = NotebookSession(
            self.workspace, self.checks, self.pages.append
        )

    def run(self, cell: str) -> SavedAnswer | None:
        return self.session.run_cell(cell)

    @property
    def shown(self) -> str:
        return self.pages[-1].text()


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    return Notebook(tmp_path)


# Which cells are taken


def taken(cell: str) -> str:
    return "".join(rewritten(cell.splitlines(keepends=True)))


def test_an_answers_cell_becomes_a_call_with_its_text() -> None:
    code = taken(CELL)
    assert code.startswith("count_words = __import__('course.notebook'")
    assert code.count("\n") == 1
    namespace = compile(code, "cell", "exec").co_consts
    assert CELL in namespace


@pytest.mark.parametrize(
    "cell",
    [
        "x = 1\n",
        "exercise('1.1')\n",
        "@pytest.mark.exercise('1.1')\ndef test(): ...\n",
        "@other('1.1')\ndef f(): ...\n",
        's = """\n@exercise("1.1")\n"""\n',
        "# @exercise('1.1')\ndef f(): ...\n",
        "def f(:\n",
    ],
)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert taken(cell) == cell


@pytest.mark.parametrize(
    "cell",
    [
        '@exercise("1.1")\ndef f(:\n',
        '@exercise("1.1"\ndef f():\n    pass\n',
        "@exercise\ndef f(): ...\n",
        "import a\n@exercise('1.1')\nasync def f(): ...\n",
        "@exercise('1.1')\nclass f: ...\n",
        "@notebook.exercise('1.1')\ndef f(): ...\n",
        "if 1:\n    @exercise('1.1')\n    def f(): ...\n",
    ],
)
def test_cells_that_try_to_be_an_answer_are_taken(cell: str) -> None:
    code = taken(cell)
    compile(code, "cell", "exec")
    assert "run_cell(" in code


# What becomes of them


def test_an_answer_is_saved_checked_noted_and_shown(
    notebook: Notebook,
) -> None:
    answer = notebook.run(CELL)
    assert repr(answer) == (
        '<exercise 1.1 "Count words": passed, '
        "saved in workspace/llm_providers/words.py>"
    )
    assert notebook.checks.asked == ["1.1"]
    assert notebook.shown.startswith("Exercise 1.1 · Count words: passed\n")
    assert "1 of 4 definitions of the package are yours." in notebook.shown
    assert notebook.workspace.mine() == (1, 4)


def test_a_saved_answer_that_is_called_says_where_it_is(
    notebook: Notebook,
) -> None:
    answer = notebook.run(CELL)
    assert answer is not None
    with pytest.raises(TypeError, match=r"workspace/llm_providers/words\.py"):
        answer("a")


def test_nothing_of_an_answer_is_run(notebook: Notebook) -> None:
    trap = "raise SystemExit(3)\n"
    notebook.run(f"{trap}{CELL}{trap}")
    assert notebook.shown.count("raise SystemExit(3)") == 2
    assert "Neither saved nor run" in notebook.shown


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (CELL.replace("text)}", "text}"), "Line 3 of this cell"),
        (CELL.replace("1.1", "7.7"), "The exercises are 1.1, 1.2"),
        (CELL.replace("count_words", "count"), "asks for the function"),
        (CELL * 2, "2 times @exercise"),
        (CELL.replace('("1.1")', ""), "in quotes"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_not_checked(
    notebook: Notebook, cell: str, words: str
) -> None:
    notebook.run(cell)
    assert notebook.checks.asked == []
    assert ": not saved\n" in notebook.shown
    assert words in notebook.shown


def test_a_blank_cell_has_the_saved_answer_checked(notebook: Notebook) -> None:
    notebook.run(CELL)
    blank = notebook.workspace.exercises["1.1"].blank
    notebook.run(f'@exercise("1.1")\n{blank}')
    assert notebook.checks.asked == ["1.1", "1.1"]
    assert "Your saved answer is kept" in notebook.shown
    assert notebook.workspace.mine() == (1, 4)


def test_an_interrupted_check_leaves_the_answer_saved(
    notebook: Notebook,
) -> None:
    notebook.checks.status = KeyboardInterrupt()
    answer = notebook.run(CELL)
    assert "saved, not checked" in repr(answer)
    assert "Run the cell again" in notebook.shown
    notebook.checks.status = "passed"
    assert "passed" in repr(notebook.run(CELL))


def test_a_full_disk_is_said_in_the_notebook(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = notebook.run(CELL)
    assert "the disk is full" in notebook.shown
    assert "not saved" in repr(answer)
    assert notebook.checks.asked == []


def test_hints_come_for_the_exercise_at_hand(notebook: Notebook) -> None:
    notebook.session.hint()
    assert "1.1 · Count words: hint 1 of 2" in notebook.shown
    notebook.run(CELL.replace("1.1", "2.2").replace("count_words", "longest"))
    notebook.session.hint()
    assert "2.2 · The longest word: hint 1 of 2" in notebook.shown
    notebook.session.hint("1.1")
    notebook.session.hint("1.1")
    assert "no more hints" in notebook.shown


def test_a_solution_changes_nothing(notebook: Notebook) -> None:
    notebook.run(CELL)
    notebook.session.solution("1.1")
    assert "dict(Counter(" in notebook.shown
    path = notebook.workspace.folder / "llm_providers" / "words.py"
    assert "{word: 1" in path.read_text()


def test_an_unknown_exercise_is_answered_with_those_there_are(
    notebook: Notebook,
) -> None:
    notebook.session.hint("9.9")
    assert "The exercises are 1.1, 1.2, 1.3, 2.1, 2.2." in notebook.shown
    notebook.session.solution("9.9")
    assert 'There is no exercise "9.9"' in notebook.shown


def test_progress_is_shown(notebook: Notebook) -> None:
    notebook.session.progress()
    assert notebook.shown.startswith("Progress: 0 of 5 passed")


def test_the_decorator_does_the_same_outside_a_notebook(
    notebook: Notebook, tmp_path: Path
) -> None:
    script = tmp_path / "answer.py"
    script.write_text(CELL.replace("WORD", "never_evaluated"))
    scope = {"exercise": notebook.session.exercise}
    exec(compile(script.read_text(), str(script), "exec"), scope)
    assert isinstance(scope["count_words"], SavedAnswer)
    assert notebook.checks.asked == ["1.1"]


def test_the_decorator_without_a_number_says_how_it_is_written(
    notebook: Notebook,
) -> None:
    with pytest.raises(TypeError, match=r'@exercise\("2\.1"\)'):
        notebook.session.exercise(len)  # type: ignore[arg-type]


# Which package a notebook imports


@pytest.fixture
def clean_imports() -> Iterator[None]:
    path, finders = list(sys.path), list(sys.meta_path)
    modules = dict(sys.modules)
    for name in [n for n in sys.modules if n.startswith("llm_providers")]:
        del sys.modules[name]
    yield
    sys.path[:], sys.meta_path[:] = path, finders
    for name in [n for n in sys.modules if n.startswith("llm_providers")]:
        del sys.modules[name]
    sys.modules.update(modules)


def module(name: str) -> ModuleType:
    return importlib.import_module(f"llm_providers.{name}")


@pytest.mark.usefixtures("clean_imports")
def test_the_workspaces_package_wins_whatever_the_path_says(
    notebook: Notebook,
) -> None:
    root, folder = notebook.workspace.kit.root, notebook.workspace.folder
    use_workspace(folder, root)
    assert sys.path[0] == str(folder)
    assert sys.path[-1] == str(root)
    sys.path.insert(0, str(root))
    assert Path(module("words").__file__ or "").is_relative_to(folder)
    with pytest.raises(NotImplementedError, match=r"exercise 1\.1"):
        module("words").count_words("a")


@pytest.mark.usefixtures("clean_imports")
def test_a_save_is_seen_by_the_next_import_and_the_rest_stays(
    notebook: Notebook,
) -> None:
    folder = notebook.workspace.folder
    use_workspace(folder, notebook.workspace.kit.root)
    in_use = PackagesInUse(folder)
    shout, words = module("shout"), module("words")
    loud = CELL.replace("1.1", "2.1")
    loud = loud.partition("\n")[0] + "\nclass Shout:\n    mark = 7\n"
    notebook.workspace.save("2.1", loud)
    in_use.forget_changed()
    assert module("words") is words
    assert module("shout") is not shout
    assert module("shout").Shout.mark == 7
    shout = module("shout")
    notebook.workspace.save("1.1", CELL)
    in_use.forget_changed()
    assert module("words").count_words("ha ha") == {"ha": 1}
    assert module("shout") is not shout, "shout imports words"


# The settings


def test_a_missing_env_file_is_written_from_the_example(
    tmp_path: Path,
) -> None:
    kit = make_kit(tmp_path)
    settings = read_env_file(kit)
    assert settings["OPENAI_API_KEY"] == "sandbox-0000-openai"
    assert (tmp_path / ".env").read_text() == (
        tmp_path / ".env.example"
    ).read_text()


def test_solutions_are_simulated_whatever_the_env_file_says(
    tmp_path: Path,
) -> None:
    kit = make_kit(tmp_path)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-live\n")
    assert "OPENAI_BASE_URL" not in read_env_file(kit)
    assert "OPENAI_BASE_URL" in read_env_file(kit, example=True)


@pytest.mark.parametrize(
    ("line", "simulated"),
    [
        ("http://127.0.0.1:8484/openai/v1", True),
        ("http://localhost:9000/openai/v1", True),
        ("https://api.example.com/v1", False),
        ("http://127.0.0.1:8484/my/own/server", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_only_a_provider_whose_line_points_at_the_sandbox_is_simulated(
    sandbox: Sandbox, line: str, simulated: bool
) -> None:
    environ = {"OPENAI_API_KEY": "sk-real", "OPENAI_BASE_URL": "elsewhere"}
    settings = {"OPENAI_API_KEY": "sandbox-0000-openai"}
    point_at(sandbox, {**settings, "OPENAI_BASE_URL": line}, environ)
    if simulated:
        assert environ["OPENAI_BASE_URL"] == sandbox.base_url("openai")
        assert environ["OPENAI_API_KEY"] == "sandbox-0000-openai"
    else:
        assert environ["OPENAI_BASE_URL"] == "elsewhere"
        assert environ["OPENAI_API_KEY"] == "sk-real"


# In a real kernel

SET_UP = """
    import sys

    sys.path.insert(0, "..")
    from course.notebook import exercise, hint, progress, sandbox, solution
    """

NUMBERS = {each.definition: n for n, each in load_exercises().items()}
NUMBER = NUMBERS.get("retry.retry_after_seconds", "")
RETRY = f"""
    @exercise("{NUMBER}")
    def retry_after_seconds(headers, now=None):
        {{body}}
    """


class Kernel:
    """A kernel in the folder of a learner's notebooks."""

    def __init__(self, workspace: Path, folder: Path) -> None:
        from jupyter_client.manager import KernelManager

        self.settings = ExitStack()
        settings = self.settings.enter_context(kernel_settings())
        self.manager = KernelManager(kernel_name="python3", config=settings)
        variables = {**os.environ, "COURSE_WORKSPACE": str(workspace)}
        self.manager.start_kernel(cwd=str(folder), env=variables)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str, interrupt_after: float = 0) -> str:
        """Run a cell and return all that it shows as text."""
        number = self.client.execute(textwrap.dedent(code).strip())
        if interrupt_after:
            time.sleep(interrupt_after)
            self.manager.interrupt_kernel()
        shown: list[str] = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != number:
                continue
            content = message["content"]
            if content.get("execution_state") == "idle":
                return "\n".join(shown)
            if message["msg_type"] == "error":
                shown.append(f"{content['ename']}: {content['evalue']}")
            shown.append(content.get("text", ""))
            shown.append(content.get("data", {}).get("text/plain", ""))

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.settings.close()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    if not NUMBER:
        pytest.skip("the lesson of phase 2 is not written yet")
    folder = ROOT / "notebooks"
    started = Kernel(tmp_path_factory.mktemp("workspace"), folder)
    assert "Error" not in started.run(SET_UP)
    yield started
    started.close()


def test_a_kernel_shows_a_verdict(kernel: Kernel) -> None:
    shown = kernel.run(RETRY.format(body="return 3.0"))
    assert f"Exercise {NUMBER}" in shown
    assert ": not right yet" in shown
    assert "Came back: 3.0" in shown
    assert "not right yet, saved in" in kernel.run("retry_after_seconds")


def test_a_kernel_says_in_words_that_a_cell_is_no_python(
    kernel: Kernel,
) -> None:
    shown = kernel.run(RETRY.format(body="return 3.0 +"))
    assert "Line 3 of this cell is not Python yet" in shown
    assert "SyntaxError" not in shown


def test_a_kernel_lives_on_after_exit_and_endless_loop(kernel: Kernel) -> None:
    shown = kernel.run(RETRY.format(body="import os; os._exit(3)"))
    assert ": ended the program" in shown
    shown = kernel.run(RETRY.format(body="while True: pass"))
    assert ": did not come to an end" in shown
    assert kernel.run("1 + 1").strip() == "2"


def test_a_kernel_can_be_interrupted_in_a_check(kernel: Kernel) -> None:
    started = time.monotonic()
    body = RETRY.format(body="while True: pass")
    shown = kernel.run(body, interrupt_after=0.5)
    assert "check stopped" in shown
    assert time.monotonic() - started < 30
    shown = kernel.run(RETRY.format(body="return None"))
    assert ": not right yet" in shown


def test_a_kernel_imports_the_learners_package_also_after_a_second_set_up(
    kernel: Kernel,
) -> None:
    kernel.run(RETRY.format(body="return 42.0"))
    kernel.run(SET_UP)
    shown = kernel.run(
        """
        from llm_providers.retry import retry_after_seconds
        retry_after_seconds({})
        """
    )
    assert shown.strip() == "42.0"


def test_a_kernel_has_a_sandbox_of_its_own(kernel: Kernel) -> None:
    shown = kernel.run(
        """
        import os
        print(os.environ["OPENAI_BASE_URL"] == sandbox.base_url("openai"))
        print(os.environ["OPENAI_API_KEY"])
        """
    )
    settings = read_env_file(Kit())  # the kernel has written one
    if "OPENAI_BASE_URL" not in settings:
        pytest.skip("the .env of this machine is live")
    assert shown.split() == ["True", settings["OPENAI_API_KEY"]]


def test_a_kernel_calculates_in_one_thread(kernel: Kernel) -> None:
    code = "import os; print(os.environ['OMP_NUM_THREADS'])"
    assert kernel.run(code).strip() == os.environ.get("OMP_NUM_THREADS", "1")


def test_a_cell_magic_around_an_answer_does_no_harm(kernel: Kernel) -> None:
    code = textwrap.dedent(RETRY.format(body="return 3.0")).strip()
    assert f"Exercise {NUMBER}" in kernel.run(
        f"%%capture --no-display\n{code}"
    )
