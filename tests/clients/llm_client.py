"""The command line tool `llm`, by its configuration of other providers."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import expect, provider, report, works

NAMES = ("openai", "requestry", "openrouter", "router")


def run(*arguments: str, key: str, name: str) -> subprocess.CompletedProcess:
    there = provider(name)
    with tempfile.TemporaryDirectory() as folder:
        row = {
            "model_id": "sandboxed",
            "model_name": there.model,
            "api_base": there.base_url,
            "api_key_name": "sandboxed",
            "supports_schema": True,
        }
        # JSON is YAML, too.
        Path(folder, "extra-openai-models.yaml").write_text(json.dumps([row]))
        Path(folder, "keys.json").write_text(json.dumps({"sandboxed": key}))
        return subprocess.run(
            [sys.executable, "-m", "llm", "-m", "sandboxed", *arguments],
            env={**os.environ, "LLM_USER_PATH": folder},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )


for name in NAMES:

    @works(f"{name}: an answer, streamed")
    def _(name: str = name) -> None:
        done = run("Hello", key=provider(name).key, name=name)
        expect(done.returncode == 0 and done.stdout.strip(), done.stderr)

    @works(f"{name}: an answer at once")
    def _(name: str = name) -> None:
        there = provider(name)
        done = run("--no-stream", "Hello", key=there.key, name=name)
        expect(done.returncode == 0 and done.stdout.strip(), done.stderr)

    @works(f"{name}: a schema")
    def _(name: str = name) -> None:
        there = provider(name)
        asked = ("--schema", "city, population int", "A city in Italy")
        done = run(*asked, key=there.key, name=name)
        expect(done.returncode == 0, done.stderr)
        expect(isinstance(json.loads(done.stdout)["population"], int))

    @works(f"{name}: a wrong key is an error")
    def _(name: str = name) -> None:
        there = provider(name)
        done = run("Hello", key=there.wrong_key, name=name)
        expect(done.returncode != 0, done.stdout)


report()
