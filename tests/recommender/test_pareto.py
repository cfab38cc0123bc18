"""The Pareto front: whom nobody beats in quality and cost at once."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

POINTS = st.lists(
    st.tuples(st.integers(0, 6).map(float), st.integers(0, 6).map(float)),
    max_size=12,
)


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
def test_who_falls_between_two_of_the_front_goes(front):
    points = [(1.0, 50.0), (2.0, 45.0), (3.0, 70.0), (4.0, 60.0)]
    assert front(points) == [0, 2]


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(POINTS)
def test_the_front_is_who_is_not_beaten_by_brute_force(front, points):
    def beaten(one):
        return any(
            other[0] <= one[0] and other[1] >= one[1] and other != one
            for other in points
        )

    kept = [i for i, point in enumerate(points) if not beaten(point)]
    assert sorted(front(points)) == kept
