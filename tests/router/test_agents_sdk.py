"""The OpenAI Agents SDK on the learner's own router, as a lesson shows it."""

import asyncio

import pytest

KEY = "sk-test-0123456789"
PROVIDERS = ("openai", "gemini")


@pytest.fixture
def sdk(serve, sandbox):
    """Give the SDK's own client, pointed at a router of two providers."""
    from openai import AsyncOpenAI

    settings = {f"{name.upper()}_API_KEY": KEY for name in PROVIDERS}
    settings |= {
        f"{name.upper()}_BASE_URL": sandbox.base_url(name)
        for name in PROVIDERS
    }
    settings["LLM_ROUTER_AUTO"] = ",".join(PROVIDERS)
    return AsyncOpenAI(
        api_key="anything", base_url=serve(settings) + "/v1", max_retries=0
    )


@pytest.fixture
def run(sdk):
    """Give the result of an agent with a tool, and what the tool heard."""
    agents = pytest.importorskip("agents")
    agents.set_tracing_disabled(True)
    heard = []

    @agents.function_tool
    def weather(city: str) -> str:
        """Tell the weather of a city."""
        heard.append(city)
        return "Sunny."

    def start(model):
        agent = agents.Agent(
            name="forecaster",
            model=agents.OpenAIResponsesModel(model, sdk),
            tools=[weather],
            model_settings=agents.ModelSettings(tool_choice="required"),
        )

        async def ask():
            async with sdk:
                return await agents.Runner.run(agent, "Weather in Rome?")

        return asyncio.run(ask()), heard

    return start


def test_an_agent_loops_until_its_tool_has_answered(run):
    result, heard = run("gemini")
    assert heard == ["Rome"]
    assert "unny" in result.final_output
    assert result.context_wrapper.usage.requests == 2


def test_an_agent_does_not_notice_that_a_provider_fails(run, sandbox):
    sandbox.fail_next("openai", "overloaded", times=9)
    result, heard = run("auto")
    assert heard == ["Rome"]
    assert "unny" in result.final_output
    asked = [request.provider for request in sandbox.requests]
    assert asked == ["openai", "gemini"] * 2
