"""A transport for httpx2 over urllib3's connections.

A request through httpx2's own takes about twice as long, since that looks at
every connection that it keeps whenever a request begins or ends. What callers
see is the same: httpx2's requests, answers and exceptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.request import getproxies

import httpx2
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)

from llm_providers.sessions import (
    KEPT_CONNECTIONS,
    POOL_CLASSES,
    raw_arriving,
    raw_finish,
)

__all__ = ["PooledTransport", "direct_transport", "finish"]


# The key of what an answer has beside httpx2's own.
FINISH = "finish"


def finish(answer: httpx2.Response) -> None:
    """Read the end of a body, if it is there, so that its connection stays."""
    answer.extensions.get(FINISH, bool)()


def direct_transport() -> PooledTransport | None:
    """Return a transport; None where the environment names a proxy.

    To reach a provider through one is left to httpx2.
    """
    proxies = getproxies()
    if any(proxies.get(scheme) for scheme in ("http", "https", "all")):
        return None
    return PooledTransport()


class PooledTransport(httpx2.BaseTransport):
    """Connections for many threads, whose waiting can be stopped."""

    def __init__(self) -> None:
        self._pools = urllib3.PoolManager(
            maxsize=KEPT_CONNECTIONS,
            ssl_context=httpx2.create_ssl_context(),
        )
        self._pools.pool_classes_by_scheme = POOL_CLASSES

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; return the answer, whose body is still to come."""
        seconds = request.extensions.get("timeout", {})
        url = request.url
        with _told():
            answer = self._pools.connection_from_host(
                url.raw_host.decode("ascii"), url.port, url.scheme
            ).urlopen(
                request.method,
                url.raw_path.decode("ascii"),
                body=request.read() or None,
                headers={
                    name.decode("ascii"): value.decode("latin-1")
                    for name, value in request.headers.raw
                },
                timeout=urllib3.Timeout(
                    connect=seconds.get("connect"), read=seconds.get("read")
                ),
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
        return httpx2.Response(
            answer.status,
            headers=[
                (name.encode("latin-1"), value.encode("latin-1"))
                for name, value in answer.headers.iteritems()
            ],
            stream=Body(answer),
            extensions={FINISH: partial(raw_finish, answer, decode=False)},
        )

    def close(self) -> None:
        """Close the connections that are free."""
        self._pools.clear()


class Body(httpx2.SyncByteStream):
    """A body as it arrives, as it is: httpx2 decodes it."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _told():
            yield from raw_arriving(self._answer, decode=False)

    def close(self) -> None:
        """Give the connection up, unless the body has been read to its end."""
        self._answer.close()
        self._answer.release_conn()


@contextmanager
def _told() -> Iterator[None]:
    """Raise urllib3's exceptions as httpx2's."""
    try:
        yield
    except NewConnectionError as error:
        # Where nobody listens is no timeout, though urllib3 has it so.
        raise httpx2.ConnectError(str(error)) from None
    except ConnectTimeoutError as error:
        raise httpx2.ConnectTimeout(str(error)) from None
    except ReadTimeoutError as error:
        raise httpx2.ReadTimeout(str(error)) from None
    except HTTPError as error:
        raise httpx2.ReadError(str(error)) from None
