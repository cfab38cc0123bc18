"""Pages of the site on the lessons: the solved notebooks, answers folded."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

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


def lesson_pages(kit: Kit) -> Iterator[tuple[str, str | bytes]]:
    """Yield the name and the text of each page, and the pictures in it."""
    lessons = load_lessons(kit)
    names = "\n".join(lesson.name for lesson in lessons)
    yield "lessons/index.md", INDEX % names
    for lesson in lessons:
        parts = []
        for name, part in lesson_parts(lesson, kit):
            if name:
                yield f"lessons/{name}", base64.b64decode(part)
                part = f"![A plot; what it shows stands below.]({name})"
            parts.append(part)
        yield f"lessons/{lesson.name}.md", "\n\n".join(parts) + "\n"


def lesson_parts(lesson: Lesson, kit: Kit) -> Iterator[tuple[str, str]]:
    """Yield a page's parts: Markdown, or a picture with a name before it."""
    path = kit.solutions / f"{lesson.name}.ipynb"
    if not path.is_file():
        yield "", f"# {lesson.title}\n\nThis lesson has no solution yet."
        return
    cells = json.loads(path.read_text("utf-8"))["cells"]
    for number, cell in enumerate(cells):
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            noted = "instructor" in cell["metadata"].get("tags", ())
            yield "", folded("For the instructor", text) if noted else text
            continue
        fence = f"```python\n{text}\n```"
        if text.lstrip().startswith("@exercise"):
            yield "", folded("The answer", fence)
            continue
        yield "", fence
        for place, output in enumerate(cell["outputs"]):
            name = f"{lesson.name}_{number}_{place}.png"
            yield from shown(output, name)


def folded(title: str, text: str) -> str:
    """Return a part that is shown when its title is clicked."""
    summary = f"<summary>{title}</summary>"
    return f"<details>{summary}\n\n{text}\n\n</details>"


def shown(output: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """Yield an output's parts: its picture, called so, and its text."""
    data = output.get("data", {})
    if "image/png" in data:
        yield name, "".join(data["image/png"])
    text = "".join(output.get("text") or data.get("text/plain") or "")
    if text.strip():
        yield "", f"```text\n{text.rstrip()}\n```"
