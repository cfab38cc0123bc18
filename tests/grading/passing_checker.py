"""Checkers for workers in tests: they pass all, or die over some."""

import os
import signal

from course.checking.verdict import Verdict


class Passing:
    def __init__(self, workspace):
        self.workspace = workspace

    def check(self, exercise, patience=None):
        module = self.workspace / "llm_providers" / "settings.py"
        if "# deadly" in module.read_text():
            os.kill(os.getpid(), signal.SIGKILL)
        return Verdict(exercise, "passed")

    def close(self):
        pass


def passing(level, seed):
    return Passing
