"""Cells are found in notebooks, whatever happened to them."""

import json

import pytest

from course.grading.notebooks_in import (
    MOST_FAILURES,
    read_notebook,
    read_script,
)
from course.grading.texts_in import sides_of_conflict, text_of


def notebook(*sources):
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
        for source in sources
    ]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})


def sources(data):
    return [cell.source for cell in read_notebook(data).cells]


def test_a_source_is_a_text_or_a_list_of_lines():
    text = notebook("a = 1\nb", ["c = 1\n", "d"], ["e = 1", "f"])
    found = read_notebook(text.encode())
    assert [cell.source for cell in found.cells] == [
        "a = 1\nb",
        "c = 1\nd",
        "e = 1\nf",
    ]
    assert found.repairs == found.problems == []


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_a_mangled_encoding_is_undone(encoding):
    text = notebook("name = 'Grüße'").replace("\\u00fc", "ü")
    assert sources(text.encode(encoding)) == ["name = 'Grüße'"]


def test_western_encodings_are_guessed():
    text = json.dumps(["name = 'Grüße'"], ensure_ascii=False)
    found = read_notebook(text.encode("cp1252"))
    assert found.cells[0].source == "name = 'Grüße'"
    assert any("Windows-1252" in repair for repair in found.repairs)


def test_a_few_bad_bytes_among_good_ones_stay_few():
    text, repair = text_of("Grüße, Ärger, Öl".encode() + b"\xff")
    assert text.startswith("Grüße, Ärger, Öl")
    assert "1 bytes" in repair


def test_of_a_truncated_notebook_the_whole_cells_are_read():
    text = notebook("a = 1", "b = 2", "c = 3")
    found = read_notebook(text[: text.index("c = 3")].encode())
    assert [cell.source for cell in found.cells] == ["a = 1", "b = 2"]
    assert "2 cells that are whole" in found.repairs[0]


def test_a_broken_cell_hurts_no_other():
    text = notebook("a = 1", "b = 2", "c = 3").replace('"b = 2"', '"b = 2')
    assert sources(text.encode()) == ["a = 1", "c = 3"]


def test_format_3_is_read():
    old = {
        "nbformat": 3,
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["a"]}]}],
    }
    found = read_notebook(json.dumps(old).encode())
    assert [cell.source for cell in found.cells] == ["a"]
    assert "format 3" in found.repairs[0]


@pytest.mark.parametrize(
    "content",
    [["a = 1"], {"cells": ["a = 1"]}, {"cells": [["a = 1"]]}],
)
def test_cells_that_are_mere_texts_are_taken(content):
    assert sources(json.dumps(content).encode()) == ["a = 1"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"\0\0", "no notebook"),
        (b"hello", "no notebook"),
        (b"null", "no notebook"),
        (b"{}", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b"[" * 100_000, "no notebook"),
        (b'{"cells": [7, null]}', "holds no text"),
    ],
)
def test_what_cannot_be_read_is_said(data, problem):
    found = read_notebook(data)
    assert found.cells == []
    assert any(problem in text for text in found.problems)


def test_looking_for_whole_cells_comes_to_an_end():
    nested = '{"source": ' * (MOST_FAILURES * 20)
    assert read_notebook(nested.encode()).cells == []


def test_of_a_merge_with_conflicts_the_first_side_counts():
    text = json.dumps(["a = 1", "b = 1"], indent=0)
    text = text.replace(
        '"b = 1"',
        '<<<<<<< HEAD\n"b = 2"\n=======\n"b = 3"\n>>>>>>> topic',
    )
    found = read_notebook(text.encode())
    assert [cell.source for cell in found.cells] == ["a = 1", "b = 2"]
    assert "conflict" in found.repairs[0]


def test_the_base_of_a_conflict_is_no_side():
    text = "<<<<<<< a\n1\n||||||| base\n0\n=======\n2\n>>>>>>> b\nend"
    assert sides_of_conflict(text) == ["1\nend", "2\nend"]


def test_an_underlined_heading_is_no_conflict():
    text = "Title\n=======\n<<<<<<<"
    assert sides_of_conflict(text) == [text]


def test_an_exported_script_has_cells_too():
    script = "# %%\na = 1\n# In[2]:\nb = 2\n"
    cells = read_script(script.encode()).cells
    assert [cell.source.strip() for cell in cells] == ["a = 1", "b = 2"]
