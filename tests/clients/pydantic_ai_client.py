"""pydantic-ai: typed output and tools on all four providers."""

from google import genai
from harness import expect, provider, raises, report, works
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel
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


report()
