"""What the other side lends to this process: callables and iterators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

CallBack = Callable[[int, str, list[Any], dict[str, Any]], Any]


class Borrowed:
    """A callable of the other side."""

    def __init__(self, number: int, name: str, call_back: CallBack) -> None:
        self.number = number
        self.__name__ = self.__qualname__ = name
        self._call_back = call_back

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call_back(self.number, "call", list(args), kwargs)


class BorrowedIterator(Borrowed):
    """An iterator of the other side."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        found = self._call_back(self.number, "next", [], {})
        if not found:
            raise StopIteration
        return found[0]
