"""`python3 -m course providers`: all four at a glance, and no key."""

import json

import pytest

from course.kit import Kit
from course.problems import ExitCode
from course.setup import providers

KEY = "sk-test-0123456789"
NAMES = ("openai", "gemini", "requestry", "openrouter")


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Write the `.env` of a copy of the course."""
    monkeypatch.setattr(providers, "Kit", lambda: Kit(tmp_path))

    def write(**values):
        lines = [f"{name}={value}\n" for name, value in values.items()]
        (tmp_path / ".env").write_text("".join(lines), encoding="utf-8")

    return write


def simulated(sandbox, *names):
    """Return the settings that point these providers at the sandbox."""
    keys = {f"{name.upper()}_API_KEY": KEY for name in names}
    urls = {f"{n.upper()}_BASE_URL": sandbox.base_url(n) for n in names}
    return keys | urls


def test_all_four_are_well_at_the_sandbox(clone, sandbox, capsys):
    clone(**simulated(sandbox, *NAMES))
    assert providers.main([]) == ExitCode.DONE
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert [line.split()[0] for line in lines] == ["provider", *NAMES]
    for line in lines[1:]:
        assert line.split()[1:4] == ["present", "sandbox", "yes"]
    assert KEY[-6:] not in shown


def test_a_missing_key_is_no_failure_of_the_others(clone, sandbox, capsys):
    clone(**simulated(sandbox, "openai"))
    assert providers.main([]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "GEMINI_API_KEY" in shown
    assert {r.provider for r in sandbox.requests} == {"openai"}


def test_a_provider_that_is_silent_is_a_failure(clone, capsys):
    clone(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://127.0.0.1:9/openai/v1")
    assert providers.main([]) == ExitCode.FAILED
    assert "course sandbox" in capsys.readouterr().out


def test_without_any_key_it_fails(clone):
    clone()
    assert providers.main([]) == ExitCode.FAILED


def test_the_environment_goes_before_the_file(clone, sandbox, monkeypatch):
    clone(**simulated(sandbox, "openai"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other-0123456789")
    providers.main([])
    assert sandbox.requests[0].key == "sk-other-0123456789"


def test_json_holds_the_same(clone, sandbox, capsys):
    clone(**simulated(sandbox, *NAMES))
    assert providers.main(["--json"]) == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)
    assert [row["provider"] for row in rows] == list(NAMES)
    assert {row["mode"] for row in rows} == {"sandbox"}
