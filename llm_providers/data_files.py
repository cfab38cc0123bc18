"""Where the package's data lie: in a wheel within it, else beside it."""

from pathlib import Path

__all__ = ["data_file", "data_places"]

PACKAGE = Path(__file__).resolve().parent


def data_places(name: str) -> tuple[Path, ...]:
    """Return where a file of data is looked for, in this order.

    A wheel carries the file inside the package, a checkout beside it.
    """
    return (PACKAGE / "data" / name, PACKAGE.parent / "data" / name)


def data_file(name: str) -> Path:
    """Return where a file of data is.

    Raises FileNotFoundError, which says what to do, if there is none.
    """
    places = data_places(name)
    for place in places:
        if place.is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise FileNotFoundError(
        f"There is no {name} at {looked}. Reinstall the package."
    )
