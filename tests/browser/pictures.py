"""Pictures of the screen: taken, and compared loosely."""

import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator

SMALL = (24, 16)


def picture(found: Locator, name: str, scratch: Path) -> Path:
    """Take a picture of a part of the page.

    It goes where COURSE_SCREENSHOTS says, such as ``docs/pictures`` for those
    of the README, and into `scratch` otherwise.
    """
    path = Path(os.environ.get("COURSE_SCREENSHOTS") or scratch) / name
    found.screenshot(path=path)
    return path


def distance(one: Path, other: Path) -> float:
    """Return how far two pictures are apart, from 0 to 255.

    Both are made so small that fonts don't matter, only what stands where.
    255 where one is much wider or higher than the other.
    """
    shapes, small = [], []
    for path in (one, other):
        with Image.open(path) as opened:
            shapes.append(opened.width / opened.height)
            small.append(opened.convert("L").resize(SMALL).tobytes())
    if not 0.7 < shapes[0] / shapes[1] < 1.4:
        return 255.0
    pairs = zip(*small, strict=True)
    return sum(abs(here - there) for here, there in pairs) / len(small[0])
