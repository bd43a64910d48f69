from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import Counter
from pathlib import Path

import boto3
import pytest

from functions.connections.patience import Patience
from functions.flows.to_ifs.deliver import deliver
from functions.flows.to_ifs.next_attempt import GIVEN_UP
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
    words = {word for cells in rows("Reasons") for word in re.split(r", | or ", cells[1])}
    assert words <= set(Outcome)


def told(reason: str) -> set[str]:
    """The outcomes that the table names for a reason."""
    (cells,) = (cells for cells in rows("Reasons") if cells[0].strip("`") == reason)
    return set(re.split(r", | or ", cells[1]))


def test_every_reason_has_the_outcome_that_it_is_listed_under() -> None:
    """Headings of the enumeration: `# waiting`, `# written, unchanged or kept, with …`."""
    listed: set[str] = set()
    for line in inspect.getsource(Reason).splitlines():
        if line.strip().startswith("# "):
            listed = {word for word in re.findall(r"[a-z_]+", line) if word in set(Outcome)}
        elif named := re.search(r'^    [A-Z_]+ = "([a-z_]+)"', line):
            assert listed & told(named[1]), f"{named[1]}: listed under {listed}, documented as {told(named[1])}"


def given_together() -> set[tuple[str, str]]:
    """Every outcome and reason that the flows give in one breath."""
    found: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "functions/flows").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.elts if isinstance(node, ast.Tuple) else []
            parts = [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(node, ast.Call) else parts
            names = [ast.unparse(part).partition(".") for part in parts if isinstance(part, ast.Attribute)]
            outcomes = [Outcome[name] for owner, _, name in names if owner == "Outcome"]
            found |= {(Reason[name], o) for o in outcomes for owner, _, name in names if owner == "Reason"}
    return found


def test_every_outcome_that_the_flows_give_a_reason_is_documented() -> None:
    pairs = given_together()
    assert (Reason.NOT_STORED, Outcome.PARKED) in pairs
    assert [(reason, outcome) for reason, outcome in sorted(pairs) if outcome not in told(reason)] == []


def test_the_table_of_patience_is_what_is_given_up() -> None:
    table = {cells[0].split("`")[1]: cells for cells in rows("Patience and attention") if cells[0].startswith("`")}
    ends = {reason: cells[2].strip("`").removeprefix("parked: ") for reason, cells in table.items()}
    assert ends == {reason.value: end.value for reason, end in GIVEN_UP.items()}
    limits = {cells[1].strip("`").removeprefix("patience.") for cells in table.values()}
    assert limits <= set(Patience.model_fields)
    assert {end for end in ends.values() if told(end) != {"parked"}} == set()


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
    monkeypatch.setattr(boto3, "client", lambda _: None)
    monkeypatch.setattr(table, "DynamoTable", lambda _, name: tables[name])
    monkeypatch.setattr(sys, "argv", ["-", "ledger", "audit", "acme", "10", "P1001"])
    (lines,) = re.findall(r"<<'EOF'\n(.*?)\nEOF\n", OPERATIONS, flags=re.DOTALL)
    exec(lines, {})  # noqa: S102 # the lines of our own page
    printed = capsys.readouterr().out
    assert (printed.count('"contributions"'), printed.count('"etag_before"')) == (1, 1)


def test_the_readme_stays_on_few_pages() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150
