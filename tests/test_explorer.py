"""The explorer: controls that a recommendation and its plot move with."""

import json
from datetime import date
from types import SimpleNamespace

import pytest

from course.kernel.explored import (
    Choices,
    Wish,
    explored_page,
    read_choices,
)
from course.kernel.explorer import Explorer

TODAY, LATER = date(2026, 11, 22), date(2027, 1, 1)
CHOICES = Choices(["default", "code"], ["here", "there"], [TODAY, LATER])
WISH = Wish(TODAY, providers=("here", "there"))


def candidate(target, quality, expected):
    cost = {"low": None, "expected": expected, "high": None}
    return {"target": target, "probability": quality, "cost": cost}


CHEAP = candidate("here/cheap", 0.5, 0.001)
GOOD = candidate("there/good", 0.9, 0.02)


class Recommender:
    """Chooses by the quality weight alone, and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, task, day):
        self.asked.append((task, day))
        better = task["quality_weight"] >= 0.5
        ranking = [GOOD, CHEAP] if better else [CHEAP, GOOD]
        return {
            "target": ranking[0]["target"],
            "probability": ranking[0]["probability"],
            "cost": {"low": 0.0005, "expected": 0.001, "high": 0.002},
            "reasons": ["It is measured.", "<b>It fits.</b>"],
            "rejected": [
                {
                    "target": "there/old",
                    "constraint": "days_ahead",
                    "reason": "is shut down on the next day",
                }
            ],
            "runner_up": ranking[1]["target"],
            "counterfactual": "would be there/old if it lived on",
            "confidence": 0.7,
            "abstained": False,
            "prices_of": day.isoformat(),
            "level": "scorer",
            "ranking": ranking,
        }


@pytest.fixture
def recommender():
    return Recommender()


@pytest.fixture
def explorer(recommender):
    return Explorer(CHOICES, recommender, WISH)


def said(page):
    return " ".join(page.text().split())


def test_the_page_has_choice_reasons_what_if_and_rejected(recommender):
    text = said(explored_page(WISH, recommender))
    assert text.startswith("Explorer: there/good")
    assert "It is measured." in text
    assert "What if: would be there/old if it lived on" in text
    assert "1 rejected by days_ahead there/old: is shut down" in text
    assert "0.001 USD (0.0005 USD to 0.002 USD)" in text
    assert "Better than next: 70%" in text


def test_the_page_ranks_and_plots_what_fits(recommender):
    text = said(explored_page(WISH, recommender))
    assert "1. there/good: quality 90%, 0.02 USD" in text
    assert "2. here/cheap: quality 50%, 0.001 USD" in text
    assert "Chosen: there/good, quality 0.90 for 0.02 USD" in text


def test_markup_in_a_reason_is_only_text(recommender):
    page = explored_page(WISH, recommender, live=True)
    assert "<b>" not in page.html()
    assert "&lt;b&gt;It fits." in page.html()


def test_the_same_wish_shows_the_same(recommender):
    pages = [explored_page(WISH, recommender) for _ in range(2)]
    assert pages[0].html() == pages[1].html()


def test_what_is_asked_is_said(recommender):
    wish = Wish(LATER, "code", 2500, 0.25, 0.01, ("vision",), ("here",))
    text = said(explored_page(wish, recommender))
    assert "code, 2,500 prompt tokens, at most 0.01 USD" in text
    assert "quality weight 0.25, images, here, prices of 2027-01-01" in text


def test_a_recommender_that_is_not_written_yet_says_so():
    def blank(task, day):
        raise NotImplementedError("exercise 4.5")

    assert "Not written yet: exercise 4.5." in said(explored_page(WISH, blank))


def test_a_broken_recommender_stops_nothing():
    def broken(task, day):
        return {}

    assert "KeyError" in said(explored_page(WISH, broken))


def test_where_nothing_fits_the_page_says_what_is_in_the_way():
    class NothingFitsError(ValueError):
        tightest = "max_cost_usd"
        rejected = (
            SimpleNamespace(
                target="here/cheap",
                constraint="max_cost_usd",
                reason="costs ten times as much",
            ),
        )

    def refuse(task, day):
        raise NothingFitsError("Nothing fits: raise max_cost_usd.")

    text = said(explored_page(WISH, refuse))
    assert "Explorer: nothing fits" in text
    assert "raise max_cost_usd." in text
    assert "here/cheap: costs ten times as much" in text


def test_the_answer_is_there_before_anything_is_moved(explorer):
    assert "there/good" in explorer.answer.value
    assert "<svg" in explorer.answer.value


def test_the_quality_weight_moves_choice_and_plot(explorer):
    explorer.weight.value = 0.1
    assert "Explorer: <strong>here/cheap" in explorer.answer.value
    assert "chosen: here/cheap" in explorer.answer.value


@pytest.mark.parametrize(
    ("control", "value", "field", "expected"),
    [
        ("type", "code", "type", "code"),
        ("length", 20_000, "prompt_tokens", 20_000),
        ("weight", 0.8, "quality_weight", 0.8),
    ],
)
def test_each_control_is_a_field_of_the_task(
    explorer, recommender, control, value, field, expected
):
    getattr(explorer, control).value = value
    assert recommender.asked[-1][0][field] == expected


def test_a_budget_counts_once_it_is_asked_for(explorer, recommender):
    assert explorer.budget.disabled
    explorer.budget.value = 0.1
    assert recommender.asked[-1][0]["max_cost_usd"] is None
    explorer.limited.value = True
    assert recommender.asked[-1][0]["max_cost_usd"] == pytest.approx(0.1)
    assert not explorer.budget.disabled


def test_needs_and_providers_are_ticked(explorer, recommender):
    explorer.needs["json_schema"].value = True
    explorer.providers["here"].value = False
    task, _ = recommender.asked[-1]
    assert task["needs"] == {"json_schema"}
    assert task["providers"] == ("there",)


def test_another_price_book_is_another_day(explorer, recommender):
    explorer.day.value = LATER
    assert recommender.asked[-1][1] == LATER
    assert "2027-01-01" in explorer.answer.value


def test_every_control_has_a_name(explorer):
    assert all(each.description for each in explorer._controls())


def test_a_field_that_is_none_is_named():
    with pytest.raises(ValueError, match="^max_cost: .*max_cost_usd"):
        Wish.of({"day": date(2026, 11, 22), "max_cost": 3})


def test_the_choices_are_those_of_the_data(tmp_path):
    (tmp_path / "data").mkdir()
    tasks = {"types": {"code": {}, "default": {}, "chat": {}}}
    rows = [
        {"provider": "b", "prices": [{"from": "2026-10-01"}]},
        {"provider": "a", "prices": [{"from": "2027-01-01"}]},
        {"provider": "a", "prices": [{"from": "2020-01-01"}]},
    ]
    models = {"as_of": "2026-11-22", "models": rows}
    for name, content in (("tasks", tasks), ("models", models)):
        path = tmp_path / "data" / f"{name}.json"
        path.write_text(json.dumps(content), "utf-8")
    choices = read_choices(SimpleNamespace(data=tmp_path / "data"))
    assert choices.types == ["default", "chat", "code"]
    assert choices.providers == ["a", "b"]
    assert choices.days == [TODAY, date(2026, 10, 1), LATER]
