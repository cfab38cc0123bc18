"""The contract: all agents behave alike in everything that befalls them.

`contract_cases` has the table. Each cell is one prompt to one agent, and
then a single try of the same, whose exception is looked into: neither shows
the key, nor a part of it, in anything that can be printed or logged.
"""

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from contract_cases import PROMPT, Outcome, cells

from course.sandbox import Sandbox

CATALOGUE = json.loads(
    (Path(__file__).parents[1] / "data" / "models.json").read_text("utf-8")
)

# Characters of a key that are a part of it, and not chance.
PART = 5

# Seconds that a request may take to be counted after it was given up.
PATIENCE = 2.0


def running_check(request):
    """Return the check that judges a learner's package, if one does."""
    return getattr(request.config, "check", None)


@pytest.fixture
def llm(llm, request, cell):
    """The package, in a process that has what the cell's agent imports."""
    check = running_check(request)
    if check:
        check.load(cell.agent.libraries)
    return llm


@pytest.fixture(scope="module")
def one_sandbox(request):
    """The sandbox of all cells: a new one for each would take longer."""
    check = running_check(request)
    if check:
        yield check.sandbox()
        return
    with Sandbox() as started:
        yield started


@pytest.fixture
def sandbox(one_sandbox):
    one_sandbox.clear()
    return one_sandbox


class Log:
    """What a package logs, every field of it, as a text.

    A learner's package is far away: what is kept here saves most of a
    cell's requests to it.
    """

    def __init__(self, llm):
        logging = llm.ledger.logging
        self.llm = llm
        lines = logging.io.StringIO()
        self._handler = logging.StreamHandler(lines)
        style = {"defaults": {"fields": ""}}
        form = "%(name)s %(message)s %(fields)s"
        self._handler.setFormatter(logging.Formatter(form, **style))
        logger = logging.getLogger("llm_providers")
        self._level = logger.level
        self._set_level = logger.setLevel
        self._add, self._remove = logger.addHandler, logger.removeHandler
        self._rewind, self._cut = lines.seek, lines.truncate
        self.text = lines.getvalue

    def begin(self):
        """Forget what was logged, and listen."""
        self._rewind(0)
        self._cut()
        self._set_level("DEBUG")
        self._add(self._handler)

    def end(self):
        """Listen no more."""
        self._remove(self._handler)
        self._set_level(self._level)


@pytest.fixture(scope="module")
def logs():
    """The log of the package's present process, once there is one."""
    return []


@pytest.fixture
def log(llm, logs):
    """What the package logs in this cell."""
    if not logs or logs[-1].llm is not llm:
        logs[:] = [Log(llm)]
    logs[-1].begin()
    yield logs[-1]
    # The package's process may have ended, and its log with it.
    with suppress(BaseException):
        logs[-1].end()


def fail(sandbox, cell):
    """Let the next requests meet the fault of a cell."""
    case = cell.case
    if case.fault:
        provider = cell.agent.provider
        options = dict(case.options)
        sandbox.fail_next(provider, case.fault, times=case.times, **options)


def model_of(cell):
    """Return the id of the model that a cell asks."""
    if cell.case.model == "unknown":
        return cell.agent.unknown_model
    return CATALOGUE["roles"][cell.agent.provider][cell.case.model]


def replacement_of(cell):
    """Return the id that stands in the catalogue for a retired model."""
    asked = (cell.agent.provider, model_of(cell))
    return next(
        row["replacement"]
        for row in CATALOGUE["models"]
        if (row["provider"], row["id"]) == asked
    )


def make(llm, sandbox, waits, cell):
    """Return the agent of a cell."""
    column, case = cell.agent, cell.case
    options = {
        "api_key": column.key,
        "base_url": sandbox.base_url(column.provider),
        "model": model_of(cell),
        "policy": llm.retry.RetryPolicy(jitter=0.0, attempts=case.attempts),
        "sleep": waits.append,
        **column.options,
        **case.agent,
    }
    return getattr(getattr(llm, column.module), column.class_name)(**options)


def ask(agent, case):
    """Return the response, and the text that came in pieces, if any did."""
    if not case.stream:
        return agent.process_prompt(PROMPT), None
    stream = agent.stream(PROMPT)
    pieces = list(stream)
    return stream.response, "".join(pieces)


def arrived(sandbox, cell):
    """Return how many requests there were, late ones included."""
    given_up = "timeout" in cell.case.agent
    until = time.monotonic() + PATIENCE * given_up
    expected = cell.expected.requests
    while len(sandbox.requests) < expected and time.monotonic() < until:
        time.sleep(0.01)
    return len(sandbox.requests)


def outcome(response, streamed, requests, waits):
    """Return what a response says, in the table's terms."""
    error = response.error
    text = response.message if error is None else error.partial_text
    if streamed is not None and streamed != text:
        text = f"{text} (streamed: {streamed})"
    usage = response.usage
    return Outcome(
        end=response.finish_reason if error is None else error.kind,
        retryable=None if error is None else error.retryable,
        text=text,
        requests=requests,
        tries=tuple(row.error_kind or "answer" for row in response.attempts),
        waits=tuple(waits),
        tokens=(
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.total_tokens,
        ),
    )


def shown_by(response, agent):
    """Return all that can be printed of a response and an agent."""
    as_data = json.dumps(response.to_dict(), default=str)
    return [repr(response), as_data, repr(agent), repr(agent.settings)]


def shown_by_errors(error):
    """Return all that can be printed of a chain of exceptions."""
    seen = []
    while error is not None:
        seen += [str(error), repr(error), str(vars(error))]
        error = error.__cause__ or error.__context__
    return seen


def parts_shown(key, texts):
    """Return the parts of a key that stand in one of the texts."""
    whole = "\n".join(texts)
    parts = [key[at : at + PART] for at in range(3, len(key) - PART + 1)]
    return [part for part in parts if part in whole]


def error_of_one_try(llm, agent, stream):
    """Return the exception that a try without any retry ends in."""
    prompt = agent.prepare(PROMPT)
    try:
        if stream:
            list(agent.pieces(prompt))
        else:
            agent.complete(prompt)
    except llm.errors.ProviderError as error:
        return error
    # A stream that was cut ends quietly; only the whole of it tells.
    assert stream
    return None


@pytest.mark.exercise("contract")
@pytest.mark.parametrize("cell", cells(), ids=lambda cell: cell.name)
def test_the_contract_holds(llm, sandbox, waits, log, cell):
    fail(sandbox, cell)
    agent = make(llm, sandbox, waits, cell)
    response, streamed = ask(agent, cell.case)
    requests = arrived(sandbox, cell)
    came = outcome(response, streamed, requests, waits)
    assert came == cell.expected
    if cell.expected.end == "model_retired":
        assert replacement_of(cell) in response.error.what_to_do
    texts = [*shown_by(response, agent), log.text()]
    assert parts_shown(cell.agent.key, texts) == []
    if cell.fails_at_first:
        sandbox.clear()
        fail(sandbox, cell)
        error = error_of_one_try(llm, agent, cell.case.stream)
        texts = [*shown_by_errors(error), log.text()]
        assert parts_shown(cell.agent.key, texts) == []
