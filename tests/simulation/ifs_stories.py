"""What happens on the IFS side of a week: other targets, other companies, refusals, and records named by their id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.equipment.shipstation.rows import Label
from tests.equipment.world import Site
from tests.simulation.connection_files import BY_ID, BY_ORDER, BY_ROW, OTHER_SITE
from tests.simulation.expectations import Expectation, Fields, Story, twice
from tests.simulation.week import FORWARDERS, Week

ORDER_ATTRIBUTES = ("Cf_Tracking_No", "Cf_Carrier", "Cf_Ship_Date", "Cf_Ship_Cost", "Cf_Ship_Currency")
COSTS = (0.0, 0.1, 0.2, 7.55, 12.0)


def order_fields(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    site.tenant.add_order(number)
    fields = Fields(
        site,
        "fields of the order",
        lambda: _part(site.tenant.order(number), *ORDER_ATTRIBUTES, "NoteText"),
        lambda live: {
            "Cf_Tracking_No": ", ".join(label.tracking_number or "" for label in live) or None,
            "Cf_Carrier": FORWARDERS[live[0].carrier_code] if live else None,
            "Cf_Ship_Date": min(label.ship_date for label in live).isoformat() if live else None,
            "Cf_Ship_Cost": float(sum(Decimal(str(label.cost)) for label in live)) if live else None,
            "Cf_Ship_Currency": "USD" if live else None,
            "NoteText": "mine",
        },
    )
    week.fields.append(fields)
    order = week.order(site, at, number, {"BOLT": 2}, advancedOptions={"storeId": BY_ORDER})
    parcels = [{"quantities": {"BOLT": 1}, "cost": week.random.choice(COSTS)} for _ in range(2)]
    bought = [week.label(site, at + week.later(0, 60), order, fields, **parcel) for parcel in parcels]
    week.at(at + week.later(0, 30), lambda: site.tenant.edit_order(number, NoteText="mine"))
    for each in bought[: week.random.randrange(3)]:
        week.void(site, at + week.later(61, 400), each)


def rows(week: Week, site: Site, at: datetime) -> None:
    """One row a label, made once, whatever happens to the answers."""
    number = week.number()
    order = week.order(site, at, number, {"BOLT": 2}, advancedOptions={"storeId": BY_ROW})
    week.at(at - timedelta(minutes=5), lambda: site.tenant.add_order(number))

    def found() -> dict[str, Any]:
        return {row["ShipstationId"]: _part(row, "TrackingNo", "Status", "OrderNo") for row in _rows(site, number)}

    def expected(live: Sequence[Label]) -> dict[str, Any]:
        not_cancelled = {label.shipment_id for label in live}
        made = [site.account.shipments.current[each] for each in fields.labels]
        made_rows = found()  # a label that was taken back before anything could be written has none
        return {
            f"L{label.shipment_id}": _row(label, number, label.shipment_id in not_cancelled)
            for label in made
            if label.shipment_id in not_cancelled
            or f"L{label.shipment_id}" in made_rows
            or not (site.shadow_until or week.was_out(site, label.created, label.voided_at or label.created))
        }

    fields = Fields(site, "one row a shipment", found, expected)
    week.fields.append(fields)
    bought = [week.label(site, at + week.later(0, 60), order, fields, quantities={"BOLT": 1}) for _ in range(2)]
    if week.random.random() < 0.5:
        week.void(site, at + week.later(1500, 1600), bought[0])  # its row was made long before


def _rows(site: Site, number: str) -> list[dict[str, Any]]:
    return [row for row in site.tenant.trackings() if row["OrderNo"] == number]


def _row(label: Label, number: str, is_standing: bool) -> dict[str, Any]:  # noqa: FBT001 # read once, above
    return {"TrackingNo": label.tracking_number, "Status": "shipped" if is_standing else "voided", "OrderNo": number}


def _part(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def named_record(week: Week, site: Site, at: datetime) -> None:
    """Two records alike: only the id that the order carries tells them apart."""
    number = week.number()
    pair = [week.shipment(site, "record named by its id", [(number, "BOLT", 1)], by=None) for _ in range(2)]
    for expectation in pair:
        options = {"storeId": BY_ID, "customField2": str(expectation.shipment_id)}
        order = week.order(site, at, number, {"BOLT": 1}, advancedOptions=options)
        week.label(site, at + week.later(0, 60), order, expectation)
        week.deliver(expectation, at + week.later(100, 500))


def twins(week: Week, site: Site, at: datetime) -> None:
    """Two records alike and nothing that tells: a person is asked, with both to choose from."""
    number = week.number()
    pair = [week.shipment(site, "two records alike", [(number, "BOLT", 1)], by=None) for _ in range(2)]
    for expectation in pair:
        expectation.is_untouchable = True
    order = week.order(site, at, number, {"BOLT": 1})
    bought = week.label(site, at, order)
    week.demand(site, bought, "ambiguous_target")


def foreign_site(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "record of another site", [(number, "BOLT", 1)], by=None, Contract=OTHER_SITE)
    expectation.is_untouchable = True
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}))
    week.demand(site, bought, "wrong_company")


def unknown_forwarder(week: Week, site: Site, at: datetime) -> None:
    """The map names a forwarder that IFS does not have: the tracking number is written all the same."""
    number = week.number()
    lines = [(number, "BOLT", 1)]
    expectation = week.shipment(site, "forwarder unknown to IFS", lines, by=None, ForwardAgentId="DHL")
    parcel = {"carrier_code": "asendia", "service_code": "ground", "tracking_number": f"AS{number}"}
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation, **parcel)
    week.demand(site, bought, "unknown_in_ifs")


def closed_and_invoiced(week: Week, site: Site, at: datetime) -> None:
    """IFS refuses the date of a closed and invoiced shipment, not its tracking number."""
    number = week.number()
    expectation = week.shipment(site, "closed and invoiced", [(number, "BOLT", 1)], by=None)
    expectation.is_date_frozen = True
    before = at - timedelta(minutes=30)
    tenant = site.tenant

    def close() -> None:
        tenant.deliver(expectation.shipment_id, at=before - timedelta(days=5))
        tenant.set_state(expectation.shipment_id, "Closed", is_invoiced=True)

    week.at(before, close)
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    week.demand(site, bought, "refused_by_ifs")


def busy_tenant(week: Week, site: Site, at: datetime) -> None:
    """Locks, metadata that is rebuilt, a server that gives up after it has committed, refusals of the moment."""
    codes = [
        ("DATABASE_ERROR", "ORA-20113: Shipment.FND_LOCKED: gesperrt", 500, "PATCH"),
        ("MI_MODIFIED_ERROR", "", week.random.choice((500, 503)), ""),
        ("ODP_OPERATION_TIMEOUT", "", 504, ""),
        ("", "", 429, ""),
    ]
    for turn in range(8):
        code, text, status, method = week.random.choice(codes)
        body = {"error": {"code": code, "message": "-", "details": [{"code": code, "message": text}]}}
        fault = {
            "status": status,
            "body": body,
            "method": method,
            "path": ".svc/",
            "times": week.random.randrange(1, 4),
        }
        week.at(at + week.later(turn, turn + 60), lambda fault=fault: site.tenant.add_fault("status", **fault))  # type: ignore[misc] # a default argument binds the fault
    week.at(at + week.later(1, 60), lambda: site.tenant.add_fault("lost", method="PATCH", times=2))
    week.at(at + week.later(1, 60), lambda: site.tenant.add_fault("lost", method="POST", times=1))
    committed = {"error": {"code": "ODP_OPERATION_TIMEOUT", "message": "-"}}
    for method in ("PATCH", "POST"):
        fault = {"status": 504, "body": committed, "method": method, "path": ".svc/"}
        week.at(at + week.later(1, 60), lambda fault=fault: site.tenant.add_fault("late", **fault))  # type: ignore[misc] # as above
    for _ in range(3):
        number = week.number()
        expectation: Expectation = week.shipment(site, "busy tenant", [(number, "BOLT", 1)], by=None)
        moment = at + week.later(1, 60)
        rebuilt = {"error": {"code": "MI_MODIFIED_ERROR", "message": "-"}}
        fault = {"status": 503, "body": rebuilt, "method": "PATCH", "path": ".svc/", "times": 2}
        week.at(moment, lambda fault=fault: site.tenant.add_fault("status", **fault))  # type: ignore[misc] # as above
        week.label(site, moment, week.order(site, moment, number, {"BOLT": 1}), expectation)
        week.deliver(expectation, moment + week.later(1, 60))


_STORIES: dict[str, Story] = {
    "fields of the order": order_fields,
    "one row a shipment": rows,
    "record named by its id": named_record,
    "two records alike": twins,
    "record of another site": foreign_site,
    "forwarder unknown to IFS": unknown_forwarder,
    "closed and invoiced": closed_and_invoiced,
    "busy tenant": busy_tenant,
}

IFS_STORIES = twice(_STORIES)
