"""A replay plan: one proposal, exactly what a dry run said it would write. Reverts and overwrites are plans too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field, model_validator

from functions.model.audit import FieldChange
from functions.model.frozen import Frozen
from functions.model.outbound import OutboundKey
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import OrderContribution
from functions.model.records import Place, Record, RecordKey
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.state import EARLIER_PLACE

PlanKind = Literal["replay", "revert", "overwrite", "push"]
PlanStatus = Literal["drawing", "ready", "applying", "applied", "cancelled", "given_up"]
LIFETIME = timedelta(days=7)  # what was shown longer ago is not what a person would see now
KEPT = timedelta(days=30)  # so long an applied plan can be reverted
STALLS = 5  # runs that came no further
LEFT_ALONE = {Reason.TYPED_BY_A_PERSON, Reason.REWRITTEN_SINCE}


class PlannedRecord(Frozen):
    """What would be written to one record, and what its orders contribute there: whichever of them comes first enters
    them all, as long as the record's memory is that of `revision`. `reason`: why nothing of it is written. `left` are
    the fields that a revert or an overwrite leaves, each with the reason. `digest` holds a ShipStation order to it.
    """

    key: RecordKey
    changes: dict[str, FieldChange] = Field(default_factory=dict)
    revision: int | None = None
    entries: tuple[OrderContribution, ...] = ()
    reason: Reason | None = None
    left: dict[str, Reason] = Field(default_factory=dict)
    digest: str = ""

    @property
    def gist(self) -> Gist:
        left = next(iter(self.left.values()), None)
        return Gist(bool(self.changes), self.reason or left, is_left=self.reason is None and left is not None)

    def too_large(self) -> PlannedRecord:
        """It would end so; what it would hold fits no item."""
        return PlannedRecord(key=self.key, revision=self.revision, reason=Reason.ORDER_TOO_LARGE)

    def is_of(self, record: Record) -> bool:
        """An earlier version named records otherwise."""
        return self.key == record.key or (self.key.place == EARLIER_PLACE and self.key.id == record.earlier_key)


@dataclass(frozen=True)
class Gist:
    """What of a record its orders have to know. `is_left`: its fields stay as they are, for that reason."""

    is_changing: bool
    reason: Reason | None
    is_left: bool = False

    def outcome(self) -> Outcome:
        if self.reason in {Reason.SHARED_TARGET, Reason.ORDER_TOO_LARGE}:
            return Outcome.PARKED
        if self.reason is Reason.PAUSED:
            return Outcome.WAITING
        return Outcome.KEPT if self.is_left or self.reason in LEFT_ALONE else Outcome.RETRY


class PlannedOrder(Frozen):
    """What the dry run found for one selected order; without `records` IFS already agrees, or `reason` says why not.
    `choices` are the records a person has to choose from. `touches` are all that it stands on or leaves, until every
    order of the plan was looked at. `was_off`: the ledger skipped it, and its mode is on again. `push` is what goes to
    ShipStation of it, as people know it by `number`; `field` is what stands in its way there.
    """

    order: OrderKey
    outcome: Outcome
    reason: Reason | None = None
    records: tuple[RecordKey, ...] = ()
    choices: tuple[str, ...] = ()
    touches: tuple[RecordKey, ...] = ()
    was_off: bool = False
    push: OutboundKey | None = None
    number: str = ""
    field: str = ""

    @property
    def name(self) -> str:
        """As people know it."""
        return self.number or self.order.reference

    def among(self, records: Mapping[RecordKey, Gist]) -> PlannedOrder:
        """How it ends, now that all orders are placed: another one may change a record that this one touches."""
        ended = self._ended({key: records[key] for key in self.touches if key in records})
        return ended.settled()

    def settled(self) -> PlannedOrder:
        """Nothing more is found out about it."""
        return self.model_copy(update={"touches": ()})

    def _ended(self, records: Mapping[RecordKey, Gist]) -> PlannedOrder:
        changing = tuple(key for key, gist in records.items() if gist.is_changing)
        if changing:
            return self._told(Outcome.WOULD_WRITE, None, records=changing)
        hindered = next((key for key, gist in records.items() if gist.reason is not None), None)
        if hindered is None or self.reason is not None:
            return self
        gist = records[hindered]
        choices = (hindered.id,) if gist.reason is Reason.SHARED_TARGET else ()
        return self._told(gist.outcome(), gist.reason, choices=choices)

    def _told(self, outcome: Outcome, reason: Reason | None, **found: Any) -> PlannedOrder:
        return PlannedOrder(order=self.order, outcome=outcome, reason=reason, was_off=self.was_off, **found)

    @property
    def is_only_woken(self) -> bool:
        """Nothing was shown of it that a plan could hold it to."""
        return self.was_off and not self.records

    @property
    def is_worth_showing(self) -> bool:
        return bool(self.records) or self.reason is not None

    @property
    def is_undecided(self) -> bool:
        """Something was out of reach, so that nobody knows what a delivery would do."""
        return not self.records and self.outcome is Outcome.RETRY

    @property
    def is_sent(self) -> bool:
        """A delivery would change something, in IFS or in the ledger."""
        # What was skipped comes up by nothing else: unsent, it would never be looked at again.
        return bool(self.records) or (self.push is None and (self.outcome is Outcome.PARKED or self.was_off))


class Asked(Frozen):
    """Who wanted it, why, and when."""

    by: str
    note: str
    at: datetime


class Plan(Frozen):
    """`expires_at` is until when it may be applied. `select` is what was asked for, `request` the digest of the asking,
    `reverts` the plan that this one takes back, `overwrites` the fields that are written over what is kept;
    `is_to_shipstation`: its orders go there. `position` is where the work on it goes on, `looked_at` the orders so far;
    `found`, `would_change`, `undecided`, `shown` and `to_send` count orders once it is drawn, `sent` those on their
    way. `revision` guards every save, `held_until` is how long a run may still work on it, `stalls` the runs in a row
    that came no further. `rounds` counts how often what a revert or an overwrite had not settled was sent again.
    `orders` and `records` are not stored with it but handed out.
    """

    plan_id: str
    connection: ConnectionName
    by: str
    note: str
    made_at: datetime
    expires_at: datetime
    orders: tuple[PlannedOrder, ...] = ()
    records: tuple[PlannedRecord, ...] = ()
    applied_at: datetime | None = None
    applied: Asked | None = None
    cancelled: Asked | None = None
    reverts: str | None = None
    overwrites: tuple[str, ...] = ()
    is_to_shipstation: bool = False
    select: dict[str, Any] = Field(default_factory=dict)
    request: str = ""
    status: PlanStatus = "ready"
    position: str = ""
    looked_at: int = 0
    found: int = 0
    would_change: int = 0
    undecided: int = 0
    shown: int = 0
    to_send: int = 0
    sent: int = 0
    rounds: int = 0
    revision: int = 0
    held_until: datetime | None = None
    next_run_at: datetime | None = None
    stalls: int = 0

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, raw: Any) -> Any:
        return _moved_over(raw) if isinstance(raw, dict) and _is_earlier(raw) else raw

    @property
    def kind(self) -> PlanKind:
        if self.is_to_shipstation:
            return "push"
        if self.reverts is not None:
            return "revert"
        return "overwrite" if self.overwrites else "replay"

    @property
    def is_under_way(self) -> bool:
        return self.status in {"drawing", "applying"}

    @property
    def due_at(self) -> datetime | None:
        """When a run should go on with it; a run that dies leaves it to the next once its time is over."""
        if not self.is_under_way:
            return None
        return self.held_until or self.next_run_at or self.made_at

    @property
    def kept_until(self) -> datetime:
        return self.made_at + KEPT

    def asked_as(self, request: str) -> Plan:
        return self.model_copy(update={"request": request})

    def held(self, until: datetime) -> Plan:
        return self.model_copy(update={"held_until": until, "stalls": self.stalls + 1})

    def let_go(self, next_run_at: datetime | None = None) -> Plan:
        return self.model_copy(update={"held_until": None, "next_run_at": next_run_at})

    def looked(self, position: str, orders: int) -> Plan:
        """Further: all up to `position` are in the plan."""
        return self.model_copy(update={"position": position, "looked_at": self.looked_at + orders, "stalls": 0})

    def drawn(self, orders: Iterable[PlannedOrder]) -> Plan:
        return self.counted(orders).ready().let_go()

    def ready(self) -> Plan:
        return self.model_copy(update={"status": "ready", "position": "", "stalls": 0})

    def counted(self, orders: Iterable[PlannedOrder]) -> Plan:
        """Drawn, and these are its orders."""
        found = list(orders)
        counts = {
            "found": len(found),
            "would_change": sum(bool(each.records) for each in found),
            "undecided": sum(each.is_undecided for each in found),
            "shown": sum(each.is_worth_showing for each in found),
            "to_send": sum(each.is_sent for each in found),
        }
        return self.model_copy(update=counts)

    def applying(self, asked: Asked) -> Plan:
        return self.model_copy(update={"status": "applying", "applied": asked, "applied_at": asked.at})

    def sending(self, position: str, sent: int) -> Plan:
        """Further: all up to `position` are on their way."""
        return self.model_copy(update={"position": position, "sent": self.sent + sent, "stalls": 0})

    def sent_again(self) -> Plan:
        return self.model_copy(update={"rounds": self.rounds + 1, "stalls": 0})

    def ended(self, status: PlanStatus) -> Plan:
        return self.model_copy(update={"status": status}).let_go()

    def cancelling(self, asked: Asked) -> Plan:
        return self.model_copy(update={"cancelled": asked}).ended("cancelled")

    def stored(self) -> Plan:
        return self.model_copy(update={"revision": self.revision + 1})

    def part(self, orders: Iterable[PlannedOrder], records: Iterable[PlannedRecord]) -> Plan:
        return self.model_copy(update={"orders": tuple(orders), "records": tuple(records)})

    def joined(self, others: Sequence[Plan]) -> Plan:
        """With what was handed out of it for other orders."""
        orders = [order for part in (self, *others) for order in part.orders]
        records = {record.key: record for part in (self, *others) for record in part.records}
        return self.part(orders, records.values())


def _is_earlier(raw: dict[str, Any]) -> bool:
    return any(isinstance(order, dict) and "changes" in order for order in raw.get("orders", ()))


def _moved_over(raw: dict[str, Any]) -> dict[str, Any]:
    """Changes stood with their orders, under the record's earlier name."""
    orders, records = [], []
    for order in raw["orders"]:
        changes = order.get("changes", ())
        keys = [{"place": Place(EARLIER_PLACE), "id": change["target"]} for change in changes]
        orders.append({**{name: value for name, value in order.items() if name != "changes"}, "records": keys})
        records += [{"key": key, "changes": change["changes"]} for key, change in zip(keys, changes, strict=True)]
    return {**raw, "orders": orders, "records": records}
