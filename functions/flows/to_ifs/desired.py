"""Says what an IFS record should hold for the shipments that were placed on it, by whichever orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget, ShipDateRule, TrackingRule
from functions.model.amounts import plain
from functions.model.outcomes import Reason
from functions.model.record_memory import Contribution
from functions.model.records import FieldName, Record
from functions.model.shipment import DELIVERED, ERROR, IN_TRANSIT, Shipment
from functions.model.text import folded

DAY = len("YYYY-MM-DD")


@dataclass(frozen=True)
class DesiredValue:
    """`value` None: no live label gives one, so that what is ours is taken back. `reason` is what a person may want to
    see. `numbers` are the parts that may be appended to what somebody else began.
    """

    value: str | None = None
    reason: Reason | None = None
    numbers: tuple[str, ...] = ()


def contribution(shipment: Shipment, record: Record, connection: Connection, target: AnyTarget) -> Contribution:
    """The shipment as its order's store maps it; the record's site turns a label's instant into a day."""
    return Contribution(
        shipment=shipment.key,
        store_id=shipment.store_id,
        created_at=shipment.created_at,
        voided_at=shipment.voided_at,
        tracking=shipment.tracking_number or None,
        carrier=connection.forwarder(shipment.carrier_code, shipment.service_code),
        service=connection.ship_via(shipment.carrier_code, shipment.service_code),
        day=_day(shipment, record, connection, target.ship_date),
        cost=shipment.cost,
        currency=shipment.currency,
        tracking_status=shipment.tracking_status,
        delivered=_delivered(shipment, record, connection),
    )


def desired(shipments: Sequence[Contribution], target: AnyTarget, *, exists: bool) -> dict[FieldName, DesiredValue]:
    """One value per configured field. `shipments` are all that are placed on the record, oldest first. No record is
    made for shipments that were all taken back.
    """
    live = [shipment for shipment in shipments if shipment.is_live]
    if not live and not exists:
        return {}
    return {name: FIELDS[name](live, target) for name in target.rules}


def normalised(value: str | None) -> str:
    """For comparing only: case and white space do not make a value another one."""
    return folded(value or "")


def joined(numbers: Iterable[str], rule: TrackingRule) -> tuple[str | None, Reason | None]:
    """As many as fit, in bytes, and whether that was not all. Spelt in another case it is the same number."""
    spelt: dict[str, str] = {}
    for number in numbers:
        # The first spelling stays: another case of the same number must not be a change.
        spelt.setdefault(normalised(number), number)
    distinct = list(spelt.values())
    wanted = distinct[:1] if rule.parcels == "first" else distinct
    fitting: list[str] = []
    for number in wanted:
        # Oracle's columns count bytes. A number that does not fit is left out whole: a part of one leads nowhere.
        if len(rule.separator.join([*fitting, number]).encode()) <= rule.max_length:
            fitting.append(number)
    reason = None if len(fitting) == len(distinct) else Reason.TRACKING_DID_NOT_FIT
    return rule.separator.join(fitting) or None, reason


def _tracking(live: Sequence[Contribution], target: AnyTarget) -> DesiredValue:
    numbers = tuple(shipment.tracking for shipment in live if shipment.tracking)
    value, reason = joined(numbers, target.tracking)
    return DesiredValue(value, reason, numbers)


def _carrier(live: Sequence[Contribution], _: AnyTarget) -> DesiredValue:
    return _mapped([shipment.carrier for shipment in live], Reason.CARRIER_UNMAPPED)


def _service(live: Sequence[Contribution], _: AnyTarget) -> DesiredValue:
    return _mapped([shipment.service for shipment in live], Reason.SERVICE_UNMAPPED)


def _mapped(values: Sequence[str | None], unmapped: Reason) -> DesiredValue:
    """The first parcel's, or the first that the map knows; a gap in the map is told either way."""
    value = next((value for value in values if value), None)
    return DesiredValue(value, unmapped if values and not values[0] else None)


def _ship_date(live: Sequence[Contribution], target: AnyTarget) -> DesiredValue:
    day = min((shipment.day for shipment in live if shipment.day), default=None)
    if day is None or target.ship_date.type == "date":
        return DesiredValue(day)
    return DesiredValue(f"{day}T00:00:00Z")


def _status(live: Sequence[Contribution], target: AnyTarget) -> DesiredValue:
    return DesiredValue(target.status.shipped if live else target.status.voided)


def _cost(live: Sequence[Contribution], target: AnyTarget) -> DesiredValue:
    """Of the labels that tell one in the first one's currency; that another has to be left out is told. What was marked
    as shipped by hand has no label.
    """
    currency = _currency(live, target).value
    costs = [label.cost for label in live if label.cost is not None and label.currency in {None, currency}]
    reason = Reason.COST_UNKNOWN if len(costs) < sum(parcel.is_label for parcel in live) else None
    rule = target.cost
    if not costs or rule is None:
        return DesiredValue(reason=reason)
    total = sum(costs, Decimal(0)).quantize(Decimal(1).scaleb(-rule.decimals), ROUND_HALF_UP)
    return DesiredValue(plain(total) if rule.type == "number" else f"{total:f}", reason)


def _currency(live: Sequence[Contribution], target: AnyTarget) -> DesiredValue:
    """Of the first label with a cost, or the file's where it tells none."""
    first = next((label for label in live if label.cost is not None), None)
    told = first.currency if first else None
    return DesiredValue(told or (target.currency.code if first and target.currency else None))


def _tracking_status(live: Sequence[Contribution], _: AnyTarget) -> DesiredValue:
    """The parcel that a person should look at decides; while one is under way, the goods are."""
    told = {parcel.tracking_status for parcel in live}
    if ERROR in told:
        return DesiredValue(ERROR)
    if told == {DELIVERED}:
        return DesiredValue(DELIVERED)
    return DesiredValue(IN_TRANSIT if told - {None} else None)


def _delivered_at(live: Sequence[Contribution], target: AnyTarget) -> DesiredValue:
    """The last one's, once every parcel is delivered and says when."""
    told = [parcel.delivered for parcel in live if parcel.delivered]
    if not told or len(told) < len(live) or target.delivered_at is None:
        return DesiredValue()
    last = max(told)
    return DesiredValue(last[:DAY] if target.delivered_at.type == "date" else f"{last}Z")


FIELDS: dict[FieldName, Callable[[Sequence[Contribution], AnyTarget], DesiredValue]] = {
    FieldName.TRACKING: _tracking,
    FieldName.CARRIER: _carrier,
    FieldName.SERVICE: _service,
    FieldName.SHIP_DATE: _ship_date,
    FieldName.STATUS: _status,
    FieldName.COST: _cost,
    FieldName.CURRENCY: _currency,
    FieldName.TRACKING_STATUS: _tracking_status,
    FieldName.DELIVERED_AT: _delivered_at,
}


def _day(shipment: Shipment, record: Record, connection: Connection, rule: ShipDateRule) -> str | None:
    if rule.source == "label":
        return shipment.created_at.astimezone(connection.ifs.zone_of(record.site)).date().isoformat()
    return shipment.ship_date.isoformat() if shipment.ship_date else None


def _delivered(shipment: Shipment, record: Record, connection: Connection) -> str | None:
    """As IFS keeps instants: the site's wall clock."""
    if shipment.delivered_at is None:
        return None
    return f"{shipment.delivered_at.astimezone(connection.ifs.zone_of(record.site)):%Y-%m-%dT%H:%M:%S}"
