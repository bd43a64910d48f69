"""Of which day the stack has told last."""

from __future__ import annotations

from datetime import date

from functions.ledger.items import PARTITION, SORT, from_item, readable, to_item
from functions.ledger.table import Table

PLACE, SENT = "digest", "sent"


class DigestStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def last_day(self) -> date | None:
        item = self._table.get(PLACE, SENT)
        if item is None:
            return None
        with readable(item):
            return date.fromisoformat(from_item(item)["day"])

    def sent(self, day: date) -> None:
        self._table.put(to_item({PARTITION: PLACE, SORT: SENT, "day": day.isoformat()}))
