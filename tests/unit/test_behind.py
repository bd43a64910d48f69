"""A stream is behind by the time since it was last read to its end, not since its last row."""

from __future__ import annotations

from datetime import timedelta

from functions.model.behind import behind
from functions.model.cursors import Cursor, ReadingPosition, Span, Stream
from functions.model.jobs import Job
from functions.model.shipment import ConnectionName
from tests.equipment.builders import NOON

ACME, LABELS, MINUTE = ConnectionName("acme"), Stream.LABELS_CREATED, timedelta(minutes=1)
QUIET_SINCE = NOON - timedelta(days=2)
READ = ReadingPosition(
    connection=ACME,
    cursors={LABELS: Cursor(head=QUIET_SINCE, settled=QUIET_SINCE)},
    last_poll_at=NOON - 2 * MINUTE,
    read_at={LABELS: NOON - 2 * MINUTE},
)


def a_job(kind: str) -> Job:
    span = Span(start=NOON - timedelta(hours=3), end=NOON - timedelta(hours=1))
    fields = {"job_id": "j", "connection": ACME, "kind": kind, "lane": "poll", "window": span, "created_at": NOON}
    return Job.model_validate({**fields, "unread": {LABELS: (span,)}})


def test_a_stream_in_which_nothing_happens_is_not_behind() -> None:
    assert behind(READ, [], NOON) == {LABELS: 2 * MINUTE}


def test_one_that_fails_is_behind_though_every_other_is_read() -> None:
    fails = READ.model_copy(update={"read_at": {LABELS: NOON - 90 * MINUTE}})
    assert behind(fails, [], NOON) == {LABELS: 90 * MINUTE}


def test_a_backlog_counts_from_where_it_is_unread_and_what_a_person_asked_for_does_not() -> None:
    assert behind(READ, [a_job("backlog")], NOON) == {LABELS: timedelta(hours=3)}
    assert behind(READ, [a_job("backfill"), a_job("backlog").cancelled(NOON)], NOON) == {LABELS: 2 * MINUTE}


def test_a_position_of_an_earlier_version_tells_its_last_poll() -> None:
    assert behind(READ.model_copy(update={"read_at": {}}), [], NOON) == {LABELS: 2 * MINUTE}
