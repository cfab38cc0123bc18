"""The model catalogue: its file, its prices, its roles."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from course.upkeep.price_comparison import explanations, price_differences

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "data" / "models.json"
CONTENT = json.loads(FILE.read_text(encoding="utf-8"))
ROWS = CONTENT["models"]
ROLES = [(p, role) for p, names in CONTENT["roles"].items() for role in names]
PROVIDERS = ("gemini", "openai", "openrouter", "requestry")
NEW_YEAR = date(2030, 1, 1)


def name(row: dict[str, Any]) -> str:
    return f"{row['provider']} {row['id']}"


each_row = pytest.mark.parametrize("row", ROWS, ids=name)


# The file


def test_the_rows_stand_in_order_and_none_twice() -> None:
    keys = [(row["provider"], row["id"]) for row in ROWS]
    assert keys == sorted(set(keys))
    assert {provider for provider, _ in keys} == set(PROVIDERS)


@each_row
def test_a_row_says_where_and_when_its_figures_were_found(
    row: dict[str, Any],
) -> None:
    assert re.match(r"https://[\w.-]+/", row["source"])
    assert row["checked_on"] <= CONTENT["as_of"]


@each_row
def test_a_limit_is_a_number_of_tokens_or_unknown(row: dict[str, Any]) -> None:
    limits = ("context_window", "max_output_tokens", "max_input_tokens")
    for limit in limits:
        assert row[limit] is None or row[limit] > 0
        assert (row[limit] or 0) <= (row["context_window"] or 0)


@each_row
def test_a_row_says_which_parameters_the_model_accepts(
    row: dict[str, Any],
) -> None:
    accepts = row["accepts"]
    lengths = {"max_completion_tokens", "max_tokens", "both"}
    rules = {"any", "default_only", "never", "without_reasoning"}
    efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
    own_wire_format = row["provider"] == "gemini"
    assert accepts["max_tokens"] in ({None} if own_wire_format else lengths)
    assert accepts["temperature"] in rules
    given = accepts["reasoning_efforts"]
    assert given == [effort for effort in efforts if effort in given]
    assert isinstance(accepts["stop"], bool)
    assert isinstance(accepts["tools_with_reasoning"], bool)


@each_row
def test_only_a_reasoning_model_is_bound_by_reasoning(
    row: dict[str, Any],
) -> None:
    accepts = row["accepts"]
    if not row["reasoning"]:
        assert accepts["reasoning_efforts"] == []
        assert accepts["temperature"] == "any"
        assert accepts["tools_with_reasoning"]
    if accepts["temperature"] == "without_reasoning":
        assert "none" in accepts["reasoning_efforts"]


@each_row
def test_price_steps_ascend_from_the_release_on(row: dict[str, Any]) -> None:
    days = [price["from"] for price in row["prices"]]
    assert days == sorted(set(days))
    assert all(day >= (row["released_on"] or "") for day in days)
    for price in row["prices"]:
        starts = [tier["input_tokens"] for tier in price["above"]]
        assert starts == sorted(set(starts)) and 0 not in starts


@each_row
def test_cached_input_is_never_dearer_nor_output_cheaper_than_input(
    row: dict[str, Any],
) -> None:
    for price in row["prices"]:
        for tier in (price, *price["above"]):
            assert 0 <= (tier["cached_input"] or 0) <= tier["input"]
            assert tier["input"] <= tier["output"]


@each_row
def test_what_a_model_can_do_is_known_or_said_to_be_unknown(
    row: dict[str, Any],
) -> None:
    assert row["tools"] in (True, False, None)
    assert row["json_schema"] in (True, False, None)


@each_row
def test_the_days_of_a_life_follow_each_other(row: dict[str, Any]) -> None:
    names = ("released_on", "deprecated_on", "shutdown_on")
    days = [row[day] for day in names if row[day]]
    assert days == sorted(days)
    assert all(date.fromisoformat(day) for day in days)


@each_row
def test_a_replacement_is_a_living_model_of_the_same_provider(
    row: dict[str, Any], llm: Any
) -> None:
    if row["replacement"] is not None:
        catalogue = llm.catalogue.load_catalogue()
        model = catalogue.find(row["provider"], row["replacement"])
        assert model is not None
        assert model.status_on(catalogue.as_of) != "retired"


def test_a_gateway_charges_a_twentieth_more_than_the_provider(
    llm: Any,
) -> None:
    catalogue = llm.catalogue.load_catalogue()
    first = {"openai": "openai", "google": "gemini"}
    compared = 0
    for model in catalogue.rows:
        maker, _, model_id = model.id.partition("/")
        if model.provider == "requestry" and model.prices:
            origin = catalogue.find(first[maker], model_id)
            direct = origin.cost_usd(9000, 900, 300, on=catalogue.as_of)
            ours = model.cost_usd(9000, 900, 300, on=catalogue.as_of)
            assert ours == pytest.approx(direct * 1.05)
            compared += 1
    assert compared >= 5


# Roles


@pytest.mark.parametrize(("provider", "role"), ROLES)
def test_a_role_is_played_by_a_model_of_the_right_age(
    provider: str, role: str, llm: Any
) -> None:
    catalogue = llm.catalogue.load_catalogue()
    wanted = {"retiring": "deprecated", "retired": "retired"}
    status = catalogue.role(provider, role).status_on(catalogue.as_of)
    assert status == wanted.get(role, "active")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_a_default_a_second_and_a_reasoning_model(
    provider: str, llm: Any
) -> None:
    catalogue = llm.catalogue.load_catalogue()
    names = {"default", "second", "reasoning"}
    assert len({catalogue.role(provider, role).id for role in names}) == 3
    assert catalogue.role(provider, "reasoning").reasoning


def test_the_default_is_what_the_retiring_model_is_replaced_by(
    llm: Any,
) -> None:
    catalogue = llm.catalogue.load_catalogue()
    default = catalogue.role("openai", "default")
    assert catalogue.role("openai", "retiring").replacement == default.id
    assert "image" in default.input_modalities
    cost = default.cost_usd(1000, 1000, on=catalogue.as_of)
    others = catalogue.models("openai", on=catalogue.as_of)
    costs = [m.cost_usd(1000, 1000, on=catalogue.as_of) for m in others]
    assert sum(other < cost for other in costs) <= 1


def test_an_unknown_role_names_the_roles_there_are(llm: Any) -> None:
    catalogue = llm.catalogue.load_catalogue()
    with pytest.raises(llm.catalogue.UnknownRoleError) as caught:
        catalogue.role("openai", "chief")
    assert "'chief'" in str(caught.value)
    assert "default, reasoning, retired, retiring" in str(caught.value)
    with pytest.raises(llm.catalogue.UnknownRoleError, match="are: none"):
        catalogue.role("nobody", "default")


# A catalogue of one model, to change at will


@pytest.fixture
def row() -> dict[str, Any]:
    """A row of the file's own form, with every figure known."""
    return {
        "provider": "somebody",
        "id": "some-model",
        "snapshot": "some-model-2029-01-01",
        "context_window": 1000,
        "max_output_tokens": 100,
        "max_input_tokens": None,
        "input_modalities": ["text"],
        "reasoning": False,
        "accepts": {
            "max_tokens": "both",
            "temperature": "any",
            "reasoning_efforts": [],
            "stop": True,
            "tools_with_reasoning": True,
        },
        "prices": [step("2029-01-01", 2, 1, 10)],
        "released_on": "2029-01-01",
        "deprecated_on": None,
        "shutdown_on": None,
        "replacement": None,
        "source": "https://example.com/",
        "checked_on": "2029-01-01",
    }


def step(
    day: str,
    input: float | None,
    cached: float | None,
    output: float | None,
    above: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    return {
        "from": day,
        "input": input,
        "cached_input": cached,
        "output": output,
        "above": list(above),
    }


@pytest.fixture
def model_of(llm: Any, tmp_path: Path) -> Callable[..., Any]:
    """The model that a row describes, read from a file."""

    def read(row: dict[str, Any], **changes: Any) -> Any:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        content = {"as_of": "2029-01-01", "roles": {}}
        content["models"] = [{**row, **changes}]
        path.write_text(json.dumps(content))
        [model] = llm.catalogue.load_catalogue(path).rows
        return model

    return read


# Prices

Read = Callable[..., Any]
MILLION = 1_000_000


def test_a_request_costs_prompt_and_completion_per_million_tokens(
    row: dict[str, Any], model_of: Read
) -> None:
    model = model_of(row)
    assert model.cost_usd(MILLION, MILLION, on=NEW_YEAR) == 12
    assert model.cost_usd(500, 20, on=NEW_YEAR) == pytest.approx(0.0012)


def test_cached_tokens_are_part_of_the_prompt_and_cheaper(
    row: dict[str, Any], model_of: Read
) -> None:
    cost = model_of(row).cost_usd(MILLION, 0, MILLION // 4, on=NEW_YEAR)
    assert cost == pytest.approx(0.75 * 2 + 0.25 * 1)


def test_a_price_holds_from_its_day_on(
    row: dict[str, Any], model_of: Read
) -> None:
    steps = [step("2029-01-01", 2, 1, 10), step("2030-01-01", 4, 2, 20)]
    model = model_of(row, prices=steps)
    assert model.cost_usd(MILLION, 0, on=date(2029, 12, 31)) == 2
    assert model.cost_usd(MILLION, 0, on=NEW_YEAR) == 4
    assert model.price_on(date(2028, 12, 31)) is None
    assert model.cost_usd(1, 1, on=date(2028, 12, 31)) is None


def test_beyond_a_tier_every_token_of_the_request_is_dearer(
    row: dict[str, Any], model_of: Read
) -> None:
    tier = {"input_tokens": 1000, "input": 4, "cached_input": 2, "output": 15}
    model = model_of(row, prices=[step("2029-01-01", 2, 1, 10, (tier,))])
    at = model.cost_usd(1000, 10, 100, on=NEW_YEAR)
    beyond = model.cost_usd(1001, 10, 100, on=NEW_YEAR)
    assert at == pytest.approx((900 * 2 + 100 * 1 + 10 * 10) / MILLION)
    assert beyond == pytest.approx((901 * 4 + 100 * 2 + 10 * 15) / MILLION)


def test_a_later_price_without_tiers_ends_the_earlier_tiers(
    row: dict[str, Any], model_of: Read
) -> None:
    tier = {"input_tokens": 1000, "input": 4, "cached_input": 2, "output": 15}
    first = step("2029-01-01", 2, 1, 10, (tier,))
    model = model_of(row, prices=[first, step("2030-01-01", 3, 1, 10)])
    assert model.price_on(NEW_YEAR, 5000).input == 3


@pytest.mark.parametrize("tokens", [(1, 1, 1), (1, 1, 0), (0, 1, 0)])
def test_an_unknown_price_makes_the_cost_unknown_and_not_nothing(
    tokens: tuple[int, int, int], row: dict[str, Any], model_of: Read
) -> None:
    unknown = {
        (1, 1, 1): step("2029-01-01", 2, None, 10),
        (1, 1, 0): step("2029-01-01", None, 1, 10),
        (0, 1, 0): step("2029-01-01", 2, 1, None),
    }
    model = model_of(row, prices=[unknown[tokens]])
    assert model.cost_usd(*tokens, on=NEW_YEAR) is None
    assert model_of(row, prices=[]).cost_usd(*tokens, on=NEW_YEAR) is None


def test_a_price_that_is_not_needed_may_be_unknown(
    row: dict[str, Any], model_of: Read
) -> None:
    model = model_of(row, prices=[step("2029-01-01", 2, None, 10)])
    assert model.cost_usd(MILLION, 0, on=NEW_YEAR) == 2


def test_a_free_model_costs_nothing_and_not_the_unknown(
    row: dict[str, Any], model_of: Read
) -> None:
    model = model_of(row, prices=[step("2029-01-01", 0, 0, 0)])
    assert model.cost_usd(1000, 1000, on=NEW_YEAR) == 0


@pytest.mark.parametrize(
    "tokens",
    [
        (None, 1, 0),
        (1, None, 0),
        (1, 1, None),
        (1, 1, 2),
        (1, 1, -1),
        (-1, 1, 0),
    ],
)
def test_unknown_or_senseless_counts_make_the_cost_unknown(
    tokens: tuple[Any, Any, Any], row: dict[str, Any], model_of: Read
) -> None:
    assert model_of(row).cost_usd(*tokens, on=NEW_YEAR) is None


def test_without_a_day_the_prices_of_today_hold(
    row: dict[str, Any], model_of: Read
) -> None:
    today = date.today().isoformat()
    steps = [step("2000-01-01", 2, 1, 10), step(today, 3, 1, 10)]
    model = model_of(row, released_on=None, prices=steps)
    assert model.cost_usd(MILLION, 0) == 3


def test_the_prices_are_those_of_genai_prices_but_for_what_is_explained(
    llm: Any,
) -> None:
    known = explanations(FILE.with_name("price_differences.json"))
    found = price_differences(llm.catalogue.load_catalogue())
    assert [d for d in found if d not in known] == []
    assert [d for d in known if d not in found] == []
    assert all(len(reason) > 20 for reason in known.values())


# Names and lives


@pytest.mark.parametrize("role", ["retiring", "retired"])
def test_a_model_is_found_by_its_dated_snapshot_too(
    role: str, llm: Any
) -> None:
    catalogue = llm.catalogue.load_catalogue()
    model = catalogue.role("openai", role)
    assert model.snapshot != model.id
    assert catalogue.find("openai", model.snapshot) == model
    assert catalogue.find("openai", model.id) == model


def test_a_model_is_unknown_at_another_provider(llm: Any) -> None:
    catalogue = llm.catalogue.load_catalogue()
    model = catalogue.role("openai", "default")
    assert catalogue.find("gemini", model.id) is None
    assert catalogue.find("openai", "no-such-model") is None
    assert catalogue.find("openai", "") is None


def test_an_id_goes_before_another_models_snapshot(
    row: dict[str, Any], llm: Any, tmp_path: Path
) -> None:
    own = {**row, "id": row["snapshot"], "snapshot": None}
    content = {"as_of": "2029-01-01", "roles": {}, "models": [row, own]}
    path = tmp_path / "models.json"
    path.write_text(json.dumps(content))
    catalogue = llm.catalogue.load_catalogue(path)
    assert catalogue.find("somebody", own["id"]).id == own["id"]


def test_a_model_is_active_then_deprecated_then_retired(
    row: dict[str, Any], model_of: Read
) -> None:
    days = {"deprecated_on": "2030-01-01", "shutdown_on": "2030-04-01"}
    model = model_of(row, **days)
    assert model.status_on(date(2029, 12, 31)) == "active"
    assert model.status_on(NEW_YEAR) == "deprecated"
    assert model.status_on(date(2030, 3, 31)) == "deprecated"
    assert model.status_on(date(2030, 4, 1)) == "retired"


def test_a_model_with_a_known_end_counts_as_deprecated(
    row: dict[str, Any], model_of: Read
) -> None:
    model = model_of(row, shutdown_on="2030-04-01")
    assert model.status_on(NEW_YEAR) == "deprecated"
    assert model_of(row).status_on(NEW_YEAR) == "active"


def test_only_models_that_answer_on_a_day_are_listed(llm: Any) -> None:
    catalogue = llm.catalogue.load_catalogue()
    retired = catalogue.role("openai", "retired")
    retiring = catalogue.role("openai", "retiring")
    then = catalogue.models("openai", on=retired.released_on)
    now = catalogue.models("openai", on=catalogue.as_of)
    later = catalogue.models("openai", on=retiring.shutdown_on)
    assert retired in then and retired not in now
    assert retiring in now and retiring not in later
    assert catalogue.role("openai", "default") not in then
    everywhere = catalogue.models(on=catalogue.as_of)
    assert {model.provider for model in everywhere} == set(PROVIDERS)


# Reading


def test_the_file_is_read_once(llm: Any) -> None:
    load = llm.catalogue.load_catalogue
    assert load() is load()
    assert load(str(FILE)) == load(FILE) == load()


def test_a_missing_file_is_named(llm: Any, tmp_path: Path) -> None:
    path = tmp_path / "nowhere.json"
    with pytest.raises(llm.catalogue.CatalogueError) as caught:
        llm.catalogue.load_catalogue(path)
    assert str(path) in str(caught.value)
    assert "Check the path" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"as_of": "soon"}', "\x00"]
)
def test_a_broken_file_is_named_with_what_to_do(
    text: str, llm: Any, tmp_path: Path
) -> None:
    path = tmp_path / "models.json"
    path.write_text(text)
    with pytest.raises(llm.catalogue.CatalogueError) as caught:
        llm.catalogue.load_catalogue(path)
    assert str(path) in str(caught.value)
    assert "Restore it" in str(caught.value)


@pytest.mark.parametrize("lost", ["prices", "accepts", "id", "checked_on"])
def test_a_row_without_a_field_is_named_by_its_number(
    lost: str, row: dict[str, Any], model_of: Read, llm: Any
) -> None:
    del row[lost]
    with pytest.raises(llm.catalogue.CatalogueError, match="row 1:.*" + lost):
        model_of(row)


def test_a_repaired_file_is_read_again(
    row: dict[str, Any], llm: Any, tmp_path: Path
) -> None:
    path = tmp_path / "models.json"
    path.write_text("{")
    with pytest.raises(llm.catalogue.CatalogueError):
        llm.catalogue.load_catalogue(path)
    shutil.copy(FILE, path)
    assert len(llm.catalogue.load_catalogue(path).rows) == len(ROWS)


PROGRAM = """
from llm_providers import catalogue
try:
    print(catalogue.load_catalogue().path)
except catalogue.CatalogueError as error:
    print(error)
"""


def catalogue_of_a_copy(place: Path) -> str:
    """What a copy of the package, imported from there, says that it reads."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return result.stdout.strip()


def test_the_copy_inside_the_package_goes_before_the_one_beside_it(
    tmp_path: Path,
) -> None:
    package = tmp_path / "llm_providers"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name in ("catalogue.py", "data_files.py"):
        shutil.copy(ROOT / "llm_providers" / name, package)
    assert "Reinstall the package" in catalogue_of_a_copy(tmp_path)
    for folder in (tmp_path / "data", package / "data"):
        folder.mkdir()
        shutil.copy(FILE, folder)
        found = folder / "models.json"
        assert catalogue_of_a_copy(tmp_path) == str(found.resolve())


def test_a_wheel_carries_the_catalogue() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    included = wheel["force-include"]["data/models.json"]
    assert included == "llm_providers/data/models.json"
