"""A table learned from outcomes: means by task, pulled to the overall ones."""

import pytest


def many():
    """30 rows of a type at which "a" is good, 10 of one at which it is not."""
    good = [("code", {"a": 1.0, "b": 0.0})] * 30
    return good + [("chat", {"a": 0.2, "b": 1.0})] * 10


@pytest.fixture
def fit_table(llm):
    return llm.recommender.task_table.fit_table


@pytest.mark.exercise("4.7")
def test_overall_is_the_plain_mean_of_each_model(fit_table):
    overall = fit_table(many()).overall
    assert overall["a"] == pytest.approx(0.8)
    assert overall["b"] == pytest.approx(0.25)


@pytest.mark.exercise("4.7")
def test_a_type_with_as_many_rows_as_the_prior_ends_half_way(fit_table):
    chat = fit_table(many(), 10.0).by_task["chat"]
    # Its own mean is 0.2, the overall one 0.8, ten rows against a weight of
    # 10.
    assert chat["a"] == pytest.approx(0.5)


@pytest.mark.exercise("4.7")
def test_a_type_with_many_rows_hardly_moves(fit_table):
    code = fit_table(many(), 10.0).by_task["code"]
    # (30 × 1 + 10 × 0.8) / 40
    assert code["a"] == pytest.approx(0.95)


@pytest.mark.exercise("4.7")
def test_each_model_is_pulled_to_its_own_overall_mean(fit_table):
    chat = fit_table(many(), 10.0).by_task["chat"]
    # (10 × 1 + 10 × 0.25) / 20
    assert chat["b"] == pytest.approx(0.625)


@pytest.mark.exercise("4.7")
def test_a_heavier_prior_pulls_more(fit_table):
    chat = fit_table(many(), 30.0).by_task["chat"]
    # (10 × 0.2 + 30 × 0.8) / 40
    assert chat["a"] == pytest.approx(0.65)


@pytest.mark.exercise("4.7")
def test_without_a_prior_the_means_stay_what_they_are(fit_table):
    chat = fit_table(many(), 0.0).by_task["chat"]
    assert chat["a"] == pytest.approx(0.2)
    assert chat["b"] == pytest.approx(1.0)


@pytest.mark.exercise("4.7")
def test_unless_told_the_prior_counts_like_ten_rows(fit_table):
    chat = fit_table(many()).by_task["chat"]
    assert chat["a"] == pytest.approx(0.5)


@pytest.mark.exercise("4.7")
def test_the_types_may_come_in_any_order(fit_table):
    rows = many()
    mixed = [row for start in range(10) for row in rows[start::10]]
    table = fit_table(mixed)
    assert table.by_task["code"]["a"] == pytest.approx(0.95)
    assert table.by_task["chat"]["a"] == pytest.approx(0.5)


@pytest.mark.exercise("4.7")
def test_rows_without_a_type_count_overall(fit_table):
    table = fit_table([*many(), *[(None, {"a": 0.0, "b": 0.0})] * 10])
    assert table.overall["a"] == pytest.approx(0.64)
    assert table.by_task["code"]["a"] == pytest.approx(0.91)


@pytest.mark.exercise("4.7")
def test_rows_without_a_type_are_no_type_of_their_own(fit_table):
    table = fit_table([(None, {"a": 0.0, "b": 0.0}), *many()])
    assert set(table.by_task) == {"code", "chat"}


@pytest.mark.exercise("4.7")
def test_a_type_without_letters_is_a_type_all_the_same(fit_table):
    table = fit_table([("", {"a": 1.0, "b": 1.0}), *many()])
    assert set(table.by_task) == {"", "code", "chat"}


@pytest.mark.exercise("4.7")
def test_a_model_that_is_missing_in_a_row_is_no_failure_there(fit_table):
    rows = [("code", {"a": 1.0}), ("code", {"a": 1.0, "b": 0.8})]
    table = fit_table(rows, 0.0)
    assert table.overall.get("b") == pytest.approx(0.8)
    assert table.by_task["code"].get("b") == pytest.approx(0.8)


@pytest.mark.exercise("4.7")
def test_a_model_is_only_expected_where_there_is_a_row_of_it(fit_table):
    table = fit_table([("code", {"a": 1.0}), ("chat", {"b": 0.5})], 1.0)
    assert set(table.overall) == {"a", "b"}
    assert set(table.by_task["code"]) == {"a"}
    assert set(table.by_task["chat"]) == {"b"}


@pytest.mark.exercise("4.7")
def test_a_prior_may_count_like_half_a_row(fit_table):
    chat = fit_table(many(), 0.5).by_task["chat"]
    # (10 × 0.2 + 0.5 × 0.8) / 10.5
    assert chat["a"] == pytest.approx(2.4 / 10.5)


def test_a_new_task_is_expected_to_be_like_all(llm, fit_table):
    table = fit_table(many())
    assert table.expected("poetry") == table.overall
    assert table.expected(None) == table.overall
    assert table.expected("chat") == table.by_task["chat"]


def test_nothing_learned_expects_nothing(fit_table):
    table = fit_table([])
    assert table.expected("code") == {}
