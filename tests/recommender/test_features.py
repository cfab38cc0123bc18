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


def hashes(features, prompt):
    return features.terms(prompt)[0].tolist()


def test_the_whole_length_counts_though_only_the_start_is_read(features):
    most = features.READ
    longer = "a" * (2 * most)
    assert figure(features, longer, "characters") == pytest.approx(
        np.log1p(2 * most)
    )
    assert hashes(features, longer) == hashes(features, "a" * most)


def test_terms_are_words_signs_and_pairs_in_lower_case(features):
    assert len(hashes(features, "One, two")) == 5
    assert hashes(features, "One two") == hashes(features, "one  TWO")
    assert hashes(features, "one two") != hashes(features, "two one")
    assert len(hashes(features, "élan")) == 1
    assert hashes(features, " ") == []


def test_terms_are_counted(features):
    found, counts = features.terms("a a a")
    assert sorted(counts.tolist()) == [2, 3]


def test_only_terms_of_two_prompts_are_known(features):
    vocabulary = features.Vocabulary.fit(["red fox", "red hen", "dog"])
    assert len(vocabulary.terms) == 1
    assert len(features.Vocabulary.fit(["a b", "a b"], most=2).terms) == 2
    nothing = features.Vocabulary.fit(["a", "b"])
    assert nothing.features("a").columns.tolist() == []


def test_weights_have_length_1_with_the_unknown_terms(features):
    vocabulary = features.Vocabulary.fit(["red fox", "red hen", "dog"])
    assert vocabulary.features("red").weights == pytest.approx([1])
    assert vocabulary.features("red cat").weights[0] < 0.6
    assert vocabulary.features("cat").weights.tolist() == []


def test_a_rare_term_weighs_more_than_a_frequent_one(features):
    vocabulary = features.Vocabulary.fit(["a b", "a b", "a", "a"])
    frequent = vocabulary.features("a").columns[0]
    rare = vocabulary.features("b").columns[0]
    assert vocabulary.rarity[frequent] == 1 < vocabulary.rarity[rare]
