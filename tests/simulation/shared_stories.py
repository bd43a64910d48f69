"""Several orders that meet on one IFS record: written for all of them where the file says so, else all are parked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.equipment.shipstation.rows import Label
from tests.equipment.world import Site
from tests.simulation.connection_files import BY_ID, BY_PO, BY_ROW
from tests.simulation.expectations import Bought, Either, Expectation, Fields, Plot
from tests.simulation.week import Week

SHARED = "shared_target"
PARKING, JOINING = ("acme", "gamma"), ("beta",)


def _meeting(
    week: Week, site: Site, expectation: Expectation, bought: list[Bought], *, until_a_void: bool = False
) -> None:
    """Parked for both with the reason: then the record holds what stood there first, or nothing, never both numbers."""
    for each in bought:
        week.excuse(site, each, SHARED) if until_a_void else week.demand(site, each, SHARED)
    week.expectations.remove(expectation)

    def numbers(live: Sequence[Label]) -> dict[str, Any]:
        return {"ProNo": Either(None, *(label.tracking_number for label in live))}

    def read() -> dict[str, Any]:
        return {"ProNo": site.tenant.shipment(expectation.shipment_id)["ProNo"]}

    week.fields.append(Fields(site, expectation.kind, read, numbers, expectation.labels))


def named_by_two(week: Week, site: Site, at: datetime) -> None:
    """Two orders carry the id of one IFS shipment, whose lines are the first's."""
    numbers = week.number(), week.number()
    expectation = week.shipment(site, "two orders name one shipment", [(numbers[0], "BOLT", 2)], by=None)
    options = {"storeId": BY_ID, "customField2": str(expectation.shipment_id)}
    orders = [week.order(site, at, number, {"BOLT": 1}, advancedOptions=options) for number in numbers]
    bought = [week.label(site, at + week.later(0, 90), order, expectation) for order in orders]
    week.deliver(expectation, at + week.later(100, 400))
    if site.connection.name not in JOINING:
        _meeting(week, site, expectation, bought)


def split_with_its_id(week: Week, site: Site, at: datetime) -> None:
    """A split order keeps number and custom fields: both parts are one IFS order's, and both numbers belong there."""
    number = week.number()
    expectation = week.shipment(site, "split order keeps its id", [(number, "BOLT", 1), (number, "NUT", 1)], by=None)
    options = {"storeId": BY_ID, "customField2": str(expectation.shipment_id)}
    order = week.order(site, at, number, {"BOLT": 1, "NUT": 1}, advancedOptions=options)
    children: list[int] = []
    week.at(at, lambda: children.extend(site.account.split_order(order(), [{"NUT": 1}])))
    week.label(site, at + week.later(1, 30), order, expectation)
    week.label(site, at + week.later(1, 30), lambda: children[0], expectation)
    week.deliver(expectation, at + week.later(40, 300))


def by_number_and_po(week: Week, site: Site, at: datetime) -> None:
    """One IFS order is known to ShipStation by its number and by the customer's, as two orders shipped apart. One of
    them may be taken back.
    """
    number, customers = week.number(), week.number()
    site.tenant.add_order(number, CustomerPoNo=customers)
    expectation = week.shipment(site, "order number and customer's number", [(number, "BOLT", 2)], by=None)
    orders = [
        week.order(site, at, each, {"BOLT": 1}, advancedOptions={"storeId": BY_PO}) for each in (number, customers)
    ]
    bought = [week.label(site, at + week.later(0, 90), order, expectation) for order in orders]
    week.deliver(expectation, at + week.later(100, 400))
    is_voided = week.random.random() < 0.5
    if is_voided:
        week.void(site, at + week.later(500, 900), week.random.choice(bought))
    if site.connection.name not in JOINING:
        _meeting(week, site, expectation, bought, until_a_void=is_voided)


def one_number_of_two_customers(week: Week, site: Site, at: datetime) -> None:
    """Two IFS orders carry one customer's number and only the other one has a shipment, of other goods."""
    reference, theirs, ours = week.number(), week.number(), week.number()
    site.tenant.add_order(theirs, CustomerPoNo=reference, CustomerNo="C1")
    site.tenant.add_order(ours, CustomerPoNo=reference, CustomerNo="C2")
    expectation = week.shipment(site, "one customer's number, two orders", [(theirs, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    order = week.order(site, at, reference, {"NUT": 1}, advancedOptions={"storeId": BY_PO})
    bought = week.label(site, at, order)
    week.excuse(site, bought, "ambiguous_target", "not_in_ifs_yet", "never_found")


def parked_then_voided(week: Week, site: Site, at: datetime) -> None:
    """A line of another order comes onto a shipment that we wrote; then our label is voided."""
    number, other = week.number(), week.number()
    expectation = week.shipment(site, "parked as shared, then voided", [(number, "BOLT", 2)], by=None)
    week.expectations.remove(expectation)
    order = week.order(site, at, number, {"BOLT": 2})
    bought = week.label(site, at, order, expectation, quantities={"BOLT": 1})
    comes = at + week.later(60, 300)
    week.at(comes, lambda: site.tenant.add_line(expectation.shipment_id, other, "BOLT", 1))
    week.void(site, comes + week.later(30, 300), bought)
    week.excuse(site, bought, SHARED)

    week.cleared_or_told.append((bought, expectation))


def joined_after_a_correction(week: Week, site: Site, at: datetime) -> None:
    """A colleague corrects the forwarder; then a second order joins the record: the correction stands."""
    numbers = week.number(), week.number()
    lines = [(number, "BOLT", 1) for number in numbers]
    expectation = week.shipment(site, "second order joins a corrected record", lines, by=None)
    orders = [week.order(site, at, number, {"BOLT": 1}) for number in numbers]
    week.label(site, at, orders[0], expectation)

    def join(typed: datetime) -> None:
        week.label(site, typed + week.later(10, 300), orders[1], expectation)
        week.deliver(expectation, typed + week.later(310, 500))

    week.correct(expectation, at + week.later(60, 200), join, ForwardAgentId="DHL")


def row_without_an_answer(week: Week, site: Site, at: datetime) -> None:
    """A row is made and the answer is lost; the entity takes a second one without a word."""
    number = week.number()
    site.tenant.add_order(number)

    def read() -> dict[str, Any]:
        return {"rows": [row["Status"] for row in site.tenant.trackings() if row["OrderNo"] == number]}

    fields = Fields(site, "row without an answer", read, lambda live: {"rows": ["shipped"]})
    week.fields.append(fields)
    order = week.order(site, at, number, {"BOLT": 1}, advancedOptions={"storeId": BY_ROW})
    week.at(at, lambda: site.tenant.add_fault("lost", method="POST", path="ShipmentTrackingSet"))
    week.label(site, at + week.later(0.1, 1), order, fields)


def combined_rows(week: Week, site: Site, at: datetime) -> None:
    """One parcel of two orders: a row for each, and a void reaches both. A tenant may allow one row a parcel only."""
    numbers = [week.number(), week.number()]
    for number in numbers:
        site.tenant.add_order(number)
    orders = [
        week.order(site, at - week.later(300, 400), number, {"BOLT": 1}, advancedOptions={"storeId": BY_ROW})
        for number in numbers
    ]
    week.at(at, lambda: site.account.combine_orders(orders[0](), [orders[1]()]))

    def read() -> dict[str, Any]:
        rows = {row["OrderNo"]: row["Status"] for row in site.tenant.trackings() if row["OrderNo"] in numbers}
        return {"rows": tuple(rows.get(number) for number in numbers)}

    def expected(live: Sequence[Label]) -> dict[str, Any]:
        status = "shipped" if live else "voided"
        one = [(status, None), (None, status)]
        switches = site.tenant.switches
        is_one = switches.are_rows_unique and switches.row_identity == ("ShipstationId",)
        allowed = one if is_one else [(status, status)]
        is_unseen = not live and (site.shadow_until is not None or (len(shown) > 1 and week.was_out(site, *shown)))
        return {
            "rows": Either(*allowed, *([*one, (None, None)] if is_unseen else []))
        }  # one of them may have been first

    fields = Fields(site, "rows of a combined parcel", read, expected, unless="combined_unknown")
    week.fields.append(fields)
    shown = [at + week.later(1, 120)]
    bought = week.label(site, shown[0], orders[0], fields)
    week.excuse(site, bought, "combined_unknown")
    if site.connection.name == "gamma":
        week.excuse(site, bought, "row_exists", "shared_target")
    if week.random.random() < 0.4:
        shown.append(at + week.later(500, 900))
        week.void(site, shown[1], bought)


SHARED_RECORDS = {
    "two orders name one shipment": Plot(named_by_two),
    "split order keeps the id of its shipment": Plot(split_with_its_id),
    "order number and customer's number shipped apart": Plot(by_number_and_po),
    "one customer's number, two orders": Plot(one_number_of_two_customers),
    "parked as shared, then voided": Plot(parked_then_voided, PARKING),
    "second order joins a corrected record": Plot(joined_after_a_correction, JOINING),
    "row without an answer": Plot(row_without_an_answer, ("acme",)),
    "rows of a combined parcel": Plot(combined_rows, times=2),
}
