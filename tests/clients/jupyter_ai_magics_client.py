"""jupyter-ai's magics, `%%ai`, in a real IPython kernel."""

import json
import os

from harness import expect, provider, report, works
from jupyter_client.manager import start_new_kernel

THERE = provider("router")
MODELS = ("openai", "gemini", "requestry", "openrouter", "auto")


def told(kernel: object, code: str) -> str:
    """Return what a cell shows; raise what it raises."""
    shown: list[str] = []

    def hear(message: dict) -> None:
        content = message["content"]
        if message["msg_type"] == "stream" and content["name"] == "stdout":
            shown.append(content["text"])
        elif message["msg_type"] in ("display_data", "execute_result"):
            shown.append(str(content["data"]))
        elif message["msg_type"] == "error":
            raise AssertionError("\n".join(content["traceback"])[-500:])

    kernel.execute_interactive(code, output_hook=hear, timeout=60)
    return "".join(shown)


os.environ["OPENAI_API_KEY"] = THERE.key
manager, kernel = start_new_kernel(kernel_name="python3")


@works("the magics load")
def _() -> None:
    told(kernel, "%load_ext jupyter_ai_magics")


for model in MODELS:

    @works(f"router, {model}: %%ai with the router's base URL")
    def _(model: str = model) -> None:
        # The magic splits its line at every space, and knows no quotes.
        more = json.dumps({"openai_api_base": THERE.base_url}).replace(" ", "")
        said = told(
            kernel,
            f"%%ai openai-chat-custom:{model} -f text"
            f" -m {more}\nSay hello.",
        )
        expect("ello" in said, said)

    @works(f"router, {model}: %%ai with OPENAI_BASE_URL")
    def _(model: str = model) -> None:
        told(kernel, f"%env OPENAI_BASE_URL={THERE.base_url}")
        said = told(
            kernel,
            f"%%ai openai-chat-custom:{model} -f text\nSay hello.",
        )
        expect("ello" in said, said)


@works("router: a wrong key is told")
def _() -> None:
    told(kernel, f"%env OPENAI_API_KEY={THERE.wrong_key}")
    try:
        said = told(kernel, "%%ai openai-chat-custom:auto -f text\nSay hello.")
    except AssertionError as error:
        said = str(error)
    expect("Incorrect API key" in said or "401" in said, said)


try:
    report()
finally:
    kernel.stop_channels()
    manager.shutdown_kernel(now=True)
