"""The program that calls the routers: raw HTTP/1.1, connections kept open.

Standard library alone, so that it costs little beside what it measures. Each
line of standard input is one wish, each line of standard output its result:

    {"act": "sequential", "url": …, "body": …, "times": 100}
        the milliseconds of each request, one after the other
    {"act": "parallel", "url": …, "body": …, "clients": 64, "times": 2000}
        the seconds for all of them
    {"act": "streams", "url": …, "body": …, "clients": 500, "times": 3,
     "seconds": 2.0}
        of each stream: when it began, its first token and its end, in
        seconds; clients begin evenly spread over `seconds`, or all at once
        for 0.0, and ask `times` times, each time at once after the last

Any answer but 200 ends the program; a stream that fails has 0.0 as its end.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from typing import Any
from urllib.parse import urlsplit

WAIT = 120.0
TOKEN = b'"content"'
STREAM_END = b"data: [DONE]"


def request_bytes(url: str, body: Any) -> tuple[str, int, bytes]:
    """Return host, port and the request to send there."""
    parts = urlsplit(url)
    content = json.dumps(body).encode()
    top = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Content-Type: application/json\r\nAccept: */*\r\n"
        "Authorization: Bearer sk-benchmark-0000\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    assert parts.hostname and parts.port
    return parts.hostname, parts.port, top.encode() + content


def body_ends(data: bytes) -> bool:
    """Whether an answer, as far as it came, is complete.

    Raises AssertionError for one that is no success.
    """
    top, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return False
    assert top.split(b" ", 2)[1] == b"200", data[:2000]
    for line in top.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(rest) >= int(line[15:])
    return rest.endswith(b"0\r\n\r\n")


def sequential(wish: dict[str, Any]) -> list[float]:
    """Return the milliseconds of each request."""
    host, port, request = request_bytes(wish["url"], wish["body"])
    taken = []
    with socket.create_connection((host, port), WAIT) as plug:
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(wish["times"]):
            started = time.perf_counter()
            plug.sendall(request)
            data = b""
            while not body_ends(data):
                more = plug.recv(65536)
                assert more, "the connection was closed"
                data += more
            taken.append((time.perf_counter() - started) * 1_000)
    return taken


class Exchange(asyncio.Protocol):
    """A connection that carries one request after the other."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] | None = None
        self.data = b""
        self.first = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    async def ask(self, request: bytes) -> None:
        """Send a request; return when its answer is complete."""
        assert self.transport
        self.data, self.first = b"", 0.0
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await asyncio.wait_for(self.done, WAIT)

    def data_received(self, data: bytes) -> None:
        """Note what arrives, and when the first token does."""
        self.data += data
        if not self.first and TOKEN in self.data:
            self.first = time.perf_counter()
        if self.done and not self.done.done():
            try:
                ended = body_ends(self.data)
            except AssertionError as error:
                self.done.set_exception(error)
                return
            if ended:
                self.done.set_result(None)

    def connection_lost(self, _: Exception | None) -> None:
        if self.done and not self.done.done():
            self.done.set_exception(AssertionError("connection closed"))


async def connected(host: str, port: int) -> Exchange:
    """Return an open connection."""
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(Exchange, host, port)
    return made


async def parallel(wish: dict[str, Any]) -> float:
    """Return the seconds that all requests of all clients take together."""
    host, port, request = request_bytes(wish["url"], wish["body"])
    exchanges = [await connected(host, port) for _ in range(wish["clients"])]
    left = iter(range(wish["times"]))

    async def one_client(exchange: Exchange) -> None:
        for _ in left:
            await exchange.ask(request)

    started = time.perf_counter()
    await asyncio.gather(*map(one_client, exchanges))
    taken = time.perf_counter() - started
    for exchange in exchanges:
        assert exchange.transport
        exchange.transport.close()
    return taken


async def streams(wish: dict[str, Any]) -> list[tuple[float, float, float]]:
    """Return of each stream when it began, its first token and its end."""
    host, port, request = request_bytes(wish["url"], wish["body"])
    count, spread = wish["clients"], wish["seconds"]
    exchanges = [await connected(host, port) for _ in range(count)]
    seen: list[tuple[float, float, float]] = []
    zero = time.perf_counter() + 0.1

    async def one_client(number: int, exchange: Exchange) -> None:
        due = zero + spread * number / count
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        for _ in range(wish["times"]):
            began = time.perf_counter()
            try:
                await exchange.ask(request)
            except (AssertionError, TimeoutError):
                seen.append((began - zero, 0.0, 0.0))
                break
            whole = STREAM_END in exchange.data
            ended = time.perf_counter() if whole else zero
            seen.append((began - zero, exchange.first - zero, ended - zero))
        assert exchange.transport
        exchange.transport.close()

    await asyncio.gather(*(one_client(*pair) for pair in enumerate(exchanges)))
    return seen


def main() -> None:
    """Do what standard input asks for, until it ends."""
    for line in sys.stdin:
        wish = json.loads(line)
        result: Any
        match wish["act"]:
            case "sequential":
                result = sequential(wish)
            case "parallel":
                result = asyncio.run(parallel(wish))
            case _:
                result = asyncio.run(streams(wish))
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
