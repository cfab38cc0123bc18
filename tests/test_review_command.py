"""`python3 -m llm_providers review`: what a log tells, in a terminal."""

import json

import pytest

KEY = "sk-proj-EXAMPLE0not0a0real0key0"


def tried(seconds, kind=None, cost=None, name=""):
    return json.dumps(
        {
            "time": f"2026-11-20T09:00:{seconds:02}.000+00:00",
            "logger": "llm_providers.attempts",
            "provider": "gemini",
            "model": "m",
            "status": "error" if kind else "success",
            "error_kind": kind,
            "latency_seconds": 1.0,
            "cost_usd": cost,
            "request_id": name,
        }
    )


LINES = [
    *(tried(second, "rate_limit", 0.0, f"r{second}") for second in range(5)),
    tried(7, None, 0.5, "dear"),
    tried(8, "timeout", None, "late"),
    f"plug-in: Bearer {KEY}",
]


@pytest.fixture
def review(llm, tmp_path, capsys):
    """Run the command on some lines; return its exit code and output."""

    def run(*options, lines=LINES):
        path = tmp_path / "log.jsonl"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        code = llm.router.serving.main(["review", str(path), *options])
        return code, capsys.readouterr().out

    return run


def test_it_tells_all_that_there_is_to_find(review):
    code, told = review()
    assert code == 0
    assert told.splitlines()[:1] == ["8 lines, 1 of them broken; 7 tries."]
    assert "line 8, broken: plug-in: Bearer [redacted]" in told
    assert "gemini: 5 from 09:00:00 to 09:00:04 on 2026-11-20" in told
    assert "Who got worse: none" in told
    assert "0.5000 USD, dear: gemini/m (success), line 6" in told
    assert "late: gemini/m (timeout), line 7" in told


def test_it_never_shows_the_key(review):
    for options in ((), ("--json",)):
        assert KEY not in review(*options)[1]


def test_programs_get_one_line_of_json(review):
    told = json.loads(review("--json", "--count", "1")[1])
    assert told["broken"] == [8]
    assert told["from"] == "2026-11-20T09:00:00+00:00"
    assert [leak["line"] for leak in told["leaks"]] == [8]
    assert [burst["count"] for burst in told["bursts"]] == [5]
    assert told["costs"] == {
        "dearest": [{"request_id": "dear", "cost_usd": 0.5, "lines": [6]}],
        "unknown": [{"request_id": "late", "cost_usd": None, "lines": [7]}],
    }


def test_an_empty_log_is_no_error(review):
    code, told = review(lines=[])
    assert code == 0
    assert "0 tries" in told


def test_a_file_that_is_missing_is_said(llm, tmp_path, capsys):
    missing = str(tmp_path / "no.jsonl")
    assert llm.router.serving.main(["review", missing]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_bytes_that_are_no_text_do_not_end_it(llm, tmp_path, capsys):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\xff\xfe\n" + LINES[0].encode() + b"\n")
    assert llm.router.serving.main(["review", str(path)]) == 0
    assert "1 tries" in capsys.readouterr().out


def test_of_many_unknown_costs_some_are_shown(review):
    lines = [tried(n, None, None, f"r{n}") for n in range(8)]
    assert "… and 3 more" in review(lines=lines)[1]


def test_who_got_worse_is_told_in_figures(llm):
    trend = llm.log_review.Trend("a", 0.0, 0.25, 1.0, None)
    told = llm.review_command.trend_line(trend)
    assert told == "a: 0.0% of its tries failed, then 25.0%"
    trend = llm.log_review.Trend("a", 0.0, 0.25, 1.0, 2.5)
    told = llm.review_command.trend_line(trend)
    assert told.endswith("; a success took 1.0 s, then 2.5 s")


@pytest.mark.parametrize(
    ("field", "nonsense"),
    [
        ("latency_seconds", 10**400),
        ("latency_seconds", float("nan")),
        ("cost_usd", float("inf")),
        ("cost_usd", "x"),
        ("cost_usd", [1]),
        ("time", 3),
    ],
)
def test_a_line_with_a_number_that_is_none_is_no_try(review, field, nonsense):
    line = json.dumps(json.loads(tried(1, cost=0.1)) | {field: nonsense})
    assert "1 lines, 0 of them broken; 0 tries." in review(lines=[line])[1]
    assert json.loads(review("--json", lines=[line])[1])["tries"] == 0


def test_a_kind_or_a_count_that_is_none_stops_nothing(review):
    odd = {"error_kind": ["x"], "prompt_tokens": "7", "status": "error"}
    line = json.dumps(json.loads(tried(1, cost=0.1)) | odd)
    assert json.loads(review("--json", lines=[line])[1])["tries"] == 1


def test_half_a_surrogate_pair_is_printed_as_its_number(review):
    line = tried(1, cost=0.1, name="a\udc00")
    assert "a\\udc00: gemini/m" in review(lines=[line])[1]
