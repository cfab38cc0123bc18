"""Pages of the site on the lessons: the solved notebooks, answers folded."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from course.building.lessons import Lesson, load_lessons
from course.kit import Kit

__all__ = ["lesson_pages"]

INDEX = """# Lessons

The notebooks as pages to read: the prose, the code and what it prints. Each
exercise's answer, and what the instructor needs, is folded. To work through
them, open the notebooks.

```{toctree}
:maxdepth: 1

%s
```
"""


class Part(NamedTuple):
    """A part of a page; `picture` is a file's content, `name` its name."""

    text: str
    name: str = ""
    picture: bytes = b""


def lesson_pages(kit: Kit) -> Iterator[tuple[str, str | bytes]]:
    """Yield the name and the text of each page, and the pictures in it."""
    lessons = load_lessons(kit)
    names = "\n".join(lesson.name for lesson in lessons)
    yield "lessons/index.md", INDEX % names
    for lesson in lessons:
        parts = list(lesson_parts(lesson, kit))
        for part in parts:
            if part.name:
                yield f"lessons/{part.name}", part.picture
        text = "\n\n".join(part.text for part in parts)
        yield f"lessons/{lesson.name}.md", f"{text}\n"


def lesson_parts(lesson: Lesson, kit: Kit) -> Iterator[Part]:
    """Yield the parts of a lesson's page, in order."""
    path = kit.solutions / f"{lesson.name}.ipynb"
    if not path.is_file():
        yield Part(f"# {lesson.title}\n\nThis lesson has no solution yet.")
        return
    cells = json.loads(path.read_text("utf-8"))["cells"]
    for number, cell in enumerate(cells):
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            noted = "instructor" in cell["metadata"].get("tags", ())
            yield Part(folded("For the instructor", text) if noted else text)
            continue
        fence = f"```python\n{text}\n```"
        if text.lstrip().startswith("@exercise"):
            yield Part(folded("The answer", fence))
            continue
        yield Part(fence)
        for place, output in enumerate(cell["outputs"]):
            name = f"{lesson.name}_{number}_{place}.png"
            yield from shown(output, name)


def folded(title: str, text: str) -> str:
    """Return a part that is shown when its title is clicked."""
    summary = f"<summary>{title}</summary>"
    return f"<details>{summary}\n\n{text}\n\n</details>"


def shown(output: Mapping[str, Any], name: str) -> Iterator[Part]:
    """Yield an output as text, or as a picture that is called so.

    What a picture shows is said by the text that came with it.
    """
    data = output.get("data", {})
    text = "".join(output.get("text") or data.get("text/plain") or "").rstrip()
    if "image/png" in data:
        words = " ".join(re.sub(r"[\[\]]", "", text).split())
        picture = base64.b64decode("".join(data["image/png"]))
        yield Part(f"![{words}]({name})", name, picture)
    elif text:
        yield Part(f"```text\n{text}\n```")
