"""instructor: answers as objects, by chat completions and by responses."""

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


WAYS = (
    instructor.Mode.TOOLS,
    instructor.Mode.JSON_SCHEMA,
    instructor.Mode.RESPONSES_TOOLS,
)
PLACES = [("openai", provider("openai").model, WAYS[2])]
for model in ("openai", "gemini", "requestry", "openrouter", "auto"):
    PLACES += [("router", model, way) for way in WAYS]

for place in PLACES:

    @works(f"{place[0]}, {place[1]}: an object by {place[2].value}")
    def _(place: tuple[str, str, instructor.Mode] = place) -> None:
        name, model, way = place
        there = provider(name)
        sdk = openai.OpenAI(api_key=there.key, base_url=there.base_url)
        answer = instructor.from_openai(sdk, mode=way).create(
            model=model,
            messages=[{"role": "user", "content": "A city in Italy"}],
            response_model=City,
            max_retries=0,
        )
        expect(isinstance(answer, City), repr(answer))


report()
