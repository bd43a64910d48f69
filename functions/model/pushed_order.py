"""What is remembered of a ShipStation order that we made, how one stands now, and what came of a write."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.outbound import (
    CANCELLING,
    HELD,
    PROBLEM,
    RECALLED,
    Digests,
    OrderContent,
    OrderField,
    Outbound,
    OutboundKey,
    Problem,
    Wish,
    digests,
    loose_address,
    texts,
)
from functions.model.outcomes import Outcome, Reason
from functions.model.waves import Goods, Parcel, UncertainError, goods_of, left_after, pieces

PLANS_KEPT = 5


class PlanEnd(Frozen):
    """What came of a plan's order: how it ended, or `plan_outdated`."""

    plan_id: str
    at: datetime
    outcome: Outcome | None = None
    reason: Reason | None = None

    @property
    def is_settled(self) -> bool:
        """ShipStation holds what the plan, or IFS by then, wanted of it."""
        return self.outcome in {Outcome.WRITTEN, Outcome.UNCHANGED}


class PushedOrder(Frozen):
    """What is remembered of a consignment. `asked` are the digests of what IFS said when we last dealt with it, field
    by field; `written` of what we then put into ShipStation. They differ where a field was left to the warehouse's own
    edit. `trying` is what a run was about to write, and may have, with its `trying_address`; `audit_key` is where the
    audit has it, `tried_for` who asked for it. `is_cancelled`: the order was cancelled because IFS said so. `shadowed`
    is what shadow mode would have written. `since`: first not in agreement. `lines` are those of a customer order that
    it was last asked for, `packed` what its order was last known to hold of ours, `former` its earlier orders that have
    left. `file` is the `[orders]` under which ShipStation refused it. `is_held_over`: what a run was about to hold the
    warehouse holds to a day.
    """

    key: OutboundKey
    revision: int = 0
    generation: int = 1
    number: str = ""
    order_id: int | None = None
    trying: Digests = Field(default_factory=dict)
    trying_address: str = ""
    audit_key: str = ""
    tried_for: Cause | None = None
    is_open: bool = True
    is_cancelled: bool = False
    wish: Wish = "pack"
    asked: Digests = Field(default_factory=dict)
    written: Digests = Field(default_factory=dict)
    shadowed: Digests = Field(default_factory=dict)
    lines: tuple[str, ...] = ()
    packed: dict[str, int] = Field(default_factory=dict)
    former: tuple[Parcel, ...] = ()
    loose_address: str = ""
    outcome: Outcome | None = None
    reason: Reason | None = None
    field: str = ""
    attention: Reason | None = None
    file: str = ""
    is_held_over: bool = False
    next_attempt_at: datetime | None = None
    since: datetime | None = None
    read_at: datetime | None = None
    pushed_at: datetime | None = None
    plans: tuple[PlanEnd, ...] = ()

    @property
    def order_key(self) -> str:
        return self.key.order_key(self.generation)

    @property
    def may_exist(self) -> bool:
        """A run was about to make the order, and nobody was told what became of it."""
        return self.order_id is None and bool(self.trying)

    @property
    def may_stand(self) -> bool:
        """ShipStation has the order, or may have it."""
        return self.order_id is not None or self.may_exist

    @property
    def is_refused(self) -> bool:
        """ShipStation takes no such order: another file, or a person, may change that."""
        return self.outcome is Outcome.PARKED and self.reason is Reason.REFUSED_BY_SHIPSTATION

    def rest(self, outbound: Outbound) -> Outbound:
        """The same reading, but for what has left in earlier orders."""
        content = outbound.content
        if content is None or not (self.former or any(item.delivered != 0 for item in content.items)):
            return outbound
        try:
            return outbound.reduced_to(left_after(content, [parcel.goods for parcel in self.former]))
        except UncertainError as uncertain:
            reason = Reason.HELD_IN_IFS if content.held else Reason.ORDER_IMMUTABLE
            return outbound.spoilt(Problem(reason=reason, field=f"line {uncertain.line_key}"))

    def holds(self, line_key: str) -> int:
        """Pieces of a line that stand in its orders, as far as is known. An earlier version kept the lines alone."""
        goods = self.packed or dict.fromkeys(self.lines if self.may_stand and not self.is_cancelled else (), 1)
        return goods.get(line_key, 0) + sum(parcel.goods.get(line_key, 0) for parcel in self.former)

    def has_heard(self, outbound: Outbound) -> bool:
        """Whether this is what was dealt with. What a run has left half done was not, unless there is no doing it."""
        is_done = not self.trying or outbound.problem is not None
        return is_done and outbound.wish == self.wish and self._asked_after(outbound) == self.asked

    def about_to_make(self, outbound: Outbound, content: OrderContent, at: datetime, audit_key: str) -> PushedOrder:
        """Saved before the order is made: who finds it so looks for the order first."""
        update = {
            "trying": digests(texts(content)),
            "packed": goods_of(content),
            "trying_address": loose_address(content.ship_to),
            "audit_key": audit_key,
            "number": content.number,
            "pushed_at": at,
            "is_open": True,
            "is_held_over": False,
            "read_at": outbound.read_at,
        }
        return self.model_copy(update=update)

    def recalled(
        self, content: OrderContent, written: Digests, made_at: datetime, *, loose_address: str, is_cancelled: bool
    ) -> PushedOrder:
        """As the audit tells of an order that the ledger has lost: it is looked for, and not made a second time."""
        update = {
            "asked": written,
            "written": written,
            "packed": goods_of(content),
            "loose_address": loose_address,
            "number": content.number,
            "pushed_at": made_at,
            "is_cancelled": is_cancelled,
            "trying": {} if is_cancelled else {RECALLED: ""},
        }
        return self.model_copy(update=update)

    def about_to_change(
        self, outbound: Outbound, fields: Iterable[OrderField], audit_key: str, current: CurrentOrder | None
    ) -> PushedOrder:
        """Saved before the order is changed: who finds it so knows these values for ours."""
        content = outbound.content
        update = {
            "trying": {field: outbound.asked[field] for field in fields} if content else {CANCELLING: ""},
            "packed": {**self.packed, **(goods_of(content) if content and "items" in fields else {})},
            "trying_address": loose_address(content.ship_to) if content else "",
            "audit_key": audit_key,
            "is_open": True,
            "is_held_over": "held" in fields and current is not None and current.is_held_to_a_day,
            "read_at": outbound.read_at,
        }
        return self.model_copy(update=update)

    def asked_for_by(self, cause: Cause) -> PushedOrder:
        """Whoever finds afterwards what a run has written tells who asked for it."""
        return self.model_copy(update={"tried_for": cause})

    def ours_of(self, tried: Digests) -> Digests:
        """What of a write is ours afterwards: a hold that took the place of the warehouse's own is not."""
        return {field: digest for field, digest in tried.items() if field != "held" or not self.is_held_over}

    def arrived(self) -> PushedOrder:
        """What a run was about to write stands in ShipStation."""
        tried = {field: digest for field, digest in self.trying.items() if field != CANCELLING}
        update = {
            "asked": {**self.asked, **tried},
            "written": {**self.written, **self.ours_of(tried)},
            "loose_address": self.trying_address if "ship_to" in tried else self.loose_address,
            "is_cancelled": self.is_cancelled or CANCELLING in self.trying,
            "trying": {},
        }
        return self.model_copy(update=update)

    def cancelled(self) -> PushedOrder:
        """As IFS asked; opened again, it is another order."""
        return self.model_copy(update={"is_cancelled": True, "packed": {}})

    def reopened(self) -> PushedOrder:
        """Its former order is cancelled for good."""
        update: dict[str, Any] = {
            "generation": self.generation + 1,
            "order_id": None,
            "is_cancelled": False,
            "trying": {},
            "written": {},
            "packed": {},
            "loose_address": "",
        }
        return self.model_copy(update=update)

    def followed(self, current: CurrentOrder) -> PushedOrder:
        """Its order has left; what is not in it becomes another one."""
        parcel = Parcel(generation=self.generation, order_id=current.order_id, goods=current.goods)
        return self.reopened().after(parcel)

    def after(self, parcel: Parcel) -> PushedOrder:
        """One more of its orders has left."""
        return self.model_copy(update={"former": (*self.former, parcel)})

    def calling(self, reason: Reason) -> PushedOrder:
        """A person is told."""
        return self.model_copy(update={"attention": reason})

    def seen_to(self) -> PushedOrder:
        """By a person: it calls nobody until something else is said of it."""
        return self.model_copy(update={"attention": None})

    def as_it_was(self, parcel: Parcel) -> PushedOrder:
        """One of its earlier orders."""
        return self.model_copy(update={"generation": parcel.generation, "order_id": parcel.order_id})

    def packing(self, goods: Goods) -> PushedOrder:
        """What its order holds of ours. A shipment's lines never meet another order."""
        return self.model_copy(update={"packed": dict(goods)}) if self.key.order_no else self

    def found(self, order_id: int | None) -> PushedOrder:
        return self.model_copy(update={"order_id": order_id})

    def holding(self, written: Digests, loose_address: str) -> PushedOrder:
        """What ShipStation holds of ours."""
        return self.model_copy(update={"written": written, "loose_address": loose_address})

    def showing(self, outbound: Outbound) -> PushedOrder:
        """What would be written. What was dealt with before stays as it is."""
        return self.model_copy(
            update={
                "shadowed": outbound.shown,
                "read_at": outbound.read_at,
                "outcome": Outcome.WOULD_WRITE,
                "reason": None,
                "field": "",
                "attention": None,
                "next_attempt_at": None,
                "since": None,
            }
        )

    def carried(self, plan_id: str, outcome: Outcome | None, reason: Reason | None, *, at: datetime) -> PushedOrder:
        """A plan's order has ended."""
        end = PlanEnd(plan_id=plan_id, at=at, outcome=outcome, reason=reason)
        return self.model_copy(update={"plans": (*self.plans, end)[-PLANS_KEPT:]})

    def is_outdated(self, plan_id: str | None) -> bool:
        """The plan had shown otherwise what would have been written of it: nothing was."""
        return any(end.plan_id == plan_id and end.outcome is None for end in self.plans)

    def refused_under(self, file: str) -> PushedOrder:
        """Another file is another try."""
        return self.model_copy(update={"file": file})

    def closed(self) -> PushedOrder:
        """It is not read again."""
        return self.model_copy(update={"is_open": False, "next_attempt_at": None})

    def opened(self) -> PushedOrder:
        """It is read again."""
        return self.model_copy(update={"is_open": True})

    def saved(self) -> PushedOrder:
        """As the ledger holds it now."""
        return self.model_copy(update={"revision": self.revision + 1})

    def ended(
        self,
        outbound: Outbound,
        outcome: Outcome,
        reason: Reason | None = None,
        field: str = "",
        *,
        is_waiting: bool = False,
    ) -> PushedOrder:
        """Dealt with, until IFS says something else. A reason calls for a person, unless the order only waits. With a
        problem nobody has looked what became of `trying`.
        """
        update = {
            "wish": outbound.wish,
            "asked": self._asked_after(outbound),
            "lines": self._lines_after(outbound),
            "read_at": outbound.read_at,
            "trying": self.trying if outbound.problem else {},
            "shadowed": {},
            "is_open": True,
            "outcome": outcome,
            "reason": reason,
            "field": field,
            "attention": None if is_waiting else reason,
            "next_attempt_at": None,
            "since": None,
        }
        return self.model_copy(update=update)

    def delayed(
        self, outbound: Outbound, reason: Reason, *, now: datetime, until: datetime, attention: Reason | None
    ) -> PushedOrder:
        """`trying` stays: the order may have been written."""
        update = {
            "read_at": outbound.read_at,
            "is_open": True,
            "outcome": Outcome.RETRY,
            "reason": reason,
            "field": "",
            "attention": attention,
            "next_attempt_at": until,
            "since": self.since or now,
        }
        return self.model_copy(update=update)

    def _lines_after(self, outbound: Outbound) -> tuple[str, ...]:
        """A shipment's are never missed: they come and go in IFS."""
        if outbound.content is None or not self.key.order_no:
            return self.lines
        return tuple(item.line_key for item in outbound.content.items)

    def _asked_after(self, outbound: Outbound) -> Digests:
        """What makes no order for a while keeps what it said before: the warehouse's edits are told by it."""
        if outbound.content is not None:
            return outbound.asked
        return {**{name: said for name, said in self.asked.items() if name != PROBLEM}, **outbound.asked}


class CurrentOrder(Frozen):
    """A ShipStation order as it stands. `body` is ShipStation's own, for the whole-object update that is its only one.
    `is_verified`: ShipStation's check has rewritten the address.
    """

    order_id: int
    order_key: str
    status: str
    is_split: bool
    is_verified: bool
    fields: dict[OrderField, str]
    loose_address: str
    body: dict[str, Any]

    @property
    def is_held_to_a_day(self) -> bool:
        """By the warehouse; then it awaits shipment again by itself."""
        return self.fields.get("held", "") not in {"", HELD}

    def as_part(self, *, is_split: bool) -> CurrentOrder:
        """As the other orders under its key tell."""
        return self.model_copy(update={"is_split": is_split})

    @property
    def goods(self) -> dict[str, int]:
        """Pieces by line of ours."""
        return pieces(self.fields["items"])


class Upserted(Frozen):
    """What ShipStation made of one order of a bulk update. `order_id` None: it refused."""

    order_key: str
    order_id: int | None
