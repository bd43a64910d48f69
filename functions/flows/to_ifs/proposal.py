"""What would be written for a batch of orders, record by record. Delivery writes it, a dry run shows it, a pilot writes
one order's; nobody else works it out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget
from functions.errors import ConnectorError
from functions.flows.to_ifs.desired import contribution
from functions.flows.to_ifs.overwrite_field import written_over
from functions.flows.to_ifs.ownership import UNSEEN, Decision, decide, shown
from functions.flows.to_ifs.place import Placement, place
from functions.flows.to_ifs.revert_field import given_back
from functions.model.audit import FieldChange
from functions.model.outcomes import Reason
from functions.model.record_memory import OrderContribution, RecordMemory
from functions.model.records import Candidate, FieldName, Record, RecordKey, are_others
from functions.model.shipment import OrderKey, ShipmentKey
from functions.model.state import OrderState, Placing

Entries = Mapping[OrderKey, OrderContribution]


@dataclass(frozen=True)
class Remembered:
    """One record's memory as the ledger holds it, and with what else was found out. `is_open`: nobody can know yet how
    its last write ends.
    """

    stored: RecordMemory
    known: RecordMemory
    is_open: bool = False


@dataclass(frozen=True)
class AsPlanned:
    """What the orders of a person's plan place on a record, as long as its memory is the one that the plan saw."""

    revision: int | None = None
    entries: Entries = field(default_factory=dict)

    def on(self, stored: RecordMemory) -> Entries:
        # Whoever wrote since has taken the plan's other orders into account, or made them untrue.
        return self.entries if self.revision == stored.revision else {}


Memories = Mapping[RecordKey, Remembered]
Planned = Mapping[RecordKey, AsPlanned]
Sites = Mapping[int, str]


@dataclass(frozen=True)
class OrderCase:
    """One order as it is looked at: the connection as its store sees it, what is known, what IFS showed. `sites` are
    those of ShipStation's warehouses, by number. `hindrance` is why nothing can be decided for it now, `fault` what IFS
    said then.
    """

    connection: Connection
    state: OrderState
    candidates: Sequence[Candidate] = ()
    sites: Sites = field(default_factory=dict)
    hindrance: Reason | None = None
    retries_parked: bool = True
    is_replay: bool = False
    fault: ConnectorError | None = None

    @property
    def is_writing(self) -> bool:
        return self.connection.mode == "write"

    def forgiven(self, never_written: Collection[RecordKey]) -> OrderCase:
        """Without what it owes to records that it named and that nothing was ever sent to."""
        if self.hindrance is not None or not set(self.state.debts).intersection(never_written):
            return self
        return replace(self, state=self.state.without_debts(never_written))

    def placed(self) -> Placement:
        """Where each shipment in scope belongs."""
        if self.hindrance is not None:
            return Placement(placed={})
        remembered = {**self._earlier_rows(), **self.state.placings}
        return place(self.state.in_scope, self.candidates, remembered, self.connection.is_ours, self.sites)

    def _earlier_rows(self) -> dict[ShipmentKey, Placing]:
        """An earlier version named a row by its shipment alone."""
        known = self.state.earlier
        # Names of rows in another place mean other rows.
        if known is None or known.fingerprint != self.connection.delivery_place:
            return {}
        return {
            shipment: Placing(key=candidate.record.key, by="named")
            for candidate in self.candidates
            for shipment in candidate.named_by
            if candidate.record.exists and known.placed.get(shipment) == candidate.record.earlier_key
        }


@dataclass(frozen=True)
class RecordProposal:
    """One record as it should be: `stored` is its memory as loaded, `known` that with what else was found out, `memory`
    that with the orders' `entries` in it, and with what a plan's other orders place there. `takes_over`: an order
    brings what an earlier version remembered. `view` is the connection as the store of the record's first contribution
    sees it. `carried` are the orders that the record's lines are of. `is_open`: nobody can know yet how its last write
    ends. `planned`, where a person's plan is carried out, are the only changes that may be made; `giving_back` is what
    a revert puts back, `overwrite` the fields that are written over a person's value: then nothing else is decided.
    `plan_id` names the plan. `is_replay`: a person asks for it.
    """

    record: Record
    stored: RecordMemory
    known: RecordMemory
    entries: Entries
    as_planned: AsPlanned
    view: Connection
    target: AnyTarget
    carried: Collection[str] = ()
    is_open: bool = False
    is_writing: bool = True
    retries_parked: bool = True
    is_replay: bool = False
    takes_over: bool = False
    planned: Mapping[str, FieldChange] | None = None
    giving_back: Mapping[str, FieldChange] | None = None
    overwrite: Collection[str] | None = None
    plan_id: str | None = None
    memory: RecordMemory = field(init=False)

    def __post_init__(self) -> None:
        memory = self.known
        # The plan's first, the batch's own after them: what an order says now is newer than what the plan saw.
        for entry in self.as_planned.on(self.stored).values():
            memory = memory.entered(entry)
        for order, entry in self.entries.items():
            memory = memory.entered(entry).heard(order)
        # Worked out once: every question about the record has to see the same memory.
        object.__setattr__(self, "memory", memory)

    def rebased(self, record: Record, stored: RecordMemory, known: RecordMemory) -> RecordProposal:
        """The same on a newer reading and a newer memory, whose last write is known to have ended."""
        return replace(self, record=record, stored=stored, known=known, is_open=False)

    def only_shown(self) -> RecordProposal:
        return replace(self, is_writing=False)

    def carrying_out(self, planned: Mapping[str, FieldChange] | None, plan_id: str | None = None) -> RecordProposal:
        """Once: what comes again of a plan that was carried out here is no new wish, and nothing that has come since is
        held to it. What was outdated stays so.
        """
        # A message that comes twice would otherwise write over what a person typed after the first.
        is_again = plan_id in self.stored.plans
        left = None if is_again and not self.stored.is_outdated else planned
        return replace(self, planned=left, plan_id=plan_id, is_replay=self.is_replay and not is_again)

    def reverting(self, changes: Mapping[str, FieldChange], plan_id: str) -> RecordProposal:
        return replace(self._as_remembered(), giving_back=changes, plan_id=plan_id)

    def overwriting(
        self, names: Collection[str], planned: Mapping[str, FieldChange] | None = None, plan_id: str | None = None
    ) -> RecordProposal:
        """Once, as a plan. `planned` is what it showed; None while it is drawn."""
        # A message that comes twice would otherwise write over what a person typed after the first.
        left = () if plan_id in self.stored.plans else names
        return replace(self._as_remembered(), overwrite=left, planned=planned, plan_id=plan_id)

    def _as_remembered(self) -> RecordProposal:
        """What the orders would place there anew is another look's."""
        orders = {each.order(self.stored.connection): each for each in self.known.contributions}
        entries = {order: each for order, each in orders.items() if order in self.entries}
        return replace(self, entries=entries, as_planned=AsPlanned())

    @property
    def is_of_its_plan_alone(self) -> bool:
        return self.giving_back is not None or self.overwrite is not None

    @property
    def hindrance(self) -> Reason | None:
        """Why nothing is written now, whatever would be right."""
        if self.is_open and self.stored.intent is not None:
            return self.stored.intent.reason_to_wait(self.entries)
        return self.rests or missing(self.record, self.memory)

    @property
    def rests(self) -> Reason | None:
        """A person paused the record's site."""
        return Reason.PAUSED if self.view.pause_at(self.record.site) else None

    @property
    def brings_news(self) -> bool:
        """What its orders place there is not what stands in the ledger."""
        return self.memory.contributions != self.stored.contributions

    @property
    def is_shared(self) -> bool:
        """Several orders stand on it, and the file does not say that it is written for all of them together. Whoever
        looks, the answer is the same.
        """
        # By the memory, not by the batch: else the answer would depend on which order looks.
        return self.target.shared != "join" and (self.carries_others or len(self.memory.live_orders) > 1)

    @property
    def carries_others(self) -> bool:
        """Lines of other orders than those that stand on it. Where none of ours does, what is ours only leaves."""
        return bool(self.memory.contributions) and are_others(self.carried, self.memory.ifs_orders)

    def decisions(self, record: Record, memory: RecordMemory) -> dict[FieldName, Decision]:
        if self.giving_back is not None:
            return given_back(record, memory, self.target, self.giving_back)
        if self.is_shared:
            return {name: _parked(memory, self.target.rules[name].attribute) for name in self.target.rules}
        if self.overwrite is not None:
            return written_over(record, memory, self.target, self.overwrite, self.planned)
        # What came while nothing could be decided is new here, however long ago the order heard of it.
        is_new = self.retries_parked or self.brings_news
        return decide(record, memory, self.target, retries_parked=is_new, is_replay=self.is_replay)

    @property
    def changes(self) -> dict[str, FieldChange]:
        """What a delivery would write now, by field."""
        if self.hindrance is not None:
            return {}
        decisions = self.decisions(self.record, self.memory)
        return shown(self.record, decisions, decisions, self.target)


@dataclass(frozen=True)
class Proposal:
    """`touching` are the records that each order stands on or leaves, `unfinished` those that IFS hides or cancelled
    and whose last write may not have ended. `shows` are the proposals of orders in shadow mode, which nobody writes.
    """

    cases: Sequence[OrderCase]
    placements: Mapping[OrderKey, Placement]
    records: Mapping[RecordKey, RecordProposal]
    shows: Mapping[tuple[OrderKey, RecordKey], RecordProposal]
    touching: Mapping[OrderKey, Sequence[RecordKey]]
    unfinished: Mapping[OrderKey, Sequence[RecordMemory]]

    @property
    def every(self) -> list[RecordProposal]:
        """Those that are written and those that are only shown."""
        return [*self.records.values(), *self.shows.values()]

    def of(self, order: OrderKey) -> list[RecordProposal]:
        """Everything that concerns the order, written or shown."""
        found = (self.records.get(key) or self.shows.get((order, key)) for key in self.touching.get(order, ()))
        return [proposal for proposal in found if proposal is not None]


def propose(
    cases: Sequence[OrderCase],
    placements: Mapping[OrderKey, Placement],
    memories: Memories,
    connection: Connection,
    planned: Planned | None = None,
) -> Proposal:
    """All orders are placed before any record is decided. `memories` are those of every record that was shown;
    `planned` what else a person's plan was decided from.
    """
    # An order is also concerned by a record that it leaves: what it wrote there has to go.
    touching = {case.state.key: _touched(case, placements[case.state.key], memories) for case in cases}
    writing = [case for case in cases if case.is_writing]
    records = {
        key: _proposed(own, placements, memories[key], connection, (planned or {}).get(key, AsPlanned()))
        for key, own in _by_record(writing, touching).items()
    }
    # Each by itself: what is only shown must not become what another order's write builds on.
    shows = {
        (case.state.key, key): _proposed([case], placements, memories[key], connection, AsPlanned()).only_shown()
        for case in cases
        if not case.is_writing
        for key in touching[case.state.key]
    }
    unfinished = {case.state.key: _unfinished(case, memories) for case in cases}
    return Proposal(cases, placements, records, shows, touching, unfinished)


def _by_record(
    cases: Iterable[OrderCase], touching: Mapping[OrderKey, Sequence[RecordKey]]
) -> dict[RecordKey, list[OrderCase]]:
    found: dict[RecordKey, list[OrderCase]] = {}
    for case in cases:
        for key in touching[case.state.key]:
            found.setdefault(key, []).append(case)
    return found


def missing(record: Record, memory: RecordMemory) -> Reason | None:
    """A row that was made once and that IFS does not show is hidden or deleted, and no second one is made. One that was
    emptied since is missed where something is to stand there again.
    """
    is_filled, is_known = memory.holds_ours, memory.was_seen and memory.live_orders
    return Reason.NOT_IN_IFS_YET if (is_filled or is_known) and not record.exists else None


def _touched(case: OrderCase, placement: Placement, memories: Memories) -> list[RecordKey]:
    """Where its shipments belong, and where something of the order stands that belongs there no more. Only records that
    were shown and that may be written: what IFS hides or cancelled, or the file excludes by now, keeps what it has.
    """
    seen = _writable(case)
    placed = [placing.key for key, placing in placement.placed.items() if key not in placement.unseen]
    # Sorted: what is written first must not depend on the order of a mapping.
    left = [key for key in seen if key in memories and _concerns(memories[key].known, case)]
    return [key for key in dict.fromkeys((*placed, *sorted(left, key=str))) if key in seen]


def _writable(case: OrderCase) -> set[RecordKey]:
    view = case.connection
    records = (candidate.record for candidate in case.candidates if not candidate.record.is_cancelled)
    return {r.key for r in records if view.ifs.target_of(r.key.place) is not None and view.is_ours(r)}


def _unfinished(case: OrderCase, memories: Memories) -> list[RecordMemory]:
    if case.hindrance is not None:
        return []
    seen = {candidate.record.key for candidate in case.candidates if not candidate.record.is_cancelled}
    hidden = [memories[key].stored for key in case.state.remembered if key in memories and key not in seen]
    return [memory for memory in hidden if memory.intent is not None]


def _concerns(memory: RecordMemory, case: OrderCase) -> bool:
    """The order stood there and is not known to be gone, something of it stands there, or it has not heard of a
    change.
    """
    key = case.state.key
    return memory.key in case.state.remembered or bool(memory.of(key)) or key in memory.unheard


def _proposed(
    cases: Sequence[OrderCase],
    placements: Mapping[OrderKey, Placement],
    memory: Remembered,
    connection: Connection,
    planned: AsPlanned,
) -> RecordProposal:
    key, first_view = memory.stored.key, cases[0].connection
    candidate = _candidate(cases[0], key)
    entries = {case.state.key: _entry(case, placements[case.state.key], _candidate(case, key)) for case in cases}
    target = _target(first_view, key)
    first = RecordProposal(candidate.record, memory.stored, memory.known, entries, planned, first_view, target)
    # Whoever looks, a record is judged by one store's rules; by the looker's own they would change with every look.
    view = view_of(memory.stored, connection, first_view)
    return replace(
        first,
        view=view,
        target=_target(view, key),
        carried=candidate.carried,
        is_open=memory.is_open,
        retries_parked=any(case.retries_parked for case in cases),
        is_replay=any(case.is_replay for case in cases),
        takes_over=any(case.state.earlier is not None for case in cases),
    )


def _target(view: Connection, key: RecordKey) -> AnyTarget:
    target = view.ifs.target_of(key.place)
    if target is None:
        raise AssertionError("only records of the file's places are touched")
    return target


def _candidate(case: OrderCase, key: RecordKey) -> Candidate:
    return next(c for c in case.candidates if c.record.key == key)


def _entry(case: OrderCase, placement: Placement, candidate: Candidate) -> OrderContribution:
    """What the order places on the record, as its own store maps it."""
    order, record = case.state.key, candidate.record
    target = _target(case.connection, record.key)
    here = set(placement.on(record.key))
    shipments = (shipment for shipment in case.state.in_scope if shipment.key in here)
    return OrderContribution(
        company=order.company,
        reference=order.reference,
        shipments=tuple(contribution(shipment, record, case.connection, target) for shipment in shipments),
        # Where the reference is the order number, as for most, nothing more is stored.
        orders=() if candidate.orders == (order.reference,) else tuple(sorted(candidate.orders)),
        explaining=tuple(sorted(case.state.explaining)),
    )


def view_of(stored: RecordMemory, connection: Connection, looking: Connection) -> Connection:
    """A record is read, decided and written under the rules of the store of its first contribution: another store may
    call other attributes by the same names. `looking` is the view of whoever looks, where no store that knows the
    record's place contributed yet.
    """
    if not stored.contributions:
        return looking
    stores = (shipment.store_id for shipment in stored.contributions[0].shipments)
    view = connection.at_store(next((store for store in stores if store is not None), None))
    return looking if view.ifs.target_of(stored.key.place) is None else view


def _parked(memory: RecordMemory, attribute: str) -> Decision:
    past = memory.fields.get(attribute, UNSEEN)
    return Decision(write=False, memory=past.set_aside(Reason.SHARED_TARGET))
