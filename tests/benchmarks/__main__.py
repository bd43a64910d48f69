"""Prints one table, writes build/bench.json, ends with status 1 if a row falls short."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.row import Row
from tests.benchmarks.rows import ROWS, WITH
from tests.equipment.evidence import keep

OUT = Path(__file__).parents[2] / "build" / "bench.json"


def measure(names: list[str], console: Console) -> list[Row]:
    table = Table("row", "value", "unit", "goal", "ok", "took")
    rows: list[Row] = []
    for name in names:
        began = time.perf_counter()
        measured: list[Row] = []
        for row in ROWS[name]():
            took = f"{time.perf_counter() - began:.0f} s"
            mark = "yes" if row.ok else "[red]NO[/]"
            table.add_row(row.id, f"{row.value:g}", row.unit, f"{row.comparison} {row.goal:g}", mark, took)
            measured.append(row)
        keep(f"bench-{name}", rows=[row.as_json() for row in measured])
        rows += measured
    console.print(table)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default=",".join(ROWS), help=f"some of {', '.join(ROWS)}")
    names = list(dict.fromkeys(WITH.get(name, name) for name in parser.parse_args().rows.split(",")))
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    rows = measure(names, Console())
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([row.as_json() for row in rows], indent=1), encoding="utf-8")
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
