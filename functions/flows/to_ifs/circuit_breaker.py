"""Keeps an outage of IFS from becoming a storm: after two failures in a row nothing is sent but one probe a minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from functions.errors import ConnectorError, Retryable
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit

# What a tenant as a whole suffers from. Anything else is one record's own affair.
TENANT_WIDE = {Reason.IFS_UNAVAILABLE, Reason.IFS_CREDENTIALS}
FAILURES_TO_OPEN = 2


class Circuits(Protocol):
    def circuit(self, connection: ConnectionName) -> Circuit:
        """Closed where nothing is known."""

    def save_circuit(self, circuit: Circuit) -> bool:
        """False when another consumer was faster."""


class Breaker:
    """One batch's view of the circuit. Consumers that race over it agree again with the next batch."""

    def __init__(self, circuits: Circuits, connection: ConnectionName, now: Callable[[], datetime]) -> None:
        self._circuits, self._now = circuits, now
        self._circuit = circuits.circuit(connection)

    def refusal(self) -> Retryable | None:
        """Why nothing may be sent, or None."""
        if not self._circuit.is_open:
            return None
        reason = self._circuit.reason or Reason.IFS_UNAVAILABLE
        return Retryable(reason, "IFS does not serve this tenant; one probe a minute is sent")

    def failed(self, fault: ConnectorError) -> None:
        if fault.reason not in TENANT_WIDE:
            self.served()
            return
        failures = self._circuit.failures + 1
        since = self._circuit.opened_at or (self._now() if failures >= FAILURES_TO_OPEN else None)
        self._save(failures=failures, reason=fault.reason, opened_at=since)

    def served(self) -> None:
        """IFS answered. Costs nothing while it always does."""
        if self._circuit.failures:
            self._save(failures=0, reason=None, opened_at=None)

    def _save(self, **changes: object) -> None:
        changed = self._circuit.model_copy(update=changes)
        if self._circuits.save_circuit(changed):
            self._circuit = changed.model_copy(update={"revision": changed.revision + 1})
