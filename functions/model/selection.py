"""Which orders a person asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from functions.model.frozen import Frozen
from functions.model.instants import Instant
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import Shipment
from functions.model.signed import OrderNumber, seen
from functions.model.state import OrderState, ShipmentState

One = TypeVar("One")
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(seen)]


def _listed(given: object) -> object:
    """One alone is a list of one."""
    return given if isinstance(given, list | tuple) else (given,)


Some = Annotated[tuple[One, ...], BeforeValidator(_listed), Field(min_length=1, max_length=10_000)]


class Selection(Frozen):
    """Every criterion given must hold, of one shipment; at least one has to be given. `from` and `to` bound the label's
    instant, `outcome_from` and `outcome_to` the instant since when it ends as it does. `carrier` and
    `service` are ShipStation's codes, `site` is IFS's, `store` ShipStation's id; `mapping_version` is the audit's.
    """

    orders: Some[OrderNumber] | None = None
    shipments: Some[int] | None = None
    store: Some[int] | None = None
    site: Some[Text] | None = None
    carrier: Some[Text] | None = None
    service: Some[Text] | None = None
    mapping_version: Some[Text] | None = None
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None
    outcome: Outcome | None = None
    outcome_from: Instant | None = None
    outcome_to: Instant | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Selection:
        if all(value is None for value in vars(self).values()):
            names = [field.alias or name for name, field in type(self).model_fields.items()]
            raise ValueError(f"name at least one of {', '.join(names)}")
        return self

    def names(self, shipment: Shipment) -> bool:
        """What ShipStation says of it is what is asked for."""
        asked = (
            (self.shipments, shipment.shipment_id),
            (self.store, shipment.store_id),
            (self.carrier, shipment.carrier_code),
            (self.service, shipment.service_code),
        )
        is_named = all(wanted is None or value in wanted for wanted, value in asked)
        return is_named and _is_within(shipment.created_at, self.from_, self.to)

    def ends(self, state: OrderState, shipment: ShipmentState) -> bool:
        """So does how it ended: outcome and reason may stand on it or on one of its record's fields."""
        said = state.outcomes_of(shipment.shipment.key)
        is_said = any(self.outcome in {None, o} and self.reason in {None, r} for o, r in said)
        return is_said and _is_within(shipment.decided_at, self.outcome_from, self.outcome_to)

    @property
    def names_stubs(self) -> bool:
        """Of an order that is too large to be kept only that is known."""
        told = {"orders", "outcome", "reason"}
        if any(value is not None for name, value in vars(self).items() if name not in told):
            return False
        return self.reason in {None, Reason.ORDER_TOO_LARGE} and self.outcome in {None, Outcome.PARKED}


def _is_within(instant: datetime | None, start: datetime | None, end: datetime | None) -> bool:
    """What has no instant is within no bounds."""
    if instant is None:
        return start is None and end is None
    return (start is None or instant >= start) and (end is None or instant <= end)
