"""The provider behind all routers: fast, without a model or a thought.

A program of its own, of the standard library alone, that speaks just so much
HTTP/1.1 and chat completions that every router takes it for OpenAI. What a
caller wants is said in the last message, which every router passes on:
``{"pieces": 20, "seconds": 2.0}`` for a stream of that length. Below
``/broken`` every answer is 503.

    python router_upstream.py       prints its port, ends with standard input
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial

WORD = " word"
USAGE = {"prompt_tokens": 9, "completion_tokens": 20, "total_tokens": 29}
JSON_TYPE = "application/json"
EVENTS_TYPE = "text/event-stream"


def answer_of(model: str) -> bytes:
    """Return the body of a chat completion."""
    message = {"role": "assistant", "content": "Hello" + WORD * 19}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": USAGE,
    }
    return json.dumps(body).encode()


def event_of(model: str, delta: dict[str, str], reason: str | None) -> bytes:
    """Return one event of a stream, as a chunk of a body."""
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": [choice],
    }
    return chunk(b"data: " + json.dumps(body).encode() + b"\n\n")


def usage_event(model: str) -> bytes:
    """Return a stream's last event, which holds its usage."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": [],
        "usage": USAGE,
    }
    return chunk(b"data: " + json.dumps(body).encode() + b"\n\n")


def chunk(data: bytes) -> bytes:
    """Return data as a chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def head(status: int, kind: str, length: int | None = None) -> bytes:
    """Return an answer's head; without a length its body comes in chunks."""
    rest = (
        "Transfer-Encoding: chunked"
        if length is None
        else f"Content-Length: {length}"
    )
    return (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{rest}\r\n\r\n"
    ).encode()


class Connection(asyncio.Protocol):
    """One client's connection; requests follow one another."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request, once it is complete."""
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            top, _, rest = self.buffer.partition(b"\r\n\r\n")
            length = content_length(top)
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self.answer(top.split(b" ", 2)[1], rest[:length])

    def answer(self, path: bytes, body: bytes) -> None:
        """Send what a request orders."""
        if path.startswith(b"/broken"):
            sorry = b'{"error": {"message": "overloaded", "code": 503}}'
            self.transport.write(head(503, JSON_TYPE, len(sorry)) + sorry)
            return
        if not body:
            self.transport.write(head(404, JSON_TYPE, 2) + b"{}")
            return
        asked = json.loads(body)
        if asked.get("stream"):
            self.stream(asked)
            return
        said = answer_of(asked["model"])
        self.transport.write(head(200, JSON_TYPE, len(said)) + said)

    def stream(self, asked: dict[str, object]) -> None:
        """Send the first piece at once and the others at even intervals."""
        model = str(asked["model"])
        messages = asked["messages"]
        assert isinstance(messages, list)
        wish = json.loads(messages[-1]["content"])
        pieces, seconds = wish["pieces"], wish["seconds"]
        loop = asyncio.get_running_loop()
        began = loop.time()
        role = {"role": "assistant", "content": "Hello"}
        self.write(head(200, EVENTS_TYPE) + event_of(model, role, None))
        for number in range(1, pieces):
            piece = event_of(model, {"content": WORD}, None)
            due = began + seconds * number / pieces
            loop.call_at(due, partial(self.write, piece))
        last = event_of(model, {}, "stop") + usage_event(model)
        last += chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
        loop.call_at(began + seconds, partial(self.write, last))

    def write(self, data: bytes) -> None:
        """Send, unless the caller is gone."""
        if not self.transport.is_closing():
            self.transport.write(data)


def content_length(top: bytes) -> int:
    """Return how long the body is that a request's head announces."""
    for line in top.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def main() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
