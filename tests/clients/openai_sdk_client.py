"""The official openai SDK: responses, of the sandbox and of the router."""

import json

import openai
from harness import expect, provider, raises, report, works
from pydantic import BaseModel

TOOL = {
    "type": "function",
    "name": "weather",
    "description": "Tell the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class City(BaseModel):
    """A city with its country."""

    name: str
    country: str


def client(name: str, wrong: bool = False) -> openai.OpenAI:
    there = provider(name)
    key = there.wrong_key if wrong else there.key
    return openai.OpenAI(api_key=key, base_url=there.base_url, max_retries=0)


PLACES = [(name, provider(name).model) for name in ("openai", "requestry")]
PLACES += [
    ("router", model)
    for model in ("openai", "gemini", "requestry", "openrouter", "auto")
]

for name, model in PLACES:
    told = name if name != "router" else f"router, {model}"

    @works(f"{told}: responses.create")
    def _(name: str = name, model: str = model) -> None:
        answer = client(name).responses.create(model=model, input="Hello")
        expect(answer.output_text)
        expect(answer.usage.total_tokens)
        expect(answer.status == "completed", answer.status)

    @works(f"{told}: a stream of events")
    def _(name: str = name, model: str = model) -> None:
        stream = client(name).responses.create(
            model=model, input="What is JSON?", stream=True
        )
        events = list(stream)
        numbers = [event.sequence_number for event in events]
        expect(numbers == list(range(len(events))), str(numbers))
        expect(events[-1].type == "response.completed", events[-1].type)

    @works(f"{told}: responses.stream, and a tool's result")
    def _(name: str = name, model: str = model) -> None:
        sdk = client(name)
        question = {"role": "user", "content": "The weather in Rome?"}
        with sdk.responses.stream(
            model=model,
            input=[question],
            tools=[TOOL],
            tool_choice="required",
        ) as stream:
            answer = stream.get_final_response()
        [call] = [one for one in answer.output if one.type == "function_call"]
        expect("city" in json.loads(call.arguments), call.arguments)
        items = [
            one.model_dump(exclude_unset=True, exclude={"parsed_arguments"})
            for one in answer.output
        ]
        result = {
            "type": "function_call_output",
            "call_id": call.call_id,
            "output": "Sunny.",
        }
        last = sdk.responses.create(
            model=model, input=[question, *items, result], tools=[TOOL]
        )
        expect("unny" in last.output_text, last.output_text)

    @works(f"{told}: responses.parse")
    def _(name: str = name, model: str = model) -> None:
        answer = client(name).responses.parse(
            model=model, input="The largest city of Italy", text_format=City
        )
        expect(isinstance(answer.output_parsed, City), repr(answer))


for name in ("openai", "router"):

    @works(f"{name}: a wrong key is its AuthenticationError")
    def _(name: str = name) -> None:
        model = provider(name).model
        raises(
            openai.AuthenticationError,
            lambda: client(name, wrong=True).responses.create(
                model=model, input="Hello"
            ),
        )


@works("router: the list of models, and a chat completion from it")
def _() -> None:
    sdk = client("router")
    names = [row.id for row in sdk.models.list()]
    expect("auto" in names, str(names))
    answer = sdk.chat.completions.create(
        model=names[-1], messages=[{"role": "user", "content": "Hello"}]
    )
    expect(answer.choices[0].message.content)


report()
