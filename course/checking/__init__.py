"""Checks: a learner's code runs in a process of its own, never the judge's.

The kernel or the terminal talks to a judge (`client`, `judge`), the judge
runs the tests (`session`) and reaches the learner's code through proxies
(`remote`) in a child process (`child`) that a warm program (`warm`) forked.

The modules that the warm program loads (`warm`, `child`, `suite` and what
they import) use relative imports: there the folder is a package of its own,
and neither the course nor the reference package can be imported.
"""
