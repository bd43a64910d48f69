"""What is remembered of each order, in one item; the due list; what the poll may drop."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from functions.errors import Retryable
from functions.ledger.compact import compact, whole
from functions.ledger.items import PARTITION, SORT, each_readable, from_item, read_as, readable, stamp, to_item, unmoved
from functions.ledger.table import DUE_PARTITION, DUE_SORT, SHOWN, Table, index_key
from functions.model.attention import Listed, ListedPage, ShardKind
from functions.model.messages import ADMISSIONS, Admission
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName, OrderKey, Shipment, ShipmentKey
from functions.model.state import OrderState, ShipmentState
from functions.model.watch import Waiting

Kind = TypeVar("Kind", dict[str, Any], list[Any])
SHARDS = 4  # a partition takes a thousand writes a second, and a backlog comes at once
RACES = 5  # lost to other runs, one after the other
PAGE = 1000  # entries of a list in one call; about a quarter of what DynamoDB hands out at once
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # of an order that is too large to be kept
STATE = "state"
LIMIT_BYTES = 300_000  # DynamoDB refuses items over 400 KB
MARK_BYTES = 80  # one entry of `marks` and one of `order_ids`
SKIPPED = "-"  # before the mark of what is out of scope
WITHDRAWN = "w"
LARGE, LARGE_GOODS = 50, 50_000  # below as many shipments and bytes of goods no order comes near the limit
ITEM_BYTES = 30  # one of goods beside its SKU


class OrderStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        """Unknown orders are left out. Strongly consistent."""
        items = ((key, self._table.get(_partition(key), STATE)) for key in keys)
        return {key: _state(item) for key, item in items if item is not None}

    def save(self, state: OrderState) -> bool:
        """Stores `state` as the revision after `state.revision`; False when somebody saved in between."""
        return self._table.put(_item(state.stored()), condition=unmoved(state.revision))

    def is_too_large(self, state: OrderState) -> bool:
        """Whether the ledger cannot hold it."""
        goods = (item for each in state.shipments.values() for item in each.shipment.items)
        # Nearly every order is small, and is not written out to be measured.
        is_near = len(state.shipments) > LARGE or sum(ITEM_BYTES + len(item.sku) for item in goods) > LARGE_GOODS
        return is_near and _size(state) > LIMIT_BYTES

    def unrecorded(
        self, shipments: Sequence[Shipment], place: Callable[[Shipment], str], *, rejudge_skipped: bool = False
    ) -> list[Shipment]:
        """Those whose reading is not recorded yet, whatever its outcome; `place` names where one is delivered.
        `rejudge_skipped`: what was skipped is judged anew.
        """
        keys = [(_partition(shipment.order_key), STATE) for shipment in shipments]
        # Marks alone cross the wire: a page may hold five hundred rows.
        marks = {item[PARTITION]: _as(dict, item.get("marks")) for item in self._table.get_many(keys, ["marks"])}
        return [
            shipment
            for shipment, (partition, _) in zip(shipments, keys, strict=True)
            if not _is_recorded(
                marks.get(partition, {}).get(shipment.key),
                shipment.mark(place(shipment)),
                rejudge_skipped=rejudge_skipped,
            )
        ]

    def holds(self, orders: Mapping[int, OrderKey]) -> set[int]:
        """Those ShipStation order ids of which the item of the given key holds a shipment. Eventually consistent."""
        keys = [(_partition(key), STATE) for key in orders.values()]
        items = self._table.get_many(keys, ["order_ids"])
        held = {item[PARTITION]: _as(list, item.get("order_ids")) for item in items}
        return {order_id for order_id, key in orders.items() if order_id in held.get(_partition(key), [])}

    def admissions(self, orders: Collection[OrderKey]) -> dict[ShipmentKey, Admission]:
        """How a backfill let shipments of these orders in, those included that were withdrawn since. Eventually
        consistent.
        """
        items = self._table.get_many([(_partition(key), STATE) for key in orders], ["shipments"])
        stored = ((key, _as(dict, each)) for item in items for key, each in _as(dict, item.get("shipments")).items())
        return {ShipmentKey(key): each["admission"] for key, each in stored if each.get("admission") in ADMISSIONS}

    def due(self, connection: ConnectionName, *, now: datetime, limit: int) -> list[tuple[OrderKey, datetime]]:
        """Orders whose next attempt is due with the instant they are due at, oldest first."""
        shards = (_shard("due", connection, number) for number in range(SHARDS))
        # As many as are wanted from each shard: all that is due may stand in one.
        items = [item for shard in shards for item in self._table.query_due(shard, until=stamp(now), limit=limit)]
        items.sort(key=lambda item: str(item[DUE_SORT]))
        return [(_key(item), datetime.fromisoformat(item[DUE_SORT])) for item in items[:limit]]

    def waiting(self, connection: ConnectionName) -> Iterator[Waiting]:
        """Orders that only wait for a delivery, the longest first; one that cannot be read is passed over. Eventually
        consistent.
        """
        for item in self._table.query_shard(f"watch#{connection}"):
            shown = whole(item)
            known = {"order": shown.get("key"), "since": shown[DUE_SORT], "records": shown.get("watched")}
            # What a later version wrote must not keep the others from being looked at.
            with suppress(ValidationError):
                yield Waiting.model_validate(known, extra="ignore")

    def everything(self, connection: ConnectionName, pauses: Sequence[str]) -> Iterator[Listed]:
        """All that stands on a list of the connection, what is parked without an order and what goes to ShipStation
        included, page by page; what ShipStation holds as IFS wants it waits for nothing. Eventually consistent.
        """
        resting = (paused_shard(connection, pause) for pause in pauses)
        waiting = (*shards(connection, ("attention", "due", "watch")), *resting, f"push#{connection}")
        for shard in (*waiting, *shards(connection, ("kept",))):  # nobody waits for what was kept
            yield from (listed for listed in self._page_by_page(shard) if listed.name)

    def _page_by_page(self, shard: str) -> Iterator[Listed]:
        after: Mapping[str, str] | None = None
        while True:
            page = self.listed(shard, limit=PAGE, after=after)
            yield from page.entries
            if page.is_last:
                return
            after = page.end

    def paused(self, connection: ConnectionName, pause: str, *, limit: int) -> list[Listed]:
        """Orders that rest under a pause. Eventually consistent."""
        return self.listed(paused_shard(connection, pause), limit=limit).entries

    def listed(self, shard: str, *, limit: int, after: Mapping[str, str] | None = None) -> ListedPage:
        """Those of a shard of the list of what waits, in its order: what is due latest comes first, what calls for
        attention oldest first. One call. Eventually consistent.
        """
        # Pauses grow: what is due latest has waited longest, and is what a person wants to see.
        page = self._table.query_page(shard, limit=limit, after=after, newest_first=shard.startswith("due#"))
        return ListedPage([_listed(item) for item in page.items], page.is_last)

    def overdue(self, connection: ConnectionName, before: datetime) -> int:
        """How many have asked for a person since before that instant, of the first page of each list. Eventually
        consistent.
        """
        on_a_list = shards(connection, ("attention", "watch", "due"))
        found = (listed for shard in on_a_list for listed in self.listed(shard, limit=PAGE).entries)
        return sum(listed.calls and listed.began < before for listed in found)

    def recall(self, order: OrderKey, until: datetime) -> bool:
        """Due at `until` unless it is before; False where the order is not known or comes by itself. Raises Retryable
        where others were faster time and again.
        """
        for _ in range(RACES):
            state = self.load([order]).get(order)
            # It comes by itself, and sooner.
            if state is None or (state.next_attempt_at is not None and state.next_attempt_at <= until):
                return False
            # Who was faster may have looked before there was anything to recall it for.
            if self.save(state.claimed(until)):
                return True
        raise Retryable(Reason.LEDGER_UNAVAILABLE, f"order {order.digest[:16]} is saved by others all the time")

    def claim(self, order: OrderKey, due_at: datetime, until: datetime) -> bool:
        """Move the next attempt from `due_at` to `until`; False when another run was faster or the order moved on."""
        state = self.load([order]).get(order)
        # The index lags behind: what it shows as due may have been delivered since.
        if state is None or state.next_attempt_at != due_at:
            return False
        return self.save(state.claimed(until))

    def scan(self, connection: ConnectionName) -> Iterator[OrderState]:
        """Every order of the connection the ledger knows, page by page, in no order."""
        return (_state(item) for item in self._table.scan(prefix=f"order#{connection}#"))

    def page(self, connection: ConnectionName, after: str) -> tuple[list[OrderState], str]:
        """Some of them, from behind `after`, and what the next page is behind; "" after the last. One that cannot be
        read is passed over. Eventually consistent.
        """
        start = json.loads(after) if after else None
        items, last = self._table.scan_page(prefix=f"order#{connection}#", after=start)
        return list(each_readable(items, _state)), json.dumps(last) if last else ""


def shards(connection: ConnectionName, kinds: Sequence[ShardKind]) -> tuple[str, ...]:
    """Where the list of what waits stands, kind by kind."""
    return tuple(shard for kind in kinds for shard in _shards(connection, kind))


def _shards(connection: ConnectionName, kind: ShardKind) -> list[str]:
    # Written seldom, and read as a whole: one partition holds the rate.
    if kind in {"watch", "kept", "dismissed"}:
        return [f"{kind}#{connection}"]
    return [_shard(kind, connection, number) for number in range(SHARDS)]


def paused_shard(connection: ConnectionName, pause: str) -> str:
    return f"paused#{connection}#{pause}"


def _partition(key: OrderKey) -> str:
    return f"order#{key.connection}#{key.digest}"


def _shard(kind: str, connection: ConnectionName, number: int) -> str:
    return f"{kind}#{connection}#{number}"


def _item(state: OrderState) -> dict[str, Any]:
    # Defaults are left out: an item has the size of what happened to the order.
    dumped = state.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    keys = {PARTITION: _partition(state.key), SORT: STATE, "revision": state.revision}
    marks = {**state.stub, **{key: mark for each in state.shipments.values() for key, mark in _marks(each, state)}}
    return to_item(compact({**dumped, **keys, "marks": marks, "order_ids": _order_ids(state), **_due(state)}))


def _size(state: OrderState) -> int:
    body = state.model_dump_json(exclude_none=True, exclude_defaults=True)
    return len(body.encode()) + MARK_BYTES * len(state.shipments)


def _marks(state: ShipmentState, order: OrderState) -> Iterator[tuple[ShipmentKey, str]]:
    """By each number that it bears."""
    for number in (state.shipment.shipment_id, *state.others):
        shipment = state.shipment.numbered(number)
        yield shipment.key, _mark(state, shipment, order.delivered_to)


def _mark(state: ShipmentState, shipment: Shipment, place: str) -> str:
    """A withdrawn shipment that comes back is new, whatever it says."""
    if state.withdrawn_at is not None:
        return WITHDRAWN
    return (SKIPPED if state.outcome is Outcome.SKIPPED else "") + shipment.mark(place)


def _as(kind: type[Kind], stored: object) -> Kind:
    """Empty where a damaged item holds something else: its order is sent, and parked where it is read whole."""
    return stored if isinstance(stored, kind) else kind()


def _is_recorded(stored: str | None, mark: str, *, rejudge_skipped: bool) -> bool:
    return stored == mark or (not rejudge_skipped and stored == SKIPPED + mark)


def _order_ids(state: OrderState) -> list[int]:
    return sorted({each.shipment.order_id for each in state.shipments.values() if each.shipment.order_id is not None})


def _due(state: OrderState) -> dict[str, Any]:
    """Sparse: an order of which nothing waits, was kept or calls for attention is not in the index."""
    newest = max((each.shipment.read_at for each in state.shipments.values()), default=LONG_AGO)
    place = _waits_in(state) or _rests_in(state, newest)
    if place is None:
        return {}
    shard, at = place
    watched = [key.model_dump(mode="json") for key in state.watched]
    listed = {DUE_PARTITION: shard, DUE_SORT: stamp(at), SHOWN: _shown(state, newest)}
    return {**listed, "watched": watched} if watched else listed


def _waits_in(state: OrderState) -> tuple[str, datetime] | None:
    """The shard of what comes up by an instant of its own, and that instant."""
    connection = state.key.connection
    if state.watched:
        return f"watch#{connection}", state.waits["delivery"]
    return (_own_shard("due", state), state.next_attempt_at) if state.next_attempt_at is not None else None


def _rests_in(state: OrderState, newest: datetime) -> tuple[str, datetime] | None:
    """The shard of what nothing is due for, by its newest reading."""
    connection = state.key.connection
    if state.paused_by:
        return paused_shard(connection, state.paused_by), newest
    if state.attention is not None:
        return _own_shard("attention", state), newest
    if state.dismissed is not None and set(state.reasons) & {state.dismissed.reason, *state.dismissed.reasons}:
        return f"dismissed#{connection}", newest
    is_kept = any(outcome is Outcome.KEPT for outcome, _ in state.outcomes)
    return (f"kept#{connection}", newest) if is_kept else None


def _own_shard(kind: str, state: OrderState) -> str:
    return _shard(kind, state.key.connection, int(state.key.digest[:2], 16) % SHARDS)


def _shown(state: OrderState, newest: datetime) -> dict[str, Any]:
    """What a list of what waits says of it without reading it."""
    stores = sorted({each.shipment.store_id for each in state.shipments.values() if each.shipment.store_id is not None})
    since, reason = min(state.waits.values(), default=newest), _first_reason(state)
    also = [str(each) for each in state.reasons if each is not reason]
    shown = {"reason": reason and str(reason), "since": stamp(since), "stores": stores, "calls": bool(state.attention)}
    return {name: value for name, value in {**shown, "also": also}.items() if value}


def _first_reason(state: OrderState) -> Reason | None:
    kept = (reason for outcome, reason in state.outcomes if outcome is Outcome.KEPT)
    dismissed = state.dismissed and state.dismissed.reason
    return state.attention or state.waiting_for or dismissed or next(kept, None)


def _listed(item: Mapping[str, Any]) -> Listed:
    shown = whole(from_item(item))
    told = shown.get(SHOWN, {})
    order = None if str(item[DUE_PARTITION]).startswith("push#") else shown.get("key")
    return Listed.model_validate(
        {**told, "order": order, "at": shown[DUE_SORT], "place": index_key(item)}, extra="ignore"
    )


def _key(item: Mapping[str, Any]) -> OrderKey:
    return OrderKey.model_validate(item["key"], extra="ignore")


def _state(item: Mapping[str, Any]) -> OrderState:
    with readable(item):
        return read_as(OrderState, whole(item))
