"""A ledger that is put back by a day, or moved without its audit, beside a twin that was not: the same vendors, the
same people, one seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from functions.console.restore_ledger import hold
from tests.equipment.quiet_connection import asked, quiet_world, run
from tests.equipment.world import AUDIT, LEDGER

DAY = timedelta(days=1)
Befalls = Literal["nothing", "put back", "moved", "gone"]
PERSONS = "PERSON1"  # a number that a colleague types


class LostDay:
    """Orders are told by letters. Each has an IFS shipment, unless it is made later."""

    def __init__(self, targets: Sequence[Mapping[str, Any]] = (), **shipstation: Any) -> None:
        ifs = {"targets": list(targets)} if targets else {}
        self.world, self.site = quiet_world(ifs=ifs, **shipstation)
        self.account, self.tenant = self.site.account, self.site.tenant
        self.orders: dict[str, int] = {}
        self.labels: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        for function, minutes in (("poll", 30), ("release", 10)):
            every, until = timedelta(minutes=minutes), self.world.now() + 4 * DAY
            self.world.schedule(function, "acme", every=every, until=until)

    def go_on(self, **duration: float) -> None:
        run(self.world, self.world.now() + timedelta(**duration))

    def sell(self, *letters: str) -> None:
        for letter in letters:
            self.orders[letter] = self.account.add_order(f"P{letter}", items=[{"sku": "BOLT", "quantity": 1}])

    def know(self, *letters: str) -> None:
        """IFS learns of them."""
        for letter in letters:
            self.numbers[letter] = self.tenant.add_shipment([(f"P{letter}", "BOLT", 1)])

    def ship(self, *letters: str) -> None:
        for letter in letters:
            self.labels[letter] = self.account.ship(self.orders[letter])

    def void(self, *letters: str) -> None:
        for letter in letters:
            self.account.void(self.labels[letter])

    def ship_anew(self, *letters: str) -> None:
        self.void(*letters)
        self.ship(*letters)

    def type_over(self, *letters: str) -> None:
        for letter in letters:
            self.tenant.edit(self.numbers[letter], ProNo=f"{PERSONS}{letter}")

    def our_writes(self) -> int:
        return sum(write.by == "api" for write in self.tenant.writes)

    def shown(self) -> dict[str, Any]:
        """What stands in IFS, without what every write moves."""
        records = {letter: self.tenant.shipment(number) for letter, number in self.numbers.items()}
        rows = sorted(str(row) for row in self.tenant.trackings())
        return {**{letter: record.get("ProNo") for letter, record in records.items()}, "rows": rows}

    def ledger(self) -> list[dict[str, Any]]:
        return [dict(item) for item in self.world.tables[LEDGER].scan(prefix="")]

    def put_back(self, items: Sequence[Mapping[str, Any]]) -> None:
        """As the command leaves it."""
        ledger = self.world.tables[LEDGER]
        ledger.become(items)
        hold(ledger, ["acme"], "kim", self.world.now())

    def move(self) -> None:
        """As a stack in another account begins: with the ledger as it was, and an audit that holds nothing."""
        self.put_back(self.ledger())
        self.world.tables[AUDIT].become([])

    def begin_anew(self) -> None:
        """As a stack begins elsewhere when both tables are gone."""
        self.put_back([])
        self.world.tables[AUDIT].become([])

    def decide(self, do: str, **what: Any) -> None:
        answer = asked(self.world, {"do": do, "connection": "acme", "by": "kim", "note": "a test", **what}, "control")
        assert "error" not in answer, answer


def live(day: LostDay, befalls: Befalls) -> int:
    """Three days, after two of which the second is lost, or all is moved, or gone; how many writes IFS got from us in
    the third.
    """
    day.sell(*"ABCDEFGHI")
    day.know(*"ABCEFGHI")
    day.ship(*"ABCDI")
    day.go_on(hours=8)
    day.void("I")
    day.go_on(hours=8)
    day.decide("release", orders=["PI"])
    day.go_on(hours=8)
    saved = day.ledger()
    day.ship_anew("A")
    day.ship("I")
    day.go_on(hours=4)
    day.type_over("B")
    day.void("C")
    day.know("D")
    day.ship("E", "F")
    day.type_over("G")
    day.go_on(hours=4)
    day.type_over("F")
    day.ship("G")
    day.go_on(hours=16)
    before = day.our_writes()
    if befalls == "put back":
        day.put_back(saved)
    elif befalls == "moved":
        day.move()
    elif befalls == "gone":
        day.begin_anew()
    day.go_on(hours=2)
    assert day.our_writes() == before
    if befalls != "nothing":
        day.decide("resume", scope="connection")
    day.ship("H")
    day.go_on(hours=4)
    day.void("A", "E", "I")
    day.ship_anew("B", "F", "D")
    day.ship("C")
    day.go_on(hours=20)
    return day.our_writes() - before
