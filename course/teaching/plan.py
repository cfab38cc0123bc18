"""Timer plans: what to do together in the time there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from course.building.exercises import Exercise
from course.building.lessons import Lesson
from course.workspace.time_spent import duration

__all__ = ["FORMATS", "Format", "Plan", "Slot", "plan_for", "plan_text"]

# A break of 10 minutes after at most 60 of work.
WORK_MINUTES, BREAK_MINUTES = 60, 10


@dataclass(frozen=True)
class Format:
    """How often people sit together, and for how many minutes each time."""

    title: str
    sittings: int
    minutes: int

    @property
    def work(self) -> int:
        """The minutes of all sittings without their breaks."""
        round_trip = WORK_MINUTES + BREAK_MINUTES
        return self.sittings * self.minutes * WORK_MINUTES // round_trip


FORMATS = {
    "half-day": Format("Half a day", 1, 210),
    "one-day": Format("One day", 2, 195),
    "five-evenings": Format("Five evenings", 5, 150),
}


@dataclass(frozen=True)
class Slot:
    """What is done from a minute of a sitting on; a break has no exercise."""

    sitting: int
    start: int
    minutes: int
    exercise: Exercise | None = None


@dataclass(frozen=True)
class Plan:
    """The slots in order, and by phase what is left for home."""

    format: Format
    slots: Sequence[Slot]
    left: dict[int, list[Exercise]] = field(default_factory=dict)


def plan_for(lessons: Sequence[Lesson], wanted: Format) -> Plan:
    """Return a plan: each phase has its share of the time.

    Of a phase, those exercises are done together that have most points;
    what finds no place is left for home, or for `catch-up`.
    """
    minutes = {each.phase: _minutes(each.exercises) for each in lessons}
    share = min(1.0, wanted.work / max(sum(minutes.values()), 1))
    chosen: list[list[Exercise]] = []
    left: dict[int, list[Exercise]] = {}
    for lesson in lessons:
        together = _together(lesson.exercises, share * minutes[lesson.phase])
        chosen.append([e for e in lesson.exercises if e.id in together])
        others = [e for e in lesson.exercises if e.id not in together]
        if others:
            left[lesson.phase] = others
    return Plan(wanted, list(_slots(chosen, wanted)), left)


def plan_text(plan: Plan) -> str:
    """Return a plan for a terminal or a sheet of paper."""
    format = plan.format
    times = f"{format.sittings} × " if format.sittings > 1 else ""
    lines = [f"{format.title} ({times}{duration(format.minutes)})"]
    sitting = phase = 0
    for slot in plan.slots:
        if slot.sitting != sitting and format.sittings > 1:
            lines += ["", f"Sitting {slot.sitting}"]
        sitting = slot.sitting
        if slot.exercise and slot.exercise.phase != phase:
            phase = slot.exercise.phase
            lines += [*([] if lines[-1] == "" else [""]), f"  Phase {phase}"]
        lines.append(_line(slot))
    if plan.left:
        lines += ["", "Left for home, or for `python3 -m course catch-up N`:"]
    for phase, exercises in plan.left.items():
        numbers = ", ".join(each.id for each in exercises)
        about = duration(_minutes(exercises))
        lines.append(f"  phase {phase}: {numbers} ({about})")
    return "\n".join(lines)


def _line(slot: Slot) -> str:
    clock = f"{slot.start // 60}:{slot.start % 60:02}"
    what = "break"
    if slot.exercise:
        what = f"{slot.exercise.id} · {slot.exercise.title}"
    return f"    {clock}  {slot.minutes:>3} min  {what}"


def _minutes(exercises: Sequence[Exercise]) -> int:
    return sum(each.minutes for each in exercises)


def _together(exercises: Sequence[Exercise], minutes: float) -> set[str]:
    """Return the numbers of those with most points that fit in."""
    chosen: set[str] = set()
    for each in sorted(exercises, key=lambda each: -each.points):
        if each.minutes <= minutes + 0.5:
            chosen.add(each.id)
            minutes -= each.minutes
    return chosen


def _slots(
    phases: Sequence[Sequence[Exercise]], wanted: Format
) -> Iterator[Slot]:
    """Yield the slots; a phase begins a sitting where there are enough."""
    sitting, clock, since_break = 1, 0, 0
    for number, exercises in enumerate(phases):
        left = len(phases) - number
        fresh = clock and wanted.sittings - sitting >= left
        if fresh:
            sitting, clock, since_break = sitting + 1, 0, 0
        for each in exercises:
            tired = since_break + each.minutes > WORK_MINUTES
            pause = BREAK_MINUTES if since_break and tired else 0
            full = clock + pause + each.minutes > wanted.minutes
            if full and sitting < wanted.sittings:
                sitting, clock, since_break, pause = sitting + 1, 0, 0, 0
            if pause:
                yield Slot(sitting, clock, pause)
                clock, since_break = clock + pause, 0
            yield Slot(sitting, clock, each.minutes, each)
            clock += each.minutes
            since_break += each.minutes
