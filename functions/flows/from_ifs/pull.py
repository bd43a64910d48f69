"""IFS shipments → orders.fifo: what ShipStation does not know yet, or knows otherwise.

No list says what has changed, so every look reads what is to be packed and, by number, what was pushed and is still
open: a shipment that left the list was perhaps only blocked, moved or hidden, and that is never read as a cancellation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.connections.orders import Orders
from functions.flows.from_ifs.order_content import outbound
from functions.model.audit import Cause
from functions.model.consignment import Consignment
from functions.model.outbound import Outbound, OutboundKey, PushedOrder, PushOrders
from functions.model.outcomes import Outcome
from functions.model.shipment import ConnectionName

AT_ONCE = 100  # orders in one message, and in one request to ShipStation
MOST_BYTES = 180_000  # of one message's orders, below SQS's 256 KiB with its frame
OVER = {"Completed", "Closed", "Cancelled"}  # the goods have left, or never will


class Consignments(Protocol):
    """Raises Retryable or Permanent; lists are complete or not answered."""

    def to_pack(self) -> list[Consignment]:
        """Every shipment in a state and site of the file."""

    def by_number(self, numbers: Iterable[str]) -> list[Consignment]:
        """Those of them that IFS shows, whatever their state."""


class PushedOrders(Protocol):
    def open(self, connection: ConnectionName) -> list[PushedOrder]:
        """Those that are read again at every look."""

    def load(self, keys: Sequence[OutboundKey]) -> dict[OutboundKey, PushedOrder]: ...

    def save(self, pushed: PushedOrder) -> bool:
        """As the revision after its own; False when somebody saved in between."""


class PushQueue(Protocol):
    def send(self, messages: Iterable[PushOrders]) -> None:
        """All or Retryable."""


@dataclass
class PullReport:
    """`read`: shipments seen; `sent`: those that ShipStation has to hear of; `unseen`: open ones that IFS hides."""

    read: int = 0
    sent: int = 0
    unseen: int = 0


@dataclass(frozen=True)
class Pull:
    consignments: Consignments
    pushed: PushedOrders
    queue: PushQueue


def pull(flow: Pull, connection: Connection, orders: Orders, now: datetime, correlation_id: str) -> PullReport:
    """Raises what IFS, the ledger or the queue raise; then nothing was decided, and the next look does it all."""
    known = {each.key: each for each in flow.pushed.open(connection.name)}
    seen = _seen(flow, known, connection)
    wanted = [outbound(shipment, connection, orders, now) for shipment in seen]
    known |= flow.pushed.load([each.key for each in wanted if each.key not in known])
    due = [each for each in wanted if _is_due(each, known.get(each.key), orders, now)]
    cause = Cause(kind="poll", correlation_id=correlation_id)
    flow.queue.send(PushOrders(connection=connection.name, outbound=part, cause=cause) for part in _parts(due))
    _close(flow, _over(seen, orders), known, {each.key for each in due})
    return PullReport(read=len(seen), sent=len(due), unseen=len(known.keys() - {each.key for each in wanted}))


def _seen(flow: Pull, known: Iterable[OutboundKey], connection: Connection) -> list[Consignment]:
    """What is to be packed, and what was pushed and is open."""
    offered = [each for each in flow.consignments.to_pack() if not _is_before(each, connection)]
    again = {key.shipment_id for key in known} - {each.shipment_id for each in offered}
    return [*offered, *(flow.consignments.by_number(sorted(again)) if again else ())]


def _over(seen: Iterable[Consignment], orders: Orders) -> set[str]:
    return {each.shipment_id for each in seen if each.state in OVER - set(orders.states)}


def _is_due(wanted: Outbound, known: PushedOrder | None, orders: Orders, now: datetime) -> bool:
    """Whether ShipStation has to hear of it: what is new, what IFS says otherwise, and what failed for a while."""
    if known is None:
        return wanted.wish == "pack"
    if known.next_attempt_at is not None:
        return known.next_attempt_at <= now
    if known.outcome is Outcome.WOULD_WRITE:
        return orders.mode == "write" or wanted.shown != known.shown
    return not known.has_heard(wanted)


def _is_before(shipment: Consignment, connection: Connection) -> bool:
    return shipment.created is not None and connection.is_before_go_live(shipment.created)


def _close(flow: Pull, over: set[str], known: Mapping[OutboundKey, PushedOrder], due: set[OutboundKey]) -> None:
    """What is over and in agreement is not read again; if IFS opens it anew, it stands in the list again."""
    for key, pushed in known.items():
        if key.shipment_id in over and pushed.is_open and key not in due and pushed.next_attempt_at is None:
            flow.pushed.save(pushed.closed())


def _parts(due: Sequence[Outbound]) -> Iterable[tuple[Outbound, ...]]:
    part: list[Outbound] = []
    size = 0
    for each in due:
        length = len(each.model_dump_json().encode())
        if part and (len(part) == AT_ONCE or size + length > MOST_BYTES):
            yield tuple(part)
            part, size = [], 0
        part.append(each)
        size += length
    if part:
        yield tuple(part)
