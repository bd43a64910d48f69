"""What the orders stream is read for: which IFS order each one means, corrections, and orders that are shipped while we
hold no shipment of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from functions.errors import ConnectorError, Scope
from functions.flows.from_shipstation.intake import Intake
from functions.model.audit import Cause
from functions.model.cursors import Reading, Stream
from functions.model.facts import OrderFacts, OrderReading, SentTo
from functions.model.jobs import Lane
from functions.model.messages import Admission, DeliverOrder
from functions.model.outcomes import Reason
from functions.model.shipment import OrderKey, Shipment, ShipmentKey

ASKED_AT_ONCE = 10  # orders, two requests each; the rest is looked at in the next pass, when most will be recorded


class Shipments(Protocol):
    def shipments_of(self, order_id: int, lane: Lane) -> Iterator[Reading]:
        """Every label and fulfilment of one ShipStation order. A fault of `Scope.RECORD` is this order's own."""


@dataclass(frozen=True)
class CrossCheck:
    source: Shipments
    intake: Intake
    has_time: Callable[[], bool]

    def absorb(self, orders: Sequence[OrderReading], cause: Cause, lane: Lane) -> bool:
        """Remembers what is new or was corrected. A correction takes the order's shipments along; False when time ran
        out before all were done: the same page has to be read again.
        """
        known = self._known(orders)
        for read in orders:
            before = known.get(read.facts.order_id)
            order = read if before is None else read.succeeding(before)
            if before is not None and before.content == order.facts.content:
                continue
            if not self.has_time():
                return False
            self.intake.remember(order.facts if before is None else self._moved(before, order, cause, lane))
        return True

    def verify(self, orders: Sequence[OrderReading], older_than: datetime, cause: Cause, lane: Lane) -> bool:
        """Asks for the shipments of shipped orders that the ledger holds none of. False when some are left to ask."""
        beginning = self.intake.connection.go_live_at
        missing = self._missing([order.facts for order in orders if _is_due(order, beginning, older_than)])
        for facts in missing[:ASKED_AT_ONCE]:
            if not self.has_time():
                return False
            found = self._fetch(facts.order_id, cause, lane)
            if not found.shipments and found.is_whole:
                self.intake.park(f"order {facts.order_id}", Reason.SHIPPED_WITHOUT_SHIPMENT)
            self.intake.remember(facts.as_crosschecked())
        return len(missing) <= ASKED_AT_ONCE

    def _known(self, orders: Sequence[OrderReading]) -> dict[int, OrderFacts]:
        ids = [order.facts.order_id for order in orders]
        return self.intake.facts.load(self.intake.connection.name, ids) if ids else {}

    def _missing(self, shipped: Sequence[OrderFacts]) -> list[OrderFacts]:
        skip = self.intake.connection.store_skip
        wanted = {f.order_id: f for f in shipped if f.reference is not None and skip(f.store_id) is None}
        held = (
            self.intake.marks.holds({order_id: _key(facts) for order_id, facts in wanted.items()}) if wanted else set()
        )
        known = self.intake.facts.load(self.intake.connection.name, set(wanted) - held)
        missing = [known.get(i, facts) for i, facts in sorted(wanted.items()) if i not in held]
        return [facts for facts in missing if not facts.crosschecked]

    def _moved(self, before: OrderFacts, order: OrderReading, cause: Cause, lane: Lane) -> OrderFacts:
        """What is to be remembered: where the order was withdrawn from, or still has to be at its next reading."""
        if not before.sent_to and _meaning(before) == _meaning(order.facts):
            return order.facts
        return order.facts.sending_to(self._move(before, order, cause, lane))

    def _move(self, before: OrderFacts, order: OrderReading, cause: Cause, lane: Lane) -> Iterable[SentTo]:
        """The shipments are placed under the new meaning, and withdrawn from every key that the order left: also from
        one that holds none yet, because a placing may be under way there. Answers with the keys from which not all of
        them could be.
        """
        abandoned = self._abandoned(before, order.facts)
        # Labels that came before their order went to none of those that were combined into it.
        is_wider = before.is_known or bool(order.facts.merged)
        if not abandoned and (order.status != "shipped" or not is_wider):
            return ()
        # What a backfill let in stays in under its new number, and what it left out stays out.
        moving = self.intake.marks.admissions(self._former(before))
        found = self._fetch(before.order_id, cause, lane, moving)
        for key in abandoned:
            self.intake.queue.send(_withdrawal(shipment, key, cause) for shipment in _once(found.shipments))
        return () if found.is_whole else [SentTo(company=key.company, reference=key.reference) for key in abandoned]

    def _abandoned(self, before: OrderFacts, after: OrderFacts) -> list[OrderKey]:
        now = self._keys(after)
        return [key for key in self._former(before) if key not in now]

    def _former(self, before: OrderFacts) -> list[OrderKey]:
        sent_to = [OrderKey(connection=before.connection, **key.model_dump()) for key in before.sent_to]
        return list(dict.fromkeys((*self._keys(before), *sent_to)))

    def _keys(self, facts: OrderFacts) -> list[OrderKey]:
        merged = self.intake.facts.load(facts.connection, facts.merged) if facts.merged else {}
        return [_key(part) for part in (facts, *merged.values()) if part.reference is not None]

    def _fetch(
        self, order_id: int, cause: Cause, lane: Lane, moving: Mapping[ShipmentKey, Admission] | None = None
    ) -> _Found:
        found = _Found()
        try:
            for reading in self.source.shipments_of(order_id, lane):
                self.intake.take(Stream.ORDERS, reading, cause, moving=moving)
                found.shipments += reading.shipments
                found.is_whole = found.is_whole and not (reading.withheld or reading.unreadable or reading.gaps)
        except ConnectorError as fault:
            if fault.scope is not Scope.RECORD:
                raise
            self.intake.park(f"order {order_id}", Reason.ORDER_UNREADABLE, "its labels and fulfilments")
            found.is_whole = False
        return found


@dataclass
class _Found:
    """The shipments of one order. `is_whole`: none is known to be missing."""

    shipments: list[Shipment] = field(default_factory=list)
    is_whole: bool = True


def _is_due(order: OrderReading, beginning: datetime, older_than: datetime) -> bool:
    is_ours = order.status == "shipped" and not order.is_elsewhere
    return is_ours and beginning <= order.facts.modified_at <= older_than


def _meaning(facts: OrderFacts) -> tuple[object, ...]:
    return facts.reference, facts.company, facts.merged, facts.ifs_shipment


def _key(facts: OrderFacts) -> OrderKey:
    return OrderKey(connection=facts.connection, company=facts.company, reference=facts.reference or "")


def _once(shipments: Sequence[Shipment]) -> list[Shipment]:
    """A combined order's parcel comes once for every IFS order it covers."""
    return list({shipment.key: shipment for shipment in shipments}.values())


def _withdrawal(shipment: Shipment, key: OrderKey, cause: Cause) -> DeliverOrder:
    """To the order that it no longer belongs to. Withdrawing is not voiding."""
    return DeliverOrder(order=key, cause=cause, shipment=shipment.of(key), withdrawn_at=shipment.read_at)
