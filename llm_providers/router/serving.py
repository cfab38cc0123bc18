"""Serving the router: addresses, the key, an end that waits for streams."""

from __future__ import annotations

import argparse
import ipaddress
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from llm_providers.logs import configure_logging
from llm_providers.router.settings import RouterSettings, load_router_settings

__all__ = ["RefusedToServeError", "main", "serve"]

# Seconds that streams in flight get when the server is told to end.
LAST_STREAMS = 60
# Seconds that an idle connection stays open: longer than clients keep theirs,
# so that none sends a request into a closing one.
IDLE = 75
WRONG_USE = 2


class RefusedToServeError(Exception):
    """The server is not started; the reason is told."""


def main(argv: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    wanted = parse(argv)
    try:
        serve(wanted.host, wanted.port, wanted.config, wanted.log)
    except RefusedToServeError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    return 0


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the command's options."""
    parser = argparse.ArgumentParser(prog="python3 -m llm_providers")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "serve",
        help="serve the router",
        description="Serve the router: the agents' endpoints under "
        "/agents/llm-providers, the OpenAI-compatible ones under /v1, "
        "their documentation under /docs.",
    )
    command.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (%(default)s); any other than this "
        "machine's own needs LLM_ROUTER_API_KEY",
    )
    command.add_argument(
        "--port", type=int, default=8000, help="0: any (%(default)s)"
    )
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="read this file in place of .env",
    )
    command.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="write the log to this file, too, as lines of JSON",
    )
    return parser.parse_args(argv)


def serve(
    host: str,
    port: int,
    config: Path | None = None,
    log: Path | None = None,
) -> None:
    """Serve until told to end (SIGINT, SIGTERM); then let streams finish.

    Raises RefusedToServeError for an address beyond this machine without a
    key, for settings that make no sense, and where nothing can listen.
    """
    if config is not None and not config.is_file():
        raise RefusedToServeError(f"There is no file {config}.")
    try:
        settings = load_router_settings(env_file=config)
    except ValueError as error:
        raise RefusedToServeError(str(error)) from None
    require_key_beyond_loopback(host, settings)
    door = listen(host, port)

    import uvicorn

    from llm_providers.llm_router import create_app

    configure_logging(log)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(env_file=config),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=LAST_STREAMS,
        )
    )
    shown = f"[{host}]" if ":" in host else host
    where = f"http://{shown}:{door.getsockname()[1]}"
    print(f"Serving on {where} (documentation: {where}/docs)", flush=True)
    server.run([door])


def require_key_beyond_loopback(host: str, settings: RouterSettings) -> None:
    """Raise RefusedToServeError where anybody could use the keys."""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here and not settings.api_key:
        raise RefusedToServeError(
            f"{host} can be reached from other machines, and whoever reaches "
            "the router uses your keys: set LLM_ROUTER_API_KEY, which its "
            "callers then have to send as bearer token, or serve on "
            "127.0.0.1."
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises RefusedToServeError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        raise RefusedToServeError(
            f"{host}, port {port} cannot be listened on: {error}."
        ) from None
    # asyncio sends at once only what leaves by sockets that are named TCP's;
    # others wait for the other side, 40 ms, between head and body.
    tcp = socket.IPPROTO_TCP
    return socket.socket(family, socket.SOCK_STREAM, tcp, made.detach())
