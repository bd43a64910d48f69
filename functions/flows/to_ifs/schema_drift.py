"""Compares what IFS publishes with what the connection file writes: writing begins, and goes on, only while it fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Retryable, Scope
from functions.model.fit import Finding
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.tenant import Fitness, Heard

EVERY = timedelta(hours=24)  # metadata is large, and seldom changes
EVERY_WHILE_UNFIT = timedelta(minutes=15)  # a person is at work on it, and wants to see it end
EVERY_WHILE_UNREAD = timedelta(seconds=50)  # a look that failed may take half a minute; a probe comes every minute


class FitnessStore(Protocol):
    def fitness(self, connection: ConnectionName, fingerprint: str) -> Fitness | None: ...

    def save_fitness(self, fitness: Fitness) -> None: ...


class Listener(Protocol):
    """The part of the tenant's circuit breaker that is told how a look ended."""

    def failed(self, fault: ConnectorError, heard: Heard, subject: str) -> None: ...

    def served(self, heard: Heard) -> None: ...


Inspect = Callable[[Connection], Sequence[Finding]]


class SchemaDrift:
    """`inspect` reads the published metadata of a connection's targets. Kept in memory between batches."""

    def __init__(self, store: FitnessStore, inspect: Inspect, now: Callable[[], datetime]) -> None:
        self._store, self._inspect, self._now = store, inspect, now
        self._known: dict[str, Fitness] = {}
        self._unread: dict[ConnectionName, tuple[datetime, ConnectorError]] = {}

    def refusal(self, connection: Connection, breaker: Listener) -> ConnectorError | None:
        """Why nothing may be written to this connection's targets, or None. What fitted before is trusted while IFS
        cannot be asked; the breaker is told all the same. Ask only while the breaker lets something pass.
        """
        fitness = self._remembered(connection)
        if fitness is None or self._is_old(fitness):
            fault = self._look(connection, breaker)
            if fault is not None:
                return None if fitness is not None and not fitness.misfits else fault
            fitness = self._known[connection.delivery_place]
        if not fitness.misfits:
            return None
        return Retryable(Reason.TARGET_CHANGED, "; ".join(fitness.misfits[:3]), stage="metadata", scope=Scope.TENANT)

    def _remembered(self, connection: Connection) -> Fitness | None:
        """Another consumer may have looked since."""
        known = self._known.get(connection.delivery_place)
        if known is None or self._is_old(known):
            known = self._store.fitness(connection.name, connection.delivery_place)
        if known is not None:
            self._known[connection.delivery_place] = known
        return known

    def _is_old(self, fitness: Fitness) -> bool:
        return self._now() - fitness.checked_at >= (EVERY_WHILE_UNFIT if fitness.misfits else EVERY)

    def _look(self, connection: Connection, breaker: Listener) -> ConnectorError | None:
        """One look a minute for all targets of a tenant that cannot be read."""
        read_at, fault = self._unread.get(connection.name, (None, None))
        if read_at is not None and self._now() - read_at < EVERY_WHILE_UNREAD:
            return fault
        try:
            findings = self._inspect(connection)
        except ConnectorError as unread:
            # A run that ended says nothing of the tenant.
            if unread.reason is not Reason.OUT_OF_TIME:
                self._unread[connection.name] = self._now(), unread
            breaker.failed(unread, "metadata", connection.delivery_place)
            return unread
        self._unread.pop(connection.name, None)
        breaker.served("metadata")
        self._keep(connection, findings)
        return None

    def _keep(self, connection: Connection, findings: Sequence[Finding]) -> None:
        misfits = tuple(finding.sentence for finding in findings if finding.severity == "misfit")
        fitness = Fitness(
            connection=connection.name, fingerprint=connection.delivery_place, checked_at=self._now(), misfits=misfits
        )
        self._store.save_fitness(fitness)
        self._known[connection.delivery_place] = fitness
