"""What can be asked of a child: attributes, calls, operators, the router."""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import operator
import os
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from .exports import Exports, safe_text
from .fresh_source import use_workspace
from .roots import whole_name
from .serving import ServedApp
from .wire import TAG, Frame, UnreadableError, copied

_NO_MORE = object()


def _next(target: Any) -> list[Any]:
    """Return the next item in a list; an empty list at the end."""
    item = next(target, _NO_MORE)
    return [] if item is _NO_MORE else [item]


# The rest have a function of the same name in `operator`.
_SPECIALS: Mapping[str, Callable[..., Any]] = {
    "iter": iter,
    "next": _next,
    "len": len,
    "bool": bool,
    "hash": hash,
    "int": int,
    "float": float,
    "str": str,
    "repr": repr,
    "format": format,
    "dir": dir,
    "enter": lambda target: type(target).__enter__(target),
    "exit": lambda target, *args: type(target).__exit__(target, *args),
    "radd": lambda target, other: other + target,
    "rsub": lambda target, other: other - target,
    "rmul": lambda target, other: other * target,
    "ror": lambda target, other: other | target,
}


class ImportFailedError(Exception):
    """A module of the learner's package could not be imported."""


class Operations:
    """Performs requests on the package in one workspace."""

    def __init__(self) -> None:
        self.folder = Path()
        self._blanks: list[str] = []
        self._crashes: list[Exception] = []
        self._served: list[ServedApp] = []
        self._changed = False
        # What a call was given whose result is a context: of a generator's
        # code nothing has run before it is entered.
        self._given: dict[int, list[Any]] = {}

    def take_blanks(self) -> list[str]:
        """Return the exercises whose blanks ran since the last time."""
        taken, self._blanks[:] = list(self._blanks), []
        return taken

    def perform(self, request: Frame, exports: Exports) -> Frame:
        """Return the fields of the reply; raises what the code raises."""
        method = getattr(self, f"_do_{request['op']}")
        outcome: Frame = method(request, exports)
        return outcome

    # -- attributes --------------------------------------------------------

    def _do_get(self, request: Frame, exports: Exports) -> Frame:
        name = request["name"]
        module = self._module_within(request.get("module"), name)
        if module:
            self._module(module)
            return {"ok": {TAG: "module", "name": module}}
        value = getattr(self._target(request, exports), name)
        if isinstance(value, ModuleType):
            return {"ok": {TAG: "object", **exports.described(value)}}
        return {"ok": exports.encode(value)}

    def _do_set(self, request: Frame, exports: Exports) -> Frame:
        self._changed = True
        exports.forget_classes()
        target = self._target(request, exports)
        setattr(target, request["name"], exports.decode(request["value"]))
        return {"ok": None}

    def _do_del(self, request: Frame, exports: Exports) -> Frame:
        self._changed = True
        exports.forget_classes()
        delattr(self._target(request, exports), request["name"])
        return {"ok": None}

    def _target(self, request: Frame, exports: Exports) -> Any:
        if "module" in request:
            return self._module(request["module"])
        return exports.decode({TAG: "ref", "h": request["h"]})

    def _module(self, name: str) -> ModuleType:
        try:
            return importlib.import_module(name)
        except BaseException as error:
            raise ImportFailedError from error

    def _module_within(self, package: str | None, name: str) -> str:
        """Return the whole name of a package's module; empty if none."""
        if package is None or not hasattr(self._module(package), "__path__"):
            return ""
        whole = f"{package}.{name}"
        try:
            found = importlib.util.find_spec(whole)
        except ModuleNotFoundError:
            return ""
        return whole if found else ""

    # -- calls -------------------------------------------------------------

    def _do_call(self, request: Frame, exports: Exports) -> Frame:
        target = self._target(request, exports)
        args = exports.decode(request["args"])
        kwargs = exports.decode(request["kwargs"])
        given, before = [args, kwargs], copied([args, kwargs])
        result = target(*args, **kwargs)
        if hasattr(type(result), "__enter__"):
            self._given[exports.number(result)] = given
        return _reply(result, before, given, exports)

    def _do_special(self, request: Frame, exports: Exports) -> Frame:
        name = request["name"]
        function = _SPECIALS.get(name) or getattr(operator, f"__{name}__")
        target = self._target(request, exports)
        args = exports.decode(request["args"])
        given = self._given.get(request["h"]) if name == "enter" else None
        before = copied(given)
        return _reply(function(target, *args), before, given, exports)

    # -- the process -------------------------------------------------------

    def _do_use(self, request: Frame, exports: Exports) -> Frame:
        self.folder = Path(request["workspace"])
        use_workspace(
            self.folder,
            Path(request["kept"]),
            self._blanks.append,
            request.get("overlay"),
            reuse=request.get("reuse", False) and not self._changed,
            shared=request.get("shared", False),
        )
        self._changed = False
        return {"ok": None}

    def prepare(self, workspace: Path, kept: Path, shared: bool) -> None:
        """Let the package be imported here, before there is a request.

        With `shared`, modules that all packages have in common stay.
        """
        use_workspace(workspace, kept, self._blanks.append, shared=shared)

    def _do_changed(self, request: Frame, exports: Exports) -> Frame:
        """Tell whether the other side has set or deleted an attribute."""
        return {"ok": self._changed}

    def _do_load(self, request: Frame, exports: Exports) -> Frame:
        """Import libraries that take longer than a call may take."""
        for name in request["libraries"]:
            # The code that asks for one is told if it is not there, or old.
            with suppress(ImportError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        return {"ok": None}

    def _do_notes(self, request: Frame, exports: Exports) -> Frame:
        crashes = [failure(e, exports, self.folder) for e in self._crashes]
        self._crashes.clear()
        return {"ok": None, "crashes": crashes}

    def _do_hush(self, request: Frame, exports: Exports) -> Frame:
        """Close the output, so that its reader knows that this was all."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for fd in (1, 2):
            os.dup2(nowhere, fd)
        os.close(nowhere)
        return {"ok": None}

    def _do_serve(self, request: Frame, exports: Exports) -> Frame:
        args, kwargs = exports.decode(request["options"])
        router = self._module(whole_name("llm_router"))
        app = router.create_app(*args, **kwargs)
        port = request.get("port", 0)
        served = ServedApp(app, self._crashes.append, port)
        self._served.append(served)
        return {"ok": served.url}

    def _do_listen(self, request: Frame, exports: Exports) -> Frame:
        from .child import listen

        return {"ok": listen(self, request.get("public", False))}

    def _do_replace(self, request: Frame, exports: Exports) -> Frame:
        """Put a module's text in the place of its own, and leave no file."""
        name, text = request["module"], request["text"]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{name.rpartition('.')[2]}.py"
            file.write_text(text, "utf-8")
            order = {**request, "overlay": {name: str(file)}, "reuse": True}
            self._do_use(order, exports)
            self._module(whole_name(name))
        return {"ok": None}

    def _do_suite(self, request: Frame, exports: Exports) -> Frame:
        # Only a process that runs a learner's tests needs pytest.
        from .suite import run_suite

        return {"ok": run_suite(**exports.decode(request["order"]))}

    def _do_run_once(self, request: Frame, exports: Exports) -> Frame:
        from .one_run import run_once

        return {"ok": run_once(**request["order"])}

    def _do_rewrite(self, request: Frame, exports: Exports) -> Frame:
        from .one_run import rewritten

        return {"ok": rewritten(request["text"])}


def failure(error: BaseException, exports: Exports, folder: Path) -> Frame:
    """Return the fields of a reply that tells of an exception."""
    try:
        return _failure(error, exports, folder)
    except BaseException as second:
        name = type(error).__name__
        return {
            "unreadable": f"it raised a {name} that cannot be shown "
            f"({type(second).__name__})"
        }


def _failure(error: BaseException, exports: Exports, folder: Path) -> Frame:
    if isinstance(error, UnreadableError):
        return {"unreadable": str(error)}
    if isinstance(error, ImportFailedError) and error.__cause__ is not None:
        cause = error.__cause__
        where = where_in(cause, folder)
        return {"import": exports.encode(cause), "where": where}
    where = where_in(error, folder)
    if isinstance(error, SystemExit | KeyboardInterrupt):
        kind = type(error).__name__
        return {"exit": f"{kind}({safe_text(error)})", "where": where}
    return {"raised": exports.encode(error), "where": where}


def where_in(error: BaseException, folder: Path) -> Frame | None:
    """Return the innermost place of an exception in the learner's files."""
    if isinstance(error, SyntaxError) and error.filename:
        return _place(folder, error.filename, error.lineno or 0, "")
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        place = _place(folder, code.co_filename, line, code.co_name)
        found = place or found
    return found


def _place(folder: Path, file: str, line: int, function: str) -> Frame | None:
    path = Path(file)
    if not path.is_relative_to(folder):
        return None
    return {
        "file": path.relative_to(folder).as_posix(),
        "line": line,
        "function": function,
        "text": linecache.getline(file, line).strip()[:200],
    }


def _reply(result: Any, before: Any, given: Any, exports: Exports) -> Frame:
    """Return a result's reply, with the arguments where they changed."""
    reply = {"ok": exports.encode(result)}
    if not _same(before, given):
        reply["after"] = exports.encode(given)
    return reply


def _same(one: Any, other: Any) -> bool:
    """Return whether two plain values agree; other objects by identity."""
    if type(one) is not type(other):
        return False
    if type(one) in (list, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if type(one) is dict:
        return list(one) == list(other) and all(
            _same(item, other[key]) for key, item in one.items()
        )
    if type(one) in (set, int, float, str, bytes, bool):
        return bool(one == other)
    return one is other
