"""Quality by category: measured, pulled to a mean, or a prior."""

import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"
CONTENT = json.loads((DATA / "quality.json").read_text("utf-8"))


@pytest.fixture
def quality(llm):
    return llm.recommender.quality


@pytest.fixture
def shrunk(quality):
    return quality.shrunk


@pytest.mark.exercise("4.4")
def test_without_a_figure_there_is_only_the_prior(shrunk):
    assert shrunk([], 60.0) == pytest.approx(60.0)


@pytest.mark.exercise("4.4")
def test_one_figure_ends_half_way_to_the_prior(shrunk):
    assert shrunk([80.0], 60.0) == pytest.approx(70.0)


@pytest.mark.exercise("4.4")
def test_many_figures_hardly_move(shrunk):
    assert shrunk([80.0] * 99, 60.0) == pytest.approx(79.8)


@pytest.mark.exercise("4.4")
def test_a_weightier_prior_pulls_more(shrunk):
    assert shrunk([80.0], 60.0, 3.0) == pytest.approx(65.0)


@pytest.mark.exercise("4.4")
def test_a_prior_may_count_like_half_a_figure(shrunk):
    assert shrunk([80.0, 100.0], 60.0, 0.5) == pytest.approx(84.0)


@pytest.mark.exercise("4.4")
def test_a_prior_above_the_figures_pulls_up(shrunk):
    assert shrunk([0.25, 0.5, 0.0], 0.75, 2.0) == pytest.approx(0.45)


@pytest.mark.exercise("4.4")
def test_a_prior_without_weight_changes_nothing(shrunk):
    assert shrunk([70.0, 90.0], 10.0, 0.0) == pytest.approx(80.0)


@pytest.mark.exercise("4.4")
def test_the_caller_s_figures_stay_as_they_are(shrunk):
    figures = [80.0, 70.0]
    shrunk(figures, 60.0)
    assert figures == [80.0, 70.0]


@pytest.mark.exercise("4.4")
def test_without_figures_and_without_weight_the_prior_is_all_there_is(shrunk):
    assert shrunk([], 60.0, 0.0) == pytest.approx(60.0)


@pytest.mark.exercise("4.4")
def test_a_light_prior_counts_a_little(shrunk):
    # (80 + 0.1 × 25) / 1.1
    assert shrunk([80.0], 25.0, 0.1) == pytest.approx(75.0)


@pytest.mark.exercise("4.4")
def test_figures_that_lie_unevenly_count_by_their_mean(shrunk):
    assert shrunk([10.0, 20.0, 90.0], 60.0) == pytest.approx(45.0)


def test_a_measured_model_ends_between_its_category_and_its_average(quality):
    book = quality.load_quality()
    measured = book.all[0]
    for name in book.categories:
        estimate = book.estimate(measured, {name: 1.0})
        there = measured.scores[name]
        own = book.means[name] + measured.mean - book.mean
        assert estimate.measured
        assert estimate.points == pytest.approx((there + own) / 2)


def test_without_a_category_the_average_over_all_counts(quality):
    book = quality.load_quality()
    for measured in book.all:
        estimate = book.estimate(measured, {})
        assert estimate.points == pytest.approx(measured.mean)


def test_who_was_not_measured_counts_less_than_the_usual_model(quality):
    book = quality.load_quality()
    estimate = book.estimate(None, {"coding": 1.0})
    lowest = min(each.scores["coding"] for each in book.all)
    assert not estimate.measured
    assert lowest < estimate.points < book.means["coding"]


def test_who_neither_was_measured_nor_thinks_counts_as_the_weakest(quality):
    book = quality.load_quality()
    estimate = book.estimate(None, {"coding": 1.0}, thinks=False)
    assert estimate.points == min(x.scores["coding"] for x in book.all)


def test_a_lead_is_trusted_as_far_as_leads_have_been_right(quality):
    sure = quality.order_confidence
    assert sure(0) == 0.5
    assert sure(2) == pytest.approx(0.59, abs=0.005)
    assert sure(20) == pytest.approx(0.88, abs=0.005)
    assert sure(-2) == pytest.approx(0.41, abs=0.005)
    values = [sure(points) for points in range(60)]
    assert values == sorted(values) and values[-1] < 1


# A category without a figure


def test_what_is_expected_elsewhere_leans_to_what_is_related(quality):
    scores = {"a": 50.0, "b": 90.0}
    alone = quality.expected_elsewhere(scores, [])
    assert 70 < alone < 80
    assert quality.expected_elsewhere(scores, ["a"]) < alone
    assert quality.expected_elsewhere(scores, ["b"]) > alone
    assert quality.expected_elsewhere(scores, ["c"]) == alone


def test_who_is_alike_everywhere_is_expected_to_be_so_elsewhere(quality):
    found = quality.expected_elsewhere({"a": 60.0, "b": 60.0}, ["a"])
    assert found == pytest.approx(60, abs=0.1)


def test_a_missing_figure_is_expected_at_the_level_of_the_category(quality):
    scores = [{"a": 80.0, "b": 40.0}, {"a": 90.0, "b": 50.0}, {"a": 85.0}]
    made = quality.filled(scores, ["a", "b"], {})
    assert made[:2] == scores[:2]
    assert made[2]["a"] == 85.0
    assert 40 < made[2]["b"] < 50


def test_a_category_that_nobody_was_measured_in_has_no_level(quality):
    made = quality.filled([{"a": 80.0}], ["a", "b"], {})
    assert made[0]["b"] == pytest.approx(80, abs=0.1)


def test_the_complete_file_is_taken_as_it_is(quality):
    book = quality.load_quality()
    for row, measured in zip(CONTENT["models"], book.all, strict=True):
        assert measured.scores == row["scores"]


def test_a_file_with_a_gap_is_filled(quality, tmp_path):
    content = json.loads(json.dumps(CONTENT))
    del content["models"][0]["scores"]["coding"]
    path = tmp_path / "quality.json"
    path.write_text(json.dumps(content))
    found = quality.load_quality(path).all[0].scores["coding"]
    assert abs(found - CONTENT["models"][0]["scores"]["coding"]) < 10


# The file


def test_every_figure_has_its_source_and_its_day():
    for row in CONTENT["models"]:
        assert row["source"].startswith("https://")
        assert row["measured_on"] <= CONTENT["as_of"]


def test_every_figure_is_of_a_category_in_points_of_100():
    for row in CONTENT["models"]:
        assert list(row["scores"]) == CONTENT["categories"]
        assert all(0 <= points <= 100 for points in row["scores"].values())


def test_a_model_s_id_means_one_measurement_and_stands_in_the_catalogue(llm):
    ids = [name for row in CONTENT["models"] for name in row["ids"]]
    assert len(ids) == len(set(ids))
    known = {row.id for row in llm.catalogue.load_catalogue().rows}
    assert set(ids) <= known


def test_all_providers_of_a_model_share_its_figures(llm, quality):
    book = quality.load_quality()
    catalogue = llm.catalogue.load_catalogue()
    measured = [row for row in catalogue.rows if row.id in book.by_id]
    assert len(measured) > 35
    assert len({book.by_id[row.id].model for row in measured}) > 18


def test_types_of_task_ask_for_categories_that_were_measured(llm, quality):
    known = set(quality.load_quality().categories)
    for kind in llm.recommender.task_types.task_types().values():
        assert set(kind.quality) <= known
