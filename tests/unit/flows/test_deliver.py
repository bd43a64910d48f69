from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, OpenIntent
from functions.model.records import FieldName, Place, RecordKey
from tests.equipment.builders import a_candidate, a_connection, a_key, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

UNAVAILABLE = Retryable(Reason.IFS_UNAVAILABLE, "GET ShipmentSet: 503")


def test_tracking_and_carrier_arrive_and_the_date_waits_for_the_delivery() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.writes == [("42", {FieldName.TRACKING: "1Z0001", FieldName.CARRIER: "UPS"})]
    fields = world.on().fields
    assert fields[FieldName.SHIP_DATE].reason is Reason.NOT_DELIVERED_YET
    assert world.state().shipments[a_shipment().key].outcome is Outcome.WRITTEN
    assert (world.state().next_attempt_at, world.state().watched) == (None, (world.ifs.key("42"),))


def test_a_look_that_finds_nothing_new_costs_no_write() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    revision = world.state().revision
    (ended,) = deliver([again(a_shipment().order_key)], world.delivery)
    assert (ended.saved, world.state().revision, world.memories.saves) == (True, revision, 2)
    assert ended.cause == again(a_shipment().order_key).cause


def test_the_ship_date_is_written_once_ifs_has_delivered() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.edit(is_delivered=True, ship_date="2026-03-07T00:00:00Z")
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.record().values[FieldName.SHIP_DATE] == "2026-03-05T00:00:00Z"
    assert world.state().next_attempt_at is None


def test_a_date_a_person_corrects_afterwards_is_kept() -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.edit(ship_date="2026-03-09T00:00:00Z")
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.record().values[FieldName.SHIP_DATE] == "2026-03-09T00:00:00Z"
    assert world.on().fields[FieldName.SHIP_DATE].outcome is Outcome.KEPT


def test_a_repeated_message_costs_no_call_and_no_save() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    later = a_shipment(read_at=a_shipment().read_at + timedelta(hours=3))
    assert deliver([work(later)], world.delivery) == []
    assert (world.ifs.searches, len(world.ifs.writes), world.orders.saves) == (1, 1, 2)


def test_a_write_is_announced_before_it_is_made_and_audited_before_its_result_is_stored() -> None:
    world = World(FakeIfs(a_candidate(a_record(carrier="DHL"))))
    seen: list[OpenIntent | None] = []
    world.ifs.before_write.append(lambda: seen.append(world.memories.of().intent))
    deliver([work(a_shipment())], world.delivery)
    (intent,), (entry,) = seen, world.audit.entries
    assert intent is not None
    assert (intent.kind, intent.etag, intent.by) == ("patch", 'W/"1"', "P1001")
    assert world.audit.by_key[a_key(), intent.audit_key] is entry
    assert intent.changes == entry.changes
    assert (entry.changes["carrier"].before, entry.changes["carrier"].after) == ("DHL", "UPS")
    assert entry.changes["carrier"].attribute == "ForwardAgentId"
    assert (entry.outcome, entry.etag_before, entry.etag_after) == (Outcome.WRITTEN, 'W/"1"', 'W/"2"')
    assert (entry.record, entry.orders, entry.shipments) == (a_key(), ("P1001",), (a_shipment().key,))
    assert world.memories.of().intent is None


def test_a_write_costs_two_saves_of_the_record_one_audit_entry_and_the_order_last() -> None:
    """Once before, where the order goes to a record for the first time: should the run die, it leads back there."""
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    deliver([work(a_shipment())], world.delivery)
    seen = (world.memories.saves, len(world.audit.entries), world.orders.saves)
    assert (seen, len(world.ifs.writes)) == ((3, 2, 2), 2)
    deliver([work(voided(a_shipment()))], world.delivery)
    assert (world.memories.saves, len(world.audit.entries), world.orders.saves) == (5, 3, 3)


def test_an_order_knows_of_a_record_before_anything_is_written_there() -> None:
    world = World(FakeIfs(a_candidate()))
    seen: list[tuple[RecordKey, ...]] = []
    world.ifs.before_write.append(lambda: seen.append(world.state().remembered))
    deliver([work(a_shipment())], world.delivery)
    assert seen == [(a_key(),)]


def test_what_agrees_already_is_remembered_and_costs_no_audit_entry() -> None:
    world = World(FakeIfs(a_candidate(a_record(tracking="1Z0001", carrier="UPS", ship_date="2026-03-05T00:00:00Z"))))
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.writes, world.audit.entries) == ([], [])
    assert world.memories.of().of(a_shipment().order_key) != ()
    assert world.state().shipments[a_shipment().key].outcome is Outcome.UNCHANGED


def test_two_parcels_are_joined_whatever_order_they_arrive_in() -> None:
    first, second = a_shipment(1), a_shipment(2)
    for batch in ([first, second], [second, first]):
        world = World(FakeIfs(a_candidate()))
        for shipment in batch:
            deliver([work(shipment)], world.delivery)
        assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001, 1Z0002"


def test_what_does_not_fit_is_reported() -> None:
    shipments = [a_shipment(n, tracking_number=f"1Z1V152Y68278225{n:02}") for n in range(1, 5)]
    world = World(FakeIfs(a_candidate()))
    deliver([work(s) for s in shipments], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z1V152Y6827822501, 1Z1V152Y6827822502"
    assert world.state().attention is Reason.TRACKING_DID_NOT_FIT


def test_a_voided_label_clears_tracking_and_restores_the_carrier() -> None:
    world = World(FakeIfs(a_candidate(a_record(carrier="DHL"))))
    deliver([work(a_shipment())], world.delivery)
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] is None
    assert world.ifs.record().values[FieldName.CARRIER] == "DHL"


def test_a_relabel_replaces_the_voided_number_in_any_order() -> None:
    old, new = a_shipment(1), a_shipment(2)
    for rest in ([voided(old), new], [new, voided(old)]):
        world = World(FakeIfs(a_candidate()))
        deliver([work(old)], world.delivery)
        for shipment in rest:
            deliver([work(shipment)], world.delivery)
        assert world.ifs.record().values[FieldName.TRACKING] == "1Z0002"


def test_a_void_that_overtakes_its_label_writes_nothing() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(voided(a_shipment()))], world.delivery)
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.writes == []


def test_what_a_person_typed_is_kept_also_by_a_void() -> None:
    world = World(FakeIfs(a_candidate(a_record(tracking="BY-HAND-7"))))
    deliver([work(a_shipment())], world.delivery)
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "BY-HAND-7"


def test_an_edit_between_our_read_and_our_write_survives() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.before_write.append(lambda: world.ifs.edit(tracking="BY-HAND-7"))
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "BY-HAND-7"
    assert world.ifs.record().values[FieldName.CARRIER] == "UPS"
    assert world.audit.said() == ["retry", "written"]


def test_endless_conflicts_end_in_a_later_retry() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.before_write = [lambda: world.ifs.edit(site="S1")] * 5
    deliver([work(a_shipment())], world.delivery)
    assert world.state().waiting_for is Reason.CONFLICTS
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"


def test_a_lost_answer_of_a_write_that_arrived_is_settled_by_reading() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "PATCH: timed out"), True))
    deliver([work(a_shipment())], world.delivery)
    assert (len(world.ifs.writes), world.audit.said()) == (1, ["written"])


def test_a_write_that_arrived_although_ifs_tells_of_a_failure_is_ours() -> None:
    world = World(FakeIfs(a_candidate()))
    failure = Retryable(Reason.IFS_UNAVAILABLE, "PATCH: 500 DATABASE_ERROR", scope=Scope.UNCLEAR, status=500)
    world.ifs.write_faults.append((failure, True))
    deliver([work(a_shipment())], world.delivery)
    assert (len(world.ifs.writes), world.audit.said()) == (1, ["written"])
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] is None


@pytest.mark.parametrize(
    "refusal",
    [
        Permanent(Reason.VALUE_REFUSED, "PATCH: 500 ORA-20124", scope=Scope.RECORD, status=500),
        Permanent(Reason.IFS_CONFIGURATION, "PATCH: 400", scope=Scope.UNCLEAR, status=400),
        Retryable(Reason.RECORD_LOCKED, "PATCH: 423", scope=Scope.RECORD, status=423),
    ],
    ids=str,
)
def test_a_write_that_ifs_refused_claims_no_value_that_a_person_typed(refusal: ConnectorError) -> None:
    world = World(FakeIfs(a_candidate(a_record(carrier="UPS"))))
    world.ifs.before_write = [lambda: world.ifs.edit(tracking="1Z0001")]
    world.ifs.write_faults.append((refusal, False))
    deliver([work(a_shipment())], world.delivery)
    assert "written" not in world.audit.said()
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] == "1Z0001"


def test_a_write_that_may_still_arrive_is_not_repeated_before_its_lease_ends() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "PATCH: timed out"), False))
    started = world.at
    deliver([work(a_shipment())], world.delivery)
    assert (world.state().waiting_for, world.state().next_attempt_at) == (Reason.IFS_UNAVAILABLE, started + LEASE)
    world.at += LEASE - timedelta(seconds=1)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.attempts, world.audit.entries) == (1, [])
    world.at += timedelta(seconds=1)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (len(world.ifs.writes), world.audit.said()) == (1, ["retry", "written"])


def test_a_write_that_arrives_after_its_answer_was_lost_is_ours() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "PATCH: timed out"), False))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.edit(tracking="1Z0001", carrier="UPS")
    world.at += LEASE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.writes, world.audit.said()) == ([], ["written"])
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] is None


class Died(Exception):
    """The run ends here, as an environment that is stopped."""


def died() -> None:
    raise Died


def a_world_whose_run_died(*, after: str, ahead: timedelta = timedelta()) -> World:
    world = World(FakeIfs(a_candidate(a_record(carrier="DHL"))))
    world.at += ahead
    if after == "the intent":
        world.ifs.before_write.append(died)
    elif after == "the write":
        world.audit.before_put.append(died)
    else:
        world.memories.before_save += [lambda: None, died]
    (ended,) = deliver([work(a_shipment())], world.delivery)
    assert (ended.saved, ended.fault) == (False, "Died")
    world.at -= ahead
    return world


def test_whoever_finds_a_young_intent_waits_for_its_lease_to_end() -> None:
    world = a_world_whose_run_died(after="the write")
    started = world.at
    world.at += LEASE - timedelta(seconds=1)
    deliver([work(a_shipment())], world.delivery)
    assert (world.state().waiting_for, world.state().next_attempt_at) == (Reason.OUTCOME_UNKNOWN, started + LEASE)
    assert (len(world.ifs.writes), world.audit.entries) == (1, [])


@pytest.mark.parametrize("after", ["the intent", "the write"])
def test_an_intent_of_a_clock_far_ahead_is_held_for_one_lease_from_when_it_is_found(after: str) -> None:
    world = a_world_whose_run_died(after=after, ahead=timedelta(days=1))
    writes, found = len(world.ifs.writes), world.at
    deliver([work(a_shipment())], world.delivery)
    for passed in (timedelta(), LEASE - timedelta(seconds=1)):
        world.at = found + passed
        deliver([again(a_shipment().order_key)], world.delivery)
        assert (world.state().waiting_for, world.state().next_attempt_at) == (Reason.OUTCOME_UNKNOWN, found + LEASE)
        assert (len(world.ifs.writes), world.audit.entries) == (writes, [])
    world.at = found + LEASE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.writes == [("42", {FieldName.TRACKING: "1Z0001", FieldName.CARRIER: "UPS"})]
    assert world.audit.said() == (["retry", "written"] if after == "the intent" else ["written"])
    assert world.memories.of().intent is None


def test_who_found_the_intent_with_a_clock_that_was_ahead_as_well_holds_it_no_longer() -> None:
    world = a_world_whose_run_died(after="the intent", ahead=timedelta(days=2))
    world.at += timedelta(days=1)
    deliver([work(a_shipment())], world.delivery)
    world.at -= timedelta(days=1)
    deliver([again(a_shipment().order_key)], world.delivery)
    world.at += LEASE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (len(world.ifs.writes), world.audit.said()) == (1, ["retry", "written"])


def test_who_finds_an_intent_with_a_clock_that_is_behind_shortens_its_lease_for_nobody() -> None:
    world = a_world_whose_run_died(after="the intent")
    started = world.at
    world.at -= timedelta(days=1)
    deliver([work(a_shipment())], world.delivery)
    world.at = started + LEASE - timedelta(seconds=1)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.attempts, world.audit.entries, world.state().next_attempt_at) == (1, [], started + LEASE)


def test_a_run_that_is_slow_and_whose_clock_is_far_ahead_writes_once_though_its_intent_is_found() -> None:
    world = World(FakeIfs(a_candidate()))
    right = world.at

    def found() -> None:
        world.at = right
        deliver([work(a_shipment())], world.delivery)
        assert (world.ifs.writes, world.audit.entries) == ([], [])
        assert world.memories.of().intent is not None
        world.at = right + timedelta(days=1, minutes=2)

    world.ifs.before_write.append(found)
    world.at = right + timedelta(days=1)
    deliver([work(a_shipment())], world.delivery)
    assert (len(world.ifs.writes), world.audit.said(), world.memories.of().intent) == (1, ["written"], None)
    assert world.memories.of().fields["ProNo"].ours == "1Z0001"


def test_an_entry_that_stands_is_obeyed_at_once_lease_or_not() -> None:
    world = a_world_whose_run_died(after="the audit entry")
    deliver([work(a_shipment())], world.delivery)
    assert (len(world.ifs.writes), world.audit.said(), world.memories.of().intent) == (1, ["written"], None)
    assert world.state().shipments[a_shipment().key].outcome is Outcome.WRITTEN


@pytest.mark.parametrize("after", ["the intent", "the write", "the audit entry"])
def test_a_run_that_died_is_finished_by_the_next_one_and_nothing_is_written_twice(after: str) -> None:
    world = a_world_whose_run_died(after=after)
    world.at += LEASE
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.writes == [("42", {FieldName.TRACKING: "1Z0001", FieldName.CARRIER: "UPS"})]
    assert world.audit.said() == (["retry", "written"] if after == "the intent" else ["written"])
    assert world.memories.of().intent is None
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] is None
    assert world.ifs.values()[FieldName.CARRIER] == "DHL"


def test_an_attribute_that_ifs_drops_is_parked_as_not_stored() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.dropped = {FieldName.CARRIER}
    deliver([work(a_shipment())], world.delivery)
    assert world.state().attention is Reason.NOT_STORED
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"


def test_one_refused_field_does_not_keep_the_others_from_being_stored() -> None:
    world = World(FakeIfs(a_candidate()))
    unknown = Permanent(Reason.UNKNOWN_IN_IFS, "ForwarderInfo.FND_RECORD_NOT_EXIST")
    world.ifs.refuses = {FieldName.CARRIER: unknown}
    deliver([work(a_shipment())], world.delivery)
    fields = world.on().fields
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"
    assert (fields["tracking"].outcome, fields["carrier"].reason) == (Outcome.WRITTEN, Reason.UNKNOWN_IN_IFS)
    assert world.state().attention is Reason.UNKNOWN_IN_IFS


def test_a_field_that_failed_for_now_is_tried_again_beside_one_that_is_parked() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.refuses = {FieldName.CARRIER: Permanent(Reason.UNKNOWN_IN_IFS, "ForwarderInfo")}
    world.ifs.write_faults.append((Retryable(Reason.RECORD_LOCKED, "locked"), False))
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] is None
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"


def test_a_business_refusal_is_parked_and_not_repeated() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.write_faults += 3 * [(Permanent(Reason.REFUSED_BY_IFS, "Shipment.CANCELEDNOUPD"), False)]
    deliver([work(a_shipment())], world.delivery)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.state().attention is Reason.REFUSED_BY_IFS
    assert world.ifs.writes == []
    deliver([again(a_shipment().order_key, "replay")], world.delivery)
    assert len(world.ifs.writes) == 1


def test_a_reference_that_ifs_cannot_read_holds_up_no_other_order() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.unreadable = "P\u0001"
    strange = a_shipment(2, reference=world.ifs.unreadable)
    deliver([work(a_shipment()), work(strange)], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"
    assert world.orders.states[strange.order_key].waiting_for is Reason.IFS_CONFIGURATION


def test_an_outage_keeps_the_shipment_and_tries_again() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.find_faults.append(UNAVAILABLE)
    (ended,) = deliver([work(a_shipment())], world.delivery)
    assert ended.saved
    assert world.state().waiting_for is Reason.IFS_UNAVAILABLE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"


def test_waits_grow_and_a_new_reason_starts_them_anew() -> None:
    world = World(FakeIfs())
    deliver([work(a_shipment())], world.delivery)
    delays = []
    for _ in range(8):
        world.at = world.state().next_attempt_at or world.at
        deliver([again(a_shipment().order_key)], world.delivery)
        delays.append((world.state().next_attempt_at or world.at) - world.at)
    assert [d.total_seconds() for d in delays] == [120, 240, 480, 960, 1920, 3600, 3600, 3600]
    world.ifs.put(a_candidate())
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.state().waiting_for, world.state().attempts) == (Reason.NOT_DELIVERED_YET, 0)


def test_an_order_ifs_never_learns_of_is_parked_after_the_patience() -> None:
    world = World(FakeIfs())
    deliver([work(a_shipment())], world.delivery)
    world.at += timedelta(days=14)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.state().attention is Reason.NEVER_FOUND
    assert world.state().next_attempt_at is None


def test_a_label_before_go_live_is_skipped_without_a_call() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(go_live_at="2026-04-01T00:00:00Z"))
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.searches, world.ifs.writes) == (0, [])
    assert world.state().shipments[a_shipment().key].reason is Reason.BEFORE_GO_LIVE


def test_shadow_mode_says_what_it_would_write_once_and_writes_nothing() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(mode="shadow"))
    deliver([work(a_shipment())], world.delivery)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.writes == []
    assert world.audit.said() == ["would_write"]
    assert world.memories.saves == 0
    assert world.state().shipments[a_shipment().key].outcome is Outcome.WOULD_WRITE


def test_an_unmapped_carrier_never_holds_up_the_tracking_number() -> None:
    world = World(FakeIfs(a_candidate(a_record(carrier="DHL"))))
    deliver([work(a_shipment(carrier_code="ontrac"))], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"
    assert world.ifs.record().values[FieldName.CARRIER] == "DHL"
    assert world.state().attention is Reason.CARRIER_UNMAPPED


def test_pointed_at_another_tenant_everything_is_delivered_again() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    other = a_key(place=Place("other.example.com/ShipmentHandling/ShipmentSet"))
    world.ifs = FakeIfs(a_candidate(a_record(other, carrier="DHL")))
    ifs = {**world.connection.ifs.model_dump(), "base_url": "https://OTHER.example.com"}
    world.connection = a_connection(ifs=ifs)
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] == "1Z0001"
    assert (world.state().remembered, world.state().past) == ((other,), (a_key(),))
    assert set(world.memories.items) == {a_key(), other}
    deliver([work(voided(a_shipment()))], world.delivery)
    assert (world.ifs.values()[FieldName.TRACKING], world.ifs.values()[FieldName.CARRIER]) == (None, "DHL")


def test_an_order_that_another_run_saved_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment(1))], world.delivery)
    key = a_shipment().order_key
    stale = world.orders.states[key]
    monkeypatch.setattr(world.orders, "load", lambda _: {key: stale.model_copy(update={"revision": 0})})
    (ended,) = deliver([work(a_shipment(2))], world.delivery)
    assert not ended.saved


def test_an_order_without_time_left_is_saved_for_later() -> None:
    world = World(FakeIfs(a_candidate()))
    world.time_left = False
    (ended,) = deliver([work(a_shipment())], world.delivery)
    assert ended.saved
    assert world.state().waiting_for is Reason.OUT_OF_TIME


def test_no_row_is_made_for_a_label_that_was_taken_back_before_it_could_be_written() -> None:
    ifs = {**a_connection().ifs.model_dump(), "targets": [CUSTOM_ENTITY]}
    absent = a_record(a_key("L1@P1001", Place("ifs.example.com/P/S")), etag="", exists=False)
    candidate = a_candidate(absent).model_copy(update={"named_by": (a_shipment().key,)})
    rehearsed = World(FakeIfs(candidate), a_connection(mode="shadow", ifs=ifs))
    deliver([work(a_shipment())], rehearsed.delivery)
    assert rehearsed.state().shipments[a_shipment().key].outcome is Outcome.WOULD_WRITE
    rehearsed.connection = a_connection(ifs=ifs)
    deliver([work(voided(a_shipment()))], rehearsed.delivery)
    assert rehearsed.ifs.writes == []


CUSTOM_ENTITY = {
    "profile": "custom_entity",
    "projection": "P",
    "entity_set": "S",
    "id_attribute": "Id",
    "order_attribute": "OrderNo",
    "tracking": {"attribute": "TrackingNo"},
    "status": {"attribute": "Status", "policy": "always"},
}


def test_what_was_written_before_the_time_was_over_is_recorded_and_the_date_waits() -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))

    def end() -> None:
        world.time_left = False

    world.ifs.before_write.append(end)
    deliver([work(a_shipment())], world.delivery)
    assert (world.state().waiting_for, len(world.ifs.writes)) == (Reason.OUT_OF_TIME, 1)
    memory = world.memories.of()
    assert (memory.intent, memory.fields["ProNo"].ours, memory.fields["ProNo"].outcome) == (
        None,
        "1Z0001",
        Outcome.WRITTEN,
    )


def test_while_ifs_names_a_later_time_the_next_field_waits_for_it() -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    busy = Retryable(Reason.IFS_UNAVAILABLE, "429", status=429, retry_after_seconds=700, scope=Scope.TENANT)
    world.ifs.write_faults.append((busy, False))
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.attempts, world.state().next_attempt_at) == (1, world.at + timedelta(seconds=700))
