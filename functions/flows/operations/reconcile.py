"""Compares a window of ShipStation with IFS, piece by piece. Shares no decision with the deliveries: a fault there must
show here. The ledger is asked last, and only why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget
from functions.flows.operations.reconcile_cases import Case, cases
from functions.flows.operations.reconcile_compare import compare
from functions.flows.operations.reconcile_explain import explain
from functions.flows.operations.reconcile_ledger import Ledger
from functions.flows.operations.reconcile_reading import Addressed, addressed, needs_order
from functions.model.cursors import Span
from functions.model.reconciled import Checked, IfsRow, Orders, Parcel, ReconcileRun, Totals, totals

SETTLED = timedelta(minutes=15)  # what is younger may be on its way
PARCELS_A_PIECE = 10_000  # about what one run can read and compare
LONGEST_PIECE, SHORTEST_PIECE = timedelta(days=1), timedelta(minutes=15)
LONGEST_WINDOW = timedelta(days=400)  # that is asked for at once: meanwhile no day is compared
HALF_A_DAY = timedelta(hours=12)  # for a day's comparison, from its turn on
DAILY_AT = time(5)  # in the connection's zone: the day before is over, and its outages mostly too


class ParcelSource(Protocol):
    """ShipStation. Raises Retryable or Permanent."""

    unreadable: int

    def made(self, window: Span) -> list[Parcel]: ...

    def voided(self, window: Span) -> list[Parcel]: ...

    def orders(self, wanted: Collection[int], since: datetime, now: datetime) -> Orders: ...


class IfsRows(Protocol):
    """One connection's IFS, as one of its stores sees it. Raises Retryable or Permanent."""

    def rows(
        self, target: AnyTarget, references: Collection[str], named: Mapping[str, str]
    ) -> tuple[list[IfsRow], set[str]]:
        """What stands there for these references, and those that IFS has something for. `named` are references by the
        id of the IFS shipment that their parcel names.
        """


@dataclass(frozen=True)
class Reconcile:
    """What a reconcile works with. `ifs` opens IFS as a view of the connection sees it."""

    connection: Connection
    shipstation: ParcelSource
    ifs: Callable[[Connection], IfsRows]
    ledger: Callable[[], Ledger]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Compared:
    checked: list[Checked]
    totals: Totals

    @property
    def disagreeing(self) -> list[str]:
        """The IFS orders that a repair would look at again."""
        return list(dict.fromkeys(each.order for each in self.checked if each.is_unexplained and each.order))


def compare_window(reconcile: Reconcile, window: Span) -> Compared:
    connection, source = reconcile.connection, reconcile.shipstation
    before = source.unreadable
    made = {parcel.key: parcel for parcel in source.made(window)}
    made |= {parcel.key: parcel for parcel in source.voided(window)}
    wanted = {each.order_id for each in made.values() if each.order_id and needs_order(each, connection)}
    orders = source.orders(wanted, window.start, reconcile.now()) if wanted else Orders()
    parcels = addressed(made.values(), orders, connection)
    rows = _rows(parcels, reconcile.ifs)
    checked, unknown = _checked(cases(parcels, rows), connection, reconcile.ledger)
    counted = totals(
        checked,
        shipments=len(made),
        records=sum(not row.is_cancelled for row in rows),
        unreadable=source.unreadable - before,
        unknown=len(unknown),
    )
    return Compared(checked, counted)


def _rows(parcels: Sequence[Addressed], ifs: Callable[[Connection], IfsRows]) -> list[IfsRow]:
    """Each record once, however many stores lead to it."""
    found: dict[tuple[str, str], IfsRow] = {}
    for view, own in _by_view(each for each in parcels if each.skip is None):
        for row in _rows_of(own, view.ifs.targets, ifs(view)):
            found[row.place, row.id] = row.together_with(found.get((row.place, row.id)))
    return list(found.values())


def _rows_of(parcels: Sequence[Addressed], targets: Iterable[AnyTarget], ifs: IfsRows) -> Iterator[IfsRow]:
    """Each order at the first target that has something for it."""
    left = {str(each.reference) for each in parcels}
    named = {each.ifs_shipment: str(each.reference) for each in parcels if each.ifs_shipment}
    for target in targets:
        rows, told = ifs.rows(target, left, named) if left else ([], set[str]())
        left -= told
        yield from rows


def _by_view(parcels: Iterable[Addressed]) -> list[tuple[Connection, list[Addressed]]]:
    """Stores that go to the same targets, company and sites are one."""
    views: list[tuple[Connection, list[Addressed]]] = []
    for each in parcels:
        own = next((group for view, group in views if view.ifs == each.view.ifs), None)
        if own is None:
            views.append((each.view, own := []))
        own.append(each)
    return views


def _checked(
    every: Iterable[Case], connection: Connection, open_ledger: Callable[[], Ledger]
) -> tuple[list[Checked], set[str]]:
    checked: list[Checked] = []
    unknown: set[str] = set()
    ledger: Ledger | None = None
    for case in every:
        found = compare(case)
        if any(each.is_unexplained for each in found):
            ledger = ledger or open_ledger()
            told = explain(case, found, connection, ledger)
            found, unknown = told.checked, unknown | told.unknown
        checked += found
    return checked, unknown


def window_of(start: datetime | None, end: datetime | None, connection: Connection, now: datetime) -> Span:
    """What a person names, up to what has settled where no end is named; the day before, in the connection's zone,
    where nothing is.
    """
    zone = ZoneInfo(connection.ifs.time_zone)
    yesterday = Span.of_day(_day_before(now.astimezone(zone).date(), zone), zone)
    first = start or yesterday.start
    last = end or (yesterday.end if start is None else now - SETTLED)
    return Span(start=first.astimezone(UTC), end=min(last, now).astimezone(UTC))


def day_due(connection: Connection, last: date | None, now: datetime) -> date | None:
    """The day that the schedule has to reconcile now."""
    zone = ZoneInfo(connection.ifs.time_zone)
    local = now.astimezone(zone)
    yesterday = _day_before(local.date(), zone)
    is_due = local.time() >= DAILY_AT and (last is None or last < yesterday)
    return yesterday if is_due and connection.mode != "off" else None


def awaited(connection: Connection, now: datetime) -> list[Span]:
    """The days of which one has to be compared by now: yesterday, or until half a day after its turn the one before."""
    zone = ZoneInfo(connection.ifs.time_zone)
    at_the_latest = (now - HALF_A_DAY).astimezone(zone) - timedelta(hours=DAILY_AT.hour)
    days = {_day_before(day, zone) for day in (now.astimezone(zone).date(), at_the_latest.date())}
    return [Span.of_day(day, zone) for day in sorted(days)]


def _day_before(day: date, zone: ZoneInfo) -> date:
    """By the clock on the wall: a zone may have skipped a day."""
    return (Span.of_day(day, zone).start - timedelta(microseconds=1)).astimezone(zone).date()


def piece_length(window: Span, claimed: int) -> int:
    """Seconds in which ShipStation says that few enough parcels were made."""
    whole = window.end - window.start
    share = whole * (PARCELS_A_PIECE / claimed) if claimed > PARCELS_A_PIECE else whole
    return int(max(SHORTEST_PIECE, min(LONGEST_PIECE, share)).total_seconds())


def next_piece(run: ReconcileRun) -> Span:
    end = run.read_up_to + timedelta(seconds=run.piece_seconds)
    return Span(start=run.read_up_to, end=min(end, run.window.end))


def shorter(run: ReconcileRun) -> int:
    """The length of a piece that did not come to its end."""
    return max(int(SHORTEST_PIECE.total_seconds()), run.piece_seconds // 2)
