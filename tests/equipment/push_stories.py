"""Three writers at once, under faults: colleagues in IFS, the warehouse in ShipStation, the connector between them."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from tests.equipment.push_books import Books, shipment_of, unsettled
from tests.equipment.push_desk import Desk, DeskV2
from tests.equipment.push_people import Act, People
from tests.equipment.shipstation.rows import Order
from tests.equipment.world import Trouble

SHIPMENTS = 2
ACTS = 40
BUSY, QUIET = timedelta(minutes=100), timedelta(hours=6)


class Story:
    every = timedelta(minutes=4)  # the schedule looks

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.desk = self._open()
        self.world, self.tenant, self.account = self.desk.world, self.desk.tenant, self.desk.account
        self.account.switches.is_address_rewritten = self.random.random() < 0.5
        self.account.switches.locked = self.random.choice(("refused", "whole request", "silent"))
        self.account.switches.are_results_reversed = self.random.random() < 0.5
        self.books = self._books()
        self.people = People(self.random, self.tenant, self.books, open_of=self._open_orders)

    def _open(self) -> Desk:
        return Desk((), warehouses={"CHI": 4711})

    def _books(self) -> Books:
        return Books(self.account, self._source)

    def _ask(self, number: int) -> Any:
        """What is to be packed, by its number."""
        return self.desk.ask(f"P{number}", quantity=3)

    def _source(self, order: Order) -> Any:
        """What of IFS an order is for; no two live ones are for the same."""
        return shipment_of(order)

    def _colleagues(self) -> list[Act]:
        return self.people.colleagues()

    def _open_orders(self, number: Any) -> list[Order]:
        return self.books.open(number)

    def _warehouse(self) -> list[Act]:
        return self.people.warehouse()

    def play(self) -> list[str]:
        """What went wrong."""
        self._trouble()
        shipments = [self._ask(number) for number in range(SHIPMENTS)]
        for _ in range(ACTS):
            delay = self.random.uniform(0, BUSY.total_seconds())
            act = self.random.choice((*self._colleagues(), *self._warehouse()))
            shipment = self.random.choice(shipments)
            self.world.clockwork.after(delay, lambda act=act, shipment=shipment: act(shipment))  # type: ignore[misc]
        start = self.world.now()
        self.world.schedule("pull", "acme", every=self.every, until=start + BUSY)
        self.desk.run(seconds=BUSY.total_seconds())
        self.world.weather.rate = 0
        self.world.schedule("pull", "acme", every=timedelta(minutes=40), until=start + BUSY + QUIET)
        self.desk.run(seconds=QUIET.total_seconds() + 60)
        for shipment in shipments:
            self._settled(shipment)
        entries = [(entry["record"]["id"], entry["outcome"]) for entry in self.desk.audited()]
        known = filter(None, map(self.desk.known, shipments))
        return [*self.books.faults, *self.books.unaudited(entries, {each.order_key for each in known if each.trying})]

    def _trouble(self) -> None:
        until = self.world.now() + BUSY
        self.world.trouble = Trouble(
            until=until, kill=0.004, throttle=0.01, ambiguous=0.01, duplicate=0.1, schedule=0.2, secrets=0.01
        )
        self.world.weather.rate = 0.04
        for name in ("pull", "push"):
            self.world.functions[name].skew_seconds = 20

    def _settled(self, shipment: Any) -> None:
        fault = self._unsettled(shipment)
        if fault:
            self.books.faults.append(f"shipment {shipment}: {fault}")

    def _unsettled(self, shipment: Any) -> str:
        known = self.desk.known(shipment)
        is_told = known is not None and known.attention is not None
        order_id = known.order_id if known else None
        return unsettled(shipment, self.tenant, self.books, order_id, is_told=is_told)


class StoryV2(Story):
    """The same through ShipStation's other API."""

    def _open(self) -> Desk:
        desk = DeskV2((), warehouses={"CHI": 4711})
        desk.account.switches.is_lookup_wrapped = self.random.random() < 0.5
        return desk
