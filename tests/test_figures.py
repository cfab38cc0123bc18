"""A plot in a notebook: the picture, and what can be compared of it."""

import base64
import json
import os
import subprocess
import sys

import pytest
from matplotlib.figure import Figure

from course.building.solving import executed
from course.kit import Kit
from course.views.figures import described, picture

CELL = f"""\
import sys
sys.path.insert(0, {str(Kit().root)!r})
from matplotlib.figure import Figure
from course.notebook import show

figure = Figure()
axes = figure.subplots()
axes.plot([1, 2], [0.25, 1 / 3], label="small")
show(figure, "Quality grows with cost.")
"""


@pytest.fixture
def figure():
    made = Figure(figsize=(6, 3))
    left, right = made.subplots(1, 2)
    left.set(title="Quality", xlabel="cost (USD)", ylabel="quality")
    left.plot([0, 0.1], [0.5, 2 / 3], label="small")
    left.scatter([1], [-0.0], label="best")
    right.bar(["code", "prose"], [12345.6, 2])
    right.barh([4.0], [3.0])
    return made


def words(figure):
    picture(figure, "What it shows.")
    return described(figure, "What it shows.").text()


def test_a_picture_is_drawn_the_same_twice_and_says_what_it_shows(figure):
    first = picture(figure, "Two plots.")._repr_mimebundle_()
    assert first == picture(figure, "Two plots.")._repr_mimebundle_()
    assert base64.b64decode(first["image/png"]).startswith(b"\x89PNG")
    assert first["text/plain"] == "Two plots."


def test_a_picture_without_words_is_refused(figure):
    with pytest.raises(ValueError, match="in words"):
        picture(figure, " ")


def test_lines_and_points_are_told_rounded(figure):
    text = words(figure)
    assert "Quality: cost (USD), quality" in text
    assert "line small: (0, 0.5) (0.1, 0.667)" in text
    assert "points best: (1, 0)" in text


def test_bars_are_told_with_what_stands_below_them(figure):
    assert "bars: (code, 12300) (prose, 2)" in words(figure)
    assert "bars: (4, 3)" in words(figure)


def test_of_many_points_some_are_told():
    made = Figure()
    made.subplots().plot(range(100), range(100))
    text = words(made)
    assert "(0, 0) (9, 9) " in text
    assert text.endswith("(99, 99) of 100 points")


def test_an_image_is_told_by_its_rows():
    made = Figure()
    made.subplots().imshow([[1, 0.5], [0, 2 / 3]])
    assert "row 1 0.5" in words(made)
    assert "row 0 0.667" in words(made)


def test_html_holds_the_words_escaped(figure):
    html = described(figure, "a < b")._repr_mimebundle_()["text/html"]
    assert "a &lt; b" in html
    assert "<details>" in html


def notebook(outputs):
    cell = {"cell_type": "code", "id": "plot", "metadata": {}}
    cell |= {"source": CELL, "execution_count": 1, "outputs": outputs}
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    return {
        "cells": [cell],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The outputs of a cell that shows a figure, and nbval's word on them."""
    folder = tmp_path_factory.mktemp("plots")
    cell = executed(notebook([]), Kit())[0]["cells"][0]

    def nbval(outputs):
        file = folder / "plot.ipynb"
        file.write_text(json.dumps(notebook(outputs)))
        command = [sys.executable, "-m", "pytest", "--nbval", "-q", str(file)]
        environ = {**os.environ, "COURSE_WORKSPACE": str(folder)}
        return subprocess.run(command, cwd=folder, env=environ).returncode

    return cell["outputs"], nbval


@pytest.mark.proof
def test_a_notebook_shows_a_picture_and_its_words_once(shown):
    outputs, _ = shown
    kinds = [sorted(output["data"]) for output in outputs]
    assert kinds == [["image/png", "text/plain"], ["text/html", "text/plain"]]
    text = "".join(outputs[1]["data"]["text/plain"])
    assert "Quality grows with cost." in text
    assert "line small: (1, 0.25) (2, 0.333)" in text


@pytest.mark.proof
def test_nbval_leaves_pixels_out_and_compares_figures(shown):
    outputs, nbval = shown
    outputs[0]["data"]["image/png"] = ["other pixels"]
    assert nbval(outputs) == 0
    changed = json.dumps(outputs).replace("0.333", "0.334")
    assert nbval(json.loads(changed)) == 1
