"""Which providers are live in this course, and what to say of their cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from course.kernel.simulated_settings import simulated_providers
from course.kit import Kit
from course.live.costs import QUESTION, Prices
from course.live.gate import Gate
from course.live.lesson_costs import lesson_lines
from course.live.spending import Spending
from course.problems import CommandError, ExitCode
from course.workspace.workspace import workspace_folder

__all__ = [
    "BUDGET_VARIABLE",
    "DEFAULT_BUDGET",
    "Live",
    "cost_lines",
    "course_costs",
    "go_live",
    "live_providers",
    "open_gate",
    "spending_of",
]

BUDGET_VARIABLE = "COURSE_LIVE_BUDGET"
DEFAULT_BUDGET = 0.25  # USD a day
STAND_IN = "sandbox-"

# Where each provider's service has its base URL, unless `.env` has another.
BASE_URLS = {
    "gemini": "https://generativelanguage.googleapis.com",
    "openai": "https://api.openai.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "requestry": "https://router.requesty.ai/v1",
}
KEYS = {
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "requestry": ("REQUESTRY_API_KEY", "REQUESTY_API_KEY"),
}


@dataclass(frozen=True)
class Live:
    """A provider whose requests leave this machine."""

    name: str
    base_url: str


def live_providers(settings: Mapping[str, str]) -> list[Live]:
    """Return the providers that settings, as in `.env`, have made live.

    A real key is needed, and no base URL that leads to the sandbox: neither
    alone makes a provider live.
    """
    simulated = simulated_providers(settings)
    found = []
    for name, base_url in sorted(BASE_URLS.items()):
        keys = (settings.get(each, "") for each in KEYS[name])
        real = any(key and not key.startswith(STAND_IN) for key in keys)
        if real and name not in simulated:
            chosen = settings.get(f"{name.upper()}_BASE_URL") or base_url
            found.append(Live(name, chosen.rstrip("/")))
    return found


def spending_of(kit: Kit, settings: Mapping[str, str]) -> Spending:
    """Return today's spending in the workspace in use, with its budget.

    Raises CommandError for a budget that is no amount.
    """
    text = settings.get(BUDGET_VARIABLE, "")
    try:
        budget = float(text) if text else DEFAULT_BUDGET
    except ValueError:
        budget = -1.0
    if not 0 <= budget < float("inf"):
        raise CommandError(
            ExitCode.WRONG_USE,
            f"{BUDGET_VARIABLE} is {text!r}: an amount in USD is expected.",
        )
    folder = workspace_folder(kit, kit.root)
    return Spending(folder / "live_spending.json", budget)


def open_gate(
    live: Sequence[Live],
    prices: Prices,
    spending: Spending,
    environ: MutableMapping[str, str],
) -> Gate:
    """Let all calls of this process to live providers go by the gate."""
    gate = Gate({e.name: e.base_url for e in live}, prices, spending)
    for each in live:
        environ[f"{each.name.upper()}_BASE_URL"] = gate.base_url(each.name)
    return gate


def cost_lines(
    live: Sequence[Live], prices: Prices, spending: Spending
) -> Iterator[str]:
    """Yield what calls to live providers are going to cost, in sentences."""
    for each in live:
        model = prices.usual_model(each.name)
        cost = prices.cost(each.name, model, QUESTION)
        about = (
            "costs what nobody knows"
            if cost is None
            else (f"costs about {cost:.5f} USD")
        )
        yield (
            f"{each.name} is live: a question to {model} ({QUESTION.prompt} "
            f"tokens in, {QUESTION.answer} out) {about}."
        )
    if live:
        yield (
            f"{spending.spent:.5f} of {spending.budget:g} USD are spent "
            f"today; a call beyond that is refused ({BUDGET_VARIABLE})."
        )


def course_costs(
    kit: Kit, live: Sequence[Live], prices: Prices, spending: Spending
) -> list[str]:
    """Return what calls and whole notebooks are going to cost."""
    lessons = lesson_lines([each.name for each in live], prices, kit)
    return [*cost_lines(live, prices, spending), *lessons]


def go_live(
    kit: Kit, settings: Mapping[str, str], environ: MutableMapping[str, str]
) -> list[str]:
    """Send what goes to live providers by a gate that holds the budget.

    Returns what calls are going to cost, in sentences; none without a live
    provider. With a budget that is no amount, nothing may be spent.
    """
    live, problem = live_providers(settings), []
    if not live:
        return []
    try:
        spending = spending_of(kit, settings)
    except CommandError as error:
        problem = [f"{error} Nothing will be sent."]
        spending = spending_of(kit, {BUDGET_VARIABLE: "0"})
    prices = Prices(kit)
    open_gate(live, prices, spending, environ)
    return [*problem, *course_costs(kit, live, prices, spending)]
