"""The workspace takes answers, and never loses one."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from small_kit import make_kit

from course.kit import Kit
from course.workspace.workspace import Workspace, workspace_folder

COUNT = """\
@exercise("1.1")
def count_words(text: str) -> dict[str, int]:
    return {word: 1 for word in WORD.findall(text)}
"""

ADD = """\
@exercise("1.2")
def add(self, text, times=1):
    self.counts.update(count_words(text))
    return self
"""


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return make_kit(tmp_path / "kit")


@pytest.fixture
def workspace(kit: Kit) -> Workspace:
    made = Workspace(kit.root / "workspace", kit)
    assert made.ensure() == []
    return made


def words(workspace: Workspace) -> str:
    return (workspace.folder / "llm_providers" / "words.py").read_text()


def save(workspace: Workspace, cell: str) -> str:
    """Save a cell for the exercise that it names; return the status."""
    number = cell.partition('@exercise("')[2].partition('"')[0]
    result = workspace.save(number, textwrap.dedent(cell))
    assert result.problem == ""
    return result.status


def problem(workspace: Workspace, number: str, cell: str) -> str:
    """Save a cell that cannot be taken; return why."""
    before = words(workspace)
    result = workspace.save(number, textwrap.dedent(cell))
    assert result.status == "not_saved"
    assert words(workspace) == before
    return result.problem


def states(workspace: Workspace) -> dict[str, str]:
    return {each.exercise.id: each.state for each in workspace.standings()}


def run(workspace: Workspace, code: str) -> str:
    """Run code with the workspace's package; return what it printed."""
    return subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=workspace.folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


# What a workspace begins as


def test_a_new_workspace_is_the_package_with_every_exercise_blank(
    workspace: Workspace,
) -> None:
    assert set(states(workspace).values()) == {"not_started"}
    assert words(workspace).count("NotImplementedError") == 3
    assert "def _words(" in words(workspace)
    assert workspace.mine() == (0, 4)


def test_a_new_workspace_can_be_imported(workspace: Workspace) -> None:
    code = (
        "import llm_providers.words as w, llm_providers.shout; print(w.WORD)"
    )
    assert "a-z" in run(workspace, code)


def test_a_new_workspace_has_data_and_a_test_file_per_agent(
    workspace: Workspace,
) -> None:
    assert (workspace.folder / "data" / "models.json").is_file()
    names = {path.name for path in (workspace.folder / "tests").iterdir()}
    assert names == {
        "test_gemini_agent.py",
        "test_openai_agent.py",
        "test_openrouter_agent.py",
        "test_recommender_agent.py",
        "test_requestry_agent.py",
    }


def test_all_solutions_together_are_the_package_to_the_byte(
    workspace: Workspace, kit: Kit
) -> None:
    for number, exercise in workspace.exercises.items():
        cell = f'@exercise("{number}")\n{exercise.solution}'
        if exercise.kind == "tests":
            cell = exercise.solution.replace("def ", cell[:17] + "def ")
        assert save(workspace, cell) == "saved"
    for path in kit.package.iterdir():
        saved = workspace.folder / "llm_providers" / path.name
        assert saved.read_bytes() == path.read_bytes()


def test_the_solutions_have_a_workspace_of_their_own(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COURSE_WORKSPACE", raising=False)
    kit.solutions.mkdir()
    kit.notebooks.mkdir()
    assert workspace_folder(kit, kit.notebooks).name == "workspace"
    assert workspace_folder(Kit(kit.notebooks), kit.solutions).name == (
        "workspace"
    )
    assert workspace_folder(kit, kit.solutions).name == ".workspace-solutions"
    monkeypatch.setenv("COURSE_WORKSPACE", str(kit.root / "other"))
    assert workspace_folder(kit, kit.solutions) == kit.root / "other"


def test_a_solved_workspace_is_the_package_itself(kit: Kit) -> None:
    solved = Workspace(kit.root / "solved", kit, solved=True)
    solved.ensure()
    reference = (kit.package / "words.py").read_text()
    assert words(solved) == reference
    tests = solved.folder / "tests" / "test_openai_agent.py"
    assert tests.read_text() == solved.exercises["1.3"].solution
    save(solved, COUNT)
    again = Workspace(kit.root / "solved", kit, solved=True)
    again.ensure()
    assert words(again) == reference
    solved.record("2.1", "passed")
    assert solved.mine() == (3, 4)
    assert again.mine() == (0, 4)


# What a save does


def test_a_definition_takes_the_place_of_its_blank(
    workspace: Workspace,
) -> None:
    assert save(workspace, COUNT) == "saved"
    assert "@exercise" not in words(workspace)
    assert "return {word: 1" in words(workspace)
    assert states(workspace)["1.1"] == "unchecked"


def test_a_method_is_put_into_its_class(workspace: Workspace) -> None:
    save(workspace, COUNT)
    save(workspace, ADD)
    code = "from llm_providers.words import Tally\n"
    code += "print(sorted(Tally().add('ha ho').counts))"
    assert run(workspace, code) == "['ha', 'ho', 'start']\n"


def test_helpers_stand_directly_above_and_go_with_the_cell(
    workspace: Workspace,
) -> None:
    blank = words(workspace)
    helped = """\
        LOW = str.lower

        # Once each.
        def _once(found):
            return dict.fromkeys(found, 1)

        @exercise("1.1")
        def count_words(text: str) -> dict[str, int]:
            return _once(WORD.findall(LOW(text)))
        """
    save(workspace, helped)
    assert (
        'WORD = re.compile(r"[a-z]+")\n\n\nLOW = str.lower\n\n\n# Once each.\n'
        "def _once(found):\n    return dict.fromkeys(found, 1)\n\n\n"
        "def count_words" in words(workspace)
    )
    save(workspace, helped.replace("1)\n", "2)\n").replace("LOW", "LOWER"))
    assert words(workspace).count("_once(found)") == 1
    assert "LOW =" not in words(workspace)
    save(workspace, COUNT)
    assert "_once" not in words(workspace)
    workspace.reset("1.1")
    assert words(workspace) == blank


@pytest.mark.parametrize(
    ("helpers", "used"),
    [
        ("_BOTH = (_words, Tally)", "_BOTH"),
        ("def _counted(text, split=_words):\n    return split", "_counted"),
        ("def _made():\n    return _words('')\n\n_MADE = _made()", "_MADE"),
        ("class _Loud(Tally):\n    pass\n\n_LOUD = _Loud", "_LOUD"),
        ("_AGAIN = count_words", "_AGAIN"),
    ],
    ids=["value", "default", "called", "base", "the answer itself"],
)
def test_a_helper_stands_below_what_it_needs_at_once(
    workspace: Workspace, helpers: str, used: str
) -> None:
    blank = words(workspace)
    body = f"    {used}\n    return {{word: 1 for word in text.split()}}\n"
    cell = COUNT.partition("    return")[0] + body
    save(workspace, f"{helpers}\n\n{cell}")
    code = "from llm_providers.words import count_words\n"
    assert run(workspace, f"{code}print(count_words('ha'))") == "{'ha': 1}\n"
    once = words(workspace)
    save(workspace, f"{helpers}\n\n{cell}")
    assert words(workspace) == once
    workspace.reset("1.1")
    assert words(workspace) == blank


def test_a_helper_that_the_answer_needs_at_once_stays_above(
    workspace: Workspace,
) -> None:
    before = "_SPLIT = str.split\n_LATE = [_words, _SPLIT]\n"
    cell = COUNT.replace("text: str", "text: str, split=_SPLIT")
    save(workspace, f"{before}\n{cell}")
    text = words(workspace)
    assert text.index("_SPLIT =") < text.index("def count_words")
    assert text.index("_LATE =") > text.index("def _words")


def test_a_methods_helpers_stand_above_its_class(workspace: Workspace) -> None:
    cell = f"def _twice(n):\n    return 2 * n\n\n{ADD}"
    save(workspace, cell)
    assert "    return 2 * n\n\n\nclass Tally:" in words(workspace)


def test_a_helper_may_take_the_place_of_the_packages_own(
    workspace: Workspace,
) -> None:
    before = words(workspace)
    cell = f"def _words(text):\n    return text.split()\n\n\n{COUNT}"
    save(workspace, cell)
    assert words(workspace).count("def _words") == 1
    assert "text.split()" in words(workspace)
    save(workspace, COUNT)
    assert "text.split()" not in words(workspace)
    workspace.reset("1.1")
    assert words(workspace) == before


def test_a_helper_that_another_answer_uses_stays(workspace: Workspace) -> None:
    save(workspace, f"def _low(text):\n    return text.lower()\n\n\n{COUNT}")
    save(workspace, ADD.replace("(text))", "(_low(text)))"))
    save(workspace, COUNT)
    assert "def _low" in words(workspace)
    save(workspace, ADD)
    save(workspace, COUNT)
    assert "def _low" not in words(workspace)


def test_imports_join_the_modules_imports_once(workspace: Workspace) -> None:
    cell = f"""\
from __future__ import annotations
import re
import json, os.path as path
from course.notebook import exercise
from llm_providers.words import WORD
from .shout import Shout
{COUNT}"""
    save(workspace, cell)
    save(workspace, cell)
    assert (
        "from __future__ import annotations\n\nimport re\n"
        "from collections import Counter\n"
        "import json\nimport os.path as path\n"
        "from llm_providers.shout import Shout\n\n__all__"
    ) in words(workspace)


def test_an_import_goes_when_its_cell_no_longer_has_it(
    workspace: Workspace,
) -> None:
    before = words(workspace)
    save(workspace, f"import no_such_module\n{COUNT}")
    save(workspace, COUNT)
    assert "no_such_module" not in words(workspace)
    workspace.reset("1.1")
    assert words(workspace) == before


def test_an_import_that_another_answer_brought_too_stays(
    workspace: Workspace,
) -> None:
    save(workspace, f"import math\n{COUNT}")
    save(workspace, f"import math\n{ADD}")
    save(workspace, COUNT)
    assert "import math\n" in words(workspace)


def test_an_import_that_would_hide_another_is_refused(
    workspace: Workspace,
) -> None:
    text = problem(workspace, "1.1", f"import mine as Counter\n{COUNT}")
    assert "would hide" in text
    assert "from collections import Counter" in text
    text = problem(workspace, "1.1", f"from mine import Tally\n{COUNT}")
    assert "what this module has as `Tally`" in text


def test_the_same_name_from_elsewhere_is_left_out_with_a_note(
    workspace: Workspace,
) -> None:
    cell = f"from typing import Counter\n{COUNT}"
    (note,) = workspace.save("1.1", cell).notes
    assert "was left out" in note
    assert "typing" not in words(workspace)


def test_a_helper_named_like_an_exercise_is_not_saved(
    workspace: Workspace,
) -> None:
    cell = f"def longest(text):\n    return text\n\n\n{COUNT}"
    (note,) = workspace.save("1.1", cell).notes
    assert "`longest` was not saved" in note
    assert "exercise 2.2" in note


def test_a_helper_in_the_place_of_the_module_s_own_is_told(
    workspace: Workspace,
) -> None:
    helper = "def _words(text):\n    return text.split()\n"
    (note,) = workspace.save("1.1", f"{helper}\n\n{COUNT}").notes
    assert "`_words` has replaced the module's own" in note
    same = "def _words(text: str) -> list[str]:\n    return WORD.findall(text)"
    assert workspace.save("1.1", f"{same}\n\n\n{COUNT}").notes == ()
    renamed = helper.replace("_words", "_parts")
    assert workspace.save("1.1", f"{renamed}\n\n{COUNT}").notes == ()
    assert "    return WORD.findall(text)\n\n\nclass" in words(workspace)


def test_a_helper_in_the_place_of_another_answer_s_is_told(
    workspace: Workspace,
) -> None:
    first = "def _each(text):\n    return text.split()\n"
    other = "def _each(self):\n    return self.counts\n"
    assert workspace.save("1.1", f"{first}\n\n{COUNT}").notes == ()
    assert workspace.save("1.2", f"{first}\n\n{ADD}").notes == ()
    (note,) = workspace.save("1.2", f"{other}\n\n{ADD}").notes
    assert "`_each` has replaced the helper of that name" in note
    assert workspace.save("1.2", f"{other}\n\n{ADD}").notes == ()


def test_what_is_no_part_of_an_answer_is_named_and_left_out(
    workspace: Workspace,
) -> None:
    cell = f'{COUNT}\nprint(count_words("a"))\nfor x in ():\n    pass\n'
    (note,) = workspace.save("1.1", cell).notes
    assert 'line 5 (`print(count_words("a"))`), line 6 (`for x' in note
    assert "print" not in words(workspace)


def test_another_signature_is_saved_with_a_note(workspace: Workspace) -> None:
    cell = COUNT.replace("text: str", "words, *more, sep=1")
    (note,) = workspace.save("1.1", cell).notes
    assert "`count_words(text)`" in note
    assert "`count_words(words, *more, sep)`" in note


def test_a_test_file_is_the_whole_cell_without_the_decorator(
    workspace: Workspace,
) -> None:
    cell = """\
        import pytest
        from course.notebook import exercise

        LIMIT = 3

        @exercise("1.3")
        @pytest.mark.parametrize("n", [1])
        def test_one(n):
            assert n < LIMIT


        def test_two():
            assert True
        """
    assert save(workspace, cell) == "saved"
    path = workspace.folder / "tests" / "test_openai_agent.py"
    expected = textwrap.dedent(cell).replace('@exercise("1.3")\n', "")
    expected = expected.replace("from course.notebook import exercise\n", "")
    assert path.read_text() == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda cell: cell.replace("\n", "\r\n"),
        lambda cell: "\ufeff" + cell,
        lambda cell: cell.replace("    ", "\t"),
        lambda cell: textwrap.indent(cell, "  "),
        lambda cell: f"%%time\n!ls\n{cell}",
        lambda cell: f"print?\n?len\nre.sub??  \nfiles = !ls\n{cell}",
        lambda cell: f"\n\n{cell.rstrip()}",
        lambda cell: cell.replace("@exercise", "@notebook.exercise"),
        lambda cell: cell.replace('("1.1")', "(\n    '1.1',\n)"),
        lambda cell: cell.replace("word: 1", "'wörd ✓': 1"),
    ],
)
def test_cells_come_in_many_shapes(workspace: Workspace, change) -> None:  # type: ignore[no-untyped-def]
    result = workspace.save("1.1", change(COUNT))
    assert (result.status, result.problem) == ("saved", "")
    compile(words(workspace), "words", "exec")
    assert "\r" not in words(workspace)
    assert "@exercise" not in words(workspace)


def test_a_method_written_with_tabs_fits_into_its_class(
    workspace: Workspace,
) -> None:
    save(workspace, ADD.replace("    ", "\t"))
    compile(words(workspace), "words", "exec")


def test_a_file_keeps_its_line_ends_and_its_mark(workspace: Workspace) -> None:
    path = workspace.folder / "llm_providers" / "words.py"
    path.write_bytes(
        b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    )
    save(workspace, COUNT)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n")
    assert b"return {word: 1" in data


# What is refused, and in which words


@pytest.mark.parametrize(
    ("number", "cell", "reason"),
    [
        ("9.9", COUNT, 'There is no exercise "9.9". The exercises are 1.1'),
        ("1.2", COUNT, "This cell answers exercise 1.1, not 1.2."),
        ("1.1", COUNT.replace("count_words", "count"), "has the function"),
        ("1.1", '@exercise("1.1")\nclass count_words: ...', "has the class"),
        ("1.2", '@exercise("1.2")\nclass Tally: ...', "with `self`"),
        ("2.1", '@exercise("2.1")\ndef Shout(): ...', "asks for the class"),
        ("1.1", COUNT + ADD, "2 times @exercise"),
        ("1.1", "def count_words(): ...", "stands under @exercise"),
        ("1.1", COUNT.replace('"1.1"', "number"), "in quotes"),
        ("1.1", COUNT.replace('("1.1")', ""), "in quotes"),
        ("1.1", f"if True:\n{textwrap.indent(COUNT, '    ')}", "left margin"),
        ("1.1", f"{COUNT}\ndef count_words(t): ...", "more than once"),
        ("1.1", COUNT.replace("text)", "text"), "Line 3 of this cell"),
        ("1.1", COUNT.replace(") ->", ") -->"), "is not Python yet"),
        ("1.1", COUNT.replace("return", "nonlocal x; return"), "nonlocal"),
        ("1.1", COUNT + "\0", "null"),
        ("1.1", COUNT.replace("word: 1", "'\ud800': 1"), "half of a char"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_told_why(
    workspace: Workspace, number: str, cell: str, reason: str
) -> None:
    assert reason in problem(workspace, number, cell)


def test_a_syntax_error_shows_its_line_and_place(workspace: Workspace) -> None:
    text = problem(workspace, "1.1", '@exercise("1.1")\ndef f(:\n    pass\n')
    assert "\n    def f(:\n          ^\n" in text
    assert "Nothing was run or saved." in text


# Nothing is ever lost


def test_a_blank_cell_keeps_the_answer_that_was_saved(
    workspace: Workspace,
) -> None:
    blank = f'@exercise("1.1")\n{workspace.exercises["1.1"].blank}'
    assert save(workspace, blank) == "unchanged"
    save(workspace, COUNT)
    text = words(workspace)
    assert save(workspace, blank) == "kept"
    assert words(workspace) == text


def test_a_blank_test_cell_keeps_the_file_that_was_saved(
    workspace: Workspace,
) -> None:
    start = f'@exercise("1.3")\n{workspace.exercises["1.3"].blank}'
    assert save(workspace, start) == "unchanged"
    save(workspace, '@exercise("1.3")\ndef test_a():\n    assert 1\n')
    assert save(workspace, start) == "kept"
    assert states(workspace)["1.3"] == "unchecked"


def test_every_replaced_answer_is_kept_once(workspace: Workspace) -> None:
    other = f"import math\n\n\ndef _one():\n    return 1\n\n\n{COUNT}"
    for cell in (other, other, COUNT, COUNT, other):
        save(workspace, cell)
    history = workspace.folder / "history" / "1.1"
    assert [path.name for path in sorted(history.iterdir())] == [
        "001.py",
        "002.py",
    ]
    assert "def _one()" in (history / "001.py").read_text()
    assert "def count_words" in (history / "001.py").read_text()


def test_an_edit_by_hand_is_kept_when_the_cell_runs_again(
    workspace: Workspace,
) -> None:
    save(workspace, COUNT)
    path = workspace.folder / "llm_providers" / "words.py"
    path.write_text(words(workspace).replace("word: 1", "word: 2"))
    save(workspace, COUNT)
    kept = workspace.folder / "history" / "1.1" / "001.py"
    assert "word: 2" in kept.read_text()


def test_an_answer_that_passed_counts_until_it_changes(
    workspace: Workspace,
) -> None:
    save(workspace, COUNT)
    workspace.record("1.1", "failed")
    assert states(workspace)["1.1"] == "failed"
    workspace.record("1.1", "passed")
    assert states(workspace)["1.1"] == "passed"
    assert workspace.mine() == (1, 4)
    path = workspace.folder / "llm_providers" / "words.py"
    path.write_text(words(workspace).replace("word: 1", "word: 2"))
    assert states(workspace)["1.1"] == "changed"
    assert workspace.mine() == (0, 4)
    save(workspace, COUNT)
    assert states(workspace)["1.1"] == "passed"


def test_hints_come_one_after_the_other(workspace: Workspace) -> None:
    assert workspace.next_hint("1.1") == (1, 2, "A `Counter` counts.")
    again = Workspace(workspace.folder, workspace.kit)
    assert again.next_hint("1.1") == (2, 2, "Use WORD: it finds words.")
    assert again.next_hint("1.1") == (2, 2, "")


def test_catching_up_fills_in_only_what_has_not_passed(
    workspace: Workspace,
) -> None:
    save(workspace, COUNT)
    workspace.record("1.1", "passed")
    save(workspace, ADD)
    caught_up = workspace.catch_up(1)
    assert caught_up.filled_in == ("1.2", "1.3")
    assert "return {word: 1" in words(workspace)
    assert states(workspace) == {
        "1.1": "passed",
        "1.2": "filled_in",
        "1.3": "filled_in",
        "2.1": "not_started",
        "2.2": "not_started",
    }
    kept = workspace.folder / "history" / "1.2" / "001.py"
    assert "self.counts.update" in kept.read_text()
    assert workspace.mine() == (1, 4)


def test_a_filled_in_answer_is_not_counted_as_the_learners(
    workspace: Workspace,
) -> None:
    workspace.catch_up(2)
    workspace.record("1.1", "passed")
    assert workspace.mine() == (0, 4)
    solution = workspace.exercises["1.1"].solution
    workspace.save("1.1", f'@exercise("1.1")\n{solution}')
    workspace.record("1.1", "passed")
    assert workspace.mine() == (1, 4)


def test_catching_up_leaves_an_answer_that_changed_since_it_passed(
    workspace: Workspace,
) -> None:
    save(workspace, COUNT)
    workspace.record("1.1", "passed")
    save(workspace, COUNT.replace("word: 1", "word: 2"))
    assert workspace.catch_up(1).left == ("1.1",)
    assert "word: 2" in words(workspace)


def test_one_exercise_is_filled_in_unless_it_passed_once(
    workspace: Workspace,
) -> None:
    save(workspace, COUNT)
    workspace.record("1.1", "passed")
    save(workspace, COUNT.replace("word: 1", "word: 2"))
    save(workspace, ADD)
    assert workspace.fill_in("1.1").left == ("1.1",)
    assert "word: 2" in words(workspace)
    assert workspace.fill_in("1.2").filled_in == ("1.2",)
    kept = workspace.folder / "history" / "1.2" / "001.py"
    assert "self.counts.update" in kept.read_text()


def test_catching_up_restores_the_package_whatever_was_saved(
    workspace: Workspace, kit: Kit
) -> None:
    helper = "import math\n\n\ndef _words(x):\n    return math.pi\n\n\n"
    save(workspace, helper + COUNT)
    save(workspace, helper.replace("_words", "_other") + ADD)
    workspace.catch_up(2)
    assert words(workspace) == (kit.package / "words.py").read_text()


def test_a_reset_begins_afresh_and_keeps_a_copy(workspace: Workspace) -> None:
    blank = words(workspace)
    save(workspace, COUNT)
    workspace.record("1.1", "passed")
    save(workspace, ADD)
    assert workspace.reset("1.1") == ["llm_providers/words.py"]
    assert states(workspace)["1.1"] == "not_started"
    assert states(workspace)["1.2"] == "unchecked"
    workspace.reset()
    assert words(workspace) == blank
    history = workspace.folder / "history"
    assert "word: 1" in (history / "1.1" / "001.py").read_text()
    assert "counts.update" in (history / "words" / "001.py").read_text()


def test_an_unknown_name_is_not_reset(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match='no module "wrods"'):
        workspace.reset("wrods")


def test_a_break_inside_the_definition_is_repaired_by_its_cell(
    workspace: Workspace,
) -> None:
    save(workspace, COUNT)
    save(workspace, ADD)
    path = workspace.folder / "llm_providers" / "words.py"
    for good, bad in [("{word: 1", '"""{{'), ("self.counts.", "((")]:
        path.write_text(words(workspace).replace(good, bad))
        assert save(workspace, COUNT if "word" in good else ADD) == "saved"
        compile(words(workspace), "words", "exec")
        assert good in words(workspace)
    kept = workspace.folder / "history" / "words" / "001.py"
    assert '"""{{' in kept.read_text()


def test_a_file_that_is_no_python_is_kept_and_its_way_out_named(
    workspace: Workspace,
) -> None:
    path = workspace.folder / "llm_providers" / "words.py"
    path.write_text(words(workspace).replace("class Tally:", "class Tally"))
    text = problem(workspace, "1.1", COUNT)
    assert "workspace/llm_providers/words.py is not Python any more" in text
    assert "python3 -m course reset words" in text
    assert states(workspace)["1.1"] == "not_started"
    workspace.reset("words")
    assert save(workspace, COUNT) == "saved"
    kept = workspace.folder / "history" / "words" / "001.py"
    assert "class Tally\n" in kept.read_text()


def test_a_file_in_another_encoding_is_said_to_be_so(
    workspace: Workspace,
) -> None:
    path = workspace.folder / "llm_providers" / "words.py"
    path.write_bytes(b"# caf\xe9\n" + path.read_bytes())
    result = workspace.save("1.1", COUNT)
    assert "it is not UTF-8" in result.problem


def test_a_definition_that_was_deleted_by_hand_names_the_way_out(
    workspace: Workspace,
) -> None:
    path = workspace.folder / "llm_providers" / "words.py"
    path.write_text(words(workspace).replace("def count_words", "def count"))
    assert "has no `count_words`" in problem(workspace, "1.1", COUNT)


def test_a_module_that_was_deleted_comes_back(workspace: Workspace) -> None:
    (workspace.folder / "llm_providers" / "words.py").unlink()
    assert save(workspace, COUNT) == "saved"
    assert "def _words(" in words(workspace)


def test_a_damaged_progress_file_costs_no_answer(workspace: Workspace) -> None:
    save(workspace, COUNT)
    path = workspace.folder / "progress.json"
    for damage in ("", "{", "[]", '{"exercises": {"1.1": {"hints": "x"}}}'):
        path.write_text(damage)
        assert states(workspace)["1.1"] == "unchecked"
        assert save(workspace, COUNT) == "unchanged"
    assert json.loads(path.read_text())["exercises"]


def test_a_full_disk_is_said_and_nothing_is_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(workspace, COUNT)
    before = words(workspace)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = workspace.save("1.1", COUNT.replace("word: 1", "word: 2"))
    assert "the disk is full. Nothing is lost" in result.problem
    assert words(workspace) == before
    assert not list(workspace.folder.rglob("*.tmp"))


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="the superuser may write everywhere",
)
def test_a_folder_without_write_permission_is_said(
    workspace: Workspace,
) -> None:
    folder = workspace.folder / "llm_providers"
    folder.chmod(0o500)
    try:
        assert "cannot be written" in workspace.save("1.1", COUNT).problem
    finally:
        folder.chmod(0o700)


def test_saves_wait_for_each_other(workspace: Workspace) -> None:
    code = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        sys.path[:0] = [sys.argv[1]]
        from course.kit import Kit
        from course.workspace.workspace import Workspace
        root, number, cell = Path(sys.argv[2]), sys.argv[3], sys.argv[4]
        workspace = Workspace(root / "workspace", Kit(root))
        for turn in range(15):
            result = workspace.save(number, cell.replace("1", "1", turn))
            assert not result.problem, result.problem
            workspace.record(number, "passed")
        """
    )
    here = str(Path(__file__).parents[1])
    root = str(workspace.kit.root)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, here, root, number, cell]
        )
        for number, cell in (("1.1", COUNT), ("1.2", ADD))
    ]
    assert [process.wait(60) for process in running] == [0, 0]
    assert states(workspace)["1.1"] == states(workspace)["1.2"] == "passed"


def save_for_ever(root: Path, ready: "multiprocessing.synchronize.Event"):  # type: ignore
    workspace = Workspace(root / "workspace", Kit(root))
    number = 0
    while True:
        number += 1
        helper = f"def _helper():\n    return {number}\n\n\n"
        workspace.save("1.1", helper + COUNT)
        ready.set()


def test_a_kill_at_any_moment_leaves_the_old_or_the_new(
    workspace: Workspace,
) -> None:
    context = multiprocessing.get_context("spawn")
    for pause in (0.0, 0.003, 0.006, 0.011, 0.017):
        ready = context.Event()
        process = context.Process(
            target=save_for_ever, args=(workspace.kit.root, ready)
        )
        process.start()
        assert ready.wait(30)
        time.sleep(pause)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(10)
        text = words(workspace)
        compile(text, "words", "exec")
        assert text.count("def _helper") == 1
        assert text.count("def count_words") == 1
        assert save(workspace, COUNT) == "saved"
        assert "_helper" not in words(workspace)
    workspace.ensure()
    assert not list(workspace.folder.rglob("*.tmp"))


# A new version of the kit


def test_a_new_module_and_a_new_exercise_are_added(
    workspace: Workspace, kit: Kit
) -> None:
    save(workspace, COUNT)
    mine = words(workspace)
    (kit.package / "new.py").write_text("def new():\n    return 1\n")
    lesson = kit.lessons / "phase_2_loud.md"
    block = lesson.read_text().replace("2.1", "2.3").replace("2.2", "2.4")
    block = block.replace("shout.Shout", "new.new")
    block = block.partition("```{exercise} 2.4")[0].removeprefix("# Loud")
    lesson.write_text(lesson.read_text() + block)
    updated = Workspace(workspace.folder, kit)
    assert updated.ensure() == []
    assert words(updated) == mine
    path = updated.folder / "llm_providers" / "new.py"
    assert 'NotImplementedError("exercise 2.3")' in path.read_text()


def test_a_change_of_the_kit_is_brought_in_around_the_learners_answers(
    workspace: Workspace, kit: Kit
) -> None:
    save(workspace, f"def _one():\n    return 1\n\n\n{COUNT}")
    path = kit.package / "words.py"
    text = path.read_text().replace("found, key=len)", "found, key=len, d=1)")
    text = text.replace('r"[a-z]+"', 'r"[a-zäöü]+"').replace(
        "Return how often", "Return how many times"
    )
    path.write_text(text + "\n\ndef added() -> int:\n    return 1\n")
    (note,) = Workspace(workspace.folder, kit).ensure()
    assert "were brought into yours" in note
    mine = words(workspace)
    assert "a-zäöü" in mine
    assert "def added()" in mine
    assert "def _one()" in mine
    assert "return {word: 1" in mine
    assert Workspace(workspace.folder, kit).ensure() == []


def test_a_file_that_cannot_be_merged_stays_as_the_learner_has_it(
    workspace: Workspace, kit: Kit
) -> None:
    mine = "this is no Python ("
    path = workspace.folder / "llm_providers" / "words.py"
    path.write_text(mine)
    source = kit.package / "words.py"
    source.write_text(source.read_text() + "\nX = 1\n")
    (note,) = Workspace(workspace.folder, kit).ensure()
    assert "Yours stays as it is" in note
    assert path.read_text() == mine


def test_an_untouched_file_follows_the_kit(
    workspace: Workspace, kit: Kit
) -> None:
    for name in ("llm_providers/shout.py", "data/models.json"):
        with (kit.root / name).open("a") as file:
            file.write("\n")
    assert Workspace(workspace.folder, kit).ensure() == []
    new = (workspace.folder / "data" / "models.json").read_bytes()
    assert new == (kit.data / "models.json").read_bytes()
    assert save(workspace, COUNT) == "saved"


def test_python_sees_a_save_within_the_same_second(
    workspace: Workspace,
) -> None:
    path = workspace.folder / "llm_providers" / "words.py"
    times = []
    for number in range(3):
        save(workspace, COUNT.replace("word: 1", f"word: {number}"))
        times.append(int(path.stat().st_mtime))
    assert len(set(times)) == 3
