"""No connection leaves this machine."""

import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from course.checking.loopback import RefusedError
from course.kernel.simulated_settings import REAL_HOSTS

ROOT = Path(__file__).parents[1]


def test_a_test_cannot_look_up_a_host():
    with pytest.raises(RefusedError, match="beyond this machine"):
        socket.getaddrinfo("api.example.com", 443)


def test_a_test_cannot_connect_to_another_address():
    with socket.socket() as door, pytest.raises(RefusedError):
        door.connect(("192.0.2.1", 80))


def test_a_library_sees_a_failed_connection():
    with pytest.raises(OSError, match="beyond this machine"):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)


def test_loopback_stays_open(sandbox):
    address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    socket.create_connection(address, timeout=1).close()


def test_an_agent_that_points_elsewhere_fails_without_a_call(llm):
    agent = llm.openai_agent.OpenAIAgent(
        api_key="sk-test-0123456789",
        base_url="http://api.example.com/v1",
        policy=llm.retry.RetryPolicy(attempts=1),
    )
    assert agent.process_prompt("Hi").error.kind == "connection_failed"


def test_hosts_can_be_refused_by_name():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import socket\n"
            "from course.checking.loopback import refuse_hosts\n"
            "refuse_hosts(['api.example.com'], 'it is simulated')\n"
            "try: socket.getaddrinfo('api.example.com', 443)\n"
            "except OSError as error: print(error)\n",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "api.example.com: it is simulated\n"


def test_no_test_sees_a_key_of_the_environment():
    import os

    assert not [name for name in os.environ if name.endswith("_API_KEY")]


def test_the_real_hosts_are_those_of_the_package(llm):
    package = {
        name: row.base_url.split("/")[2]
        for name, row in llm.settings.PROVIDERS.items()
    }
    assert package == REAL_HOSTS
