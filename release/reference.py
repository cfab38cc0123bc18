"""Reference pages in Markdown, from the docstrings of a module."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["UNDOCUMENTED", "load", "page"]

# What a page says where a docstring should stand.
UNDOCUMENTED = "*No docstring.*"
# In characters, the function's name not counted.
LONGEST_LINE = 70
# Python writes these itself where a class has none.
_GENERATED = re.compile(r"\A(\w+\(.*\)|An enumeration\.)\Z", re.DOTALL)
# Markdown reads these as its own, outside of code.
_SPECIAL = re.compile(r"([\\*_<>\[\]#|])")
_CODE = re.compile(r"(``.+?``|`[^`\n]+`)", re.DOTALL)
# An address in memory, which differs from run to run.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# A function as a default, which is shown by its name.
_FUNCTION = re.compile(r"<(?:built-in )?function ([\w.]+)>")


def load(place: str | Path) -> ModuleType:
    """Return the module with a dotted name, or that of a file.

    Raises ImportError, FileNotFoundError, and what the module itself raises.
    """
    if isinstance(place, str) and not place.endswith(".py"):
        return importlib.import_module(place)
    path = Path(place)
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no file of Python's.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(module: ModuleType) -> str:
    """Return a module's reference page, in Markdown.

    After the module's docstring comes each public name, in the order of the
    alphabet: a heading, the signature of a function or class, the docstring.
    UNDOCUMENTED stands in the place of a docstring that is missing. Raises
    AttributeError for a name of `__all__` that the module does not have.
    """
    blocks = [f"# `{module.__name__}`"]
    blocks.append(escaped(own_docstring(module)) or UNDOCUMENTED)
    for name in public_names(module):
        thing = getattr(module, name)
        blocks.append(f"## `{name}`")
        if inspect.isclass(thing) or inspect.isroutine(thing):
            blocks.append(f"```python\n{name}{signature(thing)}\n```")
        blocks.append(escaped(own_docstring(thing)) or UNDOCUMENTED)
    return "\n\n".join(blocks) + "\n"


def public_names(module: ModuleType) -> list[str]:
    """Return the names of `__all__` in order; without it, those made here."""
    named = getattr(module, "__all__", None)
    if named is not None:
        return sorted(set(named))
    return sorted(
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and getattr(thing, "__module__", None) == module.__name__
    )


def own_docstring(thing: Any) -> str:
    """Return what was written for this thing itself, without indentation.

    Nothing for a number or a text, which only have their class's docstring,
    and nothing for what was inherited or made by Python.
    """
    if inspect.isclass(thing):
        text = vars(thing).get("__doc__")
        if text and _GENERATED.match(text):
            return ""
    elif inspect.ismodule(thing) or inspect.isroutine(thing):
        text = thing.__doc__
    else:
        text = getattr(thing, "__dict__", {}).get("__doc__")
    return inspect.cleandoc(text) if isinstance(text, str) else ""


def signature(thing: Any) -> str:
    """Return the parameters of what can be called; ``(...)`` if unknown.

    Where they are too many for a line, each has one of its own.
    """
    try:
        found = inspect.signature(thing)
    except (TypeError, ValueError):
        return "(...)"
    plain = found.replace(
        parameters=[
            one.replace(annotation=_Plain.of(one.annotation))
            for one in found.parameters.values()
        ],
        return_annotation=_Plain.of(found.return_annotation),
    )
    text = _shown(plain)
    return text if len(text) <= LONGEST_LINE else _on_lines(plain, text)


def _on_lines(plain: inspect.Signature, text: str) -> str:
    """Return a signature with a parameter a line."""
    shown, rest = [], text
    for one in plain.parameters.values():
        before, told, rest = rest.partition(_shown(one))
        # What stands between two of them: the signs / and *.
        shown += [sign for sign in "/*" if f"{sign}, " in before]
        shown.append(told)
    last = rest.lstrip(", /")
    shown += ["/"] if rest.startswith(", /") else []
    return "(\n" + "".join(f"    {one},\n" for one in shown) + last


def _shown(part: object) -> str:
    """Return a signature, or a part of one, as it is shown."""
    return _FUNCTION.sub(r"\1", _ADDRESS.sub("", str(part)))


class _Plain(str):
    """An annotation that is text already, shown without quotes."""

    @classmethod
    def of(cls, annotation: Any) -> Any:
        """Return an annotation as it was written, where it is text."""
        return cls(annotation) if isinstance(annotation, str) else annotation

    def __repr__(self) -> str:
        return str(self)


def escaped(text: str) -> str:
    """Return a text as it stands, for Markdown: its signs mean nothing.

    What is code already, between backquotes or indented, is left as it is.
    """
    return "\n".join(_escaped_lines(text))


def _escaped_lines(text: str) -> Iterator[str]:
    pieces = _CODE.split(text)
    pieces[::2] = [_SPECIAL.sub(r"\\\1", piece) for piece in pieces[::2]]
    written = "".join(pieces).splitlines()
    for plain, line in zip(text.splitlines(), written, strict=True):
        yield plain if plain.startswith("    ") else line
