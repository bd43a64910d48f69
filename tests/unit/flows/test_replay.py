from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from functions.errors import OutcomeUnknown, Permanent, Retryable
from functions.flows.operations import replay
from functions.flows.operations.replay import Replay
from functions.flows.to_ifs.deliver import deliver
from functions.ledger.plans import PlanStore
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan
from functions.model.record_memory import LEASE, POST_AGAIN
from functions.model.records import Candidate, FieldName, Place
from functions.model.selection import Selection
from functions.model.shipment import Item, Shipment
from tests.equipment.builders import NOON, a_candidate, a_connection, a_key, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.plans import a_replay, apply, draw_up

WITHOUT_CARRIER = {"profile": "shipment_header", "carrier": {"policy": "never"}}
ELSEWHERE = {"profile": "shipment_header", "entity_set": "OtherSet"}
THERE = a_key("9", Place("ifs.example.com/ShipmentHandling/OtherSet"))


class Desk:
    """Orders delivered in `mode`, and an operator's desk beside them."""

    def __init__(
        self, mode: str = "write", *shipments: Shipment, candidates: Sequence[Candidate] = (), **connection: Any
    ) -> None:
        self.world = World(FakeIfs(*(candidates or [a_candidate()])), a_connection(mode=mode, **connection))
        self.orders, self.plans = self.world.orders, 0
        messages = [work(shipment) for shipment in shipments or (a_shipment(),)]
        for start in range(0, len(messages), 30):
            deliver(messages[start : start + 30], self.world.delivery)
        self.world.queue.take()
        self.world.connection = a_connection(**connection)

    @property
    def replay(self) -> Replay:
        return a_replay(self.world)

    def plan(self, **select: object) -> Plan:
        selection = Selection.model_validate(select)
        self.plans += 1
        return draw_up(self.replay, selection, plan_id=f"plan-{self.plans}", by="kim", note="carrier map corrected")

    def carry_out(self, plan: Plan) -> list[DeliverOrder]:
        """Answers the messages, any of which may come again."""
        apply(self.replay, plan, "c-9")
        messages = self.world.queue.take()
        deliver(messages, self.world.delivery)
        return messages


def shown(plan: Plan) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    """What would be written, by the record's id."""
    return {record.key.id: {name: change.values for name, change in record.changes.items()} for record in plan.records}


def test_a_plan_that_arrives_twice_is_not_outdated_by_its_own_first_half() -> None:
    desk = Desk("shadow", a_shipment(carrier_code="fedex"))
    plan = desk.plan(orders=["P1001"])
    desk.world.ifs.refuses = {FieldName.CARRIER: Permanent(Reason.UNKNOWN_IN_IFS, "ForwarderInfo")}
    deliver(desk.carry_out(plan), desk.world.delivery)
    fields = desk.world.on().fields
    assert desk.world.ifs.record().values[FieldName.TRACKING] == "1Z0001"
    assert (fields["tracking"].outcome, fields["carrier"].reason) == (Outcome.WRITTEN, Reason.UNKNOWN_IN_IFS)


def test_a_dry_run_of_what_agrees_shows_nothing_and_writes_nothing() -> None:
    desk = Desk()
    plan = desk.plan(orders=["P1001"])
    assert [(order.outcome, order.records) for order in plan.orders] == [(Outcome.UNCHANGED, ())]
    assert plan.records == ()
    assert len(desk.world.ifs.writes) == 1


def test_a_dry_run_shows_every_field_before_and_after() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(outcome="would_write")
    assert shown(plan) == {"42": {"tracking": (None, "1Z0001"), "carrier": (None, "UPS")}}
    assert plan.orders[0].records == (a_key(),)
    assert (desk.world.ifs.writes, desk.world.memories.saves) == ([], 0)


def test_a_dry_run_says_that_the_mode_is_off() -> None:
    desk = Desk(mode="shadow")
    desk.world.connection = a_connection(mode="off")
    (order,) = desk.plan(orders=["P1001"]).orders
    assert (order.outcome, order.reason) == (Outcome.SKIPPED, Reason.MODE_OFF)


SWITCHED_OFF = {
    "ifs has no shipment yet": ([], Reason.NOT_IN_IFS_YET),
    "the delivery is still to come": (
        [a_candidate(a_record(tracking="1Z0001", carrier="UPS"))],
        Reason.NOT_DELIVERED_YET,
    ),
    "ifs does not answer": ([], Reason.IFS_UNAVAILABLE),
}


@pytest.mark.parametrize(("candidates", "waits_for"), SWITCHED_OFF.values(), ids=SWITCHED_OFF)
def test_a_replay_wakes_what_was_skipped_while_the_mode_was_off_though_nothing_is_to_be_written_yet(
    candidates: list[Candidate], waits_for: Reason
) -> None:
    desk = Desk("off", candidates=candidates)
    desk.world.ifs.candidates = {candidate.record.key: candidate for candidate in candidates}
    faults = [Retryable(Reason.IFS_UNAVAILABLE, "503") for _ in range(2 if waits_for is Reason.IFS_UNAVAILABLE else 0)]
    desk.world.ifs.find_faults += faults
    plan = desk.plan(reason="mode_off")
    assert plan.to_send == 1
    desk.carry_out(plan)
    assert desk.world.state().waiting_for is waits_for


def test_what_was_only_woken_is_written_where_ifs_has_its_record_by_then() -> None:
    desk = Desk("off", candidates=[])
    desk.world.ifs.candidates = {}
    plan = desk.plan(reason="mode_off")
    candidate = a_candidate(a_record())
    desk.world.ifs.candidates = {candidate.record.key: candidate}
    desk.carry_out(plan)
    assert desk.world.state().waiting_for is Reason.NOT_DELIVERED_YET
    assert len(desk.world.ifs.writes) == 1


def test_a_replay_sends_nothing_that_is_still_switched_off() -> None:
    desk = Desk("off")
    desk.world.connection = a_connection(mode="off")
    assert desk.plan(reason="mode_off").to_send == 0


def test_a_dry_run_finds_the_orders_that_need_something_behind_those_that_need_nothing() -> None:
    numbers = range(1, 561)
    labels = [a_shipment(n, reference=f"P{n}", items=()) for n in numbers]
    candidates = [a_candidate(a_record(str(n)), (f"P{n}", "BOLT", 2)) for n in numbers]
    desk = Desk("write", *labels, candidates=candidates)
    for n in range(551, 561):
        desk.world.ifs.edit(str(n), tracking=None)
    plan = desk.plan(outcome="written")
    assert sorted(shown(plan)) == [str(n) for n in range(551, 561)]
    assert len(plan.orders) == 560
    desk.carry_out(plan)
    assert [desk.world.ifs.values(str(n))[FieldName.TRACKING] for n in numbers] == [f"1Z{n:04}" for n in numbers]


@pytest.mark.nightly
def test_a_plan_of_600_orders_with_three_records_each_is_stored_and_carried_out() -> None:
    goods = {"BOLT": 1, "NUT": 2, "PIN": 3}
    labels, candidates = [], []
    for n in range(1, 601):
        for sku, part in goods.items():
            items = (Item(sku=sku, quantity=1),)
            labels.append(a_shipment(10 * n + part, reference=f"P{n}", items=items))
            candidates.append(a_candidate(a_record(f"{10 * n + part}"), (f"P{n}", sku, 1)))
    desk = Desk("shadow", *labels, candidates=candidates)
    store = PlanStore(MemoryTable())
    work_with = replace(desk.replay, plans=store)
    plan = draw_up(work_with, Selection(outcome=Outcome.WOULD_WRITE), plan_id="p", by="kim", note="go live")
    stored = store.get("p")
    assert stored is not None
    assert (stored.orders, set(shown(stored))) == (plan.orders, {candidate.record.key.id for candidate in candidates})
    assert apply(work_with, stored, "c-9") == 600
    delivery = replace(desk.world.delivery, plans=store)
    some = desk.world.queue.take()[::60]
    deliver(some, delivery)
    assert len(desk.world.ifs.writes) == 3 * len(some) == 30
    ended = [s.outcome for message in some for s in desk.orders.states[message.order].shipments.values()]
    assert set(ended) == {Outcome.WRITTEN}


def test_apply_writes_exactly_the_plan_and_names_the_operator() -> None:
    desk = Desk(mode="shadow")
    desk.carry_out(desk.plan(orders=["P1001"]))
    assert desk.world.ifs.record().values[FieldName.TRACKING] == "1Z0001"
    cause = desk.world.audit.entries[-1].cause
    assert (cause.kind, cause.by, cause.note, cause.plan_id) == ("replay", "kim", "carrier map corrected", "plan-1")


def test_a_plan_that_ifs_has_overtaken_writes_nothing() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    desk.world.ifs.edit(carrier="DHL")
    desk.carry_out(plan)
    assert desk.world.ifs.writes == []
    assert desk.world.state().attention is Reason.PLAN_OUTDATED


def test_a_plan_writes_to_no_other_attribute_than_it_showed() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    targets = [{"profile": "shipment_header", "tracking": {"attribute": "OtherNo"}}]
    desk.world.connection = a_connection(ifs={**a_connection().ifs.model_dump(), "targets": targets})
    desk.carry_out(plan)
    assert (desk.world.ifs.writes, desk.world.state().attention) == ([], Reason.PLAN_OUTDATED)


def test_what_waited_in_the_queue_until_its_plan_expired_writes_nothing() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    apply(desk.replay, plan, "c-9")
    desk.world.at = plan.expires_at
    deliver(desk.world.queue.take(), desk.world.delivery)
    assert desk.world.ifs.writes == []
    assert desk.world.state().attention is Reason.PLAN_OUTDATED


class TestTwoOrdersOnOneRecord:
    """Both written once; both have news since, which only shadow mode has seen."""

    @staticmethod
    def desk(first: Shipment, second: Shipment, *news: Shipment, parcels: str = "join") -> Desk:
        target = {"profile": "shipment_header", "shared": "join", "tracking": {"parcels": parcels}}
        ifs = {**a_connection().ifs.model_dump(), "targets": [target]}
        shared = a_candidate(a_record("19"), ("P1", "BOLT", 9), ("P2", "BOLT", 9))
        desk = Desk("write", first, second, candidates=[shared], ifs=ifs)
        desk.world.connection = a_connection(mode="shadow", ifs=ifs)
        deliver([work(shipment) for shipment in news], desk.world.delivery)
        desk.world.queue.take()
        desk.world.connection = a_connection(ifs=ifs)
        return desk

    def test_whichever_order_comes_first_writes_what_the_plan_shows(self) -> None:
        first, second, third = (
            a_shipment(1, reference="P1"),
            a_shipment(2, reference="P2"),
            a_shipment(3, reference="P2"),
        )
        desk = self.desk(first, second, voided(first), third)
        plan = desk.plan(orders=["P1", "P2"])
        assert shown(plan) == {"19": {"tracking": ("1Z0001, 1Z0002", "1Z0002, 1Z0003")}}
        apply(desk.replay, plan, "c-9")
        for message in desk.world.queue.take():
            deliver([message], desk.world.delivery)
        assert desk.world.ifs.values("19")[FieldName.TRACKING] == "1Z0002, 1Z0003"
        assert [(len(desk.world.ifs.writes), desk.world.state(r).attention) for r in ("P1", "P2")] == [(2, None)] * 2

    def test_of_two_plans_in_one_batch_the_first_is_carried_out(self) -> None:
        first, second, third = (
            a_shipment(1, reference="P1"),
            a_shipment(2, reference="P2"),
            a_shipment(3, reference="P2"),
        )
        desk = self.desk(first, second, voided(first), third)
        plans = [desk.plan(orders=["P1"]), desk.plan(orders=["P2"])]
        for plan in plans:
            apply(desk.replay, plan, "c-9")
        deliver(desk.world.queue.take(), desk.world.delivery)
        assert desk.world.ifs.values("19")[FieldName.TRACKING] == "1Z0002"
        assert [desk.world.state(r).attention for r in ("P1", "P2")] == [None, Reason.PLAN_OUTDATED]

    def test_an_order_that_alone_needs_nothing_is_shown_with_what_it_changes_for_the_other(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replay, "ORDERS_PER_LOOK", 1)
        first, second, third = (
            a_shipment(1, reference="P1"),
            a_shipment(2, reference="P1"),
            a_shipment(3, reference="P2"),
        )
        desk = self.desk(first, voided(second), voided(first), third, parcels="first")
        plan = desk.plan(orders=["P1", "P2"])
        assert shown(plan) == {"19": {"tracking": ("1Z0001", "1Z0003")}}
        desk.carry_out(plan)
        assert desk.world.ifs.values("19")[FieldName.TRACKING] == "1Z0003"


def test_apply_twice_changes_nothing_more() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    desk.carry_out(plan)
    desk.carry_out(plan)
    assert len(desk.world.ifs.writes) == 1


def test_what_comes_again_of_a_plan_that_was_carried_out_holds_nothing_that_came_since_to_it() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    messages = desk.carry_out(plan)
    desk.world.ifs.edit(is_delivered=True, ship_date="2026-03-07T00:00:00Z")
    deliver(messages, desk.world.delivery)
    assert desk.world.ifs.record().values[FieldName.SHIP_DATE] == "2026-03-05T00:00:00Z"
    assert desk.world.state().attention is None


@pytest.mark.parametrize("is_first", [True, False], ids=["behind what is new", "before what is new"])
def test_a_label_that_comes_in_one_batch_with_a_plan_is_written_beside_it(*, is_first: bool) -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    apply(desk.replay, plan, "c-9")
    planned, news = desk.world.queue.take(), [work(a_shipment(2))]
    deliver([*news, *planned] if is_first else [*planned, *news], desk.world.delivery)
    assert (desk.world.ifs.values()[FieldName.TRACKING], desk.world.state().attention) == ("1Z0001, 1Z0002", None)
    assert desk.world.memories.of().plans == (plan.plan_id,)


def test_what_is_new_and_could_not_be_saved_has_its_plan_come_again_with_it() -> None:
    desk = Desk(mode="shadow")
    apply(desk.replay, desk.plan(orders=["P1001"]), "c-9")
    messages = [work(a_shipment(2)), *desk.world.queue.take()]
    desk.world.orders.unreadable[a_shipment().order_key] = Permanent(Reason.LEDGER_ITEM, "unreadable")
    assert [ended.saved for ended in deliver(messages, desk.world.delivery)] == [False]
    desk.world.orders.unreadable.clear()
    deliver(messages, desk.world.delivery)
    assert (desk.world.ifs.values()[FieldName.TRACKING], desk.world.state().attention) == ("1Z0001, 1Z0002", None)


def test_a_plan_that_was_outdated_stays_so_when_it_comes_again() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    desk.world.ifs.edit(carrier="DHL")
    deliver(desk.carry_out(plan), desk.world.delivery)
    assert (desk.world.ifs.writes, desk.world.state().attention) == ([], Reason.PLAN_OUTDATED)


@pytest.mark.parametrize(
    ("select", "found"),
    [
        ({"shipments": [1]}, 1),
        ({"shipments": [2]}, 0),
        ({"from": NOON.isoformat(), "to": (NOON + timedelta(hours=1)).isoformat()}, 1),
        ({"to": NOON.isoformat()}, 0),
        ({"outcome": "written"}, 1),
        ({"outcome": "parked"}, 0),
        ({"reason": "not_delivered_yet"}, 1),
        ({"orders": ["P9"]}, 0),
    ],
)
def test_selection(select: dict[str, object], found: int) -> None:
    assert len(Desk().plan(**select).orders) == found


def test_a_dry_run_shows_what_the_rules_of_the_orders_store_would_write() -> None:
    desk = Desk("shadow", a_shipment(store_id=7), stores={"7": {"targets": [WITHOUT_CARRIER]}})
    assert shown(desk.plan(orders=["P1001"])) == {"42": {"tracking": (None, "1Z0001")}}
    desk.carry_out(desk.plan(orders=["P1001"]))
    assert desk.world.ifs.writes == [("42", {FieldName.TRACKING: "1Z0001"})]


def test_a_dry_run_searches_where_the_orders_store_is_delivered() -> None:
    desk = Desk("shadow", a_shipment(store_id=7), stores={"7": {"targets": [ELSEWHERE]}})
    other = desk.world.by_entity_set["OtherSet"] = FakeIfs(a_candidate(a_record(THERE)))
    assert (set(shown(desk.plan(orders=["P1001"]))), other.searches) == ({"9"}, 1)


def test_an_order_is_found_by_its_number_in_the_company_of_any_store() -> None:
    shipment = a_shipment(store_id=7, company="20")
    assert len(Desk("write", shipment, stores={"7": {"company": "20"}}).plan(orders=["P1001"]).orders) == 1


def test_a_dry_run_says_why_an_order_is_parked_that_nobody_can_place() -> None:
    (order,) = Desk("write", a_shipment(skip=Reason.COMBINED_UNKNOWN)).plan(orders=["P1001"]).orders
    assert (order.outcome, order.reason) == (Outcome.PARKED, Reason.COMBINED_UNKNOWN)


def test_a_dry_run_shows_no_second_row_for_one_that_was_made_and_that_ifs_shows_no_more() -> None:
    row = Candidate(record=a_record("L1@P1001", exists=False), named_by=(a_shipment().key,), is_own=False)
    desk = Desk(candidates=[row])
    assert len(desk.world.ifs.writes) == 1
    desk.world.ifs.put(row)
    plan = desk.plan(orders=["P1001"])
    (order,) = plan.orders
    assert (order.outcome, order.reason, plan.records) == (Outcome.RETRY, Reason.NOT_IN_IFS_YET, ())
    deliver([again(order.order, "replay")], desk.world.delivery)
    assert (len(desk.world.ifs.writes), desk.world.state().waiting_for) == (1, Reason.NOT_IN_IFS_YET)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [("P1001", Reason.OUTCOME_UNKNOWN), ("P2", Reason.RECORD_SHARED)],
    ids=["its own", "others"],
)
def test_a_dry_run_shows_what_waits_for_a_write_that_somebody_may_still_carry_out(
    reference: str, reason: Reason
) -> None:
    joined = {**a_connection().ifs.model_dump(), "targets": [{"profile": "shipment_header", "shared": "join"}]}
    lines = [(order, "BOLT", 2) for order in ("P1001", "P2")]
    shipments = a_shipment(), a_shipment(2, reference="P2")
    desk = Desk("write", *shipments, candidates=[a_candidate(a_record(), *lines)], ifs=joined)
    world = desk.world
    world.ifs.edit(tracking=None)
    world.ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "lost"), False))
    deliver([again(shipments[0].order_key)], world.delivery)
    plan = desk.plan(orders=[reference])
    (order,) = plan.orders
    assert (order.outcome, order.reason, plan.records) == (Outcome.RETRY, reason, ())
    deliver([again(order.order, "replay")], world.delivery)
    assert (world.ifs.values()[FieldName.TRACKING], world.state(reference).waiting_for) == (None, reason)
    world.at += LEASE
    assert shown(desk.plan(orders=[reference])) == {"42": {"tracking": (None, "1Z0001, 1Z0002")}}


@pytest.mark.parametrize("step", ["the audit", "the result"])
def test_a_dry_run_knows_what_a_run_wrote_that_died_before(step: str) -> None:
    def died() -> None:
        raise RuntimeError("killed")

    desk = Desk("shadow")
    world = desk.world
    if step == "the audit":
        world.audit.before_put.append(died)
    else:
        world.memories.before_save += [lambda: None, died]
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.values()[FieldName.TRACKING], world.memories.of().intent is None) == ("1Z0001", False)
    world.connection = a_connection(mode="shadow")
    deliver([work(voided(a_shipment()))], world.delivery)
    world.connection, world.at = a_connection(), world.at + LEASE
    plan = desk.plan(orders=["P1001"])
    assert shown(plan) == {"42": {"tracking": ("1Z0001", None), "carrier": ("UPS", None)}}
    desk.carry_out(plan)
    assert (world.ifs.values()[FieldName.TRACKING], world.state().attention) == (None, None)


def test_a_dry_run_shows_no_second_row_while_the_first_may_still_arrive() -> None:
    row = Candidate(record=a_record("L1@P1001", exists=False), named_by=(a_shipment().key,), is_own=False)
    desk = Desk("shadow", candidates=[row])
    world = desk.world
    world.ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "lost"), False))
    deliver([again(a_shipment().order_key)], world.delivery)
    for passed, is_shown in ((timedelta(), False), (LEASE, False), (POST_AGAIN - LEASE, True)):
        world.at += passed
        plan = desk.plan(orders=["P1001"])
        assert (bool(plan.records), plan.orders[0].reason) == (is_shown, None if is_shown else Reason.OUTCOME_UNKNOWN)


def test_pointed_at_another_tenant_the_dry_run_shows_what_its_record_lacks_and_the_plan_writes_it() -> None:
    desk = Desk()
    world, elsewhere = desk.world, Place("other.example.com/ShipmentHandling/ShipmentSet")
    ifs = {**a_connection().ifs.model_dump(), "base_url": "https://other.example.com"}
    world.connection = a_connection(ifs=ifs)
    world.ifs = FakeIfs(a_candidate(a_record(a_key("42", elsewhere), carrier="DHL")))
    plan = desk.plan(orders=["P1001"])
    assert shown(plan) == {"42": {"tracking": (None, "1Z0001"), "carrier": ("DHL", "UPS")}}
    desk.carry_out(plan)
    assert world.ifs.writes == [("42", {FieldName.TRACKING: "1Z0001", FieldName.CARRIER: "UPS"})]


def test_an_empty_selection_is_refused() -> None:
    with pytest.raises(ValidationError, match="name at least one"):
        Selection.model_validate({})
