"""What is imported once for all learners' packages, and what is not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from course.kit import Kit

PROGRAM = """
import json, sys
from pathlib import Path
from course.checking.fresh_source import use_workspace
from course.checking.generated_code import remember_generated_code
from course.checking.priming import prime

blank, home, kept = map(Path, sys.argv[1:4])
remember_generated_code()
shared = prime(blank, home, kept)
before = {n: m for n, m in sys.modules.items() if n.startswith("llm_prov")}
use_workspace(home, kept, print, shared=json.loads(sys.argv[4]))
from llm_providers import aside, asked, base

print(json.dumps({
    "shared": sorted(shared),
    "stayed": [n for n, m in before.items() if sys.modules[n] is m],
    "files": [aside.__file__, asked.__file__],
    "answer": asked.answer(),
    "pair": repr(aside.Pair(1, 2)),
    "path": sys.path.count(str(home)),
}))
"""
BLANK = {
    "__init__": "",
    "aside": (
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Pair:\n"
        "    one: int\n    other: int\n"
    ),
    "base": (
        "def number():\n    raise NotImplementedError('exercise 1.1')\n"
    ),
    "asked": (
        "from llm_providers.aside import Pair\n"
        "from llm_providers.base import number\n\n\n"
        "def answer():\n    return number()\n"
    ),
    "broken": "raise ValueError('no such thing')\n",
}


@pytest.fixture
def primed(tmp_path: Path):
    """Prime a process of its own with the blank package, and use another."""
    for place in ("blank", "home"):
        package = tmp_path / place / "llm_providers"
        package.mkdir(parents=True)
        for name, text in BLANK.items():
            (package / f"{name}.py").write_text(text)
    answered = "def number():\n    return 7\n"
    (tmp_path / "home/llm_providers/base.py").write_text(answered)

    def found(shared: bool) -> dict[str, object]:
        places = [tmp_path / name for name in ("blank", "home", "kept")]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *places, json.dumps(shared)],
            cwd=Kit().root,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout), home=str(tmp_path / "home"))

    return found


def test_modules_without_exercises_stay_and_others_are_read_anew(primed):
    found = primed(shared=True)
    assert found["shared"] == [
        "llm_providers/__init__.py",
        "llm_providers/aside.py",
    ]
    assert found["stayed"] == ["llm_providers", "llm_providers.aside"]
    assert found["answer"] == 7
    assert found["pair"] == "Pair(one=1, other=2)"


def test_modules_are_where_the_learner_s_package_is(primed):
    found = primed(shared=True)
    package = f"{found['home']}/llm_providers"
    assert found["files"] == [f"{package}/aside.py", f"{package}/asked.py"]
    assert found["path"] == 1


def test_a_package_that_differs_shares_nothing(primed):
    found = primed(shared=False)
    assert found["stayed"] == []
    assert found["answer"] == 7
