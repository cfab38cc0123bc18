"""JupyterLab as the course wants it: on this machine, asking nobody."""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["LAB_FOLDER", "keep_to_itself", "made_server", "start_page"]

# In the environment: what JupyterLab keeps from start to start.
LAB_FOLDER = "course-jupyter"

# Parts of the page that no lesson uses; some of them ask the network.
LEFT_OUT_OF_PAGE = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/lsp-extension",
)
PAGE = {
    "buildAvailable": False,
    "buildCheck": False,
    "disabledExtensions": dict.fromkeys(LEFT_OUT_OF_PAGE, True),
}


def keep_to_itself(folder: Path) -> None:
    """Let no other Jupyter's settings, kernels or extensions interfere.

    What JupyterLab keeps from start to start, such as a chosen theme, goes
    into `folder`.
    """
    os.environ.pop("JUPYTER_PATH", None)
    os.environ.pop("JUPYTER_CONFIG_PATH", None)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ["JUPYTER_CONFIG_DIR"] = str(folder / "config")
    os.environ["JUPYTER_DATA_DIR"] = str(folder / "data")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(folder / "runtime")
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    page_config = folder / "config" / "labconfig" / "page_config.json"
    page_config.parent.mkdir(parents=True, exist_ok=True)
    page_config.write_text(json.dumps(PAGE, indent=2), "utf-8")


@contextmanager
def without_slow_helpers() -> Iterator[None]:
    """Keep JupyterLab from two helpers that cost it seconds.

    rfc3987_syntax compiles a grammar, to check addresses that no schema of
    JupyterLab's has. node is asked where extensions would be built from.
    """
    path = os.environ.get("PATH", "")
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    os.environ["PATH"] = os.pathsep.join(
        entry
        for entry in path.split(os.pathsep)
        if not shutil.which("node", path=entry)
    )
    try:
        yield
    finally:
        os.environ["PATH"] = path
        del sys.modules["rfc3987_syntax"]


def made_server(
    root: Path, port: int, notebook: str, more_ports: int = 0
) -> Any:
    """Return a server of JupyterLab that has yet to be started.

    Where another program has taken the port meanwhile, it tries as many
    others as `more_ports`; its `port` is the one that it will listen on.
    """
    with without_slow_helpers():
        from jupyterlab.labapp import LabApp

        settings = server_settings(root, port, notebook)
        settings.ServerApp.port_retries = more_ports
        return LabApp.initialize_server(argv=[], config=settings)


def server_settings(root: Path, port: int, notebook: str) -> Any:
    """Return the configuration of the server and of its page."""
    from traitlets.config import Config

    page = f"/lab/tree/{quote(notebook)}"
    config = Config()
    config.ServerApp.update(
        ip="127.0.0.1",
        port=port,
        root_dir=str(root),
        open_browser=False,
        # It is reached from this machine alone, and with its token alone.
        allow_root=True,
        log_level="ERROR",
        jpserver_extensions={"jupyter_lsp": False},
    )
    # Given here, the token stands in no command line and in no log.
    config.IdentityProvider.token = secrets.token_hex(24)
    # Other users of this machine cannot listen to a kernel's ports.
    config.KernelManager.transport_encryption = "auto"
    config.KernelSpecManager.allowed_kernelspecs = {"python3"}
    config.LabApp.update(
        default_url=page if (root / notebook).exists() else "/lab",
        log_level="ERROR",
        # No news, no updates, no extensions to install: no network.
        news_url=None,
        check_for_updates_class="jupyterlab.NeverCheckForUpdate",
        extension_manager="readonly",
    )
    return config


def start_page(server: Any) -> str:
    """Return the address to open, with the token that it needs."""
    token = server.identity_provider.token
    page = server.default_url
    return f"http://{server.ip}:{server.port}{page}?token={token}"
