"""instructor: answers as objects, on the chat-completions providers."""

import instructor
import openai
from harness import expect, provider, report, works
from pydantic import BaseModel


class City(BaseModel):
    """A city with its country."""

    name: str
    country: str


for name in ("openai", "requestry", "openrouter"):
    for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA):

        @works(f"{name}: an object by {mode.value}")
        def _(name: str = name, mode: instructor.Mode = mode) -> None:
            there = provider(name)
            sdk = openai.OpenAI(api_key=there.key, base_url=there.base_url)
            answer = instructor.from_openai(sdk, mode=mode).create(
                model=there.model,
                messages=[
                    {"role": "user", "content": "The largest city of Italy"}
                ],
                response_model=City,
                max_retries=0,
            )
            expect(isinstance(answer, City), repr(answer))


report()
