"""How a notebook is run here, by a kernel that listens to nobody else."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

__all__ = ["kernel_settings", "notebook_client"]

# Seconds that a cell may take.
CELL_SECONDS = 120


@contextmanager
def kernel_settings() -> Iterator[Any]:
    """Yield the traitlets configuration for one kernel.

    On POSIX it listens on sockets in a folder, not on ports: those are chosen
    before the kernel binds them, and on a busy machine another program may
    have taken one meanwhile.
    """
    from traitlets.config import Config

    settings = Config()
    settings.KernelManager.transport_encryption = "auto"
    if os.name == "nt":
        yield settings
        return
    # A socket's path has to be short, shorter than many a runtime folder's.
    with TemporaryDirectory(prefix="kernel-") as folder:
        settings.KernelManager.transport = "ipc"
        settings.KernelManager.ip = str(Path(folder) / "socket")
        yield settings


@contextmanager
def notebook_client(notebook: Any, folder: Path) -> Iterator[Any]:
    """Yield nbclient's client for a notebook that is run in a folder."""
    from nbclient import NotebookClient

    with kernel_settings() as settings:
        yield NotebookClient(
            notebook,
            config=settings,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        )
