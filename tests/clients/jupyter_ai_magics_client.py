"""jupyter-ai's magics of version 2, `%%ai`, in a real IPython kernel."""

import json
import os

from harness import expect, provider, report, works
from kernel import started

THERE = provider("router")
MODELS = ("openai", "gemini", "requestry", "openrouter", "auto")
os.environ["OPENAI_API_KEY"] = THERE.key

with started() as kernel:

    @works("the magics load")
    def _() -> None:
        kernel.told("%load_ext jupyter_ai_magics")

    for model in MODELS:

        @works(f"router, {model}: %%ai with the router's base URL")
        def _(model: str = model) -> None:
            # The magic splits its line at every space, and knows no quotes.
            more = f"{json.dumps({'openai_api_base': THERE.base_url})}"
            said = kernel.told(
                f"%%ai openai-chat-custom:{model} -f text"
                f" -m {more.replace(' ', '')}\nSay hello.",
            )
            expect("ello" in said, said)

    @works("with OPENAI_BASE_URL")
    def _() -> None:
        kernel.told(f"%env OPENAI_BASE_URL={THERE.base_url}")
        said = kernel.told("%%ai openai-chat-custom:auto -f text\nSay hello.")
        expect("ello" in said, said)

    @works("router: a wrong key is told")
    def _() -> None:
        kernel.told(f"%env OPENAI_API_KEY={THERE.wrong_key}")
        try:
            said = kernel.told(
                "%%ai openai-chat-custom:auto -f text\nSay hello."
            )
        except AssertionError as error:
            said = str(error)
        expect("Incorrect API key" in said, said)

    report()
