"""What a fresh process pays: for the import, and until its first reply.

Each sample is a process of its own; the subjects take turns.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.peers import peer_python
from benchmarks.rows import BenchmarkError, Report, Row
from benchmarks.samples import in_turn, paired_differences
from benchmarks.surroundings import (
    API_KEY,
    ROOT,
    clean_environ,
    model_of,
    upstream,
)

__all__ = ["run"]

PACKAGE_TARGET = 50.0  # ms over bare Python
FIRST_REPLY_TARGET = 150.0  # ms over the bare SDK
IMPORT_ROUNDS = 9
REPLY_ROUNDS = 7
SLOW = {"litellm", "openai_of_litellm", "python_of_litellm"}
PROMPT = "Say hello."

SDKS = (
    "fastapi",
    "google.genai",
    "google.generativeai",
    "httpx2",
    "openai",
    "pydantic",
    "requests",
)
COUNT_SDKS = f"""
import llm_providers, sys
print(sum(name in sys.modules for name in {SDKS!r}))
"""

FIRST_REPLY = {
    "ours": """
import sys
from llm_providers import OpenAIAgent
response = OpenAIAgent(model=sys.argv[1]).process_prompt(sys.argv[2])
print(response.status == "success" and response.message)
""",
    "openai": """
import sys
import openai
answer = openai.OpenAI().chat.completions.create(
    model=sys.argv[1], messages=[{"role": "user", "content": sys.argv[2]}]
)
print(answer.choices[0].message.content)
""",
    "litellm": """
import sys
import litellm
answer = litellm.completion(
    model="openai/" + sys.argv[1],
    messages=[{"role": "user", "content": sys.argv[2]}],
)
print(answer.choices[0].message.content)
""",
}


class Fresh:
    """Starts a process of an environment's Python, and times it."""

    def __init__(self, python: Path | str, environ: dict[str, str]) -> None:
        self.python = str(python)
        self.environ = environ

    def run(self, code: str, *arguments: str) -> tuple[float, str]:
        """Return the milliseconds from start to end, and what it printed.

        Raises BenchmarkError where the program fails. It runs in an empty
        folder, where it finds no `.env` to read.
        """
        command = [self.python, "-P", "-c", code, *arguments]
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            done = subprocess.run(
                command,
                env=self.environ,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=60,
            )
            taken = time.perf_counter() - started
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            raise BenchmarkError(f"A measured program failed: {last}")
        return taken * 1_000, done.stdout.strip()

    def import_time(self, code: str) -> float:
        """Return the milliseconds of a whole process that runs `code`."""
        return self.run(code)[0]

    def first_reply(self, subject: str, model: str) -> float:
        """Return the milliseconds of a process that gets one reply."""
        taken, said = self.run(FIRST_REPLY[subject], model, PROMPT)
        if not said or said in ("False", "None"):
            raise BenchmarkError(f"{subject} got no reply.")
        return taken


def run() -> Report:
    """Measure imports and first replies, ours and the peers'."""
    notes: list[str] = []
    with ExitStack() as stack:
        url = stack.enter_context(upstream())["openai"]
        variables = {"OPENAI_API_KEY": API_KEY, "OPENAI_BASE_URL": url}
        environ = clean_environ(ROOT, **variables)
        here = Fresh(sys.executable, environ)
        there = None
        try:
            python = peer_python("litellm")
        except BenchmarkError as error:
            notes.append(str(error))
        else:
            # Otherwise its import fetches a table of prices.
            variables["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
            there = Fresh(python, clean_environ(None, **variables))
        rows = (*import_rows(here, there), *reply_rows(here, there))
    return Report(rows, tuple(notes))


def import_rows(here: Fresh, there: Fresh | None) -> list[Row]:
    """Return what imports cost over an interpreter that imports nothing."""
    subjects = {
        "python": partial(here.import_time, "pass"),
        "ours": partial(here.import_time, "import llm_providers"),
        "openai": partial(here.import_time, "import openai"),
    }
    if there:
        subjects["python_of_litellm"] = partial(there.import_time, "pass")
        subjects["litellm"] = partial(there.import_time, "import litellm")
    # The first start writes compiled files and fills the system's cache.
    in_turn(subjects, 1)
    taken = in_turn(subjects, IMPORT_ROUNDS, slow=SLOW)
    loaded = int(here.run(COUNT_SDKS)[1])
    rows = [
        over(
            "import/ours/package",
            taken["ours"],
            taken["python"],
            PACKAGE_TARGET,
        ),
        Row("import/ours/sdks_loaded", loaded, "count", 0, (loaded,)),
        over("import/openai/package", taken["openai"], taken["python"]),
    ]
    if there:
        bare = taken["python_of_litellm"]
        rows.append(over("import/litellm/package", taken["litellm"], bare))
    return [*rows, Row.median("import/python/process", taken["python"], "ms")]


def reply_rows(here: Fresh, there: Fresh | None) -> list[Row]:
    """Return what a process pays until its first reply, over the SDK."""
    model = model_of()
    subjects = {
        "ours": partial(here.first_reply, "ours", model),
        "openai": partial(here.first_reply, "openai", model),
    }
    if there:
        subjects |= {
            "openai_of_litellm": partial(there.first_reply, "openai", model),
            "litellm": partial(there.first_reply, "litellm", model),
        }
    taken = in_turn(subjects, REPLY_ROUNDS, slow=SLOW)
    name = "first_reply"
    rows = [
        over(
            f"import/ours/{name}",
            taken["ours"],
            taken["openai"],
            FIRST_REPLY_TARGET,
        )
    ]
    if there:
        bare = taken["openai_of_litellm"]
        rows.append(over(f"import/litellm/{name}", taken["litellm"], bare))
    return rows + [
        Row.median(f"import/{subject}/process_with_reply", samples, "ms")
        for subject, samples in taken.items()
    ]


def over(
    what: str,
    taken: list[float],
    bare: list[float],
    target: float | None = None,
) -> Row:
    """Return the row of what a subject takes more than the bare one."""
    return Row.median(what, paired_differences(taken, bare), "ms", target)
