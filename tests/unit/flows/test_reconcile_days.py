"""Which day the schedule compares: every instant is in the window of one, whatever a zone does to its clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from functions.connections.connection import Connection
from functions.flows.operations.reconcile import awaited, day_due, window_of
from functions.model.cursors import Span
from tests.equipment.builders import a_connection

HOUR = timedelta(hours=1)
CHANGES = [
    pytest.param("Pacific/Apia", "2011-12-30", id="a day that was skipped"),
    pytest.param("Pacific/Kwajalein", "1993-08-21", id="another"),
    pytest.param("Australia/Lord_Howe", "2026-04-05", id="half an hour back"),
    pytest.param("America/Santiago", "2026-09-06", id="midnight is skipped"),
    pytest.param("Asia/Beirut", "2026-10-25", id="midnight comes twice"),
    pytest.param("Asia/Kathmandu", "2026-03-29", id="three quarters of an hour, never changed"),
]


def there(zone: str) -> Connection:
    connection = a_connection()
    return connection.model_copy(update={"ifs": connection.ifs.model_copy(update={"time_zone": zone})})


def compared(connection: Connection, start: datetime) -> list[Span]:
    """Asked every hour for a week."""
    last: date | None = None
    windows: list[Span] = []
    for hour in range(7 * 24):
        now = start + hour * HOUR
        day = day_due(connection, last, now)
        if day is not None:
            windows.append(window_of(None, None, connection, now))
            assert windows[-1] in awaited(connection, now)
            last = day
    return windows


@pytest.mark.parametrize(("zone", "changed"), CHANGES)
def test_each_instant_is_compared_once(zone: str, changed: str) -> None:
    windows = compared(there(zone), datetime.fromisoformat(changed).replace(tzinfo=UTC) - timedelta(days=3))
    assert len(windows) >= 6
    assert [before.end for before in windows[:-1]] == [after.start for after in windows[1:]]
