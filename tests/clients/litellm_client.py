"""litellm: all four providers by its own way of naming them."""

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


report()
