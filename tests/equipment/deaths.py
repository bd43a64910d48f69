"""Runs of one function that end in the middle of their work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tests.equipment.world import World

DONE = " done"


class Deaths:
    """Ends the function's runs at these steps, one run each. `steps` were gone since the last death; `names` are all
    that were gone, in order, up to `until`. `then` is what happens right after a death.
    """

    def __init__(
        self,
        world: World,
        function: str,
        at: tuple[int, ...],
        then: Callable[[], None] = lambda: None,
        until: datetime | None = None,
    ) -> None:
        self._world, self._function, self._at, self._then = world, function, list(at), then
        self.steps, self.died, self._until = 0, 0, until
        self.names: list[str] = []
        world.on_step = self._step

    def _step(self, name: str) -> None:
        task = self._world.clockwork.current
        if task is None or task.root.name != self._function:
            return
        environment = self._world.functions[self._function].running.get(task.root)
        if environment is None or environment.is_dead:
            return  # whatever a dead one still tries has no effect
        if self._at and self.steps == self._at[0]:
            del self._at[0]
            self.steps, self.died = 0, self.died + 1
            environment.is_dead = True
            self._world.clockwork.after(1, self._then)
            return
        self.steps += 1
        if self._until is None or self._world.now() < self._until:
            self.names.append(name)
