"""Which modules stay when one process serves one package after another."""

import subprocess
import sys
from pathlib import Path

import pytest

from course.checking import fresh_source
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


@pytest.fixture
def folder(tmp_path):
    """Put a package of two modules into the package."""
    package = tmp_path / "llm_providers"
    (package / "inner").mkdir()
    (package / "inner" / "__init__.py").write_text("")
    (package / "inner" / "base.py").write_text("VALUE = 1\n")
    (package / "inner" / "aside.py").write_text("")
    (package / "middle.py").write_text(
        "from llm_providers.inner import aside, base\n"
        "from llm_providers.inner.base import VALUE\n"
    )


def test_a_module_in_a_folder_is_loaded_again(use, folder, tmp_path):
    line = broken(tmp_path).replace('"base"', '"inner.base"')
    first, second, third = use("[{}]", line, "[{}]")
    assert first[1] == third[1] == 1
    assert second[1] == 2
    stay = {"llm_providers.inner", "llm_providers.inner.aside"}
    gone = {"llm_providers.inner.base", "llm_providers.middle"}
    assert stay <= set(second[0])
    assert gone.isdisjoint(second[0])


def test_a_changed_folder_has_all_of_it_loaded_again(use, folder, tmp_path):
    line = broken(tmp_path).replace('"base"', '"inner"')
    first, second = use("[{}]", line)
    assert first[1] == second[1] == 1
    assert "llm_providers.aside" in second[0]
    assert not [n for n in second[0] if n.startswith("llm_providers.inner")]


def test_without_reuse_nothing_stays(use, tmp_path):
    again = broken(tmp_path).replace("]", ", false]")
    first, second = use("[{}]", again)
    assert second == [[], 2]


def test_the_same_package_again_loads_nothing_again(use):
    first, second = use("[{}]", "[{}]")
    assert second[1] == 1
    assert len(second[0]) == len(PACKAGE)


def test_what_only_a_type_checker_imports_makes_no_difference(use, tmp_path):
    # As the package itself names what it loads when first used.
    (tmp_path / "llm_providers" / "__init__.py").write_text(
        "from typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n"
        "    from llm_providers.base import VALUE\n\n"
        "    from llm_providers.middle import base\n\n"
        "ANYTHING = 1\n"
    )
    _, second = use("[{}]", broken(tmp_path))
    stay = ["llm_providers", "llm_providers.aside"]
    assert [sorted(second[0]), second[1]] == [stay, 2]


def test_a_blank_leaves_a_note_wherever_it_stands():
    source = (
        "def f(a=NotImplementedError('exercise 1.1')):\r\n"
        "    @g(NotImplementedError('exercise 1.2'))\r\n"
        "    def h():\r\n"
        "        return NotImplementedError(\r\n"
        "            'exercise 1.3'\r\n"
        "        )\r"
        "    h()\n"
        "    '''NotImplementedError('exercise 1.4')'''\n"
        "    return NotImplementedError('a note'), 'exercise 1.5'\n"
        "f()\n"
    )
    noted = []
    code = fresh_source.compiled(source.encode(), "any.py")
    exec(code, {fresh_source.NOTE: noted.append, "g": lambda _: lambda h: h})
    assert noted == ["exercise 1.1", "exercise 1.2", "exercise 1.3"]
