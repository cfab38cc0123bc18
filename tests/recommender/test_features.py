"""What a model of prompts sees of them."""

import numpy as np
import pytest


@pytest.fixture
def features(llm):
    return llm.recommender.features


def figure(features, prompt, name):
    return features.shape(prompt)[list(features.SHAPE).index(name)]


def test_each_figure_of_the_shape_has_a_name(features):
    assert len(features.shape("")) == len(features.SHAPE)
    assert all(np.isfinite(features.shape("")))


@pytest.mark.parametrize(
    ("name", "there", "missing"),
    [
        ("question_mark", "who? me", "who, me"),
        ("ends_in_question_mark", "who? ", "who? me"),
        ("ends_in_full_stop", "So it is.\n", "So. it is"),
        ("starts_with_question_word", " Which one", "one which"),
        ("starts_capitalised", "One", "one"),
        ("several_lines", "a\nb", "a b"),
        ("gap_to_fill", "a _ b", "a b"),
        ("options", "A) one B) two", "one two"),
        ("code", "def f(): pass", "define f"),
        ("dollars", "$x$", "x"),
        ("digits", "42", "forty"),
    ],
)
def test_the_shape_tells_two_prompts_apart(features, name, there, missing):
    assert figure(features, there, name) > 0
    assert figure(features, missing, name) == 0


def test_the_whole_length_counts_though_only_the_start_is_read(features):
    most = features.READ
    longer = "a" * (2 * most)
    assert figure(features, longer, "characters") == pytest.approx(
        np.log1p(2 * most)
    )
    assert features.terms(longer) == features.terms("a" * most)


def test_terms_are_words_signs_and_pairs_in_lower_case(features):
    assert len(features.terms("One, two")) == 5
    assert features.terms("One two") == features.terms("one  TWO")
    assert features.terms("one two") != features.terms("two one")


def test_only_terms_of_two_prompts_are_known(features):
    vocabulary = features.Vocabulary.fit(["red fox", "red hen", "dog"])
    assert len(vocabulary.columns) == 1
    assert features.Vocabulary.fit(["a b", "a b"], most=2).rarity == [1, 1]


def test_weights_have_length_1_with_the_unknown_terms(features):
    vocabulary = features.Vocabulary.fit(["red fox", "red hen", "dog"])
    known = vocabulary.features("red")
    assert known.weights == [pytest.approx(1)]
    assert vocabulary.features("red cat").weights[0] < 0.6
    assert vocabulary.features("cat").columns == []


def test_a_rare_term_weighs_more_than_a_frequent_one(features):
    vocabulary = features.Vocabulary.fit(["a b", "a b", "a", "a"])
    both = dict(zip(vocabulary.columns, vocabulary.rarity, strict=True))
    assert sorted(both.values())[0] == 1.0
    assert both[next(iter(both))] == 1.0
