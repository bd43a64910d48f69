"""What a person's long requests are under way, one small item each: the AWS command line repeats one that it has not
heard of for a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import PARTITION, SORT, stamp, to_item
from functions.ledger.table import EXPIRES, Table
from functions.model.clocks import LONGEST_RUN, latest_end

RUN = "run"
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class UnderWay:
    """`run_id` is the one that the run under way was begun with."""

    since: datetime
    run_id: str


class RequestStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, digest: str, run_id: str, *, now: datetime, until: datetime) -> UnderWay | None:
        """None where nobody else is at it; who begins and dies holds it up to `until`."""
        # Not by its own `until`: another function may have begun it, and run for longer.
        latest = latest_end(now, now + LONGEST_RUN)
        free = Attr(PARTITION).not_exists() | Attr("until").lte(stamp(now)) | Attr("until").gt(stamp(latest))
        if self._table.put(_item(digest, run_id, since=now, until=until), condition=free):
            return None
        item = self._table.get(_partition(digest), RUN)
        return _under_way(item) if item is not None else None

    def end(self, digest: str, run_id: str, now: datetime) -> None:
        item = _item(digest, run_id, since=now, until=now)
        self._table.put(item, condition=Attr("run_id").eq(run_id))


def _under_way(item: Mapping[str, Any]) -> UnderWay:
    return UnderWay(datetime.fromisoformat(item["since"]), str(item["run_id"]))


def _partition(digest: str) -> str:
    return f"request#{digest}"


def _item(digest: str, run_id: str, *, since: datetime, until: datetime) -> dict[str, Any]:
    keys = {PARTITION: _partition(digest), SORT: RUN, EXPIRES: int((until + KEPT).timestamp())}
    return to_item({**keys, "run_id": run_id, "since": stamp(since), "until": stamp(until)})
