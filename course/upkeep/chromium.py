"""Finding the browser that the tests drive."""

import os
import shutil

__all__ = ["find_chromium"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium or one of its kin, if there is one.

    The variable COURSE_CHROMIUM, where it is set, decides alone.
    """
    chosen = os.environ.get("COURSE_CHROMIUM")
    if chosen is not None:
        return shutil.which(chosen)
    found = filter(None, map(shutil.which, NAMES))
    return next(found, None) or next(filter(os.path.exists, PLACES), None)
