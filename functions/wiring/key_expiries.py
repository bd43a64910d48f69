"""Writes down until when keys are taken, by those who read the secrets anyway: who looks at a connection may not."""

from __future__ import annotations

from contextlib import suppress

from functions.errors import ConnectorError
from functions.ledger.key_expiries import KeyExpiryStore
from functions.model.key_expiry import EXPIRES_ON, KeyExpiry, Vendor
from functions.model.shipment import ConnectionName
from functions.wiring.runtime import Secrets


class KeyExpiries:
    """Once for each time that a secret says something else, or nothing any more."""

    def __init__(self, secrets: Secrets, store: KeyExpiryStore) -> None:
        self._secrets, self._store = secrets, store
        self._noted: dict[tuple[ConnectionName, Vendor], str] = {}

    def note(self, connection: ConnectionName, vendor: Vendor, secret_arn: str) -> None:
        """What cannot be read or written now is written down by the next run."""
        with suppress(ConnectorError):
            said = self._secrets(secret_arn).get(EXPIRES_ON, "")
            if self._noted.get((connection, vendor)) == said:
                return
            expiry = KeyExpiry.of(said)
            if self._store.load(connection, vendor) != expiry:
                self._store.save(connection, vendor, expiry)
            self._noted[connection, vendor] = said
