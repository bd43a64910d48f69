"""A line that moves from one part of a customer order to another leaves the one before it joins the other: what stands
in an order that takes no change any more is not packed a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from functions.model.outbound import Outbound, OutboundItem, OutboundKey, Problem
from functions.model.outcomes import Reason
from functions.model.pushed_order import PushedOrder

Known = Mapping[OutboundKey, PushedOrder]


def parted(wanted: Sequence[Outbound], known: Known) -> list[Outbound]:
    """The same, but for those that want a line which another part of their order still holds."""
    siblings: dict[str, list[PushedOrder]] = {}
    for each in known.values():
        if each.key.order_no:
            siblings.setdefault(each.key.order_no, []).append(each)
    asked = {each.key: each for each in wanted}
    return [_parted(each, known.get(each.key), siblings.get(each.key.order_no, ()), asked) for each in wanted]


def _parted(
    wanted: Outbound, own: PushedOrder | None, siblings: Iterable[PushedOrder], asked: Mapping[OutboundKey, Outbound]
) -> Outbound:
    others = [each for each in siblings if each.key != wanted.key]
    held = next(_held(wanted, own, others), None)
    if held is None:
        return wanted
    line, holders = held
    is_passing = any(_will_hear(holder, asked.get(holder.key)) for holder in holders)
    return wanted.spoilt(Problem(reason=Reason.LINE_ELSEWHERE, field=f"line {line}", is_passing=is_passing))


def _held(
    wanted: Outbound, own: PushedOrder | None, others: Sequence[PushedOrder]
) -> Iterator[tuple[str, list[PushedOrder]]]:
    """Each line that others hold, and who."""
    for item in wanted.content.items if wanted.content else ():
        holders = [each for each in others if each.holds(item.line_key)]
        if holders and not (own and own.holds(item.line_key)) and not _is_past(item, holders):
            yield item.line_key, holders


def _is_past(item: OutboundItem, holders: Iterable[PushedOrder]) -> bool:
    """IFS has delivered what they took: the rest goes another way."""
    return item.delivered == sum(holder.holds(item.line_key) for holder in holders)


def _will_hear(holder: PushedOrder, asked: Outbound | None) -> bool:
    """It was not asked yet to let the line go, or ShipStation has not answered."""
    return asked is not None and (holder.next_attempt_at is not None or not holder.has_heard(holder.rest(asked)))
