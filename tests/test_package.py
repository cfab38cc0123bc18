"""The package as a whole: quick to import, honest about its names."""

import subprocess
import sys

import pytest

SDKS = (
    "fastapi",
    "google.genai",
    "google.generativeai",
    "httpx2",
    "openai",
    "pydantic",
    "requests",
)


def fresh(code):
    """Return what a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.split()


def test_importing_the_package_loads_no_sdk():
    loaded = fresh("import llm_providers, sys; print(*sys.modules)")
    assert not [name for name in SDKS if name in loaded]


def test_making_an_agent_loads_no_sdk():
    loaded = fresh(
        "import llm_providers, sys\n"
        "llm_providers.OpenAIAgent(api_key='x', base_url='http://127.0.0.1')\n"
        "print(*sys.modules)"
    )
    assert not [name for name in SDKS if name in loaded]


def test_every_public_name_is_there():
    missing = fresh(
        "import llm_providers as p\n"
        "print(*[n for n in p.__all__ if not hasattr(p, n)])"
    )
    assert missing == []


def test_the_list_of_public_names_is_sorted_and_complete():
    import importlib

    package = importlib.import_module("llm_providers")
    assert package.__all__ == sorted(package.__all__)
    assert sorted(package._MODULE_OF) == package.__all__
    assert set(package.__all__) <= set(dir(package))


def test_an_unknown_name_is_an_attribute_error():
    import importlib

    package = importlib.import_module("llm_providers")
    with pytest.raises(AttributeError, match="no_such_name"):
        package.no_such_name  # noqa: B018
