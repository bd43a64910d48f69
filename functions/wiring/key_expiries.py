"""Writes down until when keys are taken, and which of two is, by those who read the secrets anyway: who looks at a
connection may not.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from functions.errors import ConnectorError
from functions.ledger.key_expiries import KeyExpiryStore
from functions.model.key_expiry import KeyExpiry, Vendor
from functions.model.shipment import ConnectionName
from functions.wiring.credentials import Pairs
from functions.wiring.runtime import Secrets


class KeyExpiries:
    """Once for each time that a secret says something else, or nothing any more, or another pair of it is taken."""

    def __init__(self, secrets: Secrets, store: KeyExpiryStore, now: Callable[[], datetime]) -> None:
        self._secrets, self._store, self._now = secrets, store, now
        self._noted: dict[tuple[ConnectionName, Vendor], KeyExpiry] = {}

    def note(self, connection: ConnectionName, vendor: Vendor, secret_arn: str, pairs: Pairs[Any]) -> None:
        """What cannot be read or written now is written down by the next run."""
        with suppress(ConnectorError):
            known = self._noted.get((connection, vendor)) or self._store.load(connection, vendor)
            expiry = known.renewed(self._secrets(secret_arn), pairs.known(), self._now())
            if known != expiry:
                self._store.save(connection, vendor, expiry)
            self._noted[connection, vendor] = expiry
