"""Logs without keys: JSON lines in a file, readable lines on screen."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from llm_providers.redaction import may_hold_key, redact

__all__ = ["JsonLinesFormatter", "RedactingFormatter", "configure_logging"]


class JsonLinesFormatter(logging.Formatter):
    """One JSON object a line, for programs to read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON, redacted.

        Holds `time` (ISO 8601, UTC), `level`, `logger` and `message`, the
        mapping given as ``extra={"fields": …}``, and `exception` where there
        is one. What JSON has no form for is written as its text.
        """
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, ensure_ascii=False, default=str))


class RedactingFormatter(logging.Formatter):
    """Readable lines, redacted, for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted record without any key."""
        line = super().format(record)
        return redact(line) if may_hold_key(line) else line

    def formatTime(  # noqa: N802
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """Return the local time, worked out once for each second."""
        if datefmt is not None:
            return super().formatTime(record, datefmt)
        return f"{_second(int(record.created))},{int(record.msecs):03d}"


@lru_cache(8)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def configure_logging(
    path: str | os.PathLike[str] | None = None,
    level: int | str = logging.INFO,
    screen: bool = True,
) -> logging.Logger:
    """Send the package's log to the screen and, with `path`, to a file.

    The file gets JSON lines, the screen (standard error) readable ones
    unless `screen` is false. Returns the package's logger. Calling it again
    replaces what it set up before. A file that cannot be written is said on
    screen once; logging never ends a call to a provider.
    """
    logger = logging.getLogger("llm_providers")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    if screen:
        _add_screen(logger)
    logger.setLevel(level)
    logger.propagate = False
    if path is not None:
        _add_file(logger, Path(path))
    return logger


def _add_screen(logger: logging.Logger) -> None:
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(
        RedactingFormatter("%(asctime)s %(levelname)-7s %(message)s")
    )
    logger.addHandler(lines)


def _add_file(logger: logging.Logger, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = logging.FileHandler(path, encoding="utf-8", delay=False)
    except OSError as error:
        logger.warning("No log file at %s: %s", path, error.strerror)
        return
    lines.setFormatter(JsonLinesFormatter())
    logger.addHandler(lines)
