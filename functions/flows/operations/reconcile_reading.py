"""Which IFS order each parcel is for, as the connection file says. Written once more for the comparison, in its
plainest form: what the deliveries read with is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from functions.connections.connection import Connection
from functions.connections.patterns import found
from functions.connections.vendors import OrderReference
from functions.model.outcomes import Reason
from functions.model.reconciled import Orders, Parcel, ShipStationOrder


@dataclass(frozen=True)
class Addressed:
    """A parcel for one IFS order. `skip` says why the file wants nothing written for it; `is_copy`: its label bears its
    cost elsewhere; `is_context`: not of the window, it only says what else stands on the same record.
    """

    parcel: Parcel
    view: Connection
    reference: str | None
    ifs_shipment: str | None = None
    skip: Reason | None = None
    is_copy: bool = False
    is_context: bool = False

    @property
    def key(self) -> str:
        return self.parcel.key

    @property
    def counts(self) -> bool:
        return self.skip is None and self.parcel.is_living

    def as_context(self) -> Addressed:
        return replace(self, is_context=True)


def needs_order(parcel: Parcel, connection: Connection) -> bool:
    """Whether its row does not say which order it is for."""
    view = connection.at_store(parcel.store_id)
    rules = [view.shipstation.order_reference, view.shipstation.shipment_id]
    is_store_missing = connection.names_stores and parcel.store_id is None
    return is_store_missing or any(rule and rule.source not in parcel.texts for rule in rules)


def addressed(parcels: Iterable[Parcel], orders: Orders, connection: Connection) -> list[Addressed]:
    """Once for each IFS order that a parcel covers."""
    found: list[Addressed] = []
    for parcel in parcels:
        order = orders.found.get(parcel.order_id or 0)
        own = _addressed(parcel, order, connection)
        found.append(replace(own, skip=Reason.ORDER_UNREADABLE) if parcel.order_id in orders.unread else own)
        others = (orders.found[number] for number in (order.merged if order else ()) if number in orders.found)
        copies = [replace(_addressed(parcel, other, connection), is_copy=True) for other in others]
        found += [copy for copy in copies if copy.reference not in {None, own.reference}]
    return found


def _addressed(parcel: Parcel, order: ShipStationOrder | None, connection: Connection) -> Addressed:
    store = (order.store_id if order else None) or parcel.store_id
    view = connection.at_store(store)
    texts = {**parcel.texts, **(order.texts if order else {})}
    parcel = parcel if parcel.parts or order is None else parcel.holding(order.parts)
    reference = _read(view.shipstation.order_reference, texts)
    return Addressed(
        parcel=parcel,
        view=view,
        reference=reference,
        ifs_shipment=_read(view.shipstation.shipment_id, texts) if view.shipstation.shipment_id else None,
        skip=_skip(parcel, reference, store, connection),
    )


def _read(rule: OrderReference, texts: Mapping[str, str]) -> str | None:
    text = texts.get(rule.source, "").strip()
    match = found(rule.pattern, text)
    if not text or not match or any(found(each, text) for each in rule.ignore):
        return None
    return rule.template.format(**{name: value or "" for name, value in match.groupdict().items()}).strip() or None


def _skip(parcel: Parcel, reference: str | None, store: int | None, connection: Connection) -> Reason | None:
    if parcel.is_return:
        return Reason.RETURN_LABEL
    if reference is None:
        return Reason.NO_ORDER_REFERENCE
    if store is None and connection.names_stores:
        return Reason.STORE_UNKNOWN
    stores = connection.stores
    if store in stores.exclude or (stores.include and store not in stores.include):
        return Reason.STORE_EXCLUDED
    return Reason.BEFORE_GO_LIVE if parcel.created_at < connection.go_live_at else None
