"""Tables with a delayed index, an agenda against the clock, and turns: whatever happens, happens in one turn."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from random import Random
from typing import Any, Generic, TypeVar, cast

from tests.equipment.http import Clock
from tests.equipment.shipstation.dates import to_millisecond, to_wall
from tests.equipment.shipstation.index import Column, Index, Row
from tests.equipment.shipstation.rows import Fulfillment, Label, Order
from tests.equipment.shipstation.webhooks import Hooks, Notice, in_v2

R = TypeVar("R", bound=Row)
F = TypeVar("F", bound=Callable[..., Any])
Post = Callable[[str, bytes, dict[str, str]], int]
Sign = Callable[[bytes, datetime], dict[str, str]]  # the headers of a V2 webhook


class Table(Generic[R]):
    """`current` is the truth, `index` is what lists show."""

    def __init__(self, first_id: int, columns: dict[str, Column[R]]) -> None:
        self.current: dict[int, R] = {}
        self.index: Index[R] = Index(columns)
        self.ids = itertools.count(first_id)
        self._versions: defaultdict[int, int] = defaultdict(int)
        self._published: defaultdict[int, int] = defaultdict(int)

    def put(self, row: R) -> int:
        self.current[row.row_id] = row
        self._versions[row.row_id] += 1
        return self._versions[row.row_id]

    def publish(self, row: R, version: int) -> None:
        """An older version that was held up longer never replaces a newer one."""
        if version <= self._published[row.row_id]:
            return
        self._published[row.row_id] = version
        if row.is_gone:
            self.index.drop(row.row_id)
        else:
            self.index.put(row)


@dataclass
class Switches:
    """How this account behaves where the real one is unknown, unreliable or a matter of settings."""

    page_size_above_cap: str = "clamp"  # or "refuse"
    largest_page: int = 500  # handed out, whatever is asked for
    total: str = "right"  # or "missing", "zero", "text"
    ignored_filters: frozenset[str] = frozenset()  # names in small letters
    is_empty_no_content: bool = False  # a list without rows answers 204
    pages_is_zero: bool = False
    are_products_told: bool = False  # V2: what each package of a label holds
    null_every: int = 0
    offsets: str = "ignored"  # or "converted", "refused": an offset in a date filter
    date_suffix: str = ""  # "Z" prints Pacific time as the official samples do
    are_errors_documented: bool = False  # the official 500 body instead of the recorded one
    is_shipment_number_prefix: bool = False
    lag_seconds_min: float = 0.0
    lag_seconds_max: float = 0.0
    lag_share: float = 1.0
    bump_after_seconds: float | None = 19.0
    is_address_rewritten: bool = True
    are_results_reversed: bool = False  # of a bulk update
    is_lookup_wrapped: bool = False  # V2: an order that is asked for by its key
    locked: str = "refused"  # or "silent", "whole request": how an update of an order that is not open ends
    default_warehouse: int | None = None  # stands in an order that names none
    hosts: tuple[str, ...] = ("ssapi", "ssapi6", "ssapi13")


def in_turn(method: F) -> F:
    @wraps(method)
    def whole(self: Store, *args: Any, **kwargs: Any) -> Any:
        with self.turn():
            return method(self, *args, **kwargs)

    return cast("F", whole)


class Store:
    def __init__(self, clock: Clock, random: Random, post: Post | None = None, flip_late_seconds: float = 0) -> None:
        self._clock, self.random, self.post = clock, random, post
        self._flip_late = timedelta(seconds=flip_late_seconds)
        self._lock = threading.RLock()
        self._depth = 0
        self._agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._numbers = itertools.count()
        self._outgoing: list[Notice] = []
        self.switches = Switches()
        self.sign: Sign = lambda _, __: {}
        self.hooks = Hooks(random)
        self.orders = Table[Order](94_113_592, self._order_columns())
        self.shipments = Table[Label](33_974_373, self._label_columns())
        self.fulfillments = Table[Fulfillment](246_310, self._fulfillment_columns())

    def now(self) -> datetime:
        return to_millisecond(self._clock())

    def wall(self, instant: datetime) -> datetime:
        return to_wall(instant, self._flip_late)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else gets in; what fell due is done first; webhooks leave only after the lock is open again."""
        with self._lock:
            if self._depth == 0:
                self._settle()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            outgoing: list[Notice] = []
            if self._depth == 0:
                self._outgoing, outgoing = [], self._outgoing
        for notice in outgoing:
            self._deliver(notice)

    def later(self, due: datetime, action: Callable[[datetime], None]) -> None:
        """`action` is told when it was due, which is also the time it stamps."""
        heapq.heappush(self._agenda, (due, next(self._numbers), action))

    def commit(self, table: Table[R], row: R, stamp: datetime, lag_seconds: float | None = None) -> None:
        """The row is true at once; lists show it `lag_seconds` after its stamp (a stamp from the future: after now)."""
        version = table.put(row)
        lag = self._lag() if lag_seconds is None else lag_seconds
        now = self.now()
        seen = min(stamp, now) + timedelta(seconds=lag)
        if seen <= now:
            table.publish(row, version)
        else:
            self.later(seen, lambda _: table.publish(row, version))

    def announce(self, event: str, pointer: str, store_ids: set[int]) -> None:
        """Of both APIs, to whoever is subscribed."""
        for each, path in ((event, pointer), in_v2(event, pointer)):
            self._outgoing += self.hooks.notices(self.now(), each, path, store_ids, self.switches.hosts)

    def _settle(self) -> None:
        now = self.now()
        while self._agenda and self._agenda[0][0] <= now:
            due, _, action = heapq.heappop(self._agenda)
            action(due)

    def _deliver(self, notice: Notice) -> None:
        if self.post is not None:
            signed = self.sign(notice.body, notice.at) if notice.event.endswith("_v2") else {}
            notice.status = self.post(
                notice.url, notice.body, {"Content-Type": "application/json", **signed, **notice.headers}
            )

    def _lag(self) -> float:
        low, high = self.switches.lag_seconds_min, self.switches.lag_seconds_max
        if high <= 0 or self.random.random() >= self.switches.lag_share:
            return 0.0
        return self.random.uniform(low, high)

    def _order_columns(self) -> dict[str, Column[Order]]:
        return {
            "orderId": lambda order: order.order_id,
            "orderNumber": lambda order: order.order_number.lower(),
            "orderKey": lambda order: order.order_key,
            "importBatch": lambda order: order.import_batch,
            "orderDate": lambda order: order.order_date,
            "paymentDate": lambda order: order.payment_date,
            "createDate": lambda order: self.wall(order.created),
            "modifyDate": lambda order: self.wall(order.modified),
            "createdAt": lambda order: order.created,
            "modifiedAt": lambda order: order.modified,
        }

    def _label_columns(self) -> dict[str, Column[Label]]:
        return {
            "shipmentId": lambda label: label.shipment_id,
            "orderId": lambda label: label.order_id,
            "orderNumber": lambda label: label.order.order_number.lower() if label.order else None,
            "trackingNumber": lambda label: label.tracking_number,
            "batchId": lambda label: label.batch_id,
            "createDate": lambda label: self.wall(label.created),
            "voidDate": lambda label: self.wall(label.voided_at) if label.voided_at else None,
            "shipDate": lambda label: label.ship_date,
            "createdAt": lambda label: label.created,
            "changedAt": lambda label: label.voided_at or label.created,
        }

    def _fulfillment_columns(self) -> dict[str, Column[Fulfillment]]:
        return {
            "fulfillmentId": lambda fulfillment: fulfillment.fulfillment_id,
            "orderId": lambda fulfillment: fulfillment.order.order_id,
            "orderNumber": lambda fulfillment: fulfillment.order.order_number.lower(),
            "trackingNumber": lambda fulfillment: fulfillment.tracking_number,
            "createDate": lambda fulfillment: self.wall(fulfillment.created),
            "shipDate": lambda fulfillment: fulfillment.ship_date,
            "createdAt": lambda fulfillment: fulfillment.created,
        }
