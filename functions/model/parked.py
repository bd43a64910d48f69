"""What needs a person and is no order: a row nobody can read, a message nobody could deliver."""

from __future__ import annotations

from datetime import datetime

from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName


class Parked(Frozen):
    """`subject` says what it is about and names it once: parked again, it stays one entry. `body` is the queue message
    that nobody could deliver, ready to be sent again; it holds no name and no address.
    """

    connection: ConnectionName
    subject: str
    reason: Reason
    detail: str = ""
    body: str = ""
    at: datetime
