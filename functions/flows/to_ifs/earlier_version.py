"""Takes over what an earlier version remembered: by order and by shared record there, by record here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget
from functions.flows.to_ifs.audit_trail import Audit
from functions.flows.to_ifs.desired import contribution
from functions.flows.to_ifs.proposal import OrderCase
from functions.model.audit import EarlierAuditEntry
from functions.model.earlier import EarlierField, EarlierRecord, EarlierShared
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import FieldMemory, OrderContribution, RecordMemory
from functions.model.records import FieldName, Record, RecordKey
from functions.model.same_value import same
from functions.model.shipment import ConnectionName, Shipment, ShipmentKey
from functions.model.state import OrderState, Placing, ShipmentState

STATE = "state"


class SharedRecords(Protocol):
    def load(self, connection: ConnectionName, target: str) -> EarlierShared | None:
        """None where no orders shared it."""


def placed_again(state: OrderState, view: Connection) -> OrderState:
    """Where its shipments went, as records are named now. Pointed elsewhere, it stays unread."""
    known = state.earlier
    if known is None or not known.placed or known.fingerprint != view.delivery_place:
        return state
    places = {target.profile: view.ifs.place_of(target) for target in view.ifs.targets}
    moved: dict[ShipmentKey, ShipmentState] = {}
    for key, target in known.placed.items():
        profile, _, record = target.partition("/")
        each = state.shipments.get(key)
        if each is not None and profile in places and profile != "custom_entity":  # a row is named by its shipment
            placing = Placing(key=RecordKey(place=places[profile], id=record), by="goods")
            moved[key] = each.ended(each.outcome, each.reason, placing=placing, choices=each.choices)
    return state.with_shipments(moved).with_earlier(known.without_places(moved)) if moved else state


def taken_over(state: OrderState, records: Iterable[Record], view: Connection) -> OrderState:
    """Those records' memory stands under the records now. What was remembered of other targets stays unread."""
    if state.earlier is None or state.earlier.fingerprint != view.delivery_place:
        return state
    return state.with_earlier(state.earlier.without_targets(record.earlier_key for record in records))


@dataclass(frozen=True)
class Earlier:
    """`now` is a UTC clock."""

    shared: SharedRecords
    audit: Audit
    now: Callable[[], datetime]

    def added(self, memory: RecordMemory, record: Record, case: OrderCase) -> RecordMemory:
        """The record's memory with what this order knew of it, and what orders that shared it knew."""
        view = case.connection
        target = view.ifs.target_of(record.key.place)
        if target is None or not record.exists:
            return memory
        known = case.state.earlier
        own = known.targets.get(record.earlier_key) if known and known.fingerprint == view.delivery_place else None
        memory = _merged(memory, own, record, target) if own else memory
        if memory.revision or target.shared != "join":
            return memory
        shared = self.shared.load(memory.connection, record.earlier_key)
        return _joined(memory, shared, record, view, target) if shared else memory

    def claimed(
        self, memory: RecordMemory, record: Record, unknown: Mapping[str, str], case: OrderCase
    ) -> RecordMemory:
        """What an earlier version wrote and did not come to record: its intent is enough, unless IFS refused it."""
        target = case.connection.ifs.target_of(record.key.place)
        if target is None or not _explains(case, unknown):
            return memory
        claimed: dict[str, FieldMemory] = {}
        for entry in self.audit.earlier_story(case.state.key, self._days(case.state)):
            if entry.target != record.earlier_key:
                continue
            standing = _standing(entry, unknown, target)
            if entry.kind == "intent":
                claimed |= standing
            elif entry.outcome is Outcome.PARKED or entry.reason is Reason.CONFLICTS:
                claimed = {attribute: field for attribute, field in claimed.items() if attribute not in standing}
        return memory.remembering(claimed)

    def _days(self, state: OrderState) -> list[date]:
        today = self.now().date()
        known = state.earlier.audit_days if state.earlier else ()
        return sorted({*known, today, today - timedelta(days=1)})


def _standing(entry: EarlierAuditEntry, unknown: Mapping[str, str], target: AnyTarget) -> dict[str, FieldMemory]:
    """By attribute, what the entry changed as it stands in IFS now."""
    attributes = {str(name): rule.attribute for name, rule in target.rules.items()}
    named = {attributes[n]: (n, change) for n, change in entry.changes.items() if n in attributes}
    return {
        attribute: FieldMemory(outcome=Outcome.WRITTEN).claiming(name, change)
        for attribute, (name, change) in named.items()
        if attribute in unknown and same(FieldName(name), unknown[attribute], change.after)
    }


def _explains(case: OrderCase, unknown: Mapping[str, str]) -> bool:
    """Only what our own parcels explain can be ours; where it is, the other fields are asked for too."""
    numbers = [s.tracking_number for s in case.state.in_scope if s.tracking_number]
    return any(number in value for number in numbers for value in unknown.values())


def _merged(memory: RecordMemory, earlier: EarlierRecord, record: Record, target: AnyTarget) -> RecordMemory:
    """Where two differ, the one whose value stands wins."""
    taken: dict[str, FieldMemory] = {}
    for text, field in earlier.fields.items():
        if field.touched and text == STATE:
            taken[STATE] = memory.fields.get(STATE, _called(field))
        elif field.touched and FieldName(text) in target.rules:
            name = FieldName(text)
            attribute = target.rules[name].attribute
            mine = memory.fields.get(attribute)
            stands = same(name, record.values.get(name), field.intended)
            if mine is None or mine.tried is None or (stands and not same(name, mine.ours, field.intended)):
                taken[attribute] = _field(field)
    return memory.remembering(taken)


def _called(field: EarlierField) -> FieldMemory:
    """A state action whose answer was lost is asked about, whatever lost it."""
    reason = Reason.OUTCOME_UNKNOWN if field.outcome is Outcome.RETRY else field.reason
    return FieldMemory(outcome=field.outcome, reason=reason)


def _field(field: EarlierField) -> FieldMemory:
    """What IFS accepted and did not store is nobody's claim."""
    return FieldMemory(
        outcome=field.outcome,
        reason=field.reason,
        ours=None if field.reason is Reason.NOT_STORED else field.intended,
        theirs=field.original,
        tried=field.intended,
    )


def _joined(
    memory: RecordMemory, shared: EarlierShared, record: Record, view: Connection, target: AnyTarget
) -> RecordMemory:
    for shipments in shared.contributions.values():
        own = [contribution(shipment, record, view, target) for shipment in shipments if not _is_withdrawn(shipment)]
        if own:
            order = shipments[0].order_key
            mine = OrderContribution(company=order.company, reference=order.reference, shipments=tuple(own))
            memory = memory.entered(mine)
    return _merged(memory, shared.memory, record, target)


def _is_withdrawn(shipment: Shipment) -> bool:
    return shipment.voided_at is not None and shipment.voided_at == shipment.read_at
