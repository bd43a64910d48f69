"""`python -m tests.simulation SEEDS`: that many simulated weeks, then every breakage; exit status 0 if all is well."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.simulation.breakages import BREAKAGES, UNBROKEN, Verdict, try_breakage
from tests.simulation.simulate import Result, simulate

console = Console(width=None if sys.stdout.isatty() else 140)


def run(seeds: Iterable[int]) -> Iterator[Result]:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(simulate, seeds)


def break_it(names: Iterable[str]) -> Iterator[Verdict]:
    # A process each: a breakage must not outlive its run.
    fork = get_context("forkserver")
    fork.set_forkserver_preload(["tests.simulation.breakages"])
    with ProcessPoolExecutor(os.cpu_count(), mp_context=fork, max_tasks_per_child=1) as pool:
        yield from pool.map(try_breakage, names)


def show_seeds(results: list[Result]) -> None:
    for result in results:
        for text in result.violations:
            console.print(f"seed {result.seed}: {text}", markup=False, highlight=False)
    figures = sum((result.figures for result in results), Counter[str]())
    figures["days"] = round(sum(result.days for result in results))
    figures["violations"] = sum(len(result.violations) for result in results)
    _table("Figures", figures)
    _table("Coverage", sum((result.coverage for result in results), Counter[str]()))
    _table("Faults shown", sum((result.faults for result in results), Counter[str]()))


def _table(title: str, counts: Counter[str]) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in sorted(counts.items()):
        table.add_row(name, str(count))
    console.print(table)


def show_breakages(verdicts: list[Verdict]) -> None:
    table = Table("breakage", "verdict", "first violation", title="Breakages", title_justify="left")
    for verdict in verdicts:
        table.add_row(
            verdict.name, "[green]caught[/]" if verdict.is_caught else "[red]MISSED[/]", verdict.evidence[:90]
        )
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=50, help="how many weeks")
    parser.add_argument("--seed", type=int, help="this one alone, without breakages")
    parser.add_argument("--weeks-only", action="store_true", help="without breakages")
    parser.add_argument("--json", type=Path, help="where seed, digest and violations of every week are written")
    arguments = parser.parse_args()
    began = time.perf_counter()
    if arguments.seed is not None:
        show_seeds([result := simulate(arguments.seed)])
        console.print(f"digest {result.digest}")
        return int(bool(result.violations))
    results = list(run(range(arguments.seeds)))
    show_seeds(results)
    if arguments.json is not None:
        weeks = [{"seed": r.seed, "digest": r.digest, "violations": r.violations} for r in results]
        arguments.json.write_text(json.dumps(weeks), encoding="utf-8")
    if arguments.weeks_only:
        return int(any(r.violations for r in results))
    seconds = time.perf_counter() - began
    unbroken, *verdicts = break_it([UNBROKEN, *BREAKAGES])
    show_breakages(verdicts)
    if unbroken.is_caught:
        console.print(f"[red]The weeks of the breakages find something unbroken: {unbroken.evidence}[/]")
    empty = [name for name, count in sum((r.coverage for r in results), Counter[str]()).items() if not count]
    console.print(
        f"{len(results)} seeds in {seconds:.0f} s, breakages in {time.perf_counter() - began - seconds:.0f} s"
    )
    if empty:
        console.print(f"[red]Not covered: {', '.join(empty)}[/]")
    good = (
        not unbroken.is_caught
        and not any(r.violations for r in results)
        and all(v.is_caught for v in verdicts)
        and not empty
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
