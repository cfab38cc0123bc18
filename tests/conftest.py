"""Fixtures: the packages under test and a sandbox to point them at.

Tests reach a package through ``llm`` or ``release`` alone. In the project's
own test run it is the package itself; when a learner's exercise is checked
it stands for a process of its own in which the learner's code runs.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from course.checking.loopback import stay_on_this_machine
from course.sandbox import Sandbox


class LocalPackage:
    """The package's modules as attributes, imported when first asked for."""

    def __init__(self, name: str = "llm_providers") -> None:
        self._name = name

    def __getattr__(self, module: str) -> "ModuleType | LocalPackage":
        name = f"{self._name}.{module}"
        try:
            found = importlib.import_module(name)
        except ModuleNotFoundError as error:
            raise AttributeError(module) from error
        return LocalPackage(name) if hasattr(found, "__path__") else found


@pytest.fixture(autouse=True)
def no_test_reaches_a_provider_or_sees_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stay_on_this_machine()
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)
    # No test writes to the ledger of whoever runs it.
    monkeypatch.setenv("LLM_ROUTER_LEDGER", "off")


@pytest.fixture(scope="session", autouse=True)
def one_authority(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Trust one authority alone: nothing here is asked over the network.

    Each client of an SDK reads all that are trusted, also for plain HTTP: 40
    ms for those of a system, 1 ms for one. A check has seen to it already.
    """
    if running_check(pytestconfig):
        yield
        return
    import certifi

    text = Path(certifi.where()).read_text("utf-8")
    end = "-----END CERTIFICATE-----\n"
    file = tmp_path_factory.mktemp("trusted") / "one_authority.pem"
    file.write_text(text[: text.index(end)] + end, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


def running_check(config: pytest.Config):
    """Return the check of an exercise that runs this test, if one does."""
    return getattr(config, "check", None)


@pytest.fixture(autouse=True)
def no_test_hides_what_another_one_shows() -> Iterator[None]:
    """Forget the keys of a test at its end: they are hidden in all texts."""
    module = sys.modules.get("llm_providers.redaction")
    known = getattr(module, "remembered", set())
    before = set(known)
    yield
    module = sys.modules.get("llm_providers.redaction")
    known = getattr(module, "remembered", set())
    known.intersection_update(before)


@pytest.fixture
def llm(pytestconfig: pytest.Config) -> object:
    check = running_check(pytestconfig)
    return check.package() if check else LocalPackage()


@pytest.fixture
def release(pytestconfig: pytest.Config) -> object:
    """The package that looks after a release, as `llm` is the agents'."""
    check = running_check(pytestconfig)
    return check.package("release") if check else LocalPackage("release")


@pytest.fixture
def sandbox(pytestconfig: pytest.Config) -> Iterator[Sandbox]:
    check = running_check(pytestconfig)
    if check:
        yield check.sandbox()
        return
    with Sandbox() as started:
        yield started


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the package asked to sleep; nothing sleeps."""
    return []


@pytest.fixture(scope="session")
def idle_servers() -> Iterator[list[Any]]:
    """Servers that no test uses now: starting and ending one takes long."""
    idle: list[Any] = []
    yield idle
    for one in idle:
        one.stop()


@pytest.fixture(scope="session")
def sdk_connections() -> Iterator[Any]:
    """Connections for OpenAI's SDK: making its own takes each client long."""
    import openai

    with openai.DefaultHttpxClient() as made:
        yield made


@pytest.fixture
def serve(
    pytestconfig: pytest.Config, llm: LocalPackage, idle_servers: list[Any]
) -> Iterator[Callable[[Mapping[str, str]], str]]:
    """Serve the router with these settings; give back its base URL.

    Each call makes an app of its own, which nothing is left of in the next
    test.
    """
    check = running_check(pytestconfig)
    if check:
        yield check.serve
        return
    from course.checking.serving import ServedApp

    used = []

    def start(environ: Mapping[str, str]) -> str:
        app = llm.llm_router.create_app(environ)
        if idle_servers:
            used.append(idle_servers.pop())
            used[-1].app = app
        else:
            used.append(ServedApp(app))
        return used[-1].url

    yield start
    for one in used:
        if one.is_idle:
            idle_servers.append(one)
        else:
            one.stop()
        one.app.state.service.close()
