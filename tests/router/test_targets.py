"""Targets: which provider and model a name means."""

import pytest


def default(llm, provider):
    return llm.catalogue.load_catalogue().role(provider, "default").id


def test_the_first_part_is_the_provider_the_rest_its_model(llm):
    target = llm.router.targets.Target.of("openai/some-model")
    assert (target.provider, target.model) == ("openai", "some-model")


def test_a_router_s_model_keeps_its_own_slash(llm):
    target = llm.router.targets.Target.of("openrouter/openai/some-model")
    assert target.provider == "openrouter"
    assert target.model == "openai/some-model"


@pytest.mark.parametrize("name", ["gemini", "gemini/", " gemini "])
def test_a_provider_alone_means_its_default_model(llm, name):
    target = llm.router.targets.Target.of(name)
    assert (target.provider, target.model) == (
        "gemini",
        default(llm, "gemini"),
    )


def test_every_provider_has_a_default_target(llm):
    for provider in llm.settings.PROVIDERS:
        target = llm.router.targets.Target.of(provider)
        assert target.model == default(llm, provider)


@pytest.mark.parametrize("name", ["some-model", "", "/", "azure/some-model"])
def test_another_name_is_refused_and_told_what_is_valid(llm, name):
    with pytest.raises(ValueError, match=r"provider/model.*openrouter"):
        llm.router.targets.Target.of(name)


def test_a_name_without_end_is_refused_and_not_repeated(llm):
    with pytest.raises(ValueError) as told:
        llm.router.targets.Target.of("openai/" + "x" * 100_000)
    assert len(str(told.value)) < 300


def test_a_target_is_written_as_it_is_read(llm):
    name = "openrouter/openai/some-model"
    assert str(llm.router.targets.Target.of(name)) == name


def test_a_target_stays_what_it_is(llm):
    target = llm.router.targets.Target.of("openai/some-model")
    assert llm.router.targets.Target.of(target) is target


def test_the_same_target_is_equal_to_itself(llm):
    of = llm.router.targets.Target.of
    assert of("openai") == of("openai/")
    assert len({of("openai"), of("openai/")}) == 1
