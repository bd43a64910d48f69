"""Deliberate breakages of how a record is decided, written and remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.connections.connection import Connection
from functions.flows.operations import revert
from functions.flows.to_ifs import (
    admission,
    circuit_breaker,
    deliver,
    desired,
    ended_write,
    examine,
    lookup,
    order_outcome,
    ownership,
    place,
    proposal,
    record_session,
    record_write,
    release,
    revert_field,
    state_action,
    watch,
)
from functions.flows.to_ifs import revert as deliver_or_revert
from functions.handlers import consume
from functions.ifs.targets import custom_entity, shipment_header
from functions.ledger import orders
from functions.ledger import records as record_store
from functions.ledger.items import to_item
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import FieldMemory, OpenIntent, RecordMemory
from functions.model.records import FieldName
from functions.model.shipment import Shipment
from functions.model.state import OrderState, Placing
from tests.simulation.patching import patch


def _ignore_voids() -> None:
    patch(Shipment, "is_voided", property(lambda self: False))
    patch(proposal, "contribution", _alive(desired.contribution))


def _alive(inner: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: inner(*arguments).model_copy(update={"voided_at": None})


def _blind_retry() -> None:
    def after(self: Any, attempt: Any, key: str, fault: Any) -> None:
        answer = self.tools.ifs.write(self.tools.ifs.reread(attempt.before), attempt.changes)
        self._accepted(attempt, key, answer)

    patch(record_write.RecordWrite, "_after_lost_answer", after)


def _write_before_go_live() -> None:
    patch(admission, "skip_reason", lambda shipment, connection, admission: shipment.skip)


def _clear_what_is_not_ours() -> None:
    def take_back(case: Any) -> Any:
        return case.write(None, None) if case.current else case.leave(Outcome.UNCHANGED, None)

    patch(ownership, "_take_back", take_back)


def _forget_the_intent() -> None:
    def intend(self: Any, kind: Any, changes: Any) -> str:
        self.is_writing = True
        return str(self.tools.audit.new_key(self.tools.now()))

    patch(record_session.RecordSession, "intend", intend)


def _overwrite_people() -> None:
    patch(ownership, "_by_policy", lambda case: case.write(case.want.value, case.want.reason))


def _write_in_shadow() -> None:
    patch(proposal.OrderCase, "is_writing", property(lambda self: True))


def _guess_the_record() -> None:
    def guess(shipments: Any, candidates: Any, remembered: Any, is_ours: Any) -> Any:
        first = next((c.record.key for c in candidates), None)
        if first is None:
            return place.Placement({}, {s.key: Reason.NOT_IN_IFS_YET for s in shipments})
        return place.Placement({s.key: Placing(key=first, by="only") for s in shipments})

    patch(proposal, "place", guess)


def _ignore_sharing() -> None:
    patch(proposal.RecordProposal, "is_shared", property(lambda self: False))


def _never_look_again() -> None:
    patch(release, "SHARE_FOR_NEW", 1.0)
    inner = deliver_or_revert.carry_out
    patch(
        consume, "carry_out", lambda batch, delivery: inner([m for m in batch if m.cause.kind != "release"], delivery)
    )


def _one_parcel_an_order() -> None:
    tracking = desired.FIELDS[FieldName.TRACKING]
    patch(desired, "FIELDS", {**desired.FIELDS, FieldName.TRACKING: lambda live, target: tracking(live[-1:], target)})


def _older_wins() -> None:
    patch(admission, "newer", lambda known, arriving: known)


def _every_store() -> None:
    patch(admission, "skip_reason", lambda shipment, connection, admission=None: shipment.skip)


def _one_mode_for_all_stores() -> None:
    patch(examine, "store_view", lambda state, connection: connection)


def _every_site() -> None:
    patch(Connection, "is_ours", lambda self, record: True)


def _one_target_for_all_stores() -> None:
    at_store = Connection.at_store

    def at(self: Any, store: Any) -> Any:
        view = at_store(self, store)
        return view.model_copy(update={"ifs": view.ifs.model_copy(update={"targets": self.ifs.targets})})

    patch(Connection, "at_store", at)


def _ignore_named_records() -> None:
    patch(shipment_header.ShipmentHeaders, "_named", lambda self, sought: {})


def _refused_as_a_whole() -> None:
    patch(ended_write, "FIELDS_OWN_FAULTS", set())


def _date_before_delivery() -> None:
    patch(ownership, "_must_wait", lambda case: False)


def _no_probe() -> None:
    refusal = circuit_breaker.Breaker.refusal

    def deaf(self: Any, *, is_probe: bool = False) -> Any:
        return refusal(self)

    patch(circuit_breaker.Breaker, "refusal", deaf)


def _rows_without_looking() -> None:
    patch(custom_entity.CustomEntities, "_rows", lambda self, ids: iter(()))


def _alone_on_a_shared_record() -> None:
    entered = RecordMemory.entered

    def alone(self: Any, mine: Any) -> Any:
        order = mine.order(self.connection)
        own = tuple(each for each in self.contributions if each.order(self.connection) == order)
        return entered(self.model_copy(update={"contributions": own}), mine)

    patch(RecordMemory, "entered", alone)


def _memory_per_order() -> None:
    """As if every order had an item of its own for the record."""
    load = lookup.Lookup.remembered

    def own(self: Any, cases: Any, placements: Any, asked_at: Any) -> Any:
        cases, memories = load(self, cases, placements, asked_at)
        orders_here = {case.state.key for case in cases}
        for key, both in memories.items():
            known = both.known
            if known.orders and not known.orders & orders_here:
                bare = known.model_copy(update={"contributions": (), "fields": {}})
                memories[key] = proposal.Remembered(both.stored, bare)
        return cases, memories

    patch(lookup.Lookup, "remembered", own)


def _keep_what_has_left() -> None:
    entered = RecordMemory.entered

    def kept(self: Any, mine: Any) -> Any:
        stays = mine.shipments or self.of(mine.order(self.connection))
        return entered(self, mine.model_copy(update={"shipments": stays}))

    patch(RecordMemory, "entered", kept)


def _forget_debts() -> None:
    with_records = OrderState.with_records
    patch(OrderState, "with_records", lambda self, records, debts, past: with_records(self, records, (), past))
    patch(deliver, "_announce", lambda key, concerned, delivery: None)
    patch(OrderState, "remembered", property(lambda self: ()))


def _ignore_the_lease() -> None:
    patch(OpenIntent, "is_held", lambda self, now: False)
    patch(record_store.RecordStore, "save", _unconditional)


def _unconditional(self: Any, memory: Any) -> bool:
    body = memory.stored().model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    keys = {"pk": record_store._partition(memory.connection, memory.key), "sk": record_store.MEMORY}
    return bool(self._table.put(to_item({**body, **keys})))


def _never_ask_the_audit() -> None:
    patch(lookup, "explained", lambda memory, record, target, audit: (memory, {}))
    patch(record_session, "explained", lambda memory, record, target, audit: (memory, {}))
    patch(ended_write, "_is_ours", lambda entry, name, change, record: False)


def _tell_nobody() -> None:
    patch(deliver, "tell_neighbours", lambda told, looks, cause, queue: None)


def _theirs_is_what_we_wrote() -> None:
    write = ownership.FieldCase.write

    def confused(self: Any, value: Any, reason: Any, *, extends: bool = False) -> Any:
        decision = write(self, value, reason, extends=extends)
        memory = decision.memory.model_copy(update={"theirs": value or decision.memory.theirs})
        return ownership.Decision(write=True, memory=memory, value=value)

    patch(ownership.FieldCase, "write", confused)


def _deaf_for_writes() -> None:
    patch(record_session.RecordSession, "heard", lambda self, fault: None)


def _contradictions_ignored() -> None:
    patch(place._Case, "_contradicts", lambda self, shipment, record: False)
    patch(place._Case, "_is_elsewhere", lambda self, shipment, record: False)


def _orders_of_any_size() -> None:
    patch(orders.OrderStore, "is_too_large", lambda self, state: False)


def _action_again() -> None:
    patch(state_action, "_never_began", lambda past: True)


def _a_baseline_contributes() -> None:
    judged = admission._judged

    def let_in(shipment: Any, connection: Any, admitted_as: Any) -> Any:
        return judged(shipment, connection, "named" if admitted_as == "baseline" else admitted_as)

    patch(admission, "_judged", let_in)


def _off_waits() -> None:
    patch(order_outcome, "ENDS", {why: end for why, end in order_outcome.ENDS.items() if why is not Reason.MODE_OFF})


def _believe_every_answer() -> None:
    """What IFS says it did counts, not what can be read back."""
    patch(record_write._Try, "differing", lambda self, after: [])


def _watch_in_vain() -> None:
    patch(watch, "_moved", lambda *_: [])


def _a_revert_is_forgotten() -> None:
    given_back = FieldMemory.given_back
    patch(FieldMemory, "given_back", lambda self, value, shipments: given_back(self, value, ()))


def _a_revert_is_for_ever() -> None:
    patch(FieldMemory, "is_reverted_for", lambda self, live: bool(self.reverted))


def _take_back_what_changed_since() -> None:
    patch(revert_field, "stands", lambda name, past, current, change: True)
    patch(revert, "stands", lambda name, past, current, change: True)


WRITING_BREAKAGES: dict[str, Callable[[], None]] = {
    "ignore voids": _ignore_voids,
    "blind retry of a write": _blind_retry,
    "write before go-live": _write_before_go_live,
    "clear a field that is not ours": _clear_what_is_not_ours,
    "forget the intent": _forget_the_intent,
    "overwrite what a person typed": _overwrite_people,
    "write in shadow mode": _write_in_shadow,
    "guess among several records": _guess_the_record,
    "ignore that a record is shared": _ignore_sharing,
    "never look again": _never_look_again,
    "last parcel wins": _one_parcel_an_order,
    "the older reading wins": _older_wins,
    "every store is ours": _every_store,
    "one mode for all stores": _one_mode_for_all_stores,
    "records of every site are ours": _every_site,
    "one target for all stores": _one_target_for_all_stores,
    "ignore the record that an order names": _ignore_named_records,
    "one refused field refuses all": _refused_as_a_whole,
    "write the ship date before IFS delivers": _date_before_delivery,
    "no probe while the circuit is open": _no_probe,
    "make a row without looking for it": _rows_without_looking,
    "forget the other orders of a shared record": _alone_on_a_shared_record,
    "a memory for each order": _memory_per_order,
    "keep what has left a record": _keep_what_has_left,
    "forget what an order owes": _forget_debts,
    "ignore the lease": _ignore_the_lease,
    "never ask the audit": _never_ask_the_audit,
    "tell no other order": _tell_nobody,
    "theirs is what we wrote": _theirs_is_what_we_wrote,
    "a circuit that is deaf for writes": _deaf_for_writes,
    "goods contradict nothing": _contradictions_ignored,
    "orders of any size": _orders_of_any_size,
    "call a state action again": _action_again,
    "a baseline contributes": _a_baseline_contributes,
    "off waits": _off_waits,
    "believe every answer": _believe_every_answer,
    "watch deliveries in vain": _watch_in_vain,
    "a revert is forgotten": _a_revert_is_forgotten,
    "a revert is for ever": _a_revert_is_for_ever,
    "take back what changed since": _take_back_what_changed_since,
}
