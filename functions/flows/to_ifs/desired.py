"""Says what an IFS record should hold for the shipments that belong to it, and which values can only be ours."""

from __future__ import annotations

from collections.abc import Sequence

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget, ShipDateRule, TrackingRule
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.records import FieldName, Record
from functions.model.shipment import Shipment

UNMAPPED = {FieldName.CARRIER: Reason.CARRIER_UNMAPPED, FieldName.SERVICE: Reason.SERVICE_UNMAPPED}


class Wish(Frozen):
    """`value` None with `voided` means: nothing is left to say, the field's void policy decides.

    `value` None without it means: leave the field alone. `reason` is what a person may want to see.
    """

    value: str | None = None
    voided: bool = False
    reason: Reason | None = None


def desired(record: Record, shipments: Sequence[Shipment], connection: Connection) -> dict[FieldName, Wish]:
    """One wish per configured field. `shipments` are all that were ever assigned to the record, oldest first. No record
    is made for shipments that were all taken back.
    """
    live = [s for s in shipments if not s.is_voided]
    if not live and not record.exists:
        return {}
    target = connection.ifs.target_of(record.key)
    return {name: _wish(name, live, record, connection, target) for name in target.rules}


def derivable(name: FieldName, value: str, record: Record, known: Sequence[Shipment], connection: Connection) -> bool:
    """Whether `value` can be made from the order's known shipments, voided ones included: then it is ours."""
    target = connection.ifs.target_of(record.key)
    if name is FieldName.TRACKING:
        numbers = {normalised(s.tracking_number) for s in known if s.tracking_number}
        tokens = value.split(target.tracking.separator.strip() or None)
        return all(normalised(token) in numbers for token in tokens)
    if name is FieldName.STATUS:
        return normalised(value) in {normalised(target.status.shipped), normalised(target.status.voided)}
    candidates = {normalised(_value(name, s, record, connection, target)) for s in known}
    return normalised(value) in candidates


def normalised(value: str | None) -> str:
    """For comparing only: case and white space do not make a value another one."""
    return " ".join((value or "").casefold().split())


def _wish(name: FieldName, live: Sequence[Shipment], record: Record, connection: Connection, target: AnyTarget) -> Wish:
    if name is FieldName.STATUS:
        return Wish(value=target.status.shipped if live else target.status.voided)
    if not live:
        return Wish(voided=True)
    if name is FieldName.TRACKING:
        return _tracking(live, target.tracking)
    if name in UNMAPPED:
        value = _value(name, live[0], record, connection, target)
        return Wish(value=value, reason=None if value else UNMAPPED[name])
    dates = [value for s in live if (value := _value(name, s, record, connection, target))]
    return Wish(value=min(dates, default=None))


def _tracking(live: Sequence[Shipment], rule: TrackingRule) -> Wish:
    numbers = list(dict.fromkeys(s.tracking_number for s in live if s.tracking_number))
    if not numbers:
        return Wish()
    fitting = numbers[:1] if rule.parcels == "first" else numbers
    fitting = _fitting(fitting, rule)
    reason = None if len(fitting) == len(numbers) else Reason.TRACKING_DID_NOT_FIT
    return Wish(value=rule.separator.join(fitting) or None, reason=reason)


def _fitting(numbers: Sequence[str], rule: TrackingRule) -> list[str]:
    fitting: list[str] = []
    for number in numbers:
        if len(rule.separator.join([*fitting, number]).encode()) <= rule.max_length:
            fitting.append(number)
    return fitting


def _value(
    name: FieldName, shipment: Shipment, record: Record, connection: Connection, target: AnyTarget
) -> str | None:
    if name is FieldName.CARRIER:
        return connection.forwarder(shipment.carrier_code, shipment.service_code)
    if name is FieldName.SERVICE:
        return connection.ship_via(shipment.carrier_code, shipment.service_code)
    return _ship_date(shipment, record, connection, target.ship_date)


def _ship_date(shipment: Shipment, record: Record, connection: Connection, rule: ShipDateRule) -> str | None:
    if rule.source == "label":
        day = shipment.created_at.astimezone(connection.ifs.zone_of(record.site)).date()
    elif shipment.ship_date is not None:
        day = shipment.ship_date
    else:
        return None
    return day.isoformat() if rule.type == "date" else f"{day.isoformat()}T00:00:00Z"
