"""Translation from a table of phrases and words, honest about the rest."""

from __future__ import annotations

import re
from functools import cache

from course.sandbox.replies.data import content_words, data, found
from course.sandbox.replies.wish import Localized, Wish

__all__ = ["answer", "language_of"]

LANGUAGES = (
    r"(english|french|german|spanish|italian|portuguese|dutch|japanese"
    r"|chinese|polish|russian|turkish|swedish|arabic|hindi|korean|latin)"
)
ASKED = r"\btranslat|\bhow (?:do|would) (?:you|i|we) say\b"
WORD_FOR_WORD = "(simulated, word for word)"
ARTICLES = {
    "french": {"la": "une", "le": "un", "l'": "un "},
    "german": {"die": "eine", "der": "ein", "das": "ein"},
    "spanish": {"la": "una", "el": "un"},
    "italian": {"la": "una", "il": "un", "lo": "uno", "l'": "un "},
}


def answer(wish: Wish) -> str | None:
    """Return the translation that the request asks for."""
    what = found(
        rf"\bwhat(?:'s| is)( .{{2,80}})? in {LANGUAGES}\b", wish.instruction
    )
    if not found(ASKED, wish.instruction):
        guess = found(r"\bwhich language|\bwhat language", wish.instruction)
        if guess and wish.text:
            return f"This text is in {language_of(wish.text).title()}."
        if not what or found(r"\bcapital|\bcurrency", wish.instruction):
            return None
    target = found(rf"\b(?:in)?to {LANGUAGES}\b", wish.instruction) or found(
        rf"\bin {LANGUAGES}\b", wish.instruction
    )
    if target is None:
        return None
    text = wish.text or _named(wish, what)
    return translate(text, target.group(1)) if text else None


def _named(wish: Wish, what: re.Match[str] | None) -> str:
    """Return the words to translate where no quotation mark sets them off."""
    if what and what.group(1):
        return str(what.group(1)).strip()
    said = re.search(
        rf"(?:translate|say)\s+(?:the (?:word|phrase|sentence|following)\s+)?"
        rf"(.+?)\s+(?:in|into|to)\s+{LANGUAGES}",
        wish.prompt,
        re.I | re.S,
    )
    return said.group(1) if said else ""


def language_of(text: str) -> str:
    """Return the language whose small words are most frequent."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    tables: dict[str, str] = data()["languages"]
    counts = {
        name: sum(word in line.split() for word in words)
        for name, line in tables.items()
    }
    return max(counts, key=lambda name: counts[name])


@cache
def _table(target: str) -> dict[str, str]:
    """Return what each English phrase or word is in a language."""
    rows = data()["translation"]
    column = rows["order"].index(target)
    table: dict[str, str] = {}
    for english, forms in rows["nouns"].items():
        noun = forms[column]
        bare = re.sub(r"^(?:[dl]'|\w+ )", "", noun)
        table[english] = bare
        table[f"the {english}"] = noun
        table[f"a {english}"] = table[f"an {english}"] = _indefinite(
            noun, bare, target
        )
    for part in ("words", "phrases"):
        table |= {e: forms[column] for e, forms in rows[part].items()}
    return table


def _indefinite(noun: str, bare: str, target: str) -> str:
    articles = ARTICLES[target]
    article = "l'" if noun.startswith("l'") else noun.split()[0]
    return f"{articles.get(article, '').strip()} {bare}".strip()


@cache
def _back(source: str) -> dict[str, str]:
    return {form.lower(): english for english, form in _table(source).items()}


def translate(text: str, target: str) -> str:
    """Return the text in the target language as far as the table goes."""
    known = data()["translation"]["order"]
    if target == "english":
        source = language_of(text)
        if source == "english":
            return Localized(text)
        if source not in known:
            return _unknown(text, target, [])
        return _by_table(text, _back(source), target)
    if target not in known:
        return _unknown(text, target, [])
    return _by_table(text, _table(target), target)


def _by_table(text: str, table: dict[str, str], target: str) -> str:
    pieces = re.split(r"([.!?;\n]+\s*)", text.strip())
    done, hits, total, pairs = [], 0, 0, []
    for piece in pieces:
        if not re.search(r"\w", piece):
            done.append(piece)
            continue
        words, found_words, matches = _piece(piece, table)
        done.append(words)
        hits += found_words
        total += len(piece.split())
        pairs += matches
    if hits < 0.75 * total:
        return _unknown(text, target, pairs)
    joined = _punctuated("".join(done).strip(), text, target)
    # One phrase as it stands in the table is right; the rest may not be.
    exact = len(pairs) == 1 and hits == total
    return Localized(joined if exact else f"{joined} {WORD_FOR_WORD}")


def _piece(
    piece: str, table: dict[str, str]
) -> tuple[str, int, list[tuple[str, str]]]:
    """Translate a clause, the longest known phrases first."""
    words = piece.split()
    bare = [word.strip(",:\"'“”()") for word in words]
    result, hits, pairs, i = [], 0, [], 0
    while i < len(words):
        for size in range(min(8, len(words) - i), 0, -1):
            tails = " ".join(words[i : i + size]).lower()
            key = tails.strip(' ,:"“”()')
            if key not in table and size == 1:
                key = bare[i].lower()
            if key in table:
                mark = "," if words[i + size - 1].endswith(",") else ""
                result.append(table[key] + mark)
                pairs.append((key, table[key]))
                hits += size
                i += size
                break
        else:
            result.append(words[i])
            hits += bool(re.match(r"[\d.]+$|[A-Z]", words[i])) and i > 0
            i += 1
    return " ".join(result), hits, pairs


def _punctuated(translated: str, text: str, target: str) -> str:
    if target == "spanish" and "?" in text and "¿" not in translated:
        translated = "¿" + translated
    if target == "spanish" and "?" not in text:
        translated = translated.replace("¿", "")
    first = translated.lstrip("¿¡")
    if text[:1].isupper() and first:
        start = len(translated) - len(first)
        translated = (
            translated[:start] + first[:1].upper() + translated[start + 1 :]
        )
    return translated


def _unknown(text: str, target: str, pairs: list[tuple[str, str]]) -> str:
    known = [(a, b) for a, b in pairs if a in content_words(a)][:6]
    words = ", ".join(f"{a} = {b}" for a, b in dict(known).items())
    sentence = (
        f"A real model would translate this into {target.title()} at once;"
        " the sandbox knows only simple phrases in French, German, Spanish and"
        " Italian."
    )
    return (
        f"{sentence} Of these words it knows: {words}." if words else sentence
    )
