"""The OpenAI Agents SDK: its default model API, which is responses."""

import asyncio

from agents import (
    Agent,
    ModelSettings,
    Runner,
    function_tool,
    handoff,
    set_default_openai_client,
    set_tracing_disabled,
)
from harness import expect, provider, refused, report, works
from openai import AsyncOpenAI
from pydantic import BaseModel

set_tracing_disabled(True)


class City(BaseModel):
    """A city with its country."""

    name: str
    country: str


asked: list[str] = []


@function_tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    asked.append(city)
    return "Sunny."


def point_at(name: str, wrong: bool = False) -> None:
    there = provider(name)
    key = there.wrong_key if wrong else there.key
    sdk = AsyncOpenAI(api_key=key, base_url=there.base_url, max_retries=0)
    set_default_openai_client(sdk, use_for_tracing=False)


def run(agent: Agent, *turns: str) -> object:
    """Return the last result of a conversation, each turn its own run."""

    async def converse() -> object:
        items = []
        for text in turns:
            items.append({"role": "user", "content": text})
            result = await Runner.run(agent, items)
            items = result.to_input_list()
        return result

    return asyncio.run(converse())


PLACES = [("openai", provider("openai").model)]
PLACES += [
    ("router", model)
    for model in ("openai", "gemini", "requestry", "openrouter", "auto")
]

for name, model in PLACES:
    told = name if name != "router" else f"router, {model}"

    @works(f"{told}: an answer")
    def _(name: str = name, model: str = model) -> None:
        point_at(name)
        done = run(Agent(name="a", model=model), "Hello")
        expect(done.final_output)
        expect(done.context_wrapper.usage.total_tokens)

    @works(f"{told}: a loop with a tool")
    def _(name: str = name, model: str = model) -> None:
        point_at(name)
        asked.clear()
        agent = Agent(
            name="a",
            instructions="Answer with the tool's words.",
            model=model,
            tools=[weather],
            model_settings=ModelSettings(tool_choice="required"),
        )
        done = run(agent, "How is the weather in Rome?")
        expect(len(asked) == 1, str(asked))
        expect("unny" in done.final_output, done.final_output)

    @works(f"{told}: a stream, with a tool")
    def _(name: str = name, model: str = model) -> None:
        async def read() -> tuple[str, list[str]]:
            agent = Agent(
                name="a",
                model=model,
                tools=[weather],
                model_settings=ModelSettings(tool_choice="required"),
            )
            result = Runner.run_streamed(agent, "The weather in Rome?")
            text, items = "", []
            async for event in result.stream_events():
                if event.type == "run_item_stream_event":
                    items.append(event.name)
                elif event.type == "raw_response_event":
                    if event.data.type == "response.output_text.delta":
                        text += event.data.delta
            return text, items

        point_at(name)
        text, items = asyncio.run(read())
        expect("unny" in text, text)
        expect({"tool_called", "tool_output"} <= set(items), str(items))

    @works(f"{told}: typed output")
    def _(name: str = name, model: str = model) -> None:
        point_at(name)
        agent = Agent(name="a", model=model, output_type=City)
        done = run(agent, "The largest city of Italy")
        expect(isinstance(done.final_output, City), repr(done.final_output))

    @works(f"{told}: a second turn")
    def _(name: str = name, model: str = model) -> None:
        point_at(name)
        agent = Agent(
            name="a",
            model=model,
            tools=[weather],
            model_settings=ModelSettings(tool_choice="required"),
        )
        done = run(agent, "The weather in Rome?", "And in Oslo?")
        expect("unny" in done.final_output, done.final_output)

    @works(f"{told}: a handoff")
    def _(name: str = name, model: str = model) -> None:
        point_at(name)
        other = Agent(name="other", model=model)
        agent = Agent(
            name="a",
            model=model,
            handoffs=[handoff(other)],
            model_settings=ModelSettings(tool_choice="required"),
        )
        done = run(agent, "Hand this over")
        expect(done.last_agent.name == "other", done.last_agent.name)
        expect(done.final_output)


for name in ("openai", "router"):

    @works(f"{name}: a wrong key is an error")
    def _(name: str = name) -> None:
        point_at(name, wrong=True)
        agent = Agent(name="a", model=provider(name).model)
        refused(lambda: run(agent, "Hello"))


report()
