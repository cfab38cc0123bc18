"""The front beside each point compared with each other one."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

POINTS = st.lists(
    st.tuples(st.integers(0, 6).map(float), st.integers(0, 6).map(float)),
    max_size=12,
)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(POINTS)
def test_the_front_is_who_is_not_beaten(llm, points):
    def beaten(one):
        return any(
            other[0] <= one[0] and other[1] >= one[1] and other != one
            for other in points
        )

    kept = [i for i, point in enumerate(points) if not beaten(point)]
    assert sorted(llm.recommender.pareto.front(points)) == kept
