"""Orders that live through an edit of the connection file: every label after it follows the new file, and what people
typed and what was written before it is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.equipment.shipstation.rows import Label
from tests.equipment.world import Site
from tests.simulation.connection_files import NEW_ATTRIBUTE, POLICED, RENAMED, SERVICED, SHADOWED, VIA
from tests.simulation.expectations import ANY_REASON, Either, Expectation, Fields, Plot
from tests.simulation.week import Week

TYPED = "TYPED BY A PERSON"


def _around(week: Week, site: Site) -> tuple[datetime, datetime]:
    """One instant well before the first edit and one well after it."""
    edited, _ = week.edited_at[site.connection.name]
    return edited - week.later(400, 1000), edited + week.later(60, 600)


def _late(week: Week, site: Site) -> datetime:
    """When the second label was bought at the latest."""
    edited, _ = week.edited_at[site.connection.name]
    return edited + timedelta(minutes=600)


def _two_labels(week: Week, site: Site, kind: str, store: int, **parcel: Any) -> tuple[Expectation, list[list[int]]]:
    before, after = _around(week, site)
    number = week.number()
    expectation = week.shipment(site, kind, [(number, "BOLT", 2)], by=None)
    order = week.order(site, before, number, {"BOLT": 2}, advancedOptions={"storeId": store})
    bought = [
        week.label(site, moment, order, expectation, quantities={"BOLT": 1}, **parcel) for moment in (before, after)
    ]
    week.deliver(expectation, after + week.later(20, 300))
    return expectation, bought


def carrier_mapped(week: Week, site: Site, at: datetime) -> None:
    """A carrier gets its mapping between two labels: the second one brings the forwarder."""
    parcel = {"carrier_code": "seko", "service_code": "ground"}
    expectation, _ = _two_labels(week, site, "carrier mapped in mid-week", 100_001, **parcel)
    expectation.carriers = {"seko": "DHL"}


def service_switched_on(week: Week, site: Site, at: datetime) -> None:
    """A forwarder that a colleague corrected stays corrected when the ship-via code is switched on."""
    before, after = _around(week, site)
    number = week.number()
    expectation = week.shipment(site, "service switched on", [(number, "BOLT", 2)], by=None)
    order = week.order(site, before, number, {"BOLT": 2}, advancedOptions={"storeId": SERVICED})
    parcel = {"carrier_code": "ups", "service_code": "ups_ground", "quantities": {"BOLT": 1}}
    first = week.label(site, before, order, expectation, **parcel)
    week.correct(expectation, before + week.later(30, 200), ForwardAgentId="DHL")
    bought = week.label(site, after, order, expectation, **parcel)
    _ship_via(week, expectation, first, bought)


def service_switched_on_then_voided(week: Week, site: Site, at: datetime) -> None:
    """A label written before the ship-via code was switched on is voided after it: all that is ours leaves."""
    before, after = _around(week, site)
    number = week.number()
    expectation = week.shipment(
        site, "service switched on, then voided", [(number, "BOLT", 1)], by=None, ForwardAgentId="DHL"
    )
    order = week.order(site, before, number, {"BOLT": 1}, advancedOptions={"storeId": SERVICED})
    bought = week.label(site, before, order, expectation, carrier_code="ups", service_code="ups_ground")
    week.void(site, after, bought)
    _ship_via(week, expectation, bought)


def _ship_via(week: Week, expectation: Expectation, *bought: list[int]) -> None:
    """IFS warns of it; where the file does not confirm warnings, the code is missing and a person is told."""
    site = expectation.site

    def read() -> dict[str, Any]:
        return {"ShipViaCode": site.tenant.shipment(expectation.shipment_id)["ShipViaCode"]}

    def expected(live: Sequence[Label]) -> dict[str, Any]:
        is_written = live and site.connection.ifs.accept_warnings
        return {"ShipViaCode": VIA[live[0].carrier_code] if is_written else None}

    week.fields.append(Fields(site, expectation.kind, read, expected, expectation.labels))
    if not site.connection.ifs.accept_warnings:
        for each in bought:
            week.excuse(site, each, ANY_REASON)


def policy_changed(week: Week, site: Site, at: datetime) -> None:
    """A number that a person typed is kept, until the file says that ours are always written."""
    expectation, _ = _two_labels(week, site, "policy changed", POLICED)
    site.tenant.edit(expectation.shipment_id, ProNo=TYPED)
    expectation.overwrites = True
    expectation.free_at = _late(week, site)


def store_in_shadow_for_a_while(week: Week, site: Site, at: datetime) -> None:
    """A label bought, and another voided, while the store is in shadow: a replay writes what was only proposed."""
    edited, back = week.edited_at[site.connection.name]
    number = week.number()
    expectation = week.shipment(site, "store in shadow for a while", [(number, "BOLT", 2)], by=None)
    early = edited - week.later(400, 1000)
    order = week.order(site, early, number, {"BOLT": 2}, advancedOptions={"storeId": SHADOWED})
    first = week.label(site, early, order, expectation, quantities={"BOLT": 1})
    between = edited + (back - edited) * 0.3
    week.label(site, between, order, expectation, quantities={"BOLT": 1})
    if week.random.random() < 0.5:
        week.void(site, between + week.later(10, 60), first)
    expectation.free_at = week.end + timedelta(hours=7)  # the last replay
    week.deliver(expectation, back + week.later(10, 300))


def attribute_renamed(week: Week, site: Site, at: datetime) -> None:
    """Numbers go to another attribute from now on; the old one keeps what it held."""
    expectation, bought = _two_labels(week, site, "attribute renamed", RENAMED)
    expectation.attribute = NEW_ATTRIBUTE
    expectation.free_at = _late(week, site)

    def read() -> dict[str, Any]:
        return {"ProNo": site.tenant.shipment(expectation.shipment_id)["ProNo"]}

    def expected(live: Sequence[Label]) -> dict[str, Any]:
        first = site.account.shipments.current[bought[0][0]]
        return {"ProNo": Either(None, first.tracking_number)}  # read late, it never stood there

    week.fields.append(Fields(site, expectation.kind, read, expected))


FILE_EDITS = {
    "carrier mapped in mid-week": Plot(carrier_mapped),
    "service switched on": Plot(service_switched_on),
    "service switched on, then voided": Plot(service_switched_on_then_voided),
    "policy changed": Plot(policy_changed),
    "store in shadow for a while": Plot(store_in_shadow_for_a_while, ("acme", "beta")),
    "attribute renamed": Plot(attribute_renamed),
}
