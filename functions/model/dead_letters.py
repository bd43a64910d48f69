"""What is remembered of an order whose messages died: when they were sent again."""

from __future__ import annotations

from datetime import datetime

from functions.model.frozen import Frozen
from functions.model.shipment import OrderKey


class Returns(Frozen):
    """`rounds` are the instants at which dead letters of the order were sent again, oldest first; letters that died
    together are one round. `revision` guards every save.
    """

    order: OrderKey
    rounds: tuple[datetime, ...] = ()
    revision: int = 0

    def noted(self, rounds: tuple[datetime, ...]) -> Returns:
        return self.model_copy(update={"rounds": rounds})

    def stored(self) -> Returns:
        """As the ledger holds it after a save."""
        return self.model_copy(update={"revision": self.revision + 1})
