"""IFS order numbers that are typed wrong into ShipStation, corrected, corrected back, emptied and filled again.

A correction is not a void: the number leaves the record of the order it was withdrawn from, and stands on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.equipment.shipstation.rows import Label
from tests.equipment.world import Site
from tests.simulation.connection_files import BY_ROW
from tests.simulation.expectations import Either, Expectation, Fields, Plot
from tests.simulation.week import Week

NOVEMBER_NIGHT = datetime(2026, 11, 1, 9, tzinfo=UTC)  # from here on the hour from 1:00 comes for the second time
HOUR = timedelta(hours=1)


def _types(week: Week, site: Site, order: Callable[[], int], at: datetime, reference: str) -> None:
    change = {"advancedOptions": {"customField1": reference}}
    week.at(at, lambda: site.account.edit_order(order(), change))


def _pair(week: Week, site: Site, kind: str) -> tuple[list[str], list[Expectation]]:
    numbers = [week.number(), week.number()]
    return numbers, [
        week.shipment(site, kind, [(number, "BOLT", 1)], by=None, ForwardAgentId="DHL") for number in numbers
    ]


def corrected(week: Week, site: Site, at: datetime) -> None:
    numbers, (wrong, right) = _pair(week, site, "reference corrected")
    order = week.order(site, at, numbers[0], {"BOLT": 1})
    week.label(site, at, order, right)
    right.free_at = at + week.later(5, 500)
    _types(week, site, order, right.free_at, numbers[1])
    week.needs(lambda: bool(right.labels) and wrong.shipment_id > 0)
    week.deliver(right, at + week.later(510, 700))


def there_and_back(week: Week, site: Site, at: datetime) -> None:
    numbers, (right, wrong) = _pair(week, site, "reference corrected and corrected back")
    order = week.order(site, at, numbers[0], {"BOLT": 1})
    bought = week.label(site, at, order, right)
    away = at + week.later(5, 300)
    _types(week, site, order, away, numbers[1])
    right.free_at = away + week.later(2, 60)
    _types(week, site, order, right.free_at, numbers[0])
    week.needs(lambda: bool(right.labels) and wrong.shipment_id > 0)
    week.deliver(right, away + week.later(70, 110))
    if week.random.random() < 0.3:
        week.void(site, away + week.later(120, 300), bought)


def there_and_back_while_the_clock_is_set_back(week: Week, site: Site, at: datetime) -> None:
    """The later correction shows the earlier wall clock. Only told in the week of that night."""
    first = NOVEMBER_NIGHT - HOUR
    if not week.start <= first - HOUR <= week.end - HOUR * 12:
        return
    numbers, (right, wrong) = _pair(week, site, "reference corrected while the clock is set back")
    order = week.order(site, first - HOUR, numbers[0], {"BOLT": 1})
    week.label(site, first, order, right)
    _types(week, site, order, first + week.later(40, 55), numbers[1])
    right.free_at = NOVEMBER_NIGHT + week.later(5, 20)
    _types(week, site, order, right.free_at, numbers[0])
    week.needs(lambda: bool(right.labels) and wrong.shipment_id > 0)
    week.deliver(right, NOVEMBER_NIGHT + week.later(90, 200))


def emptied_and_filled(week: Week, site: Site, at: datetime) -> None:
    """A re-import empties the custom field for a while."""
    number = week.number()
    expectation = week.shipment(site, "reference emptied and filled again", [(number, "BOLT", 1)], by=None)
    order = week.order(site, at, number, {"BOLT": 1})
    week.label(site, at, order, expectation)
    away = at + week.later(5, 300)
    _types(week, site, order, away, "")
    expectation.free_at = away + week.later(2, 200)
    _types(week, site, order, expectation.free_at, number)
    week.deliver(expectation, away + week.later(210, 500))


def corrected_row(week: Week, site: Site, at: datetime) -> None:
    """A row of the wrong order is voided, or gone, and the right order has one of its own."""
    numbers = [week.number(), week.number()]
    for number in numbers:
        site.tenant.add_order(number)

    def read() -> dict[str, Any]:
        every = {row["OrderNo"]: row for row in site.tenant.trackings() if row["OrderNo"] in numbers}
        return {number: every[number]["Status"] if number in every else None for number in numbers}

    def expected(live: Sequence[Label]) -> dict[str, Any]:
        return {numbers[0]: Either("voided", None), numbers[1]: "shipped"}

    fields = Fields(site, "row of a corrected reference", read, expected)
    week.fields.append(fields)
    order = week.order(site, at, numbers[0], {"BOLT": 1}, advancedOptions={"storeId": BY_ROW})
    week.label(site, at, order, fields)
    _types(week, site, order, at + week.later(5, 400), numbers[1])


CORRECTED_REFERENCES = {
    "reference corrected": Plot(corrected, ("beta",)),
    "reference corrected and corrected back": Plot(there_and_back, ("beta",), times=2),
    "reference corrected while the clock is set back": Plot(there_and_back_while_the_clock_is_set_back, ("beta",)),
    "reference emptied and filled again": Plot(emptied_and_filled, ("beta",)),
    "row of a corrected reference": Plot(corrected_row, ("beta",)),
}
