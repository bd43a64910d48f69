"""Runs of every flow that are killed before and after each of their calls to the outside, and twice in a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from rich.console import Console
from rich.table import Table

from tests.benchmarks.row import Row
from tests.equipment.crash_desks import DESKS
from tests.equipment.crash_points import KINDS, kills, play, wrong
from tests.equipment.crash_requests import ASKED
from tests.equipment.crash_scenes import READING
from tests.equipment.deaths import DONE
from tests.equipment.quiet_connection import SEED

FLOWS = [*READING, *ASKED, *DESKS]
TWICE = 0.05  # of two deaths at one step, and of those at two: all together would take an hour
PROCESSES, PARTS = 2, 4


def crash_points() -> Iterable[Row]:
    """Prints what was left otherwise than without a death, and the figures of each flow."""
    found: dict[str, Counter[str]] = {flow.name: Counter() for flow in FLOWS}
    pieces = [(number, part) for number in range(len(FLOWS)) for part in range(PARTS)]
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for name, counted, faults in pool.map(_tried, *zip(*pieces, strict=True)):
            found[name].update(counted)
            for fault in faults:
                print(fault)
    whole = sum(found.values(), Counter[str]())
    _show(found | {"all": whole})
    tried = sum(whole[kind] for kind in KINDS)
    what = f"% of {tried} kills around {whole['calls']} calls survived, those twice a share of {TWICE:.0%}"
    yield Row("crash_points", round(100 * whole["survived"] / tried, 2), what, 100, 100, SEED, ">=")


def _tried(number: int, part: int) -> tuple[str, Counter[str], list[str]]:
    """Every fourth kill of a flow, so that both processes end together."""
    flow, counted, faults = FLOWS[number], Counter[str](), list[str]()
    whole = play(flow)
    counted["calls"] = 0 if part else sum(not name.endswith(DONE) for name in whole.names)
    for kill in list(kills(whole.names, SEED, twice=TWICE))[part::PARTS]:
        left = wrong(flow, kill, whole)
        counted.update([kill.kind, *(() if left else ("survived",))])
        faults += left
    return flow.name, counted, faults


def _show(found: dict[str, Counter[str]]) -> None:
    columns = ("calls", *KINDS, "survived")
    table = Table("flow", *columns, title="Runs killed at their calls to the outside")
    for name, counted in found.items():
        table.add_row(name, *(str(counted[column]) for column in columns))
    Console().print(table)
