"""An applied plan taken back: only what still stands there as it was written, and then a person's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import OutcomeUnknown, Permanent, Retryable
from functions.flows.operations.carry_out import ROUND, progress, send
from functions.flows.operations.carry_out import apply as carry_out_plan
from functions.flows.to_ifs.lookup import explained
from functions.flows.to_ifs.record_write import CONFLICT_ATTEMPTS
from functions.flows.to_ifs.revert import carry_out
from functions.model.audit import AuditEntry
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Asked, Plan
from functions.model.record_memory import LEASE, RecordMemory
from functions.model.records import Candidate, FieldName
from functions.model.selection import Selection
from functions.model.shipment import Item, Shipment
from functions.model.tenant import Circuit
from tests.equipment.builders import NOON, a_candidate, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.plans import a_replay, apply, draw_revert, draw_up

TRACKING, CARRIER = FieldName.TRACKING, FieldName.CARRIER
ORDER = a_shipment().order_key


class Desk:
    """An order whose forwarder was emptied by hand, and a plan that wrote it again."""

    def __init__(self, *shipments: Shipment, candidates: Sequence[Candidate] = (), **connection: Any) -> None:
        self.world = World(FakeIfs(*(candidates or [a_candidate()])), a_connection(**connection))
        self.deliver(*(work(shipment) for shipment in shipments or (a_shipment(),)))

    def deliver(self, *messages: Any) -> None:
        carry_out([*messages, *self.world.queue.take()], self.world.delivery)
        while waiting := self.world.queue.take():
            carry_out(waiting, self.world.delivery)

    def values(self, record: str = "42") -> tuple[str | None, str | None]:
        values = self.world.ifs.values(record)
        return values[TRACKING], values[CARRIER]

    def applied(self, orders: Sequence[str] = ("P1001",)) -> Plan:
        """A plan that was carried out."""
        replay = a_replay(self.world)
        plan = draw_up(replay, Selection(orders=tuple(orders)), plan_id="plan", by="kim", note="all of it")
        apply(replay, plan, "c-1")
        self.deliver()
        return plan

    def dry(self, plan: Plan) -> Plan:
        return draw_revert(a_replay(self.world), plan, plan_id="back", by="ann", note="too early")

    def carry_out(self, plan: Plan) -> None:
        apply(a_replay(self.world), plan, "c-2")
        self.deliver()

    def reverted(self, plan: Plan) -> Plan:
        back = self.dry(plan)
        self.carry_out(back)
        return back

    def fields(self) -> dict[str, tuple[Outcome, Reason | None]]:
        """Of those that the plan wrote."""
        fields = self.world.on().fields
        return {name: (each.outcome, each.reason) for name, each in fields.items() if name != "ship_date"}

    def last(self) -> AuditEntry:
        return self.world.audit.entries[-1]


def emptied() -> Desk:
    desk = Desk()
    desk.world.ifs.edit(tracking=None, carrier=None)
    return desk


def changes(plan: Plan) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    return {r.key.id: {name: each.values for name, each in r.changes.items()} for r in plan.records if r.changes}


def test_a_revert_is_shown_before_anything_is_written_and_puts_back_what_stood_there() -> None:
    desk = emptied()
    plan = desk.applied()
    assert desk.values() == ("1Z0001", "UPS")
    writes = len(desk.world.ifs.writes)
    back = desk.dry(plan)
    assert changes(back) == {"42": {"tracking": ("1Z0001", None), "carrier": ("UPS", None)}}
    assert len(desk.world.ifs.writes) == writes
    desk.carry_out(back)
    assert desk.values() == (None, None)


def test_a_revert_puts_nothing_into_an_attribute_that_its_plan_did_not_write() -> None:
    desk = Desk()
    desk.world.connection = a_connection(mode="shadow")
    desk.deliver(work(voided(a_shipment())))
    desk.world.connection = a_connection()
    back = desk.dry(desk.applied())
    assert changes(back) == {"42": {"tracking": (None, "1Z0001"), "carrier": (None, "UPS")}}
    targets = [{"profile": "shipment_header", "tracking": {"attribute": "OtherNo"}}]
    desk.world.connection = a_connection(ifs={**a_connection().ifs.model_dump(), "targets": targets})
    desk.carry_out(back)
    assert desk.values() == (None, "UPS")


def test_a_label_that_comes_after_a_revert_whose_run_died_is_written() -> None:
    def died() -> None:
        raise RuntimeError("killed")

    desk = emptied()
    back = desk.dry(desk.applied())
    apply(a_replay(desk.world), back, "c-2")
    desk.world.audit.before_put.append(died)
    carry_out(desk.world.queue.take(), desk.world.delivery)
    assert desk.values() == (None, None)
    desk.world.at += LEASE
    desk.deliver(work(a_shipment(2)))
    assert desk.values() == ("1Z0001, 1Z0002", "UPS")


def test_the_audit_says_who_took_back_which_plan_and_why() -> None:
    desk = emptied()
    desk.reverted(desk.applied())
    cause = desk.last().cause
    assert (cause.kind, cause.by, cause.note, cause.plan_id, cause.reverts) == (
        "revert",
        "ann",
        "too early",
        "back",
        "plan",
    )


def test_what_an_environment_wrote_whose_clock_is_behind_is_taken_back_too() -> None:
    desk = emptied()
    plan = desk.applied()
    entries = desk.world.audit.entries
    entries[-1] = entries[-1].model_copy(update={"at": entries[-1].at - timedelta(seconds=50)})
    desk.reverted(plan)
    assert desk.values() == (None, None)


def test_what_the_plan_did_not_write_is_not_told() -> None:
    desk = emptied()
    plan = desk.applied()
    desk.world.ifs.edit(tracking=None)
    desk.deliver(work(a_shipment(2)))
    entries = desk.world.audit.entries
    entries[-1] = entries[-1].model_copy(update={"changes": {"ship_date": entries[-1].changes["tracking"]}})
    (record,) = desk.dry(plan).records
    assert "ship_date" not in record.left


def test_what_was_taken_back_is_a_persons_and_no_look_writes_it_again() -> None:
    desk = emptied()
    desk.reverted(desk.applied())
    kept = (Outcome.KEPT, Reason.REVERTED)
    assert desk.fields() == {"tracking": kept, "carrier": kept}
    desk.deliver(again(ORDER))
    desk.deliver(work(voided(a_shipment())))
    assert desk.values() == (None, None)
    assert {outcome for outcome, _ in desk.fields().values()} == {Outcome.KEPT}


def test_the_shipment_says_that_it_was_taken_back() -> None:
    desk = emptied()
    desk.reverted(desk.applied())
    (shipment,) = desk.world.state().shipments.values()
    assert (shipment.outcome, shipment.reason) == (Outcome.KEPT, Reason.REVERTED)


def test_a_new_label_makes_it_ours_again() -> None:
    desk = emptied()
    desk.reverted(desk.applied())
    desk.deliver(work(a_shipment(2)))
    assert desk.values() == ("1Z0001, 1Z0002", "UPS")


def test_a_new_label_that_is_voided_leaves_what_a_person_decided() -> None:
    desk = emptied()
    desk.reverted(desk.applied())
    desk.world.ifs.edit(tracking="BY HAND", carrier="DHL")
    desk.deliver(work(a_shipment(2)))
    desk.deliver(work(voided(a_shipment(2))))
    assert desk.values() == ("BY HAND", "DHL")


def test_a_replay_makes_it_ours_again() -> None:
    desk = emptied()
    desk.reverted(desk.applied())
    replay = a_replay(desk.world)
    plan = draw_up(replay, Selection(orders=("P1001",)), plan_id="again", by="kim", note="after all")
    assert changes(plan) == {"42": {"tracking": (None, "1Z0001"), "carrier": (None, "UPS")}}
    apply(replay, plan, "c-3")
    desk.deliver()
    assert desk.values() == ("1Z0001", "UPS")
    desk.deliver(work(voided(a_shipment())))
    assert desk.values() == (None, None)


def test_a_value_of_ours_that_stood_there_before_the_plan_is_a_persons_after_its_revert() -> None:
    desk = Desk()
    desk.world.connection = a_connection(carriers={"ups": "UPS-NEW", "stamps_com": "USPS-NEW"})
    plan = desk.applied()
    assert desk.values() == ("1Z0001", "UPS-NEW")
    desk.reverted(plan)
    assert desk.values() == ("1Z0001", "UPS")
    desk.deliver(again(ORDER))
    desk.deliver(work(voided(a_shipment())))
    assert desk.values() == (None, "UPS")


def test_what_a_person_typed_since_is_left_and_told() -> None:
    desk = emptied()
    plan = desk.applied()
    desk.world.ifs.edit(carrier="DHL")
    back = desk.reverted(plan)
    assert changes(back) == {"42": {"tracking": ("1Z0001", None)}}
    (record,) = back.records
    assert record.left == {"carrier": Reason.TYPED_BY_A_PERSON}
    assert desk.values() == (None, "DHL")


def test_what_a_person_typed_after_the_dry_run_is_left() -> None:
    desk = emptied()
    back = desk.dry(desk.applied())
    desk.world.ifs.edit(carrier="DHL")
    desk.carry_out(back)
    assert desk.values() == (None, "DHL")


def test_what_a_delivery_wrote_since_is_left_and_told() -> None:
    desk = emptied()
    plan = desk.applied()
    desk.deliver(work(a_shipment(2)))
    back = desk.reverted(plan)
    (record,) = back.records
    assert record.left == {"tracking": Reason.REWRITTEN_SINCE}
    assert desk.values() == ("1Z0001, 1Z0002", None)


def test_a_record_whose_audit_cannot_be_read_is_left_and_told() -> None:
    desk = emptied()
    plan = desk.applied()
    held, last = desk.values(), desk.last()
    odd = AuditEntry.unreadable(last.connection, last.record, "key", last.at, Reason.LEDGER_ITEM)
    desk.world.audit.entries.append(odd)
    back = desk.reverted(plan)
    (record,) = back.records
    assert (record.reason, desk.values()) == (Reason.LEDGER_ITEM, held)


@pytest.mark.parametrize("is_newer", [False, True])
def test_nobody_guesses_whose_a_value_is_past_an_entry_that_cannot_be_read(*, is_newer: bool) -> None:
    desk = Desk()
    audit, entry, record = desk.world.audit, desk.last(), desk.world.ifs.record()
    odd = AuditEntry.unreadable(entry.connection, entry.record, "key", entry.at, Reason.LEDGER_VERSION)
    audit.entries.insert(len(audit.entries) if is_newer else 0, odd)
    target = desk.world.connection.ifs.targets[0]
    forgotten = RecordMemory(connection=entry.connection, key=entry.record)
    if is_newer:
        with pytest.raises(Permanent, match="ledger_version"):
            explained(forgotten, record, target, audit)
    else:
        memory, unknown = explained(forgotten, record, target, audit)
        assert (memory.fields["ProNo"].ours, unknown) == ("1Z0001", {})


def test_of_a_plan_that_wrote_nothing_nothing_is_taken_back() -> None:
    desk = emptied()
    replay = a_replay(desk.world)
    plan = draw_up(replay, Selection(orders=("P1001",)), plan_id="plan", by="kim", note="")
    desk.world.ifs.edit(tracking="BY HAND", carrier="DHL")
    apply(replay, plan, "c-1")
    desk.deliver()
    assert changes(desk.dry(plan)) == {}


def test_a_made_row_stays_and_is_emptied_and_no_second_one_is_made() -> None:
    row = Candidate(record=a_record("L1@P1001", exists=False), named_by=(a_shipment().key,), is_own=False)
    desk = Desk(candidates=[row], mode="shadow")
    desk.world.connection = a_connection()
    plan = desk.applied()
    assert desk.values("L1@P1001") == ("1Z0001", "UPS")
    desk.reverted(plan)
    assert (desk.world.ifs.record("L1@P1001").exists, desk.values("L1@P1001")) == (True, (None, None))
    desk.deliver(again(ORDER))
    assert desk.values("L1@P1001") == (None, None)
    desk.world.ifs.edit("L1@P1001", exists=False)
    desk.deliver(again(ORDER))
    assert not desk.world.ifs.record("L1@P1001").exists


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_revert_whose_answer_is_lost_ends_as_a_revert_whoever_finds_it(*, is_stored: bool) -> None:
    desk = emptied()
    back = desk.dry(desk.applied())
    desk.world.ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "lost"), is_stored))
    unreadable = Retryable(Reason.IFS_UNAVAILABLE, "503")
    desk.world.ifs.before_write.append(lambda: desk.world.ifs.read_faults.append(unreadable))
    apply(a_replay(desk.world), back, "c-2")
    carry_out(desk.world.queue.take(), desk.world.delivery)
    desk.world.at += LEASE
    desk.deliver(again(ORDER))
    assert desk.values() == ((None, None) if is_stored else ("1Z0001", "UPS"))
    if is_stored:
        assert (desk.last().cause.by, desk.last().cause.reverts) == ("ann", "plan")
        assert set(desk.fields().values()) == {(Outcome.KEPT, Reason.REVERTED)}


@pytest.mark.parametrize("what", ["search", "write", "conflicts"])
def test_what_could_not_be_taken_back_is_sent_again_until_it_is(what: str) -> None:
    desk = emptied()
    back = desk.dry(desk.applied())
    out, ifs = Retryable(Reason.IFS_UNAVAILABLE, "503"), desk.world.ifs
    ifs.find_faults += [out] if what == "search" else []
    ifs.write_faults += [(out, False)] if what == "write" else []
    ifs.before_write += [lambda: ifs.edit(note="again")] * CONFLICT_ATTEMPTS if what == "conflicts" else []
    desk.carry_out(back)
    (shipment,) = desk.world.state().shipments.values()
    assert shipment.outcome is Outcome.WRITTEN  # it stands there as before
    replay = a_replay(desk.world)
    head = replay.plans.head("back")
    assert head is not None
    assert (desk.values(), progress(replay, head).left) == (("1Z0001", "UPS"), 1)
    desk.world.at = head.due_at or desk.world.at
    head = desk_send(desk, head)
    assert (desk.values(), progress(replay, head).left) == ((None, None), 0)
    assert desk_send(desk, head).status == "applied"


def desk_send(desk: Desk, head: Plan) -> Plan:
    after = send(a_replay(desk.world), head, "c-4")
    desk.deliver()
    return after


def test_a_replay_whose_write_failed_makes_it_ours_all_the_same() -> None:
    desk = emptied()
    desk.reverted(desk.applied())
    replay = a_replay(desk.world)
    plan = draw_up(replay, Selection(orders=("P1001",)), plan_id="again", by="kim", note="after all")
    desk.world.ifs.write_faults.append((Retryable(Reason.IFS_UNAVAILABLE, "503"), False))
    apply(replay, plan, "c-3")
    desk.deliver()
    assert desk.values() == (None, None)
    desk.deliver(again(ORDER))
    assert desk.values() == ("1Z0001", "UPS")
    assert desk.world.state().asked_by is None


def test_a_second_copy_of_a_plans_order_does_not_undo_its_revert() -> None:
    desk = emptied()
    plan = desk.applied()
    desk.reverted(plan)
    desk.deliver(again(ORDER, "replay", by="kim", plan_id=plan.plan_id))
    assert desk.values() == (None, None)


def test_a_replay_that_still_waits_does_not_undo_a_later_revert() -> None:
    desk = emptied()
    plan = desk.applied()
    back = desk.dry(plan)
    desk.world.ifs.find_faults.append(Retryable(Reason.IFS_UNAVAILABLE, "503"))
    desk.deliver(again(ORDER, "replay", by="kim"))
    assert desk.world.state().asked_by is not None
    desk.carry_out(back)
    desk.deliver(again(ORDER))
    assert desk.values() == (None, None)


def test_a_look_that_a_person_asks_for_does_not_undo_a_revert() -> None:
    desk = emptied()
    desk.reverted(desk.applied())
    desk.deliver(again(ORDER, "control", by="kim"))
    assert desk.values() == (None, None)


def test_a_revert_and_a_new_label_in_one_batch_are_both_carried_out() -> None:
    desk = emptied()
    back = desk.dry(desk.applied())
    apply(a_replay(desk.world), back, "c-2")
    desk.deliver(work(a_shipment(2)))
    assert desk.values() == ("1Z0001, 1Z0002", "UPS")


def test_a_revert_that_was_cancelled_in_the_queue_writes_nothing() -> None:
    desk = emptied()
    back = desk.dry(desk.applied())
    replay = a_replay(desk.world)
    apply(replay, back, "c-2")
    head = replay.plans.head("back")
    assert head is not None
    assert head.applied is not None
    assert replay.plans.save(head.cancelling(head.applied)) is not None
    desk.deliver()
    assert desk.values() == ("1Z0001", "UPS")


def test_a_record_of_two_orders_is_taken_back_once_for_both() -> None:
    target = {"profile": "shipment_header", "shared": "join"}
    ifs = {**a_connection().ifs.model_dump(), "targets": [target]}
    shared = a_candidate(a_record(), ("P1001", "BOLT", 9), ("P2", "BOLT", 9))
    desk = Desk(a_shipment(), a_shipment(2, reference="P2"), candidates=[shared], ifs=ifs)
    desk.world.ifs.edit(carrier=None)
    plan = desk.applied(("P1001", "P2"))
    writes = len(desk.world.ifs.writes)
    desk.reverted(plan)
    assert desk.values() == ("1Z0001, 1Z0002", None)
    assert len(desk.world.ifs.writes) == writes + 1
    ended = {desk.world.on(reference=r).fields["carrier"].reason for r in ("P1001", "P2")}
    assert ended == {Reason.REVERTED}


def test_in_shadow_nothing_is_taken_back() -> None:
    desk = emptied()
    plan = desk.applied()
    desk.world.connection = a_connection(mode="shadow")
    back = desk.dry(plan)
    assert [(order.outcome, order.reason) for order in back.orders] == [(Outcome.SKIPPED, Reason.MODE_OFF)]
    assert changes(back) == {}


def test_while_ifs_is_out_a_plan_sends_one_order_as_a_probe_and_goes_on_later() -> None:
    """It may be that nothing else is due: without a probe nobody would learn that IFS is back."""
    desk = emptied()
    replay = replace(a_replay(desk.world), circuit=lambda: Circuit(connection=ORDER.connection, opened_at=NOON))
    draw_up(replay, Selection(orders=("P1001",)), plan_id="plan", by="kim", note="")
    head = replay.plans.head("plan")
    assert head is not None
    asked = Asked(by="kim", note="", at=desk.world.at)
    begun = carry_out_plan(replay, head, asked, desk.world.at + ROUND, "c-1")
    assert [message.is_probe for message in desk.world.queue.sent] == [True]
    assert (begun.status, begun.due_at) == ("applying", desk.world.at + ROUND)


def alone(desk: Desk, plan: Plan, **more: Any) -> Any:
    """How the order of a plan ended that was sent."""
    apply(a_replay(desk.world), plan, "c-2")
    (message,) = desk.world.queue.take()
    message = message.model_copy(update=more)
    (ended,) = carry_out([message], desk.world.delivery)
    assert (ended.key, ended.cause) == (ORDER, message.cause)
    return ended


def test_an_order_that_was_taken_back_ends_with_its_state_and_calls_nobody() -> None:
    desk = emptied()
    ended = alone(desk, desk.dry(desk.applied()))
    assert (ended.saved, ended.fault, ended.calls, ended.state.key) == (True, "", False, ORDER)
    assert ended.state.records == desk.world.state().records


def test_an_order_whose_plan_was_cancelled_ends_as_it_stood() -> None:
    desk = emptied()
    back = desk.dry(desk.applied())
    before, replay = desk.world.state(), a_replay(desk.world)
    apply(replay, back, "c-2")
    head = replay.plans.head("back")
    assert head is not None
    assert head.applied is not None
    replay.plans.save(head.cancelling(head.applied))
    (message,) = desk.world.queue.take()
    (ended,) = carry_out([message], desk.world.delivery)
    assert (ended.key, ended.cause, ended.saved, ended.state, ended.calls) == (
        ORDER,
        message.cause,
        True,
        before,
        False,
    )


def test_an_order_that_cannot_be_read_ends_alone_and_says_why() -> None:
    desk = emptied()
    back = desk.dry(desk.applied())
    desk.world.orders.unreadable = {ORDER: Permanent(Reason.LEDGER_VERSION, "newer")}
    ended = alone(desk, back)
    assert (ended.saved, ended.state, ended.fault) == (False, None, "ledger_version: newer")


def test_a_probe_takes_back_while_the_circuit_is_open_and_nobody_else() -> None:
    for is_probe in (True, False):
        desk = emptied()
        back = desk.dry(desk.applied())
        open_circuit = Circuit(connection=ORDER.connection, opened_at=NOON, reason=Reason.IFS_UNAVAILABLE)
        desk.world.circuits.stored = open_circuit
        alone(desk, back, is_probe=is_probe)
        assert desk.values() == ((None, None) if is_probe else ("1Z0001", "UPS"))


def test_a_record_that_is_no_part_of_the_plan_ends_as_it_did() -> None:
    records = [a_candidate(a_record(n), ("P1001", part, 1)) for n, part in (("42", "BOLT"), ("43", "NUT"))]
    parcels = [a_shipment(n, items=(Item(sku=part, quantity=1),)) for n, part in ((1, "BOLT"), (2, "NUT"))]
    desk = Desk(*parcels, candidates=records)
    desk.world.ifs.edit(tracking=None, carrier=None)
    plan = desk.applied()
    desk.reverted(plan)
    assert (desk.values("42"), desk.values("43")) == ((None, None), ("1Z0002", "UPS"))
    outcomes = {record.key.id: record.fields["tracking"].outcome for record in desk.world.state().records}
    assert outcomes == {"42": Outcome.KEPT, "43": Outcome.WRITTEN}
    assert [each.outcome for each in desk.world.state().shipments.values()] == [Outcome.KEPT, Outcome.WRITTEN]
