"""Many simulated weeks, night after night: goes on where it was stopped, whatever a week ends with, and reports.

`python -m tests.simulation.seeds 10000`: exit status 0 if no week of this version has shown anything.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from infra.version import version
from tests.equipment.evidence import FOLDER, ROOT, keep
from tests.simulation.simulate import simulate

Week = dict[str, Any]
A_PROCESS = 20  # weeks; then a new one, so that none grows for nights


def one(seed: int) -> Week:
    """A week that ends with an exception is a finding like any other."""
    try:
        result = simulate(seed)
    except Exception:  # noqa: BLE001 # whatever it is, the other weeks go on
        return {"seed": seed, "digest": "", "violations": [traceback.format_exc()[-2000:]]}
    return {"seed": seed, "digest": result.digest, "violations": result.violations}


def book() -> Path:
    """What this version's weeks have shown, a line each."""
    return FOLDER / f"seeds-{version(ROOT).replace(' ', '-')}.jsonl"


def entered(path: Path) -> list[Week]:
    """Without a last line that was not written whole."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [week for line in lines if (week := _read(line)) is not None]


def _read(line: str) -> Week | None:
    try:
        found: Week = json.loads(line)
    except ValueError:
        return None
    return found


def go_on(seeds: Iterable[int], path: Path, run: Callable[[Iterable[int]], Iterator[Week]]) -> list[Week]:
    """The weeks that are not in the book yet are entered as they end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = entered(path)
    left = [seed for seed in seeds if seed not in {week["seed"] for week in known}]
    with path.open("w", encoding="utf-8") as out:
        out.writelines(f"{json.dumps(week)}\n" for week in known)
        for week in run(left):
            known.append(week)
            out.write(f"{json.dumps(week)}\n")
            out.flush()
            _say(week, len(known))
    return known


def side_by_side(seeds: Iterable[int]) -> Iterator[Week]:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), max_tasks_per_child=A_PROCESS) as pool:
        for ended in as_completed([pool.submit(one, seed) for seed in seeds]):
            yield ended.result()


def _say(week: Week, count: int) -> None:
    print(f"{count}: seed {week['seed']}, {len(week['violations'])} violations, digest {week['digest']}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=10_000, help="how many weeks in all")
    arguments = parser.parse_args()
    path = book()
    if path.name.endswith("-dirty.jsonl"):  # nobody knows of which code its weeks were
        path.unlink(missing_ok=True)
    weeks = go_on(range(arguments.seeds), path, side_by_side)
    for week in sorted(weeks, key=lambda each: each["seed"]):
        for text in week["violations"]:
            print(f"seed {week['seed']} ({week['digest']}): {text}")
    found = sum(len(week["violations"]) for week in weeks)
    keep("seeds", seeds=len(weeks), violations=found)
    print(f"{found} violations in {len(weeks)} weeks of {path.stem.removeprefix('seeds-')}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
