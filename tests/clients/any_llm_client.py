"""any-llm, which has a module of its own for each of the four."""

from any_llm import completion, list_models
from harness import expect, provider, refused, report, works

NAMES = {
    "openai": "openai",
    "gemini": "gemini",
    "requestry": "requesty",
    "openrouter": "openrouter",
}


def ask(name: str, wrong: bool = False, **options: object) -> object:
    there = provider(name)
    return completion(
        model=there.model,
        provider=NAMES[name],
        messages=[{"role": "user", "content": "Hello"}],
        api_key=there.wrong_key if wrong else there.key,
        api_base=there.base_url,
        **options,
    )


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
            if chunk.choices
        ]
        expect("".join(pieces))

    @works(f"{name}: the list of models")
    def _(name: str = name) -> None:
        there = provider(name)
        models = list_models(
            NAMES[name], api_key=there.key, api_base=there.base_url
        )
        expect(models)

    @works(f"{name}: a wrong key is an error")
    def _(name: str = name) -> None:
        refused(lambda: ask(name, wrong=True))


report()
