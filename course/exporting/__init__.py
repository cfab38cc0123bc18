"""The course for other graders: nbgrader, Gradescope, GitHub Classroom."""
