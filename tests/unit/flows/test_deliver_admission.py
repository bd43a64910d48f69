from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.flows.to_ifs.deliver import deliver
from functions.model.messages import Admission, DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.records import FieldName
from functions.model.shipment import Shipment
from tests.equipment.builders import a_candidate, a_cause, a_connection, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World


def admitted(shipment: Shipment, admission: Admission) -> DeliverOrder:
    return DeliverOrder(order=shipment.order_key, cause=a_cause("backfill"), shipment=shipment, admission=admission)


def a_world(**overrides: Any) -> World:
    """Its shipments are older than go-live."""
    return World(FakeIfs(a_candidate()), a_connection(**{"go_live_at": "2026-04-01T00:00:00Z", **overrides}))


def ended(world: World, shipment: Shipment | None = None) -> tuple[Outcome, Reason | None]:
    known = world.state().shipments[(shipment or a_shipment()).key]
    return known.outcome, known.reason


def tracking(world: World) -> str | None:
    return world.ifs.record().values[FieldName.TRACKING]


def test_a_backfill_by_name_writes_what_is_older_than_go_live() -> None:
    world = a_world()
    deliver([admitted(a_shipment(), "named")], world.delivery)
    assert tracking(world) == "1Z0001"


def test_what_a_backfill_let_in_stays_in_when_it_is_voided() -> None:
    world = a_world()
    deliver([admitted(a_shipment(), "named")], world.delivery)
    deliver([work(voided(a_shipment()))], world.delivery)
    assert tracking(world) is None


def test_a_second_parcel_nobody_named_stays_out() -> None:
    world = a_world()
    deliver([admitted(a_shipment(1), "named"), work(a_shipment(2))], world.delivery)
    assert tracking(world) == "1Z0001"
    assert ended(world, a_shipment(2)) == (Outcome.SKIPPED, Reason.BEFORE_GO_LIVE)


@pytest.mark.parametrize("first", [None, "baseline"], ids=["skipped as too old", "recorded by a baseline"])
@pytest.mark.parametrize("hours", [0, 5, -5], ids=["the same reading", "a later one", "an older one"])
def test_naming_what_was_recorded_and_skipped_is_news(first: Admission | None, hours: int) -> None:
    world = a_world()
    deliver([admitted(a_shipment(), first) if first else work(a_shipment())], world.delivery)
    again_read = a_shipment(read_at=a_shipment().read_at + timedelta(hours=hours))
    (ended,) = deliver([admitted(again_read, "named")], world.delivery)
    assert ended.saved
    assert tracking(world) == "1Z0001"


def test_naming_what_is_settled_already_is_no_news() -> None:
    world = a_world(go_live_at="2026-01-01T00:00:00Z")
    deliver([work(a_shipment())], world.delivery)
    assert deliver([admitted(a_shipment(), "named")], world.delivery) == []
    assert world.ifs.searches == 1


def test_a_void_that_was_read_first_is_not_undone_by_naming_the_older_label() -> None:
    world = a_world()
    deliver([work(voided(a_shipment()))], world.delivery)
    deliver([admitted(a_shipment(), "named")], world.delivery)
    assert world.ifs.writes == []
    assert world.state().shipments[a_shipment().key].shipment.is_voided


@pytest.mark.parametrize("go_live_at", ["2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"], ids=["younger", "older"])
def test_a_baseline_records_and_writes_nothing_without_a_call(go_live_at: str) -> None:
    world = a_world(go_live_at=go_live_at)
    deliver([admitted(a_shipment(), "baseline")], world.delivery)
    assert ended(world) == (Outcome.SKIPPED, Reason.BASELINE)
    assert (world.ifs.searches, world.ifs.writes, world.state().next_attempt_at) == (0, [], None)


def test_what_a_baseline_recorded_stays_out_also_when_it_is_voided() -> None:
    world = a_world(go_live_at="2026-01-01T00:00:00Z")
    deliver([admitted(a_shipment(), "baseline")], world.delivery)
    assert deliver([work(a_shipment())], world.delivery) == []
    deliver([work(voided(a_shipment()))], world.delivery)
    assert ended(world) == (Outcome.SKIPPED, Reason.BASELINE)
    assert world.state().shipments[a_shipment().key].shipment.is_voided
    assert world.ifs.searches == 0


def test_a_new_parcel_of_an_order_in_the_baseline_is_written_alone() -> None:
    world = a_world(go_live_at="2026-01-01T00:00:00Z")
    deliver([admitted(a_shipment(1), "baseline"), work(a_shipment(2))], world.delivery)
    assert tracking(world) == "1Z0002"


def test_a_baseline_over_what_was_written_changes_nothing_and_its_void_still_counts() -> None:
    world = a_world(go_live_at="2026-01-01T00:00:00Z")
    deliver([work(a_shipment())], world.delivery)
    before = world.state()
    assert deliver([admitted(a_shipment(), "baseline")], world.delivery) == []
    assert world.state() == before
    deliver([work(voided(a_shipment()))], world.delivery)
    assert tracking(world) is None


def test_a_void_that_a_baseline_reads_of_a_written_label_counts_as_any_other() -> None:
    world = a_world(go_live_at="2026-01-01T00:00:00Z")
    deliver([work(a_shipment()), admitted(voided(a_shipment()), "baseline")], world.delivery)
    assert ended(world)[0] is not Outcome.SKIPPED
    assert world.state().shipments[a_shipment().key].admission is None


def test_a_baseline_over_what_was_named_takes_nothing_back() -> None:
    world = a_world()
    deliver([admitted(a_shipment(), "named")], world.delivery)
    deliver([admitted(a_shipment(), "baseline"), work(voided(a_shipment()))], world.delivery)
    assert tracking(world) is None


def test_a_baseline_over_what_waits_leaves_it_waiting() -> None:
    world = World(FakeIfs())
    deliver([work(a_shipment())], world.delivery)
    deliver([admitted(a_shipment(), "baseline")], world.delivery)
    assert ended(world) == (Outcome.WAITING, Reason.NOT_IN_IFS_YET)


def test_a_baseline_over_what_was_too_old_is_remembered() -> None:
    """Go-live may move back later; the baseline still holds."""
    world = a_world()
    deliver([work(a_shipment()), admitted(a_shipment(), "baseline")], world.delivery)
    world.connection = a_connection()
    deliver([work(voided(a_shipment()))], world.delivery)
    assert ended(world) == (Outcome.SKIPPED, Reason.BASELINE)


def test_a_parcel_whose_combined_order_is_unknown_calls_a_person_and_writes_nothing() -> None:
    world = World(FakeIfs(a_candidate()))
    unknown = a_shipment(skip=Reason.COMBINED_UNKNOWN)
    for message in (work(unknown), again(unknown.order_key, "replay"), work(voided(unknown))):
        deliver([message], world.delivery)
        assert ended(world) == (Outcome.PARKED, Reason.COMBINED_UNKNOWN)
        assert world.state().attention is Reason.COMBINED_UNKNOWN
    assert (world.ifs.searches, world.state().next_attempt_at) == (0, None)


def test_a_parcel_whose_combined_order_is_unknown_does_not_hold_up_its_neighbours() -> None:
    world = World(FakeIfs(a_candidate()))
    unknown = a_shipment(2, skip=Reason.COMBINED_UNKNOWN)
    deliver([work(a_shipment(1)), work(unknown)], world.delivery)
    assert tracking(world) == "1Z0001"
    assert ended(world, unknown) == (Outcome.PARKED, Reason.COMBINED_UNKNOWN)
    assert world.state().attention is Reason.COMBINED_UNKNOWN


def test_a_combined_order_that_becomes_known_is_written() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment(skip=Reason.COMBINED_UNKNOWN))], world.delivery)
    deliver([work(a_shipment())], world.delivery)
    assert tracking(world) == "1Z0001"
    assert world.state().attention is None


def test_a_baseline_silences_a_combined_order_that_is_unknown() -> None:
    world = World(FakeIfs(a_candidate()))
    unknown = a_shipment(skip=Reason.COMBINED_UNKNOWN)
    deliver([work(unknown), admitted(unknown, "baseline")], world.delivery)
    assert ended(world) == (Outcome.SKIPPED, Reason.BASELINE)
    assert world.state().attention is None


def test_a_store_that_is_let_in_again_needs_a_backfill_by_name() -> None:
    world = a_world(stores={"exclude": [7]})
    shipment = a_shipment(store_id=7)
    deliver([work(shipment)], world.delivery)
    world.connection = a_connection()
    deliver([again(shipment.order_key)], world.delivery)
    assert world.ifs.writes == []
    deliver([admitted(shipment, "named")], world.delivery)
    assert tracking(world) == "1Z0001"
