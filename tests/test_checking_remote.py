"""A learner's package from afar: what a test can do with what it gets."""

import copy
import dataclasses
import logging
import sys
import textwrap
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from course.checking.connection import Connection, FaultError
from course.checking.processes import process_source
from course.checking.remote import Remote
from course.checking.wire import TAG, GarbledError

MODULE = '''
import enum
from contextlib import contextmanager
from dataclasses import dataclass, field
from pydantic import BaseModel

LIMIT = 7


@dataclass(frozen=True)
class Money:
    amount: int
    currency: str = "EUR"
    note: str = field(default="", compare=False)

    def __add__(self, other):
        return Money(self.amount + other.amount, self.currency)

    def __lt__(self, other):
        return self.amount < other.amount

    @property
    def doubled(self):
        return Money(self.amount * 2)

    def times(self, factor):
        return Money(self.amount * factor)


class Question(BaseModel):
    text: str
    tags: list[str] = []


class Colour(enum.StrEnum):
    RED = "red"


class ShopError(Exception):
    kind = "shop"

    def __init__(self, reason, *, code=None):
        super().__init__(reason)
        self.code = code

    @property
    def loud(self):
        return str(self).upper()


class SoldOutError(ShopError):
    kind = "sold_out"


class Shop:
    opened = 0

    def __init__(self, stock=(), *, clock=None):
        self.stock = list(stock)
        self.clock = clock

    @classmethod
    def empty(cls):
        return cls()

    def __len__(self):
        return len(self.stock)

    def __iter__(self):
        return iter(self.stock)

    def __getitem__(self, index):
        return self.stock[index]

    def __contains__(self, item):
        return item in self.stock

    def __enter__(self):
        self.opened += 1
        return self

    def __exit__(self, *error):
        self.opened -= 1
        return isinstance(error[1], LookupError)

    def __repr__(self):
        return f"Shop({self.stock})"

    def buy(self, item):
        if item not in self.stock:
            raise SoldOutError(f"no {item}", code=404)
        self.stock.remove(item)
        return item


class Key:
    def __init__(self, text):
        self._text = text

    def __eq__(self, other):
        return isinstance(other, Key) and self._text == other._text

    def __hash__(self):
        return hash(self._text)


def same(value):
    return value


def apply(function, *args, **kwargs):
    return function(*args, **kwargs)


def apply_in_thread(function, *args):
    import threading

    results = []
    call = lambda: results.append(function(*args))
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return results


def count(to):
    for number in range(to):
        yield number
    raise ValueError("no more")


def spoil(items):
    items.append("spoilt")


@contextmanager
def spoiling(items):
    if not items:
        raise ShopError("nothing to spoil")
    items.append("spoilt")
    yield


class LateError(OSError):
    pass


def be_late():
    raise LateError("too late")


def chain():
    try:
        raise KeyError("first")
    except KeyError as error:
        raise ShopError("second") from error


def circle():
    first, second = ShopError("first"), ShopError("second")
    first.__cause__, second.__cause__ = second, first
    raise first


def name_of(record):
    return record.getMessage(), record.exc_info and str(record.exc_info[1])
'''


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    made = process_source(tmp_path_factory.mktemp("processes"))
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "llm_providers").mkdir()
    (folder / "llm_providers" / "__init__.py").write_text("")
    return folder


@pytest.fixture
def connect(source, workspace):
    """Start a process for the package; give back its `Remote`."""
    started = []

    def start():
        process = source.new_process()
        started.append(process)

        def connection(answer):
            gone = FaultError("ended", "gone")
            return Connection(
                process.channel, answer, lambda: gone, process.end
            )

        remote = Remote(connection, [])
        kept = str(workspace / "kept")
        remote.ask("use", workspace=str(workspace), kept=kept)
        return remote

    yield start
    for process in started:
        process.end()


@pytest.fixture
def remote(connect, workspace):
    (workspace / "llm_providers" / "shop.py").write_text(MODULE)
    return connect()


@pytest.fixture
def shop(remote):
    return remote.package.shop


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -7, 10**5000, 1.5, "text", "\ud800", "", b"\0\xff"),
        *([], [1, [2]], {}, {"a": {"b": 1}}, {1: 2}, {"$": 1}, (), (1, "a")),
        *({1, 2}, frozenset({3}), ..., NotImplemented, range(3), 1j),
        *(date(2026, 1, 2), datetime(2026, 1, 2, 3, tzinfo=UTC)),
        *(timedelta(1, 2, 3), Decimal("1.10"), Path("a/b"), bytearray(b"x")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_plain_value_comes_back_as_it_went(shop, value):
    back = shop.same(value)
    assert back == value
    assert type(back) is type(value)


def test_numbers_that_are_none_come_back(shop):
    assert str(shop.same(float("nan"))) == "nan"
    assert shop.same(float("-inf")) == float("-inf")


def test_a_constant_of_a_module_is_its_value(shop):
    assert shop.LIMIT == 7


def test_a_name_that_is_not_there_is_an_attribute_error(remote):
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = remote.package.shop.nothing
    assert not hasattr(remote.package, "no_such_module")


def test_a_module_s_name_can_be_replaced(shop):
    shop.LIMIT = 8
    assert shop.LIMIT == 8
    shop.same = abs
    assert shop.same(-3) == 3


def test_what_monkeypatch_replaces_comes_back(shop):
    counter = shop.Shop(["pen"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop, "LIMIT", 9)
        patch.setattr(counter, "opened", 3)
        assert (shop.LIMIT, counter.opened) == (9, 3)
    assert (shop.LIMIT, counter.opened) == (7, 0)


def test_records_are_compared_here_by_their_fields(shop):
    assert shop.Money(3) == shop.Money(3, note="change")
    assert shop.Money(3) != shop.Money(4)
    assert shop.Money(3) != 3
    assert shop.Money(3).amount == 3
    assert len({shop.Money(3), shop.Money(3)}) == 1


def test_records_calculate_over_there(shop):
    money = shop.Money(3)
    assert money + shop.Money(4) == shop.Money(7)
    assert money < shop.Money(4)
    assert money.doubled == shop.Money(6)
    assert money.times(5) == shop.Money(15)
    with pytest.raises(TypeError):
        money - money
    with pytest.raises(AttributeError):
        money + 3


def test_a_frozen_record_is_frozen_from_here_too(shop):
    money = shop.Money(3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        money.amount = 4
    assert money.amount == 3


def test_a_record_is_the_same_object_over_there(shop):
    money = shop.Money(3)
    assert shop.same(money) is money
    assert shop.apply(lambda this: this is money, money)


def test_a_record_outlives_its_process_as_an_argument(connect, remote):
    money = remote.package.shop.Money(3)
    assert connect().package.shop.same(money) == money


def test_a_model_is_a_record(shop):
    question = shop.Question(text="why")
    assert (question.text, question.tags) == ("why", [])
    assert question == shop.Question(text="why")
    assert question.model_dump() == {"text": "why", "tags": []}
    with pytest.raises(ValueError, match="text"):
        shop.Question()


def test_a_text_enumeration_is_a_text(shop):
    assert shop.Colour.RED == "red"
    assert shop.same(shop.Colour.RED) == shop.Colour.RED
    assert shop.Colour.RED.name == "RED"


def test_an_object_can_do_what_its_class_can(shop):
    made = shop.Shop(["tea", "milk"])
    assert len(made) == 2
    assert list(made) == ["tea", "milk"]
    assert made[0] == "tea"
    assert "milk" in made
    assert made.buy("tea") == "tea"
    assert made.stock == ["milk"]
    assert repr(made) == "Shop(['milk'])"
    made.stock = []
    assert not made


def test_an_object_can_do_no_more_than_its_class(shop):
    key = shop.Key("a")
    assert not callable(key)
    with pytest.raises(TypeError):
        iter(key)
    with pytest.raises(TypeError):
        len(key)


def test_objects_are_themselves_or_equal_by_their_own_rule(shop):
    made = shop.Shop()
    assert made == made
    assert made != shop.Shop()
    assert shop.Key("a") == shop.Key("a")
    assert shop.Key("a") != shop.Key("b")
    assert hash(shop.Key("a")) == hash(shop.Key("a"))


def test_a_class_can_be_called_and_asked(shop):
    assert isinstance(shop.Shop.empty(), shop.Shop)
    assert not isinstance(shop.Money(1), shop.Shop)
    assert shop.Shop.opened == 0
    assert shop.Shop.__name__ == "Shop"


def test_a_context_is_entered_and_left(shop):
    with shop.Shop() as made:
        assert made.opened == 1
        raise LookupError("the shop deals with it")
    assert made.opened == 0


def test_an_exception_has_its_class_fields_and_text(shop):
    with pytest.raises(shop.ShopError, match="no tea") as caught:
        shop.Shop().buy("tea")
    error = caught.value
    assert isinstance(error, shop.SoldOutError)
    assert type(error).__name__ == "SoldOutError"
    assert (error.code, error.kind, error.loud) == (404, "sold_out", "NO TEA")
    assert error.args == ("no tea",)


def test_exception_classes_are_related_as_over_there(shop):
    assert issubclass(shop.SoldOutError, shop.ShopError)
    assert issubclass(shop.SoldOutError, Exception)
    assert not issubclass(shop.ShopError, shop.SoldOutError)
    assert shop.SoldOutError.kind == "sold_out"


def test_an_exception_of_the_system_s_kind_is_one_here(shop):
    with pytest.raises(OSError, match="too late") as caught:
        shop.be_late()
    assert isinstance(caught.value, shop.LateError)


def test_another_exception_is_not_the_expected_one(shop):
    with pytest.raises(shop.ShopError):
        with pytest.raises(shop.SoldOutError):
            shop.chain()


def test_an_exception_brings_its_cause(shop):
    with pytest.raises(shop.ShopError) as caught:
        shop.chain()
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__cause__.args == ("first",)


def test_two_exceptions_may_be_each_other_s_cause(shop):
    with pytest.raises(shop.ShopError, match="first") as caught:
        shop.circle()
    assert str(caught.value.__cause__) == "second"
    assert caught.value.__cause__.__cause__ is None


def test_an_exception_made_here_is_one_over_there(shop):
    def fail():
        raise shop.SoldOutError("none", code=5)

    with pytest.raises(shop.SoldOutError) as caught:
        shop.apply(fail)
    assert caught.value.code == 5


def test_a_callback_s_own_exception_comes_back_itself(shop):
    class OwnError(Exception):
        pass

    own = OwnError("mine")

    def fail():
        raise own

    with pytest.raises(OwnError) as caught:
        shop.apply(fail)
    assert caught.value is own


def test_callbacks_get_and_give_values(shop):
    waits = []
    assert shop.apply(waits.append, 2.5) is None
    assert waits == [2.5]
    assert shop.apply(lambda a, *, b: a + b, 1, b=2) == 3
    assert shop.apply_in_thread(waits.append, 4) == [None]
    assert waits == [2.5, 4]


def test_a_callback_may_call_back(shop):
    assert shop.apply(lambda: shop.apply(lambda: shop.same(3))) == 3


def test_a_generator_is_read_item_by_item(shop):
    numbers = shop.count(2)
    assert next(numbers) == 0
    assert next(numbers) == 1
    with pytest.raises(ValueError, match="no more"):
        next(numbers)


def test_an_iterator_of_this_side_is_read_over_there(shop):
    made = shop.Shop(letter for letter in "ab")
    assert made.stock == ["a", "b"]


def test_an_argument_that_was_changed_is_changed_here(shop):
    items = ["fresh"]
    shop.spoil(items)
    assert items == ["fresh", "spoilt"]


def test_so_is_one_that_changes_when_a_context_is_entered(shop):
    items = ["fresh"]
    with shop.spoiling(items):
        pass
    assert items == ["fresh", "spoilt"]


def test_a_log_record_can_be_passed(shop):
    try:
        raise ValueError("bad")
    except ValueError:
        info = sys.exc_info()
    record = logging.makeLogRecord(
        {"msg": "%s!", "args": ("hello",), "exc_info": info}
    )
    assert shop.name_of(record) == ("hello!", "bad")


def test_what_cannot_be_passed_is_the_test_s_mistake(shop):
    with pytest.raises(TypeError, match="cannot pass"):
        shop.same(object())


def test_threads_may_call_side_by_side(shop):
    made = shop.Shop(["tea"])
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(shop.same(n)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(8))
    assert len(made) == 1


def test_every_call_is_logged(remote):
    shop = remote.package.shop
    made = shop.Shop(["tea"])
    made.buy("tea")
    with pytest.raises(shop.SoldOutError):
        made.buy("milk")
    shop.Money(1) + shop.Money(2)
    list(shop.Shop("ab"))
    told = [(call.name, call.text, call.raised) for call in remote.log]
    assert told[:3] == [
        ("shop.Shop", "Shop(['tea'])", None),
        ("shop.Shop.buy", "Shop.buy('tea')", None),
        ("shop.Shop.buy", "Shop.buy('milk')", "SoldOutError"),
    ]
    assert told[5][0] == "shop.Money.__add__"
    assert told[5][1] == "Money(amount=1) + Money(amount=2)"
    assert remote.log[-1].returned == ["a", "b"]


def test_what_fails_when_entered_is_called_by_what_made_it(remote):
    shop = remote.package.shop
    with pytest.raises(shop.ShopError), shop.spoiling([]):
        pass
    last = remote.log[-1]
    assert last.name == "shop.spoiling"
    assert last.text == "with spoiling([]): ..."
    assert last.raised == "ShopError"


def test_a_deadline_ends_a_call(remote, workspace):
    loop = "def loop():\n    while True: pass\n"
    (workspace / "llm_providers" / "loop.py").write_text(loop)
    with pytest.raises(FaultError) as caught:
        remote.package.loop.loop()
    assert caught.value.status == "hung"
    with pytest.raises(FaultError):
        remote.package.shop.same(1)


def test_a_fault_is_no_exception_that_a_test_expects():
    assert not issubclass(FaultError, Exception)


def test_only_the_workspace_s_package_is_found(connect, workspace):
    source = textwrap.dedent(
        """
        import llm_providers

        def where():
            return llm_providers.__file__
        """
    )
    (workspace / "llm_providers" / "place.py").write_text(source)
    found = connect().package.place.where()
    assert Path(found).is_relative_to(workspace)


NUMBERS = """
import numpy

def one(kind):
    return getattr(numpy, kind)(1)

def mean(numbers):
    return {"mean": numpy.mean(numbers)}
"""


@pytest.mark.parametrize(
    ("kind", "plain"),
    [("int64", 1), ("float32", 1.0), ("float64", 1.0), ("bool_", True)],
)
def test_a_number_of_numpy_comes_as_a_plain_one(
    connect, workspace, kind, plain
):
    (workspace / "llm_providers" / "numbers.py").write_text(NUMBERS)
    package = connect().package
    found = package.numbers.one(kind)
    assert (type(found), found) == (type(plain), plain)
    assert package.numbers.mean([1, 2]) == {"mean": 1.5}


def test_a_dataclass_is_one_to_pythons_own_functions(shop):
    money = shop.Money(3, note="left over")
    plain = {"amount": 3, "currency": "EUR", "note": "left over"}
    names = [field.name for field in dataclasses.fields(shop.Money)]
    assert dataclasses.is_dataclass(money)
    assert dataclasses.asdict(money) == plain
    assert names == list(plain)


def test_other_objects_are_no_dataclasses(shop):
    assert not dataclasses.is_dataclass(shop.Question(text="Why?"))
    assert not dataclasses.is_dataclass(shop.Shop())
    assert not dataclasses.is_dataclass(shop.Shop)


def test_a_copy_of_a_record_equals_it(shop):
    money = shop.Money(3)
    assert copy.deepcopy([money]) == [money]
    assert copy.copy(money) == money
    assert copy.deepcopy(shop.Colour.RED) is shop.Colour.RED


def test_what_cannot_be_copied_from_here_says_so(shop):
    with pytest.raises(TypeError, match="a Shop cannot be copied from here"):
        copy.deepcopy(shop.Shop())
    with pytest.raises(TypeError, match="made by its class in the package"):
        dataclasses.replace(shop.Money(3), amount=4)


def test_fields_that_a_hostile_child_names_are_garbled(shop, remote):
    bad = {TAG: "record", "h": 99, "type": "shop:Money", "mro": [], "f": {}}
    bad |= {"not": [], "default": [], "fields": ["no name"]}
    with pytest.raises(GarbledError):
        remote.decode(bad)
