"""Which orders a dry run looks at: what a person may ask for, and what the ledger answers of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from functions.flows.to_ifs.audit_trail import Audit
from functions.flows.to_ifs.lookup import RecordMemories
from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import RecordMemory
from functions.model.shipment import Shipment
from functions.model.state import OrderState, ShipmentState

One = TypeVar("One")
Text = Annotated[str, Field(min_length=1, max_length=200)]


def _listed(given: object) -> object:
    """One alone is a list of one."""
    return given if isinstance(given, list | tuple) else (given,)


Some = Annotated[tuple[One, ...], BeforeValidator(_listed), Field(min_length=1, max_length=10_000)]


class Selection(Frozen):
    """Every criterion given must hold, of one shipment; at least one has to be given. `from` and `to` bound the label's
    instant, `outcome_from` and `outcome_to` the instant since when it ends as it does. `carrier` and
    `service` are ShipStation's codes, `site` is IFS's, `store` ShipStation's id; `mapping_version` is the audit's.
    """

    orders: Some[Text] | None = None
    shipments: Some[int] | None = None
    store: Some[int] | None = None
    site: Some[Text] | None = None
    carrier: Some[Text] | None = None
    service: Some[Text] | None = None
    mapping_version: Some[Text] | None = None
    from_: AwareDatetime | None = Field(default=None, alias="from")
    to: AwareDatetime | None = None
    outcome: Outcome | None = None
    outcome_from: AwareDatetime | None = None
    outcome_to: AwareDatetime | None = None
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


def selected(
    states: Iterable[OrderState], selection: Selection, memories: RecordMemories, audit: Audit
) -> Iterator[OrderState]:
    """`memories` and `audit` are asked for the mapping alone, and only of what everything else fits."""

    def is_mapped(state: OrderState, shipment: ShipmentState) -> bool:
        return selection.mapping_version is None or _version(state, shipment, memories, audit) in set(
            selection.mapping_version
        )

    return (state for state in states if _fits(state, selection, is_mapped))


def _fits(state: OrderState, selection: Selection, is_mapped: Callable[[OrderState, ShipmentState], bool]) -> bool:
    if state.stub and selection.names_stubs:
        return True
    return any(
        selection.names(each.shipment)
        and selection.ends(state, each)
        and _is_at(state, each, selection.site)
        and is_mapped(state, each)
        for each in state.shipments.values()
    )


def _is_at(state: OrderState, shipment: ShipmentState, sites: tuple[str, ...] | None) -> bool:
    """The record that it is placed on is of one of the sites."""
    if sites is None:
        return True
    return any(record.site in sites and shipment.is_on({record.key}) for record in state.records)


def _version(state: OrderState, shipment: ShipmentState, memories: RecordMemories, audit: Audit) -> str | None:
    """What its record was last written with. A memory of an earlier version does not tell, the record's audit does."""
    if shipment.placing is None:
        return None
    key = shipment.placing.key
    memory = memories.load(state.key.connection, [key])[key]
    return memory.mapping_version or _audited(memory, audit)


def _audited(memory: RecordMemory, audit: Audit) -> str | None:
    if all(past.tried is None for past in memory.fields.values()):
        return None
    story = audit.story(memory.connection, memory.key)
    return next((entry.mapping_version for entry in story if entry.outcome is Outcome.WRITTEN), None)


def _is_within(instant: datetime | None, start: datetime | None, end: datetime | None) -> bool:
    """What has no instant is within no bounds."""
    if instant is None:
        return start is None and end is None
    return (start is None or instant >= start) and (end is None or instant <= end)
