"""The warm program: has made every slow first step, then forks children.

Importing an SDK is not enough to make it warm: the first call builds models,
the first app builds routes. Where forking is missing or unsafe, the same
program warms up once per process and becomes the one child itself. With
``COURSE_CHECK_WARM=no`` it leaves all that to code which needs it.
"""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Any, NoReturn

from .channel import Channel
from .child import Server
from .large_pages import use_large_pages
from .limits import (
    adopt_orphans,
    die_with_parent,
    limit_forks,
    limit_resources,
    orphans,
)
from .loopback import stay_on_this_machine
from .operations import Operations
from .warming import warm_up

# Seconds that a process gets to end once its connection is gone.
LAST_MOMENT = 0.3


def fork_children(control_fd: int) -> None:
    """Serve the judge's requests for children until the judge is gone."""
    control = socket.socket(fileno=control_fd)
    adopt_orphans()
    get_ready()
    settle()
    send(control, {"ready": True})
    children: set[int] = set()
    while True:
        message, fds, _, _ = socket.recv_fds(control, 4096, 2)
        if not message:
            break
        request = json.loads(message)
        if request["op"] == "fork":
            pid = os.fork()
            if pid == 0:
                control.close()
                be_forked_child(*fds)
            children.add(pid)
            for fd in fds:
                os.close(fd)
            send(control, {"pid": pid})
        else:
            children.discard(request["pid"])
            send(control, {"status": end(request["pid"], request["died"])})
            end_strays(children)
    for pid in children:
        end(pid, died=False)
    end_strays(set())


def get_ready() -> None:
    """Warm up, unless nothing that is checked needs what takes long."""
    if os.environ.get("COURSE_CHECK_WARM") != "no":
        warm_up()


def settle() -> None:
    """Let what there is now be cheap to fork: it stays as it is.

    To import a package makes many objects and no garbage: looking for some
    as often as by default takes a third of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    use_large_pages()


def send(control: socket.socket, answer: dict[str, Any]) -> None:
    control.sendall(json.dumps(answer).encode() + b"\n")


def end(pid: int, died: bool) -> int | None:
    """Kill a child and its group; return how it had ended by itself.

    That is its exit code, a signal's number below zero, or None. With
    `died` it is given a moment to do so.
    """
    until = time.monotonic() + (LAST_MOMENT if died else 0)
    status = exit_status(pid)
    while status is None and time.monotonic() < until:
        time.sleep(0.005)
        status = exit_status(pid)
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return status


def exit_status(pid: int) -> int | None:
    """Return a child's status and leave the child for `waitpid`."""
    how = os.WEXITED | os.WNOHANG | os.WNOWAIT
    try:
        found = os.waitid(os.P_PID, pid, how)
    except ChildProcessError:
        return None
    if found is None:
        return None
    exited = found.si_code == os.CLD_EXITED
    return found.si_status if exited else -found.si_status


def end_strays(children: set[int]) -> None:
    """Kill what left its group and was left behind."""
    for pid in set(orphans()) - children:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def be_forked_child(connection_fd: int, output_fd: int) -> NoReturn:
    try:
        os.setsid()
        die_with_parent()
        os.dup2(output_fd, 1)
        os.dup2(output_fd, 2)
        os.close(output_fd)
        answer_for_learner(socket.socket(fileno=connection_fd))
    finally:
        os._exit(1)


def answer_for_learner(connection: socket.socket) -> None:
    """Run a learner's code for whoever is at the other end."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for name, fd in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(fd, "w", closefd=False)
        text = io.TextIOWrapper(
            raw,
            encoding="utf-8",
            errors="backslashreplace",
            write_through=True,
        )
        setattr(sys, name, text)
    limit_resources()
    stay_on_this_machine()
    live_elsewhere()
    server = Server(Channel(connection), Operations(), lambda: os._exit(0))
    limit_forks(server.detach)
    server.run()


def live_elsewhere() -> None:
    """Let local time be another than UTC, whatever it is on this machine."""
    if hasattr(time, "tzset"):
        os.environ["TZ"] = "<+0545>-05:45"
        time.tzset()


def be_only_child(port: int, word: str) -> None:
    """Warm up, then run a learner's code for the judge at a loopback port.

    Ends when standard input does, so that it never outlives the judge.
    """
    lifeline = os.fdopen(os.dup(0), "rb")

    def follow() -> None:
        lifeline.read()
        os._exit(0)

    threading.Thread(target=follow, daemon=True).start()
    if hasattr(os, "setsid"):
        with suppress(PermissionError):
            os.setsid()
    die_with_parent()
    connection = socket.create_connection(("127.0.0.1", port))
    get_ready()
    Channel(connection).send({"word": word})
    answer_for_learner(connection)


def main() -> None:
    if sys.argv[1] == "fork":
        fork_children(int(sys.argv[2]))
    elif sys.argv[1] == "rooms":
        from .opening import serve_rooms

        serve_rooms(*map(int, sys.argv[2:]))
    elif sys.argv[1] == "try":
        from .rooms import try_rooms

        try_rooms()
    else:
        be_only_child(int(sys.argv[2]), sys.argv[3])
