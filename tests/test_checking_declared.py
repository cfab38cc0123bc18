"""What the text of a package says of its records, which is never run."""

import pytest

from course.checking.declared import Declared

TEXT = """
import dataclasses
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

raise SystemExit("this is read, and never run")


@dataclass(frozen=True)
class Money:
    kinds: ClassVar[int] = 2
    amount: int
    currency: str = "EUR"
    rate: float = float("1")
    parts: tuple[int, ...] = ()
    note: str = field(default="none", compare=False)
    seen: int = field(default=0, init=False)
    place: str = "here"
    _: KW_ONLY
    by: str | None = None

    def doubled(self): ...


@dataclasses.dataclass(frozen=True)
class Coin(Money):
    metal: str = "steel"


@dataclass
class Purse:
    coins: list = field(default_factory=list)


@dataclass(frozen=True)
class Sorted:
    items: tuple = ()

    def __post_init__(self): ...


@dataclass(eq=False)
class Key: ...


@dataclass
class Secret:
    def __eq__(self, other): ...


class Plain:
    amount: int = 3
"""


@pytest.fixture
def declared(tmp_path):
    package = tmp_path / "llm_providers"
    package.mkdir()
    (package / "money.py").write_text(TEXT, "utf-8")
    (package / "broken.py").write_text("class (", "utf-8")
    return Declared(tmp_path)


def one(declared, name):
    (found,) = declared.records([f"llm_providers.money:{name}"])
    return found


def test_every_field_is_compared_that_the_text_does_not_except(declared):
    compared = one(declared, "Money").compared
    assert sorted(compared) == [
        "amount",
        "by",
        "currency",
        "parts",
        "place",
        "rate",
        "seen",
    ]


def test_a_record_has_what_it_is_given_and_its_literal_defaults(declared):
    given = one(declared, "Money").given([5, "USD"], {"by": "Ida", "no": 1})
    assert given == {
        "amount": 5,
        "currency": "USD",
        "parts": (),
        "note": "none",
        "seen": 0,
        "place": "here",
        "by": "Ida",
    }


def test_a_field_that_nobody_gives_has_no_place_among_the_arguments(declared):
    given = one(declared, "Money").given([5, "USD", 2.0, (), "x", "there"], {})
    assert given["place"] == "there"
    assert given["seen"] == 0


def test_arguments_by_place_may_belong_to_an_ancestor(declared):
    coin = one(declared, "Coin")
    assert coin.given([5], {"metal": "gold"}) == {"metal": "gold"}
    assert coin.given([], {}) == {"metal": "steel"}


def test_what_may_change_or_changes_what_it_is_given_is_not_frozen(declared):
    frozen = {
        name: one(declared, name).frozen
        for name in ("Money", "Coin", "Purse", "Sorted")
    }
    assert frozen == {
        "Money": True,
        "Coin": True,
        "Purse": False,
        "Sorted": False,
    }


@pytest.mark.parametrize(
    "name",
    [
        "llm_providers.money:Key",
        "llm_providers.money:Secret",
        "llm_providers.money:Plain",
        "llm_providers.money:Missing",
        "llm_providers.broken:Money",
        "llm_providers.absent:Money",
        "llm_providers.money/../money:Money",
        "builtins:int",
        "",
    ],
)
def test_nothing_is_said_of_other_classes(declared, name):
    assert declared.records([name]) == []


def test_a_class_is_known_by_the_name_that_a_module_has_for_it(declared):
    assert declared.records(["elsewhere:Other"]) == []
    declared.note("llm_providers.money", "Money", "elsewhere:Other")
    assert declared.records(["elsewhere:Other"]) == [one(declared, "Money")]


def test_without_a_folder_nothing_is_known():
    assert Declared().records(["llm_providers.responses:Usage"]) == []
