"""A key that ends rings at steps before its day, once for each, also where a day was missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from functions.errors import Retryable
from functions.flows.operations.key_alarm import key_alarms
from functions.model.key_expiry import KeyAlarm, KeyExpiry, Vendor
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from tests.equipment.builders import a_connection

ENDS = datetime(2027, 3, 31, 6, tzinfo=UTC)
Expiries = dict[tuple[str, Vendor], KeyExpiry]
KEY: Expiries = {("acme", "shipstation"): KeyExpiry.of("2027-03-31")}


def reader(expiries: Expiries) -> Callable[[ConnectionName, Vendor], KeyExpiry]:
    return lambda name, vendor: expiries.get((name, vendor), KeyExpiry())


def rings(days_left: Iterable[int], expiries: Expiries = KEY, last: Mapping[str, KeyAlarm] | None = None) -> list[int]:
    """With how many days left something rings, of the days on which there was a run."""
    rung, found = last or {}, list[int]()
    for left in days_left:
        now = key_alarms([a_connection()], reader(expiries), rung, ENDS - timedelta(days=left))
        found += [left for key, alarm in now.items() if rung.get(key) != alarm]
        rung = now
    return found


def test_a_key_rings_at_thirty_fourteen_and_seven_days_and_each_day_from_one_on() -> None:
    assert rings(range(400, -4, -1)) == [30, 14, 7, 1, 0, -1, -2, -3]


@pytest.mark.parametrize(
    ("runs", "rung"),
    [
        ([31, 29, 28], [29]),
        ([30, 20, 10, 9], [30, 10]),
        ([15, 6, 5, 2], [15, 6]),
        ([8, 7, 0, -1], [8, 7, 0, -1]),
        ([40, -30], [-30]),
        ([14, 14, 14], [14]),
    ],
)
def test_a_day_that_was_missed_rings_with_the_next_run(runs: list[int], rung: list[int]) -> None:
    assert rings(runs) == rung


@pytest.mark.parametrize("said", ["", "soon", "2028-03-31"], ids=["nothing", "no day", "far away"])
def test_a_key_that_does_not_end_soon_rings_on_no_day(said: str) -> None:
    assert rings(range(60, -4, -1), {("acme", "ifs"): KeyExpiry.of(said)}) == []


def test_a_new_day_ends_it_and_rings_at_steps_of_its_own() -> None:
    now = ENDS - timedelta(days=1)
    rung = key_alarms([a_connection()], reader(KEY), {}, now)
    assert rung == {"acme/shipstation": KeyAlarm(expires_on=ENDS.date(), step=1)}
    for said, left in (("2028-03-31", None), ("2027-04-10", 14)):
        later = key_alarms([a_connection()], reader({("acme", "shipstation"): KeyExpiry.of(said)}), rung, now)
        assert [alarm.step for alarm in later.values()] == ([left] if left else [])


def test_each_key_of_each_connection_has_steps_of_its_own() -> None:
    both = [a_connection(), a_connection(name="other")]
    expiries: Expiries = {
        ("acme", "shipstation"): KeyExpiry.of("2027-03-31"),
        ("acme", "ifs"): KeyExpiry.of("2027-04-01"),
        ("other", "ifs"): KeyExpiry.of("2027-04-10"),
    }
    rung = key_alarms(both, reader(expiries), {}, ENDS)
    assert {key: alarm.step for key, alarm in rung.items()} == {"acme/shipstation": 0, "acme/ifs": 1, "other/ifs": 14}
    later = key_alarms(both, reader(expiries), rung, ENDS + timedelta(days=1))
    assert {key for key, alarm in later.items() if rung[key] != alarm} == {"acme/shipstation", "acme/ifs"}


def test_what_is_switched_off_rings_once_it_is_on_again() -> None:
    off = key_alarms([a_connection(mode="off")], reader(KEY), {}, ENDS)
    assert off == {}
    assert rings([-1], last=off) == [-1]


def test_a_connection_that_cannot_be_read_remembers_and_keeps_no_other_from_ringing() -> None:
    def out(name: ConnectionName, _vendor: Vendor) -> KeyExpiry:
        if name == "acme":
            raise Retryable(Reason.LEDGER_UNAVAILABLE, "DynamoDB: out")
        return KEY["acme", "shipstation"]

    both = [a_connection(), a_connection(name="other")]
    known = {"acme/ifs": KeyAlarm(expires_on=ENDS.date(), step=7)}
    rung = key_alarms(both, out, known, ENDS)
    assert rung.keys() == {"acme/ifs", "other/shipstation", "other/ifs"}
    assert rung["acme/ifs"].step == 7
