"""What can go wrong before a command has begun, in plain sentences."""

import errno
from enum import IntEnum

__all__ = ["CommandError", "ExitCode", "problem_of"]


class ExitCode(IntEnum):
    """How a command ended, for scripts that call it."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    PYTHON_TOO_OLD = 10
    CANNOT_MAKE_ENVIRONMENTS = 11
    NO_NETWORK = 12
    DISK_FULL = 13
    CANNOT_WRITE = 14
    INSTALL_FAILED = 15
    PORT_TAKEN = 16
    PART_MISSING = 17
    INTERRUPTED = 130
    # As of a command that the system ends for it: 128 + SIGPIPE.
    READER_GONE = 141


class CommandError(Exception):
    """A reason why a command cannot go on, and what to do about it."""

    def __init__(self, exit_code: ExitCode, text: str) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def problem_of(error: OSError) -> CommandError | None:
    """Return the problem behind an error of the operating system.

    Returns None where there is nothing better to say than the error itself.
    """
    where = f": {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CommandError(
            ExitCode.DISK_FULL,
            f"The disk is full{where}\n"
            "Free some space (the course takes about 1 GB) and run the same "
            "command again.",
        )
    no_right = error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
    if no_right and error.filename:
        return CommandError(
            ExitCode.CANNOT_WRITE,
            f"The course may not write here{where}\n"
            "Copy the whole folder to a place of your own, such as your "
            "home folder, and run the command there.",
        )
    return None
