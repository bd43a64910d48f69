"""Judges the end of a simulation from the vendors' own books and what is stored. Knows no flow and no decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from tests.equipment.ifs.store import Write
from tests.equipment.shipstation.rows import Fulfillment, Label
from tests.equipment.world import AUDIT, CANARY, LEDGER, Site, World
from tests.simulation.workload import FORWARDERS, Expectation, Week

Parcel = Label | Fulfillment
LEASE = timedelta(minutes=3)
PROBE = timedelta(seconds=15)  # a minute, less what the environments' clocks differ
UNDER_WAY = 5
PAGE_SIZE = 7
CLOCKS = timedelta(minutes=1)  # the environments' clocks differ
ATTRIBUTES = {
    "ShipmentSet": {"tracking": "ProNo", "carrier": "ForwardAgentId", "ship_date": "ActualShipDate"},
    "CustomerOrderSet": {"tracking": "Cf_Tracking_No", "carrier": "Cf_Carrier", "ship_date": "Cf_Ship_Date"},
    "ShipmentTrackingSet": {"tracking": "TrackingNo", "status": "Status"},
}
PROFILES = {
    "ShipmentSet": "shipment_header",
    "CustomerOrderSet": "order_header",
    "ShipmentTrackingSet": "custom_entity",
}
IDENTITY = {"ShipstationId", "OrderNo", "Company"}  # of a row that is made


def violations(world: World, week: Week) -> list[str]:
    found = [text for e in week.expectations if not _is_parked(world, e) for text in _record(e)]
    for site in world.sites.values():
        found += [
            *_rows_made_twice(site),
            *_accidents(site),
            *_doubled(site),
            *_throttled(site),
            *_unexplained(world, site),
        ]
        found += [*_dead_letters(site), *_unrecorded(world, site), *_lost_edits(site)]
        found += [*_backwards(world, site), *_numbered_pages(site), *_hasty(site), *_hammering(site)]
    found += [*_unparked(world, week), *_fields(week), *_leaks(world)]
    found += [f"{f.name}: {fault!r}" for f in world.functions.values() for fault in f.faults if not _expected(fault)]
    return sorted(found)


def _expected(fault: BaseException) -> bool:
    """A run may end in a fault of the ledger or the queue: the messages come back."""
    return type(fault).__name__ == "Retryable"


def _is_parked(world: World, expectation: Expectation) -> bool:
    """A parcel of combined orders reaches every IFS order in it, or a person is told that one is unknown."""
    if expectation.kind != "combined orders" or expectation.site.tenant.shipment(expectation.shipment_id)["ProNo"]:
        return False
    known = (item.get("shipments", {}) for item in _items(world, LEDGER, expectation.site))
    labels = {f"L{number}" for number in expectation.labels}
    return any(each[key].get("reason") == "combined_unknown" for each in known for key in labels & set(each))


def _record(expectation: Expectation) -> Iterator[str]:
    site, number = expectation.site, expectation.shipment_id
    name = f"{site.connection.name}/{number} ({expectation.kind})"
    values = site.tenant.shipment(number)
    ours = [w for w in site.tenant.writes if w.by == "api" and w.key == (number,)]
    if expectation.is_untouchable:
        yield from (f"{name}: written although it must not be: {write.changes}" for write in ours)
        return
    labels = [site.account.shipments.current[label] for label in expectation.labels]
    marks = [site.account.fulfillments.current[mark] for mark in expectation.marks]
    live: list[Parcel] = [label for label in labels if label.counts]
    live += [mark for mark in marks if not mark.voided_at]
    yield from _differs(name, "tracking", _tracking(expectation, live), values["ProNo"])
    yield from _differs(name, "carrier", _carrier(expectation, live), values["ForwardAgentId"])
    if expectation.note is not None:
        yield from _differs(name, "note", expectation.note, values["NoteText"])
    if live and values["Objstate"] == "Completed" and not expectation.is_date_frozen:
        day = min(label.ship_date for label in live).isoformat()
        yield from _differs(name, "ship date", day, (values["ActualShipDate"] or "")[:10])


def _differs(name: str, what: str, expected: str | None, found: str | None) -> Iterator[str]:
    if (expected or None) != (found or None):
        yield f"{name}: {what} should be {expected!r} and is {found!r}"


def _tracking(expectation: Expectation, live: list[Parcel]) -> str | None:
    if expectation.typed is not None:
        return expectation.typed
    ordered = sorted(live, key=lambda parcel: (parcel.created, parcel.row_id))
    return ", ".join(parcel.tracking_number or "" for parcel in ordered)


def _carrier(expectation: Expectation, live: list[Parcel]) -> str | None:
    if not live:
        return expectation.carrier_before
    first = min(live, key=lambda parcel: (parcel.created, parcel.row_id))
    name = first.carrier_code if isinstance(first, Label) else first.carrier
    return FORWARDERS.get(name, expectation.carrier_before)


def _accidents(site: Site) -> Iterator[str]:
    yield from (f"{site.connection.name}: {accident}" for accident in site.tenant.accidents)


def _doubled(site: Site) -> Iterator[str]:
    """Our own value is never written over itself."""
    last: dict[tuple[Any, str], object] = {}
    for write in site.tenant.writes:
        for name, value in write.changes.items():
            if write.by == "api" and last.get((write.key, name), _NOTHING) == value:
                yield f"{site.connection.name}/{write.key[0]}: {name} written again with the same value"
            last[write.key, name] = value


_NOTHING = object()


def _throttled(site: Site) -> Iterator[str]:
    if site.account.counts["429"]:
        yield f"{site.connection.name}: {site.account.counts['429']} requests over ShipStation's limit"


def _unexplained(world: World, site: Site) -> Iterator[str]:
    """Every write has an intent with the same values, recorded before it."""
    names = {profile: ATTRIBUTES[entity] for entity, profile in PROFILES.items()}
    intents: dict[tuple[str, str, object], list[str]] = {}
    for item in _items(world, AUDIT, site):
        if item["kind"] == "intent":
            for name, change in item["changes"].items():
                attribute = names[item["target"].partition("/")[0]][name]
                intents.setdefault((item["target"], attribute, change.get("after")), []).append(item["at"])
    for write in site.tenant.writes:
        if write.by == "api":
            yield from _without_intent(site, write, intents)


def _without_intent(site: Site, write: Write, intents: dict[tuple[str, str, object], list[str]]) -> Iterator[str]:
    latest = (write.at + CLOCKS).isoformat()
    for name, value in write.changes.items():
        found = intents.get((_target(site, write), name, value), [])
        if name in IDENTITY:
            continue
        if not any(at.replace("Z", "+00:00") <= latest for at in found):
            yield f"{site.connection.name}/{write.key[0]}: no intent explains {name} = {value!r}"


def _target(site: Site, write: Write) -> str:
    """The record as the audit names it."""
    row = site.tenant.record(write.entity, write.key).values
    return f"{PROFILES[write.entity]}/{row['ShipstationId'] if write.entity == 'ShipmentTrackingSet' else write.key[0]}"


def _rows_made_twice(site: Site) -> Iterator[str]:
    made = Counter(row["ShipstationId"] for row in site.tenant.trackings())
    yield from (f"{site.connection.name}: {times} rows for {key}" for key, times in made.items() if times > 1)


def _fields(week: Week) -> Iterator[str]:
    for each in week.fields:
        labels = sorted(
            (each.site.account.shipments.current[number] for number in each.labels),
            key=lambda label: (label.created, label.shipment_id),
        )
        expected, found = each.expected([label for label in labels if label.counts]), each.read()
        if expected != found:
            yield f"{each.site.connection.name} ({each.kind}): should be {expected} and is {found}"


def _dead_letters(site: Site) -> Iterator[str]:
    yield from (
        f"{site.connection.name}: dead letter {m.body[:200]}" for queue in site.dead for m in queue.messages.values()
    )


def _unrecorded(world: World, site: Site) -> Iterator[str]:
    """Every label and fulfilment made or taken back since go-live stands in the ledger."""
    known = {str(key): each for item in _items(world, LEDGER, site) for key, each in item.get("shipments", {}).items()}
    labels, marks = site.account.shipments.current, site.account.fulfillments.current
    shown = {number: label for number, label in labels.items() if number not in site.account.poison}
    rows: dict[str, Parcel] = {f"L{number}": label for number, label in shown.items()}
    rows |= {f"F{number}": mark for number, mark in marks.items()}
    for key, row in rows.items():
        if row.created < site.connection.go_live_at:
            continue
        if key not in known:
            yield f"{site.connection.name}: shipment {key} is not in the ledger"
        elif row.voided_at and "voided_at" not in known[key]["shipment"]:
            yield f"{site.connection.name}: shipment {key} was voided and the ledger does not know"


def _unparked(world: World, week: Week) -> Iterator[str]:
    """A shipped order without any shipment, and a row that ShipStation cannot show, are shown to a person."""
    for site, order_id in week.unshipped:
        prefix = f"parked#{site.connection.name}"
        if not any(item["subject"] == f"order {order_id}" for item in world.tables[LEDGER].scan(prefix=prefix)):
            yield f"{site.connection.name}: order {order_id} is shipped without a shipment and nobody is told"
    for site, bought, reason in week.parked:
        states = (item.get("shipments", {}).get(f"L{bought[0]}") for item in _items(world, LEDGER, site))
        told = [state for state in states if state]
        if not any(state.get("reason") == reason for state in told):
            yield f"{site.connection.name}: label {bought[0]} should wait for a person as {reason}: {told}"
    for site in {id(site): site for site, _ in week.unreadable}.values():
        parked = world.tables[LEDGER].scan(prefix=f"parked#{site.connection.name}")
        if not any(item["reason"] == "poison_row" for item in parked):
            yield f"{site.connection.name}: a row breaks its page and nobody is told"


def _hammering(site: Site) -> Iterator[str]:
    """While ShipStation refuses the key, one probe a minute is enough; some requests were under way when it ran out."""
    refused = [request.at for request in site.account.requests if request.status == HTTPStatus.UNAUTHORIZED]
    hasty = sum(later - earlier < PROBE for earlier, later in pairwise(refused))
    if hasty > UNDER_WAY:
        yield f"{site.connection.name}: a refused key was tried again within {PROBE.seconds} s {hasty} times"


def _lost_edits(site: Site) -> Iterator[str]:
    """What a colleague saved in a field that is none of ours is what stands there."""
    last: dict[tuple[str, Any], object] = {}
    for write in site.tenant.writes:
        if write.by == "colleague" and "NoteText" in write.changes:
            last[write.entity, write.key] = write.changes["NoteText"]
    for (entity, key), note in last.items():
        if site.tenant.record(entity, key).values["NoteText"] != note:
            yield f"{site.connection.name}/{key[0]}: a colleague's note was lost"


def _backwards(world: World, site: Site) -> Iterator[str]:
    """A reading position only moves forwards, one holder at a time, and a newer holder's is never replaced."""
    fence, holder, held_until, heads = 0, "", world.start, dict[str, str]()
    for position in world.tables[LEDGER].positions:
        if position["connection"] != site.connection.name:
            continue
        if position["fence"] < fence:
            yield f"{site.connection.name}: a fenced holder stored its position"
        until = datetime.fromisoformat(position["held_until"]) if position.get("held_until") else None
        if holder and position["holder"] not in {holder, ""} and until and until - LEASE < held_until - CLOCKS:
            yield f"{site.connection.name}: two holders read at the same time"
        fence, holder, held_until = position["fence"], position["holder"], until or held_until
        for stream, cursor in position.get("cursors", {}).items():
            if cursor["head"] < heads.get(stream, ""):
                yield f"{site.connection.name}: the cursor of {stream} moved backwards"
            heads[stream] = cursor["head"]


def _numbered_pages(site: Site) -> Iterator[str]:
    """Rows move while they are read: only a second with more rows than a page, or a page that is halved to find the
    row that breaks it, may be read by page number.
    """
    for request in site.account.requests:
        query = dict(request.query)
        number = query.get("page", "1")
        if number != "1" and int(query["pageSize"]) >= PAGE_SIZE:
            yield f"{site.connection.name}: page {number} of {request.path} was asked for"


def _hasty(site: Site) -> Iterator[str]:
    for write in site.tenant.writes:
        if write.by == "api" and site.shadow_until and write.at < site.shadow_until:
            yield f"{site.connection.name}/{write.key[0]}: written in shadow mode"


def _leaks(world: World) -> Iterator[str]:
    queues = [queue for site in world.sites.values() for queue in (site.notifications, site.shipments)]
    places = {"log": world.logs.getvalue(), "queue": "\n".join(body for queue in queues for body in queue.bodies)}
    places |= {name: table.everything() for name, table in world.tables.items()}
    for place, text in places.items():
        if CANARY in text:
            at = text.index(CANARY)
            yield f"{place}: holds what it must not: …{text[max(0, at - 80) : at + 40]!r}"


def _items(world: World, table: str, site: Site) -> Iterator[dict[str, Any]]:
    prefix = {AUDIT: f"audit#{site.connection.name}#", LEDGER: f"order#{site.connection.name}#"}[table]
    yield from world.tables[table].scan(prefix=prefix)
