"""What the connection file says of each vendor: where it is, how it is paced, how an order is named and found."""

from __future__ import annotations

import re
from string import Formatter
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from functions.connections.addresses import BaseUrl, KeysUrl, TokenUrl
from functions.connections.patterns import Pattern, found
from functions.connections.targets import AnyTarget, ShipmentHeader
from functions.connections.values import Text, Whole, YesNo, one_each, some
from functions.connections.zones import Zone
from functions.model.frozen import Frozen
from functions.model.records import FieldName, Place

UNLIKELY = "\u2042 no order \u2042"
# https://docs.shipstation.com/rate-limits, and as V1's requirements say
MOST_OF_V1 = 40
# A little below what the vendor allows, 40 and 200 a minute: a refusal for going too fast is our defect.
OF_V1 = {"base_url": "https://ssapi.shipstation.com", "requests_per_minute": 39}
OF_V2 = {"base_url": "https://api.shipstation.com", "requests_per_minute": 195}
OrderSource = Literal["order_number", "order_key", "custom_field_1", "custom_field_2", "custom_field_3"]


def _distinct(targets: tuple[AnyTarget, ...]) -> tuple[AnyTarget, ...]:
    if len({target.profile for target in targets}) < len(targets):
        raise ValueError("a profile stands there twice")
    return targets


Company = Annotated[Text, Field(max_length=20)]
LONGEST_SITE = 5
Site = Annotated[Text, Field(max_length=LONGEST_SITE), AfterValidator(str.upper)]  # as IFS keeps them
Sites = tuple[Site, ...]
Targets = Annotated[tuple[AnyTarget, ...], Field(min_length=1), AfterValidator(_distinct)]


class OrderReference(Frozen):
    """How the IFS order number is read from a ShipStation order: `source` must match `pattern` whole, its named groups
    fill `template`; a value that matches one of `ignore` names no IFS order.
    """

    source: OrderSource = "order_number"
    pattern: Pattern = r"(?P<reference>.+)"
    template: str = "{reference}"
    ignore: tuple[Pattern, ...] = ()

    def read(self, text: str | None) -> str | None:
        """The IFS order number, None where the text names none."""
        text = (text or "").strip()
        match = found(self.pattern, text) if text else None
        if match is None or any(found(pattern, text) for pattern in self.ignore):
            return None
        groups = {name: value or "" for name, value in match.groupdict().items()}
        return self.template.format(**groups).strip() or None

    @model_validator(mode="after")
    def _groups_fill_template(self) -> OrderReference:
        groups = dict.fromkeys(re.compile(self.pattern).groupindex, "")
        try:
            self.template.format(**groups)
        except KeyError as error:
            name = error.args[0]
            text = f"template uses {{{name}}}, and pattern has no named group for it: (?P<{name}>…)"
            raise ValueError(text) from error
        except (IndexError, ValueError) as error:
            raise ValueError("template names each group of pattern in braces: {reference}") from error
        if not groups.keys() & {name for _, name, _, _ in Formatter().parse(self.template)}:
            raise ValueError("template uses no named group of pattern: every order would have the same number")
        return self

    @model_validator(mode="after")
    def _something_is_left(self) -> OrderReference:
        if any(found(pattern, UNLIKELY) for pattern in self.ignore):
            raise ValueError("ignore has a pattern that everything matches: no order would ever have a number")
        return self


class ShipStationAccount(Frozen):
    """`requests_per_minute` is our own ceiling under the vendor's; `settle_minutes` the margin for rows that become
    visible late, `check_minutes` the same for orders: until then the shipments of a shipped order may be on their way.
    `shipment_id` reads the IFS shipment's own id from the order, where whoever made the order put it there.
    `webhooks`: whether the connector subscribes them, or a person does. `webhook_signature`: whether a webhook may come
    unsigned, as all of V1 do. `jwks_urls` hold the keys of signatures and are asked in order.
    """

    api: Literal["v1", "v2"] = "v1"
    base_url: BaseUrl = Field(default="https://ssapi.shipstation.com", validate_default=True)
    requests_per_minute: Whole = Field(default=39, ge=1, le=200)
    settle_minutes: Whole = Field(default=10, ge=1, le=240)
    check_minutes: Whole = Field(default=60, ge=10, le=1440)
    timeout_seconds: Whole = Field(default=45, ge=5, le=100)
    order_reference: OrderReference = OrderReference()
    shipment_id: OrderReference | None = None
    webhooks: Literal["registered", "manual"] = "manual"
    webhook_signature: Literal["accept", "require"] = "accept"
    # Which of the two is meant for ShipStation's accounts is not documented; public clients of both APIs use them.
    jwks_urls: Annotated[tuple[KeysUrl, ...], Field(min_length=1, max_length=4)] = (
        "https://api.shipengine.com/jwks",
        "https://api.shipstation.com/jwks",
    )

    @model_validator(mode="before")
    @classmethod
    def _as_its_api_is(cls, given: object) -> object:
        return {**OF_V2, **given} if isinstance(given, dict) and given.get("api") == "v2" else given

    @model_validator(mode="after")
    def _within_the_limit(self) -> ShipStationAccount:
        if self.api == "v1" and self.requests_per_minute > MOST_OF_V1:
            example = f"for example requests_per_minute = {MOST_OF_V1 - 1}"
            raise ValueError(f"requests_per_minute is out of range, 1 to {MOST_OF_V1} with V1; {example}")
        return self

    def through_the_other_api(self) -> ShipStationAccount:
        """At its own address, unless the file names another."""
        ours, theirs, name = (OF_V1, OF_V2, "v2") if self.api == "v1" else (OF_V2, OF_V1, "v1")
        url = theirs["base_url"] if self.base_url == ours["base_url"] else self.base_url
        update = {"api": name, "base_url": url, "requests_per_minute": theirs["requests_per_minute"]}
        return self.model_copy(update=update)

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

    base_url: BaseUrl = Field(examples=["https://acme.ifs.cloud"])
    token_url: TokenUrl = Field(
        examples=["https://acme.ifs.cloud/auth/realms/acme/protocol/openid-connect/token"],
    )
    scope: Text = "openid microprofile-jwt"
    client_auth: Literal["body", "basic"] = "body"
    company: Company = Field(examples=["10"])
    time_zone: Zone = Field(default="UTC", examples=["America/Chicago"])
    site_time_zones: Annotated[dict[Site, Zone], BeforeValidator(one_each)] = Field(
        default_factory=dict, examples=[{"CHI": "America/Chicago"}]
    )
    requests_per_second: Whole = Field(default=5, ge=1, le=100)
    concurrency: Whole = Field(default=2, ge=2, le=50)
    wait_seconds: Whole = Field(default=20, ge=1, le=60)
    sites: Annotated[Sites, BeforeValidator(some)] = Field(default=(), examples=[["CHI", "DAL"]])
    ca_bundle: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.pem$", examples=["own.pem"])
    accept_warnings: YesNo = False
    allow_state_actions: YesNo = False
    targets: Targets = (ShipmentHeader(),)

    def delivering_to(self, company: Company | None, targets: Targets | None, sites: Sites | None) -> IfsTenant:
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

    def writes(self, *fields: FieldName) -> bool:
        """Whether a target writes one of these."""
        return any(field in target.rules for target in self.targets for field in fields)

    def zone_of(self, site: str) -> ZoneInfo:
        return ZoneInfo(self.site_time_zones.get(site, self.time_zone))
