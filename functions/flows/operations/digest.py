"""The message of a day, also of a good one: what was shipped yesterday, whether both systems agree, what waits and why,
and what the day cost. No names, no addresses, no numbers of orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from functions.connections.carriers import mapped, same_carrier
from functions.connections.connection import Connection
from functions.errors import ConnectorError
from functions.flows.operations.attention import MOST, WaitingLists
from functions.flows.operations.key_standing import key_standing
from functions.flows.operations.named_orders import Orders, each_named, readable
from functions.flows.operations.standing import ReadingFacts, desk_standing, reading_standing, tenant_standing
from functions.flows.operations.troubles import remarks, troubles
from functions.model.attention import Listed
from functions.model.cursors import ReadingPosition, Span
from functions.model.desk import Desk
from functions.model.frozen import Frozen
from functions.model.key_expiry import VENDORS, KeyExpiry, Vendor
from functions.model.outcomes import Reason
from functions.model.registration import Registration
from functions.model.shipment import ConnectionName
from functions.model.state import ShipmentState
from functions.model.tenant import Circuit, Fitness

DUE_HOUR = 6  # in the zone of the connection's IFS side: by then the day before was compared
NAMED_ORDERS = 20  # whose carriers are looked up
DAY = timedelta(days=1)
AGES_IN_DAYS_FROM = timedelta(days=3)
CENT = 0.01


class Compared(Frozen):
    """What the reconcile of a day found: how many shipments, and of their fields how many are equal in both systems,
    differ for a reason that is known, differ for none.
    """

    shipments: int
    equal: int
    explained: int
    unexplained: int

    @property
    def is_well(self) -> bool:
        """Of shipments, some field was compared."""
        return not self.unexplained and bool(self.equal or self.explained or not self.shipments)


Comparisons = Callable[[ConnectionName, Span], Compared | None]  # of exactly that window; None: it was not compared


@dataclass(frozen=True)
class DigestSources:
    """`desk`, `reading`, `circuit`, `fitness`, `registration` and `key` are a connection's; `usd` is what all of them
    together cost, None where that is not known. Nothing here reads all of the ledger.
    """

    lists: WaitingLists
    orders: Orders
    desk: Callable[[ConnectionName], Desk]
    compared: Comparisons
    reading: Callable[[ConnectionName], ReadingPosition]
    circuit: Callable[[ConnectionName], Circuit]
    fitness: Callable[[Connection], Fitness | None]
    registration: Callable[[ConnectionName], Registration | None]
    key: Callable[[ConnectionName, Vendor], KeyExpiry]
    usd: Callable[[Span], float | None]


class Digest(Frozen):
    """`asks`: somebody has to look closer."""

    day: date
    lines: tuple[str, ...]
    asks: bool
    cost: str

    @property
    def subject(self) -> str:
        """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: ASCII, less than 100 characters."""
        return f"IFS ShipStation {self.day}: {'somebody has to look closer' if self.asks else 'well'}"

    @property
    def text(self) -> str:
        more = ("", "What waits and what to do: .ci/operate attention") if self.asks else ()
        return "\n".join((f"Yesterday, {self.day}:", *self.lines, self.cost, *more)) + "\n"


def day_due(connections: Iterable[Connection], now: datetime) -> date:
    """The latest day that is over everywhere and whose morning after has come."""
    return min((_there(connection, now) - timedelta(hours=DUE_HOUR)).date() for connection in connections) - DAY


def digest(connections: Sequence[Connection], sources: DigestSources, day: date, now: datetime) -> Digest:
    """A line for each connection; one that cannot be read costs its own line."""
    lines = [_line(connection, sources, day, now) for connection in connections]
    return Digest(
        day=day,
        lines=tuple(line.text for line in lines),
        asks=any(line.asks for line in lines),
        cost=f"Lambda and DynamoDB: {_cost(sources.usd(_day_of_all(connections, day)))}.",
    )


def _day_of_all(connections: Iterable[Connection], day: date) -> Span:
    """Of several zones the one where the day ends last, so that one day's cost begins where the one before ended."""
    return max((_day(connection, day) for connection in connections), key=lambda window: window.end)


def _day(connection: Connection, day: date) -> Span:
    return Span.of_day(day, ZoneInfo(connection.ifs.time_zone))


def _cost(usd: float | None) -> str:
    if usd is None:
        return "cost not known"
    amount = f"less than {CENT}" if 0 < usd < CENT else f"{usd:.2f}"
    return f"{amount} USD at list prices of us-east-1"


@dataclass(frozen=True)
class _Line:
    text: str
    asks: bool = False


def _line(connection: Connection, sources: DigestSources, day: date, now: datetime) -> _Line:
    if connection.mode == "off":
        return _Line(f"{connection.called}: switched off.")
    try:
        morning = _morning(connection, sources, _day(connection, day), now)
    except ConnectorError as fault:
        return _Line(f"{connection.called}: the ledger cannot be read ({fault.reason}).", asks=True)
    mode = "" if connection.mode == "write" else f" ({connection.mode})"
    return _Line(f"{connection.called}{mode}: {'; '.join(morning.parts(now))}.", asks=morning.asks)


@dataclass(frozen=True)
class _Morning:
    """What is known of a connection's day. `found` is all that waits or was kept, one more than can be told at most."""

    window: Span
    compared: Compared | None
    found: Sequence[Listed]
    carriers: Sequence[str]
    paused: Sequence[str]
    troubles: Sequence[str]
    remarks: Sequence[str]

    @property
    def waiting(self) -> list[Listed]:
        return [listed for listed in self.found if not listed.is_kept]

    @property
    def asks(self) -> bool:
        is_well = self.compared is not None and self.compared.is_well and not self.troubles and len(self.found) <= MOST
        return not is_well or any(listed.calls for listed in self.waiting)

    def parts(self, now: datetime) -> list[str]:
        kept = sum(listed.is_kept and listed.began >= self.window.start for listed in self.found)
        parts = [_compared(self.compared), _waiting(self.waiting, self.carriers, now)]
        parts += [f"{kept} kept as a person typed it"] if kept else []
        parts += [f"paused: {', '.join(self.paused)}"] if self.paused else []
        return [*parts, *self.troubles, *self.remarks]


def _morning(connection: Connection, sources: DigestSources, window: Span, now: datetime) -> _Morning:
    desk = sources.desk(connection.name)
    pauses = sorted(pause.name for pause in desk.pauses)
    found = list(islice(sources.lists.everything(connection.name, pauses), MOST + 1))
    wrong, under_way = _told(connection, sources, desk, now)
    return _Morning(
        window=window,
        compared=sources.compared(connection.name, window),
        found=found,
        carriers=_unmapped(connection.operated(desk, now), found, sources.orders),
        paused=[pause.name for pause in desk.holding(now) if pause.scope != "connection"],
        troubles=wrong,
        remarks=under_way,
    )


def _told(connection: Connection, sources: DigestSources, desk: Desk, now: datetime) -> tuple[list[str], list[str]]:
    """What is wrong and what is under way, as `status` tells it, but for what only the secrets say: what an unfilled
    one keeps from being read is late.
    """
    key, client = (key_standing(vendor, sources.key(connection.name, vendor), now) for vendor in VENDORS)
    facts = ReadingFacts(
        position=sources.reading(connection.name),
        jobs=(),
        webhooks={},
        parked=(),
        registration=sources.registration(connection.name),
        key=key,
    )
    tenant = tenant_standing(connection, sources.circuit(connection.name), sources.fitness(connection), now, client)
    reading = reading_standing(connection, facts, now)
    decided = desk_standing(connection, desk, now)
    found = troubles(reading, tenant, decided)
    return [trouble.told for trouble in found], list(remarks(reading, tenant, decided))


def _compared(found: Compared | None) -> str:
    if found is None:
        return "not compared"
    if found.shipments and not (found.equal or found.explained or found.unexplained):
        return f"{found.shipments} shipped, no field compared"
    fields = f"{found.equal} fields equal, {found.explained} explained, {found.unexplained} unexplained"
    return f"{found.shipments} shipped, {fields}"


def _waiting(found: Sequence[Listed], carriers: Sequence[str], now: datetime) -> str:
    if not found:
        return "0 waiting"
    more = " and more" if len(found) > MOST else ""
    reasons = Counter(listed.reason for listed in found).most_common()
    named = ", ".join(f"{count} {_words(reason, carriers)}" for reason, count in reasons)
    calls = sum(listed.calls for listed in found)
    oldest = now - min(listed.began for listed in found)
    return f"{len(found)} waiting{more} ({named}), {calls} for a person; oldest {_age(oldest)}"


def _words(reason: Reason | None, carriers: Sequence[str]) -> str:
    named = f" {' '.join(carriers)}" if reason is Reason.CARRIER_UNMAPPED and carriers else ""
    return f"{str(reason or 'not told').replace('_', ' ')}{named}"


def _age(age: timedelta) -> str:
    return f"{age.days} d" if age >= AGES_IN_DAYS_FROM else f"{max(0, int(age.total_seconds() // 3600))} h"


def _unmapped(connection: Connection, found: Iterable[Listed], orders: Orders) -> list[str]:
    """The carriers that the map lacks, of the first orders that wait for it."""
    waiting = (each.order for each in found if each.reason is Reason.CARRIER_UNMAPPED and each.order is not None)
    states = readable(each_named(orders, islice(waiting, NAMED_ORDERS)))
    return sorted({code for state in states for code in _codes(connection, state.shipments.values())})


def _codes(connection: Connection, shipments: Iterable[ShipmentState]) -> Iterator[str]:
    """Of labels alone: a fulfilment's carrier is what a person typed."""
    for each in shipments:
        shipment = each.shipment
        code = shipment.carrier_code if shipment.kind == "label" and not shipment.is_voided else None
        if code and mapped(connection.carriers, code, shipment.service_code) is None:
            yield same_carrier(code)


def _there(connection: Connection, now: datetime) -> datetime:
    return now.astimezone(ZoneInfo(connection.ifs.time_zone))
