"""What holds for the hull of any points.

Apart from the tests of exercises: a judge need not import hypothesis.
"""

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    points=st.lists(
        st.tuples(st.integers(0, 9).map(float), st.integers(0, 9).map(float)),
        min_size=1,
        max_size=10,
    )
)
def test_no_point_lies_above_the_hull(llm, points):
    line = llm.recommender.curve.hull(points)
    assert line == sorted(line)
    for (x, low), (right, high) in itertools.pairwise(line):
        assert high > low
        for cost, quality in points:
            if x <= cost <= right:
                on = low + (high - low) * (cost - x) / (right - x)
                assert quality <= on + 1e-9
