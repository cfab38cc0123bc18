"""langchain's chat models of all four providers."""

from harness import expect, provider, refused, report, works
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI
from langchain_openrouter import ChatOpenRouter
from pydantic import BaseModel


class City(BaseModel):
    """A city with its country."""

    name: str
    country: str


def model(name: str, wrong: bool = False) -> object:
    there = provider(name)
    key = there.wrong_key if wrong else there.key
    if name == "gemini":
        return ChatGoogleGenerativeAI(
            model=there.model,
            google_api_key=key,
            base_url=there.base_url,
            max_retries=1,
        )
    kind = ChatOpenRouter if name == "openrouter" else ChatOpenAI
    return kind(
        model=there.model,
        api_key=key,
        base_url=there.base_url,
        max_retries=0,
    )


for name in ("openai", "gemini", "requestry", "openrouter"):

    @works(f"{name}: an answer")
    def _(name: str = name) -> None:
        answer = model(name).invoke("Hello")
        expect(answer.content)
        expect(answer.usage_metadata["total_tokens"])

    @works(f"{name}: a stream")
    def _(name: str = name) -> None:
        expect([piece for piece in model(name).stream("Hello")])

    @works(f"{name}: typed output")
    def _(name: str = name) -> None:
        typed = model(name).with_structured_output(City)
        answer = typed.invoke("The largest city of Italy")
        expect(isinstance(answer, City), repr(answer))

    @works(f"{name}: a wrong key is an error")
    def _(name: str = name) -> None:
        refused(lambda: model(name, wrong=True).invoke("Hello"))


report()
