"""Grading: a class's submissions in, marks and feedback out.

What a learner handed in is found (`submissions`, `collected`), read as data
(`notebooks_in`, `answers_in`), put into a fresh workspace (`fresh`) and
checked there by the tests (`one`), many side by side (`pool`). Nothing of a
submission runs in the processes that read, judge or write marks.
"""
