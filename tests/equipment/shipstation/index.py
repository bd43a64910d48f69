"""Published rows, sorted by every column that can be asked for, so that a date window costs only its own rows."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from typing import Any, Generic, Protocol, TypeVar


class Row(Protocol):
    @property
    def row_id(self) -> int: ...
    @property
    def is_gone(self) -> bool: ...


R = TypeVar("R", bound=Row)
Column = Callable[[R], Any]


@dataclass(frozen=True)
class Window:
    column: str
    low: Any = None
    high: Any = None
    is_low_open: bool = False
    is_high_open: bool = False

    def holds(self, value: Any) -> bool:
        if value is None:
            return False
        above = self.low is None or value > self.low or (value == self.low and not self.is_low_open)
        return above and (self.high is None or value < self.high or (value == self.high and not self.is_high_open))

    def span(self, entries: list[tuple[Any, float]]) -> tuple[int, int]:
        """Positions of the first row inside and of the first row beyond."""
        start = 0 if self.low is None else bisect_left(entries, (self.low, inf if self.is_low_open else -inf))
        end = len(entries)
        if self.high is not None:
            end = bisect_left(entries, (self.high, -inf if self.is_high_open else inf))
        return start, max(start, end)


@dataclass(frozen=True)
class Query(Generic[R]):
    windows: Sequence[Window]
    tests: Sequence[Callable[[R], bool]]
    sort: str
    is_descending: bool
    page: int
    size: int


class Index(Generic[R]):
    def __init__(self, columns: Mapping[str, Column[R]]) -> None:
        self._columns = columns
        self._entries: dict[str, list[tuple[Any, float]]] = {name: [] for name in columns}
        self._values: dict[int, dict[str, Any]] = {}
        self._rows: dict[int, R] = {}

    def put(self, row: R) -> None:
        self.drop(row.row_id)
        values = {name: column(row) for name, column in self._columns.items()}
        for name, value in values.items():
            if value is not None:
                insort(self._entries[name], (value, row.row_id))
        self._rows[row.row_id], self._values[row.row_id] = row, values

    def drop(self, row_id: int) -> None:
        if self._rows.pop(row_id, None) is None:
            return
        for name, value in self._values.pop(row_id).items():
            if value is not None:
                entries = self._entries[name]
                del entries[bisect_left(entries, (value, row_id))]

    def select(self, query: Query[R]) -> tuple[list[R], int]:
        """One page and the number of rows on all pages."""
        first = (query.page - 1) * query.size
        entries, start, end, rest = self._narrowest(query)
        if not rest and not query.tests:
            return self._slice(entries, start, end, query), end - start
        found = [int(row_id) for _, row_id in entries[start:end]]
        found = [row_id for row_id in found if self._passes(row_id, rest, query)]
        found.sort(key=lambda row_id: (self._values[row_id][query.sort], row_id), reverse=query.is_descending)
        return [self._rows[row_id] for row_id in found[first : first + query.size]], len(found)

    def reach(self, query: Query[R]) -> timedelta:
        """How far apart the rows on the pages before this one are, in what they are sorted by."""
        rows, _ = self.select(replace(query, page=1, size=(query.page - 1) * query.size))
        values = [self._values[row.row_id][query.sort] for row in rows]
        instants = [value for value in values if isinstance(value, datetime)]
        return max(instants) - min(instants) if instants else timedelta(0)

    def _narrowest(self, query: Query[R]) -> tuple[list[tuple[Any, float]], int, int, list[Window]]:
        """Where to look, and which windows are still to be tested. Only a look along the sort column needs no sort."""
        windows = list(query.windows) or [Window(query.sort)]
        if not query.tests and [window.column for window in windows] == [query.sort]:
            return self._entries[query.sort], *windows[0].span(self._entries[query.sort]), []
        spans = [window.span(self._entries[window.column]) for window in windows]
        best = min(range(len(windows)), key=lambda number: spans[number][1] - spans[number][0])
        return self._entries[windows[best].column], *spans[best], windows

    def _slice(self, entries: list[tuple[Any, float]], start: int, end: int, query: Query[R]) -> list[R]:
        first = (query.page - 1) * query.size
        if query.is_descending:
            low, high = max(start, end - first - query.size), max(start, end - first)
            return [self._rows[int(row_id)] for _, row_id in reversed(entries[low:high])]
        return [self._rows[int(row_id)] for _, row_id in entries[start + first : min(end, start + first + query.size)]]

    def _passes(self, row_id: int, windows: Sequence[Window], query: Query[R]) -> bool:
        values = self._values[row_id]
        return all(window.holds(values[window.column]) for window in windows) and all(
            test(self._rows[row_id]) for test in query.tests
        )
