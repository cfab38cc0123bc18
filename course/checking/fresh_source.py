"""Importing a learner's packages: from source, and from nowhere else.

Python's own compiled files are neither read nor written: it takes one as
fresh when the source's size and its time in whole seconds agree, which a
quick second save can meet. Each blank that runs is noted as it raises.
"""

from __future__ import annotations

import ast
import builtins
import functools
import hashlib
import importlib.machinery
import marshal
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .on_lines import nodes_on
from .roots import ROOTS, root_of, short_name, whole_name

BLANK = "exercise "
NOTE = "__reached_blank__"
IMPORT = re.compile(
    rf"^\s*from ((?:{'|'.join(ROOTS)})(?:\.\w+)*)"
    r" import (\([^)]*\)|[^\n]*)".encode(),
    re.M,
)

# What only a type checker imports.
_FOR_TYPES = re.compile(rb"^if TYPE_CHECKING:\n(?:[ \t].*\n|[ \t]*\n)+", re.M)

# The source of each module that was loaded here, and code by its digest.
_sources: dict[str, bytes] = {}
_codes: dict[str, CodeType] = {}

# Modules that are the same in each workspace whose order says so.
_shared: set[str] = set()


class FreshLoader(importlib.machinery.SourceFileLoader):
    """Compiles a module's source; `kept` has what was compiled before."""

    def __init__(self, fullname: str, path: str, kept: Path) -> None:
        super().__init__(fullname, path)
        self._kept = kept

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        _sources[fullname] = source
        digest = digest_of(path, source)
        if digest not in _codes:
            _codes[digest] = self._compiled(source, path, digest)
        return _codes[digest]

    def _compiled(self, source: bytes, path: str, digest: str) -> CodeType:
        file = self._kept / digest
        with suppress(OSError, ValueError, EOFError, TypeError):
            code: CodeType = marshal.loads(file.read_bytes())
            return code
        code = compiled(source, path)
        with suppress(OSError):
            unfinished = file.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(marshal.dumps(code))
            unfinished.replace(file)
        return code


def digest_of(path: str, source: bytes) -> str:
    """Return by what code is known: where its source lies, and the source."""
    return hashlib.sha256(path.encode() + b"\0" + source).hexdigest()


def known_code() -> list[str]:
    """Return the digests of all modules that were compiled here."""
    return list(_codes)


@functools.cache
def imported(source: bytes) -> frozenset[str]:
    """Return the modules of the packages that a source may import.

    What is imported from a module may be a module itself, within a folder.
    """
    return frozenset(_imported(source))


def _imported(source: bytes) -> Iterator[str]:
    for module, names in IMPORT.findall(_FOR_TYPES.sub(b"", source)):
        home = module.decode()
        if home not in ROOTS:
            yield home
        for name in re.findall(rb"\w+", names):
            yield f"{home}.{name.decode()}"


def compiled(source: bytes, path: str) -> CodeType:
    """Return the code of a module, in which each blank leaves a note."""
    if BLANK.encode() not in source:
        return compile(source, path, "exec", dont_inherit=True)
    tree = ast.parse(source)
    _note_blanks(tree, source)
    return compile(tree, path, "exec", dont_inherit=True)


def _note_blanks(tree: ast.AST, source: bytes) -> None:
    """Let ``NotImplementedError("exercise 2.1")`` leave a note."""
    blank = BLANK.encode()
    # As Python counts lines, which end in three ways.
    rows = enumerate(re.split(rb"\r\n|\r|\n", source), 1)
    lines = [number for number, row in rows if blank in row]
    for node in list(nodes_on(tree, lines)):
        match node:
            case ast.Call(
                func=ast.Name("NotImplementedError"),
                args=[ast.Constant(str() as text)],
            ) if text.startswith(BLANK):
                name = ast.copy_location(ast.Name(NOTE, ast.Load()), node)
                noted = ast.Call(name, list(node.args), [])
                node.args = [ast.copy_location(noted, node)]


class WorkspaceFinder:
    """Finds the packages' modules in one folder; it alone may find them."""

    def __init__(
        self, workspace: Path, kept: Path, overlay: Mapping[str, str]
    ) -> None:
        self._workspace = workspace
        self._kept = kept
        self.overlay = overlay

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if not root_of(fullname):
            return None
        place = self._workspace.joinpath(*fullname.split("."))
        package = place / "__init__.py"
        file = package if package.is_file() else place.with_suffix(".py")
        file = Path(self.overlay.get(short_name(fullname), file))
        if not file.is_file():
            raise ModuleNotFoundError(
                f"No module named {fullname!r}", name=fullname
            )
        return spec_from_file_location(
            fullname,
            file,
            loader=FreshLoader(fullname, str(file), self._kept),
            submodule_search_locations=(
                [str(place)] if package.is_file() else None
            ),
        )


def use_workspace(
    workspace: Path,
    kept: Path,
    reached: Callable[[str], Any],
    overlay: Mapping[str, str] | None = None,
    reuse: bool = False,
    shared: bool = False,
) -> None:
    """Let the packages be imported from `workspace`, and from there alone.

    What was imported from another workspace before is forgotten. `kept` is
    a folder for compiled code, by the digest of its source. `reached` is
    told the number of each exercise whose blank runs. With an `overlay` some
    modules are files elsewhere, and the rest of the workspace stays out of
    reach. With `reuse`, modules stay that neither this overlay nor the one
    before has anything to do with; the workspace has to be the same. If it
    has the `shared` modules as they are, these stay.
    """

    def note(text: str) -> str:
        reached(text.removeprefix(BLANK).strip())
        return text

    setattr(builtins, NOTE, note)
    kept.mkdir(exist_ok=True)
    before = _forget_finders()
    changed = {*before.overlay, *(overlay or {})} if before else None
    # To look through all modules, a fork would have to copy all of them.
    only_shared = shared and not before and _sources.keys() == _shared
    if not only_shared and not sys.modules.keys().isdisjoint(ROOTS):
        outdated = _outdated(changed if reuse else None)
        _forget(outdated - _shared if shared else outdated)
    sys.meta_path.insert(0, WorkspaceFinder(workspace, kept, overlay or {}))
    if overlay is None:
        sys.path.insert(0, str(workspace))
    sys.dont_write_bytecode = True


def keep_shared(names: Collection[str]) -> None:
    """Forget all modules but these, which workspaces may share from now on.

    They must import no module of the packages but each other.
    """
    _forget_finders()
    _shared.update(names)
    _forget(_outdated(None) - _shared)
    for name in _sources.keys() - _shared:
        del _sources[name]


def _forget_finders() -> WorkspaceFinder | None:
    """Take our finders away, and return the last one."""
    ours = [f for f in sys.meta_path if isinstance(f, WorkspaceFinder)]
    for finder in ours:
        sys.meta_path.remove(finder)
    return ours[0] if ours else None


def _outdated(changed: Collection[str] | None) -> set[str]:
    """Return the loaded modules that use a changed one; all without one."""
    # Of the many modules that there are, most begin in another way.
    loaded = {name for name in list(sys.modules) if name.startswith(ROOTS)}
    loaded = {name for name in loaded if root_of(name)}
    if changed is None:
        return loaded
    stale = {whole_name(name) for name in changed}
    uses = {n: imported(_sources[n]) for n in loaded if n in _sources}
    grown = True
    while grown:
        users = {
            name
            for name in loaded
            if name not in uses
            or name.rpartition(".")[0] in stale
            or not stale.isdisjoint(uses[name])
        }
        grown = not users <= stale
        stale |= users
    return loaded & stale


def _forget(names: Collection[str]) -> None:
    """Forget modules, and what the packages that stay hold of them."""
    for name in names:
        del sys.modules[name]
    for package in _packages():
        for name, value in list(vars(package).items()):
            home = value if isinstance(value, ModuleType) else None
            where = (
                home.__name__ if home else getattr(value, "__module__", None)
            )
            if where in names:
                delattr(package, name)


def _packages() -> list[ModuleType]:
    """Return what is loaded of the packages and the packages within."""
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(ROOTS)
        and root_of(name)
        and hasattr(module, "__path__")
    ]
