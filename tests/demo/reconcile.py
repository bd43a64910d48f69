"""Compares both systems from what each of them says itself. Knows nothing of the connector's code or ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from tests.demo.scenario import CANCELLED, FROM_IFS, HAND_MARKED, NOTE, TYPED, Order, has_followed
from tests.equipment.ifs.store import Write
from tests.equipment.shipstation.rows import Label
from tests.equipment.system import System

FORWARDERS = {"stamps_com": "USPS", "ups": "UPS", "fedex": "FEDEX"}
LEFT_OUT = {"before go-live": "before go-live", "excluded store": "not our store", CANCELLED: "cancelled"}
PARKED = {"two alike in IFS"}
UNTOUCHED = {*LEFT_OUT, *PARKED}
FIELDS = ("ProNo", "ForwardAgentId", "ActualShipDate")


@dataclass(frozen=True)
class Row:
    """One IFS shipment: what ShipStation says should stand there, and what stands there."""

    order: Order
    ifs_shipment: int
    expected: tuple[str, str, str]
    found: tuple[str, str, str]

    @property
    def is_equal(self) -> bool:
        return self.expected == self.found


@dataclass(frozen=True)
class Case:
    """All orders of one kind. `row` is the first of them that differs, or the first."""

    kind: str
    orders: tuple[str, ...]
    row: Row

    @property
    def range(self) -> str:
        """`D1045-48`; they are numbered in one run."""
        first, last = self.orders[0], self.orders[-1]
        return first if first == last else f"{first}-{last[-2:]}"

    @property
    def mark(self) -> str:
        if not self.row.is_equal:
            return "DIFFERS"
        return "parked" if self.kind in PARKED else "left out" if self.kind in LEFT_OUT else "equal"


def cases(rows: Sequence[Row]) -> list[Case]:
    """In the order in which the kinds come."""
    kinds = dict.fromkeys(row.order.kind for row in rows)
    return [_case(kind, [row for row in rows if row.order.kind == kind]) for kind in kinds]


def _case(kind: str, rows: Sequence[Row]) -> Case:
    orders = tuple(dict.fromkeys(row.order.order_no for row in rows))
    return Case(kind, orders, next((row for row in rows if not row.is_equal), rows[0]))


def reconcile(system: System, orders: Sequence[Order]) -> list[Row]:
    labels: dict[int, list[Label]] = {}
    for label in system.account.shipments.current.values():
        if label.counts:
            labels.setdefault(label.order_id or 0, []).append(label)
    return [
        _row(system, order, number, labels.get(order.order_id, []))
        for order in orders
        for number in order.ifs_shipments
    ]


def numbers_of(system: System, order: Order) -> list[str]:
    """The tracking numbers that ShipStation has for an order."""
    labels = [label for label in system.account.shipments.current.values() if label.order_id == order.order_id]
    return [label.tracking_number or "" for label in labels if label.counts]


def _row(system: System, order: Order, number: int, labels: Sequence[Label]) -> Row:
    values = system.tenant.shipment(number)
    parts = {
        line.values["SourcePartNo"] for key, line in system.tenant.sets["ShipmentLineSet"].items() if key[0] == number
    }
    own = [label for label in labels if parts & {item.body["sku"] for item in label.items}]
    own.sort(key=lambda label: (label.created, label.shipment_id))
    found = (values["ProNo"] or "", values["ForwardAgentId"] or "", (values["ActualShipDate"] or "")[:10])
    return Row(order, number, _expected(order, own, found), found)


def _expected(order: Order, labels: Sequence[Label], found: tuple[str, str, str]) -> tuple[str, str, str]:
    if order.kind in UNTOUCHED:
        return "", "", found[2]  # the date is IFS's own
    if order.kind == "marked by hand":
        return HAND_MARKED, "UPS", found[2]
    if not labels:  # voided, and nothing replaces it
        return "", "", found[2]
    tracking = ", ".join(label.tracking_number or "" for label in labels)
    forwarder = FORWARDERS[labels[0].carrier_code]
    return (
        TYPED if order.kind == "typed by a colleague" else tracking,
        forwarder,
        min(label.ship_date for label in labels).isoformat(),
    )


@dataclass(frozen=True)
class Reconciliation:
    """What the demonstration promises, counted from the vendors' own books."""

    rows: int
    lost: int
    doubled: int
    writes_to_untouched: int
    throttled: int
    conflicts: int
    is_note_intact: bool
    accidents: int
    astray: int

    @property
    def is_kept(self) -> bool:
        into_ifs = self.lost or self.doubled or self.writes_to_untouched or self.accidents
        broken = into_ifs or self.throttled or self.astray
        return not broken and self.conflicts > 0 and self.is_note_intact


def judge(system: System, orders: Sequence[Order]) -> Reconciliation:
    rows = reconcile(system, orders)
    ours = [write for write in system.tenant.writes if write.by == "api"]
    untouched = set(chain.from_iterable(order.ifs_shipments for order in orders if order.kind in UNTOUCHED))
    edited = next(order for order in orders if order.kind == "edited meanwhile")
    return Reconciliation(
        rows=len(rows),
        lost=sum(not row.is_equal for row in rows),
        doubled=_doubled(ours),
        writes_to_untouched=sum(write.key[0] in untouched for write in ours),
        throttled=system.account.counts["429"],
        conflicts=system.tenant.counts["412"],
        is_note_intact=system.tenant.shipment(edited.ifs_shipments[0])["NoteText"] == NOTE,
        accidents=len(system.tenant.accidents),
        astray=sum(not has_followed(system, order) for order in orders if order.kind in FROM_IFS),
    )


def _doubled(writes: Sequence[Write]) -> int:
    """The same value written to the same field again."""
    seen = Counter((write.key, name, value) for write in writes for name, value in write.changes.items())
    return sum(times - 1 for times in seen.values())


def seconds_to_ifs(system: System, orders: Sequence[Order], *, announced: bool, began: float) -> dict[int, float]:
    """By IFS shipment, from the purchase of the label to the tracking number in IFS; `began` is the moment of monotonic
    second 0.
    """
    first: dict[int, float] = {}
    for write in system.tenant.writes:
        if write.by == "api" and "ProNo" in write.changes:
            first.setdefault(write.key[0], write.at.timestamp() - began)
    return {
        number: first[number] - order.labelled_at
        for order in orders
        if order.labelled_at is not None and order.is_announced == announced and order.kind != "IFS learns late"
        for number in order.ifs_shipments
        if number in first
    }
