"""OpenRouter's own SDK, which checks every field of an answer."""

from harness import expect, provider, raises, report, works
from openrouter import OpenRouter, errors

THERE = provider("openrouter")


def client(key: str = THERE.key) -> OpenRouter:
    return OpenRouter(api_key=key, server_url=THERE.base_url)


def messages(text: str = "Hello") -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@works("an answer")
def _() -> None:
    with client() as sdk:
        answer = sdk.chat.send(model=THERE.model, messages=messages())
        expect(answer.choices[0].message.content)
        expect(answer.usage.total_tokens)


@works("a stream")
def _() -> None:
    with client() as sdk:
        events = sdk.chat.send(
            model=THERE.model, messages=messages(), stream=True
        )
        with events as stream:
            chunks = list(stream)
    text = "".join(
        chunk.choices[0].delta.content or ""
        for chunk in chunks
        if chunk.choices
    )
    expect(text)


@works("the list of models")
def _() -> None:
    with client() as sdk:
        expect(sdk.models.list().result.data)


@works("credits")
def _() -> None:
    with client() as sdk:
        expect(sdk.credits.get_credits().data is not None)


@works("the key's own limits")
def _() -> None:
    with client() as sdk:
        expect(sdk.api_keys.get_current_key_metadata().data is not None)


@works("a generation by its id")
def _() -> None:
    with client() as sdk:
        answer = sdk.chat.send(model=THERE.model, messages=messages())
        found = sdk.generations.get_generation(id=answer.id)
        expect(found.data.id == answer.id, "another generation came back")


@works("a wrong key is its UnauthorizedResponseError")
def _() -> None:
    with client(THERE.wrong_key) as sdk:
        raises(
            errors.UnauthorizedResponseError,
            lambda: sdk.chat.send(model=THERE.model, messages=messages()),
        )


report()
