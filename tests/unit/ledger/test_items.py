from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from functions.errors import Permanent
from functions.ledger.items import NEWEST, SCHEMA_VERSION, from_item, stamp, to_item
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON


@pytest.mark.parametrize(
    "version", [{"schema_version": Decimal(SCHEMA_VERSION)}, {}], ids=["this version's", "one without a version"]
)
def test_an_item_this_version_knows_is_read(version: dict[str, Decimal]) -> None:
    assert from_item({**version, "n": Decimal(7)})["n"] == 7


def test_an_item_of_a_newer_version_is_refused() -> None:
    with pytest.raises(Permanent, match="newer version") as caught:
        from_item({"pk": "order#1", "schema_version": Decimal(NEWEST + 1)})
    assert caught.value.reason is Reason.LEDGER_VERSION


def test_an_item_holds_no_nulls_and_comes_back_as_plain_values() -> None:
    item = to_item({"none": None, "zero": 0, "map": {"list": [Decimal(7)]}})
    assert item == {"schema_version": SCHEMA_VERSION, "zero": 0, "map": {"list": [7]}}
    read = from_item(item)["map"]["list"][0]
    assert (read, type(read)) == (7, int)


def test_stamps_sort_as_the_instants_do() -> None:
    east = timezone(timedelta(hours=9))
    instants = [
        datetime(2026, 3, 5, 20, 59, 59, 999_999, tzinfo=east),
        NOON,
        NOON + timedelta(microseconds=1),
        NOON + timedelta(seconds=1),
    ]
    assert sorted(map(stamp, reversed(instants))) == [stamp(instant) for instant in instants]
    assert datetime.fromisoformat(stamp(instants[0])) == instants[0].astimezone(UTC)
