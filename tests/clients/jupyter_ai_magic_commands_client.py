"""jupyter-ai's magics of version 3, `%%ai`, in a real IPython kernel."""

import os

from harness import expect, provider, report, works
from kernel import started

THERE = provider("router")
MODELS = ("openai", "gemini", "requestry", "openrouter", "auto")
# Its own option for the name of another variable has no effect as yet.
os.environ["OPENAI_API_KEY"] = THERE.key
WHERE = f"--api-base {THERE.base_url}"

with started() as kernel:

    @works("the magics load")
    def _() -> None:
        kernel.told("%load_ext jupyter_ai_magic_commands")

    for model in MODELS:

        @works(f"router, {model}: %%ai by an alias for it")
        def _(model: str = model) -> None:
            # Only an alias lets a model be asked that litellm does not list.
            kernel.told(f"%ai alias my-{model} openai/{model} {WHERE}")
            said = kernel.told(f"%%ai my-{model} -f text\nSay hello.")
            expect("ello" in said, f"it said {said!r}")

    @works("router: a wrong key is told")
    def _() -> None:
        kernel.told(f"%env OPENAI_API_KEY={THERE.wrong_key}")
        try:
            said = kernel.told("%%ai my-auto -f text\nSay hello.")
        except AssertionError as error:
            said = str(error)
        expect("Incorrect API key" in said, f"it said {said!r}")

    report()
