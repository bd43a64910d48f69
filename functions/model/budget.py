"""The shared request budget of one API key."""

from __future__ import annotations

from functions.model.frozen import Frozen


class BudgetState(Frozen):
    """`theoretical_arrival_ms`: epoch milliseconds before which no further request may be sent (GCRA)."""

    theoretical_arrival_ms: int
