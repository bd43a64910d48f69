from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from functions.flows.to_ifs.deliver import deliver
from functions.ledger import table
from functions.ledger.audit import AuditLog
from functions.ledger.orders import OrderStore
from functions.ledger.records import RecordStore
from functions.model.outcomes import Outcome, Reason
from tests.equipment.builders import a_candidate, a_shipment, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.memory_aws.table import MemoryTable

ROOT = Path(__file__).parents[3]
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])


def rows(section: str) -> list[list[str]]:
    """The cells of a section's first table."""
    text = OPERATIONS.split(f"\n## {section}\n")[1].split("\n## ")[0]
    table = re.search(r"^\| --- .*?\n((?:\|.*\n)+)", text, flags=re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[1].splitlines()]


def test_every_outcome_has_one_row() -> None:
    assert [cells[0].strip("`") for cells in rows("Outcomes")] == list(Outcome)


def test_every_reason_has_one_row() -> None:
    assert Counter(cells[0].strip("`") for cells in rows("Reasons")) == Counter(list(Reason))


def test_every_reason_names_its_outcomes() -> None:
    told = {word for cells in rows("Reasons") for word in re.split(r", | or ", cells[1])}
    assert told <= set(Outcome)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_documented_lines_print_the_records_of_an_order_and_their_entries(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = {"ledger": MemoryTable(), "audit": MemoryTable()}
    world = World(FakeIfs(a_candidate()))
    world.orders, world.memories = OrderStore(tables["ledger"]), RecordStore(tables["ledger"])  # type: ignore[assignment] # the stores themselves
    world.audit = AuditLog(tables["audit"], new_id=lambda: "1")  # type: ignore[assignment]
    deliver([work(a_shipment(1))], world.delivery)
    monkeypatch.setattr(boto3, "resource", lambda _: SimpleNamespace(Table=tables.__getitem__))
    monkeypatch.setattr(table, "DynamoTable", lambda memory: memory)
    monkeypatch.setattr(sys, "argv", ["-", "ledger", "audit", "acme", "10", "P1001"])
    (lines,) = re.findall(r"<<'EOF'\n(.*?)\nEOF\n", OPERATIONS, flags=re.DOTALL)
    exec(lines, {})  # noqa: S102 # the lines of our own page
    printed = capsys.readouterr().out
    assert (printed.count('"contributions"'), printed.count('"etag_before"')) == (1, 1)


def test_the_readme_stays_on_few_pages() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150
