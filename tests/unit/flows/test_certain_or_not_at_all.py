"""A record takes a shipment because something says so with certainty, or the shipment waits."""

from __future__ import annotations

from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Candidate, FieldName
from functions.model.shipment import Item, Shipment
from tests.equipment.builders import a_candidate, a_record, a_shipment, again, work
from tests.equipment.delivery_fakes import FakeIfs, World

TRACKING = FieldName.TRACKING


def bolt(number: int = 1, **overrides: object) -> Shipment:
    return a_shipment(number, **overrides)


def nut(number: int = 2, **overrides: object) -> Shipment:
    return a_shipment(number, items=(Item(sku="NUT", quantity=1),), **overrides)


def test_the_goods_of_a_shipment_that_does_not_exist_yet_wait_for_it() -> None:
    for batches in ([[bolt(), nut()]], [[bolt()], [nut()]], [[nut()], [bolt()]]):
        world = World(FakeIfs(a_candidate(a_record("19"), ("P1001", "BOLT", 2))))
        for batch in batches:
            deliver([work(parcel) for parcel in batch], world.delivery)
        assert world.ifs.values("19")[TRACKING] == "1Z0001"
        world.ifs.put(a_candidate(a_record("20"), ("P1001", "NUT", 1)))
        deliver([again(bolt().order_key)], world.delivery)
        assert (world.ifs.values("19")[TRACKING], world.ifs.values("20")[TRACKING]) == ("1Z0001", "1Z0002")


def test_a_reference_that_stands_for_two_orders_is_not_written_to_the_only_shipment_there_is() -> None:
    of_c1 = a_candidate(a_record("19"), ("P7001", "BOLT", 2)).model_copy(update={"orders": ("P7001", "P7002")})
    world = World(FakeIfs(found_by_po(of_c1)))
    deliver([work(nut(reference="PO-1001"))], world.delivery)
    (state,) = world.state().shipments.values()
    assert world.ifs.writes == []
    assert (state.outcome, state.reason, state.choices) == (Outcome.PARKED, Reason.AMBIGUOUS_TARGET, ("19",))


def found_by_po(candidate: Candidate) -> Candidate:
    """Its lines carry the order's number, not the reference that was looked for."""
    lines = tuple(line.model_copy(update={"order_reference": "PO-1001"}) for line in candidate.lines)
    return candidate.model_copy(update={"lines": lines, "orders": ("PO-1001", "P7002")})


def test_goods_that_no_ifs_part_knows_contradict_nothing() -> None:
    world = World(FakeIfs(a_candidate(a_record("19"), ("P1001", "PART-7", 2))))
    parcels = [a_shipment(n, items=(Item(sku=f"SKU-{n}", quantity=1),)) for n in (1, 2)]
    deliver([work(parcel) for parcel in parcels], world.delivery)
    assert world.ifs.values("19")[TRACKING] == "1Z0001, 1Z0002"


def test_a_record_of_another_company_is_parked() -> None:
    world = World(FakeIfs(a_candidate(a_record("19", company="20"))))
    deliver([work(bolt())], world.delivery)
    assert (world.ifs.writes, world.state().attention) == ([], Reason.WRONG_COMPANY)


def test_a_stated_id_overrides_neither_company_nor_sharing() -> None:
    for candidate, reason in (
        (a_candidate(a_record("19", company="20")), Reason.WRONG_COMPANY),
        (a_candidate(a_record("19"), ("P1001", "BOLT", 2), ("P9", "NUT", 1)), Reason.SHARED_TARGET),
    ):
        world = World(FakeIfs(candidate.model_copy(update={"named_by": (bolt().key,)})))
        deliver([work(bolt())], world.delivery)
        assert (world.ifs.writes, world.state().attention) == ([], reason)


def test_lines_of_another_kind_of_source_make_a_record_somebody_elses_too() -> None:
    world = World(FakeIfs(a_candidate(a_record("19"), ("P1001", "BOLT", 2), ("ProjectDeliverables 7", "BOLT", 1))))
    deliver([work(bolt())], world.delivery)
    assert (world.ifs.writes, world.state().attention) == ([], Reason.SHARED_TARGET)
