"""One message a day for the stack, whatever calls how often; none is lost where the topic is out."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from functions.handlers import digest
from functions.settings import DigestSettings
from tests.equipment.lambdas import Context, Environment
from tests.equipment.quiet_connection import quiet_world, run, schedule
from tests.equipment.world import LEDGER, SimulatedRuntime

HOUR = timedelta(hours=1)


class Topic:
    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.is_out = False

    def tell(self, subject: str, text: str) -> None:
        if self.is_out:
            raise ConnectionError
        self.messages.append((subject, text))


def test_one_message_a_day_is_sent_and_one_that_failed_comes_an_hour_later() -> None:
    world, site = quiet_world()
    site.tenant.add_shipment([("P1", "BOLT", 1)])
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, carrier_code="ontrac", at=world.now() - HOUR / 6, is_silent=True)
    schedule(world, world.now() + HOUR / 2, "poll", "release")
    run(world, world.now() + HOUR / 2)
    topic, runtime = Topic(), SimulatedRuntime(world, Environment(), Random(1))
    handle = digest.build(runtime, DigestSettings(ledger_table=LEDGER, topic="t"), topic.tell)
    context = Context("r1", world.now() + HOUR, world.now)

    topic.is_out = True
    with pytest.raises(ConnectionError):
        handle({}, context)
    topic.is_out = False
    assert handle({}, context) == {"sent": True}
    assert handle({}, context) == {"sent": False}
    ((subject, text),) = topic.messages
    assert subject.endswith("somebody has to look closer")
    assert "1 waiting (1 carrier unmapped ontrac), 1 for a person" in text
    assert "P1" not in text
    for _ in range(48):
        run(world, world.now() + HOUR)
        handle({}, context)
    assert len(topic.messages) == 3
