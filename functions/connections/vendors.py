"""What the connection file says of each vendor: where it is, how it is paced, how an order is named and found."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from functions.connections.targets import AnyTarget, ShipmentHeader
from functions.model.frozen import Frozen
from functions.model.records import Place

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


def _distinct(targets: tuple[AnyTarget, ...]) -> tuple[AnyTarget, ...]:
    if len({target.profile for target in targets}) < len(targets):
        raise ValueError("a profile stands there twice")
    return targets


BaseUrl = Annotated[str, AfterValidator(_https)]
Zone = Annotated[str, AfterValidator(_zone)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Company = Annotated[str, Field(min_length=1, max_length=20)]
Site = Annotated[str, Field(min_length=1, max_length=5)]
Targets = Annotated[tuple[AnyTarget, ...], Field(min_length=1), AfterValidator(_distinct)]


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


class ShipStationAccount(Frozen):
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

    def naming(self, order_reference: OrderReference | None, shipment_id: OrderReference | None) -> ShipStationAccount:
        """As a store names its orders and shipments; None is as the account does."""
        return self.model_copy(
            update={
                "order_reference": order_reference or self.order_reference,
                "shipment_id": shipment_id or self.shipment_id,
            }
        )


class IfsTenant(Frozen):
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

    def delivering_to(
        self, company: Company | None, targets: Targets | None, sites: tuple[Site, ...] | None
    ) -> IfsTenant:
        """As a store's orders go there; None is as the tenant has it."""
        return self.model_copy(
            update={
                "company": company or self.company,
                "targets": targets or self.targets,
                "sites": self.sites if sites is None else sites,
            }
        )

    def place_of(self, target: AnyTarget) -> Place:
        """The tenant, projection and set that a target's records stand in, whichever endpoint serves them."""
        parts = urlsplit(self.base_url)
        return Place(f"{parts.netloc.lower()}{parts.path}/{target.projection}/{target.entity_set}")

    def target_of(self, place: Place) -> AnyTarget | None:
        """The target whose records stand there; None where the file names that place no more."""
        return next((target for target in self.targets if self.place_of(target) == place), None)

    def zone_of(self, site: str) -> ZoneInfo:
        return ZoneInfo(self.site_time_zones.get(site, self.time_zone))
