"""An autograder folder for Gradescope, with the kit and the answers in it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

from course.kit import Kit

__all__ = ["export"]

FILES = ("LICENSE", "README.md", "pyproject.toml", "requirements.txt")
FOLDERS = ("course", "data", "tests")
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints", "browser", "clients")
SETUP = """\
#!/usr/bin/env bash
# Run once by Gradescope, while it builds the image.
set -euo pipefail
cd "${AUTOGRADER_ROOT:-/autograder}/source/kit"
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # bubblewrap keeps a learner's code from the answers and the network.
    apt-get install -y -qq --no-install-recommends \\
        python3 python3-venv bubblewrap
fi
python3 -m venv .venv
.venv/bin/python -m pip install --quiet -r requirements.txt
"""
RUN = """\
#!/usr/bin/env bash
# Run by Gradescope for each submission.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
cd "$root/source/kit"
exec "${AUTOGRADER_PYTHON:-.venv/bin/python}" -m \\
    course.exporting.gradescope_run "$root/submission" "$root/results" {seed}
"""


def export(kit: Kit, out: Path) -> Iterator[Path]:
    """Write what is zipped and uploaded; yield each file that is there."""
    # Of this export alone: nobody knows which values the tests will draw.
    run = RUN.replace("{seed}", str(secrets.randbits(31)))
    for name, text in (("setup.sh", SETUP), ("run_autograder", run)):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755)
        yield path
    for name in _names(kit):
        path = out / "kit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((kit.root / name).read_bytes())
        yield path


def _names(kit: Kit) -> Iterator[str]:
    """Yield the files that grading needs."""
    yield from (name for name in FILES if (kit.root / name).is_file())
    packages = (path.name for path in kit.packages)
    for folder in (*FOLDERS, *packages):
        for path in sorted((kit.root / folder).rglob("*")):
            inner = path.relative_to(kit.root)
            left_out = set(inner.parts).intersection(LEFT_OUT)
            if path.is_file() and path.suffix != ".pyc" and not left_out:
                yield inner.as_posix()
