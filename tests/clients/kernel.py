"""A real IPython kernel of the client's own environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_client.manager import start_new_kernel

__all__ = ["Kernel", "started"]

SECONDS = 60


class Kernel:
    """Runs cells, one after the other."""

    def __init__(self, client: object) -> None:
        self._client = client

    def told(self, code: str) -> str:
        """Return what a cell shows; raises AssertionError with its error."""
        shown: list[str] = []

        def hear(message: dict) -> None:
            content = message["content"]
            kind = message["msg_type"]
            if kind == "stream" and content["name"] == "stdout":
                shown.append(content["text"])
            elif kind in ("display_data", "execute_result"):
                shown.append(str(content["data"]))
            elif kind == "error":
                last = f"{content['ename']}: {content['evalue']}"
                raise AssertionError(last)

        self._client.execute_interactive(
            code, output_hook=hear, timeout=SECONDS
        )
        return "".join(shown)


@contextmanager
def started() -> Iterator[Kernel]:
    """Start a kernel, and end it in the end."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
