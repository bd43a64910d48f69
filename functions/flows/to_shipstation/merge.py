"""What to do with one ShipStation order, from what IFS says now, what we made of it before, and how it stands.

Field by field, as a merge of three:

    IFS says what it said when we last dealt with it     the order's value stands, whoever put it there
    the order holds what we wrote                        IFS's new value is written
    both have moved                                      the warehouse's value is kept, and a person is told
    IFS blocks the order                                 it is held, however the warehouse holds it

ShipStation knows no condition on a write: an edit between our reading and our write is lost, as between any two users.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from functions.flows.to_shipstation.wave import is_told_of, left_over
from functions.model.outbound import (
    CANCELLING,
    LATEST_GENERATION,
    Digests,
    OrderContent,
    OrderField,
    Wish,
    digests,
    loose_address,
    texts,
)
from functions.model.outcomes import Reason
from functions.model.pushed_order import CurrentOrder, PushedOrder
from functions.model.text import digest

OPEN = {"awaiting_payment", "awaiting_shipment", "on_hold"}
ON_THE_LABEL: tuple[OrderField, ...] = ("ship_to", "items")  # what a shipped order can be wrong about
BEFORE_THE_LABEL: tuple[OrderField, ...] = (*ON_THE_LABEL, "held")

Kind = Literal["create", "follow", "update", "cancel", "agree", "leave"]


@dataclass(frozen=True)
class Decision:
    """`fields` are those to write, `kept` those that the warehouse changed and IFS too. `follow`: the order has left,
    and what is not in it becomes another one. `agree`: nothing is to be done; `leave`: something is, and the order may
    not be touched.
    """

    kind: Kind
    fields: tuple[OrderField, ...] = ()
    kept: tuple[OrderField, ...] = ()


def caught_up(pushed: PushedOrder, current: CurrentOrder) -> PushedOrder:
    """With what a run that died, or was not answered, has written after all, and with what ShipStation's address check
    made of ours: the next write sends that back, and leaves it unchecked for a while.
    """
    found = pushed.found(current.order_id)
    after = found.arrived() if has_arrived(pushed, current) else found
    if not _is_rewritten(current, after.loose_address):
        return after
    written = {**after.written, "ship_to": digest(current.fields["ship_to"])}
    return after.holding(written, after.loose_address)


def has_arrived(pushed: PushedOrder, current: CurrentOrder) -> bool:
    """A write stands there whole or not at all: one field that the warehouse has left alone tells."""
    if CANCELLING in pushed.trying:
        return current.status == "cancelled"
    theirs = digests(current.fields)
    is_there = any(theirs.get(field) == tried for field, tried in _telling(pushed).items())
    return is_there or ("ship_to" in pushed.trying and _is_rewritten(current, pushed.trying_address))


def _telling(pushed: PushedOrder) -> Digests:
    """Anybody may have held it."""
    return {field: tried for field, tried in pushed.trying.items() if field != "held"} or pushed.trying


def is_typed_over(pushed: PushedOrder, current: CurrentOrder) -> bool:
    """Whether nothing tells if a change arrived: each of its fields holds neither that nor what we left there."""
    is_change = bool(pushed.trying) and CANCELLING not in pushed.trying and not pushed.may_exist
    fields = [field for field in current.fields if field in _telling(pushed)] if is_change else []
    left = any(_is_ours(field, pushed, current) for field in fields)
    return bool(fields) and not left and not has_arrived(pushed, current)


def decide(content: OrderContent, pushed: PushedOrder, current: CurrentOrder | None) -> Decision:
    """For a consignment that is to be packed."""
    is_over = pushed.is_cancelled and (current is None or current.status == "cancelled")
    if is_over:
        return Decision("create" if pushed.generation < LATEST_GENERATION else "leave")
    if pushed.order_id is None and current is None:
        return Decision("create")
    if current is None:
        return Decision("leave")
    merged = _merge(content, pushed, current)
    is_open = current.status in OPEN
    return merged if is_open and not current.is_split else _untouched(merged, content, pushed, current)


def _untouched(merged: Decision, content: OrderContent, pushed: PushedOrder, current: CurrentOrder) -> Decision:
    """Of an order that takes no change: whether another one follows, or a person has to hear of what cannot follow."""
    differing = {*merged.fields, *merged.kept} & {*(BEFORE_THE_LABEL if current.status in OPEN else ON_THE_LABEL)}
    differing -= {"ship_to"} if _goes_there(content, current) else set()
    if pushed.key.order_no and current.status == "shipped":
        return _shipped(differing, content, pushed, current)
    return Decision("leave" if differing or current.status == "cancelled" else "agree")


def _shipped(
    differing: AbstractSet[OrderField], content: OrderContent, pushed: PushedOrder, current: CurrentOrder
) -> Decision:
    """A parcel of a customer order: what is not in it becomes another order, once nobody asks where the parcel went."""
    left = left_over(content, pushed, current)
    unsettled = differing - ({"ship_to"} if is_told_of(content, current) else set())
    if left is not None and not left.items:
        unsettled -= {"items"}
    elif left is not None and "ship_to" not in unsettled and _is_followed(content, pushed, current):
        return Decision("follow")
    return Decision("leave" if unsettled else "agree")


def _is_followed(content: OrderContent, pushed: PushedOrder, current: CurrentOrder) -> bool:
    """The parts of an order that was split, or of several that were combined, are the warehouse's. While a person is
    asked where a parcel went, nothing follows it.
    """
    is_asked = pushed.reason is Reason.ORDER_IMMUTABLE
    is_answered = not is_asked or is_told_of(content, current) or _goes_there(content, current)
    return is_answered and not current.is_split and pushed.generation < LATEST_GENERATION


def is_unanswered(content: OrderContent | None, pushed: PushedOrder, current: CurrentOrder | None) -> bool:
    """A question to a person stays until the order holds what IFS says: another change in IFS answers nothing."""
    if content is None or current is None or pushed.reason is not Reason.ORDER_IMMUTABLE:
        return False
    if current.status in OPEN and not current.is_split:
        return False
    left = left_over(content, pushed, current)
    is_whole = left is not None and not left.items
    return not (is_whole and (is_told_of(content, current) or _goes_there(content, current)))


def _goes_there(content: OrderContent, current: CurrentOrder) -> bool:
    is_alike = current.is_verified and current.loose_address == loose_address(content.ship_to)
    return is_alike or texts(content)["ship_to"] == current.fields["ship_to"]


def decide_to_cancel(pushed: PushedOrder, current: CurrentOrder | None, wish: Wish = "cancel") -> Decision:
    """An order that is not shown was never made, or deleted, or combined into another that will be packed: a person has
    to see to the latter.
    """
    if current is None:
        return Decision("leave" if pushed.order_id is not None else "agree")
    return _decide_to_cancel(current, wish)


def _decide_to_cancel(current: CurrentOrder, wish: Wish) -> Decision:
    if current.status == "cancelled" and current.is_split:
        return Decision("leave")  # of the other parts it says nothing
    if current.status == "cancelled" or (wish == "clear" and current.status == "shipped"):
        return Decision("agree")
    return Decision("cancel" if current.status in OPEN and not current.is_split else "leave")


def is_as_left(content: OrderContent | None, pushed: PushedOrder, current: CurrentOrder) -> bool:
    """Whether what IFS changes stands in the order as we left it: lists lag, and may show what is no longer so."""
    wanted = digests(texts(content)) if content else {}
    changed = [field for field in current.fields if field in wanted and wanted[field] != pushed.asked.get(field)]
    return all(_is_ours(field, pushed, current) for field in changed)


def _merge(content: OrderContent, pushed: PushedOrder, current: CurrentOrder) -> Decision:
    changed = list(_changed(digests(texts(content)), pushed, current))
    is_blocked = bool(content.held)  # a hold of the warehouse's ends at its day, and what IFS blocks would be packed
    ours = tuple(f for f in changed if _is_ours(f, pushed, current) or (f == "held" and is_blocked))
    kept = tuple(field for field in changed if field not in ours)
    return Decision("update" if ours else "agree", ours, kept)


def _changed(wanted: Digests, pushed: PushedOrder, current: CurrentOrder) -> Iterator[OrderField]:
    """Where IFS says otherwise than before, and than the order."""
    theirs = digests(current.fields)
    for field in current.fields:
        is_said = field in wanted and not _is_another_s(field, pushed, current)
        if is_said and wanted[field] not in {theirs[field], pushed.asked.get(field)}:
            yield field


def _is_another_s(field: OrderField, pushed: PushedOrder, current: CurrentOrder) -> bool:
    """Of what IFS says for the first time, the file having named it since: what stands there already."""
    return field not in pushed.asked and bool(current.fields[field])


def _is_ours(field: OrderField, pushed: PushedOrder, current: CurrentOrder) -> bool:
    """It holds what we wrote, or what ShipStation's address check made of that; or nothing, and we never wrote it."""
    if digest(current.fields[field]) == pushed.written.get(field, digest("")):
        return True
    return field == "ship_to" and _is_rewritten(current, pushed.loose_address)


def _is_rewritten(current: CurrentOrder, address: str) -> bool:
    return current.is_verified and current.loose_address == address


def written_after(content: OrderContent, pushed: PushedOrder, fields: tuple[OrderField, ...]) -> Digests:
    """What ShipStation holds of ours once `fields` are written."""
    wanted = digests(texts(content))
    return {**pushed.written, **pushed.ours_of({field: wanted[field] for field in fields})}


def loose_after(content: OrderContent, pushed: PushedOrder, fields: tuple[OrderField, ...]) -> str:
    return loose_address(content.ship_to) if "ship_to" in fields else pushed.loose_address
