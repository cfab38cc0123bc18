"""Who may be among the best: nobody else ever is."""

import random

import pytest


@pytest.fixture
def contenders(llm):
    return llm.recommender.contenders


def entrants(seed, count=120):
    draw = random.Random(seed)
    figures = [
        tuple(draw.choice((0, 1, 2, draw.random() * 3)) for _ in range(3))
        for _ in range(count)
    ]
    names = [f"n{number:03}" for number in range(count)]
    draw.shuffle(names)
    return figures, names, [draw.choice("xyz") for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_the_best_by_any_weights_are_among_them(contenders, seed):
    figures, names, groups = entrants(seed)
    found = set(contenders.contenders(figures, names, groups))
    draw = random.Random(seed)
    for _ in range(60):
        weights = [draw.choice((0, draw.random())) for _ in range(3)]

        def place(at, weights=weights):
            pairs = zip(weights, figures[at], strict=True)
            return sum(w * x for w, x in pairs), figures[at], names[at]

        order = sorted(range(len(figures)), key=place)
        assert set(order[: contenders.MOST]) <= found
        for group in "xyz":
            assert next(at for at in order if groups[at] == group) in found


def test_they_are_few_and_in_order(contenders):
    found = contenders.contenders(*entrants(1))
    assert found == sorted(found)
    assert len(found) < 80


def test_of_equals_the_first_by_name_stay(contenders):
    most = contenders.MOST
    names = [f"n{number:02}" for number in range(most + 5)]
    same = [(1, 1)] * len(names)
    found = contenders.contenders(same, names, ["x"] * len(names))
    assert found == list(range(most))


def test_an_answer_is_the_same_however_often_a_kind_was_asked_for(llm):
    catalogue = llm.catalogue.load_catalogue()
    tasks = [
        {"type": "code", "prompt_tokens": tokens, "quality_weight": weight}
        | limit
        for tokens in (0, 900, 90_000, 300_000)
        for weight in (0, 0.4, 1)
        for limit in ({}, {"output_tokens": 700}, {"max_cost_usd": 0.02})
    ]

    def agent():
        return llm.recommender_agent.RecommenderAgent(
            catalogue=catalogue,
            providers=("openai", "gemini", "openrouter"),
            today=catalogue.as_of,
        )

    def answers(ask):
        found = []
        for task in tasks:
            try:
                found.append(ask(task).to_dict())
            except ValueError as error:
                found.append(str(error))
        return found

    asked_often = agent()
    for _ in range(3):
        often = answers(asked_often.recommend_model)
    assert often == answers(lambda task: agent().recommend_model(task))
