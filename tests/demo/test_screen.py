"""What a visitor sees fits a screen, in a terminal of any width and in a log."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from functions.console.screen import Line, Shown
from functions.model.audit import AuditEntry, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.state import OrderState, ShipmentState
from tests.demo import report
from tests.demo.aligned import Pair
from tests.demo.reconcile import PARKED, UNTOUCHED, Reconciliation, Row, cases
from tests.demo.scenario import CANCELLED, KINDS, ORDERS, Order
from tests.demo.steps import EVERY_SECONDS, Steps
from tests.equipment.builders import NOON, a_cause, a_key, a_shipment

USPS = "9400111894354477280837"  # the longest number
STEPS_LINES = 20  # of `demonstration.run`, with a slow machine's dots


def an_order(number: int) -> Order:
    kind = KINDS.get(number, "single")
    shipments = [number * 2, number * 2 + 1] if kind in {"two IFS shipments", "two alike in IFS"} else [number * 2]
    return Order(f"D{1001 + number}", kind, ifs_shipments=shipments)


def a_row(order: Order, shipment: int) -> Row:
    tracking = "" if order.kind in UNTOUCHED else f"{USPS}, {USPS}" if order.kind == "two parcels" else USPS
    values = (tracking, "USPS" if tracking else "", "2026-03-05")
    return Row(order, shipment, values, values)


def rows() -> list[Row]:
    orders = map(an_order, range(ORDERS))
    return [a_row(order, shipment) for order in orders for shipment in order.ifs_shipments]


def a_state(order: Order) -> OrderState:
    shipment = a_shipment(reference=order.order_no)
    outcome, reason = (Outcome.PARKED, Reason.AMBIGUOUS_TARGET) if order.kind in PARKED else (Outcome.WRITTEN, None)
    state = ShipmentState(shipment=shipment, outcome=outcome, reason=reason, choices=("60", "61"))
    return OrderState(key=shipment.order_key, shipments={shipment.key: state})


def entries() -> list[AuditEntry]:
    changes = {"tracking": FieldChange(before=USPS, after=USPS), "carrier": FieldChange(after="USPS")}
    key = a_shipment().key
    entry = AuditEntry(
        connection=a_shipment().connection,
        record=a_key(),
        orders=("D1001",),
        at=NOON,
        cause=a_cause(),
        shipments=(key,),
        changes=changes,
        outcome=Outcome.RETRY,
        reason=Reason.CONFLICTS,
        http_status=412,
    )
    return [entry] * 3


CHECK = """checked does not fit: 1 misfit (2026-11-25 22:10 UTC)

MISFIT    ifs.targets.shipment_header.tracking: ProNoo is no attribute of ShipmentSet in ShipmentHandling.
          → Nearest: ProNo.
UNPROVEN  ifs.update_grant: Whether the service user may update cannot be read.
          → Invoke the check function with a pilot order.
"""
PAIRS = [
    *[Pair("Sites", "4711", street, "CHI", street) for street in ("99 Lake Shore Drive", "3 Dock Road")],
    *[Pair("Customers", "501", "kim@example.com", "SS501", "kim@example.com")] * 2,
]
KEPT = Reconciliation(66, 0, 0, 0, 0, 1, is_note_intact=True, accidents=0, astray=0)


def screen(width: int, compared: list[Row] | None = None) -> list[str]:
    """Everything below the steps, as the demonstration prints it."""
    compared = rows() if compared is None else compared
    console = Console(width=width, file=io.StringIO())
    orders = list(dict.fromkeys(row.order for row in compared))
    states = {order.order_no: a_state(order) for order in orders if order.kind not in {"before go-live", CANCELLED}}
    report.show_reconciliation(console, compared)
    report.show_counts(console, compared, states, {"orders": 59, "would_change": 0})
    report.show_timed(console, compared, timed(compared))
    report.show_aligned(console, PAIRS)
    report.show_parked(console, "D1042", [USPS], states["D1042"])
    for order in orders[-2:]:
        report.show_story(console, order.order_no, order.kind, entries())
    report.show_check(console, CHECK)
    report.show_told(console, "D1055", Shown([Line(USPS, 2)] * 20))
    report.show_day(console, ["Yesterday:\n" + "a word " * 20 + "\n" + "a word " * 20 + "\n\nNext."])
    report.show_numbers(console, KEPT, {f"number {each}": "p50 6.4 s, p99 6.9 s (29)" for each in range(4)})
    return printed(console)


def timed(compared: list[Row]) -> set[int]:
    """As in a demonstration: the labels that are bought while it runs, and whose number is written at once."""
    left_out = {"voided, re-labelled", "voided", "typed by a colleague", "IFS learns late", "marked by hand"}
    return {row.ifs_shipment for row in compared if row.order.kind not in left_out | UNTOUCHED}


def printed(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_everything_fits_120_lines_of_100_columns() -> None:
    lines = screen(report.WIDE)
    assert len(lines) + STEPS_LINES <= 120
    assert [line for line in lines if len(line) > 100] == []


def test_a_terminal_that_is_narrow_gets_what_fits() -> None:
    assert [line for line in screen(60) if len(line) > 60] == []
    assert len(screen(80)) + STEPS_LINES <= 152


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_tracking_number_is_ever_broken(width: int) -> None:
    text = "\n".join(screen(width))
    assert re.findall(r"\d{8,}", text)
    assert set(re.findall(r"\d{8,}", text)) == {USPS}


def test_a_log_has_neither_colours_nor_control_characters() -> None:
    assert "\x1b" not in "\n".join(screen(report.WIDE))


def test_there_is_one_line_for_each_kind_of_case() -> None:
    found = cases(rows())
    assert len(found) == len(set(KINDS.values())) + 1
    assert (found[0].range, found[0].mark) == ("D1001-41", "equal")
    lines = screen(report.WIDE)
    assert all(sum(line.startswith(f"{case.kind:<20} {case.range}") for line in lines) == 1 for case in found)


def test_what_is_parked_or_left_out_is_not_called_equal() -> None:
    marks = {case.kind: case.mark for case in cases(rows())}
    assert marks["two alike in IFS"] == "parked"
    assert marks["excluded store"] == marks["before go-live"] == "left out"
    assert f"D1042, {USPS}: " in "\n".join(screen(report.WIDE))


def test_the_counts_explain_each_other() -> None:
    text = " ".join(screen(report.WIDE))
    assert "64 orders have 68 IFS shipments: D1042, D1049, D1050, D1051 have two each." in text
    assert "60 are as they should be; parked for a person: D1042; left out: D1044 (not our store), D1060" in text
    assert "waiting: none; different: none." in text
    assert "The 60 have 63 IFS shipments; 56 of them are timed from label to IFS, and not: voided, re-labelled;" in text
    assert "over 59 orders would change 0 of them. D1060 is not among them" in text


def test_an_order_that_differs_is_told_with_both_values() -> None:
    compared = rows()
    compared[7] = replace(compared[7], found=("1ZOTHER", "UPS", "2026-03-04"))
    text = "\n".join(screen(report.WIDE, compared))
    assert "DIFFERS" in text
    assert f"D1008: IFS should hold USPS {USPS} 2026-03-05, and holds UPS 1ZOTHER 2026-03-04" in " ".join(text.split())
    assert "59 are as they should be" in text
    assert "different: D1008." in text


def test_the_commands_to_look_around_fit_and_name_no_other_tool() -> None:
    console = Console(width=report.WIDE, file=io.StringIO())
    aws = SimpleNamespace(logs=Path("/tmp/ifs-shipstation-abcdefgh/logs"))  # noqa: S108 # only shown
    system: Any = SimpleNamespace(aws=aws, connection_file=Path("demo.toml"), webhook_url="http://127.0.0.1:1/hook")
    report.show_how_to_look_around(console, system)
    lines = printed(console)
    assert [line for line in lines if len(line) > 100] == []
    assert [line for line in lines if re.search(r"\b(aws|curl|jq)\b", line)] == []
    assert len(lines) <= 34
    assert "map ontrac UPS" in "\n".join(lines)


def test_a_step_that_lasts_shows_a_dot_and_stays_within_the_columns() -> None:
    console = Console(width=40, file=io.StringIO())
    seen = threading.Event()
    with Steps(console, every=0.001) as say:
        say("Bundling")
        while console.file.getvalue().count("\n") < 2:  # type: ignore[attr-defined]
            seen.wait(0.001)
        say("Deploying")
    lines = printed(console)
    assert lines[0].startswith("  0.0 s  Bundling ....")
    assert lines[-1].lstrip().partition("  ")[2].startswith("Deploying")
    assert max(map(len, lines)) <= 40


def test_the_dots_come_often_enough() -> None:
    assert EVERY_SECONDS < 3


def test_a_record_that_differs_is_told() -> None:
    console = Console(width=report.WIDE, file=io.StringIO())
    report.show_aligned(console, [Pair("Sites", "none", "", "CHI", "12 Harbor Street"), PAIRS[0]])
    text = "\n".join(printed(console))
    assert "Sites alike: CHI = 4711, 99 Lake Shore Drive." in text
    assert "Sites that DIFFER: CHI 12 Harbor Street, none" in text
