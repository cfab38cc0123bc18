"""Nothing but this machine: connections to other addresses are refused.

An audit hook sees every connection that Python code of this process opens,
whatever library it uses. It guards against accidents; it is no wall against
code that means harm.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["RefusedError", "refuse_hosts", "stay_on_this_machine"]

_NAMES = frozenset({"", "localhost", "ip6-localhost", "::1", "0.0.0.0", "::"})
_EVENTS = frozenset(
    {
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
    }
)
_installed: set[str] = set()


class RefusedError(ConnectionRefusedError):
    """A connection that the course does not open."""


def stay_on_this_machine() -> None:
    """Refuse every connection beyond loopback, as long as the process lives.

    Whoever tries gets a RefusedError, which is an OSError.
    """

    def refuse(host: str) -> None:
        if host not in _NAMES and not host.startswith("127."):
            raise RefusedError(f"{host} is beyond this machine: not opened.")

    _install("all", refuse)


def refuse_hosts(hosts: Iterable[str], reason: str) -> None:
    """Refuse connections to these hosts, as long as the process lives."""
    refused = frozenset(hosts)

    def refuse(host: str) -> None:
        if host in refused:
            raise RefusedError(f"{host}: {reason}")

    _install(",".join(sorted(refused)), refuse)


def _install(name: str, refuse: Callable[[str], None]) -> None:
    if name in _installed:
        return
    _installed.add(name)
    # A hook outlives the names of its module.
    events, host_of = _EVENTS, _host

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in events:
            host = host_of(event, args)
            if host is not None:
                refuse(host)

    sys.addaudithook(hook)


def _host(event: str, args: tuple[Any, ...]) -> str | None:
    """Return the host of an event; None where there is none, as in a pipe."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        address = args[1]
        host = address[0] if isinstance(address, tuple) and address else None
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return host if isinstance(host, str) else None
