"""The table says what the runs have shown, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.equipment.evidence import Evidence, keep, kept
from tests.simulation.proof import BEGIN, CLAIMS, END, NOT_RUN, README, into, table

ROW = {"id": "x", "value": 0.0, "unit": "lost", "goal": 0, "ok": True}
SHOWN: dict[str, dict[str, Any]] = {
    "tests": {"passed": 9, "skipped": 1, "failed": 0},
    "weeks": {"violations": 0, "seeds": 50, "labels": 13_000, "faults": 100_000},
    "seeds": {"violations": 0, "seeds": 9000},
    "breakages": {"caught": 8, "tried": 9, "known": 100},
    "faults": {"shown": 8, "known": 9},
    "mutation": {"killed": 90, "mutants": 100, "every": 700, "score": 90.9},
}


def evidence(run: str) -> Evidence:
    return Evidence("0.1.0 0123456789ab", "2026-11-26", SHOWN.get(run, {"rows": [ROW]}))


def test_a_claim_without_a_run_is_not_called_shown() -> None:
    lines = list(table({}))

    assert sum(NOT_RUN in line for line in lines) == len(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.run)
def test_every_claim_says_what_its_run_has_shown_and_of_which_version(claim: Any) -> None:
    (line,) = (line for line in table({claim.run: evidence(claim.run)}) if claim.text in line)

    assert claim.said(evidence(claim.run).figures) in line
    assert "0123456789ab" in line
    assert NOT_RUN not in line


def test_a_figure_that_falls_short_says_what_it_was_to_be() -> None:
    claim = next(each for each in CLAIMS if each.run == "bench-outage")
    late = {"id": "y", "value": 3.8, "unit": "min until all are queued", "goal": 3, "ok": False}

    assert claim.said({"rows": [ROW, late]}) == "0 lost; 3.8 min until all are queued, aimed at 3"


def test_what_a_run_has_shown_is_found_again_and_half_a_file_is_not(tmp_path: Path) -> None:
    keep("weeks", tmp_path, violations=0)
    (tmp_path / "tests.json").write_text('{"version": "0.1', encoding="utf-8")

    assert {name: found.figures for name, found in kept(tmp_path).items()} == {"weeks": {"violations": 0}}


def test_the_table_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nbehind\n", encoding="utf-8")
    into(readme, iter(["new"]))

    assert readme.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nbehind\n"


def test_the_readme_has_a_line_for_every_claim() -> None:
    shown = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    assert [claim.text for claim in CLAIMS if f"| {claim.text} |" not in shown] == []
