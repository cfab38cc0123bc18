"""`python3 -m course sandbox`: the providers' protocols in a terminal."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import threading

from course.sandbox.server import Sandbox

__all__ = ["main"]

PORT = 8484
FAILED = 1


def main(argv: list[str]) -> int:
    """Serve until Ctrl-C or a termination signal; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m course sandbox",
        description="Run the simulated providers on this machine.",
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help="0 takes a free one"
    )
    port: int = parser.parse_args(argv).port
    try:
        sandbox = Sandbox(port).start()
    except (OSError, OverflowError) as error:
        print(_reason(port, error), file=sys.stderr)
        return FAILED
    ended = _when_told()
    print(_greeting(sandbox), flush=True)
    try:
        # Waiting in steps, since Windows does not interrupt a long wait.
        while not ended.wait(0.5):
            pass
    except KeyboardInterrupt:
        pass
    sandbox.stop()
    print("The sandbox has ended.", flush=True)
    return 0


def _when_told() -> threading.Event:
    """Return an event that a termination signal sets."""
    ended = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
    return ended


def _reason(port: int, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return (
            f"Port {port} is taken, perhaps by a sandbox that is running"
            " already. Choose another one with --port, or --port 0 for any."
        )
    if code == errno.EACCES:
        return f"Port {port} needs rights that you don't have; try --port 0."
    return f"The sandbox cannot use port {port}: {error}"


def _greeting(sandbox: Sandbox) -> str:
    width = max(map(len, sandbox.providers))
    urls = [
        f"  {name:{width}}  {sandbox.base_url(name)}"
        for name in sandbox.providers
    ]
    return "\n".join(
        [
            f"The simulated providers answer at {sandbox.url}",
            "Base URLs for your settings (any key will do):",
            *urls,
            f"{sandbox.url} in a browser shows requests and plans faults.",
            "Nothing leaves this machine. Ctrl-C ends it.",
        ]
    )
