"""Calls of any agent that share a thread: none gets another one's answer."""

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("greenlet")
KEY = "sk-test-0123456789"
CALLS = 40
PROVIDERS = ["openai", "gemini", "requestry", "openrouter"]


class Echo(BaseHTTPRequestHandler):
    """Says what it was asked, after a while, as each provider would."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers["content-length"])
        asked = json.loads(self.rfile.read(length))
        time.sleep(0.02)
        if "contents" in asked:
            content = asked["contents"][0]
            one = {"content": content, "finishReason": "STOP"}
            answer = {"candidates": [one]}
        else:
            text = asked["messages"][0]["content"]
            message = {"role": "assistant", "content": text}
            answer = {
                "choices": [{"message": message, "finish_reason": "stop"}]
            }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = CALLS
    daemon_threads = True


@pytest.fixture
def echo():
    server = Server(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_call_gets_its_own_answer(llm, echo, monkeypatch, provider):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    agent = llm.agents.agent_for(
        provider, api_key=KEY, base_url=echo, sleep=llm.calls.pause
    )
    assert not agent.shares_thread
    assert agent.process_prompt("first").message == "first"
    assert agent.shares_thread

    def ask(number):
        assert threading.current_thread() is threading.main_thread()
        return agent.process_prompt(str(number)).message

    async def never():
        return await asyncio.Future()

    async def ask_all():
        kind = llm.loop_calls.LoopAnswer
        calls = (
            llm.calls.answered(lambda one=one: ask(one), never, kind)
            for one in range(CALLS)
        )
        return await asyncio.gather(*calls)

    assert asyncio.run(ask_all()) == [str(one) for one in range(CALLS)]
