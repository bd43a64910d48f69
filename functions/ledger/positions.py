"""How far each connection was read, under a lease with fencing: an older holder can store nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr
from pydantic import ValidationError

from functions.ledger.items import (
    PARTITION,
    SORT,
    each_readable,
    from_item,
    read_as,
    readable,
    stamp,
    to_item,
    unmoved,
)
from functions.ledger.table import Table
from functions.log_lines import logger
from functions.model.clocks import is_held, newest
from functions.model.cursors import ReadingPosition, Stream
from functions.model.shipment import ConnectionName

READER = "reader"  # of every connection that was read
POSITION = "position"
WEBHOOK = "ring"  # in the sort key, as the first version stored it


class PositionStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def acquire(
        self, connection: ConnectionName, holder: str, *, now: datetime, until: datetime
    ) -> ReadingPosition | None:
        """The position with a new fence, or None while somebody else holds the lease."""
        position = self._load(connection)
        if is_held(position.held_until, now, until):
            return None
        taken = position.held_by(holder, until)
        return taken if self._table.put(_item(taken), condition=unmoved(position.fence, "fence")) else None

    def save(self, position: ReadingPosition) -> bool:
        """False when a newer holder has taken over: stop, nothing was stored."""
        return self._table.put(_item(position), condition=unmoved(position.fence, "fence"))

    def peek(self, connection: ConnectionName) -> ReadingPosition:
        """The position as it stands, without the lease."""
        return self._load(connection)

    def note_webhook(self, connection: ConnectionName, stream: Stream, at: datetime) -> None:
        """Note that a webhook came while another holder walks. Only moves forwards, or back from what a clock dated
        that was ahead.
        """
        item = to_item({PARTITION: _partition(connection), SORT: f"{WEBHOOK}#{stream}", "last_webhook_at": stamp(at)})
        condition = unmoved(0)
        for attribute in ("last_webhook_at", "rang_at"):
            condition |= Attr(attribute).lt(stamp(at)) | Attr(attribute).gt(stamp(newest(at)))
        self._table.put(item, condition=condition)

    def last_webhook_at(self, connection: ConnectionName) -> dict[Stream, datetime]:
        """When a webhook last came for which stream. Earlier versions stored `rang_at`."""
        items = self._table.query(_partition(connection), prefix=f"{WEBHOOK}#")
        return dict(each_readable(items, _webhook))

    def _load(self, connection: ConnectionName) -> ReadingPosition:
        item = self._table.get(_partition(connection), POSITION)
        if item is None:
            return ReadingPosition(connection=connection)
        return _position(item)


def _position(item: Mapping[str, Any]) -> ReadingPosition:
    """Without what of it cannot be read: a stream whose cursor that is begins anew, which finds nothing to change."""
    try:
        return read_as(ReadingPosition, item)
    except ValidationError as error:
        spoilt = [fault["loc"] for fault in error.errors(include_input=False)]
    logger.warning("reading_position_damaged", fields=[".".join(map(str, place)) for place in spoilt])
    # Without its fence nobody could take the lease, nor hear of that.
    kept = {name: value if name == "fence" else _without(name, value, spoilt) for name, value in item.items()}
    with readable(item):
        return read_as(ReadingPosition, {name: value for name, value in kept.items() if value is not None})


def _without(name: str, value: Any, spoilt: Sequence[tuple[int | str, ...]]) -> Any:
    """None where all of it is spoilt."""
    inner = {place[1] for place in spoilt if place[:1] == (name,) and len(place) > 1}
    if inner and isinstance(value, Mapping):
        return {key: each for key, each in value.items() if key not in inner}
    return None if any(place[:1] == (name,) for place in spoilt) else value


def _webhook(stored: Mapping[str, Any]) -> tuple[Stream, datetime]:
    item = from_item(stored)
    return Stream(item[SORT].partition("#")[2]), datetime.fromisoformat(item.get("last_webhook_at") or item["rang_at"])


def _partition(connection: ConnectionName) -> str:
    return f"{READER}#{connection}"


def _item(position: ReadingPosition) -> dict[str, object]:
    body = position.model_dump(mode="json", exclude_none=True)
    return to_item({**body, PARTITION: _partition(position.connection), SORT: POSITION})
