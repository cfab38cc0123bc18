"""A sandbox that runs in another process, or under another address."""

from __future__ import annotations

import json
from typing import Any

from course.sandbox.recording import Headers, RecordedRequest

__all__ = ["SandboxClient"]


class SandboxClient:
    """Plans faults at a running sandbox and reads what arrived there.

    Has the methods of `Sandbox`; each is one request, with a timeout of ten
    seconds. Raises OSError where no sandbox answers.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def __repr__(self) -> str:
        return f"<SandboxClient for {self.url}>"

    @property
    def base_urls(self) -> dict[str, str]:
        """What the client of each provider takes as its base URL."""
        urls: dict[str, str] = self._send("GET", "info")["base_urls"]
        return urls

    @property
    def providers(self) -> tuple[str, ...]:
        """The names of the providers that are spoken there."""
        return tuple(self.base_urls)

    def base_url(self, provider: str) -> str:
        """Return what a client of this provider takes as its base URL."""
        urls = self.base_urls
        if provider not in urls:
            raise ValueError(
                f"There is no provider {provider!r}; there are:"
                f" {', '.join(urls)}."
            )
        return urls[provider]

    def fail_next(
        self,
        provider: str,
        fault: str,
        *,
        times: int | None = 1,
        key: str | None = None,
        **options: Any,
    ) -> None:
        """Let the next requests of a provider fail; see `Sandbox`."""
        wish = {
            "provider": provider,
            "fault": fault,
            "times": times,
            "key": key,
            "options": options,
        }
        self._send("POST", "fail_next", wish)

    @property
    def requests(self) -> list[RecordedRequest]:
        """What has arrived, in order; the last thousand for each key."""
        rows = self._send("GET", "requests")
        records = [RecordedRequest(**row) for row in rows]
        for record in records:
            record.headers = Headers(record.headers)
        return records

    def clear(self) -> None:
        """Forget the recorded requests and the planned faults."""
        self._send("POST", "clear", {})

    def _send(self, method: str, command: str, wish: Any = None) -> Any:
        # Imported when first needed: it would double the sandbox's import.
        from http.client import HTTPConnection, HTTPException

        connection = HTTPConnection(self.url.split("//")[-1], timeout=10)
        body = None if wish is None else json.dumps(wish)
        try:
            connection.request(method, f"/_sandbox/{command}", body)
            reply = connection.getresponse()
            content = json.loads(reply.read())
        except (HTTPException, ValueError) as error:
            raise OSError(f"There is no sandbox at {self.url}.") from error
        finally:
            connection.close()
        if reply.status != 200:
            raise ValueError(content["error"])
        return content
