"""Callers: keys by name, found by what they send."""

import pytest

ALICE, BOB = "alice-key-0123456789", "bob-key-0123456789"


@pytest.fixture
def parse(llm):
    return llm.router.callers.parse_keys


def test_keys_have_names_and_may_have_budgets(parse):
    text = f"alice:{ALICE}:2.5, bob:{BOB},"
    told = [
        (one.name, one.key.reveal(), one.budget_usd)
        for one in parse(text, 9.0)
    ]
    assert told == [("alice", ALICE, 2.5), ("bob", BOB, 9.0)]


@pytest.mark.parametrize(
    "text",
    [
        ALICE,
        f":{ALICE}",
        "alice:",
        f"alice:{ALICE}:much",
        f"alice:{ALICE}:-1",
        f"alice:{ALICE}:nan",
        f"alice:{ALICE}:1:2",
        f"alice:{ALICE},alice:{BOB}",
        f"alice:{ALICE},bob:{ALICE}",
    ],
)
def test_what_makes_no_sense_is_told_without_the_key(parse, text):
    with pytest.raises(ValueError) as error:
        parse(text, None)
    assert ALICE not in str(error.value)


@pytest.fixture
def find(llm, parse):
    """Return the name of the caller that a header is of, or None."""
    callers = llm.router.callers.Callers(
        parse(f"alice:{ALICE},bob:{BOB}", None), llm.router.callers.Caller()
    )

    def name_of(header):
        found = callers.find(header.encode())
        return found and found[1].name

    return name_of


def test_a_caller_is_found_by_the_key(find):
    assert find(f"Bearer {ALICE}") == "alice"
    assert find(f"bearer  {BOB} ") == "bob"


@pytest.mark.parametrize(
    "header", ["", ALICE, "Bearer", f"Basic {ALICE}", f"Bearer {ALICE}0"]
)
def test_nobody_else_is_let_in(find, header):
    assert find(header) is None


def test_without_keys_everybody_is_the_same_caller(llm):
    everybody = llm.router.callers.Caller(budget_usd=3.0)
    callers = llm.router.callers.Callers((), everybody)
    assert callers.find(b"") == ("", everybody)
    assert callers.find(b"Bearer anything") == ("", everybody)


def test_a_fingerprint_is_short_and_holds_nothing_of_the_key(llm):
    prints = [llm.router.callers.fingerprint(key) for key in (ALICE, BOB)]
    assert len(set(prints)) == 2
    for one in prints:
        assert len(one) == 16
        assert ALICE[:4] not in one
