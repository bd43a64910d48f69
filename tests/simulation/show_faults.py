"""Shows the listed faults by their ids: `python -m tests.simulation.show_faults [ID ...]`, all where none is named.

One of the simulated weeks is shown once a week has met it and the oracle finds nothing, another once its test has
passed. Exit status 0 if each that can be shown is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

from rich.table import Table

from tests.equipment.evidence import ROOT, keep
from tests.simulation.fault_model import Fault, faults, named_in
from tests.simulation.side_by_side import as_they_end, console
from tests.simulation.simulate import Result, simulate

MOST_WEEKS = 8  # until each that is asked for was met; the first two hold the nights of the clocks
FEW = 4  # tests, of which each worker's start would take longer
Ending = Literal["shown", "failed", "not met", "cannot be shown"]
COLOURS: dict[Ending, str] = {"shown": "green", "cannot be shown": "yellow", "failed": "red", "not met": "red"}


@dataclass(frozen=True)
class Shown:
    fault: Fault
    ending: Ending
    how: str


def by_weeks(wanted: Sequence[Fault], play: Callable[[int], Result] = simulate) -> Iterator[Shown]:
    """As many weeks as it takes, side by side."""
    results: list[Result] = []
    with ProcessPoolExecutor(workers := os.cpu_count() or 1) as pool:
        for first in range(0, MOST_WEEKS, workers):
            if {fault.where for fault in wanted} <= _met(results):
                break
            seeds = range(first, min(first + workers, MOST_WEEKS))
            results += as_they_end([pool.submit(play, seed) for seed in seeds], "weeks")
    results.sort(key=lambda result: result.seed)
    yield from (_of_weeks(fault, results) for fault in wanted)


def _met(results: Iterable[Result]) -> set[str]:
    return {name for result in results for name in named_in(result.faults + result.coverage)}


def _of_weeks(fault: Fault, results: Sequence[Result]) -> Shown:
    meeting = [result for result in results if fault.where in _met([result])]
    for result in meeting:
        if result.violations:
            return Shown(fault, "failed", f"seed {result.seed}: {result.violations[0]}")
    times = sum((result.faults + result.coverage)[fault.where] for result in meeting)
    seeds = ", ".join(str(result.seed) for result in meeting)
    return Shown(fault, "shown", f"{times} times, seed {seeds}") if meeting else Shown(fault, "not met", "in no week")


def by_tests(wanted: Sequence[Fault]) -> Iterator[Shown]:
    nodes = sorted({f"tests/{fault.where}" for fault in wanted})
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        if nodes:
            workers = "auto" if len(nodes) > FEW else "0"
            every = ("-m", "")  # also those that only the nights run
            command = [sys.executable, "-m", "pytest", "-q", "-n", workers, *every, f"--junitxml={report}", *nodes]
            subprocess.run(command, cwd=ROOT, check=False, stdout=sys.stderr)
        ended = _ended(report) if report.exists() else {}
    yield from (_of_tests(fault, ended.get(_as_reported(fault.where), Counter())) for fault in wanted)


def _ended(report: Path) -> Mapping[str, Counter[str]]:
    """By test, without its parameters: how often it passed, was skipped, or did neither."""
    ended: dict[str, Counter[str]] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 # pytest wrote it a moment ago
        name = f"{case.get('classname')}.{(case.get('name') or '').partition('[')[0]}"
        what = "passed" if not len(case) else "skipped" if case.find("skipped") is not None else "failed"
        ended.setdefault(name, Counter())[what] += 1
    return ended


def _as_reported(node: str) -> str:
    return "tests." + node.replace(".py::", ".").replace("/", ".")


def _of_tests(fault: Fault, ended: Counter[str]) -> Shown:
    if ended["failed"] or not ended:
        return Shown(fault, "failed", fault.where)
    return Shown(fault, "shown" if ended["passed"] else "not met", f"{ended['passed']} passed, {fault.where}")


def show(wanted: Sequence[Fault]) -> list[Shown]:
    shown = [
        Shown(fault, "cannot be shown", fault.where.removeprefix("! ")) for fault in wanted if fault.by == "nothing"
    ]
    shown += by_tests([fault for fault in wanted if fault.by == "test"])
    shown += by_weeks([fault for fault in wanted if fault.by == "simulated weeks"])
    return sorted(shown, key=lambda each: wanted.index(each.fault))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    listed = {fault.id: fault for fault in faults()}
    parser.add_argument("ids", nargs="*", help="all of them where none is named")
    ids = parser.parse_args().ids
    if unknown := [each for each in ids if each not in listed]:
        parser.error(
            f"no fault is called {', '.join(unknown)}; they are listed by python -m tests.simulation.fault_model"
        )
    shown = show([listed[each] for each in ids or listed])
    table = Table("id", "fault", "what has to come of it", "", "how", title="Faults", title_justify="left")
    for each in shown:
        coloured = f"[{COLOURS[each.ending]}]{each.ending}[/]"
        table.add_row(each.fault.id, each.fault.name, each.fault.expected, coloured, each.how)
    console.print(table)
    counts = Counter(each.ending for each in shown)
    console.print(f"{len(shown)} faults: " + ", ".join(f"{number} {ending}" for ending, number in counts.items()))
    if not ids:
        keep("faults", known=len(shown), shown=counts["shown"])
    return int(bool(counts["failed"] + counts["not met"]))


if __name__ == "__main__":
    sys.exit(main())
