"""Point this process at the sandbox, for the providers that `.env` says."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from urllib.parse import urlsplit

from dotenv import dotenv_values

from course.kit import Kit
from course.sandbox import Sandbox
from course.setup.env_file import write_env_file

__all__ = [
    "REAL_HOSTS",
    "point_at",
    "read_env_file",
    "simulated_hosts",
    "simulated_providers",
]

# Where each provider really lives; refused while `.env` simulates it.
REAL_HOSTS = {
    "gemini": "generativelanguage.googleapis.com",
    "openai": "api.openai.com",
    "openrouter": "openrouter.ai",
    "requestry": "router.requesty.ai",
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def read_env_file(kit: Kit, example: bool = False) -> Mapping[str, str]:
    """Return the settings in `.env`, which is written when it is missing.

    Those of `.env.example` where it cannot be written, and for the
    solutions, which are simulated whatever a learner has set.
    """
    path, template = kit.root / ".env", kit.root / ".env.example"
    with suppress(OSError):
        write_env_file(kit.root)
    usable = path.exists() and not example
    values = dotenv_values(path if usable else template)
    return {name: value for name, value in values.items() if value}


def point_at(
    sandbox: Sandbox,
    settings: Mapping[str, str],
    environ: MutableMapping[str, str],
) -> list[str]:
    """Have the providers that `.env` simulates answered by this sandbox.

    Their keys are those of the file, too: a real one that happens to stand
    in the environment stays out of the course. Returns their names. A
    provider without such a line is left alone: it is live.
    """
    simulated = []
    for provider in sandbox.providers:
        prefix = provider.upper()
        if not _is_sandbox(_base_url(settings, provider), provider):
            continue
        environ[f"{prefix}_BASE_URL"] = sandbox.base_url(provider)
        key = settings.get(f"{prefix}_API_KEY")
        if key:
            environ[f"{prefix}_API_KEY"] = key
        simulated.append(provider)
    return simulated


def simulated_hosts(settings: Mapping[str, str]) -> list[str]:
    """Return the real hosts of all providers that `.env` simulates."""
    simulated = simulated_providers(settings)
    return [REAL_HOSTS[provider] for provider in simulated]


def simulated_providers(settings: Mapping[str, str]) -> list[str]:
    """Return the providers whose base URL leads to the sandbox."""
    return [
        provider
        for provider in REAL_HOSTS
        if _is_sandbox(_base_url(settings, provider), provider)
    ]


def _base_url(settings: Mapping[str, str], provider: str) -> str:
    return settings.get(f"{provider.upper()}_BASE_URL", "")


def _is_sandbox(url: str, provider: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return host in LOOPBACK and parts.path.startswith(f"/{provider}")
