"""A plan that writes over what a colleague typed: once, as it was shown. Taken back, the colleague's stands again."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from tests.equipment.world import Site
from tests.simulation.expectations import Plot
from tests.simulation.operator_stories import AGAIN_SECONDS, WHO, apply, plan
from tests.simulation.week import Week

TYPED, TYPED_LATER = "TYPED INTO THE WRONG ORDER", "TYPED WHILE IT WAS PLANNED"
Shown = dict[str, Any]


class _Story:
    """A number is typed over ours and kept. A person has ours written over it, unless the colleague types once more
    between plan and apply; then that stays. What was written over may come back by a plan of its own.
    """

    def __init__(self, week: Week, site: Site, at: datetime) -> None:
        self.week, self.site, self.world, self.number = week, site, week.world, week.number()
        self.is_typing_again, self.is_taken_back = (week.random.random() < 0.4 for _ in range(2))
        self.expectation = week.shipment(site, "plan written over", [(self.number, "BOLT", 2)], by=None)
        self.expectation.is_timed = False
        order = week.order(site, at, self.number, {"BOLT": 2})
        week.label(site, at, order, self.expectation, quantities={"BOLT": 1})
        week.once(at + week.later(20, 300), self.is_written, self.type)

    def is_written(self) -> bool:
        return bool(self.site.tenant.shipment(self.expectation.shipment_id)["ProNo"])

    def edit(self, text: str) -> None:
        self.site.tenant.edit(self.expectation.shipment_id, ProNo=text)
        self.expectation.typed = text

    def type(self) -> None:
        self.edit(TYPED)
        # In its own second IFS's tag tells an edit from nothing before it.
        self.world.clockwork.after(AGAIN_SECONDS, self.ask)

    def ask(self) -> None:
        select = {"select": {"orders": [self.number]}, "overwrite": ["tracking"]}
        plan(self.world, {"connection": self.site.connection.name, **select, **WHO}, self.carry_out)

    def carry_out(self, shown: Shown) -> None:
        if _is_hindered(shown):
            self.world.clockwork.after(AGAIN_SECONDS, self.ask)
        elif self.is_typing_again:
            self.edit(TYPED_LATER)
            self.world.met["typed between plan and apply"] += 1
            apply(self.world, shown, self.end)
        else:
            self.expectation.overruled_at = self.world.now()
            apply(self.world, shown, partial(self.after, shown["plan_id"]))

    def after(self, plan_id: str) -> None:
        self.world.met["plan written over"] += 1
        self.expectation.typed = None
        if self.is_taken_back:
            self.take_back(plan_id)
        else:
            self.end()

    def take_back(self, plan_id: str) -> None:
        plan(self.world, {"plan_id": plan_id, "revert": True, **WHO}, partial(self.carry_back, plan_id))

    def carry_back(self, plan_id: str, shown: Shown) -> None:
        if _is_hindered(shown):
            self.world.clockwork.after(AGAIN_SECONDS, lambda: self.take_back(plan_id))
        else:
            apply(self.world, shown, self.taken_back)

    def taken_back(self) -> None:
        self.expectation.typed = TYPED
        self.end()

    def end(self) -> None:
        """Its delivery makes the connector look again."""
        self.week.deliver(self.expectation, self.world.now() + self.week.later(60, 300))


def _is_hindered(shown: Shown) -> bool:
    return any(difference["outcome"] == "retry" for difference in shown["differences"])


def written_over(week: Week, site: Site, at: datetime) -> None:
    _Story(week, site, at)


PLANS_WRITTEN_OVER = {"plan written over": Plot(written_over, times=3)}
