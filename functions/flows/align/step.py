"""One record on its way: what a run has to work with, and what reading and writing share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from functions.connections.align import AnyAlign
from functions.connections.connection import Connection
from functions.errors import ConnectorError
from functions.flows.align.decide import Rules
from functions.flows.align.match import Pair
from functions.model.alignment import Aligned, Change, Proposal, Side, SideRecord, digests
from functions.model.audit import AuditEntry, Cause, FieldChange
from functions.model.outcomes import Outcome
from functions.model.records import Place, RecordKey
from functions.model.shipment import ConnectionName
from functions.model.text import digest, folded

LONGEST_SHOWN = 200  # of one field in the audit


class Writer(Protocol):
    """One system's records. Raises Retryable, OutcomeUnknown or Permanent."""

    def parts(self, changes: Mapping[str, str]) -> list[dict[str, str]]:
        """What is written at once: a record of ours may be several of the system's."""

    def change(self, record: SideRecord, changes: Mapping[str, str]) -> SideRecord | None:
        """As it stands after; None where it is another one by now than `record` was."""

    def make(self, fields: Mapping[str, str]) -> SideRecord:
        """As it stands after. What a run has begun is gone on with."""


class Memories(Protocol):
    def load(self, connection: ConnectionName, profile: str) -> dict[str, Aligned]:
        """By what the leading system calls the record."""

    def save(self, aligned: Aligned) -> bool:
        """As the revision after its own; False when somebody saved in between."""

    def save_map(self, connection: ConnectionName, profile: str, ids: Mapping[str, str]) -> None:
        """ShipStation's id by IFS's, for whoever only needs to know which is which."""

    def read_up_to(self, connection: ConnectionName, profile: str) -> datetime | None:
        """Where the next look starts, of records that are read by the instant of their change."""

    def save_read_up_to(self, connection: ConnectionName, profile: str, at: datetime) -> None: ...


class Audit(Protocol):
    def new_key(self, at: datetime) -> str: ...

    def put(self, key: str, entry: AuditEntry) -> bool: ...


@dataclass(frozen=True)
class Align:
    """What every profile's look and delivery work with. `sides` are the systems that may be written."""

    connection: Connection
    profile: AnyAlign
    rules: Rules
    sides: Mapping[Side, Writer]
    memories: Memories
    audit: Audit
    now: Callable[[], datetime]

    @property
    def is_writing(self) -> bool:
        return self.profile.mode == "write" and self.connection.mode == "write"


@dataclass
class Step:
    """`memory` is what is known by now, `stored` what the ledger holds; `untold` is what an earlier run has written and
    did not come to tell.
    """

    pair: Pair
    proposal: Proposal
    memory: Aligned
    untold: Aligned | None = None
    stored: Aligned = field(init=False)

    def __post_init__(self) -> None:
        self.stored = self.memory


@dataclass(frozen=True)
class Look:
    """`newest` is where the next look starts once this one is carried out, of records that are read by the instant of
    their change; `fault` what kept a part of the records from being looked at.
    """

    steps: list[Step]
    newest: datetime | None = None
    fault: ConnectorError | None = None


def catch_up(step: Step, *, by_people: bool = True) -> None:
    """A write stands there whole or not at all: one field that nobody has touched since tells. What people have typed
    over is an edit, whether they met our write or not.
    """
    memory, other = step.memory, step.pair.other
    written = step.pair.ifs if memory.trying_on == "ifs" else other
    if written is None:
        return
    theirs = digests(written.fields)
    if memory.is_making or any(theirs.get(name) == text for name, text in memory.trying.items()):
        step.untold, step.memory = memory, memory.arrived(other.id if other else memory.other)
    elif by_people and memory.is_typed_over(written.fields):
        step.memory = memory.arrived(other.id if other else memory.other)
    else:
        step.memory = memory.done()


def tell(flow: Align, memory: Aligned, cause: Cause, changes: dict[str, FieldChange]) -> None:
    """Under the key that was saved before the write: one entry for it, whoever comes to tell of it."""
    entry = AuditEntry(
        connection=flow.connection.name,
        record=RecordKey(place=Place(f"{memory.trying_on}/{memory.key.profile}"), id=memory.key.id),
        orders=(),
        at=flow.now(),
        cause=cause,
        shipments=(),
        changes=changes,
        action="create" if memory.is_making else None,
        outcome=Outcome.WRITTEN,
    )
    flow.audit.put(memory.audit_key, entry)


def tried(memory: Aligned) -> dict[str, FieldChange]:
    """What the ledger tells of a write whose run died: digests."""
    return {name: FieldChange(after=text, attribute=name) for name, text in memory.trying.items()}


def shown(flow: Align, changes: Mapping[str, Change]) -> dict[str, FieldChange]:
    """As the audit keeps them."""
    return {
        name: FieldChange(
            before=_text(flow, name, change.before), after=_text(flow, name, change.after), attribute=name
        )
        for name, change in changes.items()
    }


def _text(flow: Align, name: str, text: str) -> str | None:
    if not text:
        return None
    return digest(folded(text)) if name in flow.profile.personal else text[:LONGEST_SHOWN]
