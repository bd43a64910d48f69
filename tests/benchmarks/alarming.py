"""Whether the alarms ring where something is wrong, in time and until it is over, and nowhere else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.row import Row
from tests.equipment.bad_days import FAULTS, played, quiet
from tests.equipment.local_aws.synth import synthesise
from tests.equipment.quiet_connection import SEED
from tests.equipment.watched_days import FILE, NAME, Station

QUIET_DAYS = 30


def alarms() -> Iterable[Row]:
    """Faults of which an alarm did not ring, not in time, or did not end; what rang besides, and in a quiet month."""
    template = _template()
    every, rung, wrong, false = set(Station(template).alarms()), set[str](), 0, 0
    for fault in FAULTS:
        outcomes = played(fault, template)
        for outcome in outcomes:
            if not outcome.is_as_it_should:
                print(f"{outcome.fault}: late {outcome.late}, false {outcome.false}, endless {outcome.endless}")
        wrong += any(outcome.late or outcome.endless for outcome in outcomes)
        false += max(len(outcome.false) for outcome in outcomes)
        rung |= {name for name in fault.rings if all(name not in outcome.late for outcome in outcomes)}
    print(f"{len(rung)} of {len(every)} alarms were rung by {len(FAULTS)} faults")
    month = quiet(template, QUIET_DAYS)
    for found in month:
        print("\n".join(f"rang in the quiet month: {name} at {at[0]}" for name, at in found.items()), end="")
    yield Row("alarms", wrong, f"of {len(FAULTS)} faults, rung late, not or without end", 0, 0, SEED)
    yield Row("alarms_false", false, "alarms besides those of a fault", 0, 0, SEED)
    yield Row("alarms_quiet", max(map(len, month)), "alarms in a quiet month", 0, 0, SEED)


def _template() -> dict[str, Any]:
    context = {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "architecture": "x86_64"}
    with TemporaryDirectory() as folder:
        files = Path(folder) / "connections"
        files.mkdir()
        (files / f"{NAME}.toml").write_text(FILE, encoding="utf-8")
        assembly = synthesise({**context, "connections": str(files)}, Path(folder) / "cdk.out")
        found: dict[str, Any] = json.loads((assembly / "ifs-shipstation.template.json").read_text())
        return found
