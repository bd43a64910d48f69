"""Of which day the stack has told last, and which keys rang with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from functions.ledger.items import PARTITION, SORT, read_as, readable, to_item
from functions.ledger.table import Table
from functions.model.frozen import Frozen
from functions.model.key_expiry import KeyAlarm

PLACE, SENT = "digest", "sent"


class Sent(Frozen):
    """`rung` are the last alarms of keys, by connection and vendor."""

    day: date
    rung: Mapping[str, KeyAlarm] = Field(default_factory=dict)


class DigestStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def last(self) -> Sent | None:
        item = self._table.get(PLACE, SENT)
        if item is None:
            return None
        with readable(item):
            return read_as(Sent, item)

    def save(self, sent: Sent) -> None:
        self._table.put(to_item({PARTITION: PLACE, SORT: SENT, **sent.model_dump(mode="json")}))
