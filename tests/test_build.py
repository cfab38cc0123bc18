"""Lessons become notebooks, the same ones on every machine."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from small_kit import PHASE_1, make_kit

from course.building.build import build, require_pictures, stale_files
from course.building.lessons import LessonError, load_lessons
from course.building.notebook_files import (
    learner_notebook,
    serialized,
    solution_notebook,
    without_outputs,
)
from course.building.package_map import package_map_svg
from course.building.solving import executed
from course.kit import Kit
from course.problems import CommandError

PLAIN = """\
# Plain

```python
print("one")
print("two")
```

```python
from IPython.display import HTML, display

display(HTML("<b>three</b>"))
3 + 1
```
"""


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return make_kit(tmp_path)


@pytest.fixture
def plain_kit(kit: Kit) -> Kit:
    """A course of one lesson without exercises, which can run anywhere."""
    for path in kit.lessons.iterdir():
        path.unlink()
    (kit.lessons / "phase_1_plain.md").write_text(PLAIN)
    return kit


def cells(notebook: dict[str, Any], kind: str) -> list[str]:
    return [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == kind
    ]


def test_a_learners_cell_is_the_blank_under_its_decorator(kit: Kit) -> None:
    code = cells(learner_notebook(load_lessons(kit)[0]), "code")
    assert code[1] == (
        '@exercise("1.1")\n'
        "def count_words(text: str) -> dict[str, int]:\n"
        '    """Return how often each word stands in `text`.\n'
        "\n"
        "    Upper and lower case are the same.\n"
        '    """\n'
        "    # 1. Make the text lower case.\n"
        "    # 2. Find the words, and count each of them; the module has a "
        "pattern that\n"
        "    #    finds words.\n"
        '    raise NotImplementedError("exercise 1.1")'
    )


def test_a_test_files_cell_has_its_first_test_under_the_decorator(
    kit: Kit,
) -> None:
    lesson = load_lessons(kit)[0]
    blank = cells(learner_notebook(lesson), "code")[-1]
    assert blank.startswith('@exercise("1.3")\ndef test_says_in_words')
    solved = cells(solution_notebook(lesson), "code")[-1]
    assert '\n@exercise("1.3")\ndef test_a_word_that' in solved


def test_a_header_says_time_difficulty_points_and_steps(kit: Kit) -> None:
    text = cells(learner_notebook(load_lessons(kit)[0]), "markdown")
    (header,) = [each for each in text if "Exercise 1.2" in each]
    assert header == (
        "### Exercise 1.2 · Add up\n"
        "\n"
        "*5 minutes · medium ●●○ · 10 points* · you write `Tally.add` in "
        "`llm_providers/words.py`\n"
        "\n"
        "1. Count the words."
    )


def test_a_solution_shows_the_whole_definition(kit: Kit) -> None:
    code = cells(solution_notebook(load_lessons(kit)[0]), "code")
    assert code[1].endswith("return dict(Counter(WORD.findall(text.lower())))")
    assert code[3].startswith('@exercise("1.2")\n# Several calls add up.\n')


def test_instructor_notes_stand_in_the_solutions_only(kit: Kit) -> None:
    lesson = load_lessons(kit)[0]
    assert "forget the capitals" not in serialized(learner_notebook(lesson))
    notes = [
        cell
        for cell in solution_notebook(lesson)["cells"]
        if cell["metadata"] == {"tags": ["instructor"]}
    ]
    assert "".join(notes[0]["source"]) == (
        "> **For the instructor**\n>\n> Most forget the capitals."
    )


@pytest.mark.parametrize("make", [learner_notebook, solution_notebook])
def test_a_notebook_is_valid_and_holds_nothing_that_changes(
    kit: Kit, make: Any
) -> None:
    for lesson in load_lessons(kit):
        text = serialized(make(lesson))
        assert text == serialized(make(lesson))
        nbformat.validate(json.loads(text))
        notebook = json.loads(text)
        assert list(notebook["metadata"]) == ["kernelspec", "language_info"]
        assert notebook["metadata"]["language_info"] == {"name": "python"}
        names = [cell["id"] for cell in notebook["cells"]]
        assert len(set(names)) == len(names)


def test_a_new_cell_changes_no_other_cells_id(kit: Kit) -> None:
    before = learner_notebook(load_lessons(kit)[0])["cells"]
    path = kit.lessons / "phase_1_words.md"
    path.write_text(PHASE_1.replace("## Set-up", "## New\n\n## Set-up"))
    after = learner_notebook(load_lessons(kit)[0])["cells"]
    assert len(after) == len(before) + 1
    assert {cell["id"] for cell in before} < {cell["id"] for cell in after}


# Running the solutions


def test_a_solution_keeps_its_outputs_and_nothing_else(
    plain_kit: Kit,
) -> None:
    notebook = solution_notebook(load_lessons(plain_kit)[0])
    ran, _ = executed(notebook, plain_kit)
    first, second = (c for c in ran["cells"] if c["cell_type"] == "code")
    assert first["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": ["one\n", "two\n"]}
    ]
    assert second["execution_count"] == 2
    assert [each["output_type"] for each in second["outputs"]] == [
        "display_data",
        "execute_result",
    ]
    assert second["outputs"][0]["data"]["text/html"] == ["<b>three</b>"]
    assert {**first["metadata"], **second["metadata"]} == {}
    assert without_outputs(ran) == notebook
    nbformat.validate(json.loads(serialized(ran)))
    assert serialized(executed(notebook, plain_kit)[0]) == serialized(ran)


def test_a_solution_that_fails_stops_the_build(plain_kit: Kit) -> None:
    path = plain_kit.lessons / "phase_1_plain.md"
    path.write_text("# A\n\n```python\n1 / 0\n```\n")
    notebook = solution_notebook(load_lessons(plain_kit)[0])
    with pytest.raises(CommandError, match="ZeroDivisionError"):
        executed(notebook, plain_kit)


def test_an_answer_that_does_not_pass_stops_the_build(plain_kit: Kit) -> None:
    path = plain_kit.lessons / "phase_1_plain.md"
    code = 'def exercise(n):\n    return print\n\n@exercise("1.1")\ndef f(): 0'
    path.write_text(f"# A\n\n```python\n{code}\n```\n")
    notebook = solution_notebook(load_lessons(plain_kit)[0])
    with pytest.raises(CommandError, match="does not pass"):
        executed(notebook, plain_kit)


def test_the_calls_of_a_solution_are_counted(plain_kit: Kit) -> None:
    path = plain_kit.lessons / "phase_1_plain.md"
    code = """import sys
from types import SimpleNamespace

calls = [("openai", "a-model", 2, 90)]
sandbox = SimpleNamespace(answered_calls=lambda: calls)
sys.modules["course.notebook"] = SimpleNamespace(sandbox=sandbox)
"""
    path.write_text(f"# A\n\n```python\n{code}```\n")
    list(build(plain_kit))
    file = plain_kit.data / "lesson_calls.json"
    (row,) = json.loads(file.read_text())["phases"]["1"]
    assert row == {
        "provider": "openai",
        "model": "a-model",
        "calls": 2,
        "body_bytes": 90,
    }
    file.unlink()
    assert stale_files(plain_kit) == [
        "data/lesson_calls.json has nothing on phase 1."
    ]
    file.write_text("{")
    with pytest.raises(CommandError, match="Delete it and build again"):
        stale_files(plain_kit)


# What is stale


def test_a_fresh_build_is_not_stale(plain_kit: Kit) -> None:
    written = [path.name for path in build(plain_kit)]
    assert written == [
        "package_phase_1.svg",
        "phase_1_plain.ipynb",
        "phase_1_plain.ipynb",
    ]
    assert stale_files(plain_kit) == []


def test_each_stale_file_is_named_with_the_reason(plain_kit: Kit) -> None:
    list(build(plain_kit))
    solution = plain_kit.solutions / "phase_1_plain.ipynb"
    good = solution.read_text()

    def only_reason() -> str:
        (reason,) = stale_files(plain_kit)
        return reason

    solution.write_text(good.replace("Plain", "Fancy"))
    assert "is not what its lesson makes" in only_reason()
    solution.write_text(
        good.replace('"execution_count": 2', '"execution_count": 5')
    )
    assert "was not executed from top to bottom" in only_reason()
    solution.write_text(json.dumps(json.loads(good)))
    assert "was not written by the build" in only_reason()
    solution.write_text("{")
    assert "is not a notebook" in only_reason()
    solution.unlink()
    assert only_reason() == "solutions/phase_1_plain.ipynb is missing."
    solution.write_text(good)
    picture = plain_kit.pictures / "package_phase_1.svg"
    picture.write_text("<svg/>")
    assert "docs/pictures/package_phase_1.svg is not" in only_reason()
    picture.unlink()
    assert "docs/pictures/package_phase_1.svg is missing." == only_reason()
    list(build(plain_kit))
    (plain_kit.notebooks / "phase_9_old.ipynb").write_text("{}")
    assert only_reason() == "notebooks/phase_9_old.ipynb belongs to no lesson."


def test_a_changed_definition_makes_both_notebooks_stale(kit: Kit) -> None:
    for lesson in load_lessons(kit):
        for folder, make in (
            (kit.notebooks, learner_notebook),
            (kit.solutions, solution_notebook),
        ):
            folder.mkdir(exist_ok=True)
            path = folder / f"{lesson.name}.ipynb"
            path.write_text(serialized(make(lesson)))
    module = kit.package / "words.py"
    module.write_text(module.read_text().replace("text: str) -> d", "t) -> d"))
    kit.pictures.mkdir(parents=True)
    (kit.pictures / "package_phase_1.svg").touch()
    stale = " ".join(stale_files(kit))
    assert "notebooks/phase_1_words.ipynb is not what" in stale
    assert "solutions/phase_1_words.ipynb is not what" in stale
    assert "notebooks/phase_2_loud.ipynb" not in stale


# Pictures


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        ("![](../docs/pictures/a.svg)", "says nothing to who cannot see"),
        ("![A](../docs/pictures/none.svg)", "no local picture"),
        ("![A](https://example.com/a.svg)", "no local picture"),
    ],
)
def test_a_picture_must_be_local_and_have_words(
    kit: Kit, picture: str, reason: str
) -> None:
    kit.pictures.mkdir(parents=True)
    kit.notebooks.mkdir()
    (kit.pictures / "a.svg").touch()
    path = kit.lessons / "phase_2_loud.md"
    path.write_text(f"# Loud\n\nSee\n{picture}\n")
    lesson = load_lessons(kit)[1]
    with pytest.raises(LessonError, match=rf"loud\.md:4: .*{reason}"):
        require_pictures(lesson, kit)
    path.write_text("# Loud\n\n![A](../docs/pictures/a.svg)\n")
    require_pictures(load_lessons(kit)[1], kit)


def test_the_map_shows_every_module_and_says_what_is_highlighted(
    kit: Kit,
) -> None:
    svg = package_map_svg(kit.package, {"words"}, {"shout"})
    tree = ElementTree.fromstring(svg)
    text = [each.strip() for each in tree.itertext() if each.strip()]
    assert "Highlighted: words." in text
    for words in ("words", "shout", "▶ this phase", "✓ done before"):
        assert words in text
    assert text.index("shout") < text.index("words"), "shout uses words"
    assert "Words and how they are counted." in text


def test_the_map_of_a_lesson_highlights_what_it_builds(kit: Kit) -> None:
    written = build(kit)
    for _ in range(4):  # what comes before the solutions needs no kernel
        next(written)
    second = (kit.pictures / "package_phase_2.svg").read_text()
    assert "Highlighted: shout, words." in second


def test_a_map_can_show_some_of_the_modules(tmp_path: Path) -> None:
    kit = make_kit(tmp_path)
    whole = package_map_svg(kit.package)
    part = package_map_svg(kit.package, shown={"words"})
    assert whole.count("<rect") > part.count("<rect") == 2
    assert ">words<" in part
