"""Breaks the shipping code on purpose, one way at a time: does the oracle complain? Goes on where it was stopped.

`python -m tests.simulation.break_it`: exit status 0 if each breakage is caught, and nothing is where nothing is broken.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from rich.table import Table

from tests.equipment.evidence import keep
from tests.simulation.book import Entry, book, entered, go_on
from tests.simulation.breakages import BREAKAGES, UNBROKEN, BreakageResult, try_breakage
from tests.simulation.side_by_side import as_they_end, console, fresh_processes

NAME = "name"  # of an entry, and of a BreakageResult


def one(name: str) -> Entry:
    """A breakage that ends with an exception no longer finds what it breaks, and proves nothing."""
    try:
        return asdict(try_breakage(name))
    except Exception:  # noqa: BLE001 # whatever it is, the others go on
        return asdict(BreakageResult(name, is_caught=False, evidence=traceback.format_exc()[-2000:]))


def side_by_side(names: Iterable[str]) -> Iterator[Entry]:
    with fresh_processes("tests.simulation.breakages") as pool:
        try:
            yield from as_they_end([pool.submit(one, name) for name in names], "breakages")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def break_it() -> bool:
    """Whether all is well: what the weeks find of every breakage, and what the same ones find with nothing broken."""
    path = book("breakages")

    def say(entry: Entry, count: int) -> None:
        result = BreakageResult(**entry)
        console.print(f"{count}: {result.name}: {'caught' if result.is_caught else 'not caught'}", highlight=False)
        _keep(_results(entered(path)))  # a run that is stopped has shown something too

    entries = go_on((UNBROKEN, *BREAKAGES), path, side_by_side, key=NAME, say=say)
    results = _results(entries)
    _show(results)
    (unbroken,) = (BreakageResult(**entry) for entry in entries if entry[NAME] == UNBROKEN)
    if unbroken.is_caught:
        console.print(f"[red]The weeks of the breakages find something unbroken: {unbroken.evidence}[/]")
    caught = _keep(results)
    console.print(f"{caught} of {len(results)} breakages caught", highlight=False)
    return caught == len(BREAKAGES) and not unbroken.is_caught


def _results(entries: Iterable[Entry]) -> list[BreakageResult]:
    found = {entry[NAME]: BreakageResult(**entry) for entry in entries}
    return [found[name] for name in BREAKAGES if name in found]


def _keep(results: Sequence[BreakageResult]) -> int:
    """How many were caught."""
    caught = sum(each.is_caught for each in results)
    keep("breakages", known=len(BREAKAGES), tried=len(results), caught=caught)
    return caught


def _show(results: Iterable[BreakageResult]) -> None:
    table = Table("breakage", "result", "first violation", title="Breakages", title_justify="left")
    for result in results:
        table.add_row(result.name, "[green]caught[/]" if result.is_caught else "[red]MISSED[/]", result.evidence[:90])
    console.print(table)


if __name__ == "__main__":
    sys.exit(0 if break_it() else 1)
