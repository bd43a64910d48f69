"""Compares what IFS publishes with what the connection file writes: writing begins, and goes on, only while it fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Retryable
from functions.model.fit import Finding
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.tenant import Fitness

EVERY = timedelta(hours=24)
EVERY_WHILE_UNFIT = timedelta(minutes=15)


class FitnessStore(Protocol):
    def fitness(self, connection: ConnectionName, fingerprint: str) -> Fitness | None: ...

    def save_fitness(self, fitness: Fitness) -> None: ...


Inspect = Callable[[Connection], Sequence[Finding]]


class Watch:
    """`inspect` reads the published metadata of a connection's targets. Kept in memory between batches."""

    def __init__(self, store: FitnessStore, inspect: Inspect, now: Callable[[], datetime]) -> None:
        self._store, self._inspect, self._now = store, inspect, now
        self._known: dict[str, Fitness] = {}

    def refusal(self, connection: Connection) -> ConnectorError | None:
        """Why nothing may be written to this connection's targets, or None."""
        try:
            fitness = self._fitness(connection)
        except ConnectorError as fault:
            return fault
        if not fitness.misfits:
            return None
        return Retryable(Reason.TARGET_CHANGED, "; ".join(fitness.misfits[:3]))

    def _fitness(self, connection: Connection) -> Fitness:
        key = connection.fingerprint
        known = self._known.get(key)
        if known is None or self._is_old(known):
            known = self._store.fitness(connection.name, key)
        if known is None or self._is_old(known):
            known = self._renewed(connection, known)
        self._known[key] = known
        return known

    def _is_old(self, fitness: Fitness) -> bool:
        return self._now() - fitness.checked_at >= (EVERY_WHILE_UNFIT if fitness.misfits else EVERY)

    def _renewed(self, connection: Connection, before: Fitness | None) -> Fitness:
        """What fitted yesterday is trusted while IFS cannot be asked."""
        try:
            findings = self._inspect(connection)
        except Retryable:
            if before is None or before.misfits:
                raise
            return before
        misfits = tuple(finding.sentence for finding in findings if finding.standing == "misfit")
        fitness = Fitness(
            connection=connection.name, fingerprint=connection.fingerprint, checked_at=self._now(), misfits=misfits
        )
        self._store.save_fitness(fitness)
        return fitness
