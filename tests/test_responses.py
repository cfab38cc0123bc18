"""The standard response and the usage that adds up."""

import json

import pytest


@pytest.mark.exercise("1.5")
def test_counts_are_added(llm):
    usage = llm.responses.Usage
    both = usage(10, 5, 15, 4, 2) + usage(1, 2, 3, 1, 1)
    assert both == usage(11, 7, 18, 5, 3)


@pytest.mark.exercise("1.5")
def test_unknown_on_both_sides_stays_unknown(llm):
    usage = llm.responses.Usage
    both = usage(10, 5, 15) + usage(1, 2, 3)
    assert both.reasoning_tokens is None


@pytest.mark.exercise("1.5")
def test_what_one_side_knows_is_kept(llm):
    usage = llm.responses.Usage
    both = usage(10, 5, 15, None, 2) + usage(1, None, 1, 3, None)
    assert both == usage(11, 5, 16, 3, 2)


@pytest.mark.exercise("1.5")
def test_a_count_of_zero_is_not_unknown(llm):
    usage = llm.responses.Usage
    both = usage(0, 0, 0, 0, 0) + usage()
    assert both == usage(0, 0, 0, 0, 0)


@pytest.mark.exercise("1.5")
def test_neither_side_is_changed(llm):
    usage = llm.responses.Usage
    first, second = usage(1, 1, 2), usage(2, 2, 4)
    both = first + second
    assert both == usage(3, 3, 6)
    assert (first, second) == (usage(1, 1, 2), usage(2, 2, 4))


@pytest.mark.exercise("1.5")
def test_the_total_is_taken_from_the_wire(llm):
    usage = llm.responses.Usage
    both = usage(10, 5, 60) + usage(1, 1, 2)
    assert both.total_tokens == 62


def test_a_response_becomes_plain_data(llm):
    responses = llm.responses
    response = responses.StandardResponse(
        status="success",
        message="Hi.",
        model="some-model",
        usage=responses.Usage(1, 2, 3),
        provider="openai",
    )
    plain = json.loads(json.dumps(response.to_dict()))
    assert plain["usage"]["total_tokens"] == 3
    assert plain["error"] is None
    assert plain["cost_usd"] is None


def test_a_total_is_known_only_where_every_part_of_it_is(llm):
    total = llm.responses.total_usd
    assert total([0.25, 0.5]) == 0.75
    assert total([0.25, None]) is None
    assert total([]) == 0
