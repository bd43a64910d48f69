"""What the fit check says of a customer's two systems before anything is written."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName

Standing = Literal["fits", "misfit", "unproven", "note"]


class Finding(Frozen):
    """One thing that was looked at. `subject` names it (`ifs.token`, `ifs.targets.shipment_header.tracking`),
    `sentence` says how it stands, `advice` what to do about it.
    """

    subject: str
    standing: Standing
    sentence: str
    advice: str = ""


class StoreMatch(Frozen):
    """How the sampled shipments of one ShipStation store (None: store unknown) are found in IFS. `several` have more
    than one record to go to, `foreign` only records of another company or site; `better_source` finds `better_count` of
    `tried` orders.
    """

    store_id: int | None
    store_name: str = ""
    orders: int
    one: int
    several: int
    none: int
    foreign: int = 0
    without_reference: int
    better_source: str | None = None
    better_count: int = 0
    tried: int = 0

    @property
    def found(self) -> int:
        return self.one + self.several


class CarrierCount(Frozen):
    """`mapped_to` is the IFS forwarder id of the connection file."""

    carrier: str
    service: str
    shipments: int
    mapped_to: str | None = None


class FitReport(Frozen):
    """`skeleton` is TOML for the carrier map, with what was seen and what IFS knows."""

    connection: ConnectionName
    at: datetime
    findings: tuple[Finding, ...]
    stores: tuple[StoreMatch, ...] = ()
    carriers: tuple[CarrierCount, ...] = ()
    skeleton: str = ""

    @property
    def fits(self) -> bool:
        return not any(finding.standing == "misfit" for finding in self.findings)
