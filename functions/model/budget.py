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
