"""What the demonstration shows on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from functions.model.audit import AuditEntry
from functions.model.outcomes import SENTENCES
from functions.model.state import OrderState
from tests.demo.reconcile import Reconciliation, Row
from tests.equipment.system import System


def show_reconciliation(console: Console, rows: Sequence[Row]) -> None:
    table = Table(title="Reconciliation: carrier | tracking | ship date of each IFS shipment", title_justify="left")
    for heading in ("order", "what happened", "IFS shipment", "ShipStation says", "IFS holds", "equal?"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        mark = "[green]yes[/]" if row.is_equal else "[red]NO[/]"
        table.add_row(
            row.order.order_no, row.order.kind, str(row.ifs_shipment), _line(row.expected), _line(row.found), mark
        )
    console.print(table)


def _line(values: tuple[str, str, str]) -> str:
    tracking, forwarder, day = values
    return f"{forwarder or '-'} | {tracking or '-'} | {day or '-'}"


def show_story(console: Console, order_no: str, kind: str, entries: Sequence[AuditEntry]) -> None:
    table = Table(title=f"Audit of order {order_no} ({kind})", title_justify="left")
    for heading in ("at (UTC)", "cause", "record", "field: before → after", "end"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        changes = "\n".join(f"{name}: {_text(c.before)} → {_text(c.after)}" for name, c in entry.changes.items())
        end = " ".join(str(part) for part in (entry.outcome, entry.reason, entry.http_status) if part)
        table.add_row(f"{entry.at:%H:%M:%S.%f}"[:-3], entry.cause.kind, entry.record.id, changes, end)
    console.print(table)


def show_parked(console: Console, order_no: str, kind: str, state: OrderState) -> None:
    table = Table(title=f"Order {order_no} ({kind}) waits for a person", title_justify="left")
    for heading in ("shipment", "outcome", "in words", "to choose from"):
        table.add_column(heading, overflow="fold")
    for key, each in state.shipments.items():
        told = SENTENCES[each.reason] if each.reason else ""
        table.add_row(key, f"{each.outcome}: {each.reason}", told, "\n".join(each.choices))
    console.print(table)


def show_check(console: Console, text: str) -> None:
    table = Table(title="make check on a file with a misspelt field: ProNoo", title_justify="left", show_header=False)
    table.add_column(overflow="fold")
    verdict_and_findings = text.split("\n\n")[:2]
    table.add_row(Text("\n\n".join(verdict_and_findings)))
    console.print(table)


def _text(value: str | None) -> str:
    return "empty" if value is None else value


def show_numbers(console: Console, reconciliation: Reconciliation, numbers: Mapping[str, Any]) -> None:
    table = Table(title="Numbers", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in numbers.items():
        table.add_row(name, str(value))
    promises = {
        "IFS shipments compared": reconciliation.rows,
        "lost": reconciliation.lost,
        "written twice": reconciliation.doubled,
        "writes to orders that must stay as they are": reconciliation.writes_to_untouched,
        "429 from ShipStation": reconciliation.throttled,
        "412 from IFS, resolved": reconciliation.conflicts,
        "colleague's note intact": "yes" if reconciliation.is_note_intact else "NO",
        "writes without If-Match, or inserts": reconciliation.accidents,
    }
    for name, value in promises.items():
        table.add_row(name, str(value))
    console.print(table)


def percentiles(seconds: Sequence[float]) -> str:
    if not seconds:
        return "-"
    p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
    return f"p50 {seconds[len(seconds) // 2]:.1f} s, p99 {p99:.1f} s ({len(seconds)})"


def show_how_to_look_around(console: Console, system: System) -> None:
    replay = system.function("Replay")
    credentials = "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1"
    aws = f"{credentials} aws --endpoint-url {system.aws.endpoint_url}"
    order = """'{"order_no": "D2001"}'"""
    web_order = """'{"order_number": "D2001", "items": [{"sku": "BOLT-8"}]}'"""
    shipment = """'{"lines": [["D2001", "BOLT-8", 1]]}'"""
    selection = """'{"connection":"demo","select":{"orders":["D1001"]},"by":"me","note":"a look"}'"""
    console.print(
        "Still running. Look around from another terminal; Ctrl-C ends it.",
        f"  webhook endpoint   {system.webhook_url}",
        f"  queues             {aws} sqs list-queues",
        f"  ledger and audit   {aws} dynamodb list-tables",
        f"  logs               {system.aws.logs}/functions/",
        "  ship another order (a new customer order in IFS, then its label):",
        f"    curl {system.tenant_url}/_control/add_order -d {order}",
        f"    curl {system.tenant_url}/_control/add_shipment -d {shipment}",
        f"    curl {system.account_url}/_control/add_order -d {web_order}",
        f"""    curl {system.account_url}/_control/ship -d '{{"order_id": <the id that the line above answered>}}'""",
        "  what IFS holds then (the id that the second line answered):",
        f"    curl {system.tenant_url}/_control/shipment -d '{{\"shipment_id\": <id>}}'",
        "  replay, dry run:",
        f"    {aws} lambda invoke --function-name {replay} --cli-binary-format raw-in-base64-out \\",
        f"      --payload {selection} /dev/stdout",
        sep="\n",
        markup=False,
        soft_wrap=True,
    )
