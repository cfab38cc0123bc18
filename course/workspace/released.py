"""What a learners' copy knows of the answers that are not in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from course.building.exercises import Exercise
from course.kit import Kit
from course.problems import CommandError, ExitCode

__all__ = [
    "FORMAT",
    "answers_file",
    "is_learners_copy",
    "is_withheld",
    "read_answers",
    "where_answers_are",
]

FORMAT = 1


def is_learners_copy(kit: Kit) -> bool:
    """Return whether this copy was made for learners."""
    return _note(kit).is_file()


def is_withheld(exercise: Exercise) -> bool:
    """Return whether the answer of an exercise is not in this copy."""
    note = _note(exercise.kit)
    if not note.is_file() or "." not in exercise.id:
        return False
    through: int = json.loads(note.read_text("utf-8"))["through"]
    return exercise.phase > through


def where_answers_are(asked_for: str) -> str:
    """Return what to tell who asks for an answer that is not here.

    `asked_for` is a phase's number, or an exercise's.
    """
    return (
        "The answers are not in this copy: your instructor has them, in a "
        f"file. With it, `python3 -m course catch-up {asked_for} --from FILE` "
        "fills in what is open."
    )


def answers_file(exercises: Iterable[Exercise], phase: int) -> str:
    """Return the text of an instructor's file, up to a phase's end."""
    answers = {
        each.id: each.solution for each in exercises if each.phase <= phase
    }
    content = {"format": FORMAT, "phase": phase, "answers": answers}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def read_answers(path: Path) -> Mapping[str, str]:
    """Return the answers of an instructor's file, by exercise.

    Raises CommandError for what is no such file.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        answers = content["answers"]
        good = content["format"] == FORMAT and all(
            isinstance(text, str) for text in answers.values()
        )
    except OSError as error:
        reason = f"{path} cannot be read: {error.strerror}."
        raise CommandError(ExitCode.WRONG_USE, reason) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        good = False
    if not good:
        raise CommandError(
            ExitCode.WRONG_USE,
            f"{path} is no file of answers, as an instructor makes it with "
            "`python3 -m course release --answers PHASE FILE`.",
        )
    return dict(answers)


def _note(kit: Kit) -> Path:
    return kit.root / "course" / "released.json"
