"""Quality over cost, the coin it is held against, and calibration."""

import itertools
from statistics import fmean

import pytest

# Four prompts. "big" is always good, "small" for the first two only.
SCORES = [
    {"big": 1.0, "small": 1.0},
    {"big": 1.0, "small": 1.0},
    {"big": 1.0, "small": 0.0},
    {"big": 1.0, "small": 0.0},
]
COSTS = [{"big": 0.4, "small": 0.1}] * 4


def dealt():
    """Return the figures of two models for four prompts, made anew.

    Of the two models' ways of sharing the prompts, no single one has the
    mean of all of them.
    """
    return [
        {"big": 1.0, "small": 0.6},
        {"big": 1.0, "small": 0.3},
        {"big": 1.0, "small": 0.1},
        {"big": 1.0, "small": 0.0},
    ]


@pytest.fixture
def curve(llm):
    return llm.recommender.curve


@pytest.mark.exercise("4.6")
def test_always_the_same_model_is_worth_its_own_mean(curve):
    assert curve.matched_shuffle(["big"] * 4, dealt()) == pytest.approx(1.0)
    assert curve.matched_shuffle(["small"] * 4, dealt()) == pytest.approx(0.25)


@pytest.mark.exercise("4.6")
def test_nothing_is_drawn_so_that_it_is_the_same_each_time(curve):
    figures = [{"a": 0.5**n, "b": 0.3**n, "c": 1.0} for n in range(5)]
    first = curve.matched_shuffle([*"aabbc"], figures)
    again = [curve.matched_shuffle([*"aabbc"], figures) for _ in range(3)]
    assert again == pytest.approx([first] * 3)


@pytest.mark.exercise("4.6")
def test_half_of_each_is_worth_half_of_each_mean(curve):
    choices = ["small", "small", "big", "big"]
    assert curve.matched_shuffle(choices, dealt()) == pytest.approx(0.625)


@pytest.mark.exercise("4.6")
def test_whom_a_model_was_chosen_for_makes_no_difference(curve):
    foolish = ["big", "small", "big", "small"]
    assert curve.matched_shuffle(foolish, dealt()) == pytest.approx(0.625)


@pytest.mark.exercise("4.6")
def test_a_model_counts_as_often_as_it_was_chosen(curve):
    choices = ["small", "big", "big", "big"]
    assert curve.matched_shuffle(choices, dealt()) == pytest.approx(0.8125)


@pytest.mark.exercise("4.6")
def test_costs_are_matched_in_the_same_way(curve):
    choices = ["small", "small", "small", "big"]
    costs = [{"big": 0.4, "small": 0.1}] * 4
    assert curve.matched_shuffle(choices, costs) == pytest.approx(0.175)


@pytest.mark.exercise("4.6")
def test_a_model_that_is_never_chosen_has_no_say(curve):
    rows = [{**row, "huge": 0.0} for row in dealt()]
    choices = ["small", "small", "big", "big"]
    assert curve.matched_shuffle(choices, rows) == pytest.approx(0.625)


@pytest.mark.exercise("4.6")
def test_it_is_the_mean_over_all_ways_of_dealing(curve):
    scores = [
        {"a": 0.1, "b": 0.9, "c": 0.5},
        {"a": 0.7, "b": 0.2, "c": 0.0},
        {"a": 0.4, "b": 0.3, "c": 1.0},
    ]
    choices = ["b", "a", "b"]
    dealt = [
        fmean(row[model] for model, row in zip(order, scores, strict=True))
        for order in itertools.permutations(choices)
    ]
    found = curve.matched_shuffle(choices, scores)
    assert found == pytest.approx(fmean(dealt))


@pytest.mark.exercise("4.6")
def test_a_hundred_rows_are_not_dealt_out_one_way_after_the_other(curve):
    found = curve.matched_shuffle(["big", "small"] * 50, dealt() * 25)
    assert found == pytest.approx(0.625)


@pytest.mark.exercise("4.6")
def test_the_caller_s_choices_stay_as_they_are(curve):
    choices = ["small", "big", "small", "big"]
    curve.matched_shuffle(choices, dealt())
    assert choices == ["small", "big", "small", "big"]


@pytest.mark.exercise("4.6")
def test_three_models_have_three_shares(curve):
    figures = [{"a": 0.0, "b": 0.3, "c": 0.9}] * 3
    found = curve.matched_shuffle(["a", "b", "c"], figures)
    assert found == pytest.approx(0.4)


@pytest.mark.exercise("4.8")
def test_forecasts_that_come_true_are_calibrated(curve):
    forecasts = [0.25] * 4 + [0.75] * 4
    scores = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]
    assert curve.calibration_error(forecasts, scores) == pytest.approx(0.0)


@pytest.mark.exercise("4.8")
def test_too_much_here_and_too_little_there_do_not_cancel(curve):
    found = curve.calibration_error([0.85, 0.15], [0.0, 1.0])
    assert found == pytest.approx(0.85)


@pytest.mark.exercise("4.8")
def test_who_is_too_sure_is_off_by_the_difference(curve):
    found = curve.calibration_error([0.95] * 4, [1.0, 0.0, 0.0, 0.0])
    assert found == pytest.approx(0.7)


@pytest.mark.exercise("4.8")
def test_who_is_not_sure_enough_is_off_as_well(curve):
    found = curve.calibration_error([0.05] * 4, [1.0, 0.0, 0.0, 0.0])
    assert found == pytest.approx(0.2)


@pytest.mark.exercise("4.8")
def test_within_a_bin_they_do_cancel(curve):
    found = curve.calibration_error([0.52, 0.58], [1.0, 0.1])
    assert found == pytest.approx(0.0)


@pytest.mark.exercise("4.8")
def test_a_bin_counts_by_the_number_of_its_forecasts(curve):
    forecasts = [0.35, 0.35, 0.35, 0.95, 0.95]
    found = curve.calibration_error(forecasts, [0.35] * 5)
    assert found == pytest.approx(0.24)


@pytest.mark.exercise("4.8")
def test_fewer_bins_are_coarser(curve):
    found = curve.calibration_error([0.2, 0.8], [0.8, 0.2], bins=1)
    assert found == pytest.approx(0.0)


@pytest.mark.exercise("4.8")
def test_more_bins_are_finer(curve):
    found = curve.calibration_error([0.52, 0.58], [1.0, 0.1], 20)
    assert found == pytest.approx(0.48)


@pytest.mark.exercise("4.8")
def test_a_forecast_of_one_belongs_to_the_last_bin(curve):
    # In a bin of its own it would be off by 0.2, and the other by 0.08.
    found = curve.calibration_error([1.0, 0.92], [0.8, 1.0])
    assert found == pytest.approx(0.06)


@pytest.mark.exercise("4.8")
def test_a_forecast_of_zero_belongs_to_the_first_bin(curve):
    # In a bin of its own it would be off by 0.4, and the other by 0.08.
    found = curve.calibration_error([0.0, 0.08], [0.4, 0.0])
    assert found == pytest.approx(0.16)


@pytest.mark.exercise("4.8")
def test_no_forecasts_are_not_off(curve):
    assert curve.calibration_error([], []) == 0.0


@pytest.mark.exercise("4.8")
def test_of_many_bins_none_are_put_together(curve):
    found = curve.calibration_error([0.02, 0.52], [0.52, 0.02], bins=20)
    assert found == pytest.approx(0.5)


@pytest.mark.exercise("4.8")
def test_a_bin_s_forecasts_need_not_stand_together(curve):
    found = curve.calibration_error([0.15, 0.85, 0.15], [1.0, 1.0, 0.0])
    assert found == pytest.approx(0.85 / 3)


@pytest.mark.exercise("4.8")
def test_the_last_bin_is_as_wide_as_the_others(curve):
    found = curve.calibration_error([0.85, 0.95], [1.0, 0.8])
    assert found == pytest.approx(0.15)


@pytest.mark.exercise("4.8")
@pytest.mark.parametrize("bins", [1, 20])
def test_a_forecast_of_one_is_in_the_last_of_however_many_bins(curve, bins):
    found = curve.calibration_error([1.0, 0.97], [0.97, 1.0], bins)
    assert found == pytest.approx(0.0)


def test_a_sweep_goes_from_the_best_choices_to_the_cheapest(curve):
    points = curve.sweep(SCORES, COSTS, SCORES, COSTS)
    assert points[0] == (0.4, 1.0) or points[0] == (0.25, 1.0)
    assert points[-1] == pytest.approx((0.1, 0.5))
    assert any(point == pytest.approx((0.25, 1.0)) for point in points)


def test_the_hull_leaves_out_what_a_mix_of_others_beats(curve):
    points = [(1.0, 0.2), (2.0, 0.3), (3.0, 0.8), (4.0, 0.7)]
    assert curve.hull(points) == [(1.0, 0.2), (3.0, 0.8)]


def test_the_area_is_the_mean_height_between_two_costs(curve):
    assert curve.area([(1.0, 0.2), (3.0, 0.8)], 1.0, 3.0) == pytest.approx(0.5)
    assert curve.area([(1.0, 0.4)], 0.0, 5.0) == pytest.approx(0.4)
    assert curve.area([(0.0, 0.0), (1.0, 1.0)], 0.0, 2.0) == pytest.approx(
        0.75
    )
