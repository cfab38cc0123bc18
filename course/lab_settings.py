"""JupyterLab as the course wants it: on this machine, asking nobody."""

import secrets
from pathlib import Path
from urllib.parse import quote

from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp
from traitlets.config import Config

__all__ = ["start_page", "started_server"]

# Parts of a server that no lesson uses, and that slow its start.
LEFT_OUT = ("jupyter_lsp", "notebook_shim", "nbclassic", "notebook")


def started_server(
    root: Path, port: int, open_browser: bool, notebook: str
) -> ServerApp:
    """Return a server that listens already and has yet to be run."""
    config = Config()
    page = notebook if (root / notebook).exists() else ""
    config.ServerApp.update(
        ip="127.0.0.1",
        port=port,
        port_retries=0,
        root_dir=str(root),
        default_url=f"/lab/tree/{quote(page)}" if page else "/lab",
        open_browser=open_browser,
        # It is reached from this machine alone, and with its token alone.
        allow_root=True,
        log_level="ERROR",
        jpserver_extensions=dict.fromkeys(LEFT_OUT, False),
    )
    # Given here, the token stands in no command line and in no log.
    config.IdentityProvider.token = secrets.token_hex(24)
    config.KernelSpecManager.allowed_kernelspecs = {"python3"}
    # No news, no updates, no extensions to install: no network.
    config.LabApp.news_url = None
    config.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
    config.LabApp.extension_manager = "readonly"
    server = LabApp.initialize_server(argv=[], config=config)
    assert isinstance(server, ServerApp)
    return server


def start_page(server: ServerApp) -> str:
    """Return the address to open, with the token that it needs."""
    token = server.identity_provider.token
    page = server.default_url
    return f"http://{server.ip}:{server.port}{page}?token={token}"
