from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.flows.from_shipstation.crosscheck import ASKED_AT_ONCE, CrossCheck
from functions.model.cursors import Stream
from functions.model.facts import OrderReading
from functions.model.messages import Admission
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON, a_cause, a_shipment, voided
from tests.equipment.reading_fakes import Setting, an_order, page

WRONG = a_shipment(reference="WRONG").order_key


class Check:
    def __init__(self, **connection: Any) -> None:
        self.setting = Setting(**connection)
        self.ledger, self.source = self.setting.ledger, self.setting.source
        self.time_left = True
        self.check = CrossCheck(self.source, self.setting.intake, lambda: self.time_left)

    def absorb(self, *orders: OrderReading) -> bool:
        return self.check.absorb(orders, a_cause(), "poll")

    def verify(self, *orders: OrderReading) -> bool:
        return self.check.verify(orders, NOON, a_cause(), "sweep")


def test_an_order_is_remembered_once_and_costs_nothing_until_it_changes() -> None:
    check = Check()
    assert check.absorb(an_order())
    assert check.absorb(an_order(modified_at=NOON + timedelta(hours=1)))
    assert (check.ledger.saves, check.source.asked) == (1, [])


@pytest.mark.parametrize("held", [{500: "WRONG"}, {}], ids=["held there", "its placing may be under way"])
def test_a_corrected_reference_takes_the_shipments_along_and_withdraws_them_from_the_old_order(
    held: dict[int, str],
) -> None:
    check = Check()
    check.absorb(an_order(reference="WRONG"))
    check.ledger.held = held
    shipment = a_shipment(1)
    check.source.of_order[500] = [shipment]
    check.absorb(an_order(status="shipped"))
    (moved, withdrawn) = check.ledger.work
    assert (moved.order.reference, moved.moved_at, moved.withdrawn_at) == ("P1001", shipment.read_at, None)
    assert (withdrawn.order.reference, withdrawn.moved_at, withdrawn.withdrawn_at) == ("WRONG", None, shipment.read_at)
    assert withdrawn.shipment is not None
    assert (withdrawn.shipment.reference, withdrawn.shipment.is_voided) == ("WRONG", False)
    assert check.ledger.facts[500].reference == "P1001"


@pytest.mark.parametrize("admission", ["named", "baseline"])
def test_what_a_backfill_said_of_a_shipment_goes_along_with_its_corrected_order(admission: Admission) -> None:
    check = Check()
    check.absorb(an_order(reference="WRONG"))
    first, second = a_shipment(1), a_shipment(2)
    check.ledger.admitted[first.of(WRONG).order_key] = {first.key: admission}
    check.source.of_order[500] = [first, second]
    check.absorb(an_order(status="shipped"))
    moved = {w.shipment.key: w.admission for w in check.ledger.work if w.shipment and w.moved_at}
    assert moved == {first.key: admission, second.key: None}


def test_a_correction_that_is_taken_back_places_also_what_the_ledger_still_holds() -> None:
    """Its withdrawal may be under way."""
    check = Check()
    check.absorb(an_order(reference="P2"))
    check.ledger.known = {1}
    check.source.of_order[500] = [a_shipment(1)]
    check.absorb(an_order(status="shipped"))
    assert [(work.order.reference, work.moved_at is None) for work in check.ledger.work] == [
        ("P1001", False),
        ("P2", True),
    ]


def test_a_voided_shipment_is_withdrawn_and_stays_voided() -> None:
    check = Check()
    check.absorb(an_order(reference="WRONG"))
    check.source.of_order[500] = [voided(a_shipment(1))]
    check.absorb(an_order(status="shipped"))
    withdrawn = check.ledger.work[-1]
    assert withdrawn.shipment is not None
    assert (withdrawn.shipment.is_voided, withdrawn.withdrawn_at) == (True, withdrawn.shipment.read_at)


@pytest.mark.parametrize(("status", "asked"), [("awaiting_shipment", []), ("shipped", [500])])
def test_a_correction_before_anything_shipped_costs_no_request(status: str, asked: list[int]) -> None:
    check = Check()
    check.absorb(an_order(reference=None))
    check.absorb(an_order(status=status))
    assert check.source.asked == asked
    assert check.ledger.work == []


def test_an_ifs_shipment_that_is_named_afterwards_brings_the_shipments_again_and_takes_none_back() -> None:
    check = Check()
    check.absorb(an_order(status="shipped"))
    check.ledger.held = {500: "P1001"}
    check.source.of_order[500] = [a_shipment(1, ifs_shipment="19")]
    check.absorb(an_order(status="shipped", ifs_shipment="19"))
    (work,) = check.ledger.work
    assert work.shipment is not None
    assert (work.shipment.ifs_shipment, work.shipment.is_voided) == ("19", False)


def test_a_merge_after_the_label_takes_it_to_the_vanished_order_too() -> None:
    check = Check()
    check.absorb(an_order(), an_order(501, reference="P1002"))
    check.ledger.held = {500: "P1001"}
    check.source.of_order[500] = [a_shipment(1), a_shipment(1, reference="P1002")]
    check.absorb(an_order(merged=(501,), status="shipped"))
    assert [work.order.reference for work in check.ledger.work] == ["P1001", "P1002"]


def test_without_time_the_page_is_left_for_the_next_run() -> None:
    check = Check()
    check.time_left = False
    assert not check.absorb(an_order())
    assert not check.verify(an_order(status="shipped"))
    assert check.ledger.saves == 0


@pytest.mark.parametrize(
    ("order", "asked"),
    [
        pytest.param(an_order(status="shipped"), [500], id="shipped and not held"),
        pytest.param(an_order(status="cancelled"), [], id="not shipped"),
        pytest.param(an_order(status="shipped", modified_at=NOON + timedelta(seconds=1)), [], id="too fresh"),
        pytest.param(an_order(status="shipped", reference=None), [], id="names no IFS order"),
        pytest.param(an_order(status="shipped", store_id=9), [], id="excluded store"),
        pytest.param(an_order(501, status="shipped"), [], id="held"),
        pytest.param(
            an_order(status="shipped").model_copy(update={"is_elsewhere": True}), [], id="shipped by a marketplace"
        ),
    ],
)
def test_only_what_should_have_a_shipment_and_has_none_is_asked_for(order: OrderReading, asked: list[int]) -> None:
    check = Check(stores={"exclude": [9]})
    check.ledger.held = {501: "P1001"}
    assert check.verify(order)
    assert check.source.asked == asked


def test_what_was_missed_is_found_and_what_does_not_exist_is_shown_to_a_person_once() -> None:
    check = Check()
    check.source.of_order[500] = [a_shipment(1)]
    orders = an_order(status="shipped"), an_order(501, status="shipped")
    assert check.verify(*orders)
    assert check.ledger.sent() == [1]
    assert [(p.subject, p.reason) for p in check.ledger.parked] == [("order 501", Reason.SHIPPED_WITHOUT_SHIPMENT)]
    assert check.verify(*orders)
    assert check.source.asked == [500, 501]


def test_a_flood_is_asked_for_in_portions_and_keeps_the_page() -> None:
    check = Check()
    orders = [an_order(number, status="shipped") for number in range(ASKED_AT_ONCE + 1)]
    assert not check.verify(*orders)
    assert len(check.source.asked) == ASKED_AT_ONCE
    assert check.verify(*orders)
    assert len(check.source.asked) == ASKED_AT_ONCE + 1


def test_labels_that_came_before_their_order_go_to_those_that_were_combined_into_it() -> None:
    check = Check()
    check.setting.intake.take(Stream.LABELS_CREATED, page(a_shipment(1)), a_cause())
    check.source.of_order[500] = [a_shipment(1)]
    check.ledger.work.clear()
    check.absorb(an_order(status="shipped", merged=(501,)))
    assert check.source.asked == [500]
