"""Stores with a company, sites, finders, a mode or a state action of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.equipment.shipstation.rows import Label
from tests.equipment.world import Site
from tests.simulation.connection_files import (
    ACTING,
    BY_FIELD,
    BY_LABELS_DAY,
    BY_PO,
    OF_OTHER_COMPANY,
    OFF,
    ORDERS_OF_OTHER_COMPANY,
    OTHER_COMPANY,
    OTHER_SITE,
    ZONE,
)
from tests.simulation.expectations import ANY_REASON, Fields, Plot
from tests.simulation.week import FORWARDERS, Week

ORDERS_OFF = 6


def store_off(week: Week, site: Site, at: datetime) -> None:
    """Many orders of a store that is switched off: nothing is written, and nothing waits."""
    for turn in range(ORDERS_OFF):
        number = week.number()
        expectation = week.shipment(site, "store switched off", [(number, "BOLT", 1)], by=None)
        expectation.is_untouchable = True
        options = {"storeId": OFF}
        moment = at + timedelta(minutes=turn)
        week.label(site, moment, week.order(site, at, number, {"BOLT": 1}, advancedOptions=options))


def other_site(week: Week, site: Site, at: datetime) -> None:
    """The store's own site is written, the connection's is not the store's."""
    numbers = week.number(), week.number()
    theirs = week.shipment(
        site, "store with a site of its own", [(numbers[0], "BOLT", 1)], by=None, Contract=OTHER_SITE
    )
    foreign = week.shipment(site, "store with a site of its own", [(numbers[1], "BOLT", 1)], by=None)
    foreign.is_untouchable = True
    options = {"storeId": OF_OTHER_COMPANY}
    week.label(site, at, week.order(site, at, numbers[0], {"BOLT": 1}, advancedOptions=options), theirs)
    week.deliver(theirs, at + week.later(10, 300))
    later = at + week.later(1, 60)
    bought = week.label(site, later, week.order(site, at, numbers[1], {"BOLT": 1}, advancedOptions=options))
    week.demand(site, bought, "wrong_company")


def other_company(week: Week, site: Site, at: datetime) -> None:
    """The company of the customer order decides, not its number."""
    number, foreign = week.number(), week.number()
    site.tenant.add_order(number, Company=OTHER_COMPANY, Contract=OTHER_SITE)
    site.tenant.add_order(foreign)
    options = {"storeId": ORDERS_OF_OTHER_COMPANY}
    fields = _order_fields(week, site, "store with a company of its own", number)
    week.label(site, at, week.order(site, at, number, {"BOLT": 1}, advancedOptions=options), fields)
    _order_fields(week, site, "store with a company of its own", foreign)
    bought = week.label(site, at, week.order(site, at, foreign, {"BOLT": 1}, advancedOptions=options))
    week.demand(site, bought, "wrong_company")


def by_customers_number(week: Week, site: Site, at: datetime) -> None:
    """ShipStation knows the order by the customer's number only."""
    reference, number = week.number(), f"C-{week.number()}"
    site.tenant.add_order(number, CustomerPoNo=reference)
    expectation = week.shipment(site, "found by the customer's number", [(number, "BOLT", 1)], by=None)
    order = week.order(site, at, reference, {"BOLT": 1}, advancedOptions={"storeId": BY_PO})
    bought = week.label(site, at, order, expectation)
    week.deliver(expectation, at + week.later(10, 300))
    if week.random.random() < 0.3:
        week.void(site, at + week.later(310, 500), bought)


def of_another_company_by_customers_number(week: Week, site: Site, at: datetime) -> None:
    """Found by the customer's number, and the order is another company's."""
    reference, number = week.number(), f"C-{week.number()}"
    site.tenant.add_order(number, CustomerPoNo=reference, Company=OTHER_COMPANY)
    expectation = week.shipment(site, "customer's number of another company", [(number, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    order = week.order(site, at, reference, {"BOLT": 1}, advancedOptions={"storeId": BY_PO})
    bought = week.label(site, at, order)
    week.demand(site, bought, "wrong_company")


def by_custom_field(week: Week, site: Site, at: datetime) -> None:
    """The IFS order carries the web shop's number in a custom field."""
    reference, number = week.number(), f"W-{week.number()}"
    site.tenant.add_order(number, Cf_Web_Order_No=reference)
    fields = _order_fields(week, site, "found by a custom field", number)
    order = week.order(site, at, reference, {"BOLT": 1}, advancedOptions={"storeId": BY_FIELD})
    week.label(site, at, order, fields)


def _order_fields(week: Week, site: Site, kind: str, number: str) -> Fields:
    def read() -> dict[str, Any]:
        order = site.tenant.order(number)
        return {name: order[name] for name in ("Cf_Tracking_No", "Cf_Carrier")}

    def expected(live: Sequence[Label]) -> dict[str, Any]:
        carrier = FORWARDERS[live[0].carrier_code] if live else None
        return {"Cf_Tracking_No": live[0].tracking_number if live else None, "Cf_Carrier": carrier}

    fields = Fields(site, kind, read, expected)
    week.fields.append(fields)
    return fields


def completed(week: Week, site: Site, at: datetime) -> None:
    """The state action is called once, and the ship date follows the delivery."""
    number = week.number()
    expectation = week.shipment(site, "state action", [(number, "BOLT", 1)], by=None)
    order = week.order(site, at, number, {"BOLT": 1}, advancedOptions={"storeId": ACTING})
    bought = week.label(site, at, order, expectation)
    week.completed.append((expectation, bought))
    week.deliver(expectation, at + week.later(400, 900))


def slowly_completed(week: Week, site: Site, at: datetime) -> None:
    """The gateway gives up, and the action goes on inside for minutes: IFS is asked, not called again."""
    number = week.number()
    expectation = week.shipment(site, "slow state action", [(number, "BOLT", 1)], by=None)
    site.tenant.actions[expectation.shipment_id] = "slow"
    week.deliver(expectation, at + week.later(800, 900))
    order = week.order(site, at, number, {"BOLT": 1}, advancedOptions={"storeId": ACTING})
    bought = week.label(site, at, order, expectation)
    week.completed.append((expectation, bought))
    week.needs(lambda: any(act.key == (expectation.shipment_id,) for act in site.tenant.acts))


def refused_action(week: Week, site: Site, at: datetime) -> None:
    """Inside the action a record exists already: called once, and a person is told."""
    number = week.number()
    expectation = week.shipment(site, "refused state action", [(number, "BOLT", 1)], by=None)
    site.tenant.actions[expectation.shipment_id] = "refused"
    order = week.order(site, at, number, {"BOLT": 1}, advancedOptions={"storeId": ACTING})
    bought = week.label(site, at, order, expectation)
    week.demand(site, bought, ANY_REASON)
    week.needs(lambda: any(act.key == (expectation.shipment_id,) for act in site.tenant.acts))


def late_in_the_evening(week: Week, site: Site, at: datetime) -> None:
    """The ship date is the day of the label's instant at the site, where it is still yesterday."""
    number = week.number()
    evening = at.replace(hour=3, minute=20)
    expectation = week.shipment(site, "label of a late evening", [(number, "BOLT", 1)], by=None)
    expectation.day_in = ZONE
    order = week.order(site, evening, number, {"BOLT": 1}, advancedOptions={"storeId": BY_LABELS_DAY})
    week.label(site, evening, order, expectation)
    week.deliver(expectation, evening + week.later(10, 300))


STORE_OVERRIDES = {
    "label of a late evening": Plot(late_in_the_evening),
    "store switched off": Plot(store_off),
    "store with a site of its own": Plot(other_site),
    "store with a company of its own": Plot(other_company),
    "found by the customer's number": Plot(by_customers_number),
    "customer's number of another company": Plot(of_another_company_by_customers_number),
    "found by a custom field": Plot(by_custom_field),
    "state action": Plot(completed),
    "slow state action": Plot(slowly_completed),
    "refused state action": Plot(refused_action),
}
