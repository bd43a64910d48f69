"""The shared request budget of one API key."""

from __future__ import annotations

from functions.model.frozen import Frozen


class BudgetState(Frozen):
    """All in epoch milliseconds. `theoretical_arrival_ms`: before it no further request may be sent (GCRA). `sent_ms`:
    our requests of the last minute. `revision` guards every save.
    """

    theoretical_arrival_ms: int
    sent_ms: tuple[int, ...] = ()
    revision: int = 0

    def held(self, until_ms: int) -> BudgetState:
        """Nothing is sent before `until_ms`."""
        return self.model_copy(update={"theoretical_arrival_ms": until_ms})

    def after(self, seen: BudgetState | None) -> BudgetState:
        """As the revision that follows the one seen; the first one is 0."""
        return self.model_copy(update={"revision": seen.revision + 1 if seen else 0})
