"""A checker for workers: it passes all, and may end its process once."""

import os
import signal
from pathlib import Path

from course.checking.verdict import Verdict


class Passing:
    """Writes down who checks; dies where a file tells it to."""

    def __init__(self, workspace):
        self._folder = Path(os.environ["CLUSTER_TEST"])

    def check(self, exercise, patience=None):
        (self._folder / f"worker-{os.getpid()}").touch()
        try:
            (self._folder / "die").unlink()
        except FileNotFoundError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
        return Verdict(exercise, "passed")

    def close(self):
        pass


def passing(level, seed):
    return Passing
