"""A DynamoDB table in memory: whole items, conditions, one sparse index, sizes, and reads that may be a little late."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from boto3.dynamodb.types import DYNAMODB_CONTEXT

from functions.errors import Permanent, Retryable
from functions.ledger.items import PARTITION, SORT
from functions.ledger.table import DUE_PARTITION, DUE_PROJECTED, DUE_SORT, Item, PageOfIndex
from functions.model.outcomes import Reason
from tests.equipment.memory_aws.conditions import holds

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LARGEST_ITEM_BYTES = 400 * 1024
LARGEST_KEYS = {PARTITION: 2048, SORT: 1024, DUE_PARTITION: 2048, DUE_SORT: 1024}  # bytes
DEEPEST = 32
LARGEST_NUMBER = 38  # digits
WRITE_UNIT_BYTES, READ_UNIT_BYTES = 1024, 4096
EVENTUALLY = 0.5  # of a strongly consistent read
PAGE_ITEMS = 20  # AWS ends a page at a megabyte
SCAN_PAGE_ITEMS = 200
INDEXED = (PARTITION, SORT, DUE_PARTITION, DUE_SORT, *DUE_PROJECTED)
Step = Callable[[str], None]
Key = tuple[str, str]


def _nothing(_: str) -> None: ...


@dataclass(frozen=True)
class Lateness:
    """For up to `seconds` after a write an eventually consistent read may still show what stood there before. `met` is
    told whenever one does.
    """

    now: Callable[[], datetime]
    random: Random
    seconds: float
    met: Callable[[], None] = lambda: None


class MemoryTable:
    """`step` is called before and after each call with its name, e.g. "put" and "put done": it may raise or wait. Each
    page of a query or scan is a call. Without `lateness` every read is strongly consistent.

    `write_units` counts stored units by the first part of the partition key, `index_units` those that the index costs
    beside, `refused_units` those of puts that a condition refused, `read_units` all that reading costs; `positions`
    keeps every stored reading position, oldest first.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """

    def __init__(self, step: Step = _nothing, lateness: Lateness | None = None) -> None:
        self._items: dict[str, dict[str, bytes]] = {}
        self._due: dict[str, set[tuple[str, str, str]]] = {}
        self._step, self._lateness = step, lateness
        self._earlier: dict[Key, tuple[datetime, Item | None]] = {}
        self._changes: dict[str, int] = {}
        self.write_units: dict[str, int] = {}
        self.index_units: dict[str, int] = {}
        self.refused_units = 0
        self.read_units = 0.0
        self._sizes: dict[Key, int] = {}
        self.positions: list[dict[str, Any]] = []

    def get(self, pk: str, sk: str) -> Item | None:
        self._step("get")
        found = self._load(pk, sk)
        self.read_units += self._read([(pk, sk)])
        self._step("get done")
        return found

    def get_many(self, keys: Sequence[Key], attributes: Sequence[str]) -> list[Item]:
        self._step("get_many")
        wanted = {PARTITION, SORT, *attributes}
        self.read_units += sum(EVENTUALLY * self._read([key]) for key in dict.fromkeys(keys))
        items = (self._seen(pk, sk) for pk, sk in dict.fromkeys(keys))
        found = [_only(item, wanted) for item in items if item]
        self._step("get_many done")
        return found

    def put(self, item: Mapping[str, Any], *, condition: ConditionBase | None = None) -> bool:
        self._step("put")
        size, stored = _size(item), _encoded(item)
        before = self._load(item[PARTITION], item[SORT])
        is_taken = condition is None or holds(condition, before)
        if is_taken:
            self._store(item, stored, before, size)
        else:
            self.refused_units += _write_units(self._sizes.get((item[PARTITION], item[SORT]), 0))
        self._step("put done")
        return is_taken

    def query(self, pk: str, *, prefix: str = "", after: str = "", newest_first: bool = False) -> Iterator[Item]:
        if after and not after.startswith(prefix):
            raise Retryable(Reason.LEDGER_UNAVAILABLE, "DynamoDB: ValidationException")

        def select() -> list[Key]:
            keys = self._of(pk, prefix, newest_first=newest_first)
            return [key for key in keys if not after or (key[1] != after and (key[1] < after) is newest_first)]

        yield from self._paged("query", select, self._load, 1)

    def query_due(self, shard: str, *, until: str, limit: int) -> list[Item]:
        self._step("query_due")
        found = sorted(self._due_entries(shard, until).items(), key=lambda entry: (entry[1], entry[0]))[:limit]
        items = [self._indexed(key, at) for key, at in found]
        self.read_units += EVENTUALLY * _read_units(sum(map(_map_bytes, items)))
        self._step("query_due done")
        return items

    def query_shard(self, shard: str) -> Iterator[Item]:
        shown = self._due_entries(shard, "~")  # behind every instant
        keys = sorted(shown, key=lambda key: (shown[key], key))
        entries = {key: self._indexed(key, shown[key]) for key in keys}
        self.read_units += EVENTUALLY * _read_units(sum(map(_map_bytes, entries.values())))
        yield from self._paged("query_shard", lambda: keys, lambda pk, sk: entries[pk, sk], 0)

    def query_page(
        self, shard: str, *, limit: int, after: Mapping[str, str] | None = None, newest_first: bool = False
    ) -> PageOfIndex:
        self._step("query_page")
        entries = self._due_entries(shard, "~")
        keys = sorted(entries, key=lambda key: (entries[key], key), reverse=newest_first)
        if after:
            behind = after[DUE_SORT], (after[PARTITION], after[SORT])
            keys = [
                key for key in keys if ((entries[key], key) < behind) is newest_first and (entries[key], key) != behind
            ]
        shown = keys[: min(limit, PAGE_ITEMS)]
        items = [self._indexed(key, entries[key]) for key in shown]
        self.read_units += EVENTUALLY * _read_units(sum(map(_map_bytes, items)))
        self._step("query_page done")
        # DynamoDB stops at the limit and does not look whether anything is behind it.
        return PageOfIndex(items, len(shown) == len(keys) and len(shown) < limit)

    def scan(self, *, prefix: str) -> Iterator[Item]:
        yield from self._paged("scan", lambda: self._under(prefix), self._seen, EVENTUALLY)

    def scan_page(self, *, prefix: str, after: Sequence[str] | None) -> tuple[list[Item], Key | None]:
        """Nothing is ever deleted here: what is new stands last. A page ends after so many items, of any prefix."""
        self._step("scan")
        every = [(pk, sk) for pk in list(self._items) for sk in sorted(self._items[pk])]
        start = every.index((after[0], after[1])) + 1 if after else 0
        keys = every[start : start + SCAN_PAGE_ITEMS]
        self.read_units += EVENTUALLY * self._read(keys)
        found = [item for pk, sk in keys if pk.startswith(prefix) and (item := self._seen(pk, sk)) is not None]
        self._step("scan done")
        return found, keys[-1] if start + SCAN_PAGE_ITEMS < len(every) else None

    def expire(self, pk: str, sk: str) -> None:
        """As DynamoDB does some time after an item's `expires_at`."""
        del self._items[pk][sk]

    def become(self, items: Iterable[Mapping[str, Any]]) -> None:
        """As an operator makes it equal to another table: what is not in there is gone."""
        self._items.clear()
        self._due.clear()
        self._earlier.clear()
        for item in items:
            self._store(item, _encoded(item), None, _size(item))

    def has_due(self, prefix: str, until: str) -> bool:
        """Whether any shard with this prefix holds something due; costs nothing and is no call of AWS."""
        return any(
            entry[0] <= until for shard, entries in self._due.items() if shard.startswith(prefix) for entry in entries
        )

    def changes(self, pk: str) -> int:
        """How often something of this partition was stored; costs nothing and is no call of AWS."""
        return self._changes.get(pk, 0)

    @property
    def stored_bytes(self) -> int:
        return sum(self._sizes.values())

    def everything(self) -> str:
        """All that is stored, as text, to look for what must not be there."""
        return "\n".join(text.decode() for items in self._items.values() for text in items.values())

    def _of(self, pk: str, prefix: str, *, newest_first: bool) -> list[Key]:
        return [(pk, sk) for sk in sorted(self._items.get(pk, {}), reverse=newest_first) if sk.startswith(prefix)]

    def _under(self, prefix: str) -> list[Key]:
        return [(pk, sk) for pk in list(self._items) if pk.startswith(prefix) for sk in sorted(self._items[pk])]

    def _paged(
        self, name: str, select: Callable[[], list[Key]], read: Callable[[str, str], Item | None], price: float
    ) -> Iterator[Item]:
        self._step(name)
        keys = select()
        for start in range(0, max(len(keys), 1), PAGE_ITEMS):
            if start:
                self._step(name)
            page = [read(pk, sk) for pk, sk in keys[start : start + PAGE_ITEMS]]
            self.read_units += price * self._read(keys[start : start + PAGE_ITEMS])
            self._step(f"{name} done")
            yield from (item for item in page if item is not None)

    def _read(self, keys: Sequence[Key]) -> int:
        """Units of a strongly consistent read of all of them together."""
        return _read_units(sum(self._sizes.get(key, 0) for key in keys))

    def _load(self, pk: str, sk: str) -> Item | None:
        text = self._items.get(pk, {}).get(sk)
        return None if text is None else json.loads(text, parse_int=Decimal, parse_float=Decimal)

    def _store(self, item: Mapping[str, Any], stored: bytes, before: Item | None, size: int) -> None:
        pk, sk = item[PARTITION], item[SORT]
        self._unindex(before)
        self._items.setdefault(pk, {})[sk] = stored
        self._index(item)
        self._count(item, max(size, self._sizes.get((pk, sk), 0)))
        self._sizes[pk, sk] = size
        self._count_index(before, item)
        self._changes[pk] = self._changes.get(pk, 0) + 1
        if sk == "position":
            self.positions.append(json.loads(stored))
        if self._lateness is not None:
            late = timedelta(seconds=self._lateness.random.uniform(0, self._lateness.seconds))
            self._earlier[pk, sk] = self._lateness.now() + late, before

    def _seen(self, pk: str, sk: str) -> Item | None:
        """As an eventually consistent read sees it."""
        return self._earlier[pk, sk][1] if self._is_late((pk, sk)) else self._load(pk, sk)

    def _is_late(self, key: Key) -> bool:
        """Each read asks another replica: a newer answer may be followed by an older one."""
        if self._lateness is None or key not in self._earlier:
            return False
        if self._earlier[key][0] <= self._lateness.now():
            del self._earlier[key]
            return False
        is_late = self._lateness.random.random() < 0.5
        if is_late:
            self._lateness.met()
        return is_late

    def _due_entries(self, shard: str, until: str) -> dict[Key, str]:
        """What the index shows: by key, when it is due."""
        entries = {(pk, sk): at for at, pk, sk in self._due.get(shard, ()) if at <= until}
        for key in [key for key in list(self._earlier) if self._is_late(key)]:
            entries.pop(key, None)
            earlier = self._earlier[key][1]
            if earlier and earlier.get(DUE_PARTITION) == shard and _is_due(earlier) and earlier[DUE_SORT] <= until:
                entries[key] = earlier[DUE_SORT]
        return entries

    def _indexed(self, key: Key, at: str) -> Item:
        """Keys and projected attributes only."""
        current = self._load(*key)
        item = current if current and current.get(DUE_SORT) == at else self._earlier[key][1]
        return _only(item or {}, set(INDEXED))

    def _index(self, item: Mapping[str, Any]) -> None:
        if _is_due(item):
            self._due.setdefault(item[DUE_PARTITION], set()).add((item[DUE_SORT], item[PARTITION], item[SORT]))

    def _unindex(self, item: Item | None) -> None:
        if item is not None and _is_due(item):
            self._due[item[DUE_PARTITION]].discard((item[DUE_SORT], item[PARTITION], item[SORT]))

    def _count(self, item: Mapping[str, Any], size: int) -> None:
        """The larger of what is stored and what stood there before."""
        kind = str(item[PARTITION]).partition("#")[0]
        self.write_units[kind] = self.write_units.get(kind, 0) + _write_units(size)

    def _count_index(self, before: Item | None, item: Mapping[str, Any]) -> None:
        """An entry whose keys change is deleted and written anew; one that stays as it is costs nothing.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
        """
        old, new = _entry(before or {}), _entry(item)
        if old == new:
            return
        is_changed = bool(old and new) and all(old[name] == new[name] for name in (DUE_PARTITION, DUE_SORT))
        kind = str(item[PARTITION]).partition("#")[0]
        units = 1 if is_changed else bool(old) + bool(new)
        self.index_units[kind] = self.index_units.get(kind, 0) + units


def _write_units(size: int) -> int:
    return max(1, -(-size // WRITE_UNIT_BYTES))


def _read_units(size: int) -> int:
    """What is not there is read too."""
    return max(1, -(-size // READ_UNIT_BYTES))


def _entry(item: Mapping[str, Any]) -> Item:
    """What the index holds of an item; nothing where that is not in it."""
    return _only(item, set(INDEXED)) if _is_due(item) else {}


def _is_due(item: Mapping[str, Any]) -> bool:
    """The index is sparse: it holds what has both of its keys."""
    return DUE_PARTITION in item and DUE_SORT in item


def _only(item: Mapping[str, Any], names: set[str]) -> Item:
    return {name: value for name, value in item.items() if name in names}


def _size(item: Mapping[str, Any]) -> int:
    """Raises what the adapter makes of DynamoDB's ValidationException, and what boto3 says of a number."""
    for name, largest in LARGEST_KEYS.items():
        key = item.get(name, "" if name in {PARTITION, SORT} else name)
        if not isinstance(key, str) or not 0 < len(key.encode()) <= largest:
            raise Permanent(Reason.LEDGER_REFUSED, f"a key is missing, empty, too long or no text: {name}")
    size = _map_bytes(item)
    if size > LARGEST_ITEM_BYTES:
        raise Permanent(Reason.LEDGER_REFUSED, "Item size has exceeded the maximum allowed size")
    return size


def _encoded(item: Mapping[str, Any]) -> bytes:
    return json.dumps(item, default=_json_number, separators=(",", ":"), ensure_ascii=False).encode()


def _json_number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def _map_bytes(item: Mapping[str, Any], depth: int = 0) -> int:
    return sum(len(name.encode()) + _bytes(value, depth) for name, value in item.items())


def _bytes(value: Any, depth: int) -> int:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    kind = type(value)  # exact types: this runs for every value of every item
    if kind is str:
        return len(value.encode())
    if kind is int or kind is Decimal:
        return _number_bytes(value)
    if kind is bool or value is None:
        return 1
    if depth == DEEPEST:
        raise Permanent(Reason.LEDGER_REFUSED, "Nesting Levels have exceeded supported limits")
    if kind is list:
        return 3 + sum(1 + _bytes(inner, depth + 1) for inner in value)
    if kind is dict:
        return 3 + len(value) + _map_bytes(value, depth + 1)
    raise TypeError(f"{kind.__name__.title()} types are not supported. Use Decimal types instead.")


def _number_bytes(value: int | Decimal) -> int:
    digits = len(str(value))
    if digits > LARGEST_NUMBER:
        DYNAMODB_CONTEXT.create_decimal(value)
    return digits // 2 + 2
