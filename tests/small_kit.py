"""A course of five exercises, small enough to see through, for tests."""

import json
from pathlib import Path

from course.kit import Kit

WORDS = '''\
"""Words and how they are counted."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["Tally", "count_words", "longest"]

WORD = re.compile(r"[a-z]+")


def count_words(text: str) -> dict[str, int]:
    """Return how often each word stands in `text`.

    Upper and lower case are the same.
    """
    return dict(Counter(WORD.findall(text.lower())))


# The shortest way: the longest word is the one with the greatest length.
def longest(text: str) -> str:
    """Return the longest word."""
    found = _words(text)
    return max(found, key=len)  # the first of several


def _words(text: str) -> list[str]:
    return WORD.findall(text)


class Tally:
    """Counts that add up."""

    start: int = 0

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts: Counter[str] = Counter(start=self.start)

    # Several calls add up.
    def add(
        self,
        text: str,
        times: int = 1,
    ) -> Tally:
        """Count the words of `text`.

        Returns the tally itself.
        """
        note = """
  kept as it is
"""
        for word, number in count_words(text).items():
            self.counts[word] += number * times
        assert note
        return self
'''

SHOUT = '''\
"""Loud words."""

from llm_providers.words import longest

__all__ = ["Shout"]


class Shout:
    """A text in capitals."""

    mark: str = "!"

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text

    def loud(self) -> str:
        """Return the text in capitals, with the mark."""
        return self._text.upper() + self.mark

    def word(self) -> str:
        """Return the longest word, loud."""
        return Shout(longest(self._text)).loud()
'''

PHASE_1 = """\
# Words

What will work at the end, with {{role openai default}}.

![The package](../docs/pictures/package_phase_1.svg)

## Set-up

```python
import sys
sys.path.insert(0, "..")
from course.notebook import exercise, hint, progress, sandbox, solution
```

## Counting

```{exercise} 1.1
title: Count words
definition: words.count_words
minutes: 10
difficulty: 1
points: 5
steps:
  - Make the text lower case.
  - Find the words, and count each of them; the module has a pattern that
    finds words.
hints:
  - A `Counter` counts.
  - "Use WORD: it finds words."
```

```{instructor}
Most forget the capitals.
```

```python
from llm_providers.words import count_words
count_words("A rose is a rose")
```

```{exercise} 1.2
title: Add up
definition: words.Tally.add
minutes: 5
difficulty: 2
points: 10
steps:
  - Count the words.
hints:
  - First hint.
  - Second hint.
```

+++

```{exercise} 1.3
title: A test of your own
file: tests/test_openai_agent.py
minutes: 8
difficulty: 3
points: 10
steps:
  - Count a word that stands twice.
hints:
  - First hint.
  - Second hint.
solution: |
  from llm_providers.words import count_words


  def test_a_word_that_stands_twice_counts_twice():
      assert count_words("ha ha") == {"ha": 2}
```
"""

PHASE_2 = """\
# Loud

```{exercise} 2.1
title: A loud text
definition: shout.Shout
minutes: 12
difficulty: 1
points: 5
steps:
  - Keep the text.
  - Return it in capitals.
hints:
  - First hint.
  - Second hint.
```

```{exercise} 2.2
title: The longest word
definition: words.longest
minutes: 4
difficulty: 1
points: 5
steps:
  - Find the longest word.
hints:
  - First hint.
  - Second hint.
```
"""


def make_kit(root: Path) -> Kit:
    """Write the small course into a folder and return it."""
    roles = {"openai": {"default": "model-a"}}
    files = {
        "llm_providers/__init__.py": '"""Words."""\n',
        "llm_providers/words.py": WORDS,
        "llm_providers/shout.py": SHOUT,
        "llm_providers/py.typed": "",
        "data/models.json": json.dumps({"roles": roles}) + "\n",
        "course/lessons/phase_1_words.md": PHASE_1,
        "course/lessons/phase_2_loud.md": PHASE_2,
        ".env.example": "OPENAI_API_KEY=sandbox-0000-openai\n"
        "OPENAI_BASE_URL=http://127.0.0.1:8484/openai/v1\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return Kit(root)
