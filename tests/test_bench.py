"""The benchmarks' rows, table and statistics; no time is asserted here."""

import json
from types import SimpleNamespace

import pytest

from benchmarks import (
    agents,
    caller,
    checks,
    course_start,
    imports,
    parallel,
    recommender,
)
from benchmarks.rows import BenchmarkError, Report, Row
from benchmarks.samples import (
    in_turn,
    paired_differences,
    paired_ratios,
    percentile,
)
from benchmarks.surroundings import clean_environ
from course.problems import CommandError, ExitCode
from course.upkeep import bench

ROWS = [
    Row.median("import/ours/package", [30, 10, 20], "ms", 50),
    Row.median("import/peer/package", [1234.56], "ms"),
]


def run_of(monkeypatch, name, report):
    """Let a benchmark give this report, or raise it."""

    def run():
        if isinstance(report, Exception):
            raise report
        return report

    module = bench.importlib.import_module(bench.BENCHMARKS[name])
    monkeypatch.setattr(module, "run", run)


def test_a_row_is_named_bench_subject_metric():
    assert Row("agents/ours/openai_overhead", 0.1, "ms").subject == "ours"
    for wrong in ("agents/ours", "agents/ours/Two words", "a/b/c/d", ""):
        with pytest.raises(ValueError, match="bench/subject/metric"):
            Row(wrong, 0.1, "ms")


def test_a_row_has_one_of_the_known_units():
    with pytest.raises(ValueError, match="ms, s, MB, ratio, count, points"):
        Row("agents/ours/call", 0.1, "seconds")


def test_only_our_own_rows_have_a_target():
    with pytest.raises(ValueError, match="peer"):
        Row("agents/litellm/call", 0.1, "ms", target=0.3)


def test_a_median_row_keeps_its_samples():
    assert ROWS[0].value == 20
    assert ROWS[0].samples == (30, 10, 20)


def test_every_subject_is_asked_once_a_round_in_changing_order():
    asked = []
    subjects = {
        name: lambda name=name: asked.append(name) or len(asked)
        for name in "abc"
    }
    taken = in_turn(subjects, 4)
    rounds = [asked[start : start + 3] for start in range(0, 12, 3)]
    assert [sorted(each) for each in rounds] == [["a", "b", "c"]] * 4
    assert len({tuple(each) for each in rounds}) == 4
    assert [len(samples) for samples in taken.values()] == [4, 4, 4]


def test_a_slow_subject_takes_part_in_every_third_round():
    subjects = {"quick": lambda: 1, "slow": lambda: 2}
    taken = in_turn(subjects, 7, slow={"slow"})
    assert taken == {"quick": [1] * 7, "slow": [2] * 3}


def test_differences_and_ratios_are_taken_round_by_round():
    assert paired_differences([3, 8], [1, 4]) == [2, 4]
    assert paired_ratios([3, 8], [1, 4]) == [3, 2]
    with pytest.raises(ValueError):
        paired_differences([1, 2], [1])


def test_a_percentile_is_one_of_the_samples():
    hundred = list(range(100, 0, -1))
    assert percentile(hundred, 95) == 95
    assert percentile([0.2, 0.1], 95) == 0.2
    assert percentile([7.0], 0) == 7.0
    with pytest.raises(ValueError):
        percentile([], 95)


def test_the_table_says_whether_a_target_is_reached():
    missed = Row("checks/ours/p95", 0.72, "s", 0.6)
    lines = bench.table([*ROWS, missed]).splitlines()
    assert lines[0].split() == ["what", "value", "unit", "target"]
    assert lines[1].split()[1:] == ["20", "ms", "<=", "50", "reached"]
    assert lines[2].split()[1:] == ["1235", "ms"]
    assert lines[3].split()[1:] == ["0.72", "s", "<=", "0.6", "missed"]


def test_a_target_may_be_the_least_that_is_wanted():
    reached = Row("recommender/ours/lift", 35, "points", 34, at_least=True)
    missed = Row("recommender/ours/lift", 33, "points", 34, at_least=True)
    assert (reached.is_reached, missed.is_reached) == (True, False)
    lines = bench.table([reached, missed]).splitlines()
    assert lines[1].split()[3:] == [">=", "34", "reached"]
    assert lines[2].split()[3:] == [">=", "34", "missed"]
    content = json.loads(bench.as_json([reached, ROWS[0]], []))
    assert content["at_least"] == ["recommender/ours/lift"]


def test_files_are_for_the_benchmark_of_the_recommender(monkeypatch, capsys):
    asked = []

    def run(**files):
        asked.append(files)
        return Report(tuple(ROWS))

    module = bench.importlib.import_module(bench.BENCHMARKS["recommender"])
    monkeypatch.setattr(module, "run", run)
    bench.main(["recommender", "--train", "a", "--test", "b"])
    bench.main(["recommender"])
    assert asked == [{"train": "a", "test": "b"}, {}]
    with pytest.raises(CommandError, match="Only `bench recommender`"):
        bench.main(["checks", "--train", "a"])


def test_json_rows_have_exactly_four_fields_and_samples_beside():
    content = json.loads(bench.as_json(ROWS, ["a note"]))
    assert content["rows"] == [
        {"what": "import/ours/package", "value": 20, "unit": "ms",
         "target": 50},
        {"what": "import/peer/package", "value": 1234.56, "unit": "ms",
         "target": None},
    ]  # fmt: skip
    assert content["samples"]["import/ours/package"] == [30, 10, 20]
    assert content["notes"][-1] == "a note"


def test_the_command_prints_nothing_but_json_when_asked(monkeypatch, capsys):
    run_of(monkeypatch, "import", Report(tuple(ROWS)))
    assert bench.main(["import", "--json"]) == ExitCode.DONE
    content = json.loads(capsys.readouterr().out)
    assert len(content["rows"]) == 2


def test_one_benchmark_that_fails_does_not_end_the_others(monkeypatch, capsys):
    for name in bench.BENCHMARKS:
        run_of(monkeypatch, name, Report(tuple(ROWS)))
    run_of(monkeypatch, "checks", BenchmarkError("no notebooks"))
    assert bench.main(["all"]) == ExitCode.FAILED
    printed = capsys.readouterr().out
    assert "checks: no notebooks" in printed
    others = len(bench.BENCHMARKS) - 1
    assert printed.count("import/ours/package") == others


def test_an_unknown_benchmark_is_a_clear_error():
    with pytest.raises(CommandError, match="Did you mean `checks`") as error:
        bench.main(["check"])
    assert error.value.exit_code == ExitCode.WRONG_USE
    assert all(name in str(error.value) for name in bench.BENCHMARKS)


def test_every_benchmark_can_be_run():
    for module in (
        agents,
        checks,
        course_start,
        imports,
        parallel,
        recommender,
    ):
        assert callable(module.run)
    assert bench.names("all") == list(bench.BENCHMARKS)
    assert bench.names("course") == ["lab"]


def test_measured_programs_get_no_key_no_proxy_and_no_switch(monkeypatch):
    for name in ("OPENAI_API_KEY", "https_proxy", "PYTHONHASHSEED"):
        monkeypatch.setenv(name, "x")
    environ = clean_environ(None, OPENAI_BASE_URL="http://127.0.0.1:1")
    assert {"OPENAI_API_KEY", "https_proxy", "PYTHONHASHSEED"}.isdisjoint(
        environ
    )
    assert environ["OPENAI_BASE_URL"] == "http://127.0.0.1:1"


def test_exercise_cells_are_paired_by_number(tmp_path):
    for folder, body in (("notebooks", "blank"), ("solutions", "solved")):
        cells = [f'import os\n\n@exercise("1.1")\n{body}', "print(1)"]
        write_notebook(tmp_path / folder, cells)
    folder = tmp_path / "course" / "answers"
    folder.mkdir(parents=True)
    wrong = [
        {"solution": {"solved\n": "wrong\n"}},
        {"solution": "x = 1\ndef f(): ..."},
    ]
    text = json.dumps({"wrong": wrong})
    (folder / "1.1.yaml").write_text(text, "utf-8")
    [found] = checks.exercise_cells(tmp_path)
    assert found.exercise == "1.1"
    assert found.blank.endswith("blank")
    assert found.solved.endswith("solved")
    assert found.mistakes == (
        found.solved.replace("solved", "wrong\n"),
        'x = 1\n@exercise("1.1")\ndef f(): ...',
    )


def test_notebooks_that_do_not_match_are_not_measured(tmp_path):
    write_notebook(tmp_path / "notebooks", ['@exercise("1.1")'])
    with pytest.raises(BenchmarkError, match="course build"):
        checks.exercise_cells(tmp_path)


def write_notebook(folder, sources):
    folder.mkdir()
    cells = [{"cell_type": "code", "source": [each]} for each in sources]
    text = json.dumps({"cells": cells})
    (folder / "phase_1_small.ipynb").write_text(text, "utf-8")


def test_overheads_are_against_the_bare_client_of_the_same_environment():
    ours = {"call": {"ours": [3.0, 5.0], "bare": [1.0, 2.0]}}
    theirs = {"call": {"litellm": [9.0, 9.0], "bare": [4.0, 4.0]}}
    rows = agents.rows_of("openai", ours, ("ours",))
    rows += agents.rows_of("openai", theirs, ("litellm",))
    values = {row.what: (row.value, row.target) for row in rows}
    assert values == {
        "agents/ours/openai_overhead": (2.5, 0.3),
        "agents/ours/openai_ratio": (2.75, None),
        "agents/ours/openai_call": (4.0, None),
        "agents/bare/openai_call": (1.5, None),
        "agents/litellm/openai_overhead": (5.0, None),
        "agents/litellm/openai_ratio": (2.25, None),
        "agents/litellm/openai_call": (9.0, None),
        "agents/bare_of_litellm/openai_call": (4.0, None),
    }


def test_a_first_token_has_rows_of_its_own():
    taken = {"first_token": {"ours": [3.0], "bare": [1.0]}}
    rows = agents.rows_of("gemini", taken, ("ours",))
    assert [row.what for row in rows] == [
        "agents/ours/gemini_first_token_overhead",
        "agents/ours/gemini_first_token_ratio",
        "agents/ours/gemini_first_token",
        "agents/bare/gemini_first_token",
    ]


@pytest.mark.parametrize("asked", list(caller.BARE))
@pytest.mark.parametrize("kind", ["ours", "bare"])
def test_every_measured_client_gets_an_answer_in_every_way(
    asked, kind, sandbox
):
    urls = {name: sandbox.base_url(name) for name in sandbox.providers}
    there = {
        name: SimpleNamespace(**place)
        for name, place in agents.places(urls).items()
    }
    subject = caller.make_subject(f"{kind} {asked}", there)
    text = subject.call()
    assert text
    assert "".join(subject.stream()) == text
