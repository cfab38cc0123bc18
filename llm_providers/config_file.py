"""A configuration in TOML, turned into the variables that it stands for.

    [router]
    auto = ["gemini", "openai"]        LLM_ROUTER_AUTO
    deadline = 60                      LLM_ROUTER_DEADLINE

    [[keys]]                           LLM_ROUTER_API_KEYS
    name = "alice"
    key = "..."
    budget = 2.5

    [providers.openai]
    api_key = "..."                    OPENAI_API_KEY
    base_url = "..."                   OPENAI_BASE_URL
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llm_providers.settings import PROVIDERS

__all__ = ["toml_variables"]

PREFIX = "LLM_ROUTER_"
SECTIONS = ("keys", "providers", "router")
OF_A_KEY = {"budget", "key", "name"}
OF_A_PROVIDER = {"api_key", "base_url"}


def toml_variables(path: Path) -> dict[str, str]:
    """Return the variables that a file sets.

    Raises ValueError, which names the file and the place and shows no key,
    for what is no TOML and for what has no meaning.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return _variables(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _variables(content: Mapping[str, Any]) -> dict[str, str]:
    _know(content, set(SECTIONS), "the file")
    found = {
        f"{PREFIX}{name.upper()}": _text(value, f"router.{name}")
        for name, value in _table(content, "router").items()
    }
    keys = content.get("keys", [])
    if keys:
        if not isinstance(keys, list):
            raise ValueError("keys has to be written as [[keys]]")
        found[f"{PREFIX}API_KEYS"] = ",".join(map(_key, keys))
    _know(_table(content, "providers"), set(PROVIDERS), "providers")
    for name, table in _table(content, "providers").items():
        if not isinstance(table, Mapping):
            raise ValueError(f"providers.{name} has to be a table")
        _know(table, OF_A_PROVIDER, f"providers.{name}")
        for what, value in table.items():
            variable = f"{name}_{what}".upper()
            found[variable] = _text(value, f"providers.{name}.{what}")
    return found


def _key(table: Any) -> str:
    if not isinstance(table, Mapping) or not {"name", "key"} <= set(table):
        raise ValueError("each of [[keys]] needs a name and a key")
    _know(table, OF_A_KEY, "keys")
    parts = [table["name"], table["key"]]
    if "budget" in table:
        parts.append(table["budget"])
    texts = [_text(part, "keys") for part in parts]
    if any(mark in text for text in texts for mark in ",:"):
        raise ValueError("no name and no key may hold a comma or a colon")
    return ":".join(texts)


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = content.get(name, {})
    if not isinstance(table, Mapping):
        raise ValueError(f"{name} has to be a table")
    return table


def _know(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(
            f"{', '.join(unknown)} means nothing in {where}; there are: "
            f"{', '.join(sorted(known))}"
        )


def _text(value: Any, place: str) -> str:
    """Return a value as a variable has it; lists with commas."""
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return ",".join(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{place} has to be a text, a number or texts")
    return str(value)
