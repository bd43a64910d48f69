"""Judges how long it takes: once the trouble is over, what can be written is written within minutes or a few hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from functions.ledger.positions import PositionStore
from functions.model.cursors import Stream
from tests.equipment.shipstation.rows import Label
from tests.equipment.world import LEDGER, Site, World
from tests.simulation.connection_files import LONGEST_SECONDS, POLL_MINUTES
from tests.simulation.expectations import Expectation
from tests.simulation.judge_records import SHIPMENTS, not_cancelled
from tests.simulation.week import Week

MARGIN = timedelta(minutes=15)
NEXT_POLL = timedelta(minutes=POLL_MINUTES) + MARGIN  # the webhook may have been lost
NEXT_LOOK = NEXT_POLL + timedelta(seconds=LONGEST_SECONDS)  # after the longest back-off
LAST_REPLAY = timedelta(hours=7)  # of a connection that was in shadow, after the last trouble


def late(world: World, week: Week) -> Iterator[str]:
    for expectation in week.expectations:
        if not (
            expectation.is_untouchable or expectation.typed or not expectation.is_timed or not expectation.attribute
        ):
            for label in not_cancelled(expectation):
                if isinstance(label, Label) and label.tracking_number:
                    yield from _late(world, week, expectation, label, label.tracking_number)


def _late(world: World, week: Week, expectation: Expectation, label: Label, number: str) -> Iterator[str]:
    limit = deadline(week, expectation, label)
    at = _written_at(expectation, number)
    if limit > world.now() or (at is not None and at <= limit):
        return
    name = f"{expectation.site.connection.name}/{expectation.shipment_id} ({expectation.kind})"
    if at is not None:  # one that never was written is a wrong value
        yield f"{name}: L{label.shipment_id} was written {at - limit} too late"


def unread(world: World, site: Site) -> Iterator[str]:
    """The last day is calm: whatever a list holds, a look that was due has come to the end of each."""
    if site.connection.mode == "off":
        return
    position = PositionStore(world.tables[LEDGER]).peek(site.connection.name)
    for stream in Stream:
        read_at = position.read_at.get(stream)
        if read_at is None or world.now() - read_at > NEXT_POLL:
            yield f"{site.connection.name}: no look has come to the end of {stream} since {read_at}"


def deadline(week: Week, expectation: Expectation, label: Label) -> datetime:
    """By when this label's number stands on its record."""
    learned = [at for at in (expectation.appeared_at, expectation.free_at) if at is not None]
    ready = max([label.created, *learned])
    quiet = _quiet(week, expectation.site)
    if ready < quiet:
        return quiet + NEXT_LOOK
    return ready + (NEXT_POLL if ready == label.created else NEXT_LOOK)


def _quiet(week: Week, site: Site) -> datetime:
    return week.end + (LAST_REPLAY if site.shadow_until else timedelta(0))


def _written_at(expectation: Expectation, number: str) -> datetime | None:
    return next(
        (
            write.at
            for write in expectation.site.tenant.writes
            if write.by == "api"
            and write.entity == SHIPMENTS
            and write.key == (expectation.shipment_id,)
            and number in str(write.changes.get(expectation.attribute, ""))
        ),
        None,
    )
