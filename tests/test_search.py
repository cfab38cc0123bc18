"""Searching the lessons, and the glossary that the search looks in."""

from pathlib import Path

import pytest
from small_kit import make_kit

from course.building.lessons import load_lessons
from course.kit import Kit
from course.teaching import search
from course.teaching.glossary import load_glossary
from course.teaching.search import find, sections

TERMS = load_glossary(Kit())


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return make_kit(tmp_path)


def titles(kit: Kit, *words: str) -> list[str]:
    found = find(sections(load_lessons(kit)), words)
    return [each.section.title for each in found]


def test_a_place_has_all_the_words_and_its_heading_counts_most(
    kit: Kit,
) -> None:
    assert titles(kit, "count", "word")[0] == "Exercise 1.1 · Count words"
    assert titles(kit, "LONGEST") == ["Exercise 2.2 · The longest word"]
    assert titles(kit, "count", "zebra") == []


def test_a_word_is_found_from_its_beginning_on(kit: Kit) -> None:
    assert "Exercise 1.1 · Count words" in titles(kit, "patt")
    assert titles(kit, "attern") == []


def test_hints_answers_and_notes_are_not_searched(kit: Kit) -> None:
    assert titles(kit, "Counter") == []
    assert titles(kit, "capitals") == ["Exercise 2.1 · A loud text"]


def test_a_place_is_named_by_notebook_and_heading(kit: Kit) -> None:
    (found,) = find(sections(load_lessons(kit)), ["work", "end"])
    assert found.section.anchor == "notebooks/phase_1_words.ipynb#Words"
    assert found.excerpt.startswith("What will work at the end")


def test_the_command_shows_terms_and_places(
    kit: Kit,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    docs = kit.root / "docs"
    docs.mkdir()
    (docs / "glossary.md").write_text(
        "# Glossary\n\n## Word\n\nLetters in\na row.\n\n## Text\n\nWords.\n"
    )
    monkeypatch.setattr(search, "Kit", lambda: kit)
    assert search.main(["word"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Word (glossary)\n    Letters in a row.\n")
    assert "Phase 2 · Exercise 2.2 · The longest word" in said
    assert "Text (glossary)" not in said
    assert search.main(["zebra"]) == 1
    assert "No lesson speaks of 'zebra'" in capsys.readouterr().out


def test_the_glossary_has_its_terms_in_order() -> None:
    names = [term.name for term in TERMS]
    assert 25 <= len(names) <= 50
    assert names == sorted(names, key=str.casefold)
    assert len(set(names)) == len(names)
    assert all(5 <= len(term.meaning.split()) <= 45 for term in TERMS)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_term_of_the_glossary_is_at_work_in_a_lesson(term) -> None:
    assert find(sections(load_lessons(Kit())), term.name.split())
