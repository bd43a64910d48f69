"""What IFS wants packed → orders.fifo: what ShipStation does not know yet, or knows otherwise.

No list says what has changed, so every look reads what is to be packed and, by number, what was pushed and is still
open: what left the list was perhaps only blocked, moved or hidden, and that is never read as a cancellation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.connections.orders import Orders
from functions.flows.from_ifs.order_content import key_of, outbound
from functions.flows.from_ifs.parted import parted
from functions.model.audit import Cause
from functions.model.consignment import Consignment
from functions.model.outbound import Outbound, OutboundKey, Problem, PushOrders
from functions.model.outcomes import Outcome, Reason
from functions.model.pushed_order import PushedOrder
from functions.model.shipment import ConnectionName

AT_ONCE = 100  # orders in one message, and in one request to ShipStation
MOST_BYTES = 180_000  # of one message's orders, below SQS's 256 KiB with its frame


class Consignments(Protocol):
    """Raises Retryable or Permanent; lists are complete or not answered."""

    def to_pack(self) -> list[Consignment]:
        """All that is in a state and site of the file."""

    def by_number(self, numbers: Iterable[str]) -> list[Consignment]:
        """Of those shipments or orders that IFS shows, whatever their state."""


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
    """`read`: consignments seen; `sent`: those that ShipStation has to hear of; `unseen`: open ones that IFS hides."""

    read: int = 0
    sent: int = 0
    unseen: int = 0


@dataclass(frozen=True)
class Looked:
    """One look: what IFS shows, what is remembered of it, what it asks for, what of that ShipStation has to hear."""

    seen: Mapping[OutboundKey, Consignment]
    known: Mapping[OutboundKey, PushedOrder]
    wanted: Sequence[Outbound]
    due: Sequence[Outbound]


@dataclass(frozen=True)
class Pull:
    consignments: Consignments
    pushed: PushedOrders
    queue: PushQueue


def pull(flow: Pull, connection: Connection, orders: Orders, now: datetime, cause: Cause) -> PullReport:
    """Asked for by a person, what ShipStation refused is tried again. Raises what IFS, the ledger or the queue raise;
    then nothing was decided, and the next look does it all.
    """
    looked = look(flow, connection, orders, now, cause)
    seen, known, due = looked.seen, looked.known, looked.due
    flow.queue.send(PushOrders(connection=connection.name, outbound=part, cause=cause) for part in parts(due))
    _follow_on(flow, seen, known, {each.key for each in due})
    return PullReport(read=len(seen), sent=len(due), unseen=len(known.keys() - seen.keys()))


def look(flow: Pull, connection: Connection, orders: Orders, now: datetime, cause: Cause) -> Looked:
    """Reads, and changes nothing."""
    known = {each.key: each for each in flow.pushed.open(connection.name)}
    seen = _seen(flow, known, connection, orders)
    known |= flow.pushed.load([key for key in seen if key not in known])
    asked = list(_wanted(seen, known, lambda each: outbound(each, connection, orders, now)))
    wanted = parted(asked, known)
    file = _refused_by(connection, cause)
    due = [each for each in wanted if _is_due(each, known.get(each.key), connection, now, file)]
    return Looked(seen, known, wanted, due)


def _seen(
    flow: Pull, known: Collection[OutboundKey], connection: Connection, orders: Orders
) -> dict[OutboundKey, Consignment]:
    """What is to be packed, and what was pushed and is open."""
    offered = [each for each in flow.consignments.to_pack() if not _is_before(each, connection)]
    followed = [key for key in known if bool(key.order_no) == (orders.source == "orders")]
    # What IFS no longer offers may be delivered, cancelled or blocked: what was pushed has to hear which.
    again = {key.number for key in followed} - {each.number for each in offered}
    seen = [*offered, *(flow.consignments.by_number(sorted(again)) if again else ())]
    keyed = {key_of(each, connection): each for each in seen}
    return {**keyed, **_emptied(keyed, followed)}


def _wanted(
    seen: Mapping[OutboundKey, Consignment],
    known: Mapping[OutboundKey, PushedOrder],
    outbound_of: Callable[[Consignment], Outbound],
) -> Iterator[Outbound]:
    for key, each in seen.items():
        pushed = known.get(key)
        if each.fate != "done":
            yield _possible(_certain(outbound_of(each), each, pushed), each, pushed)
        elif pushed is not None and pushed.trying:
            # A run may have written it, and nobody has told the audit.
            yield outbound_of(each).over()


def _possible(wanted: Outbound, consignment: Consignment, known: PushedOrder | None) -> Outbound:
    """A shipment that has left by IFS's books, or is not to be packed for now, is not made, whatever kept it back."""
    is_made = known is not None and known.order_id is not None
    if wanted.key.order_no or wanted.wish != "pack" or is_made:
        return wanted
    return wanted.left() if consignment.is_over or consignment.fate == "hold" else wanted


def _refused_by(connection: Connection, cause: Cause) -> str:
    """The file under which a refusal holds; none where a person asks again."""
    return "" if connection.orders is None or cause.kind == "replay" else connection.orders.fingerprint


def _emptied(
    seen: Mapping[OutboundKey, Consignment], followed: Iterable[OutboundKey]
) -> dict[OutboundKey, Consignment]:
    """Parts of customer orders that IFS shows, of which nothing goes that way any more."""
    orders = {each.order_no: each for each in seen.values() if each.order_no}
    gone = [key for key in followed if key.order_no in orders and key not in seen]
    return {key: orders[key.order_no].emptied(key.group) for key in gone}


def _certain(wanted: Outbound, consignment: Consignment, known: PushedOrder | None) -> Outbound:
    """A line that IFS does not show any more was perhaps hidden, or moved while the list was read: nothing is taken out
    for it, unless it is missing twice while others of its site are shown. Then it was deleted.
    """
    if known is None or not known.may_stand or consignment.shown is None or consignment.shown.issuperset(known.lines):
        return wanted
    has_others = bool(consignment.lines)
    if has_others and known.reason is Reason.LINES_VANISHED:
        return wanted
    return wanted.spoilt(Problem(reason=Reason.LINES_VANISHED, field="lines", is_passing=has_others))


def _is_due(wanted: Outbound, known: PushedOrder | None, connection: Connection, now: datetime, file: str) -> bool:
    """Whether ShipStation has to hear of it: what is new, what IFS says otherwise, what failed for a while, and what
    ShipStation refused under another `file`.
    """
    if known is None:
        return wanted.wish == "pack" and not wanted.is_held
    wanted = known.rest(wanted)
    # A pause after a fault; what must not be packed any more does not wait for its end.
    if known.next_attempt_at is not None:
        return known.next_attempt_at <= now or wanted.stops_packing
    # Shadow mode tells each difference once.
    if known.outcome is Outcome.WOULD_WRITE:
        return connection.is_pushing or wanted.shown != known.shadowed
    if known.is_refused and known.file != file:
        return True
    return not known.has_heard(wanted)


def _is_before(consignment: Consignment, connection: Connection) -> bool:
    return consignment.created is not None and connection.is_before_go_live(consignment.created)


def _follow_on(
    flow: Pull,
    seen: Mapping[OutboundKey, Consignment],
    known: Mapping[OutboundKey, PushedOrder],
    due: set[OutboundKey],
) -> None:
    """What is over and in agreement is not read again; what IFS opens anew is, else nobody would hear of its end."""
    for key, each in seen.items():
        pushed = known.get(key)
        if pushed is None or key in due:
            continue
        if pushed.is_open and each.is_over and (each.fate == "done" or not _is_unheard(pushed, each)):
            flow.pushed.save(pushed.closed())
        elif not pushed.is_open and not each.is_over:
            flow.pushed.save(pushed.opened())


def _is_unheard(pushed: PushedOrder, consignment: Consignment) -> bool:
    """ShipStation has to hear of its end yet: after a pause, or once shadow mode is over."""
    is_shown = pushed.outcome is Outcome.WOULD_WRITE and pushed.may_stand
    return pushed.next_attempt_at is not None or (is_shown and consignment.fate == "cancel")


def parts(due: Sequence[Outbound]) -> Iterable[tuple[Outbound, ...]]:
    """As many as fit into a message each."""
    part: list[Outbound] = []
    size = 0
    for each in due:
        length = len(each.model_dump_json().encode())
        # One order of five hundred lines is as large as many small ones.
        if part and (len(part) == AT_ONCE or size + length > MOST_BYTES):
            yield tuple(part)
            part, size = [], 0
        part.append(each)
        size += length
    if part:
        yield tuple(part)
