"""What is kept for a person written over, once, as a plan: these fields alone, and only as it was shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.operations.carry_out import progress, send
from functions.flows.to_ifs.revert import carry_out
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan
from functions.model.record_memory import LEASE
from functions.model.records import FieldName
from functions.model.shipment import Shipment
from tests.equipment.builders import a_candidate, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.plans import a_replay, apply, draw_overwrite, draw_revert

ORDER = a_shipment().order_key
TYPED = (Outcome.KEPT, Reason.TYPED_BY_A_PERSON)


class Desk:
    """An order that was delivered, and over whose values a colleague typed."""

    def __init__(self, *shipments: Shipment, **connection: Any) -> None:
        self.world = World(FakeIfs(a_candidate()), a_connection(**connection))
        self.deliver(*(work(shipment) for shipment in shipments or (a_shipment(),)))

    def deliver(self, *messages: DeliverOrder) -> None:
        carry_out([*messages, *self.world.queue.take()], self.world.delivery)
        while waiting := self.world.queue.take():
            carry_out(waiting, self.world.delivery)

    def type(self, **values: str | None) -> None:
        self.world.ifs.edit("42", **values)
        self.deliver(again(ORDER))

    def drawn(self, *fields: str, plan_id: str = "over") -> Plan:
        return draw_overwrite(a_replay(self.world), ["P1001"], *fields, plan_id=plan_id)

    def applied(self, plan: Plan) -> None:
        apply(a_replay(self.world), plan, "c-1")
        self.deliver()

    def overwritten(self, *fields: str) -> Plan:
        plan = self.drawn(*fields)
        self.applied(plan)
        return plan

    def value(self, name: str = "tracking") -> str | None:
        return self.world.ifs.values()[FieldName(name)]

    def field(self, name: str = "tracking") -> tuple[Outcome, Reason | None]:
        found = self.world.on().fields[name]
        return found.outcome, found.reason

    def head(self, plan: Plan) -> Plan:
        found = a_replay(self.world).plans.head(plan.plan_id)
        assert found is not None
        return found

    def go_on(self, plan: Plan) -> Plan:
        head = self.head(plan)
        self.world.at = head.due_at or self.world.at
        after = send(a_replay(self.world), head, "c-2")
        self.deliver()
        return after


def typed_over(**connection: Any) -> Desk:
    desk = Desk(**connection)
    desk.type(tracking="BY HAND", carrier="DHL")
    assert desk.field() == TYPED
    return desk


def changes(plan: Plan) -> dict[str, tuple[str | None, str | None]]:
    return {name: change.values for record in plan.records for name, change in record.changes.items()}


def test_the_dry_run_shows_the_field_that_is_named_and_writes_nothing() -> None:
    desk = typed_over()
    writes = len(desk.world.ifs.writes)
    plan = desk.drawn("tracking")
    assert changes(plan) == {"tracking": ("BY HAND", "1Z0001")}
    assert (plan.would_change, plan.to_send, len(desk.world.ifs.writes)) == (1, 1, writes)
    desk.deliver(again(ORDER))
    assert desk.value() == "BY HAND"


def test_the_field_is_written_over_and_nothing_else_of_the_order() -> None:
    desk = typed_over()
    desk.world.connection = a_connection(carriers={"ups": "UPS-NEW", "stamps_com": "USPS"})
    desk.world.ifs.edit(ship_date=None)
    desk.overwritten("tracking")
    assert desk.world.ifs.writes[-1] == ("42", {FieldName.TRACKING: "1Z0001"})
    assert (desk.value("carrier"), desk.value("ship_date")) == ("DHL", None)
    assert (desk.field(), desk.field("carrier")) == ((Outcome.WRITTEN, None), TYPED)


def test_it_is_ours_from_then_on_as_if_it_had_been_written_by_a_delivery() -> None:
    desk = typed_over()
    desk.overwritten("tracking")
    desk.deliver(work(a_shipment(2)))
    assert desk.value() == "1Z0001, 1Z0002"
    desk.deliver(work(voided(a_shipment())), work(voided(a_shipment(2))))
    assert desk.value() is None


def test_the_audit_says_who_wrote_over_what_and_why() -> None:
    desk = typed_over()
    desk.overwritten("tracking")
    entry = desk.world.audit.entries[-1]
    assert entry.changes["tracking"].values == ("BY HAND", "1Z0001")
    assert (entry.cause.kind, entry.cause.by, entry.cause.note) == ("overwrite", "kim", "the label is right")
    assert entry.cause.plan_id == "over"


@pytest.mark.parametrize("meanwhile", ["ANOTHER", None])
@pytest.mark.parametrize("when", ["before apply", "during the write"])
def test_a_value_that_changed_again_is_left_and_the_field_says_so(meanwhile: str | None, when: str) -> None:
    desk = typed_over()
    plan = desk.drawn("tracking", "carrier")
    known = desk.world.memories.of().fields["ProNo"]

    def edit() -> None:
        desk.world.ifs.edit(tracking=meanwhile)

    edit() if when == "before apply" else desk.world.ifs.before_write.append(edit)
    desk.applied(plan)
    assert desk.value() == meanwhile
    assert desk.field() == (Outcome.PARKED, Reason.PLAN_OUTDATED)
    assert desk.world.state().attention is Reason.PLAN_OUTDATED
    assert desk.world.memories.of().fields["ProNo"].ours == known.ours
    assert (desk.value("carrier"), desk.field("carrier")) == ("UPS", (Outcome.WRITTEN, None))
    assert progress(a_replay(desk.world), desk.head(plan)).left == 0


def test_a_label_that_came_after_the_dry_run_makes_it_outdated() -> None:
    desk = typed_over()
    plan = desk.drawn("tracking")
    desk.deliver(work(a_shipment(2)))
    desk.applied(plan)
    assert (desk.value(), desk.field()) == ("BY HAND", (Outcome.PARKED, Reason.PLAN_OUTDATED))


def test_a_label_that_was_voided_after_the_dry_run_is_not_written() -> None:
    desk = typed_over()
    plan = desk.drawn("tracking")
    desk.deliver(work(voided(a_shipment())))
    desk.applied(plan)
    assert (desk.value(), desk.field()) == ("BY HAND", (Outcome.PARKED, Reason.PLAN_OUTDATED))


def test_what_a_person_corrected_meanwhile_needs_no_write() -> None:
    desk = typed_over()
    plan = desk.drawn("tracking")
    desk.world.ifs.edit(tracking="1z0001")
    desk.applied(plan)
    assert (desk.value(), desk.field()) == ("1z0001", (Outcome.UNCHANGED, None))


def test_once_whatever_a_person_types_afterwards_and_however_often_it_arrives() -> None:
    desk = typed_over()
    plan = desk.drawn("tracking")
    apply(a_replay(desk.world), plan, "c-1")
    messages = desk.world.queue.take()
    desk.deliver(*messages)
    desk.type(tracking="BY HAND")
    desk.deliver(*messages)
    assert (desk.value(), desk.field()) == ("BY HAND", TYPED)


def reverted(desk: Desk) -> None:
    plan = desk.overwritten("tracking")
    back = draw_revert(a_replay(desk.world), plan, plan_id="back", by="ann", note="too early")
    desk.applied(back)
    assert (desk.value(), desk.field()) == ("BY HAND", (Outcome.KEPT, Reason.REVERTED))


def test_an_overwrite_is_taken_back_like_any_plan_and_may_be_asked_for_again() -> None:
    desk = typed_over()
    reverted(desk)
    plan = desk.drawn("tracking", plan_id="once more")
    assert changes(plan) == {"tracking": ("BY HAND", "1Z0001")}
    desk.applied(plan)
    assert (desk.value(), desk.field()) == ("1Z0001", (Outcome.WRITTEN, None))
    desk.deliver(again(ORDER))
    assert desk.field() == (Outcome.WRITTEN, None)


def test_a_replay_that_waits_for_ifs_is_carried_out_after_an_overwrite_of_another_field() -> None:
    desk = typed_over()
    plan = desk.overwritten("carrier")
    desk.applied(draw_revert(a_replay(desk.world), plan, plan_id="back", by="ann", note="too early"))
    desk.world.ifs.edit(carrier=None)
    desk.world.ifs.find_faults = [Retryable(Reason.IFS_UNAVAILABLE, "503", scope=Scope.TENANT, status=503)]
    asked = again(ORDER, "replay", by="kim", note="the carrier after all", plan_id=None)
    desk.deliver(asked)
    desk.world.ifs.find_faults = []
    desk.applied(desk.drawn("tracking", plan_id="another field"))
    assert (desk.value(), desk.world.state().asked_by) == ("1Z0001", asked.cause)
    desk.world.at += timedelta(hours=1)
    desk.deliver(again(ORDER))
    assert (desk.value("carrier"), desk.field("carrier")) == ("UPS", (Outcome.WRITTEN, None))


def if_empty(**rule: str) -> dict[str, Any]:
    target = {"profile": "shipment_header", "tracking": {"attribute": "ProNo", "policy": "if_empty", **rule}}
    return {**a_connection().ifs.model_dump(), "targets": [target]}


def test_what_the_policy_keeps_is_written_over_too_and_kept_again_afterwards() -> None:
    desk = Desk(ifs=if_empty())
    desk.deliver(work(a_shipment(2)))
    assert (desk.value(), desk.field()) == ("1Z0001", (Outcome.KEPT, Reason.NOT_EMPTY))
    desk.overwritten("tracking")
    assert desk.value() == "1Z0001, 1Z0002"
    desk.deliver(work(a_shipment(3)))
    assert (desk.value(), desk.field()) == ("1Z0001, 1Z0002", (Outcome.KEPT, Reason.NOT_EMPTY))


def nothing_kept(desk: Desk) -> None:
    desk.type(tracking="1Z0001", carrier="UPS")


def emptied(desk: Desk) -> None:
    desk.world.ifs.edit(tracking=None)


def no_label(desk: Desk) -> None:
    desk.type(tracking="1Z0001")
    desk.deliver(work(voided(a_shipment())))


def shadow(desk: Desk) -> None:
    desk.world.connection = a_connection(mode="shadow")


def shared(desk: Desk) -> None:
    desk.world.ifs.put(a_candidate(desk.world.ifs.record(), ("P1001", "BOLT", 9), ("P2", "BOLT", 9)))


@pytest.mark.parametrize(
    ("why", "told"),
    [
        pytest.param(nothing_kept, None, id="nothing is kept"),
        pytest.param(emptied, None, id="it was emptied"),
        pytest.param(no_label, Reason.VOIDED, id="no label gives a value"),
        pytest.param(shadow, Reason.MODE_OFF, id="shadow mode"),
        pytest.param(shared, Reason.SHARED_TARGET, id="a shared record"),
    ],
)
def test_where_nothing_is_kept_or_nothing_may_be_written_nothing_is_shown(
    why: Callable[[Desk], None], told: Reason | None
) -> None:
    desk = typed_over()
    why(desk)
    plan = desk.drawn("tracking")
    (order,) = plan.orders
    assert (changes(plan), order.reason, plan.undecided) == ({}, told, 0)
    before = desk.value()
    desk.applied(plan)
    assert desk.value() == before


@pytest.mark.parametrize("where", ["search", "write"])
def test_what_could_not_be_written_for_a_passing_fault_is_sent_again_until_it_is(where: str) -> None:
    desk = typed_over()
    plan = desk.drawn("tracking")
    out = Retryable(Reason.IFS_UNAVAILABLE, "503")
    desk.world.ifs.find_faults += [out] if where == "search" else []
    desk.world.ifs.write_faults += [(out, False)] if where == "write" else []
    desk.applied(plan)
    assert (desk.value(), desk.field()) == ("BY HAND", TYPED)
    assert progress(a_replay(desk.world), desk.head(plan)).left == 1
    desk.go_on(plan)
    assert (desk.value(), progress(a_replay(desk.world), desk.head(plan)).left) == ("1Z0001", 0)
    assert desk.go_on(plan).status == "applied"


@pytest.mark.parametrize("is_stored", [True, False])
def test_whoever_finds_an_overwrite_whose_answer_was_lost_ends_it(*, is_stored: bool) -> None:
    desk = typed_over()
    plan, ifs = desk.drawn("tracking"), desk.world.ifs
    ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "lost"), is_stored))
    ifs.before_write.append(lambda: ifs.read_faults.append(Retryable(Reason.IFS_UNAVAILABLE, "503")))
    apply(a_replay(desk.world), plan, "c-1")
    carry_out(desk.world.queue.take(), desk.world.delivery)
    desk.world.at += LEASE
    desk.deliver(again(ORDER))
    assert desk.value() == ("1Z0001" if is_stored else "BY HAND")
    desk.go_on(plan)
    assert (desk.value(), desk.field()) == ("1Z0001", (Outcome.WRITTEN, None))
    assert len([write for write in ifs.writes if write[1] == {FieldName.TRACKING: "1Z0001"}]) == 1


def test_a_refusal_parks_the_field_and_calls_a_person() -> None:
    desk = typed_over()
    plan = desk.drawn("tracking")
    desk.world.ifs.refuses[FieldName.TRACKING] = Permanent(Reason.VALUE_REFUSED, "400")
    apply(a_replay(desk.world), plan, "c-1")
    assert [ended.calls for ended in carry_out(desk.world.queue.take(), desk.world.delivery)] == [True]
    assert desk.field() == (Outcome.PARKED, Reason.VALUE_REFUSED)
    assert desk.world.state().attention is Reason.VALUE_REFUSED


def test_a_cancelled_one_writes_nothing() -> None:
    desk = typed_over()
    plan, replay = desk.drawn("tracking"), a_replay(desk.world)
    apply(replay, plan, "c-1")
    head = desk.head(plan)
    assert head.applied is not None
    assert replay.plans.save(head.cancelling(head.applied)) is not None
    desk.deliver()
    assert desk.value() == "BY HAND"


def test_one_that_has_expired_writes_nothing() -> None:
    desk = typed_over()
    plan = desk.drawn("tracking")
    apply(a_replay(desk.world), plan, "c-1")
    desk.world.at = plan.expires_at
    desk.deliver()
    assert desk.value() == "BY HAND"


def test_a_pause_of_the_site_holds_it_and_its_end_lets_it_go_on() -> None:
    desk = typed_over()
    desk.world.ifs.edit(site="1")
    plan = desk.drawn("tracking")
    rests = a_connection()
    rests._paused = frozenset({"site 1"})  # noqa: SLF001 # what `operated` makes of a desk
    desk.world.connection = rests
    desk.applied(plan)
    assert desk.value() == "BY HAND"
    desk.world.connection = a_connection()
    desk.go_on(plan)
    assert desk.value() == "1Z0001"


def test_a_row_of_its_own_is_not_made_by_it() -> None:
    desk = typed_over()
    desk.world.ifs.put(a_candidate(a_record(exists=False)))
    assert changes(desk.drawn("tracking")) == {}


def test_nothing_is_written_over_in_an_attribute_that_was_not_shown() -> None:
    desk = Desk()
    desk.type(tracking="TYPED")
    plan = desk.drawn("tracking")
    targets = [{"profile": "shipment_header", "tracking": {"attribute": "OtherNo"}}]
    desk.world.connection = a_connection(ifs={**a_connection().ifs.model_dump(), "targets": targets})
    desk.applied(plan)
    assert (desk.value(), desk.field()) == ("TYPED", (Outcome.PARKED, Reason.PLAN_OUTDATED))
