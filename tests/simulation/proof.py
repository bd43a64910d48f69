"""How we know: every claim, what its last run on this machine has shown, of which version, and by which command.

`python -m tests.simulation.proof` prints the table; with `--readme` it puts it into README.md as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.equipment.evidence import ROOT, Evidence, kept

README = ROOT / "README.md"
BEGIN, END = "<!-- proof: make proof -->", "<!-- /proof -->"
NOT_RUN = "not run"
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """`run` names the evidence, `said` says its figures in a sentence."""

    text: str
    run: str
    command: str
    said: Callable[[Figures], str]


def _of_rows(figures: Figures) -> str:
    return "; ".join(f"{row['value']:g} {row['unit']}{_aim(row)}" for row in figures["rows"])


def _aim(row: Figures) -> str:
    """Of a figure that falls short."""
    return "" if row["ok"] else f", aimed at {row['goal']:g}"


def _row(text: str, name: str) -> Claim:
    return Claim(text, f"bench-{name}", f"make bench ROWS={name}", _of_rows)


CLAIMS = (
    Claim(
        "the tests pass",
        "tests",
        "make test",
        lambda found: f"{found['passed']} passed, {found['skipped']} skipped, {found['failed']} failed",
    ),
    Claim(
        "weeks of faults end with nothing lost, doubled or leaked",
        "weeks",
        "make simulate SEEDS=50",
        lambda found: (
            f"{found['violations']} violations in {found['seeds']} weeks with {found['labels']} labels "
            f"and {found['faults']} faults shown"
        ),
    ),
    Claim(
        "so do the weeks of many nights",
        "seeds",
        "make seeds",
        lambda found: f"{found['violations']} violations in {found['seeds']} weeks",
    ),
    Claim(
        "the weeks notice when the code is broken",
        "breakages",
        "make breakages",
        lambda found: (
            f"{found['caught']} of {found['tried']} breakages caught; tried were {found['tried']} of {found['known']}"
        ),
    ),
    _row("a death at any call to the outside changes nothing", "crash_points"),
    Claim(
        "the tests notice small changes of what writes, walks and counts",
        "mutation",
        "make mutate",
        lambda found: (
            f"{found['killed']} of {found['mutants']} mutants killed: {found['score']:.1f} % of what can be; "
            f"tried were {found['mutants']} of {found['every']}"
        ),
    ),
    _row("what a plan shows is what its apply writes", "dry_run_equal"),
    _row("a colleague's edit between our reading and writing is kept", "lost_updates"),
    _row("three writers on a pushed order lose nothing", "push_lost"),
    _row("a plan writes to ShipStation what it has shown, or nothing", "push_plan_equal"),
    _row("the comparison finds what is planted, and nothing else", "reconcile"),
    _row("alarms ring in time where something is wrong, end with it, and ring nowhere else", "alarms"),
    _row("two days without ShipStation are caught up", "outage"),
    _row("two days without IFS are caught up", "outage_ifs"),
    _row("a ledger that was put back by a day writes nothing twice", "restore"),
    _row("dead letters that are sent again, twice, write nothing twice", "redrive"),
    _row("a key is exchanged in a rush, and no label is lost", "rotation"),
    _row("a flood of webhooks costs ShipStation a few requests a minute", "flood"),
    Claim(
        "every fault that was thought of ends as it has to",
        "faults",
        "make faults",
        lambda found: f"{found['shown']} of {found['known']} shown",
    ),
)


def table(found: Mapping[str, Evidence]) -> Iterator[str]:
    """In Markdown."""
    yield "| claim | shown | of version | on | command |"
    yield "| --- | --- | --- | --- | --- |"
    for claim in CLAIMS:
        if (evidence := found.get(claim.run)) is None:
            yield f"| {claim.text} | {NOT_RUN} | | | `{claim.command}` |"
        else:
            shown = claim.said(evidence.figures)
            yield f"| {claim.text} | {shown} | {evidence.version} | {evidence.day} | `{claim.command}` |"


def into(readme: Path, lines: Iterator[str]) -> None:
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, _, behind = rest.partition(END)
    readme.write_text("\n".join([before + BEGIN, *lines, END + behind]), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", action="store_true", help="put the table into README.md as well")
    lines = list(table(kept()))
    print("\n".join(lines))
    if parser.parse_args().readme:
        into(README, iter(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
