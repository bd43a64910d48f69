"""On which days a key that ends wakes somebody: at steps before its day, and each day at the end. What rang is
remembered, so that a day without a run takes no step away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from functions.connections.connection import Connection
from functions.errors import ConnectorError
from functions.flows.operations.key_standing import WARNED_DAYS, key_standing
from functions.model.key_expiry import VENDORS, KeyAlarm, KeyExpiry, Vendor
from functions.model.shipment import ConnectionName

STEPS = (WARNED_DAYS, 14, 7)  # days before
EACH_DAY_FROM = 1


def key_alarms(
    connections: Iterable[Connection],
    key: Callable[[ConnectionName, Vendor], KeyExpiry],
    rung: Mapping[str, KeyAlarm],
    now: datetime,
) -> dict[str, KeyAlarm]:
    """The last alarm of each key, by connection and vendor: what differs from `rung`, which was remembered, is new. Of
    what is switched off nothing rings; what cannot be read is remembered as it was.
    """
    found = dict[str, KeyAlarm]()
    for connection in connections:
        for vendor in VENDORS if connection.mode != "off" else ():
            place = f"{connection.name}/{vendor}"
            try:
                expiry = key(connection.name, vendor)
            except ConnectorError:
                alarm = rung.get(place)
            else:
                alarm = _last(vendor, expiry, rung.get(place), now)
            if alarm is not None:
                found[place] = alarm
    return found


def _last(vendor: Vendor, expiry: KeyExpiry, rung: KeyAlarm | None, now: datetime) -> KeyAlarm | None:
    standing = key_standing(vendor, expiry, now)
    if standing is None or standing.expires_on is None or standing.days_left is None:
        return None
    step = _step(standing.days_left)
    if step is None:
        return None
    is_known = rung is not None and rung.expires_on == standing.expires_on and rung.step <= step
    return rung if is_known else KeyAlarm(expires_on=standing.expires_on, step=step)


def _step(days_left: int) -> int | None:
    """The last one that was reached."""
    return days_left if days_left <= EACH_DAY_FROM else min((s for s in STEPS if days_left <= s), default=None)
