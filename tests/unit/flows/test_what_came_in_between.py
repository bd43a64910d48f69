"""A passing trouble, a person, another mode or another file between two looks: how it ends does not change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.errors import OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.ledger.plans import PlanStore
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE
from functions.model.records import Candidate, Conflict, FieldName, Record, Written
from functions.model.selection import Selection
from functions.model.shipment import Item, Shipment
from tests.equipment.builders import NOON, a_candidate, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.plans import a_replay, apply, draw_up

TRACKING, CARRIER, STATUS = FieldName.TRACKING, FieldName.CARRIER, FieldName.STATUS
OURS, OTHERS = ("P1001", "BOLT", 2), ("P2002", "NUT", 1)
ORDER = a_shipment().order_key
UNKNOWN = Permanent(Reason.UNKNOWN_IN_IFS, "ForwarderInfo.FND_RECORD_NOT_EXIST", scope=Scope.RECORD, status=400)
DOWN = Retryable(Reason.IFS_UNAVAILABLE, "GET ShipmentSet: 503")
GATEWAY = OutcomeUnknown(Reason.IFS_UNAVAILABLE, "PATCH ShipmentSet: 504", scope=Scope.UNCLEAR, status=504)
COMPLETE = "IfsApp.ShipmentHandling.Shipment_Complete"


def with_target(*, mode: str = "write", ifs: Mapping[str, Any] | None = None, **target: Any) -> Connection:
    targets = [{"profile": "shipment_header", **target}]
    return a_connection(mode=mode, ifs={**a_connection().ifs.model_dump(), **(ifs or {}), "targets": targets})


def record(record_id: str, *lines: tuple[str, str, int], of: World | None = None) -> Candidate:
    """With the values that stand there, where it is an old one with other lines."""
    known = of.ifs.record(record_id) if of else None
    values: dict[str, Any] = {str(name): value for name, value in known.values.items()} if known else {}
    return a_candidate(a_record(record_id, **values), *lines)


def neighbour() -> Shipment:
    return a_shipment(2, reference="P2002", order_id=501, items=(Item(sku="NUT", quantity=1),))


def withdrawn(shipment: Shipment, world: World) -> datetime:
    """Corrected away from its order."""
    at = shipment.read_at + timedelta(minutes=5)
    deliver([work(shipment.read_again(at), withdrawn_at=at)], world.delivery)
    return at


def drained(world: World) -> None:
    while messages := world.queue.take():
        deliver(messages, world.delivery)


def died() -> None:
    raise RuntimeError("killed")


class TestAColleaguesForwarder:
    """Corrected once, it stays, under the policy `always` too."""

    @pytest.mark.parametrize("kind", ["release", "replay"])
    def test_through_a_time_in_which_the_record_is_shared(self, kind: str) -> None:
        world = World(FakeIfs(record("19", OURS)))
        deliver([work(a_shipment())], world.delivery)
        world.ifs.edit("19", carrier="DHL")
        deliver([again(ORDER)], world.delivery)
        for lines in ((OURS, OTHERS), (OURS,)):
            world.ifs.put(record("19", *lines, of=world))
            deliver([again(ORDER, kind)], world.delivery)
        assert world.ifs.values("19")[CARRIER] == "DHL"
        assert world.on("19").fields["carrier"].reason is Reason.TYPED_BY_A_PERSON

    def test_through_another_orders_label_that_is_voided_again(self) -> None:
        named = record("19", OURS).model_copy(update={"named_by": (neighbour().key,)})
        world = World(FakeIfs(named))
        deliver([work(a_shipment())], world.delivery)
        world.ifs.edit("19", carrier="DHL")
        for message in (again(ORDER), work(neighbour()), work(voided(neighbour()))):
            deliver([message], world.delivery)
            drained(world)
        assert world.ifs.values("19")[CARRIER] == "DHL"

    @pytest.mark.parametrize("attribute", ["carrier", "tracking"])
    def test_typed_after_a_run_that_died(self, attribute: str) -> None:
        world = World(FakeIfs(a_candidate()))
        world.audit.before_put.append(died)
        deliver([work(a_shipment())], world.delivery)
        world.ifs.edit(**{attribute: "TYPED"})
        world.at += LEASE + timedelta(seconds=1)
        for message in (work(a_shipment()), again(ORDER)):
            deliver([message], world.delivery)
        assert world.ifs.values()[FieldName(attribute)] == "TYPED"
        assert world.on().fields[attribute].reason is Reason.TYPED_BY_A_PERSON

    def test_typed_between_an_answer_without_a_body_and_the_reading(self) -> None:
        class TypedOver(FakeIfs):
            def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
                super().write(record, changes)
                etag = self.record().etag
                self.edit(carrier="DHL")
                return Written(http_status=204, record=None, etag=etag)

        world = World(TypedOver(a_candidate()))
        for message in (work(a_shipment()), again(ORDER)):
            deliver([message], world.delivery)
        assert (world.ifs.values()[CARRIER], len(world.ifs.writes)) == ("DHL", 1)

    def test_a_lost_write_that_never_arrived_is_sent_again_over_what_stood_there_before(self) -> None:
        world = World(FakeIfs(a_candidate(a_record(carrier="DHL"))))
        world.ifs.write_faults.append((GATEWAY, False))
        deliver([work(a_shipment())], world.delivery)
        world.ifs.edit(service="GND")
        world.at += LEASE
        deliver([again(ORDER)], world.delivery)
        assert world.ifs.values()[CARRIER] == "UPS"


def test_what_we_wrote_ourselves_is_not_restored_after_a_run_that_died_between_the_audit_and_the_result() -> None:
    world = World(FakeIfs(a_candidate()), with_target(carrier={"on_void": "restore"}, tracking={"on_void": "restore"}))
    first, second = a_shipment(), a_shipment(2, carrier_code="fedex")
    deliver([work(first)], world.delivery)
    relabelled = [work(voided(first)), work(second)]
    world.memories.before_save += [lambda: None, died]  # the intent is saved, the result is not
    for messages in (relabelled, relabelled, [work(voided(second))]):
        deliver(messages, world.delivery)
        world.at += LEASE + timedelta(seconds=1)
    assert (world.ifs.values()[CARRIER], world.ifs.values()[TRACKING]) == (None, None)


def test_what_ifs_refused_is_asked_for_again_once_the_record_is_no_longer_shared() -> None:
    world = World(FakeIfs(record("19", OURS)))
    world.ifs.refuses = {CARRIER: UNKNOWN}
    deliver([work(a_shipment())], world.delivery)
    world.ifs.refuses = {}
    for lines in ((OURS, OTHERS), (OURS,)):
        world.ifs.put(record("19", *lines, of=world))
        deliver([again(ORDER)], world.delivery)
    assert world.ifs.values("19")[CARRIER] == "UPS"


def test_an_action_that_could_not_begin_is_called_later() -> None:
    class OutOfTime(FakeIfs):
        def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
            world.time_left = False
            return super().write(record, changes)

    action = {"action": COMPLETE, "from_state": "Preliminary"}
    connection = with_target(ifs={"allow_state_actions": True}, state_action=action)
    world = World(OutOfTime(a_candidate(a_record(state="Preliminary"))), connection)
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.actions == []
    world.time_left = True
    deliver([again(ORDER)], world.delivery)
    assert world.ifs.actions == [("42", COMPLETE)]


@pytest.mark.parametrize("status", [403, 406])
def test_a_write_whose_answer_was_turned_away_on_its_way_back_is_ours_where_it_is_found(status: int) -> None:
    world = World(FakeIfs(a_candidate()))
    turned_away = Retryable(Reason.IFS_UNAVAILABLE, "PATCH ShipmentSet", status=status, scope=Scope.TENANT)
    world.ifs.write_faults.append((turned_away, True))
    deliver([work(a_shipment())], world.delivery)
    assert (world.audit.said(), world.state().waiting_for) == (["outcome_unknown"], Reason.IFS_UNAVAILABLE)
    deliver([work(a_shipment(2))], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001, 1Z0002"
    deliver([work(voided(a_shipment())), work(voided(a_shipment(2)))], world.delivery)
    assert (world.ifs.values()[TRACKING], world.ifs.values()[CARRIER]) == (None, None)


def test_what_a_colleague_types_after_a_write_that_was_throttled_is_his_also_where_it_is_what_we_tried() -> None:
    world = World(FakeIfs(a_candidate()))
    throttled = Retryable(Reason.IFS_UNAVAILABLE, "PATCH ShipmentSet", status=429, scope=Scope.TENANT)
    world.ifs.write_faults.append((throttled, False))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.edit(carrier="UPS")
    world.at += LEASE
    deliver([again(ORDER)], world.delivery)
    deliver([work(voided(a_shipment()))], world.delivery)
    assert (world.ifs.values()[TRACKING], world.ifs.values()[CARRIER]) == (None, "UPS")


def test_what_ifs_itself_refused_for_now_is_claimed_by_nobody() -> None:
    world = World(FakeIfs(a_candidate()))
    locked = Retryable(Reason.RECORD_LOCKED, "ORA-00054", status=500, code="ORA-00054", scope=Scope.RECORD)
    world.ifs.write_faults.append((locked, False))
    deliver([work(a_shipment())], world.delivery)
    assert world.audit.said() == ["retry"]


@pytest.mark.parametrize(("before", "after"), [(None, None), ("DHL", "DHL"), ("DHL", "dhl ")])
def test_what_ifs_drops_is_told_though_something_in_between_changes_the_form_of_tags(
    before: str | None, after: str | None
) -> None:
    class Compressing(FakeIfs):
        def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
            super().write(record, changes)
            self.candidates[record.key].record.values[CARRIER] = after
            return Written(http_status=204, record=None, etag=f"{self.record().etag}-gzip")

    world = World(Compressing(a_candidate(a_record(carrier=before))))
    world.ifs.dropped = {CARRIER}
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.values()[TRACKING], world.state().attention) == ("1Z0001", Reason.NOT_STORED)


class TestShadowInBetween:
    """What only shadow mode has seen is still owed when the file says write again."""

    def test_a_line_that_moved(self) -> None:
        world = World(FakeIfs(record("19", OURS)), with_target())
        deliver([work(a_shipment())], world.delivery)
        world.connection = with_target(mode="shadow")
        world.ifs.put(record("19", OTHERS, of=world))
        world.ifs.put(record("20", OURS))
        deliver([again(ORDER)], world.delivery)
        world.connection = with_target()
        deliver([again(ORDER, "replay")], world.delivery)
        assert [world.ifs.values(key)[TRACKING] for key in ("19", "20")] == [None, "1Z0001"]

    def test_a_reference_that_was_corrected(self) -> None:
        world = World(FakeIfs(record("19", OURS)), with_target())
        deliver([work(a_shipment())], world.delivery)
        world.connection = with_target(mode="shadow")
        withdrawn(a_shipment(), world)
        world.connection = with_target()
        deliver([again(ORDER, "replay")], world.delivery)
        assert (world.ifs.values("19")[TRACKING], world.state().remembered) == (None, ())

    def test_a_reference_that_was_corrected_is_among_what_would_be_written(self) -> None:
        world = World(FakeIfs(record("19", OURS)), with_target())
        deliver([work(a_shipment())], world.delivery)
        world.connection = with_target(mode="shadow")
        withdrawn(a_shipment(), world)
        deliver([again(ORDER)], world.delivery)
        assert world.audit.said() == ["written", "would_write"]
        world.connection = with_target()
        replay = a_replay(world)
        plan = draw_up(replay, Selection(outcome=Outcome.WOULD_WRITE), plan_id="p", by="kim", note="live from now on")
        apply(replay, plan, "c-9")
        drained(world)
        assert (world.ifs.values("19")[TRACKING], world.state().remembered) == (None, ())


class TestAReplayThatMetTrouble:
    """It is carried out once the trouble has passed, by whoever looks then, and as what it was."""

    @staticmethod
    def trouble(world: World, kind: str) -> None:
        world.time_left = kind != "the run ends"
        if kind == "IFS is down":
            world.ifs.find_faults.append(DOWN)

    @pytest.mark.parametrize("kind", ["IFS is down", "the run ends"])
    def test_what_was_parked_is_asked_for_again(self, kind: str) -> None:
        world = World(FakeIfs(a_candidate()))
        world.ifs.refuses = {CARRIER: UNKNOWN}
        deliver([work(a_shipment())], world.delivery)
        world.ifs.refuses = {}
        self.trouble(world, kind)
        deliver([again(ORDER, "replay", by="kim", note="map corrected")], world.delivery)
        world.time_left = True
        deliver([again(ORDER)], world.delivery)
        assert (world.ifs.values()[CARRIER], world.audit.entries[-1].cause.by) == ("UPS", "kim")
        assert world.state().asked_by is None

    @pytest.mark.parametrize("beside", [again(ORDER), again(ORDER, "neighbour"), work(a_shipment())])
    def test_what_comes_in_one_batch_with_what_a_person_asks_for_is_no_reason_to_forget_him(
        self, beside: DeliverOrder
    ) -> None:
        world = World(FakeIfs(a_candidate()))
        world.ifs.refuses = {CARRIER: UNKNOWN}
        deliver([work(a_shipment())], world.delivery)
        world.ifs.refuses = {}
        deliver([again(ORDER, "control", by="kim", note="known in IFS now"), beside], world.delivery)
        assert (world.ifs.values()[CARRIER], world.audit.entries[-1].cause.by) == ("UPS", "kim")

    @pytest.mark.parametrize("trouble", ["IFS is down", "the plan is gone"])
    def test_a_plan_is_carried_out_at_once_or_not_at_all_and_the_order_is_delivered_all_the_same(
        self, trouble: str
    ) -> None:
        world = World(FakeIfs(a_candidate()))
        deliver([work(a_shipment())], world.delivery)
        world.ifs.edit(carrier=None)
        replay = a_replay(world)
        apply(replay, draw_up(replay, Selection(orders=("P1001",)), plan_id="p", by="kim", note=""), "c")
        world.ifs.edit(tracking=None)
        before = len(world.ifs.writes)
        if trouble == "the plan is gone":
            world.plans = PlanStore(MemoryTable())
        self.trouble(world, trouble)
        deliver(world.queue.take(), world.delivery)
        assert world.ifs.writes[before:] == []
        assert world.state().attention is (Reason.PLAN_OUTDATED if trouble == "the plan is gone" else None)
        deliver([again(ORDER)], world.delivery)
        assert world.ifs.writes[before:] == [("42", {TRACKING: "1Z0001", CARRIER: "UPS"})]


def test_a_write_that_a_gateway_never_answers_is_sent_less_and_less_often_and_calls_somebody() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.always = GATEWAY
    deliver([work(a_shipment())], world.delivery)
    end = world.at + timedelta(days=1)
    while (due := world.state().next_attempt_at) and due < end:
        world.at = due
        deliver([again(ORDER)], world.delivery)
    assert world.ifs.attempts <= 36
    assert world.state().attention is Reason.IFS_UNAVAILABLE


class TestTheFileInBetween:
    """It says what is delivered from now on. What stands in IFS is not taken back for it."""

    def test_a_later_go_live(self) -> None:
        world = World(FakeIfs(a_candidate()))
        deliver([work(a_shipment())], world.delivery)
        world.connection = a_connection(go_live_at="2026-04-01T00:00:00Z")
        read_again = a_shipment(service_code="ground", read_at=NOON + timedelta(hours=5))
        deliver([work(read_again)], world.delivery)
        assert world.ifs.values()[TRACKING] == "1Z0001"
        deliver([work(voided(read_again))], world.delivery)
        assert world.ifs.values()[TRACKING] is None

    def test_a_store_that_is_left_out(self) -> None:
        world = World(FakeIfs(a_candidate()))
        deliver([work(a_shipment(store_id=7))], world.delivery)
        world.connection = a_connection(stores={"exclude": [7]})
        deliver([work(a_shipment(store_id=7, service_code="ground"))], world.delivery)
        assert world.ifs.values()[TRACKING] == "1Z0001"

    def test_sites_that_are_left_out(self) -> None:
        world = World(FakeIfs(a_candidate(a_record(site="S2"))), with_target(ifs={"sites": ["S1", "S2"]}))
        deliver([work(a_shipment())], world.delivery)
        world.connection = with_target(ifs={"sites": ["S1"]})
        deliver([again(ORDER)], world.delivery)
        assert (len(world.ifs.writes), world.ifs.values()[TRACKING]) == (1, "1Z0001")
        assert (world.state().attention, world.state().remembered) == (Reason.WRONG_COMPANY, (world.ifs.key("42"),))


def test_ours_that_is_left_standing_for_a_corrected_reference_calls_somebody_until_it_is_gone() -> None:
    world = World(FakeIfs(record("19", OURS)), with_target(tracking={"on_void": "flag"}))
    deliver([work(a_shipment())], world.delivery)
    withdrawn(a_shipment(), world)
    for _ in range(2):
        deliver([again(ORDER)], world.delivery)
        assert (world.ifs.values("19")[TRACKING], world.state().attention) == ("1Z0001", Reason.VOIDED)
    world.ifs.edit("19", tracking=None)
    deliver([again(ORDER)], world.delivery)
    assert (world.state().attention, world.state().remembered) == (None, ())


def test_a_record_that_was_named_and_never_written_gets_no_status_when_the_line_moves_away() -> None:
    world = World(FakeIfs(record("19", OURS)), with_target(status={"policy": "if_empty_or_ours"}))
    world.memories.before_save.append(died)
    deliver([work(a_shipment())], world.delivery)
    world.ifs.put(record("19", OTHERS))
    world.ifs.put(record("20", OURS))
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.values("19")[STATUS], world.ifs.values("20")[TRACKING]) == (None, "1Z0001")


def test_a_status_that_ifs_refused_calls_nobody_once_the_order_has_left_the_record() -> None:
    world = World(FakeIfs(a_candidate()), with_target(status={"attribute": "CfStatus", "policy": "always"}))
    world.ifs.refuses = {STATUS: UNKNOWN}
    deliver([work(a_shipment())], world.delivery)
    assert world.state().attention is Reason.UNKNOWN_IN_IFS
    withdrawn(a_shipment(), world)
    assert (world.state().attention, world.state().debts) == (None, ())


def test_a_label_that_was_voided_before_it_had_a_record_calls_nobody() -> None:
    world = World(FakeIfs())
    for shipment in (a_shipment(), voided(a_shipment())):
        deliver([work(shipment)], world.delivery)
    assert (world.state().attention, world.state().shipments[a_shipment().key].reason) == (None, Reason.VOIDED)


def test_a_row_is_made_without_the_value_that_ifs_refuses() -> None:
    row = Candidate(record=a_record("L1@P1001", exists=False), named_by=(a_shipment().key,), is_own=False)
    world = World(FakeIfs(row))
    world.ifs.refuses = {CARRIER: UNKNOWN}
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.values("L1@P1001")[TRACKING] == "1Z0001"
    fields = world.on("L1@P1001").fields
    assert (fields["tracking"].outcome, fields["carrier"].reason) == (Outcome.WRITTEN, Reason.UNKNOWN_IN_IFS)
