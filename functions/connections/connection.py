"""Everything about one connection that is not secret, validated at synth and again when a Lambda loads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from functions.connections.align import AnyAlign
from functions.connections.carriers import Carriers, mapped
from functions.connections.named_warehouses import filled, named
from functions.connections.orders import Orders
from functions.connections.other_words import ELSEWHERE
from functions.connections.patience import Patience
from functions.connections.stores import Mode, Stores
from functions.connections.targets import AnyTarget
from functions.connections.values import Instant, Whole, names_a_secret, some
from functions.connections.vendors import (
    IfsTenant,
    ShipStationAccount,
)
from functions.model.desk import Desk, MapName, pause_name
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.records import FieldName, Place, Record
from functions.model.shipment import ConnectionName

NAME = r"^[a-z][a-z0-9-]{0,30}$"
LONGEST_WITH_ORDERS = 20  # of a name: 50 characters hold it, an IFS order number, a line and a generation
ON_ITS_WAY = (FieldName.TRACKING_STATUS, FieldName.DELIVERED_AT)  # what a carrier tells of a parcel


class Connection(Frozen):
    """One ShipStation account and one IFS tenant. `carriers` maps `carrierCode` or `carrierCode/serviceCode` to the IFS
    forwarder id. Labels made before `go_live_at` are never written. What it says holds for stores without a table.
    """

    name: ConnectionName = Field(pattern=NAME)
    formerly: ConnectionName | None = Field(default=None, pattern=NAME, examples=["old-name"])
    mode: Mode = "shadow"
    go_live_at: Instant = Field(examples=[datetime(2026, 1, 1, tzinfo=UTC)])
    poll_minutes: Whole = Field(default=5, ge=1, le=1440)
    shipstation: ShipStationAccount = ShipStationAccount()
    ifs: IfsTenant
    stores: Stores = Stores()
    carriers: Carriers = Field(default_factory=dict, examples=[{"ups": "UPS"}])
    services: Carriers = Field(default_factory=dict, examples=[{"ups/ups_ground": "GND"}])
    patience: Patience = Patience()
    orders: Orders | None = None
    align: Annotated[tuple[AnyAlign, ...], BeforeValidator(some)] = ()
    _paused: frozenset[str] = PrivateAttr(default=frozenset())  # no key of the file
    _called: str = PrivateAttr(default="")  # likewise

    @property
    def called(self) -> str:
        """What people read and write. `name` is what it is kept under: where it was renamed, its old one."""
        return self._called or self.name

    def kept_under_its_first_name(self) -> Connection:
        """Queues, secrets, the webhook address and all that is remembered bear it. Itself where there is no other."""
        if self.formerly is None:
            return self
        found = self.model_copy(update={"name": self.formerly})
        found._called = self.name  # noqa: SLF001 # its own class
        return found

    @model_validator(mode="after")
    def _was_called_otherwise(self) -> Connection:
        if self.formerly == self.name:
            raise ValueError("formerly: is the connection's own name; leave it out")
        return self

    @model_validator(mode="after")
    def _orders_come_back(self) -> Connection:
        """The label of a pushed order has to find what it came from."""
        if self.orders is None:
            return self
        view = self.at_store(self.orders.store_id)
        if self.orders.source == "shipments":
            _shipments_come_back(view, self.orders)
        else:
            _customer_orders_come_back(view, self.orders)
        if self.shipstation.api == "v2" and not self.orders.phone:
            raise ValueError("orders.phone is missing: V2 takes no address without a telephone")
        if self.stores.leaves_out(self.orders.store_id):
            raise ValueError(f"orders.store_id {self.orders.store_id} is a store that the file leaves out")
        return self

    @model_validator(mode="after")
    def _aligns_each_once(self) -> Connection:
        if len({each.profile for each in self.align}) < len(self.align):
            raise ValueError("align: a profile stands there twice")
        for each in self.align:
            api = "v2" if each.profile == "stock" else "v1"
            if self.shipstation.api != api:
                raise ValueError(f'align: {each.profile} is kept through the other API: shipstation.api = "{api}"')
        return self

    @model_validator(mode="after")
    def _deliveries_are_told(self) -> Connection:
        for field in ON_ITS_WAY if self.shipstation.api == "v1" else ():
            if self.writes(field):
                raise ValueError(f'ifs.targets: V1 does not tell {field}: shipstation.api = "v2" is missing')
        return self

    @model_validator(mode="after")
    def _no_key_is_a_carrier(self) -> Connection:
        for table, keys in (("carriers", self.carriers), ("services", self.services)):
            stray = next((key for key in keys if is_no_entry(key)), None)
            if stray:
                raise ValueError(f"{table}.{stray}: is no carrier")
        return self

    def longest_of(self, table: MapName) -> int:
        """How many bytes an entry of the map may have in every target; 0 where none limits it."""
        field = FieldName.CARRIER if table == "carriers" else FieldName.SERVICE
        rules = [target.rules.get(field) for view in self.views for target in view.ifs.targets]
        return min((rule.max_length for rule in rules if rule), default=0)

    @model_validator(mode="after")
    def _forwarders_fit(self) -> Connection:
        limit = self.longest_of("carriers")
        for carrier, forwarder in self.carriers.items():
            if limit and len(forwarder.encode()) > limit:
                raise ValueError(f"carriers.{carrier}: is longer than the target's carrier.max_length, {limit} bytes")
        return self

    @model_validator(mode="after")
    def _actions_are_allowed(self) -> Connection:
        # Two switches, in two places: it cannot be switched on by copying a target.
        acting = any(getattr(target, "state_action", None) for view in self.views for target in view.ifs.targets)
        if acting and not self.ifs.allow_state_actions:
            raise ValueError("ifs.allow_state_actions: has to be true for a state_action, which moves stock in IFS")
        return self

    @model_validator(mode="after")
    def _shipment_ids_are_read(self) -> Connection:
        for view in self.views:
            wanted = any("shipment_id" in target.find for target in view.ifs.targets)
            if wanted and view.shipstation.shipment_id is None:
                raise ValueError("shipstation.shipment_id: does not say where it stands, and find names shipment_id")
        return self

    @property
    def views(self) -> tuple[Connection, ...]:
        """The connection, then each store that has a table of its own, as it sees it."""
        return (self, *map(self.at_store, map(int, self.stores.overrides)))

    @property
    def names_stores(self) -> bool:
        """Whether a shipment's store has to be known before anything can be said about it."""
        return self.stores.names_any

    @property
    def companies(self) -> tuple[str, ...]:
        """Every IFS company that an order of this connection may belong to, the connection's own first."""
        own = (override.company for override in self.stores.overrides.values() if override.company)
        return tuple(dict.fromkeys((self.ifs.company, *own)))

    def writes(self, *fields: FieldName) -> bool:
        """Whether a target of any store writes one of these."""
        return any(view.ifs.writes(*fields) for view in self.views)

    @property
    def pulls(self) -> Orders | None:
        """What becomes an order; None where nothing does, or one of both modes says `off`."""
        return None if self.orders is None or "off" in {self.mode, self.orders.mode} else self.orders

    @property
    def is_pushing(self) -> bool:
        """Whether orders are written to ShipStation: both modes have to say so."""
        return self.orders is not None and "write" == self.mode == self.orders.mode

    def through_the_other_api(self) -> Connection:
        return self.model_copy(update={"shipstation": self.shipstation.through_the_other_api()})

    def delivers_beside(self, other: Connection) -> str | None:
        """The IFS company of one tenant that both deliver to."""
        # Hosts know no case.
        is_one_tenant = urlsplit(self.ifs.base_url).netloc.casefold() == urlsplit(other.ifs.base_url).netloc.casefold()
        return next((each for each in self.companies if each in other.companies), None) if is_one_tenant else None

    def at_store(self, store_id: int | None) -> Connection:
        """The connection as that store sees it; itself where the store has nothing of its own. Ask the connection of
        the file, not another store's view. Switched off, it is off for every store.
        """
        override = self.stores.overrides.get(str(store_id))
        if override is None:
            return self
        return self.model_copy(
            update={
                "mode": self.mode if self.mode == "off" else override.mode or self.mode,
                "shipstation": self.shipstation.naming(override.order_reference, override.shipment_id),
                "ifs": self.ifs.delivering_to(override.company, override.targets, override.sites),
            }
        )

    def delivering_at(self, place: Place) -> Connection | None:
        """The connection, or a store's view of it, that writes to this place; None where the file names it no more."""
        return next((view for view in self.views if view.ifs.target_of(place) is not None), None)

    def in_mode(self, mode: Mode) -> Connection:
        """A view in another mode: a pilot writes in shadow too."""
        return self.model_copy(update={"mode": mode})

    def operated(self, desk: Desk, now: datetime) -> Connection:
        """With what a person decided beside the file: entries where its maps have gaps, and what rests now."""
        # The file counts: what is decided beside it fills gaps until the file has them.
        carriers = {**desk.map_of("carriers"), **self.carriers}
        services = {**desk.map_of("services"), **self.services}
        beside = {site.upper(): int(warehouse) for warehouse, site in desk.map_of("warehouses").items()}
        orders, align = filled(self.orders, self.align, beside)
        update = {"carriers": carriers, "services": services, "orders": orders, "align": align}
        found = self.model_copy(update=update)
        found._paused = desk.paused_names(now)  # noqa: SLF001 # its own class
        return found

    def pause_of(self, store_id: int | None) -> str | None:
        """The pause under which this store's orders rest; None where nothing holds them."""
        # The wider pause is told: ending the narrower one would change nothing.
        names = (pause_name("connection"), pause_name("store", str(store_id)))
        return next((name for name in names if name in self._paused), None)

    def pause_at(self, site: str) -> str | None:
        """The pause under which the records of this IFS site rest."""
        name = pause_name("site", site)
        return name if name in self._paused else None

    def store_skip(self, store_id: int | None) -> Reason | None:
        """Why all of this store is out of scope, or None. An unknown store matters only where stores are named."""
        if store_id is None:
            return Reason.STORE_UNKNOWN if self.names_stores else None
        return Reason.STORE_EXCLUDED if self.stores.leaves_out(store_id) else None

    def forwarder(self, carrier: str | None, service: str | None) -> str | None:
        """The IFS forwarder id of a carrier, by its service where the map names that one."""
        return mapped(self.carriers, carrier, service)

    def ship_via(self, carrier: str | None, service: str | None) -> str | None:
        """The IFS ship-via code, likewise."""
        return mapped(self.services, carrier, service)

    @property
    def delivery_place(self) -> str:
        """Names where a delivery goes: pointed at another system or attribute, what the reading windows still show is
        delivered again. How a field is written does not count: a new policy or a new key of the file repeats nothing.
        """
        # A separator that no address and no name can hold: two places never look alike.
        text = f"{self.ifs.base_url}\x1f{self.ifs.company}\x1f{_places(self.ifs.targets)}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def mapping_version(self) -> str:
        """Changes when a map or the order-reference rule does; every audit entry carries it."""
        carriers = sorted(f"{code}={forwarder}" for code, forwarder in self.carriers.items())
        services = sorted(f"{code}>{ship_via}" for code, ship_via in self.services.items())
        parts = (*carriers, *services, self.shipstation.order_reference.model_dump_json())
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]

    def is_ours(self, record: Record) -> bool:
        """Whether a record may be written by this store: its company, where the record tells one, and its site."""
        ifs = self.ifs
        # Not every projection tells the company; what tells none is not refused for it.
        return record.company in {"", ifs.company} and (not ifs.sites or record.site in {"", *ifs.sites})

    @property
    def sites(self) -> frozenset[str]:
        """The IFS sites that are written; none where some store writes to whichever its records are of."""
        named = [view.ifs.sites for view in self.views]
        return frozenset(site for sites in named for site in sites) if all(named) else frozenset()

    def aligning(self, profile: str) -> AnyAlign | None:
        """What the file says of that reference data; None where it says nothing."""
        return next((each for each in self.align if each.profile == profile), None)

    @property
    def named_warehouses(self) -> dict[str, int]:
        """ShipStation's warehouse by the IFS site."""
        return named(self.orders, self.align)

    @property
    def takes_warehouses(self) -> bool:
        """Whether the file has a place that names them."""
        return self.orders is not None or self.aligning("warehouses") is not None

    def is_before_go_live(self, created_at: datetime) -> bool:
        return created_at < self.go_live_at


def _shipments_come_back(view: Connection, orders: Orders) -> None:
    rule, source = view.shipstation.shipment_id, orders.shipment_id_in
    if rule is None or rule.source != source:
        text = f'orders.shipment_id_in is not read back: shipstation.shipment_id.source = "{source}" is missing'
        raise ValueError(text)
    if not any("shipment_id" in target.find for target in view.ifs.targets):
        raise ValueError('orders: no target finds its record by the shipment\'s id: find = ["shipment_id"] is missing')
    read_from = view.shipstation.order_reference.source
    if read_from.startswith("custom_field") and read_from != source:
        raise ValueError(f"orders: their labels name no IFS order: order_reference.source {read_from} stays empty")


def _customer_orders_come_back(view: Connection, orders: Orders) -> None:
    source, place = view.shipstation.order_reference.source, orders.order_number_in
    if source != (place or "order_number"):
        wanted = place or "order_number"
        text = f'orders are not read back: shipstation.order_reference.source is "{source}", and has to be "{wanted}"'
        raise ValueError(text)
    if not any("order_number" in target.find for target in view.ifs.targets):
        raise ValueError(
            'orders: no target finds its record by the order\'s number: find = ["order_number"] is missing'
        )
    if len(view.formerly or view.name) > LONGEST_WITH_ORDERS:
        key = "name" if view.formerly is None else "formerly"
        raise ValueError(
            f"{key}: is longer than {LONGEST_WITH_ORDERS} characters, and stands in the key of each pushed order"
        )


KEYS = frozenset(key for model in (Connection, ShipStationAccount, IfsTenant, Patience) for key in model.model_fields)


def is_no_entry(key: str) -> bool:
    """Whether a key of a map can only have been meant for another table, or for another place than the file."""
    return key in KEYS or key in ELSEWHERE or names_a_secret(key)


def _places(targets: Iterable[AnyTarget]) -> str:
    return "\x1f".join(part for target in targets for part in target.place)
