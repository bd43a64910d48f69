"""Values, records and attributes that IFS refuses, for a while or for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.equipment.world import Site
from tests.simulation import ledger_format
from tests.simulation.connection_files import DROPPED, LATER, NOT_IN_IFS_DAYS, UNKNOWN, VANISHING, VANISHING_ATTRIBUTE
from tests.simulation.expectations import ANY_REASON, Plot
from tests.simulation.week import Week

FOR_GOOD = 0.3
SECONDS_TO_WAIT = 600


def forwarder_added(week: Week, site: Site, at: datetime) -> None:
    """The map names a forwarder that IFS learns of in mid-week; the next label brings it, and nothing stays parked."""
    added = week.share(0.5)
    week.at(added, lambda: site.tenant.forwarders.add(LATER))
    early = min(at, added - timedelta(hours=3))
    number = week.number()
    expectation = week.shipment(site, "forwarder added in IFS later", [(number, "BOLT", 2)], by=None)
    expectation.carriers = {"lasership": LATER}
    order = week.order(site, early, number, {"BOLT": 2})
    parcel = {"carrier_code": "lasership", "service_code": "ground"}
    for moment in (early, added + week.later(120, 600)):
        tracking = f"LS{number}-{moment:%d%H%M}"  # each label has a number of its own
        week.label(site, moment, order, expectation, tracking_number=tracking, quantities={"BOLT": 1}, **parcel)
    week.deliver(expectation, added + week.later(610, 900))


def typed_as_refused(week: Week, site: Site, at: datetime) -> None:
    """IFS refused our forwarder; a colleague makes it known and types it; then our label is voided."""
    number = week.number()
    expectation = week.shipment(site, "colleague types what was refused", [(number, "BOLT", 1)], by=None)
    expectation.carriers = {"asendia": UNKNOWN}
    parcel = {"carrier_code": "asendia", "service_code": "ground", "tracking_number": f"AS{number}"}
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation, **parcel)
    week.excuse(site, bought, "unknown_in_ifs")

    def is_written() -> bool:
        """And nothing is under way: whose value it is that both wrote at the same time, nobody could tell."""
        is_there = site.tenant.shipment(expectation.shipment_id)["ProNo"] is not None
        return is_there and str(expectation.shipment_id) not in ledger_format.being_written(week.world, site)

    def type_it() -> None:
        site.tenant.edit(expectation.shipment_id, ForwardAgentId=UNKNOWN)
        expectation.carrier_typed = UNKNOWN
        week.void(site, week.world.now() + week.later(30, 200), bought)

    week.once(at + week.later(60, 200), is_written, type_it)


def relabelled_without_a_mapping(week: Week, site: Site, at: datetime) -> None:
    """Voided and bought again from a carrier that no map names: the voided label's forwarder leaves."""
    number = week.number()
    before = week.random.choice((None, "DHL"))
    expectation = week.shipment(
        site, "re-label without a mapping", [(number, "BOLT", 1)], by=None, ForwardAgentId=before
    )
    order = week.order(site, at, number, {"BOLT": 1})
    bought = week.label(site, at, order, expectation)
    voided = at + week.later(0.05, 200)
    week.void(site, voided, bought)
    parcel = {"carrier_code": "ontrac", "service_code": "ground", "tracking_number": f"OT{number}"}
    week.label(site, voided + week.later(0.02, 60), order, expectation, **parcel)
    week.deliver(expectation, voided + week.later(90, 500))


def locked(week: Week, site: Site, at: datetime) -> None:
    """Somebody holds the record for hours, or for good: written afterwards, or a person is told."""
    number = week.number()
    expectation = week.shipment(site, "locked record", [(number, "BOLT", 1)], by=None)
    is_for_good = week.random.random() < FOR_GOOD
    ends = week.end + timedelta(days=30) if is_for_good else at + week.later(120, 600)
    expectation.free_at = None if is_for_good else ends
    expectation.is_untouchable = is_for_good
    week.at(at - timedelta(minutes=5), lambda: site.tenant.locks.update({expectation.shipment_id: ends}))
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    if is_for_good:
        week.excuse(site, bought, ANY_REASON)
        week.told.append((site, bought))
    else:
        week.deliver(expectation, ends + week.later(10, 300))


def never_writable(week: Week, site: Site, at: datetime) -> None:
    """Every PATCH of this one record ends in a database error that nobody knows: parked, after a few tries."""
    number = week.number()
    early = min(at, week.end - timedelta(hours=12))
    expectation = week.shipment(site, "record that always fails", [(number, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    site.tenant.too_long.add(expectation.shipment_id)
    bought = week.label(site, early, week.order(site, early, number, {"BOLT": 1}))
    week.demand(site, bought, ANY_REASON)
    week.patched_in_vain.append(expectation)


def told_to_wait(week: Week, site: Site, at: datetime) -> None:
    """IFS is busy and says for how long: nobody asks it for anything before that time is over."""
    body = {"error": {"code": "", "message": "busy"}}
    headers = {"Retry-After": str(SECONDS_TO_WAIT)}
    fault = {"method": "PATCH", "path": "ShipmentSet", "status": 429, "body": body, "headers": headers}
    week.at(at, lambda: site.tenant.add_fault("status", **fault))
    for turn in range(8):
        number = week.number()
        expectation = week.shipment(site, "Retry-After", [(number, "BOLT", 1)], by=None)
        moment = at + timedelta(minutes=turn, seconds=1)
        week.label(site, moment, week.order(site, at, number, {"BOLT": 1}), expectation)
        week.deliver(expectation, at + week.later(10, 200))
    week.needs(lambda: any(request.retry_after for request in site.tenant.requests))


def dropped(week: Week, site: Site, at: datetime) -> None:
    """IFS takes the number and does not store it: a person is told, and the forwarder is written all the same."""
    number = week.number()
    expectation = week.shipment(site, "attribute dropped silently", [(number, "BOLT", 1)], by=None)
    expectation.attribute = ""
    options = {"storeId": DROPPED}
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}, advancedOptions=options), expectation)
    week.demand(site, bought, "not_stored")
    week.deliver(expectation, at + week.later(1, 100))


def vanished_attribute(week: Week, site: Site, at: datetime) -> None:
    """An update of IFS lacks an attribute for a day: everything is written once it is back."""
    goes = max(min(at, week.end - timedelta(hours=30)), week.start + timedelta(hours=8))  # bought after go-live
    tenant = site.tenant
    number = week.number()
    expectation = week.shipment(site, "attribute gone for a day", [(number, "BOLT", 2)], by=None)
    expectation.attribute = VANISHING_ATTRIBUTE
    order = week.order(site, goes - timedelta(hours=6), number, {"BOLT": 2}, advancedOptions={"storeId": VANISHING})
    week.label(site, goes - timedelta(hours=5), order, expectation, quantities={"BOLT": 1})
    week.at(goes, lambda: tenant.gone.add(VANISHING_ATTRIBUTE))
    week.at(goes + timedelta(days=1), lambda: tenant.gone.discard(VANISHING_ATTRIBUTE))
    week.label(site, goes + week.later(10, 1200), order, expectation, quantities={"BOLT": 1})
    expectation.free_at = goes + timedelta(days=1)
    week.deliver(expectation, goes + timedelta(days=1) + week.later(10, 300))


def never_in_ifs(week: Week, site: Site, at: datetime) -> None:
    """An order that IFS never learns of is given up when its patience ends, whatever outages lie between."""
    early = week.share(0.05)
    number = week.number()
    bought = week.label(site, early, week.order(site, early, number, {"BOLT": 1}))
    if week.days > NOT_IN_IFS_DAYS + 1:  # a week is long enough for the patience of four days
        week.demand(site, bought, "never_found")
    else:
        week.excuse(site, bought, "not_in_ifs_yet")


def calm(week: Week, site: Site, at: datetime) -> None:
    """After the last trouble a label is written within minutes."""
    moment = week.end + timedelta(hours=2) + week.later(0, 500)
    number = week.number()
    expectation = week.shipment(site, "label on the calm day", [(number, "BOLT", 1)], by=None)
    week.label(site, moment, week.order(site, moment, number, {"BOLT": 1}), expectation)
    week.deliver(expectation, moment + week.later(1, 60))


REFUSALS = {
    "forwarder added in IFS later": Plot(forwarder_added),
    "colleague types what was refused": Plot(typed_as_refused),
    "re-label without a mapping": Plot(relabelled_without_a_mapping, times=2),
    "locked record": Plot(locked, times=2),
    "record that always fails": Plot(never_writable),
    "Retry-After": Plot(told_to_wait),
    "attribute dropped silently": Plot(dropped),
    "attribute gone for a day": Plot(vanished_attribute),
    "order that IFS never learns of": Plot(never_in_ifs),
    "label on the calm day": Plot(calm, times=2),
}
