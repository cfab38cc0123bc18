"""Which agent speaks to which provider."""

import subprocess
import sys

import pytest

KEY = "sk-test-0123456789"
CLASSES = {
    "openai": "OpenAIAgent",
    "gemini": "GeminiAgent",
    "requestry": "RequestryAgent",
    "openrouter": "OpenRouterAgent",
}


@pytest.mark.parametrize("name", CLASSES)
def test_every_provider_has_an_agent(llm, name):
    found = llm.agents.agent_class(name)
    assert found.__name__ == CLASSES[name]
    assert found.provider == name


def test_every_provider_of_the_settings_is_there(llm):
    assert set(llm.settings.PROVIDERS) == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_an_agent_is_made_with_its_options(llm, sandbox, name):
    agent = llm.agents.agent_for(
        name, api_key=KEY, base_url=sandbox.base_url(name), timeout=5.0
    )
    assert agent.timeout == 5.0
    response = agent.process_prompt("Hello")
    assert (response.status, response.provider) == ("success", name)


def test_another_name_is_answered_with_those_there_are(llm):
    with pytest.raises(ValueError, match=r"nobody.*openai, gemini"):
        llm.agents.agent_for("nobody")


def test_only_the_module_that_is_asked_for_is_loaded():
    code = (
        "import sys\n"
        "from llm_providers import agent_for\n"
        "agent_for('requestry', api_key='x', base_url='http://127.0.0.1')\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = done.stdout.split()
    assert "llm_providers.requestry_agent" in loaded
    for name in ("openai_agent", "gemini_agent", "openrouter_agent"):
        assert f"llm_providers.{name}" not in loaded
    for sdk in ("openai", "requests", "google.genai"):
        assert sdk not in loaded
