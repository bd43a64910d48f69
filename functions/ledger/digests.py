"""Of which day the stack has told last, which keys rang with it, and how many hear it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import Field

from functions.ledger.items import PARTITION, SORT, each_readable, read_as, readable, to_item
from functions.ledger.table import Table
from functions.model.frozen import Frozen
from functions.model.key_expiry import KeyAlarm

PLACE, SENT = "digest", "sent"


class Sent(Frozen):
    """`rung` are the last alarms of keys, by connection and vendor; `listeners` are those who hear the alarms, None
    where that is not known.
    """

    day: date
    rung: Mapping[str, KeyAlarm] = Field(default_factory=dict)
    listeners: int | None = None

    def heard_by(self, listeners: int | None) -> Sent:
        return self.model_copy(update={"listeners": listeners})


class DigestStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def last(self) -> Sent | None:
        item = self._table.get(PLACE, SENT)
        if item is None:
            return None
        with readable(item):
            return _read(item)

    def listeners(self) -> int | None:
        """As the last hour found them. What cannot be read stops the message alone, which has an alarm of its own."""
        item = self._table.get(PLACE, SENT)
        return next((sent.listeners for sent in each_readable([item] if item else [], _read)), None)

    def save(self, sent: Sent) -> None:
        self._table.put(to_item({PARTITION: PLACE, SORT: SENT, **sent.model_dump(mode="json")}))


def _read(item: Mapping[str, Any]) -> Sent:
    return read_as(Sent, item)
