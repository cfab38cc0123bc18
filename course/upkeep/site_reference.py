"""Pages of the site on the packages: every module, every public name."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from course.upkeep.public_names import modules
from release.reference import (
    escaped,
    own_docstring,
    page,
    public_names,
    signature,
)

__all__ = ["PACKAGES", "reference_pages"]

PACKAGES = ("llm_providers", "release")
# Modules are found by their package's table and by the search: a sidebar of
# all of them would be as long as the reference, on every page.
HEAD = "---\norphan: true\n---\n\n"
INDEX = """# Package reference

Made from the docstrings of the code that this site was built beside: every
module, and in it every public name.

```{toctree}
:maxdepth: 2

%s
```
"""


def reference_pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    yield "reference/index.md", INDEX % "\n".join(PACKAGES)
    for package in PACKAGES:
        found = list(modules(package))
        for module in found:
            name = module.__name__
            text = page(module) + "".join(methods(module))
            inside = [one for one in found if parent(one) == name]
            listed = inside or name in PACKAGES
            yield (
                f"reference/{name}.md",
                (HEAD if not listed else "") + text + contents(inside),
            )


def parent(module: ModuleType) -> str:
    """Return the package that a module lies in; empty for a top one."""
    return module.__name__.rpartition(".")[0]


def methods(module: ModuleType) -> Iterator[str]:
    """Yield the public methods and properties of a module's classes."""
    for name in public_names(module):
        thing = getattr(module, name)
        if not inspect.isclass(thing):
            continue
        for label, member in sorted(vars(thing).items()):
            told = own_docstring(function_of(member))
            if not label.startswith("_") and told:
                yield f"\n## `{name}.{label}`\n\n"
                if not isinstance(member, property):
                    called = signature(getattr(thing, label))
                    yield f"```python\n{label}{called}\n```\n\n"
                yield escaped(told) + "\n"


def function_of(member: Any) -> Any:
    """Return the function behind a property or a class's method."""
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


def contents(inside: list[ModuleType]) -> str:
    """Return a list of the modules of a package, with what each is for."""
    if not inside:
        return ""
    rows = [
        f"| [`{one.__name__}`]({one.__name__}.md) | {first_line(one)} |"
        for one in inside
    ]
    packages = [one.__name__ for one in inside if hasattr(one, "__path__")]
    names = "\n".join(packages)
    table = "\n".join(["| module | what it is |", "|---|---|", *rows])
    tree = f"```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    return f"\n## Modules\n\n{table}\n\n{tree if packages else ''}"


def first_line(module: ModuleType) -> str:
    """Return the first sentence of a module's docstring, for a table."""
    first = own_docstring(module).partition("\n")[0]
    return escaped(first)
