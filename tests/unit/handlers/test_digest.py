"""One message a day for the stack, whatever calls how often; none is lost where the topic is out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.flows.operations.digest import DAY, day_due
from functions.handlers import digest, inspect
from functions.ledger.costs import Term
from functions.ledger.reconciles import ReconcileStore
from functions.model.cursors import Span
from functions.model.outcomes import Reason
from functions.model.reconciled import ReconcileRun, Totals
from functions.model.shipment import ConnectionName
from functions.settings import DigestSettings, InspectSettings
from tests.equipment.lambdas import Context, Environment
from tests.equipment.quiet_connection import quiet_world, run, schedule
from tests.equipment.world import AUDIT, LEDGER, SimulatedRuntime

HOUR = timedelta(hours=1)


SETTINGS = DigestSettings(ledger_table=LEDGER, audit_table=AUDIT, topic="t", lambdas={"poll": "512"})


class Counted:
    """One of each unit, or nothing that is known."""

    def __init__(self, *, is_out: bool = False) -> None:
        self.windows: list[Span] = []
        self._is_out = is_out

    def usd(self, terms: Sequence[Term], window: Span) -> float | None:
        self.windows.append(window)
        return None if self._is_out else sum(term.usd for term in terms)


class Topic:
    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.is_out = False
        self.confirmed: int | None = 1

    def tell(self, subject: str, text: str) -> None:
        if self.is_out:
            raise ConnectionError
        self.messages.append((subject, text))

    def listeners(self) -> int | None:
        return self.confirmed


def test_one_message_a_day_is_sent_and_one_that_failed_comes_an_hour_later() -> None:
    world, site = quiet_world()
    site.tenant.add_shipment([("P1", "BOLT", 1)])
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, carrier_code="ontrac", at=world.now() - HOUR / 6, is_silent=True)
    schedule(world, world.now() + HOUR / 2, "poll", "release")
    run(world, world.now() + HOUR / 2)
    topic, runtime = Topic(), SimulatedRuntime(world, Environment(), Random(1))
    handle = digest.build(runtime, SETTINGS, topic.tell, Counted().usd, topic.listeners)
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
    assert "acme: not compared; " in text
    for _ in range(48):
        run(world, world.now() + HOUR)
        handle({}, context)
    assert len(topic.messages) == 3


@pytest.mark.parametrize(
    ("day", "changes", "told"),
    [
        (0, {}, "acme: 9 shipped, 20 fields equal, 3 explained, 1 unexplained; "),
        (-1, {}, "acme: not compared; "),
        (0, {"ended_at": None}, "acme: not compared; "),
        (0, {"failed": Reason.IFS_UNAVAILABLE}, "acme: not compared; "),
    ],
    ids=["of that day", "of another day", "not ended", "given up"],
)
def test_the_comparison_of_that_very_day_is_told(day: int, changes: dict[str, Any], told: str) -> None:
    world, _ = quiet_world()
    topic, runtime = Topic(), SimulatedRuntime(world, Environment(), Random(1))
    connections = list(runtime.connections.values())
    yesterday = day_due(connections, world.now()) + day * DAY
    zone = ZoneInfo(connections[0].ifs.time_zone)
    start, end = (datetime.combine(each, time(), zone) for each in (yesterday, yesterday + DAY))
    fields = {"tracking/equal": 12, "carrier/equal": 8, "carrier/explained": 3, "tracking/missing": 1}
    run_ = ReconcileRun(
        run_id="r1",
        connection=ConnectionName("acme"),
        window=Span(start=start, end=end),
        by="schedule",
        note="daily",
        begun_at=world.now(),
        read_up_to=end,
        piece_seconds=3600,
        totals=Totals(shipments=9, fields=fields),
        ended_at=world.now(),
    )
    store = ReconcileStore(world.tables[LEDGER])
    stored = store.save(run_.model_copy(update=changes))
    assert stored is not None
    by_hand = {"run_id": "r2", "by": "kim", "window": Span(start=start, end=end - HOUR), "totals": Totals()}
    assert store.save(stored.model_copy(update=by_hand))
    handle = digest.build(runtime, SETTINGS, topic.tell, Counted().usd, topic.listeners)
    handle({}, Context("r1", world.now() + HOUR, world.now))
    assert told in topic.messages[0][1]


@pytest.mark.parametrize(
    ("is_out", "said"),
    [(False, "Lambda and DynamoDB: less than 0.01 USD"), (True, "Lambda and DynamoDB: cost not known.")],
    ids=["known", "not known"],
)
def test_the_cost_of_that_day_is_told_once_and_holds_no_message_back(said: str, *, is_out: bool) -> None:
    world, _ = quiet_world()
    topic, counted, runtime = Topic(), Counted(is_out=is_out), SimulatedRuntime(world, Environment(), Random(1))
    handle = digest.build(runtime, SETTINGS, topic.tell, counted.usd, topic.listeners)
    answers = [handle({}, Context("r1", world.now() + HOUR, world.now)) for _ in range(3)]
    assert answers == [{"sent": True}, {"sent": False}, {"sent": False}]
    assert said in topic.messages[0][1]
    connections = list(runtime.connections.values())
    day = day_due(connections, world.now())
    assert counted.windows == [Span.of_day(day, ZoneInfo(connections[0].ifs.time_zone))]


def test_alarms_that_nobody_hears_ask_for_a_person_until_somebody_confirms() -> None:
    """Nobody is subscribed, or nobody has confirmed: what rings would be silence, and looks as if all were well."""
    world, _ = quiet_world()
    topic, runtime = Topic(), SimulatedRuntime(world, Environment(), Random(1))
    handle = digest.build(runtime, SETTINGS, topic.tell, Counted().usd, topic.listeners)
    ask = inspect.build(
        runtime, InspectSettings(ledger_table=LEDGER, audit_table=AUDIT, shipstation_secrets={"acme": "s"})
    )

    def told() -> list[str]:
        handle({}, Context("r1", world.now() + HOUR, world.now))
        (line,) = ask({"show": "status"}, Context("r2", world.now() + HOUR, world.now))["connections"]
        return [trouble["told"] for trouble in line["troubles"] if "alarms" in trouble["told"]]

    topic.confirmed = 0
    assert told() == ["nobody hears the alarms: the last hour found no confirmed subscription"]
    assert told() == ["nobody hears the alarms: the last hour found no confirmed subscription"]
    topic.confirmed = None  # what is not known says nothing
    assert told() == []
    topic.confirmed = 2
    assert told() == []
    assert len(topic.messages) == 1


def test_how_many_hear_the_alarms_is_stored_only_when_it_is_another_number() -> None:
    world, _ = quiet_world()
    topic, runtime = Topic(), SimulatedRuntime(world, Environment(), Random(1))
    handle = digest.build(runtime, SETTINGS, topic.tell, Counted().usd, topic.listeners)
    changes = []
    for confirmed in (1, 1, 2, 2):
        topic.confirmed = confirmed
        handle({}, Context("r1", world.now() + HOUR, world.now))
        changes.append(world.tables[LEDGER].changes("digest"))
    assert changes == [1, 1, 2, 2]
