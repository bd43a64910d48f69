"""The standing of each IFS tenant, shared by every consumer."""

from __future__ import annotations

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import from_item, to_item
from functions.ledger.table import PARTITION, SORT, Table
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit, Fitness

CIRCUIT = "circuit"
OWN = {PARTITION, SORT, "schema_version"}


class TenantStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def circuit(self, connection: ConnectionName) -> Circuit:
        """Closed where nothing is known. Strongly consistent."""
        item = self._table.get(_partition(connection), CIRCUIT)
        return Circuit.model_validate(_plain(item)) if item else Circuit(connection=connection)

    def save_circuit(self, circuit: Circuit) -> bool:
        """Stores it as the revision after its own; False when another consumer was faster."""
        successor = circuit.model_copy(update={"revision": circuit.revision + 1})
        unseen = Attr(PARTITION).not_exists() if circuit.revision == 0 else Attr("revision").eq(circuit.revision)
        keys = {PARTITION: _partition(circuit.connection), SORT: CIRCUIT}
        return self._table.put(to_item({**successor.model_dump(mode="json"), **keys}), condition=unseen)

    def fitness(self, connection: ConnectionName, fingerprint: str) -> Fitness | None:
        item = self._table.get(_partition(connection), f"fit#{fingerprint}")
        return Fitness.model_validate(_plain(item)) if item else None

    def save_fitness(self, fitness: Fitness) -> None:
        keys = {PARTITION: _partition(fitness.connection), SORT: f"fit#{fitness.fingerprint}"}
        self._table.put(to_item({**fitness.model_dump(mode="json"), **keys}))


def _partition(connection: ConnectionName) -> str:
    return f"tenant#{connection}"


def _plain(item: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in from_item(item).items() if name not in OWN}
