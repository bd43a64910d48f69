"""Keeps an outage of IFS from becoming a storm: after two failures in a row nothing is sent but one probe a minute.

Reads, the metadata and writes fail and come back each for themselves: a search that is served says nothing of a tenant
that refuses every write.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit, Heard

PROVEN: dict[Heard, frozenset[Heard]] = {
    "search": frozenset({"search"}),
    "seen": frozenset({"search", "seen"}),
    "metadata": frozenset({"metadata"}),
    "write": frozenset({"search", "seen", "write"}),
}
FRESH = timedelta(seconds=5)  # how long one look at the circuit is good for: another consumer may open it
HARDLY_LONGER = timedelta(seconds=1)  # the same wish, heard again, is no news
SAVE_ATTEMPTS = 3  # lost to other consumers; the next fault tells the same


class Circuits(Protocol):
    def circuit(self, connection: ConnectionName) -> Circuit:
        """Closed where nothing is known."""

    def save_circuit(self, circuit: Circuit) -> bool:
        """False when another consumer was faster."""


class Breaker:
    """One batch's view of the circuit that all consumers share."""

    def __init__(self, circuits: Circuits, connection: ConnectionName, now: Callable[[], datetime]) -> None:
        self._circuits, self._connection, self._now = circuits, connection, now
        self._circuit, self._looked_at = circuits.circuit(connection), now()

    def refusal(self, *, is_probe: bool = False) -> Retryable | None:
        """Why nothing may be sent now, or None. A probe passes an open circuit, but not a time that IFS named."""
        # A look costs a read of the ledger: not one for each request.
        if self._now() - self._looked_at >= FRESH:
            self._look()
        left = self._circuit.seconds_held(self._now())
        if left > 0:
            text = "IFS named a later time; nothing is sent before it"
            return Retryable(Reason.IFS_UNAVAILABLE, text, retry_after_seconds=left, scope=Scope.TENANT)
        if not self._circuit.is_open or is_probe:
            return None
        reason = self._circuit.reason or Reason.IFS_UNAVAILABLE
        return Retryable(reason, "IFS does not serve this tenant; one probe a minute is sent", scope=Scope.TENANT)

    def failed(self, fault: ConnectorError, heard: Heard, subject: str) -> None:
        """`subject` is whom it concerned: an order's or a record's digest."""
        # What the end of our own run has cut short says nothing of IFS.
        if fault.reason is Reason.OUT_OF_TIME:
            return
        # IFS refused one record, and so it is there: what it says of that record is not about the tenant.
        if fault.scope is Scope.RECORD or (isinstance(fault, Permanent) and fault.scope is not Scope.TENANT):
            self.served(heard)
            return
        # A search that answers and shows nothing is proven by one that shows something, not by one that answers.
        told: Heard = "seen" if fault.reason is Reason.RECORDS_VANISHED else heard
        # One record that fails again and again is no outage: only a second one makes it the tenant's.
        unclear = subject if fault.scope is Scope.UNCLEAR else ""
        wait = fault.retry_after_seconds if isinstance(fault, Retryable) else None
        now = self._now()

        def change(circuit: Circuit) -> Circuit:
            struck = circuit.struck(told, fault.reason, now, unclear_subject=unclear)
            return _held(struck, now, timedelta(seconds=wait)) if wait else struck

        self._change(change)

    def served(self, heard: Heard) -> None:
        """IFS answered. Costs nothing while it always does."""
        self._change(lambda circuit: circuit.served(PROVEN[heard]))

    def _change(self, change: Callable[[Circuit], Circuit]) -> None:
        for _ in range(SAVE_ATTEMPTS):
            changed = change(self._circuit)
            if changed == self._circuit:
                return
            if self._circuits.save_circuit(changed):
                self._circuit = changed.stored()
                return
            self._look()

    def _look(self) -> None:
        self._circuit, self._looked_at = self._circuits.circuit(self._connection), self._now()


def _held(circuit: Circuit, now: datetime, wait: timedelta) -> Circuit:
    known = circuit.left_alone_until(now) or now
    return circuit.held(now + wait) if now + wait - known > HARDLY_LONGER else circuit
