"""Keys and addresses: read from where they should be, shown nowhere."""

import copy

import pytest

KEY = "sk-test-0123456789"


@pytest.mark.exercise("1.1")
def test_a_secret_gives_its_key_when_asked(llm):
    assert llm.settings.Secret(KEY).reveal() == KEY


@pytest.mark.exercise("1.1")
def test_neither_print_nor_repr_shows_the_key(llm):
    shown = llm.settings.Secret(KEY).__repr__()
    assert KEY[-4:] not in shown
    assert KEY[:7] not in shown


@pytest.mark.exercise("1.1")
def test_a_formatted_secret_shows_nothing_either(llm):
    secret = llm.settings.Secret(KEY)
    assert KEY[-4:] not in secret.__format__("")


@pytest.mark.exercise("1.1")
def test_keys_of_any_length_look_the_same(llm):
    short = llm.settings.Secret("sk-12345678").__repr__()
    long = llm.settings.Secret("sk-" + "7" * 90).__repr__()
    assert short == long


@pytest.mark.exercise("1.1")
def test_an_empty_secret_counts_as_no_key(llm):
    assert llm.settings.Secret("").__bool__() is False
    assert llm.settings.Secret(KEY).__bool__() is True


@pytest.mark.exercise("1.1")
def test_two_secrets_with_the_same_key_are_equal(llm):
    first = llm.settings.Secret(KEY)
    assert first.__eq__(llm.settings.Secret(KEY)) is True
    assert first.__eq__(llm.settings.Secret("sk-another-key")) is False


def times_found(llm, value, items):
    """Return how often a list holds a value.

    The package's side compares: a test's own `==` would not leave the test.
    """
    return llm.prompts.Sequence.count(items, value)


@pytest.mark.exercise("1.1")
def test_a_secret_is_not_equal_to_its_text(llm):
    assert times_found(llm, KEY, [llm.settings.Secret(KEY)]) == 0


@pytest.mark.exercise("1.1")
def test_equal_secrets_have_the_same_hash(llm):
    first = llm.settings.Secret(KEY).__hash__()
    assert first == llm.settings.Secret(KEY).__hash__()


@pytest.mark.exercise("1.1")
def test_redaction_knows_a_key_once_it_is_kept(llm):
    llm.settings.Secret("zebra-4711-lantern")
    assert "zebra-4711-lantern" in llm.redaction.remembered


@pytest.mark.exercise("1.1")
@pytest.mark.parametrize("key", ["q-7", KEY], ids=["short", "long"])
def test_the_mask_stands_for_a_key_of_any_length(llm, key):
    assert "[redacted]" in llm.settings.Secret(key).__repr__()


@pytest.mark.exercise("1.1")
@pytest.mark.parametrize(
    "other",
    ["sk-test-9876543210", KEY.upper()],
    ids=["as long", "in capitals"],
)
def test_two_secrets_with_different_keys_are_not_equal(llm, other):
    first = llm.settings.Secret(KEY)
    assert first.__eq__(llm.settings.Secret(other)) is False


@pytest.mark.exercise("1.1")
def test_a_secret_gives_its_key_as_it_is_each_time(llm):
    secret = llm.settings.Secret("sk-Mixed-Case-0123")
    given = [secret.reveal() for _ in range(2)]
    assert given == ["sk-Mixed-Case-0123"] * 2


@pytest.mark.exercise("1.3")
def test_a_key_that_is_there_is_given_back(llm):
    settings = llm.settings.load_settings({"OPENAI_API_KEY": KEY})
    assert settings["openai"].require_key().reveal() == KEY


@pytest.mark.exercise("1.3")
def test_a_missing_key_names_its_variable(llm):
    settings = llm.settings.load_settings({})
    with pytest.raises(llm.errors.MissingKeyError) as caught:
        settings["openai"].require_key()
    assert "OPENAI_API_KEY" in str(caught.value)


@pytest.mark.exercise("1.3")
def test_where_two_variables_will_do_both_are_named(llm):
    settings = llm.settings.load_settings({})
    with pytest.raises(llm.errors.MissingKeyError) as caught:
        settings["requestry"].require_key()
    assert "REQUESTRY_API_KEY or REQUESTY_API_KEY" in str(caught.value)


@pytest.mark.exercise("1.3")
def test_a_missing_key_names_its_provider(llm):
    settings = llm.settings.load_settings({})
    with pytest.raises(llm.errors.MissingKeyError) as caught:
        settings["gemini"].require_key()
    assert "gemini" in str(caught.value)


@pytest.mark.exercise("1.3")
def test_the_key_stays_a_secret(llm):
    settings = llm.settings.load_settings({"OPENAI_API_KEY": KEY})
    assert KEY not in settings["openai"].require_key().__repr__()


def test_white_space_is_no_key(llm):
    settings = llm.settings.load_settings({"OPENAI_API_KEY": " \n"})
    with pytest.raises(llm.errors.MissingKeyError):
        settings["openai"].require_key()


def test_a_key_loses_the_white_space_around_it(llm):
    settings = llm.settings.load_settings({"OPENAI_API_KEY": f" {KEY}\n"})
    assert settings["openai"].require_key().reveal() == KEY


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("gemini", "GEMINI_API_KEY"),
        ("gemini", "GOOGLE_API_KEY"),
        ("requestry", "REQUESTRY_API_KEY"),
        ("requestry", "REQUESTY_API_KEY"),
        ("openrouter", "OPENROUTER_API_KEY"),
    ],
)
def test_each_provider_reads_its_variables(llm, provider, variable):
    settings = llm.settings.load_settings({variable: KEY})
    assert settings[provider].require_key().reveal() == KEY


def test_the_course_s_own_variable_comes_first(llm):
    settings = llm.settings.load_settings(
        {"REQUESTY_API_KEY": "second", "REQUESTRY_API_KEY": "first"}
    )
    assert settings["requestry"].api_key.reveal() == "first"


def test_a_base_url_can_be_set_for_each_provider(llm):
    settings = llm.settings.load_settings(
        {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1/"}
    )
    assert settings["openai"].base_url == "http://127.0.0.1:9/v1"
    assert settings["gemini"].base_url.startswith("https://")


def test_an_env_file_is_read(llm, tmp_path):
    path = tmp_path / ".env"
    path.write_text(f"OPENAI_API_KEY='{KEY}'\n# a comment\n", "utf-8")
    settings = llm.settings.load_settings({}, env_file=str(path))
    assert settings["openai"].api_key.reveal() == KEY


def test_the_environment_wins_over_the_file(llm, tmp_path):
    path = tmp_path / ".env"
    path.write_text("OPENAI_API_KEY=from-the-file\n", "utf-8")
    settings = llm.settings.load_settings(
        {"OPENAI_API_KEY": KEY}, env_file=str(path)
    )
    assert settings["openai"].api_key.reveal() == KEY


def test_a_file_is_found_from_a_folder_below_it(llm, tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(f"OPENROUTER_API_KEY={KEY}\n", "utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    settings = llm.settings.load_settings()
    assert settings["openrouter"].api_key.reveal() == KEY


def test_a_missing_file_is_the_same_as_an_empty_one(llm, tmp_path):
    missing = str(tmp_path / "nowhere")
    settings = llm.settings.load_settings({}, env_file=missing)
    assert not settings["openai"].api_key


def test_settings_list_all_providers(llm):
    names = sorted(llm.settings.load_settings({}))
    assert names == ["gemini", "openai", "openrouter", "requestry"]


def test_printing_the_settings_shows_no_key(llm):
    settings = llm.settings.load_settings({"OPENAI_API_KEY": KEY})
    assert KEY not in repr(settings["openai"])
    assert KEY not in repr(copy.copy(settings["openai"]))


def test_every_provider_names_its_agent(llm):
    agents = {
        name: row.agent for name, row in llm.settings.PROVIDERS.items()
    }
    assert agents == {
        "openai": "openai_agent.OpenAIAgent",
        "gemini": "gemini_agent.GeminiAgent",
        "requestry": "requestry_agent.RequestryAgent",
        "openrouter": "openrouter_agent.OpenRouterAgent",
    }


@pytest.mark.parametrize("key", ["sk-line\nbreak", "sk-ключ", "sk-\x00"])
def test_a_key_that_no_header_can_carry_is_told_and_not_shown(llm, key):
    settings = llm.settings.load_settings({"OPENAI_API_KEY": key})["openai"]
    with pytest.raises(llm.errors.AuthenticationError) as caught:
        settings.sendable_key()
    assert key not in repr(caught.value)
    assert caught.value.sent is False


def test_any_other_key_can_be_sent(llm):
    settings = llm.settings.load_settings({"OPENAI_API_KEY": KEY})["openai"]
    assert settings.sendable_key().reveal() == KEY
