"""What is known of each IFS tenant, shared by every consumer. It was observed: what cannot be read is observed anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from functions.ledger.items import PARTITION, SORT, Made, read_as, to_item, unmoved
from functions.ledger.table import Table
from functions.log_lines import logger
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit, Fitness
from functions.model.watch import Rhythm

CIRCUIT, RHYTHM = "circuit", "rhythm"


class TenantStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def circuit(self, connection: ConnectionName) -> Circuit:
        """Closed where nothing is known. Strongly consistent."""
        item = self._table.get(_partition(connection), CIRCUIT)
        return (_observed(Circuit, item) if item else None) or Circuit(connection=connection, revision=_revision(item))

    def save_circuit(self, circuit: Circuit) -> bool:
        """Stores it as the revision after its own; False when another consumer was faster."""
        keys = {PARTITION: _partition(circuit.connection), SORT: CIRCUIT}
        item = to_item({**circuit.stored().model_dump(mode="json"), **keys})
        return self._table.put(item, condition=unmoved(circuit.revision))

    def rhythm(self, connection: ConnectionName) -> Rhythm:
        """Nothing found yet where nothing is known."""
        item = self._table.get(_partition(connection), RHYTHM)
        return (_observed(Rhythm, item) if item else None) or Rhythm(connection=connection, revision=_revision(item))

    def save_rhythm(self, rhythm: Rhythm) -> bool:
        """Stores it as the revision after its own; False when another run was faster."""
        keys = {PARTITION: _partition(rhythm.connection), SORT: RHYTHM}
        item = to_item({**rhythm.stored().model_dump(mode="json"), **keys})
        return self._table.put(item, condition=unmoved(rhythm.revision))

    def fitness(self, connection: ConnectionName, fingerprint: str) -> Fitness | None:
        item = self._table.get(_partition(connection), f"fit#{fingerprint}")
        return _observed(Fitness, item) if item else None

    def save_fitness(self, fitness: Fitness) -> None:
        keys = {PARTITION: _partition(fitness.connection), SORT: f"fit#{fitness.fingerprint}"}
        self._table.put(to_item({**fitness.model_dump(mode="json"), **keys}))


def _partition(connection: ConnectionName) -> str:
    return f"tenant#{connection}"


def _observed(model: type[Made], item: Mapping[str, Any]) -> Made | None:
    """None for one that no model reads, such as a reason that a later version gave: it stops no connection."""
    try:
        return read_as(model, item)
    except ValidationError:
        logger.warning("ledger_item_passed_over", sort_key=item.get(SORT))
        return None


def _revision(item: Mapping[str, Any] | None) -> int:
    """What the next save has to find, whatever else the item says."""
    return int(item.get("revision", 0)) if item else 0
