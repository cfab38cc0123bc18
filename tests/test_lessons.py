"""Lessons are read from Markdown; what is malformed is named by its line."""

from pathlib import Path

import pytest
from small_kit import PHASE_1, make_kit

from course.building.lesson_text import cut
from course.building.lessons import LessonError, load_exercises, load_lessons

BLOCK = PHASE_1[PHASE_1.index("```{exercise} 1.1") :].partition("\n\n")[0]


def test_exercises_come_in_the_order_of_the_course(tmp_path: Path) -> None:
    exercises = load_exercises(make_kit(tmp_path))
    assert list(exercises) == ["1.1", "1.2", "1.3", "2.1", "2.2"]


def test_an_exercise_knows_what_it_is_about(tmp_path: Path) -> None:
    first = load_exercises(make_kit(tmp_path))["1.1"]
    assert (first.kind, first.phase, first.minutes) == ("definition", 1, 10)
    assert (first.module, first.path) == ("words", "count_words")
    assert first.name == "count_words"
    assert first.saved_in == "llm_providers/words.py"
    assert first.tests == tmp_path / "tests" / "test_words.py"
    assert first.hints == ("A `Counter` counts.", "Use WORD: it finds words.")


def test_a_methods_solution_starts_at_the_left_margin(tmp_path: Path) -> None:
    exercise = load_exercises(make_kit(tmp_path))["1.2"]
    assert (exercise.path, exercise.name) == ("Tally.add", "add")
    assert exercise.solution.startswith("# Several calls add up.\ndef add(\n")
    assert exercise.blank.startswith("def add(\n")


def test_a_test_files_solution_stands_in_its_block(tmp_path: Path) -> None:
    exercise = load_exercises(make_kit(tmp_path))["1.3"]
    assert exercise.kind == "tests"
    assert exercise.saved_in == "tests/test_openai_agent.py"
    assert exercise.solution.startswith("from llm_providers.words import")
    assert 'NotImplementedError("exercise 1.3")' in exercise.blank


def test_a_solution_may_stand_in_a_fence_of_its_own(tmp_path: Path) -> None:
    kit = make_kit(tmp_path)
    path = kit.lessons / "phase_1_words.md"
    text = PHASE_1.replace("```{exercise} 1.3", "````{exercise} 1.3")
    text = text.replace("solution: |\n", "solution: |\n  ```python\n")
    text = text.rstrip().removesuffix("```") + "  ```\n````\n"
    path.write_text(text)
    solution = load_exercises(kit)["1.3"].solution
    assert solution.startswith("from llm_providers")
    assert "```" not in solution


def test_the_pieces_of_a_lesson_are_its_cells(tmp_path: Path) -> None:
    lesson = load_lessons(make_kit(tmp_path))[0]
    assert lesson.title == "Words"
    assert lesson.name == "phase_1_words"
    assert [cell.kind for cell in lesson.cells] == [
        "markdown",
        "markdown",
        "code",
        "markdown",
        "exercise",
        "instructor",
        "code",
        "exercise",
        "exercise",
    ]


def test_a_models_name_comes_from_the_catalogue(tmp_path: Path) -> None:
    lesson = load_lessons(make_kit(tmp_path))[0]
    assert "with model-a." in lesson.cells[0].text


def test_double_braces_of_code_stay_as_they_are(tmp_path: Path) -> None:
    kit = make_kit(tmp_path)
    path = kit.lessons / "phase_1_words.md"
    path.write_text('# A\n\n```python\nf"{{name}}"\n```\n')
    assert load_lessons(kit)[0].cells[1].text == 'f"{{name}}"'


def test_prose_is_cut_at_headings_and_plus_signs_outside_fences() -> None:
    text = "a\n\n# b\n```text\n# no heading\n+++\n```\nc\n+++\n\nd\n"
    pieces = cut(text, Path("phase_1_x.md"))
    assert [piece.text for piece in pieces] == [
        "a",
        "# b\n```text\n# no heading\n+++\n```\nc",
        "d",
    ]
    assert [piece.line for piece in pieces] == [1, 3, 11]


def test_a_longer_fence_holds_a_shorter_one() -> None:
    text = "````{instructor}\n```python\n1\n```\n````\n"
    (piece,) = cut(text, Path("phase_1_x.md"))
    assert (piece.kind, piece.text) == ("instructor", "```python\n1\n```")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("```{exercise} 1.1", "```{exercise}", "without a number"),
        ("```{exercise} 1.1", "```{exercise} 2.1", "not belong to phase 1"),
        ("```{exercise} 1.1", "```{exercice} 1.1", "unknown block"),
        ("minutes: 10\n", "", "without minutes"),
        ("minutes: 10", "minutes: ten", "minutes is not a whole number"),
        ("minutes: 10", "minutes: true", "minutes is not a whole number"),
        ("difficulty: 1", "difficulty: 4", "difficulty is not 1, 2 or 3"),
        ("points: 5", "points: 5\npoint: 5", "unknown: point"),
        ("points: 5", "points: 5\nfile: a.py", "a definition or a file"),
        ("definition: words.count_words", "file: a.py", "needs a solution"),
        ("lower case.", "lower: case", "steps, number 1: no text"),
        ('"Use WORD: it finds words."', '""', "hints, number 2: no text"),
        ("title: Count words", "title: 7", "title is no text"),
        ("title: Count words", "title: a: b", "not YAML"),
        ("title: Count words", "title: [", "not YAML"),
    ],
)
def test_a_malformed_block_is_named_by_file_and_line(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    kit = make_kit(tmp_path)
    path = kit.lessons / "phase_1_words.md"
    path.write_text("# Words\n\n" + BLOCK.replace(old, new, 1))
    with pytest.raises(LessonError) as raised:
        load_exercises(kit)
    assert str(raised.value).startswith("phase_1_words.md:")
    assert reason in str(raised.value)


def test_a_fence_that_is_never_closed_is_named(tmp_path: Path) -> None:
    kit = make_kit(tmp_path)
    (kit.lessons / "phase_1_words.md").write_text("# A\n\n```python\n1\n")
    with pytest.raises(LessonError, match=r"words\.md:3: .* never closed"):
        load_lessons(kit)


def test_an_exercise_that_stands_twice_is_refused(tmp_path: Path) -> None:
    kit = make_kit(tmp_path)
    text = f"# Words\n\n{BLOCK}\n\n{BLOCK}\n"
    (kit.lessons / "phase_1_words.md").write_text(text)
    with pytest.raises(LessonError, match=r"there are two exercises 1\.1"):
        load_lessons(kit)


def test_a_role_that_the_catalogue_lacks_is_named(tmp_path: Path) -> None:
    kit = make_kit(tmp_path)
    text = "# A\n\nb\n{{role openai nobody}}\n"
    (kit.lessons / "phase_1_words.md").write_text(text)
    with pytest.raises(LessonError, match=r"words\.md:4: the catalogue has"):
        load_lessons(kit)


def test_a_definition_that_the_package_lacks_is_named(tmp_path: Path) -> None:
    kit = make_kit(tmp_path)
    text = f"# A\n\n{BLOCK.replace('count_words', 'nobody')}\n"
    (kit.lessons / "phase_1_words.md").write_text(text)
    with pytest.raises(LessonError, match=r"words\.md:4: .* is not defined"):
        load_exercises(kit)["1.1"].solution  # noqa: B018


def test_a_lesson_without_a_title_is_refused(tmp_path: Path) -> None:
    kit = make_kit(tmp_path)
    (kit.lessons / "phase_1_words.md").write_text("## Words\n")
    with pytest.raises(LessonError, match="no title"):
        load_lessons(kit)
