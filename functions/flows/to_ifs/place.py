"""Decides which IFS record each shipment of an order belongs to. Sticky; certain or not at all.

A record takes a shipment because it was named, because its lines hold the goods, or because it is the only record of
the only order behind the reference and nothing contradicts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from functions.model.outcomes import Reason
from functions.model.records import Candidate, Record, RecordKey
from functions.model.shipment import Shipment, ShipmentKey
from functions.model.state import Placing

Goods = Counter[str]
Placings = dict[ShipmentKey, Placing]


@dataclass(frozen=True)
class Placement:
    """`placed` includes shipments that stay with a record which IFS does not show now: those are in `unseen`.
    `unplaced` says why the others have none, `choices` which records a person has to choose from, or may again.
    """

    placed: Mapping[ShipmentKey, Placing]
    unplaced: Mapping[ShipmentKey, Reason] = field(default_factory=dict)
    choices: Mapping[ShipmentKey, tuple[str, ...]] = field(default_factory=dict)
    unseen: frozenset[ShipmentKey] = frozenset()

    @property
    def records(self) -> set[RecordKey]:
        return {placing.key for placing in self.placed.values()}

    def on(self, record: RecordKey) -> list[ShipmentKey]:
        return [key for key, placing in self.placed.items() if placing.key == record]


def place(
    shipments: Sequence[Shipment],
    candidates: Sequence[Candidate],
    remembered: Mapping[ShipmentKey, Placing],
    is_ours: Callable[[Record], bool] = lambda _: True,
    sites: Mapping[int, str] | None = None,
) -> Placement:
    """`shipments` are the order's in scope, oldest first. A voided one keeps its record and never gets a new one.
    `is_ours` says whether a record is of the company and sites we may write to; `sites` which site a warehouse of
    ShipStation's is.
    """
    return _Case(shipments, candidates, remembered, is_ours, sites or {}).decided()


class _Case:
    """One order: the records it may go to, and what is known of its shipments."""

    def __init__(
        self,
        shipments: Sequence[Shipment],
        candidates: Sequence[Candidate],
        remembered: Mapping[ShipmentKey, Placing],
        is_ours: Callable[[Record], bool],
        sites: Mapping[int, str],
    ) -> None:
        self.shipments, self.remembered, self.sites = shipments, remembered, sites
        self.seen = {c.record.key: c for c in candidates if not c.record.is_cancelled}
        self.usable = {key: c for key, c in self.seen.items() if is_ours(c.record)}
        self.own = {key: c for key, c in self.usable.items() if c.is_own}
        # A cancelled record takes nothing, and yet IFS shows it: what was placed there is not merely out of sight.
        self.shown = {c.record.key for c in candidates}
        self.bare = {c.record.key for c in candidates if c.is_bare}

    def decided(self) -> Placement:
        live = [s for s in self.shipments if not s.is_voided]
        # From the most certain to the least: what a person or the shipment itself says, what stood, goods, the only
        # record.
        named, torn = self._named(live)
        sure = {**self._kept(named), **named}
        torn = {key: why for key, why in torn.items() if key not in sure}  # a person has chosen
        waiting = _without(live, {**sure, **torn})
        found = self._by_record_or_goods(waiting, sure)
        hidden = self._hidden({**sure, **found})
        left = _without(waiting, {**found, **hidden})
        unplaced = {**torn, **{s.key: self._why_not(s) for s in left}}
        return Placement(
            placed={**sure, **found, **hidden},
            unplaced=unplaced,
            choices={**self._choices(unplaced), **self._other_choices({**sure, **hidden})},
            unseen=frozenset(hidden),
        )

    def _is_passed_over(self, shipment: ShipmentKey, record: RecordKey) -> bool:
        """While what a person chose is not shown, goods do not say what he has denied; nothing else is asked then."""
        chosen = self.remembered.get(shipment)
        return chosen is not None and chosen.key not in self.shown and record.id in chosen.instead_of

    def _kept(self, named: Placings) -> Placings:
        return {s.key: self.remembered[s.key] for s in _without(self.shipments, named) if self._stays(s)}

    def _hidden(self, placed: Placings) -> Placings:
        """What is placed nowhere else stays with a record that IFS does not show, or, unless it is taken back, of whose
        lines it shows none.
        """
        left = [s for s in _without(self.shipments, placed) if s.key in self.remembered]
        return {s.key: self.remembered[s.key] for s in left if self._is_out_of_sight(s)}

    def _is_out_of_sight(self, shipment: Shipment) -> bool:
        record = self.remembered[shipment.key].key
        return record not in self.shown or (record in self.bare and not shipment.is_voided)

    def _named(self, live: Iterable[Shipment]) -> tuple[Placings, dict[ShipmentKey, Reason]]:
        """A shipment that names its record goes there and nowhere else, also where the record is not ours."""
        placed: Placings = {}
        torn: dict[ShipmentKey, Reason] = {}
        for shipment in live:
            # Among all that IFS shows, not only among ours: one that names another company's record must not go
            # anywhere else.
            naming = [key for key, candidate in self.seen.items() if shipment.key in candidate.named_by]
            ours = [key for key in naming if key in self.usable]
            if len(ours) == 1:
                placed[shipment.key] = Placing(key=ours[0], by="named")
            elif naming:
                torn[shipment.key] = Reason.AMBIGUOUS_TARGET if ours else Reason.WRONG_COMPANY
        return placed, torn

    def _stays(self, shipment: Shipment) -> bool:
        """Where it was placed by its name or its goods, while the record is still the order's and nothing says that the
        goods are elsewhere; where a person put it, whatever the goods say. The only record there was is judged anew;
        what is taken back stays where it was written.
        """
        placing = self.remembered.get(shipment.key)
        candidate = self.usable.get(placing.key) if placing else None
        if placing is None or candidate is None:
            return False
        is_theirs = candidate.is_own or shipment.key in candidate.named_by
        # A voided label is taken back where it was written, whatever its goods would say today.
        if shipment.is_voided or placing.by == "person":
            return is_theirs
        return is_theirs and placing.by != "only" and not self._is_elsewhere(shipment, placing.key)

    def _by_record_or_goods(self, waiting: Sequence[Shipment], sure: Placings) -> Placings:
        only = self._only_record()
        if only is not None:
            fitting = [s for s in waiting if not self._contradicts(s, only)]
            return {s.key: Placing(key=only, by="only") for s in fitting}
        left = self._left(sure)
        found = {key: Placing(key=record, by="goods") for key, record in self._by_goods(waiting, left).items()}
        return {**found, **self._by_site(_without(waiting, found))}

    def _by_goods(self, shipments: Sequence[Shipment], left: dict[RecordKey, Goods]) -> dict[ShipmentKey, RecordKey]:
        """Place what fits exactly one record, take its goods off, and look again until nothing more is certain."""
        placed: dict[ShipmentKey, RecordKey] = {}
        waiting = list(shipments)
        # Goods that one parcel takes off a record may leave only one that the next parcel fits.
        while certain := next(((s, key) for s in waiting if (key := self._only_fit(s, left))), None):
            shipment, key = certain
            placed[shipment.key] = key
            left[key] -= _goods(shipment)
            waiting.remove(shipment)
        return placed

    def _only_fit(self, shipment: Shipment, left: Mapping[RecordKey, Goods]) -> RecordKey | None:
        goods = _goods(shipment)
        # A parcel without goods would fit every record.
        roomy = [key for key, rest in left.items() if goods and goods <= rest]
        fitting = [key for key in roomy if not self._is_passed_over(shipment.key, key)]
        # Where several have room, the one that holds exactly this is meant.
        exact = [key for key in fitting if left[key] == goods]
        return next((keys[0] for keys in (fitting, exact) if len(keys) == 1), None)

    def _by_site(self, waiting: Sequence[Shipment]) -> Placings:
        """Where the goods tell several records apart by nothing, the warehouse that the label leaves from may."""
        # The record that is not shown may be the one at that very site.
        if self._hides_another():
            return {}
        at_site = {s.key: self._at_site(s) for s in waiting}
        return {key: Placing(key=records[0], by="site") for key, records in at_site.items() if len(records) == 1}

    def _at_site(self, shipment: Shipment) -> list[RecordKey]:
        """The order's records at the site of the shipment's warehouse, but for those that its goods speak against."""
        site = self.sites.get(shipment.warehouse_id) if shipment.warehouse_id is not None else None
        own = [key for key, candidate in self.own.items() if site and candidate.record.site == site]
        return [key for key in own if not self._contradicts(shipment, key)]

    def _only_record(self) -> RecordKey | None:
        """The only record of the only order; one that is remembered and not shown may still be there."""
        keys = list(self.own)
        if len(keys) != 1 or len(self.own[keys[0]].orders) != 1 or self._hides_another():
            return None
        return keys[0]

    def _hides_another(self) -> bool:
        return any(placing.key not in self.shown for placing in self.remembered.values())

    def _contradicts(self, shipment: Shipment, record: RecordKey) -> bool:
        """None of its goods is there, while another parcel of the order has its own there, or another record holds
        them. Goods that no record holds, and quantities, contradict nothing.
        """
        skus, there = _skus(shipment), _parts(self.own[record])
        if not skus or not there or skus & there:
            return False
        others = (_skus(other) for other in self.shipments if other.key != shipment.key)
        return any(other & there for other in others) or self._is_elsewhere(shipment, record)

    def _is_elsewhere(self, shipment: Shipment, record: RecordKey) -> bool:
        """Another record of the order holds its goods, and this one holds none of them."""
        skus = _skus(shipment)
        own = self.seen[record]
        if not skus or not own.lines or skus & _parts(own):
            return False
        return any(skus & _parts(c) for key, c in self.seen.items() if key != record)

    def _left(self, sure: Placings) -> dict[RecordKey, Goods]:
        left = {key: _carried(candidate) for key, candidate in self.own.items()}
        for shipment in self.shipments:
            placing = sure.get(shipment.key)
            # What a voided label held is still to be shipped.
            if placing is not None and placing.key in left and not shipment.is_voided:
                left[placing.key] -= _goods(shipment)
        return left

    def _why_not(self, shipment: Shipment) -> Reason:
        # The reason that a person can do something about goes first.
        if self.seen and not self.usable:
            return Reason.WRONG_COMPANY
        only = self._only_record()
        if not self.own or self._hides_another() or (only is not None and self._contradicts(shipment, only)):
            return Reason.NOT_IN_IFS_YET
        return Reason.AMBIGUOUS_TARGET

    def _choices(self, unplaced: Mapping[ShipmentKey, Reason]) -> dict[ShipmentKey, tuple[str, ...]]:
        return {key: self._records_for(key) for key, why in unplaced.items() if why is Reason.AMBIGUOUS_TARGET}

    def _other_choices(self, placed: Placings) -> dict[ShipmentKey, tuple[str, ...]]:
        """A person may choose again."""
        return {key: self._records_for(key, placing.key) for key, placing in placed.items() if placing.by == "person"}

    def _records_for(self, shipment: ShipmentKey, but: RecordKey | None = None) -> tuple[str, ...]:
        naming = [key for key, candidate in self.usable.items() if shipment in candidate.named_by]
        return tuple(sorted(key.id for key in (naming or self.own) if key != but))


def _without(shipments: Iterable[Shipment], placed: Container[ShipmentKey]) -> list[Shipment]:
    return [shipment for shipment in shipments if shipment.key not in placed]


def _goods(shipment: Shipment) -> Goods:
    goods: Goods = Counter()
    for item in shipment.items:
        # The two systems need not spell a part in the same case.
        goods[item.sku.casefold()] += item.quantity
    return goods


def _skus(shipment: Shipment) -> set[str]:
    return {item.sku.casefold() for item in shipment.items if item.sku}


def _carried(candidate: Candidate) -> Goods:
    goods: Goods = Counter()
    for line in candidate.lines:
        # Lines of other orders on a shared record say nothing about this order's parcels.
        if line.order_reference in candidate.orders:
            goods[line.part.casefold()] += line.quantity
    return goods


def _parts(candidate: Candidate) -> set[str]:
    return {line.part.casefold() for line in candidate.lines if line.order_reference in candidate.orders}
