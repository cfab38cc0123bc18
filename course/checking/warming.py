"""The slow first steps: one real call, one served request, all imports.

Google's SDKs cost up to 195 MB and are left to the code that asks for them.
"""

# Annotations are no text here: FastAPI has to see a class by its annotation.
import json
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

from .generated_code import remember_generated_code
from .serving import ServedApp

_COMPLETION = {
    "id": "warm",
    "object": "chat.completion",
    "created": 0,
    "model": "warm",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "warm"},
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
_CHUNK = {
    **_COMPLETION,
    "object": "chat.completion.chunk",
    "choices": [
        {"index": 0, "finish_reason": "stop", "delta": {"content": "warm"}}
    ],
}
_MODELS = {"object": "list", "data": []}


class _Provider(BaseHTTPRequestHandler):
    """Just enough of a provider for a first call."""

    def do_GET(self) -> None:  # noqa: N802
        self._reply(200, json.dumps(_MODELS), "application/json")

    def do_POST(self) -> None:  # noqa: N802
        length = int(self.headers["content-length"])
        body = json.loads(self.rfile.read(length))
        if body.get("stream"):
            events = f"data: {json.dumps(_CHUNK)}\n\ndata: [DONE]\n\n"
            self._reply(200, events, "text/event-stream")
        elif body["model"] == "unknown":
            self._reply(404, '{"error": {}}', "application/json")
        else:
            self._reply(200, json.dumps(_COMPLETION), "application/json")

    def _reply(self, status: int, text: str, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        pass


def warm_up() -> None:
    """Import what learners' code uses, and use it once, over loopback."""
    remember_generated_code()
    server = HTTPServer(("127.0.0.1", 0), _Provider)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        _call_sdk(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    _serve_once()
    _import_the_rest()


def _call_sdk(url: str) -> None:
    import openai
    import requests

    client = openai.OpenAI(api_key="warm", base_url=url, max_retries=0)
    messages: list[Any] = [{"role": "user", "content": "warm"}]
    create = client.chat.completions.create
    create(model="warm", messages=messages)
    raw = client.chat.completions.with_raw_response
    raw.create(model="warm", messages=messages).parse()
    streaming = client.chat.completions.with_streaming_response
    with streaming.create(model="warm", messages=messages) as reply:
        list(reply.iter_bytes())
    list(create(model="warm", messages=messages, stream=True))
    list(client.models.list())
    with suppress(openai.NotFoundError):
        create(model="unknown", messages=messages)
    client.close()
    requests.get(url, timeout=5)


def _serve_once() -> None:
    import fastapi
    import pydantic
    import requests

    class Question(pydantic.BaseModel):
        text: str = pydantic.Field(min_length=1)

    app = fastapi.FastAPI()

    @app.post("/warm")
    def warm(question: Question) -> Question:
        return question

    served = ServedApp(app)
    try:
        for body in ({"text": "warm"}, {}):
            requests.post(f"{served.url}/warm", json=body, timeout=5)
    finally:
        served.stop()


def _import_the_rest() -> None:
    """Import what the package or a learner's tests may ask for."""
    import logging.handlers  # noqa: F401
    import sqlite3  # noqa: F401
    import statistics  # noqa: F401

    import dotenv  # noqa: F401
    import fastapi.responses  # noqa: F401

    with suppress(ImportError):
        import numpy  # noqa: F401
    with suppress(ImportError):
        # A served router's first request asks for it.
        import prometheus_client  # noqa: F401

    from .one_run import rehearse

    # A first run of pytest takes three times as long as a second, and so
    # does a first comparison that fails.
    rehearse()


def _sandbox_client() -> Any:
    """Return the class by which a learner's tests reach the sandbox.

    The course is on the path for this one import, and not afterwards.
    """
    course = ModuleType("course")
    course.__path__ = [str(Path(__file__).parents[1])]
    sys.modules["course"] = course
    from course.sandbox.client import SandboxClient

    for name in [n for n in sys.modules if n.partition(".")[0] == "course"]:
        del sys.modules[name]
    return SandboxClient


SandboxClient = _sandbox_client()
