"""The exit codes that the README tells of are the ones there are."""

import re

from course.kit import Kit
from course.problems import ExitCode


def test_the_readme_names_codes_that_exist():
    text = (Kit().root / "README.md").read_text("utf-8")
    paragraph = re.search(r"A command ends with exit code.*?\n\n", text, re.S)
    assert paragraph is not None
    told = {int(number) for number in re.findall(r"\d+", paragraph[0])}
    assert told <= {int(code) for code in ExitCode}
    assert {10, 12, 13, 16, 17, 130} <= told
