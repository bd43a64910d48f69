"""What a fault costs the notifications of a batch: no receive while only the ledger fails, one look when a run dies."""

from __future__ import annotations

from datetime import timedelta

from functions.ledger.queues import Entry
from functions.model.messages import Notification, Pointer
from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import Site, Trouble, World

TROUBLE = timedelta(hours=2, minutes=20)  # five receives are used up at two hours, buried at two and a half


def a_shop(world_trouble: Trouble) -> tuple[World, Site, int]:
    """A label in ShipStation that no schedule looks for, and a webhook's note about it."""
    world, site = quiet_world()
    world.trouble = world_trouble
    number = site.tenant.add_shipment([("P1", "BOLT", 1)])
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, at=START - timedelta(minutes=1), is_silent=True)
    pointer = Pointer(kind="shipments_batch", id="7")
    for index in range(3):
        note = Notification(
            connection=site.connection.name,
            event="SHIP_NOTIFY",
            pointer=pointer,
            received_at=START,
            correlation_id=f"c-{index}",
        )
        site.notifications.send_batch([Entry(body=note.as_json())])
    return world, site, number


def test_ledger_that_fails_costs_no_notification_a_receive_and_the_schedule_finds_what_was_announced() -> None:
    world, site, number = a_shop(Trouble(until=START + timedelta(minutes=10), throttle=1.0))
    run(world, START + timedelta(minutes=9))
    assert '"poll_failed"' in world.logs.getvalue()
    assert site.notifications.messages == {}

    schedule(world, START + timedelta(minutes=20), "poll")
    run(world, START + timedelta(minutes=25))
    assert site.tenant.shipment(number)["ProNo"]
    assert world.met["dead letter"] == 0


def test_notifications_whose_runs_died_are_answered_by_one_look_without_any_schedule() -> None:
    world, site, number = a_shop(Trouble(until=START + TROUBLE, kill=1.0))
    run(world, START + TROUBLE)
    assert site.tenant.shipment(number)["ProNo"] is None

    run(world, START + timedelta(hours=3))
    assert world.met["dead letter"] == 3
    assert site.tenant.shipment(number)["ProNo"]
    assert len(site.notifications.bodies) == 4
