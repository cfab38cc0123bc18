"""The comparison of the catalogue's prices with those of genai-prices."""

import json
import socket
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from course.upkeep.price_comparison import price_differences

DATA = Path(__file__).resolve().parent.parent / "data"
CONTENT = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
ROLES = CONTENT["roles"]
Row = dict[str, Any]
Details = Callable[[Row], list[str]]


def row_of(provider: str, model_id: str) -> Row:
    [found] = [
        row
        for row in CONTENT["models"]
        if (row["provider"], row["id"]) == (provider, model_id)
    ]
    return json.loads(json.dumps(found))


@pytest.fixture
def tiered() -> Row:
    """A row with a long-context tier, on which both sides agree."""
    return row_of("openai", ROLES["openai"]["default"])


@pytest.fixture
def stepped() -> Row:
    """A row whose price changes on a day to come."""
    return row_of("gemini", ROLES["gemini"]["default"])


@pytest.fixture
def details(llm: Any, tmp_path: Path) -> Details:
    """What the comparison says about a catalogue of one row."""

    def compared(row: Row) -> list[str]:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        content = {"as_of": CONTENT["as_of"], "roles": {}, "models": [row]}
        path.write_text(json.dumps(content))
        found = price_differences(llm.catalogue.load_catalogue(path))
        return [difference.detail for difference in found]

    return compared


def test_equal_prices_are_no_difference(
    tiered: Row, stepped: Row, details: Details
) -> None:
    assert details(tiered) == details(stepped) == []


@pytest.mark.parametrize("rate", ["input", "cached_input", "output"])
def test_a_price_that_is_slightly_off_is_found(
    rate: str, tiered: Row, details: Details
) -> None:
    tiered["prices"][0][rate] *= 1.01
    found = details(tiered)
    assert found and tiered["prices"][0]["from"] in found[0]
    assert "here" in found[0] and "there" in found[0]


@pytest.mark.parametrize("field", ["input", "output", "input_tokens"])
def test_a_tier_that_is_off_is_found(
    field: str, tiered: Row, details: Details
) -> None:
    tiered["prices"][0]["above"][0][field] *= 2
    assert details(tiered)


def test_a_missing_tier_is_found(tiered: Row, details: Details) -> None:
    tiered["prices"][0]["above"] = []
    assert details(tiered)


def test_a_missing_step_is_found(stepped: Row, details: Details) -> None:
    last = stepped["prices"].pop()
    assert all(last["from"] in detail for detail in details(stepped))
    assert details(stepped)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_step_on_another_day_is_found(
    days: int, stepped: Row, details: Details
) -> None:
    last = stepped["prices"][-1]
    moved = date.fromisoformat(last["from"]) + timedelta(days=days)
    last["from"] = moved.isoformat()
    assert details(stepped)


def test_an_unknown_cached_price_is_found_where_they_have_one(
    tiered: Row, details: Details
) -> None:
    tiered["prices"][0]["cached_input"] = None
    assert any("no cached price" in detail for detail in details(tiered))


def test_a_row_without_prices_is_found_where_they_have_some(
    tiered: Row, details: Details
) -> None:
    tiered["prices"] = []
    assert details(tiered) == ["no price here, though genai-prices has one"]


def test_a_model_that_they_do_not_know_is_named(
    tiered: Row, details: Details
) -> None:
    tiered["id"] = "no-such-model"
    assert details(tiered) == ["genai-prices does not know it"]
    tiered["prices"] = []
    assert details(tiered) == []


def test_a_gateway_without_its_surcharge_is_found(
    tiered: Row, details: Details
) -> None:
    gateway = row_of("requestry", ROLES["requestry"]["default"])
    assert details(gateway) == []
    gateway["prices"] = tiered["prices"]
    assert details(gateway)


def test_the_comparison_opens_no_connection(
    tiered: Row, details: Details, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert details(tiered) == []
