"""A poll that would have to wait sends itself a message for later, and its Lambda ends. In memory, wired as in AWS."""

from __future__ import annotations

import json
from datetime import timedelta

from functions.flows.from_shipstation.pace import FEW_SECONDS, LOOKS_AT_ONCE
from functions.ledger.jobs import JobStore
from functions.model.shipment import ConnectionName
from functions.shipstation.budget import FEW_PLACES, spacing_ms
from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule
from tests.equipment.world import CANARY

LONGEST_WAIT = FEW_SECONDS + (FEW_PLACES + 1) * spacing_ms(38) / 1000


class Shop:
    """Polled for six minutes, nothing is under way; from then on only webhooks make it look, and `slept` holds every
    wait of a Lambda.
    """

    def __init__(self) -> None:
        self.world, self.site = quiet_world()
        self.site.account.subscribe(f"https://hooks.example.com/webhooks/acme/{CANARY}3acme", "SHIP_NOTIFY")
        schedule(self.world, START + timedelta(minutes=6), "poll")
        schedule(self.world, START + timedelta(minutes=30), "release")
        self.run(minutes=6)
        self.slept: list[float] = []
        sleep = self.world.clockwork.sleep

        def noted(seconds: float) -> None:
            self.slept.append(seconds)
            sleep(seconds)

        self.world.clockwork.sleep = noted  # type: ignore[method-assign] # the runtime asks for it at each wait

    def ship(self, count: int = 1) -> list[int]:
        numbers = []
        for _ in range(count):
            name = f"P{len(self.site.tenant.sets['ShipmentSet'])}"
            numbers.append(self.site.tenant.add_shipment([(name, "BOLT", 1)]))
            order = self.site.account.add_order(name, items=[{"sku": "BOLT", "quantity": 1}])
            self.site.account.ship(order)
        return numbers

    def others_ask(self, requests: int) -> None:
        """With the same key, all at once."""
        (key,) = self.site.account.keys
        self.site.account.limiter.spend(key, requests, self.world.now())

    def run(self, **duration: float) -> None:
        run(self.world, self.world.now() + timedelta(**duration))

    def written(self, numbers: list[int]) -> list[bool]:
        return [bool(self.site.tenant.shipment(number)["ProNo"]) for number in numbers]

    def waits(self) -> list[float]:
        """Of the runs that were handed over."""
        lines = [json.loads(line) for line in self.world.logs.getvalue().splitlines() if '"poll_ended"' in line]
        return [line["goes_on_in"] for line in lines if line.get("goes_on_in")]


def test_while_others_use_the_whole_limit_no_run_waits_for_it_and_the_label_is_written_when_there_is_a_place() -> None:
    shop = Shop()
    shop.others_ask(40)
    shop.ship()
    shop.run(seconds=20)
    numbers = shop.ship(2)
    shop.run(seconds=100)
    assert shop.written(numbers) == [True, True]
    assert max(shop.waits()) > LONGEST_WAIT
    assert max(shop.slept) <= LONGEST_WAIT


def test_a_shop_that_ships_without_a_pause_is_looked_at_once_in_a_while_and_no_run_waits_for_that() -> None:
    shop = Shop()
    numbers = []
    for _ in range(60):
        numbers += shop.ship()
        shop.run(seconds=3)
    shop.run(seconds=40)
    assert all(shop.written(numbers))
    assert shop.waits()
    assert max(shop.slept) <= LONGEST_WAIT
    assert len(shop.waits()) >= LOOKS_AT_ONCE


def test_a_job_goes_on_beside_webhooks_that_wait_for_their_look() -> None:
    shop = Shop()
    for number in range(3):
        order = shop.site.account.add_order(f"OLD{number}", items=[], at=START - timedelta(days=3))
        shop.site.account.ship(order, at=START - timedelta(days=2, minutes=number), is_silent=True)
    window = {"from": "2026-05-29T00:00:00Z", "to": "2026-05-31T00:00:00Z", "by": "kim", "note": "first load"}
    job_id = asked(shop.world, {"connection": "acme", "backfill": {**window, "dry_run": False}})["job_id"]
    while not shop.waits() or shop.waits()[-1] < 15:
        shop.ship()
        shop.run(seconds=3)
    handed_over = len(shop.waits())
    shop.world.functions["poll"].invoke({"connection": "acme"})
    shop.run(seconds=8)
    (job,) = JobStore(shop.world.tables["ledger"]).all(ConnectionName("acme"))
    assert (job.job_id, job.ended_at is not None) == (job_id, True)
    assert len(shop.waits()) > handed_over


def test_who_goes_on_after_a_wait_leaves_no_trail_of_further_runs() -> None:
    shop = Shop()
    shop.others_ask(40)
    shop.ship(3)
    shop.run(minutes=3)
    waits = len(shop.waits())
    shop.run(minutes=10)
    assert len(shop.waits()) == waits
    assert not shop.site.notifications.messages
