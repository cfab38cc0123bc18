"""Teaching a phase: notes, slides, time plans, and the view of a class."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from small_kit import make_kit

from course.building.lessons import Lesson, load_exercises, load_lessons
from course.kit import Kit
from course.problems import CommandError
from course.teaching import class_view, presenting
from course.teaching.class_view import class_page
from course.teaching.learners import read_class
from course.teaching.plan import FORMATS, Format, plan_for, plan_text
from course.teaching.presenting import prepare
from course.teaching.slides import write_slides
from course.teaching.walkthrough import slides_notebook, walkthrough_notebook
from course.workspace.packed import pack
from course.workspace.workspace import Workspace

LESSONS = load_lessons(Kit())
ASKED = re.compile(r"<(?:script|link|img)[^>]*(?:src|href)=\"([^\"]+)")
NOTE = "Most forget the capitals."


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = make_kit(tmp_path / "kit")
    picture = kit.pictures / "package_phase_1.svg"
    picture.parent.mkdir(parents=True)
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    return kit


@pytest.fixture
def lesson(kit: Kit) -> Lesson:
    return load_lessons(kit)[0]


def sources(notebook: dict) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"]]


def test_a_walkthrough_has_the_blanks_and_the_notes(lesson: Lesson) -> None:
    texts = sources(walkthrough_notebook(lesson))
    assert any(NOTE in text for text in texts)
    assert any('NotImplementedError("exercise 1.1")' in t for t in texts)
    assert not any("return dict(Counter(" in text for text in texts)


def test_slides_begin_at_headings_with_the_answer_below_the_steps(
    lesson: Lesson,
) -> None:
    cells = slides_notebook(lesson)["cells"]
    kinds = [cell["metadata"]["slideshow"]["slide_type"] for cell in cells]
    begun = {
        "".join(cell["source"]).partition("\n")[0]: kind
        for cell, kind in zip(cells, kinds, strict=True)
    }
    assert begun["# Words"] == begun["## Counting"] == "slide"
    assert begun["### Exercise 1.1 · Count words"] == "subslide"
    assert begun['@exercise("1.1")'] == "subslide"
    assert begun["> **For the instructor**"] == "notes"
    assert begun["import sys"] == "-"


def test_what_a_solution_showed_stands_on_the_slides(lesson: Lesson) -> None:
    ran = slides_notebook(lesson)
    shown = [{"output_type": "stream", "name": "stdout", "text": ["42\n"]}]
    for cell in ran["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = shown
    cells = slides_notebook(lesson, ran)["cells"]
    outputs = {
        "".join(cell["source"]).partition("\n")[0]: cell["outputs"]
        for cell in cells
        if cell["cell_type"] == "code"
    }
    assert outputs["import sys"] == shown
    assert outputs['@exercise("1.1")'] == []


def test_slides_ask_no_network_and_bring_their_pictures(
    kit: Kit, lesson: Lesson, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "slides.html"
    write_slides(kit, lesson, target)
    page = target.read_text("utf-8")
    assert NOTE in page
    assert "data:image/svg+xml;base64," in page
    asked = re.findall(ASKED, page)
    local = [each for each in asked if not each.startswith("data:")]
    assert local
    for name in local:
        assert (target.parent / name).is_file(), name
    theme = target.parent / "reveal.js" / "dist" / "theme" / "white.css"
    imports = re.findall(r"@import +([^;]+);", theme.read_text("utf-8"))
    assert imports == ["url(./fonts/source-sans-pro/source-sans-pro.css)"]


def test_what_was_presented_before_is_kept(kit: Kit, lesson: Lesson) -> None:
    path = prepare(kit, lesson)
    assert not (path.parent / "history").exists()
    path.write_text("worked in", "utf-8")
    prepare(kit, lesson)
    (kept,) = (path.parent / "history" / lesson.name).iterdir()
    assert kept.read_text("utf-8") == "worked in"


def test_earlier_phases_are_filled_in_for_a_walkthrough(kit: Kit) -> None:
    prepare(kit, load_lessons(kit)[1])
    workspace = Workspace(kit.root / presenting.WORKSPACE, kit)
    states = [each.state for each in workspace.standings()]
    assert states == ["filled_in"] * 3 + ["not_started"] * 2
    assert not (kit.root / "workspace").exists()


def test_a_phase_is_opened_in_a_workspace_of_its_own(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(presenting, "ROOT", kit.root)
    monkeypatch.setattr(
        presenting, "open_lab", lambda *wanted: opened.append(wanted) or 0
    )
    monkeypatch.setenv("COURSE_WORKSPACE", "before")
    assert presenting.main(["2", "--no-browser"]) == 0
    assert opened == [(None, False, "presenting/phase_2_loud.ipynb")]
    assert presenting.os.environ["COURSE_WORKSPACE"] == str(
        kit.root / ".workspace-presenting"
    )
    with pytest.raises(CommandError, match="one of 1, 2"):
        presenting.main(["3"])


# Plans


@pytest.mark.parametrize("wanted", FORMATS.values(), ids=FORMATS)
def test_a_plan_keeps_its_time_and_leaves_no_exercise_out(
    wanted: Format,
) -> None:
    plan = plan_for(LESSONS, wanted)
    together = [slot.exercise for slot in plan.slots if slot.exercise]
    left = [each for phase in plan.left.values() for each in phase]
    everything = [each for lesson in LESSONS for each in lesson.exercises]
    assert {e.id for e in together + left} == {e.id for e in everything}
    assert len(together) + len(left) == len(everything)
    assert [e.id for e in together] == [
        e.id for e in everything if e in together
    ]
    assert {e.phase for e in together} == {e.phase for e in LESSONS}
    for slot in plan.slots:
        assert slot.start + slot.minutes <= wanted.minutes


@pytest.mark.parametrize("wanted", FORMATS.values(), ids=FORMATS)
def test_nobody_works_for_more_than_an_hour_without_a_break(
    wanted: Format,
) -> None:
    work, sitting = 0, 1
    for slot in plan_for(LESSONS, wanted).slots:
        fresh = slot.sitting != sitting or slot.exercise is None
        work = 0 if fresh else work
        work += slot.minutes if slot.exercise else 0
        sitting = slot.sitting
        assert work <= 60


def test_five_evenings_take_a_phase_each() -> None:
    plan = plan_for(LESSONS, FORMATS["five-evenings"])
    assert {
        (slot.sitting, slot.exercise.phase)
        for slot in plan.slots
        if slot.exercise
    } == {(each.phase, each.phase) for each in LESSONS}
    assert plan.left == {}


def test_a_plan_is_told_with_a_clock(kit: Kit) -> None:
    wanted = Format("A quarter", 1, 20)
    assert plan_text(plan_for(load_lessons(kit), wanted)) == (
        "A quarter (20 min)\n"
        "\n"
        "  Phase 1\n"
        "    0:00    5 min  1.2 · Add up\n"
        "\n"
        "  Phase 2\n"
        "    0:05    4 min  2.2 · The longest word\n"
        "\n"
        "Left for home, or for `python3 -m course catch-up N`:\n"
        "  phase 1: 1.1, 1.3 (18 min)\n"
        "  phase 2: 2.1 (12 min)"
    )


# The class


def hand_in(
    kit: Kit, folder: Path, name: str, verdicts: Sequence[tuple[str, str]]
) -> Workspace:
    seconds = iter(range(1_000_000, 2_000_000, 60))
    workspace = Workspace(folder / name, kit, clock=lambda: next(seconds))
    workspace.ensure()
    for number, status in verdicts:
        workspace.record(number, status)
    return workspace


@pytest.fixture
def folder(kit: Kit, tmp_path: Path) -> Path:
    """What a class handed in: a folder, a zip file, a progress file, junk."""
    made, desk = tmp_path / "class", tmp_path / "desk"
    made.mkdir()
    tried = [("1.2", "failed")] * 4
    hand_in(kit, made, "ada", [("1.1", "passed"), *tried])
    bob = hand_in(kit, desk, "bob", [("1.1", "passed"), *tried])
    (made / "bob.zip").write_bytes(pack(bob.folder))
    cleo = hand_in(kit, desk, "cleo", [("1.1", "failed"), ("1.1", "passed")])
    cleo.catch_up(1)
    progress = (cleo.folder / "progress.json").read_bytes()
    (made / "cleo.json").write_bytes(progress)
    (made / "dan.json").write_text("{}")
    (made / "eve.zip").write_bytes(b"no zip file")
    (made / "readme.txt").write_text("not a learner")
    return made


def test_a_class_is_read_from_folders_and_files(folder: Path) -> None:
    learners = read_class(folder)
    assert [each.name for each in learners] == [
        "ada",
        "bob",
        "cleo",
        "dan",
        "eve",
    ]
    assert [bool(each.problem) for each in learners] == [False] * 3 + [
        True,
        True,
    ]


def test_the_class_view_says_who_is_where_and_what_holds_many_up(
    kit: Kit, folder: Path
) -> None:
    page = class_page(read_class(folder), load_exercises(kit))
    text = page.text()
    assert text.startswith("The class: 3 learners")
    assert "2 stuck  1.2 · Add up: ada, bob" in text
    assert re.search(r"^ada +1 of 5 +5 +1\.2 · Add up +4 +4 min", text, re.M)
    assert re.search(r"^cleo +1 of 5 +5 +2\.1 · A loud text +0 ", text, re.M)
    assert "dan: This is no progress file." in text
    assert "eve: This is no packed workspace" in text
    html = page.html()
    assert "<th scope='col'" in html and "<th scope='row'" in html


def test_a_class_without_trouble_says_so(kit: Kit, tmp_path: Path) -> None:
    hand_in(kit, tmp_path / "c", "ada", [("1.1", "failed")] * 3)
    page = class_page(read_class(tmp_path / "c"), load_exercises(kit))
    assert "Nobody is stuck." in page.text()


def test_a_name_is_text_on_the_page(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "<b>x.json").write_text(json.dumps({"exercises": {}}))
    page = class_page(read_class(tmp_path), load_exercises(kit))
    assert "<b>x" not in page.html()
    assert "&lt;b&gt;x" in page.html()


def test_the_command_writes_a_page_too(
    kit: Kit,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(class_view, "Kit", lambda: kit)
    page = tmp_path / "class.html"
    assert class_view.main([str(folder), "--html", str(page)]) == 0
    assert "Who is where" in capsys.readouterr().out
    assert "<title>The class</title>" in page.read_text("utf-8")
    with pytest.raises(CommandError, match="no folder"):
        class_view.main([str(tmp_path / "nowhere")])
