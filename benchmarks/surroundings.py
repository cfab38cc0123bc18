"""What measured programs run in: no proxies, no keys, a known server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.rows import BenchmarkError

__all__ = ["API_KEY", "ROOT", "clean_environ", "model_of", "upstream"]

ROOT = Path(__file__).resolve().parent.parent
API_KEY = "sandbox-0000-openai"

# A process of its own: a thread here would share Python's lock with us.
SERVER = """
import json, sys
from course.sandbox import Sandbox
with Sandbox() as sandbox:
    urls = {name: sandbox.base_url(name) for name in sandbox.providers}
    print(json.dumps(urls), flush=True)
    sys.stdin.read()
"""


def clean_environ(folder: Path | None = ROOT, **more: str) -> dict[str, str]:
    """Return variables under which every subject runs alike.

    Left out are proxies, keys, base URLs and Python's own switches; modules
    are also looked for in `folder`.
    """
    endings = ("_PROXY", "_API_KEY", "_BASE_URL")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith(endings)
        and not name.startswith(("PYTHON", "COURSE_"))
    }
    if folder is not None:
        kept["PYTHONPATH"] = str(folder)
    return kept | more


@contextmanager
def upstream() -> Iterator[Mapping[str, str]]:
    """Start the sandbox as a process; the value is each provider's base URL.

    Raises BenchmarkError where it does not start.
    """
    server = subprocess.Popen(
        [sys.executable, "-P", "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environ(),
    )
    assert server.stdin is not None and server.stdout is not None
    try:
        urls = server.stdout.readline().strip()
        if not urls:
            raise BenchmarkError("The sandbox did not start.")
        yield json.loads(urls)
    finally:
        server.stdin.close()
        server.wait(10)
        server.stdout.close()


def model_of(provider: str = "openai", role: str = "default") -> str:
    """Return the id of a provider's model for a role, by the catalogue."""
    from llm_providers.catalogue import load_catalogue

    return load_catalogue().role(provider, role).id
