"""pydantic-ai: typed output on all four providers; the router, by both ways.

Its responses model is asked for a tool's result, too.
"""

from google import genai
from harness import expect, provider, raises, report, works
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openrouter import OpenRouterProvider


class City(BaseModel):
    """A city with its country."""

    name: str
    country: str


def model(name: str, key: str | None = None) -> object:
    there = provider(name)
    key = key or there.key
    if name == "gemini":
        client = genai.Client(
            api_key=key, http_options={"base_url": there.base_url}
        )
        return GoogleModel(there.model, provider=GoogleProvider(client=client))
    if name == "openrouter":
        sdk = OpenAIProvider(base_url=there.base_url, api_key=key).client
        found = OpenRouterProvider(openai_client=sdk)
        return OpenRouterModel(there.model, provider=found)
    found = OpenAIProvider(base_url=there.base_url, api_key=key)
    return OpenAIChatModel(there.model, provider=found)


for name in ("openai", "gemini", "requestry", "openrouter"):

    @works(f"{name}: an answer")
    def _(name: str = name) -> None:
        done = Agent(model(name)).run_sync("Hello")
        expect(done.output)

    @works(f"{name}: a stream")
    def _(name: str = name) -> None:
        with Agent(model(name)).run_stream_sync("Hello") as stream:
            pieces = list(stream.stream_text(delta=True))
        expect("".join(pieces))

    @works(f"{name}: typed output")
    def _(name: str = name) -> None:
        agent = Agent(model(name), output_type=City)
        done = agent.run_sync("The largest city of Italy")
        expect(isinstance(done.output, City), repr(done.output))

    @works(f"{name}: a wrong key is its ModelHTTPError")
    def _(name: str = name) -> None:
        agent = Agent(model(name, provider(name).wrong_key))
        raises(ModelHTTPError, lambda: agent.run_sync("Hello"))


PLACES = [("openai", provider("openai").model, OpenAIResponsesModel)]
for way in (OpenAIResponsesModel, OpenAIChatModel):
    PLACES += [
        ("router", model_name, way)
        for model_name in (
            *("openai", "gemini", "requestry", "openrouter", "auto"),
        )
    ]


def asked(place: tuple[str, str, type]) -> object:
    name, model_name, way = place
    there = provider(name)
    found = OpenAIProvider(base_url=there.base_url, api_key=there.key)
    return way(model_name, provider=found)


for place in PLACES:
    told = f"{place[0]}, {place[1]}, {place[2].__name__}"

    @works(f"{told}: a stream")
    def _(place: tuple[str, str, type] = place) -> None:
        with Agent(asked(place)).run_stream_sync("What is JSON?") as stream:
            pieces = list(stream.stream_text(delta=True, debounce_by=None))
        expect(len(pieces) > 1, str(pieces))

    @works(f"{told}: typed output, by a tool")
    def _(place: tuple[str, str, type] = place) -> None:
        agent = Agent(asked(place), output_type=City)
        done = agent.run_sync("The largest city of Italy")
        expect(isinstance(done.output, City), repr(done.output))
        expect(done.usage.total_tokens)

    @works(f"{told}: a tool's result in a second turn")
    def _(place: tuple[str, str, type] = place) -> None:
        agent = Agent(asked(place), output_type=City)
        first = agent.run_sync("The largest city of Italy")
        second = agent.run_sync(
            "And of Spain?", message_history=first.all_messages()
        )
        expect(isinstance(second.output, City), repr(second.output))


report()
