"""Many simulated weeks, night after night: goes on where it was stopped, whatever a week ends with, and reports.

`python -m tests.simulation.seeds 10000`: exit status 0 if no week of this version has shown anything.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.equipment.evidence import keep
from tests.simulation.book import Entry, book, go_on
from tests.simulation.simulate import simulate

A_PROCESS = 20  # weeks; then a new one, so that none grows for nights


def one(seed: int) -> Entry:
    """A week that ends with an exception is a finding like any other."""
    try:
        result = simulate(seed)
    except Exception:  # noqa: BLE001 # whatever it is, the other weeks go on
        return {"seed": seed, "digest": "", "violations": [traceback.format_exc()[-2000:]]}
    return {"seed": seed, "digest": result.digest, "violations": result.violations}


def side_by_side(seeds: Iterable[int]) -> Iterator[Entry]:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), max_tasks_per_child=A_PROCESS) as pool:
        for ended in as_completed([pool.submit(one, seed) for seed in seeds]):
            yield ended.result()


def _say(week: Entry, count: int) -> None:
    print(f"{count}: seed {week['seed']}, {len(week['violations'])} violations, digest {week['digest']}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=10_000, help="how many weeks in all")
    arguments = parser.parse_args()
    path = book("seeds")
    weeks = go_on(range(arguments.seeds), path, side_by_side, key="seed", say=_say)
    for week in sorted(weeks, key=lambda each: each["seed"]):
        for text in week["violations"]:
            print(f"seed {week['seed']} ({week['digest']}): {text}")
    found = sum(len(week["violations"]) for week in weeks)
    keep("seeds", seeds=len(weeks), violations=found)
    print(f"{found} violations in {len(weeks)} weeks of {path.stem.removeprefix('seeds-')}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
