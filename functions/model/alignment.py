"""Reference data that both systems keep: a record on each side, and what is remembered of the two together.

IFS record ──┐
             ├──▶ Proposal (what would be written, and what a person is asked) ──▶ written, audited, remembered
ShipStation ─┘         ▲
                       └── Aligned: what each side said when a field was last alike
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName
from functions.model.text import digest, folded

UNREADABLE = "?"  # a field that stands there and cannot be read: like nothing that the other system says
Side = Literal["ifs", "shipstation"]
Kind = Literal["create", "change", "agree", "report"]
Digests = dict[str, str]


class AlignKey(Frozen):
    """`id` is what the leading system calls the record: IFS a site, ShipStation a customer."""

    connection: ConnectionName
    profile: str
    id: str


class SideRecord(Frozen):
    """One record as one system shows it: our field names, texts, empty where nothing stands. `made_at` is when it was
    made, of a customer when it was last changed; `body` the vendor's own, which flows leave alone.
    """

    id: str
    fields: dict[str, str]
    made_at: datetime | None = None
    body: dict[str, Any] = Field(default_factory=dict)


class Change(Frozen):
    """`side` is where `after` is to stand."""

    side: Side
    before: str
    after: str


class Proposal(Frozen):
    """What one look asks for of one record. `other` is its id in the other system. `asked` are the fields that a person
    has to see to, `reason` and `field` what is in the way of the whole record, `choices` the ids to choose from.
    `alike` are the fields that both systems say the same of.
    """

    key: AlignKey
    kind: Kind
    other: str = ""
    changes: dict[str, Change] = Field(default_factory=dict)
    asked: dict[str, Reason] = Field(default_factory=dict)
    reason: Reason | None = None
    field: str = ""
    choices: tuple[str, ...] = ()
    alike: Digests = Field(default_factory=dict)

    def on(self, side: Side) -> dict[str, Change]:
        return {field: change for field, change in self.changes.items() if change.side == side}

    @property
    def shown(self) -> str:
        """Names what would be written: the same again is no news."""
        return digest(self.model_dump_json(include={"kind", "changes"})) if self.changes else ""


class Aligned(Frozen):
    """What is remembered of one record. `ifs` and `shipstation` are the digests of what each said when a field was last
    alike; they differ where ShipStation spells it otherwise. `trying` is what a run was about to write, and may have,
    `trying_over` what stood there before, `is_making` that it was about to make the record; `audit_key` is where the
    audit has it. `refused` names what a system would not take. `shown` is what shadow mode would have written. `missed`
    names the question whose answer has missed the record, once.
    """

    key: AlignKey
    revision: int = 0
    other: str = ""
    ifs: Digests = Field(default_factory=dict)
    shipstation: Digests = Field(default_factory=dict)
    trying: Digests = Field(default_factory=dict)
    trying_over: Digests = Field(default_factory=dict)
    trying_on: Side | None = None
    is_making: bool = False
    tried_at: datetime | None = None
    audit_key: str = ""
    refused: str = ""
    refused_at: datetime | None = None
    shown: str = ""
    missed: str = ""
    outcome: Outcome | None = None
    reason: Reason | None = None
    field: str = ""

    def linked(self, other: str) -> Aligned:
        return self.model_copy(update={"other": other})

    def about_to_write(
        self, side: Side, after: Mapping[str, str], *, at: datetime, audit_key: str, is_making: bool
    ) -> Aligned:
        """Saved before the write: who finds it so looks what became of it first."""
        update = {
            "trying": digests(after),
            "trying_over": {},
            "trying_on": side,
            "is_making": is_making,
            "tried_at": at,
            "audit_key": audit_key,
        }
        return self.model_copy(update=update)

    def over(self, before: Mapping[str, str]) -> Aligned:
        """What stands there before the write that it is about to do."""
        return self.model_copy(update={"trying_over": digests(before)})

    def is_typed_over(self, now: Mapping[str, str]) -> bool:
        """No field says what stood there before the write, nor what was written."""
        said = digests(now)
        known = (said.get(name) in {self.trying[name], before} for name, before in self.trying_over.items())
        return bool(self.trying_over) and not any(known)

    def arrived(self, other: str) -> Aligned:
        """What a run was about to write stands there."""
        return self.linked(other).alike(self.trying).done()

    def done(self) -> Aligned:
        """Nothing is under way any more."""
        update: dict[str, Any] = {
            "trying": {},
            "trying_over": {},
            "trying_on": None,
            "is_making": False,
            "tried_at": None,
            "audit_key": "",
        }
        return self.model_copy(update=update)

    def alike(self, fields: Mapping[str, str], shipstation: Mapping[str, str] | None = None) -> Aligned:
        """Both say the same of these, ShipStation perhaps in a spelling of its own."""
        theirs = {**self.shipstation, **fields, **(shipstation or {})}
        return self.model_copy(update={"ifs": {**self.ifs, **fields}, "shipstation": theirs})

    def ended(self, outcome: Outcome, reason: Reason | None = None, field: str = "", *, shown: str = "") -> Aligned:
        update = {
            "outcome": outcome,
            "reason": reason,
            "field": field,
            "shown": shown,
            "refused": "",
            "refused_at": None,
        }
        return self.model_copy(update=update)

    def turned_away(self, refused: str, at: datetime) -> Aligned:
        """A system would not take it; the same again is not sent at every look."""
        return self.model_copy(update={"refused": refused, "refused_at": at})

    def missing_from(self, question: str) -> Aligned:
        """The answer to it does not show the record; empty where the record is shown again."""
        return self.model_copy(update={"missed": question})

    def saved(self) -> Aligned:
        """As the ledger holds it now."""
        return self.model_copy(update={"revision": self.revision + 1})


def digests(fields: Mapping[str, str]) -> Digests:
    return {name: digest(folded(text)) for name, text in fields.items()}


def plan_of(proposals: Iterable[Proposal]) -> str:
    """Names what would be written: whoever carries it out carries out exactly that."""
    wanted = sorted(each.model_dump_json() for each in proposals if each.changes)
    return digest("\n".join(wanted))
