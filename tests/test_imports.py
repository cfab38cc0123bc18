"""Who may import whom, and what every module exports."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from course.checking.roots import ROOTS

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for folder in (*ROOTS, "course")
    for path in (ROOT / folder).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# The fixtures that hand them out, and the test of the first's front door.
MAY_IMPORT_IT = ("conftest.py", "test_package.py")


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Return the full name of each module that a file imports."""
    return tuple(imports_in(path))


def imports_in(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1]
            parts = [*above] if node.level else []
            parts += [node.module] if node.module else []
            source = ".".join(parts)
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            argument = node.args[0]
            if name in ("import_module", "__import__") and isinstance(
                argument, ast.Constant
            ):
                yield str(argument.value)


def uses(path: Path, *packages: str) -> list[str]:
    """Return what a file imports from any of these packages."""
    return [
        name
        for name in imported(path)
        if any(name == p or name.startswith(f"{p}.") for p in packages)
    ]


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("package", ROOTS)
def test_a_package_stands_on_nothing_else_of_ours(package: str) -> None:
    others = {"course", "tests", *ROOTS} - {package}
    found = {path: uses(path, *others) for path in files(package)}
    assert len(found) > 3
    assert not any(found.values()), found


def test_the_sandbox_is_an_independent_reference() -> None:
    for path in files("course/sandbox"):
        own = uses(path, "course.sandbox")
        others = set(uses(path, "course", *ROOTS, "tests"))
        assert others <= {*own, "course"}, path
    assert files("course/sandbox")


def test_the_sandbox_needs_nothing_but_the_standard_library() -> None:
    for path in files("course/sandbox"):
        for name in imported(path):
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names | {"course"}, path


def test_no_test_imports_a_package_itself() -> None:
    for path in TESTS:
        if path.name not in MAY_IMPORT_IT:
            assert not uses(path, *ROOTS), path


def test_no_two_test_files_share_a_name() -> None:
    """They are modules without a package, so pytest would mix them up."""
    names = Counter(path.name for path in TESTS if path.stem != "conftest")
    twice = [name for name, count in names.items() if count > 1]
    assert twice == [], f"give each a name of its own: {twice}"


@pytest.mark.parametrize("package", ROOTS)
def test_a_package_stands_without_the_course(
    tmp_path: Path, package: str
) -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in files(package)
        if path.stem != "__init__"
    ]
    code = (
        "import sys, importlib\n"
        "class NoCourse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        assert name.partition('.')[0] != 'course', name\n"
        "sys.meta_path.insert(0, NoCourse())\n"
        f"for name in {names}:\n"
        "    importlib.import_module(name)\n"
    )
    subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        check=True,
        timeout=60,
    )


@cache
def exported(path: Path) -> list[str] | None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [
            getattr(target, "id", "") for target in node.targets
        ] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return None


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_what_a_module_exports_is_sorted_and_there(path: Path) -> None:
    names = exported(path)
    if names is None:
        return
    assert names == sorted(names, key=kind_and_name)
    bound = names_bound_in(path)
    lazily = "__getattr__" in bound
    assert lazily or set(names) <= bound, set(names) - bound


def kind_and_name(name: str) -> tuple[int, str]:
    """Constants come first, then classes, then the rest."""
    if name.isupper():
        return 0, name
    return (1 if name[:1].isupper() else 2), name


def names_bound_in(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(a.asname or a.name for a in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def test_every_module_of_a_package_says_what_it_exports() -> None:
    without = [
        path
        for package in ROOTS
        for path in files(package)
        if exported(path) is None and defines_something(path)
    ]
    assert without == []


def defines_something(path: Path) -> bool:
    """Return whether there is more in a file than a text about its folder."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(not isinstance(node, ast.Expr) for node in body)
