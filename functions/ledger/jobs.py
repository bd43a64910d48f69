"""Windows of the past that are read beside the live streams, each under a lease of its own with fencing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr, ConditionBase

from functions.ledger.items import PARTITION, SORT, each_readable, read_as, to_item, unmoved
from functions.ledger.table import EXPIRES, Table
from functions.model.clocks import is_held
from functions.model.jobs import Job
from functions.model.shipment import ConnectionName

KEPT = timedelta(days=30)  # after its end


class JobStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, job: Job) -> Job:
        """Stores a new job; where one of this id exists, that one. Beside one that cannot be read it is another."""
        if self._table.put(_item(job), condition=unmoved(0)):
            return job
        item = self._table.get(_partition(job.connection), job.job_id)
        known = next(each_readable([item] if item else [], _job), None)
        return known or self.open(job.another())

    def get(self, connection: ConnectionName, job_id: str) -> Job | None:
        item = self._table.get(_partition(connection), job_id)
        return _job(item) if item else None

    def all(self, connection: ConnectionName) -> Iterator[Job]:
        """The connection's jobs that can be read, those that ended in the last weeks included."""
        return each_readable(self._table.query(_partition(connection)), _job)

    def acquire(self, job: Job, holder: str, *, now: datetime, until: datetime) -> Job | None:
        """The job under a new fence, or None while somebody else works on it."""
        if is_held(job.held_until, now, until):
            return None
        taken = job.held_by(holder, until)
        return taken if self._table.put(_item(taken), condition=_unmoved(job)) else None

    def save(self, job: Job) -> bool:
        """False when it was cancelled or a newer holder has taken over: stop, nothing was stored."""
        return self._table.put(_item(job), condition=_unmoved(job))

    def cancel(self, connection: ConnectionName, job_id: str, at: datetime) -> Job | None:
        """Whoever works on it learns at the next save."""
        job = self.get(connection, job_id)
        if job is None or job.ended_at is not None:
            return job
        ended = job.cancelled(at)
        self._table.put(_item(ended))
        return ended


def _unmoved(job: Job) -> ConditionBase:
    """Not the ledger's `unmoved`: a job is stored under fence 0, before anybody holds it."""
    return Attr("fence").eq(job.fence)


def _partition(connection: ConnectionName) -> str:
    return f"jobs#{connection}"


def _item(job: Job) -> dict[str, object]:
    body = job.model_dump(mode="json", exclude_none=True)
    if job.ended_at is not None:
        body[EXPIRES] = int((job.ended_at + KEPT).timestamp())
    return to_item({**body, PARTITION: _partition(job.connection), SORT: job.job_id})


def _job(item: Mapping[str, object]) -> Job:
    return read_as(Job, item)
