"""`python -m tests.simulation SEEDS`: that many simulated weeks, then every breakage; exit status 0 if all is well."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.table import Table

from tests.equipment.evidence import keep
from tests.simulation.fault_model import listed_in
from tests.simulation.simulate import Result, simulate

if TYPE_CHECKING:
    from tests.simulation.breakages import BreakageResult

T = TypeVar("T")
SILENT_SECONDS = 5
console = Console(width=None if sys.stdout.isatty() else 140)


def run(seeds: Iterable[int]) -> Iterator[Result]:
    """As they finish, each with a line of its own."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for result in _as_they_end([pool.submit(simulate, seed) for seed in seeds], "weeks"):
            show_progress(result)
            yield result


def _as_they_end(jobs: Iterable[Future[T]], what: str) -> Iterator[T]:
    """Never silent for longer than a few seconds."""
    pending = set(jobs)
    while pending:
        done, pending = wait(pending, timeout=SILENT_SECONDS, return_when=FIRST_COMPLETED)
        yield from (job.result() for job in done)
        if not done:
            console.print(f"{len(pending)} {what} to go", highlight=False)


def show_progress(result: Result) -> None:
    met, planned = sum(1 for n in result.planned if result.coverage[n]), len(result.planned)
    console.print(
        f"seed {result.seed}: {len(result.violations)} violations, {met} of {planned} stories met, "
        f"{result.seconds:.0f} s, digest {result.digest}",
        highlight=False,
    )


def break_it() -> tuple[BreakageResult, list[BreakageResult]]:
    """What the same weeks find with nothing broken, and what they find of every breakage."""
    from tests.simulation.breakages import BREAKAGES, UNBROKEN, try_breakage  # noqa: PLC0415 # weeks run without them

    by_name: dict[str, BreakageResult] = {}
    # A process each: a breakage must not outlive its run.
    fork = get_context("forkserver")
    fork.set_forkserver_preload(["tests.simulation.breakages"])
    with ProcessPoolExecutor(os.cpu_count(), mp_context=fork, max_tasks_per_child=1) as pool:
        jobs = [pool.submit(try_breakage, name) for name in (UNBROKEN, *BREAKAGES)]
        for result in _as_they_end(jobs, "breakages"):
            console.print(f"{result.name}: {'caught' if result.is_caught else 'not caught'}", highlight=False)
            by_name[result.name] = result
    return by_name[UNBROKEN], [by_name[name] for name in BREAKAGES]


def show_seeds(results: list[Result]) -> None:
    for result in results:
        for text in result.violations:
            console.print(
                f"seed {result.seed} ({result.digest}): {text}", markup=False, highlight=False, soft_wrap=True
            )
    figures = sum((result.figures for result in results), Counter[str]())
    figures["days"] = round(sum(result.days for result in results))
    figures["violations"] = sum(len(result.violations) for result in results)
    _table("Figures", figures)
    coverage = Counter[str]()
    for result in results:
        coverage.update(result.coverage)  # a sum would forget what was never met
    _table("Coverage: stories met", coverage)
    _matrix(sum((result.faults_by for result in results), Counter[tuple[str, str]]()))
    _table("Faults shown", sum((result.faults for result in results), Counter[str]()))
    listed = [len(listed_in({name for name, times in (r.faults + r.coverage).items() if times})) for r in results]
    console.print(f"Of the listed faults a week showed {min(listed)} to {max(listed)}")


def _matrix(met: Counter[tuple[str, str]]) -> None:
    """What a call met, by the Lambda that made it."""
    names = sorted({name for _, name in met})
    table = Table("fault", *names, title="Faults by who met them", title_justify="left")
    for fault in sorted({fault for fault, _ in met if not fault.startswith("killed at ")}):
        table.add_row(fault, *(str(met[fault, name] or "") for name in names))
    killed = Counter[str]()
    for (fault, name), times in met.items():
        killed[name] += times if fault.startswith("killed at ") else 0
    table.add_row("killed", *(str(killed[name] or "") for name in names))
    console.print(table)


def _table(title: str, counts: Counter[str]) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in sorted(counts.items()):
        table.add_row(name, str(count))
    console.print(table)


def keep_weeks(results: list[Result]) -> None:
    keep(
        "weeks",
        seeds=len(results),
        violations=sum(len(result.violations) for result in results),
        labels=sum(result.figures["labels"] for result in results),
        faults=sum(result.faults.total() for result in results),
        digests={result.seed: result.digest for result in results},
    )


def show_breakages(results: list[BreakageResult]) -> None:
    table = Table("breakage", "result", "first violation", title="Breakages", title_justify="left")
    for result in results:
        table.add_row(result.name, "[green]caught[/]" if result.is_caught else "[red]MISSED[/]", result.evidence[:90])
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
    results = sorted(run(range(arguments.seeds)), key=lambda result: result.seed)
    show_seeds(results)
    keep_weeks(results)
    if arguments.json is not None:
        weeks = [{"seed": r.seed, "digest": r.digest, "violations": r.violations} for r in results]
        arguments.json.write_text(json.dumps(weeks), encoding="utf-8")
    if arguments.weeks_only:
        return int(any(r.violations for r in results))
    seconds = time.perf_counter() - began
    unbroken, breakages = break_it()
    show_breakages(breakages)
    keep("breakages", tried=len(breakages), caught=sum(each.is_caught for each in breakages))
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
        and all(v.is_caught for v in breakages)
        and not empty
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
