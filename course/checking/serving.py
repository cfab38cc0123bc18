"""The package's router over real HTTP, on a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any


class ServedApp:
    """An ASGI app on a free loopback port (or `port`), from now until `stop`.

    `on_crash` is told of exceptions that the app did not turn into a reply.
    The server stands when another `app` is put in the place of one that is
    no longer needed: requests that come from then on are for that one.
    """

    def __init__(
        self,
        app: Any,
        on_crash: Callable[[Exception], Any] | None = None,
        port: int = 0,
    ) -> None:
        import uvicorn

        self.app = app
        self._under_way = 0

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            counted = scope["type"] == "http"
            self._under_way += counted
            try:
                await self.app(scope, receive, send)
            except Exception as error:
                if on_crash is not None:
                    on_crash(error)
                raise
            finally:
                self._under_way -= counted

        # Connections wait in the socket's queue until the server takes them.
        made = socket.create_server(("127.0.0.1", port))
        # Named TCP's, or asyncio would let a body wait behind its head.
        self._socket = socket.socket(
            made.family, made.type, socket.IPPROTO_TCP, made.detach()
        )
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                watched,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), daemon=True
        )
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self._under_way == 0

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()
