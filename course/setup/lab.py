"""`python3 -m course lab`: JupyterLab on the first notebook, sandbox up."""

import argparse
import json
import os
import signal
import socket
import sys
import urllib.request
from pathlib import Path
from typing import Any

from course.problems import CommandError, ExitCode
from course.sandbox import Sandbox
from course.setup.env_file import write_env_file
from course.setup.environment import ROOT
from course.setup.lab_settings import (
    LAB_FOLDER,
    keep_to_itself,
    made_server,
    start_page,
)

__all__ = ["main", "open_lab", "parse", "port_number"]

FIRST_NOTEBOOK = "notebooks/phase_1_environment_and_setup.ipynb"
HOST = "127.0.0.1"
LAB_PORT = 8888
SANDBOX_PORT = 8484  # the port in .env.example
PORTS_TRIED = 20


def main(argv: list[str]) -> int:
    """Serve the course until Ctrl-C and return the exit code."""
    wanted = parse(argv)
    return open_lab(wanted.port, not wanted.no_browser)


def open_lab(
    port: int | None, open_browser: bool, notebook: str = FIRST_NOTEBOOK
) -> int:
    """Serve the course, opened on a notebook, until Ctrl-C."""
    write_env_file(ROOT)
    # The server is seconds away from listening; who asked for no port takes
    # another one if somebody is faster.
    more_ports = 0 if port else PORTS_TRIED
    port = choose_port(port)
    print("Starting JupyterLab ...", flush=True)
    sandbox, sandbox_says = start_sandbox(SANDBOX_PORT)
    try:
        server = prepared(port, notebook, more_ports)
        serve(server, open_browser, sandbox_says)
    finally:
        if sandbox:
            sandbox.stop()
    print("JupyterLab, its kernels and the sandbox have ended.", flush=True)
    # A return would wait for worker threads that a stopped server forgets.
    os._exit(ExitCode.DONE)


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the command's options."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course lab",
        description="Open the course in JupyterLab. Ctrl-C ends it.",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address only"
    )
    parser.add_argument(
        "--port",
        type=port_number,
        help=f"JupyterLab's port (default: {LAB_PORT} or the next free one)",
    )
    return parser.parse_args(argv)


def port_number(text: str) -> int:
    """Return a port's number, for argparse."""
    if text.isdecimal() and 0 < int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")


def choose_port(wanted: int | None) -> int:
    """Return the port for JupyterLab.

    Raises CommandError where a port that was asked for is taken.
    """
    ports = range(LAB_PORT, LAB_PORT + PORTS_TRIED)
    free = next(filter(is_free, [wanted] if wanted else ports), None)
    if free:
        return free
    advice = next(filter(is_free, ports), LAB_PORT + PORTS_TRIED)
    taken = f"Port {wanted} is" if wanted else f"Ports {LAB_PORT} and up are"
    raise CommandError(
        ExitCode.PORT_TAKEN,
        f"{taken} not free: another program has it, perhaps a course that is "
        "still open.\nEnd that one, or choose another port: "
        f"python3 -m course lab --port {advice}",
    )


def is_free(port: int) -> bool:
    """Return whether a server may listen on this port of this machine."""
    with socket.socket() as probe:
        if os.name != "nt":
            # A port whose last server has just ended counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def start_sandbox(port: int) -> tuple[Sandbox | None, str]:
    """Start the sandbox and return it with what to say about it.

    One that is up already is left to whoever started it.
    """
    if is_free(port):
        sandbox = Sandbox(port).start()
        return sandbox, f"The simulated providers answer at {sandbox.url}"
    if is_sandbox(port):
        return None, f"Using the sandbox that is up on port {port}."
    sandbox = Sandbox().start()
    return sandbox, (
        f"Port {port} is taken by another program, so the simulated\n"
        f"providers answer at {sandbox.url}. Notebooks are not concerned, "
        f"each has its own;\nfor other programs change {port} in .env."
    )


def is_sandbox(port: int) -> bool:
    """Return whether a sandbox answers on this port."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"http://{HOST}:{port}/_sandbox/info"
    try:
        with direct.open(url, timeout=2) as reply:
            said = json.load(reply)
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("simulated") is True


def prepared(port: int, notebook: str, more_ports: int) -> Any:
    """Return JupyterLab's server, with settings of the course's own."""
    keep_to_itself(Path(sys.prefix) / LAB_FOLDER)
    return made_server(ROOT, port, notebook, more_ports)


def serve(server: Any, open_browser: bool, sandbox_says: str) -> None:
    """Run JupyterLab in this process until a signal ends it."""

    def announce() -> None:
        print(f"{sandbox_says}\n\nThe course is open at")
        print(f"    {start_page(server)}\n\nCtrl-C ends it.", flush=True)
        if open_browser:
            server.launch_browser()

    def end(*_: Any) -> None:
        print("\nEnding ...", flush=True)
        server.stop(from_signal=True)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)
    # Comes after the server's own first callback, in which it listens.
    server.io_loop.add_callback(announce)
    server.start()
