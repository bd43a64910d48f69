"""Records that the service user does not see for a while: one look that finds nothing forgets nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.equipment.world import Site
from tests.simulation.expectations import Expectation, Plot
from tests.simulation.week import Week

HIDDEN = timedelta(hours=1)


def _hide(week: Week, expectation: Expectation, at: datetime, length: timedelta) -> None:
    tenant = expectation.site.tenant
    week.at(at, lambda: tenant.hidden.add(expectation.shipment_id))
    expectation.free_at = at + length
    week.at(expectation.free_at, lambda: tenant.hidden.discard(expectation.shipment_id))


def hidden_and_voided(week: Week, site: Site, at: datetime) -> None:
    """The label is voided while its record is hidden: once it is back, our number leaves and the forwarder too."""
    number = week.number()
    expectation = week.shipment(
        site, "voided while its record was hidden", [(number, "BOLT", 1)], by=None, ForwardAgentId="DHL"
    )
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    hides = at + week.later(90, 500)
    _hide(week, expectation, hides, HIDDEN)
    week.void(site, hides + week.later(5, 50), bought)


def hidden_and_shipped(week: Week, site: Site, at: datetime) -> None:
    """Another parcel is labelled while the record is hidden: both numbers stand in the end."""
    number = week.number()
    expectation = week.shipment(site, "labelled while its record was hidden", [(number, "BOLT", 2)], by=None)
    order = week.order(site, at, number, {"BOLT": 2})
    week.label(site, at, order, expectation, quantities={"BOLT": 1})
    hides = at + week.later(90, 500)
    _hide(week, expectation, hides, HIDDEN + week.later(0, 400))
    week.label(site, hides + week.later(5, 50), order, expectation, quantities={"BOLT": 1})
    week.deliver(expectation, hides + week.later(500, 700))


def hidden_beside_another(week: Week, site: Site, at: datetime) -> None:
    """The order's other record stays visible: what belongs to the hidden one is not put there."""
    number = week.number()
    bolts = week.shipment(site, "one of two records hidden", [(number, "BOLT", 2)], by=None)
    nuts = week.shipment(site, "one of two records hidden", [(number, "NUT", 1)], by=None)
    order = week.order(site, at, number, {"BOLT": 2, "NUT": 1})
    week.label(site, at, order, nuts, quantities={"NUT": 1})
    week.label(site, at + week.later(1, 40), order, bolts, quantities={"BOLT": 1})
    hides = at + week.later(90, 500)
    _hide(week, bolts, hides, HIDDEN)
    week.label(site, hides + week.later(5, 50), order, bolts, quantities={"BOLT": 1})
    for each in (bolts, nuts):
        week.deliver(each, hides + week.later(90, 400))


def site_hidden_and_voided(week: Week, site: Site, at: datetime) -> None:
    """Every record of the tenant is gone for an hour, ours in the midst of a void."""
    hides = week.hidden_at[site.connection.name]
    early = hides - week.later(200, 900)
    number = week.number()
    expectation = week.shipment(
        site, "voided while the site was hidden", [(number, "BOLT", 1)], by=None, ForwardAgentId="DHL"
    )
    bought = week.label(site, early, week.order(site, early, number, {"BOLT": 1}), expectation)
    voided, seen = hides + week.later(5, 50), list[bool]()
    week.at(voided, lambda: seen.append(site.tenant.sites == set()))
    week.void(site, voided, bought)
    week.needs(lambda: seen == [True])


HIDDEN_RECORDS = {
    "voided while its record was hidden": Plot(hidden_and_voided),
    "labelled while its record was hidden": Plot(hidden_and_shipped),
    "one of two records hidden": Plot(hidden_beside_another),
    "voided while the site was hidden": Plot(site_hidden_and_voided),
}
