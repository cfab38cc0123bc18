"""Level 0: the first target of the row that fits."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"
TASKS = json.loads((DATA / "tasks.json").read_text("utf-8"))
BINS = TASKS["length_bins"]
ROWS = {
    "code": {"short": ["a/1", "b/2"], "long": ["c/3"]},
    "default": {
        "short": ["d/4", "e/5"],
        "medium": ["f/6"],
        "long": ["g/7"],
    },
}
ALL = ("a/1", "b/2", "c/3", "d/4", "e/5", "f/6", "g/7")


@pytest.fixture
def table(llm):
    return llm.recommender.lookup_table.LookupTable(ROWS)


@pytest.mark.exercise("4.1")
def test_the_first_target_of_the_row_is_chosen(table):
    assert table.choose("code", 100, list(ALL)) == "a/1"


@pytest.mark.exercise("4.1")
def test_the_length_of_the_prompt_decides_the_column(table):
    assert table.choose("code", 5_000, list(ALL)) == "c/3"


@pytest.mark.exercise("4.1")
def test_a_target_that_does_not_fit_is_passed_over(table):
    assert table.choose("code", 100, ["b/2", "e/5"]) == "b/2"


@pytest.mark.exercise("4.1")
def test_the_table_says_who_is_better_whatever_the_order_of_the_fitting(
    table,
):
    assert table.choose("code", 100, ["b/2", "a/1"]) == "a/1"


@pytest.mark.exercise("4.1")
def test_where_the_row_has_nobody_that_fits_the_default_row_stands_in(table):
    assert table.choose("code", 100, ["e/5", "f/6"]) == "e/5"


@pytest.mark.exercise("4.1")
def test_a_type_without_a_row_gets_the_default_row(table):
    assert table.choose("gardening", 100, list(ALL)) == "d/4"


@pytest.mark.exercise("4.1")
def test_where_nobody_fits_nobody_is_chosen(table):
    assert table.choose("code", 100, ["z/9"]) is None
    assert table.choose("code", 100, []) is None


@pytest.mark.exercise("4.1")
@pytest.mark.parametrize(
    ("tokens", "chosen"),
    [(100, "a/1"), (1_000, "f/6"), (5_000, None)],
    ids=["the default row", "its own row", "both rows"],
)
def test_a_row_that_lacks_this_length_has_nobody_to_offer(llm, tokens, chosen):
    rows = {"code": {"short": ["a/1"]}, "default": {"medium": ["f/6"]}}
    table = llm.recommender.lookup_table.LookupTable(rows)
    assert table.choose("code", tokens, set(ALL)) == chosen


@pytest.mark.exercise("4.1")
def test_a_table_without_a_default_row_has_nobody_else_to_offer(llm):
    rows = {"code": {"short": ["a/1"]}}
    table = llm.recommender.lookup_table.LookupTable(rows)
    assert table.choose("gardening", 100, list(ALL)) is None


@pytest.mark.exercise("4.1")
def test_a_bin_ends_where_the_next_one_begins(table):
    first = {"short": "d/4", "medium": "f/6", "long": "g/7"}
    for this, after in pairwise(BINS):
        border = this["below_tokens"]
        assert (
            table.choose("default", border - 1, list(ALL))
            == first[this["name"]]
        )
        assert (
            table.choose("default", border, list(ALL)) == first[after["name"]]
        )


@pytest.mark.exercise("4.1")
def test_a_name_that_only_begins_or_ends_like_a_target_is_another(table):
    assert table.choose("code", 100, ["a/10", "a", "aa/1", "b/2"]) == "b/2"


@pytest.mark.exercise("4.1")
def test_the_row_s_own_order_counts_to_its_end(llm):
    row = [f"{letter}/1" for letter in "qwertyuiop"]
    rows = {"default": {"short": row}}
    table = llm.recommender.lookup_table.LookupTable(rows)
    for place, target in enumerate(row):
        assert table.choose("code", 100, set(row[place:])) == target


def test_the_table_s_roles_are_played_by_models_of_the_catalogue(llm):
    catalogue = llm.catalogue.load_catalogue()
    table = llm.recommender.lookup_table.load_lookup_table(catalogue)
    known = {f"{row.provider}/{row.id}" for row in catalogue.rows}
    entries = {
        target
        for bins in table.rows.values()
        for targets in bins.values()
        for target in targets
    }
    assert entries <= known and len(entries) > 8


def test_every_row_has_every_bin_and_every_provider(llm):
    content = json.loads((DATA / "lookup_table.json").read_text("utf-8"))
    providers = {"openai", "gemini", "requestry", "openrouter"}
    assert set(content["rows"]) <= set(llm.recommender.task_types.task_types())
    for bins in content["rows"].values():
        assert list(bins) == ["short", "medium", "long"]
        for entries in bins.values():
            named = {re.split("[ /]", entry)[0] for entry in entries}
            assert named == providers
