"""What is learned from outcomes, on a few rows made up here."""

import random
import subprocess
import sys
import threading

import numpy as np
import pytest

SUMS = "What is {a} + {b}? Put the number in a box, then stop."
WORDS = "write a poem on the word {word}\nwith a title\nand two lines"
NAMES = ("moon", "river", "stone", "bread", "night", "glass", "train")


def rows(llm, count=40, seed=1):
    """Sums, which "calm" can do, and poems, which "wild" can."""
    outcome = llm.recommender.outcomes.Outcome
    draw = random.Random(seed)
    made = []
    for number in range(count):
        sums = number % 2 == 0
        prompt = (
            SUMS.format(a=draw.randrange(99), b=draw.randrange(99))
            if sums
            else WORDS.format(word=draw.choice(NAMES))
        )
        scores = {
            "calm": float(draw.random() < (0.9 if sums else 0.1)),
            "wild": float(draw.random() < (0.2 if sums else 0.8)),
        }
        costs = {"calm": 1e-6 * len(prompt), "wild": 9e-6 * len(prompt)}
        made.append(
            outcome("sums" if sums else "poems", prompt, scores, costs)
        )
    return made


def changed(row, **fields):
    kept = {
        "task": row.task,
        "prompt": row.prompt,
        "scores": row.scores,
        "costs": row.costs,
    }
    return type(row)(**{**kept, **fields})


@pytest.fixture
def learned(llm):
    return llm.recommender.learned.LearnedRecommender


@pytest.fixture
def fitted(llm, learned):
    return learned.fit(rows(llm))


def best(estimates):
    return estimates.models[int(np.argmax(estimates.quality))]


def is_sound(estimates):
    figures = [*estimates.quality, estimates.novelty]
    return all(0 <= each <= 1 for each in figures) and all(
        each > 0 for each in estimates.cost_usd
    )


def test_a_given_task_has_the_model_that_did_it_best(fitted):
    assert best(fitted.predict("sums", "What is 3 + 4?")) == "calm"
    assert best(fitted.predict("poems", "write a poem on rain")) == "wild"


def test_a_task_that_is_not_given_is_told_from_the_prompt(fitted):
    found = fitted.predict(None, SUMS.format(a=5, b=61))
    assert found.task_probabilities["sums"] > 0.9
    assert best(found) == "calm"
    assert not found.abstained


def test_quality_is_pulled_to_the_mean_over_all_rows(fitted, llm):
    calm = [row.scores["calm"] for row in rows(llm) if row.task == "sums"]
    found = fitted.predict("sums", SUMS.format(a=5, b=61))
    assert 0.6 < found.quality[0] < sum(calm) / len(calm)


def test_cost_grows_with_the_prompt(fitted):
    short, long = (
        fitted.predict("sums", "1" * length).cost_usd for length in (40, 80)
    )
    assert short[1] == pytest.approx(9 * short[0], rel=0.01)
    assert long[0] == pytest.approx(2 * short[0], rel=0.1)


def test_estimates_can_be_looked_up_by_model(fitted):
    found = fitted.predict(fitted.tasks[0], "Anything.")
    assert tuple(found.quality_by_model) == found.models
    assert tuple(found.quality_by_model.values()) == found.quality
    assert tuple(found.cost_by_model.values()) == found.cost_usd


def test_models_and_tasks_are_sorted(fitted):
    assert fitted.models == ("calm", "wild")
    assert fitted.tasks == ("poems", "sums")


@pytest.mark.parametrize("task", [None, "chess"])
def test_a_prompt_like_none_before_gets_the_means_over_all(fitted, task):
    odd = "def f(x):\n" + "    return {x: [x, x]} # $\\\n" * 30
    found = fitted.predict(task, odd)
    assert found.abstained
    assert found.novelty > 0.9
    apart = found.quality[0] - found.quality[1]
    overall = fitted.knowledge.overall
    assert apart == pytest.approx(overall[0] - overall[1])


def pairs(llm, twins):
    """Four tasks: each of two, and one like it but for the name."""
    made = []
    for row in rows(llm, 160):
        made.append(row)
        made.append(changed(row, task=twins[row.task]))
    return made


def test_likeness_is_trusted_where_like_tasks_go_to_the_same_model(
    llm, learned
):
    twins = {"sums": "arithmetic", "poems": "verse"}
    found = learned.fit(pairs(llm, twins))
    estimates = found.predict("adding", SUMS.format(a=11, b=12))
    assert not estimates.abstained
    assert best(estimates) == "calm"


def test_likeness_is_not_trusted_where_it_misleads(llm, learned):
    twins = {"sums": "riddles", "poems": "puns"}
    swapped = [
        changed(
            row,
            scores={
                "calm": row.scores["wild"],
                "wild": row.scores["calm"],
            },
        )
        if row.task in twins.values()
        else row
        for row in pairs(llm, twins)
    ]
    found = learned.fit(swapped)
    assert found.predict("adding", SUMS.format(a=11, b=12)).abstained


def test_from_two_tasks_nothing_is_told_of_a_third(fitted):
    assert fitted.predict("adding", SUMS.format(a=11, b=12)).abstained
    assert not fitted.predict(None, SUMS.format(a=11, b=12)).abstained


@pytest.mark.parametrize("task", ["sums", "chess", None])
@pytest.mark.parametrize(
    "prompt", ["", " \n", "\x00\ud800é🙂", "x" * 2_000_000, "1 + " * 9_999]
)
def test_no_prompt_is_too_odd(fitted, task, prompt):
    assert is_sound(fitted.predict(task, prompt))


def test_saved_and_loaded_it_predicts_the_same(fitted, learned, tmp_path):
    fitted.save(tmp_path / "learned.npz")
    loaded = learned.load(tmp_path / "learned.npz")
    for task in ("sums", "chess", None):
        for prompt in ("", SUMS.format(a=1, b=2), "something else"):
            assert loaded.predict(task, prompt) == fitted.predict(task, prompt)
    assert [path.name for path in tmp_path.iterdir()] == ["learned.npz"]


def test_the_same_rows_teach_the_same(fitted, llm, learned):
    again = learned.fit(rows(llm))
    prompt = SUMS.format(a=1, b=2)
    assert again.predict(None, prompt) == fitted.predict(None, prompt)


def test_a_file_holds_no_pickle(fitted, tmp_path):
    fitted.save(tmp_path / "learned.npz")
    with np.load(tmp_path / "learned.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_another_file_is_refused_by_its_name(learned, tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("no arrays")
    other = tmp_path / "other.npz"
    np.savez(other, format=np.array(["something else"]))
    short = tmp_path / "short.npz"
    short.write_bytes(other.read_bytes()[:40])
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, format=np.array([{}], dtype=object))
    empty = tmp_path / "empty.npz"
    empty.touch()
    for path in (text, other, short, pickled, empty):
        with pytest.raises(ValueError, match=path.name):
            learned.load(path)
    with pytest.raises(FileNotFoundError):
        learned.load(tmp_path / "missing.npz")


def test_it_predicts_without_scikit_learn(fitted, tmp_path):
    fitted.save(tmp_path / "learned.npz")
    program = (
        "import sys\n"
        "from llm_providers.recommender.learned import LearnedRecommender\n"
        "found = LearnedRecommender.load(sys.argv[1]).predict(None, '1 + 1')\n"
        "print(len(found.models), 'sklearn' in sys.modules,"
        " 'scipy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "learned.npz")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2", "False", "False"]


def test_threads_share_it(fitted):
    prompts = [SUMS.format(a=n, b=n) for n in range(20)]
    alone = [fitted.predict(None, prompt) for prompt in prompts]
    found = {}

    def work(name):
        found[name] = [fitted.predict(None, prompt) for prompt in prompts]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(found.values()) == [alone] * 4


def test_rows_without_a_task_count_for_the_overall_mean(llm, learned):
    more = rows(llm) + [
        changed(row, task=None, scores={"calm": 1.0, "wild": 1.0})
        for row in rows(llm)
    ]
    found = learned.fit(more)
    assert found.tasks == ("poems", "sums")
    assert found.knowledge.overall.min() > 0.6


def test_without_any_task_it_learns_all_the_same(llm, learned, tmp_path):
    found = learned.fit([changed(row, task=None) for row in rows(llm)])
    assert found.tasks == ()
    assert best(found.predict(None, SUMS.format(a=1, b=2))) == "calm"
    assert best(found.predict(None, WORDS.format(word="moon"))) == "wild"
    found.save(tmp_path / "learned.npz")
    loaded = learned.load(tmp_path / "learned.npz")
    assert loaded.predict("sums", "1 + 1") == found.predict("sums", "1 + 1")


def test_one_task_or_one_model_or_one_row_is_enough(llm, learned):
    one_task = [row for row in rows(llm) if row.task == "sums"]
    one_model = [
        changed(row, scores={"calm": 1.0}, costs={"calm": 1e-6})
        for row in rows(llm)
    ]
    for some in (one_task, one_model, rows(llm)[:1], rows(llm)[:2]):
        found = learned.fit(some)
        for task in ("sums", "chess", None):
            assert is_sound(found.predict(task, "What is 1 + 2?"))


def test_no_rows_teach_nothing(llm, learned):
    with pytest.raises(llm.recommender.outcomes.OutcomeError, match="no"):
        learned.fit([])


def test_a_model_may_be_missing_from_some_rows(llm, learned):
    some = [
        changed(
            row,
            scores={"calm": row.scores["calm"]},
            costs={"calm": row.costs["calm"]},
        )
        if number % 3
        else row
        for number, row in enumerate(rows(llm, 60))
    ]
    found = learned.fit(some)
    assert found.models == ("calm", "wild")
    assert best(found.predict("poems", WORDS.format(word="moon"))) == "wild"


def test_words_count_where_they_tell_the_models_apart(llm, learned):
    learning = llm.recommender.learning
    draw = np.random.default_rng(0)
    none = draw.random(400)
    clear, chance = none - 0.1, none + draw.normal(0, 0.2, 400) * 0.1
    kept = [none] * (len(learning.SPECIALISTS) - 1)
    assert learning.worth_it([*kept, clear]) == learning.SPECIALISTS[-1]
    lucky = chance - chance.mean() + none.mean() - 0.001
    assert learning.worth_it([*kept, lucky]) == learning.SPECIALISTS[0]


def test_of_too_many_rows_a_sample_of_each_task_is_solved(llm):
    learning = llm.recommender.learning
    labels = np.array([0] * 9_000 + [1] * 1_000 + [2] + [-1] * 50)
    kept = learning.spread_sample(labels, 3, np.random.default_rng(0))
    assert 3_000 < len(kept) <= learning.MOST_ROWS
    assert set(labels[kept]) == {0, 1, 2}
