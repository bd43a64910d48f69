"""What is done with a page from ShipStation: new shipments go to the queue, what nobody can read is parked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import Permanent
from functions.model.audit import Cause
from functions.model.cursors import Gap, Reading, Stream
from functions.model.facts import LONG_AGO, OrderFacts, SentTo
from functions.model.messages import Admission, DeliverOrder
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName, OrderKey, Shipment, ShipmentKey


class Marks(Protocol):
    def unrecorded(
        self, shipments: Sequence[Shipment], place: Callable[[Shipment], str], *, rejudge_skipped: bool = False
    ) -> list[Shipment]:
        """Those whose reading is not recorded yet, whatever its outcome; `place` names where one is delivered.
        `rejudge_skipped`: what was skipped is judged anew.
        """

    def holds(self, orders: Mapping[int, OrderKey]) -> set[int]:
        """The ShipStation order ids of which the ledger holds a shipment under the given key."""

    def admissions(self, orders: Collection[OrderKey]) -> dict[ShipmentKey, Admission]:
        """How a backfill let shipments of these orders in, those included that were withdrawn since."""


class Facts(Protocol):
    def load(self, connection: ConnectionName, order_ids: Collection[int]) -> dict[int, OrderFacts]: ...

    def save(self, facts: OrderFacts) -> None:
        """An older reading never replaces a newer one."""


class WorkQueue(Protocol):
    def send(self, work: Iterable[DeliverOrder]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""


class ParkingLot(Protocol):
    def park(self, parked: Parked) -> None:
        """Kept once per subject."""


@dataclass(frozen=True)
class Intake:
    """`now` is a UTC clock."""

    connection: Connection
    marks: Marks
    facts: Facts
    queue: WorkQueue
    parking: ParkingLot
    now: Callable[[], datetime]

    def take(
        self,
        stream: Stream,
        reading: Reading,
        cause: Cause,
        admission: Admission | None = None,
        *,
        moving: Mapping[ShipmentKey, Admission] | None = None,
    ) -> int:
        """How many shipments were new. Everything is sent or recorded when this returns. `moving`: their orders'
        references were corrected, and so a backfill had let some in; what is recorded already is sent too, because its
        withdrawal may be under way.
        """
        new = self._new(reading.shipments, admission) if moving is None else list(reading.shipments)
        self._note_where_they_go(new)
        self.queue.send(
            DeliverOrder(
                order=shipment.order_key,
                cause=cause,
                shipment=shipment,
                admission=(moving or {}).get(shipment.key, admission),
                moved_at=shipment.read_at if moving is not None else None,
            )
            for shipment in new
        )
        for number in reading.unreadable:
            self.park(f"{stream} {number or 'without an id'}", Reason.UNREADABLE_ROW)
        for gap in reading.gaps:
            self.park(_subject(gap), Reason.GAP, _place(gap))
        for withheld in reading.withheld:
            self.park(f"order {withheld.order_id}", withheld.reason, withheld.detail)
        return len(new)

    def _note_where_they_go(self, shipments: Sequence[Shipment]) -> None:
        """Before they are sent: from an IFS order that their ShipStation order turns out not to stand for, they have to
        be withdrawn.
        """
        named = _by_order(shipments)
        known = self._facts(named)
        merged = self._facts({order_id for facts in known.values() for order_id in facts.merged})
        for order_id, of_order in sorted(named.items()):
            facts = known.get(order_id) or _unread(of_order[0], order_id)
            meant = _meant(facts, merged)
            noted = facts.sending_to(_sent_to(s) for s in of_order if (s.company, s.reference) not in meant)
            if noted != facts:
                self.remember(noted)

    def _facts(self, order_ids: Collection[int]) -> dict[int, OrderFacts]:
        return self.facts.load(self.connection.name, order_ids) if order_ids else {}

    def _new(self, shipments: Sequence[Shipment], admission: Admission | None) -> list[Shipment]:
        return self.marks.unrecorded(shipments, self._place, rejudge_skipped=admission == "named")

    def remember(self, facts: OrderFacts) -> None:
        """What the ledger will never take is that order's own trouble."""
        try:
            self.facts.save(facts)
        except Permanent as fault:
            self.park(f"order {facts.order_id}", fault.reason)

    def park(self, subject: str, reason: Reason, detail: str = "") -> None:
        name = self.connection.name
        self.parking.park(Parked(connection=name, subject=subject, reason=reason, detail=detail, at=self.now()))

    def _place(self, shipment: Shipment) -> str:
        return self.connection.at_store(shipment.store_id).delivery_place


def _by_order(shipments: Iterable[Shipment]) -> dict[int, list[Shipment]]:
    """Those that name an IFS order, by their ShipStation order."""
    found: dict[int, list[Shipment]] = {}
    for shipment in shipments:
        if shipment.order_id is not None and shipment.reference is not None:
            found.setdefault(shipment.order_id, []).append(shipment)
    return found


def _meant(facts: OrderFacts, merged: Mapping[int, OrderFacts]) -> set[tuple[str, str | None]]:
    """The IFS orders that a ShipStation order stands for, those combined into it included."""
    whole = (facts, *(merged[order_id] for order_id in facts.merged if order_id in merged))
    return {(part.company, part.reference) for part in whole}


def _sent_to(shipment: Shipment) -> SentTo:
    return SentTo(company=shipment.company, reference=shipment.reference or "")


def _unread(shipment: Shipment, order_id: int) -> OrderFacts:
    """An order that the orders stream has not come to."""
    return OrderFacts(connection=shipment.connection, order_id=order_id, company=shipment.company, modified_at=LONG_AGO)


def _subject(gap: Gap) -> str:
    return f"{gap.stream} after {gap.after:%Y-%m-%dT%H:%M:%SZ}"


def _place(gap: Gap) -> str:
    until = f"{gap.before:%Y-%m-%dT%H:%M:%SZ}" if gap.before else "the end"
    rows = "one row" if gap.rows == 1 else f"{gap.rows} rows"
    return f"{rows} between {gap.after:%Y-%m-%dT%H:%M:%SZ} and {until}"
