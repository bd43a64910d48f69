"""IFS records as the flows see them: our field names, plain text values, and the ETag of the reading."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import NewType

from functions.model.frozen import Frozen
from functions.model.shipment import OrderKey, Shipment, ShipmentKey

# One entity set of one projection of one tenant, as `connections.vendors.place_of` names it.
Place = NewType("Place", str)


class FieldName(StrEnum):
    TRACKING = "tracking"
    CARRIER = "carrier"
    SERVICE = "service"
    SHIP_DATE = "ship_date"
    STATUS = "status"
    COST = "cost"
    CURRENCY = "currency"
    TRACKING_STATUS = "tracking_status"
    DELIVERED_AT = "delivered_at"


class RecordKey(Frozen):
    """Names one record: the place it stands in and its id there. A value: nobody takes its text apart."""

    place: Place
    id: str

    @property
    def digest(self) -> str:
        """Names it in keys of items and in messages, where its id may hold what those refuse: SHA-256, the first 32 hex
        digits.
        """
        return hashlib.sha256(f"{self.place}\x1f{self.id}".encode()).hexdigest()[:32]


class Record(Frozen):
    """One IFS record as read: `etag` is opaque, byte for byte as received; `address` is its OData key where that is not
    the id.

    `values` holds every configured field, None where IFS holds nothing; dates as `YYYY-MM-DDThh:mm:ssZ` or
    `YYYY-MM-DD`. `exists` False is a row that is still to be made, for the customer order `order_number`.
    `earlier_key` is what earlier versions of the connector called it. `returning` are fields to which a write
    gives back what stood there before.
    """

    key: RecordKey
    etag: str
    values: dict[FieldName, str | None]
    site: str = ""
    company: str = ""
    is_delivered: bool = False
    is_cancelled: bool = False
    exists: bool = True
    address: str = ""
    order_number: str = ""
    state: str = ""
    earlier_key: str = ""
    returning: frozenset[FieldName] = frozenset()

    def giving_back(self, names: Iterable[FieldName]) -> Record:
        return self.model_copy(update={"returning": frozenset(names)})

    def holding(self, values: Mapping[FieldName, str | None], etag: str) -> Record:
        """The record as a later answer shows it."""
        return self.model_copy(update={"values": dict(values), "etag": etag, "exists": True})

    def of_company(self, company: str) -> Record:
        """What only the order's row tells; empty changes nothing."""
        return self.model_copy(update={"company": company}) if company else self

    def of_order(self, *, number: str, company: str, site: str, is_cancelled: bool) -> Record:
        return self.model_copy(
            update={"order_number": number, "company": company, "site": site, "is_cancelled": is_cancelled}
        )

    def tagged(self, etag: str) -> Record:
        return self.model_copy(update={"etag": etag})

    def told_by(self, search: Record) -> Record:
        """With what only a search tells."""
        return self.model_copy(
            update={
                "site": search.site or self.site,
                "company": search.company or self.company,
                "order_number": search.order_number or self.order_number,
            }
        )

    def at(self, address: str) -> Record:
        """A row that was made."""
        return self.model_copy(update={"address": address})


class Line(Frozen):
    """`order_reference` is the customer order's number; a line of another kind of source names that source."""

    order_reference: str
    part: str
    quantity: int


class Candidate(Frozen):
    """A record together with the order lines it carries (of any order). `orders` are all IFS orders that the reference
    stands for, `is_own` says that the record is or carries one of them; `named_by` are the shipments that say
    themselves that they belong here. A record that is neither was read because it is remembered. `is_bare`: it has
    lines, and none is shown.
    """

    record: Record
    lines: tuple[Line, ...] = ()
    orders: tuple[str, ...] = ()
    is_own: bool = True
    named_by: tuple[ShipmentKey, ...] = ()
    is_bare: bool = False

    def reading(self, record: Record) -> Candidate:
        """The same with a newer reading of the record; what only the search told stays."""
        return self.model_copy(update={"record": record.told_by(self.record)})

    @property
    def carried(self) -> frozenset[str]:
        """The orders that its lines are of."""
        return frozenset(line.order_reference for line in self.lines)

    @property
    def carries_others(self) -> bool:
        """Lines of other orders than the reference stands for."""
        return are_others(self.carried, self.orders if self.is_own else ())


def are_others(carried: Collection[str], own: Collection[str]) -> bool:
    """Whether a record that carries these orders' lines is somebody else's too. Where it carries none of our own, it is
    only named, which says nothing of whose it is: several orders' lines are then somebody else's too.
    """
    foreign = set(carried).difference(own)
    return bool(foreign) if len(foreign) < len(carried) else len(foreign) > 1


class Sought(Frozen):
    """What records are looked for: an order, its shipments in scope, and the records they went to before."""

    order: OrderKey
    shipments: tuple[Shipment, ...] = ()
    remembered: tuple[RecordKey, ...] = ()


class Written(Frozen):
    """What IFS says it holds after our write; `record` is None where the answer carried no entity, `etag` is then the
    tag that it carried all the same.
    """

    http_status: int
    record: Record | None
    etag: str | None = None

    def made(self, after: Record, before: Record) -> Record:
        """What the write is known to have left: what was read `after` it, unless somebody may have come between."""
        return after if self.record is not None or self.etag == after.etag else before


class Conflict(Frozen):
    """Somebody else changed or made the record since it was read."""

    http_status: int
