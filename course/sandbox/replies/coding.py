"""Code, SQL and regular expressions for common small tasks."""

from __future__ import annotations

import re

from course.sandbox.replies.data import content_words, data, found
from course.sandbox.replies.wish import Wish

__all__ = ["answer"]

LANGUAGES = {
    r"\bjavascript\b|\bjs\b|\bnode\b|\btypescript\b": "javascript",
    r"\bbash\b|\bshell\b": "bash",
    r"\brust\b": "rust",
    r"\bjava\b": "java",
    r"\bgolang\b|\bin go\b": "go",
    r"\bc\+\+|\bcpp\b": "c++",
    r"\bc#|\bcsharp\b": "c#",
    r"\bhtml\b": "html",
    r"\bpython\b": "python",
}
ASKED = (
    r"\b(write|create|implement|give me|show me|generate|need|make|build|code)"
    r"\b.{0,80}\b(function|script|program|code|class|method|snippet|loop"
    r"|decorator|endpoint|app|algorithm|generator|one-?liner)\b"
    r"|\b(write|code|implement|show|solve)\b.{0,60}\b(in|using|with) (python"
    r"|javascript|js|java|rust|go|typescript)\b|^implement\b"
    r"|\bhow (do|can|would|to) .{2,60} in (python|javascript|js)\b"
    r"|\b(python|javascript|js) (code|function|script|program|class)\b"
    r"|\bfizz ?buzz\b|\bhello world (program|in)\b"
)


def answer(wish: Wish) -> str | None:
    """Return code in a fenced block, with a sentence about it."""
    asked = wish.instruction
    if found(r"\bregex|\bregular expression", asked):
        return _regex(wish)
    if found(r"\bsql\b|\b(write|give me) a query\b|\bselect statement", asked):
        if not found(r"^(what|explain|define)\b", asked):
            return _sql(wish)
    if _is_code(wish.material):
        return _about_code(wish)
    return _code(wish) if found(ASKED, asked) else None


def _fence(language: str, lines: list[str], note: str) -> str:
    return f"```{language}\n" + "\n".join(lines) + f"\n```\n\n{note}"


def _code(wish: Wish) -> str:
    asked = f"{wish.instruction} {wish.material.lower()[:300]}"
    language = next(
        (name for mark, name in LANGUAGES.items() if found(mark, asked)),
        "python",
    )
    rows = [
        row for row in data()["code"] if any(w in asked for w in row["of"])
    ]
    if not rows:
        return _skeleton(wish, language)
    row = max(
        rows, key=lambda row: max(len(w) for w in row["of"] if w in asked)
    )
    if language in row:
        return _fence(language, row[language], row["note"])
    remark = (
        "The sandbox knows this one in Python only; a real model would write"
        f" it in {language}."
    )
    return _fence("python", row["python"], f"{row['note']} {remark}")


def _skeleton(wish: Wish, language: str) -> str:
    """Return a start with the right name, honest about what is missing."""
    fillers = {
        "write", "function", "python", "code", "script", "javascript",
        "program", "create", "implement", "takes", "returns", "return",
        "bash", "give", "show", "please", "simple", "class", "method", "need",
    }  # fmt: skip
    words = [
        word
        for word in content_words(wish.instruction)
        if word not in fillers and word.isascii() and word.isidentifier()
    ]
    name = "_".join(words[:3]) or "solve"
    note = (
        "This is a start, not a solution: the sandbox is scripted and does"
        " not know this task, while a real model would fill the body in."
    )
    if language == "javascript":
        lines = [
            f"function {name}(value) {{",
            f"  // {' '.join(words[:8])}",
            '  throw new Error("to be written");',
            "}",
        ]
        return _fence("javascript", lines, note)
    if language in ("bash", "rust", "java", "go", "c++", "c#", "html"):
        mark = "#" if language == "bash" else "//"
        lines = [f"{mark} {' '.join(words[:8])}", f"{mark} to be written"]
        return _fence(language, lines, note)
    lines = [
        f"def {name}(value):",
        f'    """{" ".join(words[:8]).capitalize()}."""',
        '    raise NotImplementedError("to be written")',
    ]
    return _fence("python", lines, note)


def _regex(wish: Wish) -> str | None:
    asked = f"{wish.instruction} {wish.material.lower()[:200]}"
    if found(r"^(what|explain|define)\b.{0,30}$", asked):
        return (
            "A regular expression describes a set of texts: literal"
            " characters, classes such as [0-9], repetitions such as + and *,"
            " groups in parentheses, and anchors such as ^ and $. It is good"
            " for finding and checking, and bad for nested formats such as"
            " HTML."
        )
    for row in data()["regular_expressions"]:
        if any(word in asked for word in row["of"]):
            lines = [row["pattern"]]
            return _fence("regex", lines, f"It matches {row['note']}.")
    return _fence(
        "regex",
        [r"^[A-Za-z0-9_-]+$"],
        "It matches one or more letters, digits, underscores or hyphens; tell"
        " me examples that should match, and it can be made more exact.",
    )


TOP = r"\btop (\d+)\b|\b(\d+) (?:most|largest|highest|best)"
# What a request means, the statement for it, and a remark. {t} is the table,
# {o} a second one, {c} the column, {n} the number of rows.
STATEMENTS = (
    (
        r"\bcreate\b.{0,20}\btable\b",
        "CREATE TABLE {t} (|    id INTEGER PRIMARY KEY,"
        "|    name TEXT NOT NULL,"
        "|    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP|);",
        "Add one line for each further column.",
    ),
    (
        r"\binsert|\badd a (row|record)",
        "INSERT INTO {t} (name, email)|VALUES (:name, :email);",
        "The values are parameters, never part of the text.",
    ),
    (
        r"\bdelete|\bremove",
        "DELETE FROM {t}|WHERE id = :id;",
        "Run the same WHERE with SELECT first.",
    ),
    (
        r"\bupdate\b|\bset the\b",
        "UPDATE {t}|SET {c} = :value|WHERE id = :id;",
        "Without WHERE every row would change.",
    ),
    (
        r"\bduplicate",
        "SELECT {c}, COUNT(*) AS copies|FROM {t}|GROUP BY {c}"
        "|HAVING COUNT(*) > 1;",
        "HAVING filters the groups, as WHERE filters the rows.",
    ),
    (
        r"\bcount|\bhow many|\bnumber of|\bper\b|\bgroup",
        "SELECT {c}, COUNT(*) AS number|FROM {t}|GROUP BY {c}"
        "|ORDER BY number DESC;",
        "Each {c} gets one row with its count.",
    ),
    (
        r"\baverage|\bavg",
        "SELECT AVG({c}) AS result|FROM {t};",
        "Add GROUP BY for one figure per group.",
    ),
    (
        r"\bsum\b|\btotal",
        "SELECT SUM({c}) AS result|FROM {t};",
        "Add GROUP BY for one figure per group.",
    ),
    (
        r"\bjoin\b|\btogether with\b|\band their\b",
        "SELECT {t}.*, {o}.*|FROM {t}|JOIN {o} ON {o}.{s}_id = {t}.id;",
        "LEFT JOIN would keep rows without a partner too.",
    ),
    (
        TOP,
        "SELECT *|FROM {t}|ORDER BY {c} DESC|LIMIT {n};",
        "With equal values the choice is open; add a second column.",
    ),
)


def _sql(wish: Wish) -> str:
    asked = f"{wish.instruction} {wish.material.lower()[:500]}"
    table, column = _table(asked), _column(asked)
    top = found(TOP, asked)
    parts = {
        "t": table,
        "s": table.rstrip("s"),
        "o": _second_table(asked, table),
        "c": column,
        "n": next((n for n in top.groups() if n), "") if top else "",
    }
    for meant, statement, note in STATEMENTS:
        if found(meant, asked):
            lines = statement.format(**parts).split("|")
            return _fence("sql", lines, note.format(**parts))
    lines = ["SELECT *", f"FROM {table}", *_where(wish, asked, column)]
    lines[-1] += ";"
    return _fence("sql", lines, "Name the columns that you need, not *.")


TABLES = (
    "customers users orders products employees students books invoices sales"
    " payments movies cars transactions departments accounts events posts"
    " comments items patients courses messages logs cities countries"
).split()


def _table(asked: str) -> str:
    named = found(r"\btable (?:called |named )?[`'\"]?(\w+)", asked) or found(
        r"\b(?:the )?(\w+) table\b", asked
    )
    if named and named.group(1) not in ("with", "for", "the", "a", "in"):
        return named.group(1)
    positions = [
        (asked.find(name.rstrip("s")), name)
        for name in TABLES
        if name.rstrip("s") in asked
    ]
    return min(positions)[1] if positions else "items"


def _second_table(asked: str, first: str) -> str:
    others = [n for n in TABLES if n != first and n.rstrip("s") in asked]
    return others[0] if others else "details"


def _column(asked: str) -> str:
    named = found(
        r"\b(?:by|per|each|order(?:ed)? by|sorted by|average|sum of|total"
        r"|the|highest|most|largest|duplicate|same)\s+(?:the )?"
        r"(salary|price|amount|revenue|age|date|name|country|city|email"
        r"|category|department|status|year|month|score|rating|quantity"
        r"|customer|product|user)s?\b",
        asked,
    )
    if not named:
        return "name"
    column = named.group(1)
    keys = ("customer", "product", "user", "department", "category")
    return f"{column}_id" if column in keys else column


def _where(wish: Wish, asked: str, column: str) -> list[str]:
    place = re.search(
        r"\b(?:from|in|living in|located in)\s+([A-Z][\w-]+)", wish.prompt
    )
    if place:
        key = "city" if "cit" in asked else "country"
        return [f"WHERE {key} = '{place.group(1)}'"]
    limit = found(
        r"\b(older|more|greater|over|above|younger|less|under|below|before"
        r"|after|since)\b(?: than)?\s+\D{0,3}([\d,.-]*\d)",
        asked,
    )
    if limit:
        up = limit.group(1) in (
            "older", "more", "greater", "over", "above", "after", "since",
        )  # fmt: skip
        value = limit.group(2).replace(",", "")
        aged = limit.group(1) in ("older", "younger")
        key = "age" if aged else column if column != "name" else "amount"
        if limit.group(1) in ("before", "after", "since"):
            key = "date"
        return [f"WHERE {key} {'>' if up else '<'} {value}"]
    return ["ORDER BY name"]


def _is_code(text: str) -> bool:
    marks = r"\bdef \w+\(|\bclass \w+|\breturn\b|=>|\bfunction \w*\(|\bimport "
    return bool(re.search(marks, text))


def _about_code(wish: Wish) -> str | None:
    code, asked = wish.material, wish.instruction
    names = re.findall(r"\b(?:def|function|class)\s+(\w+)", code)
    if found(r"\btests?\b", asked) and names:
        module = "your_module"
        lines = [f"from {module} import {', '.join(names[:3])}", ""]
        for name in names[:3]:
            lines += [
                "",
                f"def test_{name}_returns_what_is_expected():",
                f"    assert {name}(...) == ...",
                "",
            ]
        note = "Fill in one ordinary case, one edge case and one error each."
        return _fence("python", lines[:-1], note)
    if not found(
        r"\b(explain|what does|describe|review|fix|debug|improve|refactor"
        r"|document|comment|bug|wrong)\b",
        asked,
    ):
        return None
    return _described(code, names)


def _described(code: str, names: list[str]) -> str:
    lines = [line for line in code.splitlines() if line.strip()]
    parts = [f"This code has {len(lines)} lines"]
    if names:
        parts.append(f"and defines {', '.join(f'`{n}`' for n in names[:4])}")
    does = [
        sentence
        for mark, sentence in (
            (r"\bfor\b|\bwhile\b", "it repeats something in a loop"),
            (r"\bif\b", "it decides between cases"),
            (r"\btry\b|\bcatch\b|\bexcept\b", "it handles errors"),
            (r"\bimport\b|\brequire\(", "it uses other modules"),
            (r"\breturn\b|\byield\b", "it hands a result back"),
            (r"\bopen\(|\brequests\.|\bfetch\(", "it reads from outside"),
        )
        if re.search(mark, code)
    ]
    text = " ".join(parts) + "."
    if does:
        said = "; ".join(does)
        text += f" {said[0].upper()}{said[1:]}."
    if re.search(r"except\s*:|except Exception", code):
        text += " A bare except hides errors that nobody expected: name them."
    if re.search(r"=\s*(\[\]|\{\})\s*[,)]", code):
        text += " A mutable default argument is shared between all calls."
    return text + (
        " That is what can be seen from its form: the sandbox does not"
        " understand code as a real model does."
    )
