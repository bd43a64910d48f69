"""Everything about one connection that is not secret, validated at synth and again when a Lambda loads it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, ValidationError, model_validator

from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.targets import AnyTarget, ShipmentHeader

Mode = Literal["off", "shadow", "write"]
OrderSource = Literal["order_number", "order_key", "custom_field_1", "custom_field_2", "custom_field_3"]


def _https(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}):
        raise ValueError("must start with https:// and name a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must not hold credentials, a query or a fragment")
    return url.rstrip("/")


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not an IANA time zone such as Europe/Stockholm")
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    return text


def _carriers(raw: dict[str, str]) -> dict[str, str]:
    """By the code as it is looked up."""
    by_code: dict[str, str] = {}
    for code, forwarder in raw.items():
        key = _carrier_code(code)
        if not key.partition("/")[0]:
            raise ValueError("a key names no carrier")
        if key in by_code:
            raise ValueError(f"{code} stands there twice; upper and lower case do not tell carriers apart")
        by_code[key] = forwarder
    return by_code


def _carrier_code(text: str) -> str:
    """Labels carry codes, fulfilments names typed for people: case and white space tell nothing."""
    return "/".join(" ".join(part.casefold().split()) for part in text.split("/"))


def _mapped(map_: Mapping[str, str], carrier: str | None, service: str | None) -> str | None:
    code = _carrier_code(carrier or "")
    return map_.get(f"{code}/{_carrier_code(service or '')}") or map_.get(code)


def _distinct(targets: tuple[AnyTarget, ...]) -> tuple[AnyTarget, ...]:
    if len({target.profile for target in targets}) < len(targets):
        raise ValueError("a profile stands there twice")
    return targets


def _dumped(targets: Iterable[AnyTarget]) -> str:
    return "\x1f".join(target.model_dump_json() for target in targets)


BaseUrl = Annotated[str, AfterValidator(_https)]
Zone = Annotated[str, AfterValidator(_zone)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Company = Annotated[str, Field(min_length=1, max_length=20)]
StoreId = Annotated[int, Field(strict=True, gt=0)]
Site = Annotated[str, Field(min_length=1, max_length=5)]
Targets = Annotated[tuple[AnyTarget, ...], Field(min_length=1), AfterValidator(_distinct)]
Carriers = Annotated[dict[str, str], AfterValidator(_carriers)]


class OrderReference(Frozen):
    """How the IFS order number is read from a ShipStation order: `source` must match `pattern` whole, its named groups
    fill `template`; a value that matches one of `ignore` names no IFS order.
    """

    source: OrderSource = "order_number"
    pattern: Pattern = r"(?P<reference>.+)"
    template: str = "{reference}"
    ignore: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _groups_fill_template(self) -> OrderReference:
        groups = dict.fromkeys(re.compile(self.pattern).groupindex, "")
        try:
            self.template.format(**groups)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"template uses {error}, which pattern has no named group for") from error
        return self


class ShipStationSide(Frozen):
    """`requests_per_minute` is our own ceiling under the vendor's 40; `settle_minutes` the margin for rows that become
    visible late, `check_minutes` the same for orders: until then the shipments of a shipped order may be on their way.
    `shipment_id` reads the IFS shipment's own id from the order, where whoever made the order put it there.
    """

    base_url: BaseUrl = Field(default="https://ssapi.shipstation.com", validate_default=True)
    requests_per_minute: int = Field(default=39, ge=1, le=40)
    settle_minutes: int = Field(default=10, ge=1, le=240)
    check_minutes: int = Field(default=60, ge=10, le=1440)
    timeout_seconds: int = Field(default=45, ge=5, le=100)
    order_reference: OrderReference = OrderReference()
    shipment_id: OrderReference | None = None


class IfsSide(Frozen):
    """`requests_per_second` is divided among the `concurrency` consumers; `wait_seconds` is sent as `Prefer: wait`.
    `targets` are in order of preference: an order goes to the first that has a record for it, and stays there.
    `sites`, where named, are the only ones whose records are ours. `ca_bundle` is a PEM file beside this one.
    `accept_warnings` repeats a write that IFS answers with a warning, confirming it. No target may call an action of
    IFS unless `allow_state_actions` says so.
    """

    base_url: BaseUrl
    token_url: BaseUrl
    scope: str = "openid microprofile-jwt"
    client_auth: Literal["body", "basic"] = "body"
    company: Company
    time_zone: Zone = "UTC"
    site_time_zones: dict[str, Zone] = Field(default_factory=dict)
    requests_per_second: int = Field(default=5, ge=1, le=100)
    concurrency: int = Field(default=2, ge=2, le=50)
    wait_seconds: int = Field(default=20, ge=1, le=60)
    sites: tuple[Site, ...] = ()
    ca_bundle: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.pem$")
    accept_warnings: bool = False
    allow_state_actions: bool = False
    targets: Targets = (ShipmentHeader(),)

    def target_of(self, record_key: str) -> AnyTarget:
        """The target that a record belongs to, by its key `<profile>/<IFS key>`."""
        profile = record_key.partition("/")[0]
        return next(target for target in self.targets if target.profile == profile)

    def zone_of(self, site: str) -> ZoneInfo:
        return ZoneInfo(self.site_time_zones.get(site, self.time_zone))


class Patience(Frozen):
    """How long an order waits before a person is asked, and how the looks in between are spaced."""

    first_seconds: int = Field(default=60, ge=1, le=3600)
    longest_seconds: int = Field(default=3600, ge=1, le=86400)
    not_in_ifs_days: int = Field(default=14, ge=1, le=365)
    not_delivered_days: int = Field(default=60, ge=1, le=365)


class StoreOverride(Frozen):
    """What one store has of its own; what is left out is the connection's."""

    mode: Mode | None = None
    company: Company | None = None
    order_reference: OrderReference | None = None
    shipment_id: OrderReference | None = None
    targets: Targets | None = None
    sites: tuple[Site, ...] | None = None


class Stores(Frozen):
    """Which ShipStation stores are ours: those of `include`, every one while it is empty, without those of `exclude`.
    A table named after a store's id overrides the connection for that store.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, StoreOverride] = Field(init=False)

    include: tuple[StoreId, ...] = ()
    exclude: tuple[StoreId, ...] = ()

    @property
    def overrides(self) -> dict[str, StoreOverride]:
        """By store id as the file spells it."""
        return self.__pydantic_extra__

    @property
    def names_any(self) -> bool:
        return bool(self.include or self.exclude or self.overrides)

    def leaves_out(self, store_id: int) -> bool:
        return store_id in self.exclude or (bool(self.include) and store_id not in self.include)

    @model_validator(mode="before")
    @classmethod
    def _tables_are_store_ids(cls, raw: Any) -> Any:
        keys = set(raw) - set(cls.model_fields) if isinstance(raw, dict) else set()
        for key in sorted(map(str, keys)):
            if not re.fullmatch(r"[1-9][0-9]*", key):
                raise ValueError(f"{key}: unknown key; there are include, exclude and tables named after a store id")
        return raw

    @model_validator(mode="after")
    def _no_store_is_in_and_out(self) -> Stores:
        both = sorted(set(self.include) & set(self.exclude))
        if both:
            raise ValueError(f"{both[0]} is included and excluded")
        for key in self.overrides:
            if self.leaves_out(int(key)):
                why = "excluded" if int(key) in self.exclude else "not in include"
                raise ValueError(f"{key} has a table of its own and is {why}")
        return self


class Connection(Frozen):
    """One ShipStation account and one IFS tenant. `carriers` maps `carrierCode` or `carrierCode/serviceCode` to the IFS
    forwarder id. Labels made before `go_live_at` are never written. What it says holds for stores without a table.
    """

    name: ConnectionName = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    mode: Mode = "shadow"
    go_live_at: AwareDatetime
    poll_minutes: int = Field(default=5, ge=1, le=1440)
    shipstation: ShipStationSide = ShipStationSide()
    ifs: IfsSide
    stores: Stores = Stores()
    carriers: Carriers = Field(default_factory=dict)
    services: Carriers = Field(default_factory=dict)
    patience: Patience = Patience()

    @model_validator(mode="after")
    def _actions_are_allowed(self) -> Connection:
        views = (self, *map(self.at_store, map(int, self.stores.overrides)))
        acting = any(getattr(target, "state_action", None) for view in views for target in view.ifs.targets)
        if acting and not self.ifs.allow_state_actions:
            raise ValueError("state_action moves stock in IFS: ifs.allow_state_actions = true is missing")
        return self

    @model_validator(mode="after")
    def _shipment_ids_are_read(self) -> Connection:
        for view in (self, *map(self.at_store, map(int, self.stores.overrides))):
            wanted = any("shipment_id" in target.find for target in view.ifs.targets)
            if wanted and view.shipstation.shipment_id is None:
                raise ValueError("find names shipment_id, and shipstation.shipment_id does not say where it stands")
        return self

    @property
    def names_stores(self) -> bool:
        """Whether a shipment's store has to be known before anything can be said about it."""
        return self.stores.names_any

    @property
    def companies(self) -> tuple[str, ...]:
        """Every IFS company that an order of this connection may belong to, the connection's own first."""
        own = (override.company for override in self.stores.overrides.values() if override.company)
        return tuple(dict.fromkeys((self.ifs.company, *own)))

    def at_store(self, store_id: int | None) -> Connection:
        """The connection as that store sees it; itself where the store has nothing of its own. Ask the connection of
        the file, not another store's view. Switched off, it is off for every store.
        """
        override = self.stores.overrides.get(str(store_id))
        if override is None:
            return self
        shipstation = {
            "order_reference": override.order_reference or self.shipstation.order_reference,
            "shipment_id": override.shipment_id or self.shipstation.shipment_id,
        }
        ifs = {
            "company": override.company or self.ifs.company,
            "targets": override.targets or self.ifs.targets,
            "sites": self.ifs.sites if override.sites is None else override.sites,
        }
        own = {
            "mode": self.mode if self.mode == "off" else override.mode or self.mode,
            "shipstation": self.shipstation.model_copy(update=shipstation),
            "ifs": self.ifs.model_copy(update=ifs),
        }
        return self.model_copy(update=own)

    def store_skip(self, store_id: int | None) -> Reason | None:
        """Why nothing of this store is our business, or None. An unknown store matters only where stores are named."""
        if store_id is None:
            return Reason.STORE_UNKNOWN if self.names_stores else None
        return Reason.STORE_EXCLUDED if self.stores.leaves_out(store_id) else None

    def forwarder(self, carrier: str | None, service: str | None) -> str | None:
        """The IFS forwarder id of a carrier, by its service where the map names that one."""
        return _mapped(self.carriers, carrier, service)

    def ship_via(self, carrier: str | None, service: str | None) -> str | None:
        """The IFS ship-via code, likewise."""
        return _mapped(self.services, carrier, service)

    @property
    def fingerprint(self) -> str:
        """Names the target a delivery went to: pointed at another system, everything is delivered again."""
        text = f"{self.ifs.base_url}\x1f{self.ifs.company}\x1f{_dumped(self.ifs.targets)}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def mapping_version(self) -> str:
        """Changes when a map or the order-reference rule does; every audit entry carries it."""
        carriers = sorted(f"{code}={forwarder}" for code, forwarder in self.carriers.items())
        services = sorted(f"{code}>{ship_via}" for code, ship_via in self.services.items())
        parts = (*carriers, *services, self.shipstation.order_reference.model_dump_json())
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]

    def is_before_go_live(self, created_at: datetime) -> bool:
        return created_at < self.go_live_at


class ConnectionFileError(Exception):
    """Names the file, each key and each reason; never a value."""


def load(path: Path) -> Connection:
    """Read one connection file; its stem is the connection's name."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        connection = Connection.model_validate({"name": path.stem, **content})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConnectionFileError(f"{path.name}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConnectionFileError(_explain(path, error)) from None
    if connection.ifs.ca_bundle and not (path.parent / connection.ifs.ca_bundle).is_file():
        raise ConnectionFileError(f"{path.name}: ifs.ca_bundle: there is no such file beside it")
    return connection


def load_all(folder: Path) -> dict[ConnectionName, Connection]:
    """Read every `*.toml` of a folder, by name."""
    connections = [load(path) for path in sorted(folder.glob("*.toml"))]
    if not connections:
        raise ConnectionFileError(f"{folder}: holds no connection file (*.toml)")
    return {connection.name: connection for connection in connections}


def _explain(path: Path, error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "\n".join(f"{path.name}: {_key(fault['loc'])}: {_reason(fault['type'], fault['msg'])}" for fault in faults)


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "file"


def _reason(kind: str, text: str) -> str:
    return "unknown key" if kind == "extra_forbidden" else text.removeprefix("Value error, ")
