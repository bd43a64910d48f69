"""Entrys of many nights are one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulation import seeds
from tests.simulation.book import Entry, entered, go_on
from tests.simulation.seeds import one


class Night:
    """Has time for so many weeks."""

    def __init__(self, most: int) -> None:
        self.most, self.tried = most, list[int]()

    def __call__(self, wanted: Iterable[int]) -> Iterator[Entry]:
        for seed in list(wanted)[: self.most]:
            self.tried.append(seed)
            yield {"seed": seed, "digest": "d", "violations": []}


def _entered(book: Path, night: Night) -> list[Entry]:
    return go_on(range(5), book, night, key="seed", say=lambda _entry, _count: None)


def test_a_night_goes_on_with_what_the_one_before_did_not_come_to(tmp_path: Path) -> None:
    book, first, second = tmp_path / "seeds.jsonl", Night(3), Night(9)
    _entered(book, first)
    with book.open("a", encoding="utf-8") as out:
        out.write('{"seed": 3, "dig')
    weeks = _entered(book, second)

    assert (first.tried, second.tried) == ([0, 1, 2], [3, 4])
    assert [week["seed"] for week in weeks] == [week["seed"] for week in entered(book)] == [0, 1, 2, 3, 4]


def test_a_week_that_breaks_is_a_finding_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> Any:
        raise ZeroDivisionError("of this week")

    monkeypatch.setattr(seeds, "simulate", broken)
    (found,) = one(7)["violations"]

    assert "ZeroDivisionError: of this week" in found
