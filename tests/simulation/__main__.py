"""`python -m tests.simulation SEEDS`: that many simulated weeks, then every breakage; exit status 0 if all is well."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.table import Table

from tests.equipment.evidence import keep
from tests.simulation.fault_model import listed_in, named_in
from tests.simulation.side_by_side import as_they_end, console, fresh_processes
from tests.simulation.simulate import Result, simulate


def run(seeds: Iterable[int]) -> Iterator[Result]:
    """As they finish, each with a line of its own."""
    with fresh_processes("tests.simulation.simulate") as pool:
        for result in as_they_end([pool.submit(simulate, seed) for seed in seeds], "weeks"):
            show_progress(result)
            yield result


def show_progress(result: Result) -> None:
    met, planned = sum(1 for n in result.planned if result.coverage[n]), len(result.planned)
    console.print(
        f"seed {result.seed}: {len(result.violations)} violations, {met} of {planned} stories met, "
        f"{result.seconds:.0f} s, digest {result.digest}",
        highlight=False,
    )


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
    listed = [len(listed_in(named_in(r.faults + r.coverage))) for r in results]
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
    from tests.simulation.break_it import break_it  # noqa: PLC0415 # weeks run without them

    is_each_caught = break_it()
    console.print(
        f"{len(results)} seeds in {seconds:.0f} s, breakages in {time.perf_counter() - began - seconds:.0f} s"
    )
    empty = [name for name, count in sum((r.coverage for r in results), Counter[str]()).items() if not count]
    if empty:
        console.print(f"[red]Not covered: {', '.join(empty)}[/]")
    return int(any(r.violations for r in results) or not is_each_caught or bool(empty))


if __name__ == "__main__":
    sys.exit(main())
