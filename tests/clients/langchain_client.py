"""langchain's chat models of all four providers, and of the router."""

from harness import expect, provider, refused, report, works
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
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


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return "Sunny."


def openai_model(name: str, model: str, responses: bool) -> ChatOpenAI:
    there = provider(name)
    return ChatOpenAI(
        model=model,
        api_key=there.key,
        base_url=there.base_url,
        max_retries=0,
        use_responses_api=responses,
    )


PLACES = [("openai", provider("openai").model, True)]
for responses in (True, False):
    PLACES += [
        ("router", model, responses)
        for model in ("openai", "gemini", "requestry", "openrouter", "auto")
    ]

for name, model_name, responses in PLACES:
    path = "responses" if responses else "chat completions"
    told = f"{name}, {model_name}, {path}" if name == "router" else name
    place = (name, model_name, responses)

    @works(f"{told}: an answer by {path}")
    def _(place: tuple[str, str, bool] = place) -> None:
        answer = openai_model(*place).invoke("Hello")
        expect(answer.text)
        expect(answer.usage_metadata["total_tokens"])

    @works(f"{told}: a stream by {path}")
    def _(place: tuple[str, str, bool] = place) -> None:
        pieces = list(openai_model(*place).stream("What is JSON?"))
        expect(len([piece.text for piece in pieces if piece.text]) > 1)

    @works(f"{told}: typed output by {path}")
    def _(place: tuple[str, str, bool] = place) -> None:
        typed = openai_model(*place).with_structured_output(City)
        answer = typed.invoke("The largest city of Italy")
        expect(isinstance(answer, City), repr(answer))

    @works(f"{told}: a tool and its result by {path}")
    def _(place: tuple[str, str, bool] = place) -> None:
        chat = openai_model(*place)
        forced = chat.bind_tools([weather], tool_choice="required")
        turns: list[object] = [HumanMessage("The weather in Rome?")]
        turns.append(forced.invoke(turns))
        [call] = turns[-1].tool_calls
        turns.append(weather.invoke(call))
        answer = chat.bind_tools([weather]).invoke(turns)
        expect("unny" in answer.text, answer.text)


@works("router: a wrong key is an error")
def _() -> None:
    there = provider("router")
    wrong = ChatOpenAI(
        model=there.model,
        api_key=there.wrong_key,
        base_url=there.base_url,
        max_retries=0,
        use_responses_api=True,
    )
    refused(lambda: wrong.invoke("Hello"))


report()
