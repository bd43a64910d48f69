"""Whether a person has paused what is about to be written, for whatever decides nothing order by order."""

from __future__ import annotations

from datetime import datetime

from functions.connections.connection import Connection
from functions.ledger.desks import DeskStore
from functions.ledger.table import Table
from functions.wiring.telemetry import logger


def is_paused(ledger: Table, connection: Connection, now: datetime, store_id: int | None = None) -> bool:
    """The connection, or the store that is named. Raises Retryable or Permanent of the ledger."""
    pause = connection.operated(DeskStore(ledger).load(connection.name), now).pause_of(store_id)
    if pause is not None:
        logger.info("paused", connection=connection.name, pause=pause)
    return pause is not None
