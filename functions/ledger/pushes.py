"""What is remembered of what goes from IFS to ShipStation, one item each; those that are open are found together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.ledger.items import PARTITION, SORT, each_readable, read_as, stamp, to_item, unmoved
from functions.ledger.table import DUE_PARTITION, DUE_SORT, SHOWN, Table
from functions.model.outbound import OutboundKey
from functions.model.pushed_order import PlanEnd, PushedOrder
from functions.model.shipment import ConnectionName

STATE = "push"
ATTRIBUTES = [*PushedOrder.model_fields]


class PushStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, connection: ConnectionName) -> list[PushedOrder]:
        """Those that are read again at every look, and those that ask for a person. Eventually consistent."""
        shown = self._table.query_shard(_shard(connection))
        keys = [(str(item[PARTITION]), STATE) for item in shown]
        return list(each_readable(self._table.get_many(keys, ATTRIBUTES), _pushed)) if keys else []

    def load(self, keys: Sequence[OutboundKey]) -> dict[OutboundKey, PushedOrder]:
        """Unknown ones are left out, and so is an item that cannot be read, which `save` then finds there. Strongly
        consistent.
        """
        found = (self._table.get(_partition(key), STATE) for key in keys)
        return {each.key: each for each in each_readable((item for item in found if item is not None), _pushed)}

    def numbered(self, connection: ConnectionName, numbers: Collection[str]) -> list[PushedOrder]:
        """What bears one of these numbers of IFS: shipments, or customer orders with all parts that are open, in the
        order of their keys. Eventually consistent.
        """
        whole = [f"push#{connection}#{form}{number}" for number in numbers for form in ("", "o")]
        parts = tuple(f"push#{connection}#o{number}:" for number in numbers)
        shown = (str(item[PARTITION]) for item in self._table.query_shard(_shard(connection)))
        partitions = sorted({*whole, *(each for each in shown if each.startswith(parts))})
        found = self._table.get_many([(each, STATE) for each in partitions], ATTRIBUTES)
        return sorted(each_readable(found, _pushed), key=lambda pushed: pushed.key.part)

    def asking(self, connection: ConnectionName, numbers: Collection[str]) -> list[PushedOrder]:
        """What bears one of these numbers of IFS, and asks for a person. Eventually consistent."""
        shown = [item for item in self._table.query_shard(_shard(connection)) if item.get(SHOWN, {}).get("calls")]
        named = [str(item[PARTITION]) for item in shown if item[SHOWN].get("subject") in numbers]
        found = self._table.get_many([(each, STATE) for each in sorted(named)], ATTRIBUTES) if named else ()
        return [pushed for pushed in each_readable(found, _pushed) if pushed.attention is not None]

    def plan_ends(self, keys: Sequence[OutboundKey]) -> list[PlanEnd]:
        """What came of the last plans of all of them. Eventually consistent."""
        found = self._table.get_many([(_partition(key), STATE) for key in keys], ["plans"])
        ends = (end for item in found for end in item.get("plans", ()))
        return list(each_readable(ends, lambda end: read_as(PlanEnd, end)))

    def save(self, pushed: PushedOrder) -> bool:
        """As the revision after its own; False when somebody saved in between."""
        return self._table.put(_item(pushed), condition=unmoved(pushed.revision))


def _pushed(item: Mapping[str, Any]) -> PushedOrder:
    return read_as(PushedOrder, item)


def _item(pushed: PushedOrder) -> dict[str, Any]:
    body = pushed.saved().model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    keys = {PARTITION: _partition(pushed.key), SORT: STATE, "revision": pushed.revision + 1}
    return to_item({**body, **keys, **_listed(pushed)})


def _listed(pushed: PushedOrder) -> dict[str, Any]:
    if pushed.read_at is None or not (pushed.is_open or pushed.attention):
        return {}
    place = {DUE_PARTITION: _shard(pushed.key.connection), DUE_SORT: stamp(pushed.read_at)}
    return {**place, **_shown(pushed, pushed.read_at)}


def _shown(pushed: PushedOrder, read_at: datetime) -> dict[str, Any]:
    """What the list of what waits says of it. One that is in agreement waits for nothing."""
    reason = pushed.attention or pushed.reason
    if reason is None:
        return {}
    since, calls = stamp(pushed.since or read_at), pushed.attention is not None
    return {SHOWN: {"reason": str(reason), "subject": pushed.key.number, "since": since, "calls": calls}}


def _partition(key: OutboundKey) -> str:
    """A shipment's number stands there as the first version stored it."""
    return f"push#{key.connection}#{key.shipment_id or key.part}"


def _shard(connection: ConnectionName) -> str:
    return f"push#{connection}"
