"""Which modules stay when one process serves one package after another."""

import subprocess
import sys
from pathlib import Path

import pytest

from course.kit import Kit

PROGRAM = """
import sys, json
from pathlib import Path
from course.checking.fresh_source import use_workspace

root, kept = map(Path, sys.argv[1:3])

def loaded(overlay, reuse=True):
    use_workspace(root, kept, print, overlay, reuse=reuse)
    stayed = [n for n in sys.modules if n.startswith("llm_providers")]
    import llm_providers.user
    return stayed, llm_providers.user.answer()

for line in sys.stdin:
    print(json.dumps(loaded(*json.loads(line))), flush=True)
"""
PACKAGE = {
    "__init__": "",
    "base": "VALUE = 1\n",
    "aside": "import dataclasses\n",
    "middle": "from llm_providers import (\n    base,\n)\n",
    "user": (
        "from llm_providers.aside import dataclasses\n"
        "from llm_providers.middle import base\n\n\n"
        "def answer():\n    return base.VALUE\n"
    ),
}


@pytest.fixture
def use(tmp_path: Path):
    """Use overlays one after another in a process of their own."""
    package = tmp_path / "llm_providers"
    package.mkdir()
    for name, text in PACKAGE.items():
        (package / f"{name}.py").write_text(text)
    (tmp_path / "broken.py").write_text("VALUE = 2\n")

    def answers(*lines: str) -> list[object]:
        import json

        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, tmp_path, tmp_path / "kept"],
            input="\n".join(lines),
            cwd=Kit().root,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return answers


def broken(tmp_path: Path) -> str:
    return f'[{{"base": "{(tmp_path / "broken.py").as_posix()}"}}]'


def test_what_uses_a_changed_module_is_loaded_again(use, tmp_path):
    first, second, third = use("[{}]", broken(tmp_path), "[{}]")
    assert first == [[], 1]
    stay = ["llm_providers", "llm_providers.aside"]
    assert [sorted(second[0]), second[1]] == [stay, 2]
    assert [sorted(third[0]), third[1]] == [stay, 1]


def test_without_reuse_nothing_stays(use, tmp_path):
    again = broken(tmp_path).replace("]", ", false]")
    first, second = use("[{}]", again)
    assert second == [[], 2]


def test_the_same_package_again_loads_nothing_again(use):
    first, second = use("[{}]", "[{}]")
    assert second[1] == 1
    assert len(second[0]) == len(PACKAGE)
