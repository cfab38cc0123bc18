"""Other libraries against the sandbox: how their scripts are run."""

import re
import sys
from pathlib import Path

import pytest
import requests

from course.sandbox import Sandbox
from course.upkeep.clients import SCRIPTS, router_at, run_script, where_to_ask


@pytest.fixture
def script(tmp_path: Path, sandbox: Sandbox):
    def run(body: str) -> list[tuple[str, str]]:
        file = tmp_path / "some_client.py"
        start = f"import sys\nsys.path.insert(0, {str(SCRIPTS)!r})\n"
        file.write_text(start + body)
        return list(run_script([sys.executable, str(file)], sandbox))

    return run


BODY = """
from harness import expect, provider, report, works
import urllib.request, json

@works("the list of models")
def _():
    there = provider("openai")
    request = urllib.request.Request(
        there.base_url + "/models",
        headers={"Authorization": f"Bearer {there.key}"},
    )
    rows = json.load(urllib.request.urlopen(request))["data"]
    expect(there.model in [row["id"] for row in rows])

@works("what never works")
def _():
    expect(False, "not today")

report()
"""


def test_a_script_tells_what_works_and_why_something_does_not(script):
    assert script(BODY) == [
        ("the list of models", ""),
        ("what never works", "AssertionError: not today"),
    ]


def test_a_script_that_does_not_start_is_a_failure(script):
    [(what, why)] = script("import no_such_library")
    assert (what, "no_such_library" in why) == ("the script", True)


def test_no_key_of_this_machine_reaches_a_script(script, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-real-one-0123456789")
    body = (
        "import os, json\n"
        "print(json.dumps({'what': os.environ.get('OPENAI_API_KEY'),"
        " 'why': ''}))"
    )
    assert script(body) == [(None, "")]


def test_every_client_has_a_script_and_exact_versions():
    for listed in SCRIPTS.glob("*.txt"):
        assert (SCRIPTS / f"{listed.stem}_client.py").is_file()
        lines = listed.read_text("utf-8").splitlines()
        packages = [line for line in lines if not line.startswith("#")]
        assert packages
        assert all("==" in line for line in packages)


def test_the_page_of_clients_names_each_with_its_version():
    page = (SCRIPTS.parent.parent / "docs" / "router_clients.md").read_text()
    rows = [line.split("|") for line in page.splitlines() if "| " in line]
    listed = [(row[1].split()[0], row[2].strip()) for row in rows]
    locked = "".join(path.read_text() for path in SCRIPTS.glob("*.txt"))
    versions = [row for row in listed if re.fullmatch(r"[\d.]+", row[1])]
    assert len(versions) == 9
    for name, version in versions:
        pinned = re.search(rf"^{name}(\[.*\])?==(.*)$", locked, re.M)
        assert pinned and pinned[2] == version, name


def test_the_router_is_told_beside_the_providers(sandbox):
    with router_at(sandbox) as url:
        there = where_to_ask(sandbox, url)
        assert there["router"]["base_url"] == f"{url}/v1"
        key = {"Authorization": f"Bearer {there['router']['key']}"}
        answer = requests.get(f"{url}/v1/models", headers=key, timeout=5)
    assert set(there) == {*sandbox.providers, "router"}
    assert answer.json()["data"][0]["id"] == "auto"


def test_every_provider_of_the_sandbox_is_told(sandbox):
    assert set(where_to_ask(sandbox)) == set(sandbox.providers)
