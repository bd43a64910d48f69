"""What was made of an IFS shipment, or of a part of a customer order, in ShipStation, and why it waits: the story of an
order before it has a label.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Protocol

from functions.flows.operations.attention import told
from functions.model.advice import ADVICE
from functions.model.answer import SILENT
from functions.model.frozen import Frozen
from functions.model.outbound import Wish
from functions.model.outcomes import SENTENCES, Outcome, Reason
from functions.model.pushed_order import PlanEnd, PushedOrder
from functions.model.shipment import ConnectionName


class Pushes(Protocol):
    def numbered(self, connection: ConnectionName, numbers: Collection[str]) -> Sequence[PushedOrder]:
        """What bears one of these numbers of IFS: shipments, or customer orders with all parts that are open."""

    def asking(self, connection: ConnectionName, numbers: Collection[str]) -> Sequence[PushedOrder]:
        """Of these, what asks for a person."""


class PushedStory(Frozen):
    """`shipment` or `order` and `part` say what it is in IFS. `wish` is what IFS asked for last (`pack`, `cancel`, or
    `clear`: nothing is left of it), `fields` what we wrote of the order, `goods` its pieces by line. `pushed_at` is
    when the order was made, `read_at` when IFS was last read. `plans`: what came of it as one of theirs.
    """

    shipment: str | None
    order: str | None
    part: str
    told: str
    wish: Wish
    shipstation_order_id: int | None
    pushed_at: datetime | None
    read_at: datetime | None
    fields: tuple[str, ...]
    goods: dict[str, int]
    outcome: Outcome | None
    reason: Reason | None
    field: str
    means: str
    do: str
    attention: Reason | None
    since: datetime | None
    next_attempt_at: datetime | None
    plans: Annotated[tuple[PlanEnd, ...], SILENT] = ()


def pushed_story(pushed: PushedOrder) -> PushedStory:
    reason = pushed.attention or pushed.reason
    return PushedStory(
        shipment=pushed.key.shipment_id or None,
        order=pushed.key.order_no or None,
        part=pushed.key.group,
        told=f"{_told(pushed)}{_next(pushed)}{_planned(pushed)}",
        wish=pushed.wish,
        shipstation_order_id=pushed.order_id,
        pushed_at=pushed.pushed_at,
        read_at=pushed.read_at,
        fields=tuple(pushed.written),
        goods=pushed.packed,
        outcome=pushed.outcome,
        reason=reason,
        field=pushed.field,
        means=told(SENTENCES, reason),
        do=told(ADVICE, reason),
        attention=pushed.attention,
        since=pushed.since,
        next_attempt_at=pushed.next_attempt_at,
        plans=pushed.plans,
    )


def _told(pushed: PushedOrder) -> str:
    if pushed.is_cancelled:
        return f"ShipStation order {pushed.order_id} was cancelled, as IFS asked."
    if pushed.order_id is not None:
        return f"It was pushed as ShipStation order {pushed.order_id}."
    if pushed.may_exist:
        return "It was being made in ShipStation; the next look tells what became of it."
    if pushed.outcome is Outcome.WOULD_WRITE:
        return "It is not in ShipStation: it would be pushed."
    return "It is not in ShipStation."


def _next(pushed: PushedOrder) -> str:
    at = pushed.next_attempt_at
    return f" It is tried again at {at:%Y-%m-%d %H:%M} UTC." if at else ""


def _planned(pushed: PushedOrder) -> str:
    last = pushed.plans[-1] if pushed.plans else None
    if last is None:
        return ""
    how = (
        f"was outdated at {last.at:%Y-%m-%d %H:%M} UTC and wrote nothing"
        if last.outcome is None
        else f"ended: {last.outcome}"
    )
    return f" Plan {last.plan_id} {how}."
