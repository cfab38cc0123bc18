"""A reference page: each public name, with its signature and docstring."""

import pytest

MODULE = '''
"""Prices of answers."""

from collections import OrderedDict

__all__ = ["total", "Price", "LIMIT"]

LIMIT = 3


class Price:
    """What an answer costs, in USD."""

    def __init__(self, usd: float) -> None:
        self.usd = usd


def total(prices: list[Price], *, start: float = 0.0) -> float:
    """Return the sum.

    Raises ValueError for none.
    """


def _rounded(price: Price) -> Price:
    """Nobody's business."""


def helper() -> None:
    """Not named in __all__."""
'''


@pytest.fixture
def page(release, tmp_path):
    """Give the page of a module with this text, in a file of this name."""

    def write(text=MODULE, name="prices"):
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        return release.reference.page(release.reference.load(file))

    return write


def section(page, name):
    """What stands below the heading of a name, up to the next heading."""
    _, _, below = page.partition(f"\n## `{name}`\n")
    return below.partition("\n## ")[0]


@pytest.mark.exercise("5.5")
def test_the_page_begins_with_the_module_s_name_and_docstring(page):
    assert page().startswith("# `prices`\n\nPrices of answers.\n")


@pytest.mark.exercise("5.5")
def test_each_public_name_is_a_heading_in_alphabetical_order(page):
    headings = [row for row in page().splitlines() if row.startswith("## ")]
    assert headings == ["## `LIMIT`", "## `Price`", "## `total`"]


@pytest.mark.exercise("5.5")
def test_what_is_not_public_is_left_out(page):
    text = page()
    for name in ("_rounded", "Nobody", "helper", "OrderedDict"):
        assert name not in text


@pytest.mark.exercise("5.5")
def test_a_function_has_its_signature_in_a_fence(page):
    wanted = "total(prices: list[prices.Price], *, start: float = 0.0)"
    fence = f"```python\n{wanted} -> float\n```"
    assert fence in section(page(), "total")


@pytest.mark.exercise("5.5")
def test_a_class_has_its_signature_as_well(page):
    assert "```python\nPrice(usd: float) -> None\n```" in section(
        page(), "Price"
    )


@pytest.mark.exercise("5.5")
def test_the_docstring_stands_below_the_signature_without_its_indent(page):
    below = section(page(), "total").rpartition("```")[2]
    assert below.strip() == "Return the sum.\n\nRaises ValueError for none."


@pytest.mark.exercise("5.5")
def test_a_function_without_a_docstring_is_told(page):
    text = page('__all__ = ["f"]\n\n\ndef f(x): ...\n')
    assert "*No docstring.*" in section(text, "f")


@pytest.mark.exercise("5.5")
def test_a_module_without_a_docstring_is_told(page):
    text = page("__all__ = []\n")
    assert text.strip() == "# `prices`\n\n*No docstring.*"


@pytest.mark.exercise("5.5")
def test_a_number_has_neither_signature_nor_the_docstring_of_all_numbers(
    page,
):
    assert section(page(), "LIMIT").strip() == "*No docstring.*"


@pytest.mark.exercise("5.5")
def test_a_class_does_not_boast_with_its_base_s_docstring(page):
    text = (
        '__all__ = ["Base", "Same"]\n\n\n'
        'class Base:\n    """The first."""\n\n\n'
        "class Same(Base): ...\n"
    )
    found = page(text)
    assert "The first." in section(found, "Base")
    assert "*No docstring.*" in section(found, "Same")


@pytest.mark.exercise("5.5")
def test_signs_of_markdown_in_a_docstring_mean_nothing(page):
    found = page('"""Reads <key> and __init__, 2 * 3 * 4."""\n__all__ = []\n')
    told = r"Reads \<key\> and \_\_init\_\_, 2 \* 3 \* 4."
    assert told in found


@pytest.mark.exercise("5.5")
def test_what_cannot_be_asked_for_its_signature_is_no_reason_to_fail(page):
    text = page('__all__ = ["largest"]\n\nlargest = max\n')
    assert "biggest" in section(text, "largest")


@pytest.mark.exercise("5.5")
def test_an_object_is_no_function_though_it_can_be_called(page):
    text = (
        '__all__ = ["Names", "shout"]\n'
        "from functools import partial\n\n"
        "Names = dict[str, int]\nshout = partial(print, sep='!')\n"
    )
    assert "```" not in page(text)


@pytest.mark.exercise("5.5")
def test_a_name_that_the_module_does_not_have_is_an_error(page):
    with pytest.raises(AttributeError):
        page('__all__ = ["missing"]\n')


@pytest.mark.exercise("5.5")
def test_a_page_ends_with_one_newline(page):
    text = page()
    assert text == text.strip() + "\n"


@pytest.mark.exercise("5.5")
def test_a_blank_line_stands_between_all_parts_of_a_page(page):
    text = page(
        '"""Adds."""\n__all__ = ["STEP", "add"]\nSTEP = 1\n\n\n'
        'def add(x: int) -> int:\n    """Return more."""\n'
    )
    assert text == (
        "# `prices`\n\nAdds.\n\n"
        "## `STEP`\n\n*No docstring.*\n\n"
        "## `add`\n\n```python\nadd(x: int) -> int\n```\n\n"
        "Return more.\n"
    )


@pytest.mark.exercise("5.5")
def test_a_function_is_shown_by_its_public_name(page):
    text = page('__all__ = ["add"]\n\n\ndef _sum(x): ...\n\n\nadd = _sum\n')
    assert "```python\nadd(x)\n```" in section(text, "add")


@pytest.mark.exercise("5.5")
def test_one_thing_under_two_public_names_is_told_under_each(page):
    text = page(
        '__all__ = ["add", "total"]\n\n\n'
        'def add(x):\n    """Return more."""\n\n\ntotal = add\n'
    )
    headings = [row for row in text.splitlines() if row.startswith("## ")]
    assert headings == ["## `add`", "## `total`"]
    for name in ("add", "total"):
        below = section(text, name)
        assert f"```python\n{name}(x)\n```" in below
        assert "Return more." in below


@pytest.mark.exercise("5.5")
def test_signs_of_markdown_mean_nothing_below_a_name_either(page):
    text = '__all__ = ["add"]\n\n\ndef add(x):\n    """Adds <x> to x_0."""\n'
    assert r"Adds \<x\> to x\_0." in section(page(text), "add")


@pytest.mark.exercise("5.5")
def test_a_name_with_a_line_in_it_stays_as_it_is(page):
    text = page('__all__ = ["MOST_USD"]\nMOST_USD = 1\n', name="unit_prices")
    assert text.startswith("# `unit_prices`\n")
    assert "\n## `MOST_USD`\n" in text


@pytest.mark.exercise("5.5")
def test_a_module_of_a_package_has_its_whole_name(release):
    text = release.reference.page(release.reference.load("json.decoder"))
    assert text.startswith("# `json.decoder`\n")


def test_code_in_a_docstring_stays_as_it_is(release):
    text = "Use `a_b_c`, ``x * y``:\n\n    call(a_b)\n\nand a_b."
    told = "Use `a_b_c`, ``x * y``:\n\n    call(a_b)\n\nand a\\_b."
    assert release.reference.escaped(text) == told


def test_a_text_on_several_lines_with_code_across_them_is_kept(release):
    text = "one ``two\nthree`` four_five"
    assert release.reference.escaped(text) == "one ``two\nthree`` four\\_five"


def test_a_dataclass_s_made_up_docstring_does_not_count(page):
    text = (
        "from dataclasses import dataclass\n"
        '__all__ = ["Point"]\n\n\n'
        "@dataclass\nclass Point:\n    x: int\n"
    )
    assert "*No docstring.*" in section(page(text), "Point")


def test_every_module_of_the_package_has_a_page(release, llm):
    for name in ("llm_providers.retry", "llm_providers.router.breaker"):
        text = release.reference.page(release.reference.load(name))
        assert text.startswith(f"# `{name}`")


def test_no_address_in_memory_stands_in_a_signature(page):
    text = '__all__ = ["f"]\n\n\ndef f(x=object(), clock=print): ...\n'
    found = page(text)
    assert " at 0x" not in found
    assert "clock=print)" in found


def test_a_long_signature_has_a_parameter_a_line(page):
    text = (
        "from __future__ import annotations\n"
        '__all__ = ["f"]\n\n\n'
        'def f(first: "int | None", second: str, /, *, third: float = 0.5,'
        " fourth: list[str] = []) -> bool: ...\n"
    )
    told = (
        "f(\n    first: 'int | None',\n    second: str,\n    /,\n    *,\n"
        "    third: float = 0.5,\n    fourth: list[str] = [],\n) -> bool\n"
    )
    assert told in page(text)
