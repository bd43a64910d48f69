"""What is said of breakages, and what one that broke itself is worth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulation import break_it as trying
from tests.simulation.book import Entry
from tests.simulation.breakages import UNBROKEN, BreakageResult


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    monkeypatch.setattr(trying, "BREAKAGES", {"a": None, "b": None})
    monkeypatch.setattr(trying, "book", lambda name: tmp_path / f"{name}.jsonl")
    monkeypatch.setattr(trying, "keep", lambda _name, **figures: found.update(figures))
    return found


def _ends_with(monkeypatch: pytest.MonkeyPatch, *caught: str) -> None:
    def tried(name: str) -> BreakageResult:
        return BreakageResult(name, is_caught=name in caught, evidence="")

    monkeypatch.setattr(trying, "try_breakage", tried)
    monkeypatch.setattr(trying, "side_by_side", lambda names: map(trying.one, names))


@pytest.mark.parametrize(("caught", "is_well"), [(("a", "b"), True), (("a",), False), (("a", "b", UNBROKEN), False)])
def test_all_is_well_where_each_is_caught_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, kept: dict[str, Any], caught: tuple[str, ...], *, is_well: bool
) -> None:
    _ends_with(monkeypatch, *caught)

    assert trying.break_it() is is_well
    assert kept == {"known": 2, "tried": 2, "caught": len({*caught} & {"a", "b"})}


def test_a_run_that_is_stopped_says_what_it_has_shown_and_is_gone_on_with(
    monkeypatch: pytest.MonkeyPatch, kept: dict[str, Any]
) -> None:
    def stopped(names: list[str]) -> Iterator[Entry]:
        yield from map(trying.one, names[:2])
        raise KeyboardInterrupt

    _ends_with(monkeypatch, "a", "b")
    monkeypatch.setattr(trying, "side_by_side", stopped)
    with pytest.raises(KeyboardInterrupt):
        trying.break_it()
    assert kept == {"known": 2, "tried": 1, "caught": 1}
    _ends_with(monkeypatch, "b")

    assert trying.break_it()


def test_a_breakage_that_finds_nothing_to_break_is_not_caught(
    monkeypatch: pytest.MonkeyPatch, kept: dict[str, Any]
) -> None:
    def broken(_name: str) -> BreakageResult:
        raise AttributeError("has gone")

    _ends_with(monkeypatch)
    monkeypatch.setattr(trying, "try_breakage", broken)

    assert not trying.break_it()
    assert kept["caught"] == 0
    assert "AttributeError: has gone" in trying.one("a")["evidence"]
