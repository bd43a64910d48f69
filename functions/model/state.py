"""What the ledger remembers of one order: its shipments, where each was placed, and what happens next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from functions.model.audit import Cause, FieldChange
from functions.model.dismissal import Dismissal
from functions.model.earlier import EarlierMemory
from functions.model.frozen import Frozen
from functions.model.messages import Admission
from functions.model.outcomes import Outcome, Reason
from functions.model.records import RecordKey
from functions.model.shipment import OrderKey, Shipment, ShipmentKey

# Named by the shipment itself, by the goods of its lines, by the site it leaves from, as the only record there was, or
# by a person's choice.
PlacedBy = Literal["named", "goods", "site", "only", "person"]
PAST_RECORDS = 20  # an item must not grow with every move
Wait = Literal["find", "delivery", "lock", "answer", "fault", "pause"]


class FieldOutcome(Frozen):
    outcome: Outcome
    reason: Reason | None = None


class Placing(Frozen):
    """Where a shipment belongs, and how that was decided; a person chose it `instead_of` other records."""

    key: RecordKey
    by: PlacedBy
    instead_of: tuple[str, ...] = ()


class ShipmentState(Frozen):
    """`admission` is how a backfill let the shipment in; it stays. A person chooses from `choices`, or may again.
    `withdrawn_at`: as of that reading it belongs to another order. `decided_at`: since when it ends so, on it and on
    its record's fields; None where an earlier version decided. `others` are the numbers that the same fulfilment
    bears in another API.
    """

    shipment: Shipment
    outcome: Outcome
    reason: Reason | None = None
    placing: Placing | None = None
    choices: tuple[str, ...] = ()
    admission: Admission | None = None
    withdrawn_at: datetime | None = None
    decided_at: datetime | None = None
    others: tuple[int, ...] = ()

    @property
    def is_in_scope(self) -> bool:
        """Whether anything is to be written for it, or was and is to be taken back. Mode off is the file's, and may be
        switched on again.
        """
        is_skipped = self.outcome is Outcome.SKIPPED and self.reason is not Reason.MODE_OFF
        return not is_skipped and self.reason is not Reason.COMBINED_UNKNOWN and self.withdrawn_at is None

    def is_on(self, records: Collection[RecordKey]) -> bool:
        return self.placing is not None and self.placing.key in records

    @property
    def keys(self) -> set[ShipmentKey]:
        """By each number that it bears."""
        return {self.shipment.numbered(number).key for number in (self.shipment.shipment_id, *self.others)}

    def also_numbered(self, number: int) -> ShipmentState:
        return self.model_copy(update={"others": (*self.others, number)})

    def ended(
        self, outcome: Outcome, reason: Reason | None, *, placing: Placing | None = None, choices: Iterable[str] = ()
    ) -> ShipmentState:
        """How the decision just made ends for it."""
        return self.model_copy(
            update={"outcome": outcome, "reason": reason, "placing": placing, "choices": tuple(choices)}
        )

    def waiting(self, outcome: Outcome, reason: Reason | None) -> ShipmentState:
        """Nothing could be decided: where it was placed stays."""
        return self.model_copy(update={"outcome": outcome, "reason": reason})

    def decided(self, at: datetime | None) -> ShipmentState:
        return self.model_copy(update={"decided_at": at})

    def taken_out(self) -> ShipmentState:
        """It stands on no record any more."""
        return self.model_copy(update={"placing": None})

    def withdrawn(self, at: datetime) -> ShipmentState:
        return self.model_copy(
            update={"withdrawn_at": at, "outcome": Outcome.SKIPPED, "reason": Reason.WITHDRAWN, "choices": ()}
        )


class OrderRecord(Frozen):
    """One record that this order's shipments are placed on: its site, how each field ended, what shadow mode showed."""

    key: RecordKey
    site: str = ""
    fields: dict[str, FieldOutcome] = Field(default_factory=dict)
    shown: dict[str, FieldChange] = Field(default_factory=dict)

    def ended(self, fields: Mapping[str, FieldOutcome]) -> OrderRecord:
        return self.model_copy(update={"fields": dict(fields)})


class OrderState(Frozen):
    """`revision` guards every save; `next_attempt_at` puts the order on the due list. `debts` are records that a
    shipment left and whose result without it was not seen yet, `past` those that it left for good. `waits` tells
    since when it waits for what, whatever came in between; `delivered_to` names the place that all of it was
    decided against. `asked_by` is a person's request for which nothing could be decided yet. `paused_by` names the
    pause that it waits for. `stub` are the marks of an order that is too large to be kept.
    """

    key: OrderKey
    revision: int = 0
    delivered_to: str = ""
    shipments: dict[ShipmentKey, ShipmentState] = Field(default_factory=dict)
    records: tuple[OrderRecord, ...] = ()
    debts: tuple[RecordKey, ...] = ()
    past: tuple[RecordKey, ...] = ()
    waits: dict[Wait, datetime] = Field(default_factory=dict)
    attempts: int = 0
    waiting_for: Reason | None = None
    next_attempt_at: datetime | None = None
    attention: Reason | None = None
    asked_by: Cause | None = None
    paused_by: str = ""
    dismissed: Dismissal | None = None
    earlier: EarlierMemory | None = None
    stub: dict[ShipmentKey, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, raw: Any) -> Any:
        return _moved_over(raw) if isinstance(raw, dict) and EARLIER & raw.keys() else raw

    @property
    def known(self) -> list[Shipment]:
        """Every shipment ever seen, voided ones included, oldest first."""
        return sorted((s.shipment for s in self.shipments.values()), key=lambda s: (s.created_at, s.key))

    @property
    def heard_of(self) -> set[ShipmentKey]:
        return {key for each in self.shipments.values() for key in each.keys} | self.stub.keys()

    @property
    def in_scope(self) -> list[Shipment]:
        """Those that are ours to deliver or to take back, oldest first."""
        return [shipment for shipment in self.known if self.shipments[shipment.key].is_in_scope]

    @property
    def has_something_to_do(self) -> bool:
        """A shipment to deliver or take back, or a record that one left."""
        return bool(self.in_scope or self.remembered)

    @property
    def live(self) -> list[ShipmentKey]:
        """Those that belong here, and are not voided."""
        return [key for key, s in self.shipments.items() if s.withdrawn_at is None and not s.shipment.is_voided]

    @property
    def is_off(self) -> bool:
        """It was skipped while its mode was off, and comes up by nothing."""
        return any(reason is Reason.MODE_OFF for _, reason in self.outcomes)

    @property
    def explaining(self) -> set[str]:
        """Tracking numbers that another way than ours may have brought to IFS: before go-live, or of a baseline."""
        known = (s for s in self.shipments.values() if s.reason in {Reason.BASELINE, Reason.BEFORE_GO_LIVE})
        return {s.shipment.tracking_number for s in known if s.shipment.tracking_number}

    @property
    def placings(self) -> dict[ShipmentKey, Placing]:
        return {key: s.placing for key, s in self.shipments.items() if s.placing is not None}

    @property
    def remembered(self) -> tuple[RecordKey, ...]:
        """Every record this order may stand on: where its shipments were placed, and what it owes."""
        placed = (s.placing.key for s in self.shipments.values() if s.placing is not None)
        return tuple(dict.fromkeys((*placed, *self.debts)))

    @property
    def watched(self) -> tuple[RecordKey, ...]:
        """The records that it only waits to be delivered; none where it waits for something else too."""
        is_watched = self.waiting_for is Reason.NOT_DELIVERED_YET and "delivery" in self.waits
        # An order that is due is looked at whole, and needs no watching.
        if not is_watched or self.next_attempt_at is not None:
            return ()
        waiting = {Reason.NOT_DELIVERED_YET}
        return tuple(r.key for r in self.records if waiting & {field.reason for field in r.fields.values()})

    @property
    def outcomes(self) -> list[tuple[Outcome, Reason | None]]:
        """Of every shipment, and of every field of the records that they are placed on."""
        fields = (field for record in self.records for field in record.fields.values())
        shipments = [(s.outcome, s.reason) for s in self.shipments.values()]
        return [*shipments, *((field.outcome, field.reason) for field in fields)]

    def outcomes_of(self, key: ShipmentKey) -> list[tuple[Outcome, Reason | None]]:
        """How the shipment ended, and every field of its record. An earlier version did not keep which that is."""
        shipment = self.shipments[key]
        on = shipment.placing.key if shipment.placing is not None else None
        own = (r for r in self.records if r.key == on or r.key.place == EARLIER_PLACE)
        fields = (field for record in own for field in record.fields.values())
        return [(shipment.outcome, shipment.reason), *((field.outcome, field.reason) for field in fields)]

    def dated(self, before: OrderState, at: datetime) -> OrderState:
        """With the instant on every shipment that ends otherwise than before."""
        news = [k for k in self.shipments if k not in before.shipments or self.outcomes_of(k) != before.outcomes_of(k)]
        return self.with_shipments({key: self.shipments[key].decided(at) for key in news}) if news else self

    def past_with(self, more: Iterable[RecordKey]) -> tuple[RecordKey, ...]:
        """The records that it left for good, the newest last; not for ever."""
        return tuple(dict.fromkeys((*self.past, *more)))[-PAST_RECORDS:]

    def with_shipments(self, changed: Mapping[ShipmentKey, ShipmentState]) -> OrderState:
        return self.model_copy(update={"shipments": {**self.shipments, **changed}})

    def without_debts(self, paid: Collection[RecordKey]) -> OrderState:
        return self.model_copy(update={"debts": tuple(key for key in self.debts if key not in paid)})

    def with_records(
        self, records: Iterable[OrderRecord], debts: Iterable[RecordKey], past: Iterable[RecordKey]
    ) -> OrderState:
        return self.model_copy(update={"records": tuple(records), "debts": tuple(debts), "past": tuple(past)})

    def owing(self, records: Iterable[RecordKey]) -> OrderState:
        """Those are looked at too: something of the order may stand there."""
        new = [key for key in dict.fromkeys(records) if key not in self.remembered]
        return self.model_copy(update={"debts": (*self.debts, *new)}) if new else self

    def following(self, saved: OrderState) -> OrderState:
        """The successor of what was saved last."""
        return self.model_copy(update={"revision": saved.revision})

    def leaving(self, records: Collection[RecordKey]) -> OrderState:
        """Nothing of the order counts there any more."""
        # Shipments stay known: a number that comes again must not be new.
        moved = {key: s.taken_out() for key, s in self.shipments.items() if s.is_on(records)}
        kept = [record for record in self.records if record.key not in records]
        debts = [key for key in self.debts if key not in records]
        return self.with_shipments(moved).with_records(kept, debts, self.past_with(records))

    def with_earlier(self, earlier: EarlierMemory | None) -> OrderState:
        return self.model_copy(update={"earlier": earlier})

    def delivering_to(self, place: str) -> OrderState:
        return self.model_copy(update={"delivered_to": place})

    def scheduled(
        self,
        *,
        waiting_for: Reason | None,
        waits: Mapping[Wait, datetime],
        attempts: int,
        next_attempt_at: datetime | None,
        attention: Reason | None,
    ) -> OrderState:
        return self.model_copy(
            update={
                "waiting_for": waiting_for,
                "waits": dict(waits),
                "attempts": attempts,
                "next_attempt_at": next_attempt_at,
                "attention": attention,
                "paused_by": self.paused_by if waiting_for is Reason.PAUSED else "",
            }
        )

    def calling(self, attention: Reason | None) -> OrderState:
        return self.model_copy(update={"attention": attention})

    def resting(self, pause: str | None) -> OrderState:
        """Under that pause."""
        return self.model_copy(update={"paused_by": pause or ""})

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Of all its shipments and fields, each once."""
        return tuple(dict.fromkeys(reason for _, reason in self.outcomes if reason is not None))

    def is_dismissed(self, reason: Reason) -> bool:
        """Nothing came since a person saw to it."""
        return self.dismissed is not None and self.dismissed.covers(reason, self.shipments, self.live)

    def with_dismissal(self, dismissal: Dismissal) -> OrderState:
        return self.model_copy(update={"dismissed": dismissal, "attention": None})

    def placing_by_hand(self, shipment: ShipmentKey, record: RecordKey, due: datetime) -> OrderState:
        """A person has chosen among `choices`, and may choose again: what was placed elsewhere has to leave it. Due at
        that instant, should the message that brings it on be lost.
        """
        before = self.shipments[shipment]
        left = [before.placing.key] if before.placing is not None else []
        others = tuple(sorted({*before.choices, *(key.id for key in left)} - {record.id}))
        placing = Placing(key=record, by="person", instead_of=others)
        placed = before.ended(Outcome.WAITING, None, placing=placing, choices=others)
        return self.with_shipments({shipment: placed}).owing(left).claimed(due)

    def is_placed_by_hand(self, shipment: ShipmentKey, record_id: str) -> bool:
        """That choice was made before."""
        placing = self.shipments[shipment].placing
        return placing is not None and placing.by == "person" and placing.key.id == record_id

    def asked(self, by: Cause | None) -> OrderState:
        return self.model_copy(update={"asked_by": by})

    def without_replay(self) -> OrderState:
        """A person took a plan back: what an earlier one could not do yet is not done after that."""
        return self.asked(None) if self.asked_by is not None and self.asked_by.kind == "replay" else self

    def claimed(self, until: datetime) -> OrderState:
        """On its way: due again if nothing is heard of it."""
        return self.model_copy(update={"next_attempt_at": until})

    def folded(self, unfinished: Iterable[RecordKey] = (), due: datetime | None = None) -> OrderState:
        """Too large to be kept: what was seen is remembered, and where a write is not known to have ended; a person is
        called.
        """
        debts = tuple(unfinished)
        marks = {key: each.shipment.mark(self.delivered_to) for key, each in self.shipments.items()}
        return self.model_copy(
            update={
                "shipments": {},
                "records": (),
                "earlier": None,
                "stub": {**self.stub, **marks},
                "debts": debts,
                "waiting_for": Reason.OUTCOME_UNKNOWN if debts else None,
                "waits": {},
                "attempts": 0,
                "next_attempt_at": due,
                "attention": Reason.ORDER_TOO_LARGE,
            }
        )

    def stored(self) -> OrderState:
        """As the ledger holds it after a save."""
        return self.model_copy(update={"revision": self.revision + 1})


EARLIER = {"fingerprint", "targets", "audit_days", "waiting_since", "unchanged"}


def _moved_over(raw: dict[str, Any]) -> dict[str, Any]:
    """The earlier version knew records by order; a withdrawal was a void at the instant of its reading."""
    kept = {name: value for name, value in raw.items() if name not in {*EARLIER, "shipments", "schema_version"}}
    shipments = raw.get("shipments", {})
    earlier = {
        "fingerprint": raw.get("fingerprint", ""),
        "targets": raw.get("targets", {}),
        "placed": {key: each["target"] for key, each in shipments.items() if each.get("target")},
        "audit_days": raw.get("audit_days", ()),
    }
    waits = {_KINDS.get(str(raw.get("waiting_for")), "fault"): raw["waiting_since"]} if raw.get("waiting_since") else {}
    moved = {key: _shipment(each) for key, each in shipments.items()}
    place = {"delivered_to": earlier["fingerprint"], "waits": waits}
    return {**kept, **place, "shipments": moved, "earlier": earlier, "records": _records(earlier["targets"])}


_KINDS = {"not_in_ifs_yet": "find", "not_delivered_yet": "delivery"}
EARLIER_PLACE = "earlier version"


def _records(targets: dict[str, Any]) -> list[dict[str, Any]]:
    """Under a place that no record has: replaced at the next look, and until then the outcomes can be asked for."""
    return [
        {
            "key": {"place": EARLIER_PLACE, "id": key},
            "fields": {
                name: {"outcome": field["outcome"], **({"reason": field["reason"]} if field.get("reason") else {})}
                for name, field in target.get("fields", {}).items()
            },
        }
        for key, target in targets.items()
    ]


def _shipment(each: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in each.items() if name != "target"}
    shipment = dict(each["shipment"])
    if shipment.get("voided_at") is not None and shipment["voided_at"] == shipment.get("read_at"):
        kept |= {"withdrawn_at": shipment.pop("voided_at"), "outcome": "skipped", "reason": "withdrawn"}
    return {**kept, "shipment": shipment}
