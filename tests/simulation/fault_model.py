"""Which fault is shown by what: `python -m tests.simulation.fault_model` prints every one, and how many by what."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from tests.equipment.network import KINDS
from tests.simulation.delivery_stories import STORIES as TOLD
from tests.simulation.pushed_stories import pushed_stories
from tests.simulation.simulate import ALL_STORIES
from tests.simulation.sold_stories import sold_stories
from tests.simulation.webhook_stories import webhook_stories

TESTS = Path(__file__).parents[1]
TROUBLES = ("message handed out twice", "key expired", "webhook lost", "webhook twice", "secrets unavailable")
HABITS = ("March night", "November night", "ShipStation outage", "IFS outage", "answers without a body")
By = Literal["simulated weeks", "test", "nothing"]


@dataclass(frozen=True)
class Fault:
    id: str
    kind: str
    name: str
    expected: str
    where: str

    @property
    def by(self) -> By:
        if self.where.startswith("!"):
            return "nothing"
        return "test" if "::" in self.where else "simulated weeks"


def faults() -> list[Fault]:
    raw = tomllib.loads((Path(__file__).with_suffix(".toml")).read_text(encoding="utf-8"))
    return [Fault(key, kind, *said) for kind, group in raw.items() for key, said in group.items()]


def shown_by_weeks() -> set[str]:
    """The names of stories, habits and faults as the weeks count them."""
    stories = {name for table in (*ALL_STORIES, pushed_stories("acme"), sold_stories("acme")) for name in table}
    tables = {f"{part} {what}" for part in ("ledger", "audit", "queue") for what in ("throttled", "ambiguous")}
    answers = {f"{vendor} {kind}" for vendor in ("shipstation", "ifs") for kind in KINDS}
    schedules = {f"schedule {kind}" for kind in ("twice", "late", "missed")}
    return stories | {*TOLD, *webhook_stories("acme")} | {*TROUBLES, *HABITS} | tables | answers | schedules


def named_in(counts: Counter[str]) -> set[str]:
    """What a week met, of what it counted."""
    return {name for name, times in counts.items() if times}


def listed_in(met: Collection[str]) -> set[str]:
    """The ids of those that a week has shown, of which the names of what it met are given."""
    return {fault.id for fault in faults() if fault.by == "simulated weeks" and fault.where in met}


def unfounded() -> Iterator[str]:
    """Faults of which the list says what is not so."""
    shown = shown_by_weeks()
    for fault in faults():
        if fault.by == "simulated weeks" and fault.where not in shown:
            yield f"{fault.id}: no story or fault is called {fault.where!r}"
        if fault.by == "test" and not is_test(fault.where):
            yield f"{fault.id}: no test is {fault.where!r}"
        if fault.by == "nothing" and len(fault.where.split()) < len(("!", "a", "word", "of", "reason")):
            yield f"{fault.id}: no reason"


def is_test(node: str) -> bool:
    path, _, name = node.partition("::")
    if not (TESTS / path).is_file():
        return False
    body = ast.parse((TESTS / path).read_text(encoding="utf-8")).body
    return name.startswith("test_") and name in {each.name for each in body if isinstance(each, ast.FunctionDef)}


def main() -> int:
    console, listed = Console(width=None if sys.stdout.isatty() else 200), faults()
    table = Table("id", "fault", "what has to come of it", "by", "what", title="Faults", title_justify="left")
    for fault in listed:
        table.add_row(fault.id, fault.name, fault.expected, fault.by, fault.where.removeprefix("! "))
    console.print(table)
    counts = Counter(fault.by for fault in listed)
    console.print(f"{len(listed)} faults: " + ", ".join(f"{number} by {by}" for by, number in counts.items()))
    wrong = list(unfounded())
    for text in wrong:
        console.print(text, markup=False)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
