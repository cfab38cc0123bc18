"""Serving the router: addresses, the key, an end that waits for streams."""

from __future__ import annotations

import argparse
import gc
import ipaddress
import math
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_providers.logs import configure_logging
from llm_providers.router.settings import (
    RouterSettings,
    default_ledger,
    load_router_settings,
)
from llm_providers.router.usage_ledger import LedgerError, UsageLedger

if TYPE_CHECKING:
    from llm_providers.router.service import Service

__all__ = ["RefusedToServeError", "main", "serve"]

# Seconds that an idle connection stays open: longer than clients keep theirs,
# so that none sends a request into a closing one.
IDLE = 75
WRONG_USE = 2
# Objects that are new and still there before the garbage collector looks at
# them, and how often it does until it looks at those that were there before.
COLLECT_AFTER = (10_000, 30, 5)


class RefusedToServeError(Exception):
    """The server is not started; the reason is told."""


def main(argv: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    wanted = parse(argv)
    try:
        if wanted.command == "ledger":
            from llm_providers.router.ledger_command import ledger_report

            report = ledger_report(wanted.config, wanted.days, wanted.prune)
            print(*report, sep="\n")
        elif wanted.command == "review":
            from llm_providers.review_command import review_log

            told = review_log(wanted.file, wanted.json, wanted.count)
            print(*told, sep="\n")
        else:
            serve(wanted.host, wanted.port, wanted.config, wanted.log)
    except (RefusedToServeError, LedgerError, ValueError) as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    return 0


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the command's options."""
    parser = argparse.ArgumentParser(prog="python3 -m llm_providers")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", dest="command"
    )
    _add_ledger(commands)
    _add_review(commands)
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
        help="read this file, TOML or like .env, in place of .env",
    )
    command.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="write the log to this file, too, as lines of JSON",
    )
    return parser.parse_args(argv)


def _add_ledger(commands: Any) -> None:
    command = commands.add_parser(
        "ledger",
        help="tell what was spent",
        description="Tell what the usage ledger holds: requests and USD by "
        "caller and model.",
    )
    command.add_argument("--config", type=Path, metavar="FILE")
    command.add_argument(
        "--days", type=int, default=1, help="of how many days (%(default)s)"
    )
    command.add_argument(
        "--prune",
        type=int,
        metavar="DAYS",
        help="first delete what is older than so many days",
    )


def _add_review(commands: Any) -> None:
    command = commands.add_parser(
        "review",
        help="tell what a log holds",
        description="Look in a log for keys that leaked, bursts of 429s, "
        "providers that got worse, and the dearest requests.",
    )
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument(
        "--count",
        type=int,
        default=3,
        help="how many dearest requests (%(default)s)",
    )


def serve(
    host: str,
    port: int,
    config: Path | None = None,
    log: Path | None = None,
) -> None:
    """Serve until told to end (SIGINT, SIGTERM); then let streams finish.

    Raises RefusedToServeError for an address beyond this machine without a
    key, for settings that make no sense, for a learned recommender that
    cannot be used, and where nothing can listen.
    """
    if config is not None and not config.is_file():
        raise RefusedToServeError(f"There is no file {config}.")
    try:
        settings = load_router_settings(env_file=config)
    except ValueError as error:
        raise RefusedToServeError(str(error)) from None
    require_key_beyond_loopback(host, settings)
    ledger = usable_ledger(settings)
    door = listen(host, port)

    import uvicorn

    from llm_providers.llm_router import create_app

    configure_logging(log)
    app = create_app(env_file=config, ledger=ledger)
    require_recommender(app.state.service)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=math.ceil(settings.last_streams),
        )
    )
    shown = f"[{host}]" if ":" in host else host
    where = f"http://{shown}:{door.getsockname()[1]}"
    print(f"Serving on {where} (documentation: {where}/docs)", flush=True)
    keep_what_is_there()
    server.run([door])
    app.state.service.close()


def keep_what_is_there() -> None:
    """Spare the garbage collector what it would look at in vain.

    What stays until the end it would look at again and again, and every
    request would wait meanwhile. So it would at the calls under way: the
    objects of some hundred streams are many, and none of them is garbage.
    What a call leaves is freed without the collector, but for a few.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def usable_ledger(settings: RouterSettings) -> str:
    """Return the ledger's file for where the settings name none.

    Raises RefusedToServeError where one that was asked for, in words or by a
    budget, cannot be used. The default place may be missing: in a container
    that can write nothing, say; then there is no ledger, which is told.
    """
    path = settings.ledger_path(default_ledger())
    if not path:
        return ""
    ledger = UsageLedger(path)
    try:
        ledger.check()
    except LedgerError as error:
        if settings.ledger or settings.has_budgets:
            raise RefusedToServeError(
                f"The usage ledger cannot be used: {error}"
            ) from None
        print(f"No usage is counted: {error}", file=sys.stderr)
        return ""
    finally:
        ledger.close()
    return path


def require_recommender(service: Service) -> None:
    """Raise RefusedToServeError for a learned recommender without use."""
    recommending = service.recommending
    if recommending.path:
        recommending.agent()
    if recommending.fault is not None:
        raise RefusedToServeError(
            f"LLM_ROUTER_RECOMMENDER: {recommending.path} cannot be used: "
            f"{recommending.fault}"
        )


def require_key_beyond_loopback(host: str, settings: RouterSettings) -> None:
    """Raise RefusedToServeError where anybody could use the keys."""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here and not settings.keys:
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
