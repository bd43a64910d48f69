"""A DynamoDB table in memory: whole items, conditions, one sparse index, and the size of what is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import ConditionBase

from functions.ledger.table import DUE_PARTITION, DUE_SORT, PARTITION, SORT, Item
from tests.equipment.memory_aws.conditions import holds

LARGEST_ITEM_BYTES = 400 * 1024
WRITE_UNIT_BYTES = 1024
Step = Callable[[str], None]


class ItemRefusedError(Exception):
    """DynamoDB answers ValidationException."""


def _nothing(_: str) -> None: ...


class MemoryTable:
    """`step` is called before and after each call with its name, e.g. "put" and "put done": it may raise or wait.

    `write_units` counts stored units by the first part of the partition key; `positions` keeps every stored reading
    position, oldest first.
    """

    def __init__(self, step: Step = _nothing) -> None:
        self._items: dict[str, dict[str, bytes]] = {}
        self._due: dict[str, set[tuple[str, str, str]]] = {}
        self._step = step
        self._changes: dict[str, int] = {}
        self.write_units: dict[str, int] = {}
        self.positions: list[dict[str, Any]] = []

    def get(self, pk: str, sk: str) -> Item | None:
        self._step("get")
        found = self._load(pk, sk)
        self._step("get done")
        return found

    def get_many(self, keys: Sequence[tuple[str, str]], attributes: Sequence[str]) -> list[Item]:
        self._step("get_many")
        wanted = {PARTITION, SORT, *attributes}
        items = (self._load(pk, sk) for pk, sk in dict.fromkeys(keys))
        found = [{name: value for name, value in item.items() if name in wanted} for item in items if item]
        self._step("get_many done")
        return found

    def put(self, item: Mapping[str, Any], *, condition: ConditionBase | None = None) -> bool:
        self._step("put")
        stored = _encoded(item)
        pk, sk = item[PARTITION], item[SORT]
        before = self._load(pk, sk)
        is_taken = condition is None or holds(condition, before)
        if is_taken:
            self._unindex(before)
            self._items.setdefault(pk, {})[sk] = stored
            self._index(item)
            self._count(item)
            self._changes[pk] = self._changes.get(pk, 0) + 1
            if sk == "position":
                self.positions.append(json.loads(stored))
        self._step("put done")
        return is_taken

    def query(self, pk: str, *, prefix: str = "") -> Iterator[Item]:
        self._step("query")
        keys = sorted(sk for sk in self._items.get(pk, {}) if sk.startswith(prefix))
        for sk in keys:
            item = self._load(pk, sk)
            if item is not None:
                yield item

    def query_due(self, shard: str, *, until: str, limit: int) -> list[Item]:
        self._step("query_due")
        found = sorted(entry for entry in self._due.get(shard, ()) if entry[0] <= until)[:limit]
        items = [self._load(pk, sk) for _, pk, sk in found]
        return [item for item in items if item is not None]

    def scan(self, *, prefix: str) -> Iterator[Item]:
        self._step("scan")
        for pk in list(self._items):
            if pk.startswith(prefix):
                yield from self.query(pk)

    def has_due(self, prefix: str, until: str) -> bool:
        """Whether any shard with this prefix holds something due; costs nothing and is no call of AWS."""
        return any(
            entry[0] <= until for shard, entries in self._due.items() if shard.startswith(prefix) for entry in entries
        )

    def changes(self, pk: str) -> int:
        """How often something of this partition was stored; costs nothing and is no call of AWS."""
        return self._changes.get(pk, 0)

    def everything(self) -> str:
        """All that is stored, as text, to look for what must not be there."""
        return "\n".join(text.decode() for items in self._items.values() for text in items.values())

    def _load(self, pk: str, sk: str) -> Item | None:
        text = self._items.get(pk, {}).get(sk)
        return None if text is None else json.loads(text, parse_int=Decimal)

    def _index(self, item: Mapping[str, Any]) -> None:
        if DUE_PARTITION in item:
            self._due.setdefault(item[DUE_PARTITION], set()).add((item[DUE_SORT], item[PARTITION], item[SORT]))

    def _unindex(self, item: Item | None) -> None:
        if item is not None and DUE_PARTITION in item:
            self._due[item[DUE_PARTITION]].discard((item[DUE_SORT], item[PARTITION], item[SORT]))

    def _count(self, item: Mapping[str, Any]) -> None:
        kind = str(item[PARTITION]).partition("#")[0]
        units = -(-_map_bytes(item) // WRITE_UNIT_BYTES)
        self.write_units[kind] = self.write_units.get(kind, 0) + units


def _encoded(item: Mapping[str, Any]) -> bytes:
    if any(not isinstance(item.get(name), str) or not item[name] for name in (PARTITION, SORT)):
        raise ItemRefusedError("a key is missing or empty")
    if _map_bytes(item) > LARGEST_ITEM_BYTES:
        raise ItemRefusedError("Item size has exceeded the maximum allowed size")
    return json.dumps(item, default=int, separators=(",", ":"), ensure_ascii=False).encode()


def _map_bytes(item: Mapping[str, Any]) -> int:
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def _bytes(value: Any) -> int:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    kind = type(value)  # exact types: this runs for every value of every item
    if kind is str:
        return len(value.encode())
    if kind is int or kind is Decimal:
        return len(str(value)) // 2 + 2
    if kind is bool or value is None:
        return 1
    if kind is list:
        return 3 + sum(1 + _bytes(inner) for inner in value)
    if kind is dict:
        return 3 + len(value) + _map_bytes(value)
    if kind is float:
        raise ItemRefusedError("Float types are not supported. Use Decimal types instead.")
    raise ItemRefusedError(f"Unsupported type {kind.__name__}")
