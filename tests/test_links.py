"""Links between documents lead somewhere."""

from pathlib import Path

import pytest

from course.upkeep.links import broken_links, slugs

ROOT = Path(__file__).resolve().parent.parent


def test_no_document_of_the_project_links_to_what_is_not_there():
    assert broken_links(ROOT) == []


@pytest.mark.parametrize(
    "text",
    [
        "[a](missing.md)",
        "![a picture](pictures/missing.png)",
        '[a](other.md "A title") and [b](gone.md)',
        "[a](other.md#no-such-heading)",
        "[a](#no-such-heading)",
        '<a href="gone.html">a</a>',
    ],
)
def test_a_link_that_leads_nowhere_is_told_with_its_line(tmp_path, text):
    (tmp_path / "other.md").write_text("# A heading\n")
    (tmp_path / "README.md").write_text(f"# Title\n\n{text}\n")
    (told,) = broken_links(tmp_path)
    assert told.startswith("README.md:3: ")


@pytest.mark.parametrize(
    "text",
    [
        "[a](other.md#a-heading)",
        "[a](#title)",
        "[a](https://example.org/x)",
        "[a](mailto:somebody@example.org)",
        "`[a](missing.md)`",
        "```\n[a](missing.md)\n```",
        "[a](docs)",
    ],
)
def test_other_links_are_in_order(tmp_path, text):
    (tmp_path / "docs").mkdir()
    (tmp_path / "other.md").write_text("# A heading\n")
    (tmp_path / "README.md").write_text(f"# Title\n\n{text}\n")
    assert broken_links(tmp_path) == []


def test_a_lesson_s_links_are_those_of_its_notebook(tmp_path):
    for name in ("course/lessons", "notebooks", "docs/pictures"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "docs/pictures/map.svg").touch()
    lesson = tmp_path / "course/lessons/phase_1_x.md"
    lesson.write_text("# One\n\n![a map](../docs/pictures/map.svg)\n")
    assert broken_links(tmp_path) == []


def test_headings_of_one_name_are_numbered():
    text = "# `auto` means: two!\n## Same\n## Same\n```\n# no heading\n```\n"
    assert slugs(text) == {"auto-means-two", "same", "same-1"}
