"""Judges what stands in IFS: the right values, nobody's value lost, nothing written twice, nothing done by accident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from tests.equipment.ifs.store import Write
from tests.equipment.shipstation.rows import Fulfillment, Label
from tests.equipment.world import Site, World
from tests.simulation import ledger_format as ledger
from tests.simulation.expectations import Expectation, Fields
from tests.simulation.week import FORWARDERS, Week

Parcel = Label | Fulfillment
DELIVERED = frozenset({"Completed", "Closed"})
OVERWRITES = frozenset({"ForwardAgentId", "ActualShipDate", "TrackingNo", "Status"})  # by policy `always`
SHIPMENTS = "ShipmentSet"
_NOTHING = object()


def wrong_values(world: World, week: Week) -> Iterator[str]:
    for expectation in week.expectations:
        if not _is_excepted(world, expectation):
            yield from _record(expectation)
    for fields in week.fields:
        if not _is_excepted(world, fields):
            yield from _fields(fields)


def of_site(week: Week, site: Site) -> Iterator[str]:
    yield from (f"{site.connection.name}: {accident}" for accident in site.tenant.accidents)
    yield from _rows_made_twice(site)
    yield from _doubled(site)
    yield from _lost(week, site)
    yield from _called_twice(site)
    yield from _hasty(week, site)


def _is_excepted(world: World, expectation: Expectation | Fields) -> bool:
    """A parcel of combined orders reaches every IFS order in it, or a person is told that one is unknown."""
    if expectation.unless is None:
        return False
    known = ledger.shipments(world, expectation.site)
    states = [state for number in expectation.labels for state in known.get(f"L{number}", ())]
    return any(state.get(ledger.REASON) == expectation.unless for state in states)


def _record(expectation: Expectation) -> Iterator[str]:
    site, number = expectation.site, expectation.shipment_id
    name = f"{site.connection.name}/{number} ({expectation.kind})"
    if not site.tenant.has_shipment(number):
        yield f"{name}: the story never came so far"
        return
    if expectation.is_untouchable:
        ours = [w for w in site.tenant.writes if w.by == "api" and w.entity == SHIPMENTS and w.key == (number,)]
        yield from (f"{name}: written although it must not be: {write.changes}" for write in ours)
        return
    values, live = site.tenant.shipment(number), not_cancelled(expectation)
    if expectation.attribute:
        yield from _differs(name, "tracking", _tracking(expectation, live), values[expectation.attribute])
    yield from _differs(name, "carrier", _carrier(expectation, live), values["ForwardAgentId"])
    if expectation.note is not None:
        yield from _differs(name, "note", expectation.note, values["NoteText"])
    if live and is_delivered(expectation) and not expectation.is_date_frozen:
        yield from _differs(name, "ship date", _day(expectation, live), (values["ActualShipDate"] or "")[:10])


def not_cancelled(expectation: Expectation) -> list[Parcel]:
    """The parcels that stand for a record, oldest first."""
    site = expectation.site
    labels = [site.account.shipments.current[label] for label in expectation.labels]
    marks = [site.account.fulfillments.current[mark] for mark in expectation.marks]
    live: list[Parcel] = [label for label in labels if label.counts]
    live += [mark for mark in marks if not mark.voided_at]
    return sorted(live, key=lambda parcel: (parcel.created, parcel.row_id))


def is_delivered(expectation: Expectation) -> bool:
    """IFS has delivered it: a state alone does not say so."""
    values = expectation.site.tenant.shipment(expectation.shipment_id)
    return values["Objstate"] in DELIVERED and bool(values["ActualShipDate"])


def _differs(name: str, what: str, expected: str | None, found: str | None) -> Iterator[str]:
    if (expected or None) != (found or None):
        yield f"{name}: {what} should be {expected or None!r} and is {found or None!r}"


def _day(expectation: Expectation, live: list[Parcel]) -> str:
    if expectation.day_in is None:
        return min(parcel.ship_date for parcel in live).isoformat()
    return live[0].created.astimezone(ZoneInfo(expectation.day_in)).date().isoformat()


def _tracking(expectation: Expectation, live: list[Parcel]) -> str | None:
    if expectation.typed is not None:
        return expectation.typed
    return ", ".join((*expectation.prefix, *(parcel.tracking_number or "" for parcel in live)))


def _carrier(expectation: Expectation, live: list[Parcel]) -> str | None:
    if expectation.carrier_typed is not None:
        return expectation.carrier_typed
    if not live:
        return expectation.carrier_before
    name = live[0].carrier_code if isinstance(live[0], Label) else live[0].carrier
    return {**FORWARDERS, **expectation.carriers}.get(name, expectation.carrier_before)


def _fields(fields: Fields) -> Iterator[str]:
    labels = [fields.site.account.shipments.current[number] for number in fields.labels]
    labels.sort(key=lambda label: (label.created, label.shipment_id))
    expected, found = fields.expected([label for label in labels if label.counts]), fields.read()
    if expected != found:
        yield f"{fields.site.connection.name} ({fields.kind}): should be {expected} and is {found}"


def _doubled(site: Site) -> Iterator[str]:
    """Our own value is never written over itself."""
    last: dict[tuple[str, Any, str], object] = {}
    for write in site.tenant.writes:
        for name, value in write.changes.items():
            place = write.entity, write.key, name
            if write.by == "api" and last.get(place, _NOTHING) == value:
                yield f"{site.connection.name}/{write.key[0]}: {name} written again with the same value"
            last[place] = value


def _rows_made_twice(site: Site) -> Iterator[str]:
    made = Counter((row["ShipstationId"], row["OrderNo"]) for row in site.tenant.trackings())
    yield from (
        f"{site.connection.name}: {times} rows for {key} of {order}"
        for (key, order), times in made.items()
        if times > 1
    )


def _lost(week: Week, site: Site) -> Iterator[str]:
    """A colleague's value is written over only where the file says so, and then once for each value of ours. Two
    writes of one field in one second cannot be told apart by IFS's tag.
    """
    theirs: dict[tuple[str, Any, str], Write] = {}
    tried: dict[tuple[str, Any, str], object] = {}
    for write in site.tenant.writes:
        for name, value in write.changes.items():
            place = write.entity, write.key, name
            if write.by == "colleague":
                theirs[place] = write
            elif write.by == "api":
                if place in theirs and theirs[place].changes[name] is not None:
                    is_new = value is not None and value != tried.get(place, _NOTHING)
                    yield from _overwritten(week, site, theirs[place], name, value, is_new=is_new)
                theirs.pop(place, None)
                tried[place] = value
            else:
                theirs.pop(place, None)


def _overwritten(week: Week, site: Site, theirs: Write, name: str, value: object, *, is_new: bool) -> Iterator[str]:
    exceptions = {e.shipment_id for e in week.expectations if e.site is site and e.overwrites}
    if name == "ProNo" and any(
        e.is_adopted or (e.overruled_at is not None and theirs.at <= e.overruled_at)
        for e in week.expectations
        if e.site is site and e.shipment_id == theirs.key[0]
    ):
        return
    if is_new and (name in OVERWRITES or theirs.key[0] in exceptions):
        return
    if theirs.is_unseen:
        week.same_second += 1
    elif not _is_appended(theirs.changes[name], value):
        yield f"{site.connection.name}/{theirs.key[0]}: a colleague's {name} was lost"


def _is_appended(theirs: object, value: object) -> bool:
    """A second parcel's number beside one that was typed by hand."""
    return isinstance(value, str) and str(theirs) in value.split(", ")


def _called_twice(site: Site) -> Iterator[str]:
    calls = Counter(act.key[0] for act in site.tenant.acts)
    yield from (
        f"{site.connection.name}/{key}: state action called {times} times" for key, times in calls.items() if times > 1
    )


def _hasty(week: Week, site: Site) -> Iterator[str]:
    """In shadow nothing is written but what a pilot was asked to."""
    piloted = {(e.site.connection.name, e.shipment_id) for e in week.piloted}
    for write in site.tenant.writes:
        is_pilots = (site.connection.name, write.key[0]) in piloted
        if write.by == "api" and site.shadow_until and write.at < site.shadow_until and not is_pilots:
            yield f"{site.connection.name}/{write.key[0]}: written in shadow mode"
