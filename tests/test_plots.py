"""The plots of quality over cost: what they show, and that they say it."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from course.views.curves import curves, curves_plot, quality_at
from course.views.pareto import Choice, pareto_plot
from course.views.plots import Axis, money, spread_out

CHOICES = [
    Choice("a/cheap", 0.001, 0.5),
    Choice("a/worse", 0.002, 0.4),
    Choice("b/good", 0.01, 0.8),
    Choice("b/dear", 0.1, 0.8),
    Choice("c/unknown", None, 0.9),
]


def drawn(plot):
    """Return the plot's elements; raises if it is no XML."""
    return list(ElementTree.fromstring(plot.svg()).iter())


def words_in(plot):
    return [each.text for each in drawn(plot) if each.tag.endswith("text")]


def hints_in(plot):
    titles = [each for each in drawn(plot) if each.tag.endswith("title")]
    return [each.text for each in titles]


def test_the_best_for_their_price_are_found_and_named():
    plot = pareto_plot(CHOICES, "b/good")
    assert "a/cheap" in words_in(plot)
    assert "chosen: b/good" in words_in(plot)
    assert "b/dear" not in words_in(plot)


def test_every_candidate_with_figures_can_be_pointed_at():
    hints = hints_in(pareto_plot(CHOICES, "b/good"))
    assert "b/dear: quality 0.80 for 0.1 USD" in hints
    assert not any("c/unknown" in hint for hint in hints)


def test_the_plot_says_in_words_what_it_shows():
    text = " ".join(pareto_plot(CHOICES, "b/good").text().split())
    assert "Chosen: b/good, quality 0.80 for 0.01 USD, best for its" in text
    assert "cheapest first: a/cheap, quality 0.50 for 0.001 USD; b/go" in text
    assert "2 more: another is as good and cheaper" in text
    assert "1 without a known price or quality" in text


def test_a_choice_that_is_not_the_best_for_its_price_is_called_so():
    text = pareto_plot(CHOICES, "b/dear").text()
    assert "not the best" in " ".join(text.split())


def test_a_screen_reader_gets_the_same_words():
    plot = pareto_plot(CHOICES, "b/good")
    root = drawn(plot)[0]
    assert root.get("role") == "img"
    assert plot.words in root.get("aria-label")
    assert "Chosen: b/good" in re.search("alt='([^']+)'", plot.html())[1]


def test_what_is_free_stands_at_the_left_end():
    plot = pareto_plot([Choice("f/ree", 0.0, 0.3), *CHOICES], "b/good")
    assert "f/ree (free)" in words_in(plot)
    assert "f/ree: quality 0.30 for 0 USD" in hints_in(plot)


@pytest.mark.parametrize(
    "choices",
    [[], [Choice("c", None, 0.9)], [Choice("one", 0.01, 0.5)]],
)
def test_few_candidates_are_no_problem(choices):
    assert drawn(pareto_plot(choices, "one"))


def test_markup_in_a_name_is_only_text():
    plot = pareto_plot([Choice("<script>'&", 0.01, 0.5)], "<script>'&")
    assert "chosen: <script>'&" in words_in(plot)


def test_a_ten_times_higher_cost_is_one_step_to_the_right():
    axis = Axis(0.001, 0.1, 0, 200, logarithmic=True)
    assert [axis.place(v) for v in (0.001, 0.01, 0.1)] == [0, 100, 200]
    assert axis.ticks() == pytest.approx([0.001, 0.01, 0.1])


def test_ticks_are_round():
    assert Axis(0.13, 0.97, 0, 100).ticks() == [0.2, 0.4, 0.6, 0.8]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "0 USD"),
        (0.00001, "0.00001 USD"),
        (0.012345, "0.012 USD"),
        (1.5, "1.5 USD"),
        (250, "250 USD"),
    ],
)
def test_amounts_have_the_digits_that_say_something(amount, expected):
    assert money(amount) == expected


def test_labels_make_room_for_one_another():
    heights = spread_out([50, 52, 51, 10], 0, 60)
    gaps = [after - before for before, after in pairwise(sorted(heights))]
    assert min(gaps) >= 14
    assert max(heights) <= 60


LINES = {
    "table": [(0.02, 0.6), (0.0, 0.2), (0.08, 0.7)],
    "text": [(0.0, 0.2), (0.08, 0.6)],
}


def test_all_curves_are_on_the_same_axes_with_their_names():
    plot = curves_plot(LINES, {"always best": (0.09, 0.69)})
    assert {"table", "text", "always best"} <= set(words_in(plot))


def test_curves_are_told_apart_by_more_than_colour():
    plot = curves_plot({str(n): [(0, 0), (1, 1)] for n in range(8)}, {})
    lines = [each for each in drawn(plot) if each.get("stroke-width") == "2"]
    dashes = [each.get("stroke-dasharray") for each in lines]
    assert len(set(dashes)) == 8


def test_the_words_have_the_figures_at_a_quarter_of_the_cost():
    text = curves(LINES, {"always best": (0.09, 0.69)}).text()
    text = " ".join(text.split())
    assert "table: from quality 0.200 for 0 USD to quality 0.700" in text
    assert "0.600 at 0.02 USD" in text
    assert "text: from quality 0.200 for 0 USD to quality 0.600" in text
    assert "0.300 at 0.02 USD" in text
    assert "always best: quality 0.690 for 0.09 USD" in text


@pytest.mark.parametrize(
    ("cost", "expected"), [(0.0, 0.2), (0.04, 0.4), (0.08, 0.6), (1, 0.6)]
)
def test_between_its_points_a_curve_is_straight(cost, expected):
    assert quality_at(LINES["text"], cost) == pytest.approx(expected)


def test_a_curve_without_points_is_refused_by_name():
    with pytest.raises(ValueError, match="'empty' has no points"):
        curves_plot({"empty": []}, {})


def test_the_same_figures_give_the_same_bytes():
    assert curves(LINES).html() == curves(LINES).html()
    assert re.search("base64,[A-Za-z0-9+/=]{500}", curves(LINES).html())
