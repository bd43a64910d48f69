"""What is done one after the other, each step once its time has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.week import Week

SOON = (1.0, 240.0)  # minutes


@dataclass(frozen=True)
class Step:
    """What is done once `when` holds, `after` the step before it or some minutes later; an order waits by default."""

    act: Callable[[], Any]
    when: Callable[[], bool] | None = None
    after: timedelta | None = None


class Stepwise:
    """What is told of one order, from `at` on."""

    week: Week
    at: datetime

    def is_ordered(self) -> bool:
        """Whether an order of it waits to be shipped."""
        raise NotImplementedError

    def do(self, *steps: Step | Callable[[], Any]) -> None:
        """One after the other."""
        if not steps:
            return
        step = steps[0] if isinstance(steps[0], Step) else Step(steps[0])
        pause = self.week.later(*SOON) if step.after is None else step.after
        start = max(self.at, self.week.world.now()) + pause

        def act() -> None:
            step.act()
            self.do(*steps[1:])

        self.week.once(start, step.when or self.is_ordered, act)
