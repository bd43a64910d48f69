"""Decides which IFS record each shipment of an order belongs to. Remembered, sticky, and never a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.records import Candidate, Record
from functions.model.shipment import Shipment, ShipmentKey

Goods = Counter[str]


class Assignment(Frozen):
    """`targets` names a record key per shipment; `unplaced` says why the others have none, `choices` which records a
    person has to choose from. `shared` are the targets that other orders are written to as well.
    """

    targets: dict[ShipmentKey, str]
    unplaced: dict[ShipmentKey, Reason]
    choices: dict[ShipmentKey, tuple[str, ...]] = Field(default_factory=dict)
    shared: tuple[str, ...] = ()


def assign(
    shipments: Sequence[Shipment],
    candidates: Sequence[Candidate],
    remembered: Mapping[ShipmentKey, str],
    is_ours: Callable[[Record], bool] = lambda _: True,
    joins: Callable[[str], bool] = lambda _: False,
) -> Assignment:
    """`shipments` are those that concern us, oldest first. A voided one keeps its record and never gets a new one.
    `is_ours` says whether a record is of the company and sites we may write to, `joins` whether one that carries other
    orders' lines is written for all of them.
    """
    standing = {c.record.key: c for c in candidates if not c.record.is_cancelled}
    usable = {key: candidate for key, candidate in standing.items() if is_ours(candidate.record)}
    missing = Reason.WRONG_COMPANY if standing and not usable else Reason.NOT_IN_IFS_YET
    kept = {s.key: remembered[s.key] for s in shipments if remembered.get(s.key) in usable}
    open_ones = [s for s in shipments if not s.is_voided and s.key not in kept]
    placed, unplaced = _place(open_ones, usable, _left(usable, kept, shipments), missing)
    targets = {**kept, **placed}
    together = {target for target in targets.values() if is_shared(usable[target])}
    shared = {key: Reason.SHARED_TARGET for key, target in targets.items() if target in together and not joins(target)}
    unplaced |= shared
    return Assignment(
        targets={key: target for key, target in targets.items() if key not in shared},
        unplaced=unplaced,
        shared=tuple(sorted(together - {targets[key] for key in shared})),
        choices={s.key: _choices(s, usable, targets) for s in shipments if unplaced.get(s.key) in A_PERSONS},
    )


A_PERSONS = {Reason.AMBIGUOUS_TARGET, Reason.SHARED_TARGET}


def _choices(
    shipment: Shipment, usable: Mapping[str, Candidate], targets: Mapping[ShipmentKey, str]
) -> tuple[str, ...]:
    if shipment.key in targets:
        return (targets[shipment.key],)
    naming = [key for key, candidate in usable.items() if shipment.key in candidate.named_by]
    return tuple(sorted(naming or usable))


def _place(
    shipments: Sequence[Shipment], usable: Mapping[str, Candidate], left: dict[str, Goods], missing: Reason
) -> tuple[dict[ShipmentKey, str], dict[ShipmentKey, Reason]]:
    """A shipment that names its record goes there and nowhere else; the others go by their order's lines."""
    named = {s.key: [key for key, c in usable.items() if s.key in c.named_by] for s in shipments}
    placed = {shipment: keys[0] for shipment, keys in named.items() if len(keys) == 1}
    unplaced = {shipment: Reason.AMBIGUOUS_TARGET for shipment, keys in named.items() if len(keys) > 1}
    unnamed = [s for s in shipments if not named[s.key]]
    for shipment in shipments:
        if placed.get(shipment.key) in left:
            left[placed[shipment.key]] -= _goods(shipment)
    anybodys = [key for key, candidate in usable.items() if candidate.orders]
    if len(anybodys) == 1:
        return {**placed, **{s.key: anybodys[0] for s in unnamed}}, unplaced
    by_goods = _place_by_goods(unnamed, left)
    why = Reason.AMBIGUOUS_TARGET if anybodys else missing
    return {**placed, **by_goods}, {**unplaced, **{s.key: why for s in unnamed if s.key not in by_goods}}


def _place_by_goods(shipments: Sequence[Shipment], left: dict[str, Goods]) -> dict[ShipmentKey, str]:
    """Place what fits exactly one record, take its goods off, and look again until nothing more is certain."""
    placed: dict[ShipmentKey, str] = {}
    waiting = list(shipments)
    while certain := next(((s, key) for s in waiting if (key := _only_fit(s, left))), None):
        shipment, key = certain
        placed[shipment.key] = key
        left[key] -= _goods(shipment)
        waiting.remove(shipment)
    return placed


def _only_fit(shipment: Shipment, left: Mapping[str, Goods]) -> str | None:
    goods = _goods(shipment)
    if not goods:
        return None
    fitting = [key for key, rest in left.items() if goods <= rest]
    exact = [key for key in fitting if left[key] == goods]
    for keys in (fitting, exact):
        if len(keys) == 1:
            return keys[0]
    return None


def _left(
    usable: Mapping[str, Candidate], kept: Mapping[ShipmentKey, str], shipments: Iterable[Shipment]
) -> dict[str, Goods]:
    left = {key: _carried(candidate) for key, candidate in usable.items() if candidate.orders}
    for shipment in shipments:
        if kept.get(shipment.key) in left and not shipment.is_voided:
            left[kept[shipment.key]] -= _goods(shipment)
    return left


def _goods(shipment: Shipment) -> Goods:
    goods: Goods = Counter()
    for item in shipment.items:
        goods[item.sku.casefold()] += item.quantity
    return goods


def _carried(candidate: Candidate) -> Goods:
    goods: Goods = Counter()
    for line in candidate.lines:
        if line.order_reference in candidate.orders:
            goods[line.part.casefold()] += line.quantity
    return goods


def is_shared(candidate: Candidate) -> bool:
    """One that was named by its id says nothing of whose it is: several orders' lines are then somebody else's too."""
    carried = {line.order_reference for line in candidate.lines}
    return bool(carried - set(candidate.orders)) if candidate.orders else len(carried) > 1
