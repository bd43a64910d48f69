"""What the fit check says of a customer's two systems before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from functions.model.answer import Answer
from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName

Severity = Literal["fits", "misfit", "unproven", "note"]


class Finding(Frozen):
    """One thing that was looked at. `subject` names it (`ifs.token`, `ifs.targets.shipment_header.tracking`),
    `sentence` says how it stands, `advice` what to do about it.
    """

    subject: str
    severity: Severity
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

    def of_store(self, store_id: int | None, name: str, *, without_reference: int) -> StoreMatch:
        return self.model_copy(
            update={"store_id": store_id, "store_name": name, "without_reference": without_reference}
        )

    def bettered_by(self, source: str, count: int, tried: int) -> StoreMatch:
        """Another field finds more orders."""
        return self.model_copy(update={"better_source": source, "better_count": count, "tried": tried})

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
    """`carrier_map` is TOML for the carrier map, with what was seen and what IFS knows."""

    connection: ConnectionName
    at: datetime
    findings: tuple[Finding, ...]
    stores: tuple[StoreMatch, ...] = ()
    carriers: tuple[CarrierCount, ...] = ()
    carrier_map: str = ""

    @property
    def fits(self) -> bool:
        return not any(finding.severity == "misfit" for finding in self.findings)

    def with_pilot(self, proven: Iterable[Finding]) -> FitReport:
        """What a pilot write proved takes the place of what could only be assumed."""
        others = (finding for finding in self.findings if finding.subject != "ifs.update_grant")
        return self.model_copy(update={"findings": (*others, *proven)})


class CheckAnswer(Answer):
    """`text` is the report for people, line by line."""

    fits: bool
    report: FitReport
    text: tuple[str, ...]
