"""Keys and addresses of the providers, from the environment and `.env`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from llm_providers.errors import AuthenticationError, MissingKeyError
from llm_providers.redaction import MASK, remember

__all__ = [
    "PROVIDERS",
    "ProviderDefaults",
    "ProviderSettings",
    "Secret",
    "Settings",
    "load_settings",
    "variables",
]


class Secret:
    """A key that shows itself only when asked by name."""

    def __init__(self, value: str = "") -> None:
        """Keep `value` and have it hidden in everything redacted."""
        self._value = value
        remember(value)

    def reveal(self) -> str:
        """Return the key itself, for the one place that sends it."""
        return self._value

    def __bool__(self) -> bool:
        """Return whether there is a key at all."""
        return bool(self._value)

    def __repr__(self) -> str:
        """Return a text that tells nothing of the key, nor its length."""
        return f"Secret({MASK!r})" if self else "Secret('')"

    def __eq__(self, other: object) -> bool:
        """Return whether `other` is a secret with the same key."""
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        """Return a hash that agrees with equality."""
        return hash(self._value)


@dataclass(frozen=True)
class ProviderDefaults:
    """Where a provider's settings come from, and who speaks to it.

    `base_url` is its public address; `agent` names module and class.
    """

    name: str
    key_variables: tuple[str, ...]
    base_url_variable: str
    base_url: str
    agent: str


# "Requestry" is this course's name for the service Requesty, whose own
# variable is accepted too.
PROVIDERS: Mapping[str, ProviderDefaults] = {
    row.name: row
    for row in (
        ProviderDefaults(
            "openai",
            ("OPENAI_API_KEY",),
            "OPENAI_BASE_URL",
            "https://api.openai.com/v1",
            "openai_agent.OpenAIAgent",
        ),
        ProviderDefaults(
            "gemini",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            "GEMINI_BASE_URL",
            "https://generativelanguage.googleapis.com",
            "gemini_agent.GeminiAgent",
        ),
        ProviderDefaults(
            "requestry",
            ("REQUESTRY_API_KEY", "REQUESTY_API_KEY"),
            "REQUESTRY_BASE_URL",
            "https://router.requesty.ai/v1",
            "requestry_agent.RequestryAgent",
        ),
        ProviderDefaults(
            "openrouter",
            ("OPENROUTER_API_KEY",),
            "OPENROUTER_BASE_URL",
            "https://openrouter.ai/api/v1",
            "openrouter_agent.OpenRouterAgent",
        ),
    )
}


@dataclass(frozen=True)
class ProviderSettings:
    """One provider's key and base URL."""

    provider: str
    api_key: Secret
    base_url: str
    key_variables: tuple[str, ...] = ()

    def require_key(self) -> Secret:
        """Return the key.

        Raises MissingKeyError, which names the variable to set, when there
        is none.
        """
        if not self.api_key:
            variables = " or ".join(self.key_variables)
            raise MissingKeyError(
                f"No API key for {self.provider}: {variables} is not set."
            )
        return self.api_key

    def sendable_key(self) -> Secret:
        """Return the key, if a header can carry it.

        Raises MissingKeyError, and AuthenticationError for a key with other
        characters: HTTP libraries raise errors of their own, with the key
        in them.
        """
        key = self.require_key().reveal()
        if not (key.isascii() and key.isprintable()):
            raise AuthenticationError(
                "The API key holds characters that cannot be sent.",
                sent=False,
            )
        return self.api_key


class Settings(Mapping[str, ProviderSettings]):
    """The settings of all providers, by provider name."""

    def __init__(self, providers: Mapping[str, ProviderSettings]) -> None:
        self._providers = dict(providers)

    def __getitem__(self, provider: str) -> ProviderSettings:
        return self._providers[provider]

    def __iter__(self) -> Iterator[str]:
        return iter(self._providers)

    def __len__(self) -> int:
        return len(self._providers)


def load_settings(
    environ: Mapping[str, str] | None = None,
    env_file: str | os.PathLike[str] | None = None,
) -> Settings:
    """Return the settings of all providers.

    A variable of the environment wins over the same one in `.env`, which is
    looked for in the current folder and those above it. With `environ`
    given, only that mapping (and `env_file`, if given) counts. A variable
    with nothing but white space in it counts as not set.
    """
    values = _file_values(env_file, search=environ is None)
    values.update(os.environ if environ is None else environ)
    present = {
        name: value.strip() for name, value in values.items() if value.strip()
    }
    return Settings(
        {name: _read(row, present) for name, row in PROVIDERS.items()}
    )


def variables(
    environ: Mapping[str, str] | None = None,
    env_file: str | os.PathLike[str] | None = None,
) -> dict[str, str]:
    """Return the variables that are set, where `load_settings` looks."""
    values = _file_values(env_file, search=environ is None)
    values.update(os.environ if environ is None else environ)
    return {name: value.strip() for name, value in values.items()
            if value.strip()}


def _read(
    row: ProviderDefaults, present: Mapping[str, str]
) -> ProviderSettings:
    keys = [present[name] for name in row.key_variables if name in present]
    return ProviderSettings(
        provider=row.name,
        api_key=Secret(keys[0] if keys else ""),
        base_url=present.get(row.base_url_variable, row.base_url).rstrip("/"),
        key_variables=row.key_variables,
    )


def _file_values(
    env_file: str | os.PathLike[str] | None, search: bool
) -> dict[str, str]:
    import dotenv

    path = env_file or (dotenv.find_dotenv(usecwd=True) if search else "")
    if not path or not Path(path).is_file():
        return {}
    if Path(path).suffix == ".toml":
        from llm_providers.config_file import toml_variables

        return toml_variables(Path(path))
    found = dotenv.dotenv_values(path)
    return {name: value or "" for name, value in found.items()}
