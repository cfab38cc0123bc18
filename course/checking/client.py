"""Asking for checks, from a notebook's kernel or from a terminal.

The judge runs in a process of its own and stays warm between checks. It ends
with the process that asked, however that one ends.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from course.checking.verdict import Failure, Verdict, broken_kit

__all__ = ["Checker"]

ROOT = Path(__file__).resolve().parents[2]

# Seconds for one check, and for the judge to start before the first.
CHECK_PATIENCE = 30.0
START_PATIENCE = 60.0

# What the judge itself must not do for a hostile repository, and what it may
# take: a value of a learner's can be as long as a list that fills a machine.
_CONTAINED = {
    "COURSE_CHECK_PROCESSES": "contain",
    "COURSE_JUDGE_MEMORY": str(1024**3),
    # A heap for each thread holds what was freed long ago: 7 MB.
    "MALLOC_ARENA_MAX": "1",
    "GIT_CONFIG_COUNT": "3",
    "GIT_CONFIG_KEY_0": "safe.bareRepository",
    "GIT_CONFIG_VALUE_0": "explicit",
    "GIT_CONFIG_KEY_1": "core.fsmonitor",
    "GIT_CONFIG_VALUE_1": "false",
    "GIT_CONFIG_KEY_2": "core.hooksPath",
    "GIT_CONFIG_VALUE_2": os.devnull,
}

_COMMAND = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from course.checking.judge import main; main(sys.argv[1:])"
)


class Checker:
    """Checks the exercises of one workspace, as often as asked.

    The judge starts in the background. `root` is the folder whose `tests`
    are run. Any thread may ask; one check runs at a time. If it is
    `contained`, no learner's code can reach beyond its workspace's copy;
    `blank` is then a workspace without answers, which speeds things up.
    """

    def __init__(
        self,
        workspace: Path,
        *,
        root: Path = ROOT,
        contained: bool = False,
        blank: Path | None = None,
    ) -> None:
        self.workspace = workspace
        self._root = root
        self._own = dict(_CONTAINED) if contained else {}
        if contained and blank is not None:
            self._own["COURSE_CHECK_BLANK"] = str(blank)
        self._lock = threading.Lock()
        self._judge = _JudgeProcess(root, self._own)
        atexit.register(self.close)

    def ready(self) -> bool:
        """Return whether the judge is warm."""
        return self._judge.ready.is_set()

    def wait(self, seconds: float = START_PATIENCE) -> bool:
        """Wait for the judge to be warm; return whether it is."""
        return self._judge.ready.wait(seconds)

    def check(
        self,
        exercise: str,
        patience: float | None = None,
        briefly: bool = False,
    ) -> Verdict:
        """Return the verdict on one exercise as it stands on disk.

        `patience` is in seconds, in place of the usual for one check. If
        `briefly`, no test is run after one that fails.
        Raises nothing for what the learner's code does. A check without an
        answer in time is a verdict, too, and the next one starts afresh.
        """
        patience = CHECK_PATIENCE if patience is None else patience
        with self._lock:
            if not self._judge.alive():
                self._restart()
            try:
                order = {
                    "check": exercise,
                    "workspace": str(self.workspace),
                    "briefly": briefly,
                }
                verdict = self._judge.ask(order, patience)
            except BaseException:
                # Interrupted: the answer would come to the next check.
                self._restart()
                raise
            if verdict is None:
                verdict = self._no_answer(exercise, patience)
                self._restart()
            return verdict

    def _no_answer(self, exercise: str, patience: float) -> Verdict:
        problem = self._judge.why_not_ready()
        if problem:
            return broken_kit(exercise, problem)
        if self._judge.alive():
            message = f"The check took more than {patience:.0f} seconds."
            return Verdict(exercise, "hung", failure=_untold(message))
        message = "Your code ended the process that checks it."
        return Verdict(exercise, "ended", failure=_untold(message))

    def _restart(self) -> None:
        self._judge.kill()
        self._judge = _JudgeProcess(self._root, self._own)

    def close(self) -> None:
        """End the judge and everything that it started."""
        atexit.unregister(self.close)
        self._judge.close()


class _JudgeProcess:
    """One judge: orders go to its standard input, verdicts come back."""

    def __init__(self, root: Path, own: Mapping[str, str]) -> None:
        self.ready = threading.Event()
        self._problem = ""
        self._log = tempfile.TemporaryFile()
        self._folder = tempfile.mkdtemp(prefix="course-check-")
        self._numbers = itertools.count(1)
        self._answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        command = [sys.executable, "-P", "-s", "-c", _COMMAND]
        # A session of its own: interrupting a cell is not meant for it.
        self._process = subprocess.Popen(
            [*command, str(ROOT), str(root), self._folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**_environment(), **own},
            cwd=root,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def alive(self) -> bool:
        return self._process.poll() is None

    def why_not_ready(self) -> str:
        """Return why the judge never became warm; empty if it did."""
        if self.ready.is_set() or self._log.closed:
            return ""
        self._log.seek(0)
        log = self._log.read().decode("utf-8", "replace")
        return self._problem or f"The check cannot start: {log[-2000:]}"

    def ask(self, order: dict[str, Any], patience: float) -> Verdict | None:
        """Return the verdict; None if there is none in time."""
        number = next(self._numbers)
        order = {**order, "id": number}
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(order).encode() + b"\n")
            stdin.flush()
        except OSError:
            return None
        if not self.ready.is_set():
            patience += START_PATIENCE
        try:
            answer = self._answers.get(timeout=patience)
        except Empty:
            return None
        if answer is None or answer["id"] != number:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            return None
        return Verdict.from_dict(answer["verdict"])

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        for line in stdout:
            answer = json.loads(line)
            if "verdict" in answer:
                self._answers.put(answer)
            elif "problem" in answer:
                self._problem = answer["problem"]
                break
            else:
                self.ready.set()
        self._answers.put(None)

    def close(self) -> None:
        """Let the judge end by itself, and see to it that it does."""
        self._close_input()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._clear_away()

    def kill(self) -> None:
        self._process.kill()
        self._close_input()
        self._clear_away()

    def _close_input(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def _clear_away(self) -> None:
        self._process.wait()
        self._reader.join(1)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _untold(message: str) -> Failure:
    return Failure("", "", message=message)


def _environment() -> dict[str, str]:
    """Return the environment without keys, proxies and Python's own."""
    unwanted = ("_API_KEY", "_BASE_URL", "_PROXY")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith(unwanted)
        and not name.startswith(("PYTHON", "PYTEST"))
    }
    return {
        **kept,
        "NO_PROXY": "*",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
    }
