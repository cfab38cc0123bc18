"""`python3 -m course test --live`: one short call to each live provider.

Nothing is sent without a real key, without a provider that `.env` has made
live, and without a yes: COURSE_LIVE_CONSENT=yes, or the answer to a question.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from course.kernel.simulated_settings import read_env_file
from course.kit import Kit
from course.live.costs import Prices, Tokens
from course.live.providers import (
    Live,
    cost_lines,
    live_providers,
    open_gate,
    spending_of,
)
from course.live.spending import Spending
from course.problems import ExitCode

__all__ = ["CONSENT_VARIABLE", "run", "smoke_test"]

CONSENT_VARIABLE = "COURSE_LIVE_CONSENT"
PROMPT = "Reply with the single word: hello"
# Thinking counts as answer: with less, some models say nothing.
MAX_TOKENS = 1_000
CALLS = 2  # one whole, one as a stream


def run(settings: Mapping[str, str] | None = None) -> int:
    """Ask for a yes and make the calls; 0 where all of them went well."""
    kit = Kit()
    if settings is None:
        settings = {**read_env_file(kit), **os.environ}
    live = live_providers(settings)
    if not live:
        print(
            "No provider is live, so nothing was sent. In .env, put a real "
            "key in the place of the stand-in and take the line with the "
            "provider's base URL out."
        )
        return ExitCode.WRONG_USE
    prices, spending = Prices(kit), spending_of(kit, settings)
    for line in [*cost_lines(live, prices, spending), most(live, prices)]:
        print(line)
    if not consents(settings):
        print(f"Nothing was sent. {CONSENT_VARIABLE}=yes is a yes, too.")
        return ExitCode.WRONG_USE
    failed = list(smoke_test(live, prices, spending, settings))
    print(f"{spending.spent:.5f} USD are spent today.")
    return ExitCode.FAILED if any(failed) else ExitCode.DONE


def most(live: Sequence[Live], prices: Prices) -> str:
    """Return what the test costs at most, in a sentence."""
    tokens = Tokens(len(PROMPT), MAX_TOKENS)
    costs = [
        prices.cost(each.name, prices.usual_model(each.name), tokens)
        for each in live
    ]
    total = CALLS * sum(each for each in costs if each is not None)
    unknown = " and what nobody knows" if None in costs else ""
    return (
        f"This test makes {CALLS * len(live)} calls and costs at most "
        f"{total:.4f} USD{unknown}."
    )


def consents(
    settings: Mapping[str, str], ask: Callable[[str], str] = input
) -> bool:
    """Return whether whoever runs this has said yes."""
    said = settings.get(CONSENT_VARIABLE, "")
    if not said and sys.stdin is not None and sys.stdin.isatty():
        said = ask("Go on? Type yes: ")
    return said.strip().lower() == "yes"


def smoke_test(
    live: Sequence[Live],
    prices: Prices,
    spending: Spending,
    settings: Mapping[str, str],
) -> Iterator[bool]:
    """Call each provider whole and as a stream, within the budget.

    Prints a line on each call and yields whether it failed.
    """
    from llm_providers.agents import agent_for
    from llm_providers.settings import load_settings

    environ = dict(settings)
    gate = open_gate(live, prices, spending, environ)
    known = load_settings(environ)
    try:
        for each in live:
            agent = agent_for(each.name, settings=known[each.name])
            whole = agent.process_prompt(PROMPT, max_tokens=MAX_TOKENS)
            yield _told(each.name, "whole", whole)
            stream = agent.stream(PROMPT, max_tokens=MAX_TOKENS)
            for _ in stream:
                pass
            yield _told(each.name, "stream", stream.response)
    finally:
        gate.stop()


def _told(provider: str, how: str, response: Any) -> bool:
    """Print how a call went and return whether it failed."""
    well = response.status == "success" and bool(response.message.strip())
    cost = response.cost_usd
    told = "cost unknown" if cost is None else f"{cost:.6f} USD"
    posing = ", simulated" if response.simulated else ""
    print(
        f"{'ok' if well else 'FAILED':<7}{provider:<11}{how:<7}"
        f"{response.model}: {response.message[:60]!r}, {told}{posing}"
    )
    if response.error is not None:
        print(f"       {response.error.what_to_do}")
    return not well
