"""What the audit keeps of every write to IFS: one entry, under the record that was written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Place, RecordKey
from functions.model.same_value import same
from functions.model.shipment import ConnectionName, OrderKey, Shipment, ShipmentKey


class Cause(Frozen):
    """Who made us look. `by` and `note` are an operator's, `plan_id` is that of a replay, a revert or an overwrite;
    `reverts` is the plan that is taken back.
    """

    kind: Literal[
        "webhook",
        "poll",
        "sweep",
        "backfill",
        "release",
        "replay",
        "revert",
        "overwrite",
        "control",
        "pilot",
        "neighbour",
        "dead_letter",
        "unknown",
    ]
    correlation_id: str
    by: str | None = None
    note: str | None = None
    plan_id: str | None = None
    reverts: str | None = None

    @property
    def is_asked_for(self) -> bool:
        """A person wants it: what was refused or given up is tried once more."""
        return self.kind in {"replay", "control"}

    def later(self) -> Cause:
        """The same wish once the moment that its plan showed has passed."""
        return self.model_copy(update={"plan_id": None})


# Where a person's decisions stand in the audit that are about no IFS record.
DESK, ORDER = Place("desk"), Place("order")


def desk_record(connection: ConnectionName) -> RecordKey:
    return RecordKey(place=DESK, id=connection)


def order_record(order: OrderKey) -> RecordKey:
    return RecordKey(place=ORDER, id=f"{order.company}/{order.reference}")


class FieldChange(Frozen):
    """None is an empty field. `attribute` is what IFS calls it. `extended` is somebody else's text that `after` keeps:
    what follows it there is ours.
    """

    before: str | None = None
    after: str | None = None
    attribute: str = ""
    extended: str | None = None

    def going_back_to(self, earlier: FieldChange) -> FieldChange:
        """From what stood before an earlier one of the same cause."""
        return self.model_copy(update={"before": earlier.before})

    @property
    def values(self) -> tuple[str | None, str | None]:
        return self.before, self.after

    def is_of(self, attribute: str) -> bool:
        """An earlier version did not tell which."""
        return self.attribute in {"", attribute}


# `outcome_unknown`: the write may have reached IFS, and its value was not seen there. `decided`: a person did, and
# nothing was written. `unreadable`: never stored; it stands for an entry that this version cannot read.
AuditOutcome = Outcome | Literal["outcome_unknown", "decided", "unreadable"]
CLAIMING = {Outcome.WRITTEN, "outcome_unknown"}


class AuditEntry(Frozen):
    """`attempt` counts tries within one look from 1; `duration_ms` is the write's own. `orders` are the references that
    the record held when it was written, the one that wrote first; `refused` are the fields of `changes` that IFS did
    not take. `action` names a state action that was called, or what a person decided: IFS was not written then.
    """

    connection: ConnectionName
    record: RecordKey
    orders: tuple[str, ...]
    at: datetime
    cause: Cause
    shipments: tuple[ShipmentKey, ...]
    changes: dict[str, FieldChange] = Field(default_factory=dict)
    refused: tuple[str, ...] = ()
    action: str | None = None
    etag_before: str | None = None
    etag_after: str | None = None
    outcome: AuditOutcome
    reason: Reason | None = None
    code: str | None = None
    http_status: int | None = None
    attempt: int = 1
    mapping_version: str = ""
    duration_ms: int | None = None

    @classmethod
    def unreadable(
        cls, connection: ConnectionName, record: RecordKey, key: str, at: datetime, why: Reason
    ) -> AuditEntry:
        """Stands in a story for the entry under `key`."""
        cause, action = Cause(kind="unknown", correlation_id=""), f"unreadable {key}"
        return cls(
            connection=connection,
            record=record,
            orders=(),
            at=at,
            cause=cause,
            shipments=(),
            action=action,
            outcome="unreadable",
            reason=why,
        )

    def calling(self, action: str | None) -> AuditEntry:
        return self.model_copy(update={"action": action})

    def is_certain(self, name: str) -> bool:
        """Whether the field is known to have held what this entry says: what was refused, or only shown, put nothing
        there, and an earlier write may still have arrived.
        """
        return self.outcome in {Outcome.WRITTEN, "decided"} and name not in self.refused

    @property
    def certain(self) -> set[str]:
        """The attributes of those fields."""
        return {change.attribute for name, change in self.changes.items() if self.is_certain(name)}

    def saw_others(self, values: Mapping[str, str]) -> set[str]:
        """The attributes where something else than these values stood when this was sent, and nothing certain came of
        it.
        """
        seen = {c.attribute: (name, c.before) for name, c in self.changes.items() if not self.is_certain(name)}
        return {each for each in seen.keys() & values.keys() if not same(*seen[each], values[each])}

    def claims(self, attribute: str, value: str | None) -> bool:
        """Whether this write put `value` there, as IFS keeps it, or may have."""
        is_ours = self.outcome in CLAIMING and self.cause.reverts is None
        changed = ((name, change) for name, change in self.changes.items() if name not in self.refused)
        return is_ours and any(c.attribute == attribute and same(name, c.after, value) for name, c in changed)


class EarlierAuditEntry(Frozen):
    """As earlier versions kept it: an intent before each write and a result after it, under the order and its day."""

    kind: Literal["intent", "result"]
    order: OrderKey
    at: datetime
    cause: Cause
    shipments: tuple[Shipment, ...]
    target: str | None = None
    changes: dict[str, FieldChange] = Field(default_factory=dict)
    etag_before: str | None = None
    etag_after: str | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    detail: str | None = None
    http_status: int | None = None
    attempt: int = 1
    mapping_version: str = ""
    duration_ms: int | None = None
