"""The command that looks over the model catalogue."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from course.upkeep.catalogue_check import main

DATA = Path(__file__).resolve().parent.parent / "data"
CONTENT = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
AS_OF = date.fromisoformat(CONTENT["as_of"])
ROLES = CONTENT["roles"]["openai"]

Report = Callable[..., tuple[int, str]]


@pytest.fixture
def content() -> dict[str, Any]:
    """The catalogue's content, to change before the check."""
    return json.loads(json.dumps(CONTENT))


@pytest.fixture
def report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Report:
    """Exit code and text of the check, over the project's or other data."""

    def run(*options: str, content: Any = None, **explained: Any) -> Any:
        arguments = ["check", "--today", str(AS_OF), *options]
        if content is not None:
            path = tmp_path / "models.json"
            path.write_text(json.dumps(content))
            reasons = DATA / "price_differences.json"
            known = json.loads(reasons.read_text()) | explained
            path.with_name(reasons.name).write_text(json.dumps(known))
            arguments += ["--file", str(path)]
        return main(arguments), capsys.readouterr().out

    return run


def row_of(content: dict[str, Any], model_id: str) -> dict[str, Any]:
    [found] = [
        row
        for row in content["models"]
        if row["provider"] == "openai" and row["id"] == model_id
    ]
    return found


def lines(text: str, kind: str) -> list[str]:
    return [line for line in text.splitlines() if line.split()[0] == kind]


def later(days: int) -> str:
    return str(AS_OF + timedelta(days=days))


def test_the_projects_catalogue_has_nothing_to_correct(
    report: Report,
) -> None:
    code, text = report()
    assert code == 0
    assert "0 to correct" in text
    assert lines(text, "explained")


def test_the_report_of_a_day_is_always_the_same(report: Report) -> None:
    assert report("--today", later(40)) == report("--today", later(40))


def test_a_row_that_nobody_checked_for_long_is_stale(
    report: Report, content: dict[str, Any]
) -> None:
    row = row_of(content, ROLES["default"])
    row["checked_on"] = later(-61)
    code, text = report(content=content)
    assert code == 1
    [line] = lines(text, "stale")
    assert ROLES["default"] in line and "61 days ago" in line
    assert report("--stale-after", "61", content=content)[0] == 0


def test_a_retired_models_row_is_never_stale(
    report: Report, content: dict[str, Any]
) -> None:
    row_of(content, ROLES["retired"])["checked_on"] = later(-100)
    assert report(content=content)[0] == 0


def test_what_shuts_down_soon_is_named_with_its_replacement(
    report: Report,
) -> None:
    retiring = row_of(CONTENT, ROLES["retiring"])
    end = date.fromisoformat(retiring["shutdown_on"])
    left = (end - AS_OF).days
    code, text = report("--shutdown-within", str(left))
    [line] = [t for t in lines(text, "ends") if f" {retiring['id']} " in t]
    assert f"in {left} days" in line and retiring["replacement"] in line
    assert code == 0
    code, text = report("--shutdown-within", str(left - 1))
    assert not [t for t in lines(text, "ends") if f" {retiring['id']} " in t]


def test_a_price_that_differs_fails_the_check(
    report: Report, content: dict[str, Any]
) -> None:
    row_of(content, ROLES["default"])["prices"][0]["output"] += 0.01
    code, text = report(content=content)
    assert code == 1
    assert all(ROLES["default"] in t for t in lines(text, "differs"))
    assert lines(text, "differs")


def test_a_difference_without_its_explanation_fails_the_check(
    report: Report, content: dict[str, Any]
) -> None:
    code, text = report(content=content, differences=[])
    assert code == 1
    assert lines(text, "differs") and not lines(text, "explained")


def test_an_explanation_that_is_no_longer_needed_fails_the_check(
    report: Report, content: dict[str, Any]
) -> None:
    needless = {"provider": "openai", "id": "x", "detail": "y", "reason": "z"}
    known = json.loads((DATA / "price_differences.json").read_text())
    reasons = [*known["differences"], needless]
    code, text = report(content=content, differences=reasons)
    assert code == 1
    [line] = lines(text, "settled")
    assert "take it out of price_differences.json" in line


@pytest.mark.parametrize("role", ["default", "retired"])
def test_a_role_played_by_a_model_of_the_wrong_age_fails_the_check(
    role: str, report: Report, content: dict[str, Any]
) -> None:
    content["roles"]["openai"][role] = ROLES["retiring"]
    code, text = report(content=content)
    assert code == 1
    [line] = lines(text, "role")
    assert f"plays '{role}', but is deprecated" in line


def test_the_table_stands_in_columns(report: Report) -> None:
    text = report()[1]
    [head] = lines(text, "WHAT")
    column = head.index("MODEL")
    for line in lines(text, "ends"):
        assert line[column - 1] == " " and line[column] != " "


def test_a_missing_catalogue_is_a_sentence_and_not_a_traceback(
    report: Report, tmp_path: Path
) -> None:
    code, text = report("--file", str(tmp_path / "nowhere.json"))
    assert code == 2
    assert text.startswith("There is no model catalogue at")
