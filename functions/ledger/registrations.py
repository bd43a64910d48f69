"""How the webhooks of each connection stood when they were last looked at, one item each."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from functions.ledger.items import PARTITION, SORT, each_readable, read_as, to_item
from functions.ledger.table import Table
from functions.model.registration import Registration
from functions.model.shipment import ConnectionName

STATE = "state"


class RegistrationStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName) -> Registration | None:
        """None where nobody has looked yet, or where it cannot be read: the next look writes it anew. Strongly
        consistent.
        """
        item = self._table.get(_partition(connection), STATE)
        return next(each_readable([item] if item else [], partial(read_as, Registration)), None)

    def known(self, connection: ConnectionName, now: datetime) -> Registration:
        return self.load(connection) or Registration(connection=connection, checked_at=now)

    def own(self, connection: ConnectionName, api: str) -> tuple[str, ...]:
        """The ids that the connector made itself through this API; none where nothing is known."""
        known = self.load(connection)
        return known.own.get(api, ()) if known else ()

    def save(self, registration: Registration) -> None:
        """The last one counts: two runs at once found the same account."""
        keys = {PARTITION: _partition(registration.connection), SORT: STATE}
        self._table.put(to_item({**registration.model_dump(mode="json", exclude_none=True), **keys}))


def _partition(connection: ConnectionName) -> str:
    return f"webhooks#{connection}"
