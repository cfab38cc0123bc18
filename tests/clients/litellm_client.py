"""litellm: all four providers by its own way of naming them; the router."""

import litellm
from harness import expect, provider, raises, refused, report, works

litellm.suppress_debug_info = True

# Requesty is a provider of an OpenAI-compatible kind to litellm.
NAMES = {
    "openai": "openai",
    "gemini": "gemini",
    "openrouter": "openrouter",
    "requestry": "openai",
}


def ask(name: str, wrong: bool = False, **options: object) -> object:
    there = provider(name)
    base_url = there.base_url
    if name == "gemini":
        base_url += "/v1beta"
    return litellm.completion(
        model=f"{NAMES[name]}/{there.model}",
        messages=[{"role": "user", "content": "Hello"}],
        api_base=base_url,
        api_key=there.wrong_key if wrong else there.key,
        num_retries=0,
        **options,
    )


TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}

for name in NAMES:

    @works(f"{name}: an answer")
    def _(name: str = name) -> None:
        answer = ask(name)
        expect(answer.choices[0].message.content)
        expect(answer.usage.total_tokens)

    @works(f"{name}: a stream")
    def _(name: str = name) -> None:
        pieces = [
            chunk.choices[0].delta.content or ""
            for chunk in ask(name, stream=True)
        ]
        expect("".join(pieces))

    @works(f"{name}: a tool call")
    def _(name: str = name) -> None:
        answer = ask(name, tools=[TOOL], tool_choice="required")
        expect(answer.choices[0].message.tool_calls)


for name in ("openai", "gemini", "openrouter"):

    @works(f"{name}: a wrong key is its AuthenticationError")
    def _(name: str = name) -> None:
        raises(
            litellm.exceptions.AuthenticationError,
            lambda: ask(name, wrong=True),
        )


@works("requestry: a wrong key is an error")
def _() -> None:
    refused(lambda: ask("requestry", wrong=True))


FLAT_TOOL = {"type": "function", **TOOL["function"]}


def of_router(call: object, model: str, **options: object) -> object:
    there = provider("router")
    return call(
        model=f"openai/{model}",
        api_base=there.base_url,
        api_key=options.pop("key", there.key),
        num_retries=0,
        **options,
    )


MESSAGES = [{"role": "user", "content": "Hello"}]

for model in ("openai", "gemini", "requestry", "openrouter", "auto"):

    @works(f"router, {model}: an answer")
    def _(model: str = model) -> None:
        answer = of_router(litellm.completion, model, messages=MESSAGES)
        expect(answer.choices[0].message.content)
        expect(answer.usage.total_tokens)

    @works(f"router, {model}: a stream")
    def _(model: str = model) -> None:
        chunks = of_router(
            litellm.completion, model, messages=MESSAGES, stream=True
        )
        pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
        expect("".join(pieces))

    @works(f"router, {model}: a tool call")
    def _(model: str = model) -> None:
        answer = of_router(
            litellm.completion,
            model,
            messages=MESSAGES,
            tools=[TOOL],
            tool_choice="required",
        )
        expect(answer.choices[0].message.tool_calls)

    @works(f"router, {model}: a response")
    def _(model: str = model) -> None:
        answer = of_router(litellm.responses, model, input="Hello")
        expect(answer.output[0].content[0].text)
        expect(answer.usage.total_tokens)

    @works(f"router, {model}: a response as events")
    def _(model: str = model) -> None:
        events = list(
            of_router(litellm.responses, model, input="Hello", stream=True)
        )
        types = [str(getattr(one.type, "value", one.type)) for one in events]
        expect(types[-1] == "response.completed", str(types))
        expect("response.output_text.delta" in types, str(types))

    @works(f"router, {model}: a response that calls a tool")
    def _(model: str = model) -> None:
        answer = of_router(
            litellm.responses,
            model,
            input="The weather in Rome?",
            tools=[FLAT_TOOL],
            tool_choice="required",
        )
        expect([one for one in answer.output if one.type == "function_call"])


@works("router: a wrong key is its AuthenticationError")
def _() -> None:
    raises(
        litellm.exceptions.AuthenticationError,
        lambda: of_router(
            litellm.completion,
            "openai",
            messages=MESSAGES,
            key=provider("router").wrong_key,
        ),
    )


report()
