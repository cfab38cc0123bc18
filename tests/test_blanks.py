"""Definitions are found, blanked and replaced to the byte."""

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_kit import SHOUT, WORDS

from course.building.blanks import blank, blank_text, is_blank
from course.building.definitions import (
    DefinitionNotFoundError,
    definition_text,
    find,
    indented,
    replace,
    split_lines,
)

SHAPES = '''\
from __future__ import annotations

import functools
from typing import overload


@overload
def twice(x: int) -> int: ...
@overload
def twice(x: str) -> str: ...
def twice(x):
    """Return x twice."""
    return x + x


@functools.lru_cache(
    maxsize=None,
)
@(
    functools.wraps(twice)
)
async def later(
    x: dict[str, int] = {"a": 1}, *, y=lambda: 0
) -> dict[str, int]:  # says why
    # not a docstring
    return x
    # a last word

    # and another


def one_line(): return 1


def outer():
    """Outer."""

    def inner(a):
        """Inner.

        Second line.
        """
        return f"""{a}
left
        right""" + "a \\
b"

    return inner


class Box:
    """A box."""

    @property
    def size(self) -> int:
        """Return the size."""
        return 1

    @size.setter
    def size(self, value: int) -> None:
        self._size = value

    def last(self):
        return (
            1
        )
        # the end
after = 1
'''

PATHS = ["twice", "later", "one_line", "outer", "outer.inner", "Box"]
PATHS += ["Box.size", "Box.last"]


@pytest.mark.parametrize("path", PATHS)
def test_putting_the_own_text_back_changes_no_byte(path: str) -> None:
    assert replace(SHAPES, path, definition_text(SHAPES, path)) == SHAPES


@pytest.mark.parametrize("path", PATHS)
def test_a_blanked_definition_is_restored_to_the_byte(path: str) -> None:
    text = definition_text(SHAPES, path)
    blanked = blank(SHAPES, path, "1.1", ["Think."])
    compile(blanked, "shapes", "exec")
    assert blanked != SHAPES
    assert replace(blanked, path, text) == SHAPES


def test_two_definitions_of_a_module_are_blanked_and_restored() -> None:
    blanked = WORDS
    paths = ["count_words", "longest", "Tally.add"]
    texts = {path: definition_text(WORDS, path) for path in paths}
    for path in paths:
        blanked = blank(blanked, path, "1.1", ["Think."])
    for path in reversed(paths):
        blanked = replace(blanked, path, texts[path])
    assert blanked == WORDS


def test_a_comment_directly_above_belongs_to_the_definition() -> None:
    assert definition_text(WORDS, "longest").startswith("# The shortest way")
    assert "shortest way" not in blank(WORDS, "longest", "1.1", [])


def test_a_blank_keeps_signature_and_docstring_and_names_the_exercise() -> (
    None
):
    steps = ["Make it lower case.", "Count the words. " * 6]
    assert blank_text(WORDS, "Tally.add", "1.2", steps) == textwrap.dedent(
        '''\
        def add(
            self,
            text: str,
            times: int = 1,
        ) -> Tally:
            """Count the words of `text`.

            Returns the tally itself.
            """
            # 1. Make it lower case.
            # 2. Count the words. Count the words. Count the words. Count the
            #    words. Count the words. Count the words.
            raise NotImplementedError("exercise 1.2")
        '''
    )


def test_a_blanked_class_keeps_fields_and_the_heads_of_its_methods() -> None:
    assert blank_text(SHOUT, "Shout", "2.1", ["Keep it."]) == textwrap.dedent(
        '''\
        class Shout:
            """A text in capitals."""
            # 1. Keep it.

            mark: str = "!"

            def __init__(self, text: str) -> None:
                """Keep the text."""
                raise NotImplementedError("exercise 2.1")

            def loud(self) -> str:
                """Return the text in capitals, with the mark."""
                raise NotImplementedError("exercise 2.1")

            def word(self) -> str:
                """Return the longest word, loud."""
                raise NotImplementedError("exercise 2.1")
        '''
    )


def test_a_class_without_methods_cannot_be_made_while_it_is_blank() -> None:
    source = "class Point:\n    x: int = 0\n    y: int = 0\n"
    scope: dict[str, type] = {}
    exec(blank(source, "Point", "1.1", []), scope)
    with pytest.raises(NotImplementedError, match=r"exercise 1\.1"):
        scope["Point"](x=1)


def test_private_methods_stay_out_of_a_blanked_class() -> None:
    source = "class A:\n    def _how(self): return 1\n    def do(self): 0\n"
    assert "_how" not in blank(source, "A", "1.1", [])


def test_the_inside_of_a_string_keeps_its_indent() -> None:
    text = definition_text(WORDS, "Tally.add")
    assert '    note = """\n  kept as it is\n"""\n' in text
    assert replace(WORDS, "Tally.add", text) == WORDS


@pytest.mark.parametrize("path", ["count_words", "Tally.add", "Tally"])
def test_a_blank_is_told_from_an_answer(path: str) -> None:
    name = path.rpartition(".")[2]
    text = blank_text(WORDS, path, "1.1", ["Think."])
    assert is_blank(text, name, "1.1")
    other = text.replace('"exercise 1.1"', "'exercise 1.1'")
    assert is_blank(other, name, "1.1")
    assert not is_blank(text, name, "1.2")
    assert not is_blank(definition_text(WORDS, path), name, "1.1")


def test_a_class_with_one_written_method_is_no_blank() -> None:
    text = blank_text(SHOUT, "Shout", "2.1", [])
    text = replace(text, "Shout.loud", "def loud(self):\n    return 1\n")
    assert not is_blank(text, "Shout", "2.1")


@pytest.mark.parametrize("path", ["nobody", "Tally.nobody", "WORD"])
def test_an_unknown_name_is_said_to_be_not_defined(path: str) -> None:
    with pytest.raises(DefinitionNotFoundError, match="is not defined"):
        find(WORDS, path)


def test_the_last_of_two_definitions_of_a_name_counts() -> None:
    source = (
        "def f():\n    return 1\n\n\nx = f()\n\n\ndef f():\n    return 2\n"
    )
    assert find(source, "f").first == 7


def test_a_missing_line_end_at_the_end_of_a_file_is_added() -> None:
    source = "def f():\n    return 1"
    assert definition_text(source, "f") == "def f():\n    return 1\n"
    assert replace(source, "f", "def f():\n    return 2") == (
        "def f():\n    return 2\n"
    )


def test_only_a_line_feed_ends_a_line() -> None:
    source = 's = "\x0c\x1c\u2028"\ndef f():\n    return 1\n'
    assert len(split_lines(source)) == 3
    assert replace(source, "f", "def f(): 2\n").endswith("def f(): 2\n")


VALUES = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\\\"'\0"), max_size=30
)


@settings(max_examples=50, deadline=None)
@given(VALUES, st.sampled_from(["    ", "\t", "  "]))
def test_moving_to_the_right_and_back_keeps_every_value(
    value: str, indent: str
) -> None:
    text = f'def f(self):\n    """Doc."""\n    return """{value}"""\n'
    source = "class A:\n" + indented(text, indent)
    inside = ast.parse(source).body[0].body[0].body[1].value.value  # type: ignore
    assert inside == value
    assert definition_text(source, "A.f") == text
