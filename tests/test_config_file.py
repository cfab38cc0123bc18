"""A configuration in TOML: everything in one file, nothing misspelt."""

import pytest

KEY = "alice-key-0123456789"
WHOLE = f"""
[router]
auto = ["gemini", "openai"]
deadline = 60
budget = 1.5

[[keys]]
name = "alice"
key = "{KEY}"
budget = 2.5

[[keys]]
name = "bob"
key = "bob-key-0123456789"

[providers.openai]
api_key = "sk-test-0123456789"
base_url = "http://127.0.0.1:1/v1"
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "router.toml"
        path.write_text(text)
        return path

    return write


def test_one_file_holds_router_keys_and_providers(llm, file):
    path = file(WHOLE)
    found = llm.router.settings.load_router_settings({}, path)
    assert found.deadline_seconds == 60
    assert [one.partition("/")[0] for one in found.auto] == [
        "gemini",
        "openai",
    ]
    budgets = {one.name: one.budget_usd for one in found.keys}
    assert budgets == {"alice": 2.5, "bob": 1.5}
    openai = llm.settings.load_settings({}, path)["openai"]
    assert openai.api_key.reveal() == "sk-test-0123456789"
    assert openai.base_url == "http://127.0.0.1:1/v1"


def test_the_environment_goes_before_the_file(llm, file):
    environ = {"LLM_ROUTER_DEADLINE": "7"}
    found = llm.router.settings.load_router_settings(environ, file(WHOLE))
    assert found.deadline_seconds == 7


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[router", "router.toml"),
        ("[rooter]", "rooter"),
        ("[router]\nbugdet = 1", "LLM_ROUTER_BUGDET"),
        ("[router]\nauto = [1]", "router.auto"),
        ("[router]\ndeadline = true", "router.deadline"),
        ("router = 1", "router"),
        ("[providers.nobody]", "nobody"),
        ("[providers.openai]\nkey = 'x'", "providers.openai"),
        ("[providers]\nopenai = 'x'", "providers.openai"),
        ("keys = 1", "keys"),
        ("[[keys]]\nname = 'alice'", "keys"),
        (f"[[keys]]\nname = 'a,b'\nkey = '{KEY}'", "comma"),
        (f"[[keys]]\nname = 'a'\nkey = '{KEY}'\nlimit = 1", "limit"),
        (f"[[keys]]\nname = 'a'\nkey = '{KEY}'\nbudget = -1", "budget"),
    ],
)
def test_what_has_no_meaning_is_named_and_no_key_shown(
    llm, file, text, named
):
    with pytest.raises(ValueError, match=named) as error:
        llm.router.settings.load_router_settings({}, file(text))
    assert KEY not in str(error.value)
