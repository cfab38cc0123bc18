"""No model's name and no price stands outside ``data/``.

Both change every few weeks, so they stand in one place and are looked up. Out
of scope are: ``data/`` itself; ``CHANGELOG.md``, whose entries tell what was
so on a day; what git does not keep; the outputs and attachments of notebooks.
A notebook may name the models whose roles its lesson asks for, as in
``{{role openai default}}``: the builder filled them in from the catalogue.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONTENT = json.loads((ROOT / "data" / "models.json").read_text("utf-8"))
ROWS = CONTENT["models"]
IDS = sorted({row["id"] for row in ROWS})
SNAPSHOTS = sorted({row["snapshot"] for row in ROWS if row["snapshot"]})

KEPT_OUT = {
    "__pycache__",
    "build",
    "data",
    "dist",
    "node_modules",
    "workspace",
}
HIDDEN_BUT_READ = {".ci", ".github"}
READ = {
    *(".cfg", ".css", ".example", ".html", ".in", ".ini", ".ipynb", ".js"),
    *(".json", ".jsonl", ".md", ".py", ".sh", ".svg", ".toml", ".ts"),
    *(".txt", ".yaml", ".yml"),
}
# How names are written, in code and in prose; an id of the catalogue that has
# no such form (a letter and a digit, say) is looked for as a whole word.
FAMILIES = (
    r"(?:chat)?gpt(?:[- ]?\d|-oss)",
    r"\bo\d[- ](?:mini|pro|preview|high)\b",
    r"gemini[- ]?\d",
    r"claude-\w",
    r"claude (?:opus|sonnet|haiku|\d)",
    r"grok[- ]?\d",
    r"mistral-(?:large|medium|small)",
    r"llama[- ]?\d",
)
WORDS = "|".join(map(re.escape, IDS + SNAPSHOTS))
# Tried only where one may begin, which saves most of the time.
BEGINNING = "".join({*"cglmo", *(name[0] for name in IDS + SNAPSHOTS)})
NAME = re.compile(
    rf"(?=[{re.escape(BEGINNING)}])"
    rf"(?:{'|'.join(FAMILIES)}|(?<![\w.-])(?:{WORDS})(?![\w-]))",
    re.IGNORECASE,
)
MILLION = r"(?:1\s?)?(?:million|MTok|M\b|1,000,000)"
AMOUNT = r"(?:\$|USD|EUR|€)\s?\d[\d.,]*|\d[\d.,]*\s?(?:\$|USD|EUR|€)"
PRICE = re.compile(
    rf"(?=[$€\duepm])(?:(?:{AMOUNT})\s*(?:/|per|a|an|for)\s*"
    rf"(?:{MILLION}|(?:\w+ )?tokens?\b)"
    r"|(?:price|per_token|per_million|mtok)\w*[\"']?\s*[:=]\s*"
    r"[\"']?\d*\.?\d)",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(r"\{\{\s*role\s+(\w+)\s+(\w+)\s*\}\}")


def literals(root: Path) -> list[str]:
    """Where a model's name or a price stands: path, line and the line."""
    return [
        f"{path.relative_to(root)}:{number}: {line.strip()[:100]}"
        for path in files(root)
        for number, line in enumerate(source(path, root), start=1)
        if NAME.search(line) or PRICE.search(line)
    ]


def files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not path.is_symlink() and is_read(path):
                yield from files(path)
        elif path.suffix in READ or path.parent.name == ".ci":
            if path.name != "CHANGELOG.md":
                yield path


def is_read(folder: Path) -> bool:
    if folder.name.startswith("."):
        return folder.name in HIDDEN_BUT_READ
    environment = (folder / "pyvenv.cfg").is_file()
    return folder.name not in KEPT_OUT and not environment


def source(path: Path, root: Path) -> list[str]:
    """A file's lines; of a notebook the sources of its cells alone."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text.splitlines()
    text = "\n".join(
        "".join(cell["source"]) for cell in json.loads(text)["cells"]
    )
    for model in filled_in(root / "course" / "lessons" / f"{path.stem}.md"):
        text = re.sub(rf"(?<![\w.-]){re.escape(model)}(?![\w-])", "", text)
    return text.splitlines()


def filled_in(lesson: Path) -> list[str]:
    """The models that the builder names in the notebook of a lesson.

    Longest first: one model's name may begin with another's.
    """
    text = lesson.read_text(encoding="utf-8") if lesson.is_file() else ""
    asked = PLACEHOLDER.findall(text)
    models = {CONTENT["roles"][provider][role] for provider, role in asked}
    return sorted(models, key=len, reverse=True)


def test_no_model_and_no_price_stands_outside_the_data() -> None:
    assert literals(ROOT) == []


# That the finder finds


def notebook(source: Any, output: str = "", kind: str = "code") -> str:
    shown = {"output_type": "stream", "name": "stdout", "text": [output]}
    cell = {"cell_type": kind, "source": source, "outputs": [shown]}
    return json.dumps({"cells": [cell]})


@pytest.mark.parametrize("name", IDS + SNAPSHOTS)
def test_every_name_of_the_catalogue_is_found(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text(f"x = 1\nMODEL = {name!r}\n")
    (tmp_path / "b.md").write_text(f"Ask *{name}*, for instance.\n")
    (tmp_path / "c.yaml").write_text(f"model: {name}\n")
    (tmp_path / "d.ipynb").write_text(notebook([f"ask('{name}')\n", "x"]))
    places = [line.split(": ")[0] for line in literals(tmp_path)]
    assert places == ["a.py:2", "b.md:1", "c.yaml:1", "d.ipynb:1"]


@pytest.mark.parametrize(
    "pieces",
    [
        ("GPT", "-9 turbo"),
        ("gpt", " 9"),
        ("Gemini", " 9.5"),
        ("o9", "-mini"),
        ("o9", " mini"),
        ("Claude", " Opus"),
        ("claude", "-tiny-9"),
        ("grok", "-9"),
    ],
)
def test_a_name_that_the_catalogue_lacks_is_found_by_its_family(
    pieces: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("Take " + "".join(pieces) + ".")
    assert len(literals(tmp_path)) == 1


@pytest.mark.parametrize(
    "pieces",
    [
        ("It costs $2", ".50 per million tokens."),
        ("It costs 2.50 USD", " per million tokens."),
        ("0.10 USD", "/MTok"),
        ("input_price", ": 0.0000025"),
        ('{"price_per_token"', ': "0.0000001"}'),
        ("per_million", "=2.5"),
        ("USD 3", " for 1M tokens"),
    ],
)
def test_a_price_is_found(pieces: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "prices.py").write_text("".join(pieces))
    assert len(literals(tmp_path)) == 1


@pytest.mark.parametrize("folder", ["", "docs", "notebooks/deeper", ".ci"])
def test_every_folder_is_searched(folder: str, tmp_path: Path) -> None:
    place = tmp_path / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / "run.sh").write_text(f"ask {IDS[0]}\n")
    assert len(literals(tmp_path)) == 1


@pytest.mark.parametrize(
    "place", ["data/models.json", "CHANGELOG.md", "workspace/a.py"]
)
def test_what_is_out_of_scope_is_left_alone(
    place: str, tmp_path: Path
) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"MODEL = {IDS[0]!r}\n")
    assert literals(tmp_path) == []


def test_an_output_of_a_notebook_may_name_a_model(tmp_path: Path) -> None:
    path = tmp_path / "phase_1.ipynb"
    path.write_text(notebook("answer.model", output=IDS[0]))
    assert literals(tmp_path) == []


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_notebook_may_name_only_the_models_that_its_lesson_asks_for(
    kind: str, tmp_path: Path
) -> None:
    roles = CONTENT["roles"]["openai"]
    lesson = tmp_path / "course" / "lessons" / "phase_1.md"
    lesson.parent.mkdir(parents=True)
    lesson.write_text("The cheap one is {{role openai default}}.")
    asked, other = roles["default"], roles["retired"]
    path = tmp_path / "phase_1.ipynb"
    path.write_text(notebook(f"The cheap one is {asked}.", kind=kind))
    assert literals(tmp_path) == []
    path.write_text(notebook(f"{asked}, or {other}", kind=kind))
    assert len(literals(tmp_path)) == 1
    path.write_text(notebook(f"{asked}-9", kind=kind))
    assert len(literals(tmp_path)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from google import genai",
        "pip install openai google-genai",
        "gpt_answer = gemini_agent.process_prompt(prompt)",
        "class GeminiAgent: ...",
        'prices: "the catalogue has them"',
        "cost_usd = 0.003",
        "the price of a million tokens, in USD",
        "Catalogue.role('openai', 'default')",
        "two3 = o33 + foo1",
    ],
)
def test_ordinary_text_is_no_literal(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text)
    assert literals(tmp_path) == []
