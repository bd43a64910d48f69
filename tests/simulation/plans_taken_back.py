"""A plan that is applied and taken back: what it wrote leaves, and nobody's look brings it back but a new label's."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from tests.equipment.world import Site
from tests.simulation.expectations import Plot
from tests.simulation.operator_stories import AGAIN_SECONDS, WHO, apply, plan
from tests.simulation.week import Week

TYPED = "TYPED BY A PERSON"
Shown = dict[str, Any]


class _Story:
    """What a colleague emptied is written by a plan, and taken back. Meanwhile a number may be typed, which stays; a
    second label, bought afterwards, is written all the same.
    """

    def __init__(self, week: Week, site: Site, at: datetime) -> None:
        self.week, self.site, self.world, self.number = week, site, week.world, week.number()
        self.is_typing, self.is_going_on = (week.random.random() < 0.3 for _ in range(2))
        self.expectation = week.shipment(site, "plan taken back", [(self.number, "BOLT", 2)], by=None)
        self.expectation.is_timed = False
        self.order = week.order(site, at, self.number, {"BOLT": 2})
        week.label(site, at, self.order, self.expectation, quantities={"BOLT": 1})
        week.once(at + week.later(20, 300), self.is_written, self.empty)

    def is_written(self) -> bool:
        values = self.site.tenant.shipment(self.expectation.shipment_id)
        return bool(values["ProNo"] and values["ForwardAgentId"])

    def edit(self, **values: Any) -> None:
        self.site.tenant.edit(self.expectation.shipment_id, **values)

    def empty(self) -> None:
        self.edit(ProNo=None, ForwardAgentId=None)
        event = {"connection": self.site.connection.name, "select": {"orders": [self.number]}, **WHO}
        plan(self.world, event, self.carry_out)

    def carry_out(self, shown: Shown) -> None:
        """Somebody else's look may have been faster."""
        if shown["would_change"]:
            apply(self.world, shown, partial(self.after, shown["plan_id"]))
        else:
            self.end()

    def after(self, plan_id: str) -> None:
        if self.is_typing and self.is_written():
            self.edit(ProNo=TYPED)
            self.expectation.typed = TYPED
        self.take_back(plan_id)

    def take_back(self, plan_id: str) -> None:
        plan(self.world, {"plan_id": plan_id, "revert": True, **WHO}, partial(self.carry_back, plan_id))

    def carry_back(self, plan_id: str, shown: Shown) -> None:
        if any(difference["outcome"] == "retry" for difference in shown["differences"]):
            self.world.clockwork.after(AGAIN_SECONDS, lambda: self.take_back(plan_id))
        elif shown["would_change"]:
            apply(self.world, shown, partial(self.taken_back, shown))
        else:
            self.end()

    def taken_back(self, shown: Shown) -> None:
        changes = [change for difference in shown["differences"] for change in difference.get("changes", ())]
        fields, expectation = {name for change in changes for name in change}, self.expectation
        self.world.met["plan taken back"] += 1
        expectation.is_date_frozen |= "ship_date" in fields
        expectation.carrier_typed = "" if "carrier" in fields else None
        expectation.typed = "" if "tracking" in fields else expectation.typed
        if self.is_going_on and not self.is_typing:
            self.go_on()
        self.end()

    def go_on(self) -> None:
        self.expectation.typed = self.expectation.carrier_typed = None
        at = self.world.now() + self.week.later(10, 60)
        self.week.label(self.site, at, self.order, self.expectation, quantities={"BOLT": 1})

    def end(self) -> None:
        """Its delivery makes the connector look again."""
        self.week.deliver(self.expectation, self.world.now() + self.week.later(60, 300))


def taken_back(week: Week, site: Site, at: datetime) -> None:
    _Story(week, site, at)


PLANS_TAKEN_BACK = {"plan taken back": Plot(taken_back, times=3)}
