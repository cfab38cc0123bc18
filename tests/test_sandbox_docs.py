"""The table of what the sandbox speaks says what the sandbox does."""

import json
import re
from pathlib import Path

import pytest
import requests

from course.kit import Kit
from course.sandbox import Sandbox, fault_table

PAGE = Kit().root / "docs" / "sandbox.md"
ROW = re.compile(r"^\| `(\w+)` \|(.+)\|$", re.MULTILINE)
PROVIDERS = ("openai", "gemini", "requestry", "openrouter")
QUICK = {
    "stall": {"seconds": 0.05},
    "slow_body": {"seconds": 0.05},
    "huge_body": {"megabytes": 1},
}


def rows() -> dict[str, list[str]]:
    text = PAGE.read_text("utf-8")
    return {
        match[1]: [cell.strip() for cell in match[2].split("|")]
        for match in ROW.finditer(text)
    }


def status(sandbox: Sandbox, provider: str) -> str:
    """Return the status of one plain request."""
    file = Path(Kit().data, "models.json")
    model = json.loads(file.read_bytes())["roles"][provider]["default"]
    url = sandbox.base_url(provider)
    turn = {"role": "user", "content": "Hi"}
    body = {"model": model, "messages": [turn]}
    if provider == "gemini":
        url += f"/v1/models/{model}:generateContent"
        body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    else:
        url += "/chat/completions"
    key = {"Authorization": "Bearer k", "x-goog-api-key": "k"}
    try:
        answer = requests.post(url, json=body, headers=key, timeout=30)
    except requests.ConnectionError:
        return "no reply"
    return str(answer.status_code)


def test_every_fault_has_a_row():
    known = {name for each in PROVIDERS for name in fault_table(each)}
    assert set(rows()) == known


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_fault_is_answered_as_the_page_says(provider, sandbox):
    column = PROVIDERS.index(provider)
    answered = {}
    for fault in rows():
        answered[fault] = "–"
        if fault in fault_table(provider):
            options = QUICK.get(fault, {})
            sandbox.fail_next(provider, fault, **options)
            answered[fault] = status(sandbox, provider)
            sandbox.clear()
    said = {
        fault: re.sub(r" [DSCPN]$", "", cells[column])
        for fault, cells in rows().items()
    }
    assert answered == said


def test_every_cell_names_its_ground():
    cell = re.compile(r"–|(\d{3}|no reply) [DSCPN]")
    for fault, cells in rows().items():
        assert all(cell.fullmatch(each) for each in cells), fault
