"""The router's own settings: defaults, values, and what makes no sense."""

import pytest


def test_nothing_set_is_a_router_without_key_and_order(llm):
    found = llm.router.settings.load_router_settings({})
    assert not found.api_key
    assert found.auto == ()
    assert found.deadline_seconds > 0
    assert found.longest_body == 20 * 1024 * 1024


def test_every_value_can_be_set(llm):
    found = llm.router.settings.load_router_settings(
        {
            "LLM_ROUTER_API_KEY": "door-key-0123456789",
            "LLM_ROUTER_AUTO": " gemini/one , openrouter/a/b,",
            "LLM_ROUTER_DEADLINE": "2.5",
            "LLM_ROUTER_LONGEST_BODY": "1000",
        }
    )
    assert found.api_key.reveal() == "door-key-0123456789"
    assert found.auto == ("gemini/one", "openrouter/a/b")
    assert (found.deadline_seconds, found.longest_body) == (2.5, 1000)
    assert "door-key" not in repr(found)


def test_a_file_can_hold_them(llm, tmp_path):
    file = tmp_path / "router.env"
    file.write_text("LLM_ROUTER_DEADLINE=7\n")
    found = llm.router.settings.load_router_settings({}, file)
    assert found.deadline_seconds == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_ROUTER_AUTO", "nobody/x"),
        ("LLM_ROUTER_DEADLINE", "0"),
        ("LLM_ROUTER_DEADLINE", "soon"),
        ("LLM_ROUTER_DEADLINE", "nan"),
        ("LLM_ROUTER_LONGEST_BODY", "-1"),
    ],
)
def test_a_value_without_sense_is_named(llm, name, value):
    with pytest.raises(ValueError, match=name):
        llm.router.settings.load_router_settings({name: value})
