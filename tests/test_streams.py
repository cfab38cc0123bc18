"""Streaming: text as it arrives, the standard response at the end."""

import pytest


@pytest.fixture
def agent(llm, sandbox, waits):
    """An agent that talks to the sandbox and does not sleep."""
    return llm.openai_agent.OpenAIAgent(
        api_key="sk-test-0123456789",
        base_url=sandbox.base_url("openai"),
        policy=llm.retry.RetryPolicy(first_wait=0.01, jitter=0.0),
        sleep=waits.append,
    )


PROMPT = "Explain what an HTTP status code is."


@pytest.mark.exercise("2.7")
def test_the_text_arrives_in_pieces(agent):
    assert len(list(agent.stream(PROMPT))) > 1


@pytest.mark.exercise("2.7")
def test_each_piece_is_a_text(agent):
    assert {type(piece).__name__ for piece in agent.stream(PROMPT)} == {"str"}


@pytest.mark.exercise("2.7")
def test_the_pieces_make_up_the_answer(agent):
    stream = agent.stream(PROMPT)
    text = "".join(list(stream))
    assert stream.response.message == text
    assert text == agent.process_prompt(PROMPT).message


@pytest.mark.exercise("2.7")
def test_it_ends_in_the_standard_response(agent):
    stream = agent.stream(PROMPT)
    list(stream)
    assert stream.response.status == "success"
    assert stream.response.finish_reason == "stop"
    assert stream.response.usage.total_tokens > 0


@pytest.mark.exercise("2.7")
def test_no_piece_is_empty(agent):
    assert "" not in list(agent.stream(PROMPT))


@pytest.mark.exercise("2.7")
def test_a_fault_before_the_first_text_is_retried(agent, sandbox, waits):
    sandbox.fail_next("openai", "server_error")
    stream = agent.stream(PROMPT)
    assert "".join(list(stream)) != ""
    assert stream.response.status == "success"
    assert len(sandbox.requests) == 2
    assert waits == [0.01]


@pytest.mark.exercise("2.7")
def test_a_stream_that_is_cut_is_an_error(agent, sandbox):
    sandbox.fail_next("openai", "stream_cut")
    stream = agent.stream(PROMPT)
    list(stream)
    assert stream.response.status == "error"
    assert stream.response.error.kind == "stream_interrupted"


@pytest.mark.exercise("2.7")
def test_the_error_carries_the_partial_text(agent, sandbox):
    sandbox.fail_next("openai", "stream_cut")
    stream = agent.stream(PROMPT)
    text = "".join(list(stream))
    assert text != ""
    assert stream.response.error.partial_text == text


@pytest.mark.exercise("2.7")
def test_after_the_first_text_nothing_is_retried(agent, sandbox):
    sandbox.fail_next("openai", "stream_error")
    stream = agent.stream(PROMPT)
    list(stream)
    assert stream.response.error.kind == "provider_unavailable"
    assert len(sandbox.requests) == 1


@pytest.mark.exercise("2.7")
def test_a_wrong_key_ends_in_the_response_not_in_an_exception(agent, sandbox):
    sandbox.fail_next("openai", "wrong_key")
    stream = agent.stream(PROMPT)
    assert list(stream) == []
    assert stream.response.error.kind == "authentication"


@pytest.mark.exercise("2.7")
def test_what_came_before_an_error_is_out_already(agent, sandbox):
    sandbox.fail_next("openai", "stream_error")
    stream = agent.stream(PROMPT)
    text = "".join(list(stream))
    assert text != ""
    assert stream.response.error.partial_text == text


def test_nothing_is_sent_before_the_iteration(agent, sandbox):
    agent.stream(PROMPT)
    assert len(sandbox.requests) == 0


def test_the_response_is_not_there_before_the_end(agent):
    stream = agent.stream(PROMPT)
    with pytest.raises(RuntimeError, match="to its end"):
        _ = stream.response


def test_a_stream_is_read_once(agent, sandbox):
    stream = agent.stream(PROMPT)
    list(stream)
    with pytest.raises(RuntimeError, match="read once"):
        list(stream)
    assert len(sandbox.requests) == 1


def test_usage_and_cost_are_those_of_the_whole_answer(agent):
    stream = agent.stream(PROMPT)
    list(stream)
    whole = agent.process_prompt(PROMPT)
    assert stream.response.usage == whole.usage
    assert stream.response.cost_usd == whole.cost_usd


def test_a_stream_stopped_early_lets_go_of_its_connection(agent, sandbox):
    for _ in range(5):
        for _text in agent.stream(PROMPT):
            break
    assert agent.process_prompt("Hello").status == "success"


@pytest.mark.parametrize("fault", ["html", "malformed_json"])
def test_a_page_instead_of_a_stream_is_an_error(agent, sandbox, fault):
    sandbox.fail_next("openai", fault, times=9)
    stream = agent.stream(PROMPT)
    list(stream)
    assert stream.response.error.kind in (
        "malformed_response",
        "stream_interrupted",
    )


def test_a_cut_stream_is_noted_in_the_ledger(agent, sandbox):
    sandbox.fail_next("openai", "stream_cut")
    stream = agent.stream(PROMPT)
    list(stream)
    kinds = [row.error_kind for row in stream.response.attempts]
    assert kinds == ["stream_interrupted"]
