"""The workflow of GitHub Classroom checks what the lessons have."""

import yaml

from course.building.lessons import load_exercises
from course.exporting import classroom
from course.kit import Kit


def test_each_exercise_is_checked_for_its_points(tmp_path):
    [path] = classroom.export(Kit(), tmp_path)
    assert path == tmp_path / ".github" / "workflows" / "classroom.yml"
    steps = yaml.safe_load(path.read_text("utf-8"))["jobs"]["grade"]["steps"]
    given = [step["with"] for step in steps if "max-score" in str(step)]
    expected = [
        (f"python3 -m course check {each.id}", each.points)
        for each in load_exercises().values()
    ]
    assert [(one["command"], one["max-score"]) for one in given] == expected


def test_the_report_names_every_step(tmp_path):
    [path] = classroom.export(Kit(), tmp_path)
    steps = yaml.safe_load(path.read_text("utf-8"))["jobs"]["grade"]["steps"]
    report = steps[-1]
    names = report["with"]["runners"].split(",")
    assert names == [step["id"] for step in steps if "id" in step]
    assert list(report["env"]) == [f"{name.upper()}_RESULTS" for name in names]
