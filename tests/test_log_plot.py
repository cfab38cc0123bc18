"""The day of a log as a picture, and the same in words."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from course.views.log_plot import day_figure

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def tried(provider, minutes, kind=None, seconds=2.0):
    return json.dumps(
        {
            "time": (START + timedelta(minutes=minutes)).isoformat(),
            "logger": "llm_providers.attempts",
            "provider": provider,
            "model": "m",
            "status": "error" if kind else "success",
            "error_kind": kind,
            "latency_seconds": seconds,
        }
    )


LINES = [
    *(tried("a", minute, seconds=1 + (minute > 60)) for minute in range(121)),
    *(tried("b", 40 + minute, "rate_limit") for minute in range(7)),
    "no JSON",
]


@pytest.fixture
def drawn(llm):
    """Return the figure of some lines, and what it says in words."""

    def draw(lines=LINES, **options):
        return day_figure(llm.log_records.records(lines), **options)

    return draw


def plotted(axes):
    return {
        line.get_label(): dict(zip(*line.get_data(), strict=True))
        for line in axes.get_lines()
    }


def test_each_row_has_a_line_of_each_provider(drawn):
    figure, _ = drawn()
    names = [axes.get_ylabel() for axes in figure.axes]
    assert names == ["tries", "429s", "median seconds"]
    tries, refused, seconds = map(plotted, figure.axes)
    assert tries == {
        "a": {9: 30, 10: 60, 11: 31},
        "b": {9: 0, 10: 7, 11: 0},
    }
    assert refused["b"] == {9: 0, 10: 7, 11: 0}
    assert (seconds["a"][9], seconds["a"][11]) == (1, 2)


def test_of_too_few_successes_no_median_is_drawn(drawn):
    figure, _ = drawn()
    seconds = plotted(figure.axes[2])["b"].values()
    assert all(value != value for value in seconds)


def test_the_words_say_what_the_lines_show(drawn):
    _, words = drawn()
    assert "tries at most a 60 (10:00), b 7 (10:00)" in words
    assert "429s at most b 7 (10:00)" in words
    assert "before 10:30, and after: a 1.0, 2.0; b unknown, unknown" in words


def test_no_two_providers_are_told_by_colour_alone(drawn):
    figure, _ = drawn()
    lines = figure.axes[0].get_lines()
    looks = {(line.get_linestyle(), line.get_marker()) for line in lines}
    assert len(looks) == len(lines)


def test_the_slots_may_be_shorter(drawn):
    figure, words = drawn(minutes=30)
    assert list(plotted(figure.axes[0])["a"]) == [9, 9.5, 10, 10.5, 11, 11.5]
    assert "every 30 minutes from 09:00" in words


def test_a_log_without_a_try_has_no_picture(drawn):
    with pytest.raises(ValueError, match="no try"):
        drawn(["no JSON"])
