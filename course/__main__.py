"""`python3 -m course VERB`: every command of the course.

This file and the package's __init__ are all that a Python which is too old
gets to read, so both keep to what any Python 3 (and 2.7) can parse.
"""

import subprocess
import sys

NEEDED = (3, 11)
TOO_OLD = 10  # the same as ExitCode.PYTHON_TOO_OLD


def refusal():
    # type: () -> str
    """Return what to tell the user of a Python that is too old."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    text = "The course needs Python %d.%d or newer; this is Python %s."
    text = text % (NEEDED[0], NEEDED[1], found)
    newer = newer_python()
    if newer:
        return text + "\nThis machine has a newer one: " + newer
    return text + "\nGet one from https://www.python.org/downloads/"


def newer_python():
    # type: () -> str
    """Return the command for a Python that will do, or an empty text."""
    for minor in range(NEEDED[1] + 9, NEEDED[1] - 1, -1):
        name = "python%d.%d" % (NEEDED[0], minor)
        try:
            # Asked, since a version manager leaves names that do not start.
            asked = subprocess.Popen(
                [name, "-c", ""],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError:
            continue
        asked.communicate()
        if asked.returncode == 0:
            return " ".join([name, "-m", "course"] + sys.argv[1:])
    return ""


if __name__ == "__main__":
    if sys.version_info < NEEDED:
        sys.stderr.write(refusal() + "\n")
        sys.exit(TOO_OLD)

    from course.command_line import main

    sys.exit(main(sys.argv[1:]))
