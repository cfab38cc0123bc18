"""Where entrants stand for a task: the columns say what each one would."""

import random

import pytest


@pytest.fixture
def standings(llm):
    """Where everybody stands for some tasks, sizes and weights."""
    catalogue = llm.catalogue.load_catalogue()
    scorer = llm.recommender.scorer.Scorer(catalogue, catalogue.as_of)
    chance = random.Random(7)
    return [
        scorer.fit(
            llm.recommender.task.Task.of(
                {
                    "prompt_tokens": int(10 ** chance.uniform(0, 6)),
                    "output_tokens": chance.choice((None, 0, 900)),
                    "quality_weight": chance.choice((0, 0.4, 0.8, 1)),
                }
            )
        ).standing
        for _ in range(40)
    ]


def test_the_best_of_each_provider_that_is_not_known_is_its_first(standings):
    for standing in standings:
        every = sorted(standing.every())
        for known in ((), ("openai", "openrouter"), ("nobody",)):
            first = {}
            for one in every:
                first.setdefault(one.candidate.provider, one)
            best = [first[name] for name in first if name not in known]
            assert standing.best_of_others(known) == best


def test_any_number_of_the_best_comes_in_order(standings):
    for standing in standings:
        every = sorted(standing.every())
        for count in (1, 2, 17, len(every), len(every) + 5):
            assert standing.best(count) == every[:count]


def test_the_better_come_first_and_the_cheaper_are_counted(standings):
    for standing in standings:
        every = standing.every()
        for one in every[:: max(1, len(every) // 9)]:
            better = [x for x in every if x.points > one.points]
            assert list(every[: standing.better(one.points)]) == better
            cheaper = [x for x in every if x.cost_order < one.cost_order]
            assert standing.cheaper(one.cost_order) == len(cheaper)


def test_a_budget_keeps_those_whose_high_estimate_is_within_it(standings):
    for standing in standings:
        every = standing.every()
        for budget in (0.0, 0.003, 0.2):
            fit, dear = standing.within(budget)
            assert list(fit.every()) == [
                one for one in every if one.high_order <= budget
            ]
            assert list(dear.every()) == [
                one for one in every if one.high_order > budget
            ]
        fit, dear = standing.within(None)
        assert fit is standing
        assert not dear


def test_an_unknown_price_is_infinite_and_loses_like_a_dear_one(llm):
    recommender = llm.recommender
    tokens = recommender.tokens.TokenRange(1, 2, 4)
    entrant = recommender.choice.Entrant(
        target="a/b",
        points=70.0,
        window=900,
        most_input=900,
        most_output=900,
        input_rate=None,
        output_rate=1.0,
        expected=2,
        high=4,
        candidate=recommender.candidates.Candidate("a", "b"),
        measured=True,
        output=tokens,
    )
    field = recommender.field.Field([entrant])
    for output in (None, 0, 7):
        for weight in (0, 0.5, 1):
            [one] = field.standing(5, output, weight).every()
            assert one.cost_usd is None
            assert one.high_usd is None
            assert -one.loss == pytest.approx(
                recommender.choice.utility(70.0, None, weight)
            )
