"""What in the model catalogue needs a look: ``course catalogue check``.

Names the rows that nobody has checked for long, the prices that differ from
those of genai-prices, the roles that a model can no longer play, and the
models that end soon. Works offline, and on the same day says the same.
"""

import argparse
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from pathlib import Path

from llm_providers.catalogue import Catalogue, CatalogueError, load_catalogue

__all__ = ["Finding", "findings", "main"]

# The state in which a role's model has to be; the other roles want "active".
ROLE_STATUS = {"retiring": "deprecated", "retired": "retired"}
# A model that shuts down is news to act on, not a mistake in the catalogue.
HARMLESS = {"ends", "explained"}


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``kind`` tells whether the check fails."""

    kind: str
    provider: str
    id: str
    detail: str

    @property
    def fails(self) -> bool:
        """Whether somebody has to correct the catalogue."""
        return self.kind not in HARMLESS


def findings(
    catalogue: Catalogue,
    today: date,
    *,
    stale_after: int = 60,
    shutdown_within: int = 90,
) -> list[Finding]:
    """All that needs a look on that day; the limits are days."""
    return [
        *_stale(catalogue, today, stale_after),
        *_differing(catalogue),
        *_miscast(catalogue, today),
        *_ending(catalogue, today, shutdown_within),
    ]


def main(argv: list[str]) -> int:
    """Print the report; 1 where the catalogue is stale or contradicted."""
    options = _parser().parse_args(argv)
    try:
        catalogue = load_catalogue(options.file)
        found = findings(
            catalogue,
            options.today,
            stale_after=options.stale_after,
            shutdown_within=options.shutdown_within,
        )
    except CatalogueError as error:
        print(error)
        return 2
    print(
        f"Model catalogue of {catalogue.as_of}, {len(catalogue.rows)} rows, "
        f"looked at as on {options.today}."
    )
    for line in _table(found):
        print(line)
    wrong = sum(finding.fails for finding in found)
    print(f"{wrong} to correct, {len(found) - wrong} to know.")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m course catalogue", description=__doc__
    )
    parser.add_argument("action", choices=["check"])
    parser.add_argument(
        "--today",
        type=date.fromisoformat,
        default=date.today(),
        metavar="YYYY-MM-DD",
        help="the day to look at it from (default: today)",
    )
    parser.add_argument(
        "--stale-after",
        type=int,
        default=60,
        metavar="DAYS",
        help="how old a row's check may be (default: 60)",
    )
    parser.add_argument(
        "--shutdown-within",
        type=int,
        default=90,
        metavar="DAYS",
        help="how far ahead to look for shutdowns (default: 90)",
    )
    parser.add_argument(
        "--file", type=Path, help="another catalogue than the project's"
    )
    return parser


def _stale(
    catalogue: Catalogue, today: date, stale_after: int
) -> Iterator[Finding]:
    """Rows whose check is too old; a model that is gone changes no more."""
    for model in catalogue.rows:
        age = (today - model.checked_on).days
        if age > stale_after and model.status_on(today) != "retired":
            detail = f"checked on {model.checked_on}, {age} days ago"
            yield Finding("stale", model.provider, model.id, detail)


def _differing(catalogue: Catalogue) -> Iterator[Finding]:
    # Imported here: the report's other parts need no package of prices.
    from course.upkeep.price_comparison import explanations, price_differences

    path = catalogue.path.with_name("price_differences.json")
    explained = explanations(path) if path.is_file() else {}
    for difference in price_differences(catalogue):
        provider, name, detail = astuple(difference)
        reason = explained.pop(difference, None)
        if reason is None:
            yield Finding("differs", provider, name, detail)
        else:
            yield Finding("explained", provider, name, f"{detail}. {reason}")
    for difference in explained:
        provider, name, detail = astuple(difference)
        detail = f"no longer so, take it out of {path.name}: {detail}"
        yield Finding("settled", provider, name, detail)


def _miscast(catalogue: Catalogue, today: date) -> Iterator[Finding]:
    """Roles whose model has left the state that the role asks for."""
    for provider, roles in catalogue.roles.items():
        for role, name in roles.items():
            status = catalogue.role(provider, role).status_on(today)
            wanted = ROLE_STATUS.get(role, "active")
            if status != wanted:
                detail = f"plays {role!r}, but is {status}, not {wanted}"
                yield Finding("role", provider, name, detail)


def _ending(
    catalogue: Catalogue, today: date, shutdown_within: int
) -> Iterator[Finding]:
    last = today + timedelta(days=shutdown_within)
    for model in catalogue.rows:
        end = model.shutdown_on
        if end is not None and today <= end <= last:
            left = (end - today).days
            instead = model.replacement or "nothing named"
            detail = f"off on {end}, in {left} days; instead: {instead}"
            yield Finding("ends", model.provider, model.id, detail)


def _table(found: list[Finding]) -> Iterator[str]:
    rows = [("WHAT", "PROVIDER", "MODEL", "WHY"), *map(astuple, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows if found else ():
        cells = zip(row[:3], widths, strict=False)
        yield "  ".join([*(c.ljust(width) for c, width in cells), row[3]])
