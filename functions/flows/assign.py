"""Decides which IFS record each shipment of an order belongs to. Remembered, sticky, and never a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import Shipment, ShipmentKey
from functions.model.targets import Candidate

Goods = Counter[str]


class Assignment(Frozen):
    """`targets` names a record key per shipment; `unplaced` says why the others have none."""

    targets: dict[ShipmentKey, str]
    unplaced: dict[ShipmentKey, Reason]


def assign(
    shipments: Sequence[Shipment],
    candidates: Sequence[Candidate],
    remembered: Mapping[ShipmentKey, str],
    reference: str,
) -> Assignment:
    """`shipments` are those that concern us, oldest first. A voided one keeps its record and never gets a new one."""
    usable = {c.record.key: c for c in candidates if not c.record.is_cancelled}
    kept = {s.key: remembered[s.key] for s in shipments if remembered.get(s.key) in usable}
    open_ones = [s for s in shipments if not s.is_voided and s.key not in kept]
    placed, unplaced = _place(open_ones, usable, _left(usable, kept, shipments, reference))
    targets = {**kept, **placed}
    shared = {key: Reason.SHARED_TARGET for key, target in targets.items() if _is_shared(usable[target])}
    return Assignment(
        targets={key: target for key, target in targets.items() if key not in shared},
        unplaced={**unplaced, **shared},
    )


def _place(
    shipments: Sequence[Shipment], usable: Mapping[str, Candidate], left: dict[str, Goods]
) -> tuple[dict[ShipmentKey, str], dict[ShipmentKey, Reason]]:
    if not usable:
        return {}, {s.key: Reason.NOT_IN_IFS_YET for s in shipments}
    if len(usable) == 1:
        (only,) = usable
        return {s.key: only for s in shipments}, {}
    placed = _place_by_goods(shipments, left)
    return placed, {s.key: Reason.AMBIGUOUS_TARGET for s in shipments if s.key not in placed}


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
    usable: Mapping[str, Candidate],
    kept: Mapping[ShipmentKey, str],
    shipments: Iterable[Shipment],
    reference: str,
) -> dict[str, Goods]:
    left = {key: _carried(candidate, reference) for key, candidate in usable.items()}
    for shipment in shipments:
        if shipment.key in kept and not shipment.is_voided:
            left[kept[shipment.key]] -= _goods(shipment)
    return left


def _goods(shipment: Shipment) -> Goods:
    goods: Goods = Counter()
    for item in shipment.items:
        goods[item.sku.casefold()] += item.quantity
    return goods


def _carried(candidate: Candidate, reference: str) -> Goods:
    goods: Goods = Counter()
    for line in candidate.lines:
        if line.order_reference == reference:
            goods[line.part.casefold()] += line.quantity
    return goods


def _is_shared(candidate: Candidate) -> bool:
    return len({line.order_reference for line in candidate.lines}) > 1
