"""The Pareto front: whom nobody beats in quality and cost at once."""

import pytest


@pytest.fixture
def front(llm):
    return llm.recommender.pareto.front


@pytest.mark.exercise("4.5")
def test_one_point_alone_is_the_front(front):
    assert front([(3.0, 50.0)]) == [0]


@pytest.mark.exercise("4.5")
def test_of_nobody_there_is_no_front(front):
    assert front([]) == []


@pytest.mark.exercise("4.5")
def test_who_is_dearer_and_better_stays(front):
    assert front([(1.0, 50.0), (2.0, 60.0)]) == [0, 1]


@pytest.mark.exercise("4.5")
def test_who_is_dearer_and_worse_goes(front):
    assert front([(1.0, 50.0), (2.0, 40.0)]) == [0]


@pytest.mark.exercise("4.5")
def test_who_costs_the_same_and_is_worse_goes(front):
    assert front([(1.0, 40.0), (1.0, 50.0)]) == [1]


@pytest.mark.exercise("4.5")
def test_who_is_as_good_and_dearer_goes(front):
    assert front([(2.0, 50.0), (1.0, 50.0)]) == [1]


@pytest.mark.exercise("4.5")
def test_equal_points_all_stay_in_their_order(front):
    assert front([(1.0, 50.0), (2.0, 40.0), (1.0, 50.0)]) == [0, 2]


@pytest.mark.exercise("4.5")
def test_the_cheapest_stands_first(front):
    assert front([(3.0, 70.0), (1.0, 50.0), (2.0, 60.0)]) == [1, 2, 0]


@pytest.mark.exercise("4.5")
def test_the_cheapest_stays_however_bad_it_is(front):
    assert front([(0.0, 0.0), (1.0, 0.0), (2.0, 10.0)]) == [0, 2]


@pytest.mark.exercise("4.5")
def test_who_is_beaten_by_any_cheaper_one_goes(front):
    points = [(1.0, 50.0), (2.0, 40.0), (3.0, 45.0), (4.0, 70.0)]
    assert front(points) == [0, 3]


@pytest.mark.exercise("4.5")
def test_who_stays_is_right_for_many_points_at_once(front):
    points = [
        *((4.0, 60.0), (2.0, 45.0), (9.0, 90.0), (1.0, 50.0), (4.0, 60.0)),
        *((3.0, 55.0), (9.0, 88.0), (1.0, 10.0), (5.0, 60.0), (3.0, 58.0)),
    ]
    assert front(points) == [3, 9, 0, 4, 2]


@pytest.mark.exercise("4.5")
def test_who_is_beaten_by_very_little_goes_as_well(front):
    assert front([(1.0, 80.0), (1.0005, 80.0)]) == [0]
    assert front([(1.0, 80.0), (1.0, 79.99)]) == [0]


@pytest.mark.exercise("4.5")
def test_qualities_below_zero_are_compared_like_others(front):
    assert front([(1.0, -5.0), (2.0, -3.0), (3.0, -4.0)]) == [0, 1]


@pytest.mark.exercise("4.5")
@pytest.mark.parametrize(
    ("points", "found"),
    [
        ([(1.0, 50.0), (2.0, 40.0), (2.0, 40.0)], [0]),
        ([(1.0, 50.0), (1.0, 50.0), (1.0, 50.0)], [0, 1, 2]),
    ],
    ids=["all go", "all stay"],
)
def test_of_equal_points_all_stay_or_all_go(front, points, found):
    assert front(list(points)) == found


@pytest.mark.exercise("4.5")
@pytest.mark.parametrize(
    ("points", "found"),
    [
        ([(1e-5, 0.52), (2e-5, 0.54), (1.5e-5, 0.53)], [0, 2, 1]),
        ([(1e-7, 0.5), (2e-7, 0.5)], [0]),
    ],
    ids=["who is little better", "who is little dearer"],
)
def test_what_a_single_call_costs_is_compared_as_it_is(front, points, found):
    assert front(list(points)) == found


@pytest.mark.exercise("4.5")
def test_the_caller_s_points_stay_where_they_are(front):
    points = [(3.0, 70.0), (1.0, 50.0), (2.0, 60.0)]
    front(points)
    assert points == [(3.0, 70.0), (1.0, 50.0), (2.0, 60.0)]
