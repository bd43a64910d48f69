"""What is known of a location's stock from outside: what ShipStation took for parcels, and whether a write gave that
back before IFS counted anew.
"""

from __future__ import annotations

from collections import Counter

from tests.equipment.http import Request, Response
from tests.equipment.ifs.sets import HOLDINGS
from tests.equipment.world import Site


class StockBooks:
    """`taken` are the pieces of each part that left since IFS's count of it moved last."""

    def __init__(self, site: Site, contract: str, location: str) -> None:
        self._site, self._contract, self._location = site, contract, location
        self.taken, self._moved = Counter[str](), set[str]()
        self.faults: list[str] = []
        self._serve = site.account.inventory_answer
        site.account.inventory_answer = self._served  # type: ignore[method-assign] # called by its name

    def held(self) -> dict[str, int]:
        """What ShipStation says."""
        return self._site.account.held(self._location)

    def counted(self) -> Counter[str]:
        """What IFS says."""
        rows = [record.values for record in self._site.tenant.sets[HOLDINGS.name].values()]
        return Counter({row["PartNo"]: int(row["QtyOnhand"]) for row in rows})

    def count(self, part: str, quantity: int) -> None:
        """In IFS, which knows what has been delivered."""
        if self.counted().get(part) != quantity:
            self.taken[part] = 0
            self._moved.add(part)
        self._site.tenant.hold(self._contract, part, quantity)

    def ship(self, part: str) -> None:
        """ShipStation takes from its own figure."""
        left = self.held()[part]
        if left:
            self._site.account.add_location(self._location, **{part: left - 1})
            self.taken[part] += 1

    def wrong(self) -> list[str]:
        """ShipStation has what IFS counts, or fewer by no more than left since."""
        held, counted = self.held(), self.counted()
        told = [(held.get(part, 0), part, count) for part, count in counted.items()]
        wrong = [row for row in told if not row[2] - self.taken[row[1]] <= row[0] <= row[2]]
        return [*self.faults, *(f"{there} of {part} are told, IFS holds {count}" for there, part, count in wrong)]

    def _served(self, request: Request) -> Response:
        before = self.held()
        response = self._serve(request)
        for part, now in self.held().items():
            if now != before.get(part):
                self._judge(part, before.get(part, 0), now)
        return response

    def _judge(self, part: str, before: int, now: int) -> None:
        if now > before and part not in self._moved:
            self.faults.append(f"{now - before} of {part} that left are given back")
        self._moved.discard(part)
