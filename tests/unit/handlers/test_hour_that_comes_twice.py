"""Corrections in the November hour that comes twice: no stamp of it says which of two came later. Wired as in AWS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.ledger.facts import FactStore
from functions.model.shipment import ConnectionName
from tests.equipment.quiet_connection import quiet_world, run, schedule

FIRST_HOUR = datetime(2026, 11, 1, 8, tzinfo=UTC)  # 1:00 PDT; 1:00 PST is an hour later


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        pytest.param((50, 70), "second", id="the later one shows the earlier clock"),
        pytest.param((10, 130), "second", id="the later one after the hour"),
        pytest.param((-10, 70), "second", id="the earlier one before the hour"),
        pytest.param((65, 110), "second", id="both in its second coming"),
    ],
)
def test_the_later_correction_of_an_order_counts(minutes: tuple[int, int], said: str) -> None:
    start = FIRST_HOUR - timedelta(hours=2)
    world, site = quiet_world(start, order_reference={"source": "custom_field_1"})
    order = site.account.add_order("A1", items=[], at=start)
    schedule(world, start + timedelta(hours=6), "poll")
    for minute, text in zip(minutes, ("first", "second"), strict=True):
        run(world, FIRST_HOUR + timedelta(minutes=minute))
        site.account.edit_order(order, {"advancedOptions": {"customField1": text}})
    run(world, start + timedelta(hours=6))
    (facts,) = FactStore(world.tables["ledger"], world.now).load(ConnectionName("acme"), [order]).values()
    assert facts.reference == said


def test_an_order_that_was_corrected_in_that_hour_is_asked_for_once() -> None:
    start = FIRST_HOUR - timedelta(hours=2)
    world, site = quiet_world(start, order_reference={"source": "custom_field_1"})
    order = site.account.add_order("A1", items=[], at=start)
    schedule(world, start + timedelta(hours=6), "poll")
    for minute, text in ((50, "first"), (70, "second")):
        run(world, FIRST_HOUR + timedelta(minutes=minute))
        site.account.edit_order(order, {"advancedOptions": {"customField1": text}})
    run(world, start + timedelta(hours=6))
    asked = [request for request in site.account.requests if any(name == "orderId" for name, _ in request.query)]
    assert len(asked) == 4  # two lists for each correction
