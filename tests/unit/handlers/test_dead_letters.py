"""The dead-letter queues' consumer, wired as in AWS, in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import Retryable
from functions.flows.to_ifs.dead_letters import ROUNDS
from functions.ledger.parked import ParkingStore
from functions.model.messages import DeliverOrder, Notification, Pointer
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from functions.model.shipment import Item
from functions.wiring.batch import parsed
from tests.equipment.builders import a_shipment, work
from tests.equipment.memory_aws.queue import MemoryQueue, Message
from tests.equipment.quiet_connection import START, quiet_world, run
from tests.equipment.world import LEDGER, Site, World


def a_letter(site: Site, number: int = 1, reference: str = "P1001") -> DeliverOrder:
    """Of an order that IFS holds."""
    record = site.tenant.add_shipment([(reference, "BOLT", 1)])
    assert record
    items = (Item(sku="BOLT", quantity=1),)
    created = START - timedelta(minutes=1)
    shipment = a_shipment(number, reference=reference, created_at=created, items=items, carrier_code="stamps_com")
    return work(shipment)


def bury(queue: MemoryQueue, source: MemoryQueue, number: str, body: str, group: str | None = None) -> None:
    queue.store(Message(number, body, group, source_arn=source.arn))


def bury_work(site: Site, number: str, dead: DeliverOrder) -> None:
    bury(site.dead[1], site.shipments, number, dead.model_dump_json(exclude_none=True), dead.order.digest)


def parked(world: World, site: Site) -> list[Parked]:
    return ParkingStore(world.tables[LEDGER]).list(site.connection.name)


def later(world: World, **time: float) -> None:
    run(world, world.now() + timedelta(**time))


def test_dead_shipment_comes_back_by_itself_and_is_written() -> None:
    world, site = quiet_world()
    bury_work(site, "m-1", a_letter(site))
    later(world, minutes=2)

    assert [write.changes["ProNo"] for write in site.tenant.writes if write.by == "api"] == ["1Z0001"]
    assert (site.dead[1].messages, parked(world, site)) == ({}, [])
    assert '"fate":"returned"' in world.logs.getvalue()


def test_order_that_dies_again_and_again_is_parked_with_its_message() -> None:
    world, site = quiet_world()
    dead = a_letter(site)
    for number in range(ROUNDS + 1):
        bury_work(site, f"m-{number}", dead)
        later(world, minutes=75)

    (found,) = parked(world, site)
    assert (found.reason, DeliverOrder.model_validate_json(found.body)) == (Reason.DEAD_LETTER, dead)
    assert '"DeadLettersParked"' in world.logs.getvalue()


@pytest.mark.parametrize("is_shipment", [True, False], ids=["shipments", "notifications"])
def test_unreadable_letter_is_parked_under_the_connection_it_died_in(*, is_shipment: bool) -> None:
    world, site = quiet_world()
    source = site.shipments if is_shipment else site.notifications
    bury(site.dead[int(is_shipment)], source, "m-1", "{", "g" if is_shipment else None)
    later(world, minutes=1)

    assert [(p.subject, p.reason) for p in parked(world, site)] == [("message m-1", Reason.UNREADABLE_MESSAGE)]
    assert site.dead[int(is_shipment)].messages == {}


def test_unreadable_letter_of_unknown_origin_stays_where_it_is() -> None:
    world, site = quiet_world()
    site.dead[1].add("{", "g")
    later(world, minutes=20)

    assert (len(site.dead[1].messages), parked(world, site)) == (1, [])


def test_letter_of_a_connection_that_is_gone_is_parked_as_unreadable() -> None:
    world, site = quiet_world()
    bury_work(site, "m-1", work(a_shipment(connection="gone")))
    later(world, minutes=1)

    assert [p.reason for p in parked(world, site)] == [Reason.UNREADABLE_MESSAGE]


def test_dead_notifications_become_one_look() -> None:
    world, site = quiet_world()
    note = Notification(
        connection=site.connection.name,
        event="SHIP_NOTIFY",
        pointer=Pointer(kind="shipments_batch", id="7"),
        received_at=START,
        correlation_id="c-1",
    )
    for number in range(5):
        site.dead[0].messages[f"m-{number}"] = Message(f"m-{number}", note.as_json(), None)
    site.dead[0].on_send()
    later(world, minutes=3)

    looks = [parsed(body, Notification) for body in site.notifications.bodies]
    assert [look and look.pointer.kind for look in looks] == ["anything"]
    assert {request.path for request in site.account.requests} >= {"/orders", "/shipments", "/fulfillments"}
    assert site.dead[0].messages == {}


def test_letter_stays_while_the_ledger_fails_and_the_others_of_its_batch_do_not() -> None:
    world, site = quiet_world()
    failing = a_letter(site, 1, "P1001")
    bad = f"returns#acme#{failing.order.digest}"
    table = world.tables[LEDGER]
    get = table.get

    def broken(pk: str, sk: str) -> object:
        if pk == bad and world.now() < START + timedelta(minutes=5):
            raise Retryable(Reason.LEDGER_UNAVAILABLE, "down")
        return get(pk, sk)

    table.get = broken  # type: ignore[method-assign,assignment] # for this world alone
    bury_work(site, "m-1", failing)
    bury_work(site, "m-2", a_letter(site, 2, "P2002"))
    later(world, minutes=4)
    assert list(site.dead[1].messages) == ["m-1"]
    later(world, minutes=10)
    assert site.dead[1].messages == {}
    assert {write.changes["ProNo"] for write in site.tenant.writes if write.by == "api"} == {"1Z0001", "1Z0002"}
