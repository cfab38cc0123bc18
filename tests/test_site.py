"""The documentation's site: complete, and without a link to nowhere."""

import os
import re
from pathlib import Path

import pytest

from course.kit import Kit
from course.problems import CommandError
from course.upkeep.links import links, slugs
from course.upkeep.public_names import modules
from course.upkeep.site import main, relinked, rendered, write_source
from course.upkeep.site_wire import PROTOCOLS

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `(\w+)` \| (\d+) \|", re.MULTILINE)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The Markdown that the site is made of, by the pages' names."""
    source = tmp_path_factory.mktemp("site") / "source"
    write_source(Kit(), source)
    return {
        path.relative_to(source).as_posix(): path
        for path in source.rglob("*")
        if path.is_file()
    }


def text_of(pages, name):
    return pages[name].read_text("utf-8")


def broken(pages):
    """Return each link of a page to a page, or an anchor, that is not."""
    for name in sorted(name for name in pages if name.endswith(".md")):
        for link in links(text_of(pages, name)):
            target, _, anchor = link.target.partition("#")
            place = os.path.normpath(Path(name).parent / target)
            there = name if not target else Path(place).as_posix()
            if there not in pages:
                yield f"{name}: {link.target}"
            elif anchor and anchor not in slugs(text_of(pages, there)):
                yield f"{name}: {link.target}"


def test_no_page_links_to_what_is_not_there(pages):
    assert list(broken(pages)) == []


def test_a_broken_link_would_be_found(pages, tmp_path):
    extra = tmp_path / "extra.md"
    extra.write_text("[a](docs/gone.md) [b](docs/router.md#gone)")
    told = list(broken({**pages, "extra.md": extra}))
    assert [one for one in told if one.startswith("extra.md: ")] == [
        "extra.md: docs/gone.md",
        "extra.md: docs/router.md#gone",
    ]


@pytest.mark.parametrize("package", ["llm_providers", "release"])
def test_every_public_name_has_its_place_in_the_reference(pages, package):
    for module in modules(package):
        page = text_of(pages, f"reference/{module.__name__}.md")
        for name in getattr(module, "__all__", ()):
            assert f"\n## `{name}`\n" in page


def test_the_methods_of_a_class_stand_there_too(pages):
    page = text_of(pages, "reference/llm_providers.agent.md")
    assert "## `Agent.process_prompt`" in page


def test_every_lesson_and_every_phase_has_a_page(pages):
    for lesson in sorted(Kit().lessons.glob("phase_*.md")):
        assert f"lessons/{lesson.name}" in pages
        number = lesson.name.split("_")[1]
        assert "## Its exercises" in text_of(
            pages, f"docs/phases/phase_{number}.md"
        )


def test_answers_and_notes_are_folded(pages):
    page = text_of(pages, "lessons/phase_1_environment_and_setup.md")
    plain = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert "\n@exercise(" in page
    assert "\n@exercise(" not in plain
    assert "**For the instructor**" not in plain


def test_a_plot_is_a_picture_with_words_for_those_who_do_not_see_it(pages):
    page = text_of(pages, "lessons/phase_4_model_recommender.md")
    found = re.findall(r"!\[([^\]]+)\]\((\w+\.png)\)", page)
    assert found
    for words, name in found:
        assert len(words.split()) > 3
        assert pages[f"lessons/{name}"].read_bytes().startswith(b"\x89PNG")


def test_every_document_of_the_project_is_a_page(pages):
    for path in sorted((ROOT / "docs").glob("*.md")):
        assert f"docs/{path.name}" in pages
    for name in ("CHANGELOG.md", "LICENSE.md", "index.md"):
        assert name in pages


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda one: one.name)
def test_a_protocol_s_errors_are_those_that_the_sandbox_documents(
    pages, protocol
):
    documented = text_of(pages, "docs/sandbox.md")
    column = [one.name for one in PROTOCOLS].index(protocol.name)
    rows = ROW.findall(text_of(pages, f"protocols/{protocol.name}.md"))
    assert len(rows) > 10
    for fault, status in rows:
        row = re.search(rf"^\| `{fault}` \|(.+)\|$", documented, re.MULTILINE)
        assert row[1].split("|")[column].split()[0] == status


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda one: one.name)
def test_a_protocol_s_page_has_question_answer_and_stream(pages, protocol):
    page = text_of(pages, f"protocols/{protocol.name}.md")
    for heading in ("A question", "Its answer", "A stream", "Errors"):
        assert f"\n## {heading}\n" in page
    assert "data: {" in page


def test_a_link_to_what_the_site_lacks_is_plain_text(tmp_path):
    (tmp_path / "kept.md").touch()
    (tmp_path / "code.py").touch()
    places = {tmp_path / "kept.md": "docs/kept.md"}
    text = "[a](kept.md#x), [the code](code.py), [b](#here), [c](http://x.y)"
    told = relinked(text, tmp_path, "docs/phases/page.md", places)
    assert told == "[a](../kept.md#x), the code, [b](#here), [c](http://x.y)"


def test_pages_ask_no_other_site_and_a_broken_link_is_a_warning(tmp_path):
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    (source / "index.md").write_text("# Title\n\n```python\nx = 1\n```\n")
    assert rendered(source, out) == []
    page = (out / "index.html").read_text("utf-8")
    asked = re.findall(
        r"<(?:script|link|img)\b[^>]*(?:src|href)=\"([^\"]+)", page
    )
    assert asked
    assert [url for url in asked if "//" in url] == []
    (source / "index.md").write_text("# Title\n\n[a](gone.md)\n")
    told = rendered(source, out)
    assert [one for one in told if one.startswith("index.md:3: ")]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(CommandError):
        main([str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
