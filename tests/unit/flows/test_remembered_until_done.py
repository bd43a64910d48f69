"""What is owed to a record stays owed until IFS is known to have it, however the attempt before ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable
from functions.flows.to_ifs.deliver import deliver
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, OpenIntent, RecordMemory
from functions.model.records import FieldName
from functions.model.shipment import Shipment
from tests.equipment.builders import NOON, a_candidate, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

TRACKING, CARRIER = FieldName.TRACKING, FieldName.CARRIER
LOST = OutcomeUnknown(Reason.IFS_UNAVAILABLE, "PATCH: timed out")
LOCKED = Retryable(Reason.RECORD_LOCKED, "ORA-20115")
UNKNOWN = Permanent(Reason.UNKNOWN_IN_IFS, "ForwarderInfo.FND_RECORD_NOT_EXIST", status=400)


def withdrawn(shipment: Shipment) -> Shipment:
    """Corrected away from this order."""
    return shipment.model_copy(update={"read_at": NOON.replace(hour=13)})


@pytest.mark.parametrize("fault", [LOCKED, LOST])
def test_a_number_that_has_to_leave_a_record_leaves_it_after_a_refusal(fault: ConnectorError) -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.write_faults.append((fault, False))
    away = withdrawn(a_shipment())
    deliver([work(away, withdrawn_at=away.read_at)], world.delivery)
    for _ in range(2):
        world.at += LEASE
        deliver([again(away.order_key)], world.delivery)
    assert world.ifs.values()[TRACKING] is None
    assert (world.state().waits, world.state().debts) == ({}, ())


def test_a_number_that_has_to_leave_leaves_when_the_record_was_unreadable_after_a_conflict() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    key = world.ifs.record().key

    def hidden() -> None:
        world.ifs.edit()
        world.ifs.hidden.add(key)

    world.ifs.before_write.append(hidden)
    away = withdrawn(a_shipment())
    deliver([work(away, withdrawn_at=away.read_at)], world.delivery)
    world.ifs.hidden.clear()
    world.at += LEASE
    deliver([again(away.order_key)], world.delivery)
    assert world.ifs.values()[TRACKING] is None


def test_a_number_that_has_to_leave_waits_for_a_record_that_ifs_hides() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.hidden.add(world.ifs.record().key)
    away = withdrawn(a_shipment())
    deliver([work(away, withdrawn_at=away.read_at)], world.delivery)
    assert (world.state().waiting_for, world.state().next_attempt_at is None) == (Reason.NOT_IN_IFS_YET, False)
    world.ifs.hidden.clear()
    deliver([again(away.order_key)], world.delivery)
    assert world.ifs.values()[TRACKING] is None
    assert (world.state().waiting_for, world.state().debts) == (None, ())


@pytest.mark.parametrize("commits", [True, False])
def test_a_value_that_was_refused_and_sent_again_without_an_answer_is_sent_until_it_is_known(*, commits: bool) -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.refuses[CARRIER] = UNKNOWN
    deliver([work(a_shipment(1))], world.delivery)
    world.ifs.refuses.clear()
    world.ifs.write_faults.append((LOST, commits))
    deliver([work(a_shipment(2))], world.delivery)
    world.at += LEASE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.values()[CARRIER], world.state().attention) == ("UPS", None)


def test_a_write_that_a_second_run_began_on_news_that_the_first_has_stored_is_brought_to_an_end() -> None:
    """Both were handed the same message; the second died after its intent."""
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    deliver([work(a_shipment())], world.delivery)
    world.memories.items[world.ifs.record().key] = left_open(world.memories.of(), at=world.at)
    world.at += LEASE
    deliver([work(a_shipment())], world.delivery)
    assert world.memories.of().intent is not None
    deliver([work(a_shipment()).repeated()], world.delivery)
    assert (world.memories.of().intent, world.state().waiting_for) == (None, None)


def left_open(memory: RecordMemory, at: datetime) -> RecordMemory:
    change = FieldChange(before="UPS", after="UPS", attribute="ForwardAgentId")
    return memory.intending(OpenIntent(kind="patch", audit_key="k", at=at, by="P1001", changes={"carrier": change}))


def test_a_write_under_way_on_a_record_that_was_deleted_is_brought_to_an_end() -> None:
    world = World(FakeIfs(a_candidate(a_record("19"))))
    world.audit.before_put.append(died)
    deliver([work(a_shipment())], world.delivery)
    del world.ifs.candidates[world.ifs.key("19")]
    world.ifs.put(a_candidate(a_record("21")))
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.values("21")[TRACKING], world.state().waiting_for) == ("1Z0001", Reason.OUTCOME_UNKNOWN)
    world.at += LEASE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.memories.of("19").intent, world.state().waiting_for) == (None, Reason.NOT_DELIVERED_YET)
    assert sorted(world.audit.said()) == ["outcome_unknown", "written"]


def died() -> None:
    raise RuntimeError("killed")


def test_one_refused_field_keeps_nobody_from_being_stored_though_the_run_died_before_each_was_tried_alone() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.write_faults.append((LOCKED, False))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.refuses[CARRIER] = UNKNOWN
    world.memories.before_save += [lambda: None, died]
    for _ in range(2):
        deliver([again(a_shipment().order_key)], world.delivery)
    fields = world.on().fields
    assert world.ifs.values()[TRACKING] == "1Z0001"
    assert (fields["tracking"].outcome, fields["carrier"].reason) == (Outcome.WRITTEN, Reason.UNKNOWN_IN_IFS)


def test_an_appended_number_whose_run_died_leaves_what_stood_there_before() -> None:
    world = World(FakeIfs(a_candidate(a_record(tracking="1Z0001"))))
    early, late = a_shipment(1), a_shipment(2)
    deliver([work(early, admission="baseline")], world.delivery)
    world.audit.before_put.append(died)
    for _ in range(2):
        deliver([work(late)], world.delivery)
        world.at += LEASE
    assert world.ifs.values()[TRACKING] == "1Z0001, 1Z0002"
    deliver([work(voided(late))], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001"


def test_a_number_taken_back_whose_run_died_is_not_mistaken_for_ours() -> None:
    world = World(FakeIfs(a_candidate(a_record(tracking="1Z0001"))))
    early, late = a_shipment(1), a_shipment(2)
    deliver([work(early, admission="baseline"), work(late)], world.delivery)
    world.audit.before_put.append(died)
    for _ in range(2):
        deliver([work(voided(late))], world.delivery)
        world.at += LEASE
    deliver([again(late.order_key)], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001"
    assert world.memories.of().fields["ProNo"].ours is None


def test_a_second_copy_of_a_due_message_does_not_begin_a_wait_anew_that_was_given_up() -> None:
    world = World(FakeIfs())
    deliver([work(a_shipment())], world.delivery)
    world.at += timedelta(days=30)
    for _ in range(2):
        deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.state().waiting_for, world.state().attention) == (None, Reason.NEVER_FOUND)
