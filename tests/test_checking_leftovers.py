"""What a test leaves behind for the next one is seen in its module."""

from types import ModuleType, SimpleNamespace

import pytest

from course.checking.leftovers import Beginning, left_behind

TEXT = """
import json

seen = []
count = 0

class Note:
    text = ""

note = Note()

def ask(kept=[]):
    kept.append(1)
"""


@pytest.fixture
def module():
    made = ModuleType("own")
    exec(TEXT, vars(made))
    return made


@pytest.mark.parametrize(
    "statement",
    [
        "seen.append(1)",
        "count = 1",
        "Note.text = 'read'",
        "note.text = 'read'",
        "ask()",
        "ask.calls = 1",
        "new = 1",
    ],
)
def test_a_change_of_the_module_is_seen(module, statement):
    item = SimpleNamespace(module=module)
    before = left_behind(item)
    exec(statement, vars(module))
    assert left_behind(item) != before


@pytest.mark.parametrize("statement", ["len(seen)", "json.dumps(count)"])
def test_a_look_at_the_module_changes_nothing(module, statement):
    item = SimpleNamespace(module=module)
    before = left_behind(item)
    exec(statement, vars(module))
    assert left_behind(item) == before


def test_data_that_cannot_be_shown_counts_as_changed(module):
    exec("class Odd:\n    __repr__ = None\nodd = Odd()", vars(module))
    item = SimpleNamespace(module=module)
    assert left_behind(item) != left_behind(item)


def test_a_module_can_begin_again(module):
    beginning = Beginning(module)
    before = left_behind(SimpleNamespace(module=module))
    for _ in range(2):
        exec("seen.append(1)\ncount += 1", vars(module))
        beginning.again()
        assert vars(module)["seen"] == []
        assert left_behind(SimpleNamespace(module=module)) == before
