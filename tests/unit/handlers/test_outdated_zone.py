"""The time-zone database of the bundle is older than the rules that ShipStation's clock follows."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from functions.shipstation import pacific
from tests.equipment.quiet_connection import quiet_world, run

EVERY = timedelta(minutes=15)
READ = timedelta(hours=4)  # an hour, and a look, after the last of them: long before a sweep
# When clocks are really changed, and when the rules until 2006 had it.
MARCH, APRIL = datetime(2026, 3, 8, 10, tzinfo=UTC), datetime(2026, 4, 5, 10, tzinfo=UTC)
OCTOBER, NOVEMBER = datetime(2026, 10, 25, 9, tzinfo=UTC), datetime(2026, 11, 1, 9, tzinfo=UTC)
RULES = {
    "until 2006": "PST8PDT,M4.1.0,M10.5.0",
    "summer for good": "PDT7",
    "winter for good": "PST8",
}
# In which either of them is changed.
NIGHTS = {
    "until 2006": (MARCH, APRIL, OCTOBER, NOVEMBER),
    "summer for good": (MARCH, NOVEMBER),
    "winter for good": (MARCH, NOVEMBER),
}


def zone_of(rule: str) -> ZoneInfo:
    """Of a rule as POSIX writes it, in the form of RFC 8536: one type of local time, and the rule in the footer."""
    header = struct.pack(">4sc15x6L", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    body = struct.pack(">lbb", -8 * 3600, 0, 0) + b"PST\0"
    return ZoneInfo.from_file(BytesIO((header + body) * 2 + f"\n{rule}\n".encode()))


def test_the_rules_are_other_ones() -> None:
    """Else nothing was proved."""
    real = ZoneInfo("America/Los_Angeles")
    days = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    differing = {
        name: sum(d.astimezone(zone_of(r)).utcoffset() != d.astimezone(real).utcoffset() for d in days)
        for name, r in RULES.items()
    }
    assert differing == {"until 2006": 35, "summer for good": 127, "winter for good": 238}


@pytest.mark.parametrize(
    ("rule", "night"),
    [
        pytest.param(rule, night, marks=() if number == 0 else pytest.mark.nightly)
        for rule, nights in NIGHTS.items()
        for number, night in enumerate(nights)
    ],
    ids=lambda it: it if isinstance(it, str) else f"{it:%B}",
)
def test_outdated_rules_lose_no_label_and_no_void(rule: str, night: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacific, "PACIFIC", zone_of(RULES[rule]))
    world, site = quiet_world(night - timedelta(hours=6))
    records: dict[int, int] = {}
    labels: dict[int, int] = {}

    def sell(number: int) -> None:
        records[number] = site.tenant.add_shipment([(f"P{number}", "BOLT", 1)])
        order = site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
        labels[number] = site.account.ship(order, is_silent=True)

    for number in range(40):
        at = night + timedelta(minutes=7 * number - 140)
        world.clockwork.at(at, lambda number=number: sell(number))  # type: ignore[misc] # a default argument binds the number
        if number % 4 == 0:
            world.clockwork.at(at + timedelta(minutes=50), lambda number=number: site.account.void(labels[number]))  # type: ignore[misc] # as above
    for function in ("poll", "release"):
        world.schedule(function, "acme", every=EVERY, until=night + READ)
    run(world, night + READ + timedelta(minutes=10))
    missing = [number for number in range(40) if number % 4 and not site.tenant.shipment(records[number])["ProNo"]]
    stale = [number for number in range(0, 40, 4) if site.tenant.shipment(records[number])["ProNo"]]
    assert (missing, stale) == ([], [])
    assert world.met["dead letter"] == 0
    writes = [(write.key, str(write.changes)) for write in site.tenant.writes if write.by == "api"]
    assert len(writes) == len(set(writes))
