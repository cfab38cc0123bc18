"""pyproject.toml, the lock, conda's file and .env.example agree."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from course.setup import environment, lab

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.txt").read_text("utf-8")


def wanted():
    """Everything that pyproject.toml asks for directly."""
    project = PROJECT["project"]
    groups = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    return [Requirement(line) for group in groups for line in group]


def locked():
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]
    return [Requirement(line) for line in lines]


def locked_here():
    """What is locked for this platform and this Python."""
    return [row for row in locked() if applies(row)]


def applies(requirement):
    marker = requirement.marker
    return marker is None or marker.evaluate({"extra": ""})


def pinned(requirement):
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return Version(specifier.version)


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_what_the_project_asks_for_is_locked_as_asked(requirement):
    name = canonicalize_name(requirement.name)
    found = [row for row in locked() if canonicalize_name(row.name) == name]
    assert found
    for row in found:
        assert pinned(row) in requirement.specifier


def test_everything_is_locked_to_one_version_of_this_python():
    chosen = locked_here()
    names = [row.name for row in chosen]
    assert len(names) == len(set(names)) > 100
    assert all(map(pinned, chosen))


def test_what_a_locked_package_needs_is_locked_too():
    """So that installers need not look anything up (--no-deps)."""
    chosen = locked_here()
    names = {canonicalize_name(row.name) for row in chosen}
    missing = [
        f"{row.name} needs {needed}"
        for row in chosen
        for needed in map(Requirement, metadata.requires(row.name) or ())
        if applies(needed)
        if canonicalize_name(needed.name) not in names
    ]
    assert missing == []


def test_the_lock_names_no_index_and_no_path():
    assert not re.search(r"^\s*-", LOCK, re.MULTILINE)
    assert not re.search(r"://|\bfile:|(^|[ =@])[/~.]\S*/", LOCK, re.MULTILINE)


def test_the_lock_is_for_the_oldest_python_that_the_project_takes():
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    command = LOCK.splitlines()[1]
    assert "--universal --python-version 3.11" in command
    assert PROJECT["tool"]["mypy"]["python_version"] == "3.11"
    assert PROJECT["tool"]["ruff"]["target-version"] == "py311"


def test_conda_installs_the_same_lock():
    described = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    python, pip, through_pip = described["dependencies"]
    assert python == f"python{PROJECT['project']['requires-python']}"
    assert pip == "pip"
    assert through_pip == {"pip": ["-r requirements.txt"]}


def test_the_environment_has_what_is_locked():
    assert environment.has_all_packages(ROOT / "requirements.txt")


def data_files():
    """The names of the data that the package's modules ask for."""
    asked = re.compile(r"\bdata_file\(\s*\"([^\"]+)\"")
    return {
        name
        for path in (ROOT / "llm_providers").rglob("*.py")
        for name in asked.findall(path.read_text("utf-8"))
    }


def test_the_wheel_takes_the_package_and_the_data_that_it_asks_for():
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["llm_providers"]
    assert "tasks.json" in data_files()
    taken = wheel["force-include"]
    assert data_files() <= {Path(source).name for source in taken}
    for source, target in taken.items():
        assert (ROOT / source).is_file()
        assert target == f"llm_providers/{source}"


def test_the_source_archive_takes_them_too():
    """A wheel is built from it."""
    targets = PROJECT["tool"]["hatch"]["build"]["targets"]
    taken = {f"/{source}" for source in targets["wheel"]["force-include"]}
    assert taken <= set(targets["sdist"]["include"])


@pytest.mark.parametrize(
    "provider", ["openai", "gemini", "requestry", "openrouter"]
)
def test_the_example_points_each_provider_at_the_sandbox(
    llm, sandbox, provider
):
    values = dotenv_values(ROOT / ".env.example")
    settings = llm.settings.load_settings(values)[provider]
    assert settings.api_key
    url = f"http://127.0.0.1:{lab.SANDBOX_PORT}/"
    assert settings.base_url.startswith(url)
    if provider in sandbox.providers:
        path = sandbox.base_url(provider).removeprefix(sandbox.url)
        assert settings.base_url == url.rstrip("/") + path
