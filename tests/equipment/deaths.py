"""Runs of one function that end in the middle of their work."""

from __future__ import annotations

from tests.equipment.clockwork import Killed
from tests.equipment.world import World


class Deaths:
    """Ends the function's runs at these steps, one run each. `steps` were gone since the last death."""

    def __init__(self, world: World, function: str, at: tuple[int, ...]) -> None:
        self._world, self._function, self._at, self.steps, self.died = world, function, list(at), 0, 0
        world.on_step = self._step

    def _step(self, name: str) -> None:
        task = self._world.clockwork.current
        if task is None or task.root.name != self._function:
            return
        if self._at and self.steps == self._at[0]:
            del self._at[0]
            self.steps, self.died = 0, self.died + 1
            raise Killed
        self.steps += 1
