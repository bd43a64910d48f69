"""ShipStation's own bad days: spoilt text, orders it does not show, narrow pages, ignored filters, rows out of order,
numbers that differ, voids that are taken back, hours in which it answers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.equipment.shipstation.rows import Label
from tests.equipment.world import Site
from tests.simulation import ledger_format as ledger
from tests.simulation.expectations import Fields, Plot
from tests.simulation.week import PERSON, STORES, Week

SPOILT = ("{}\ud83d", "\udc00{}", "{}\u200b", "\ufeff{}", "\u00ad{}", "{}\ufe0f")
BY_NUMBER = ("acme", "gamma")  # whose order reference stands on the rows of shipments too
PAGE = 7
WAVE = 17  # labels: three pages
IMPORTED = 33  # orders: more than a minute's requests, one by one
FOR_GOOD = 0.3
SEEN_AGAIN = timedelta(hours=36)  # before the end, so that the sweep of the day after comes to it
CALM_HOURS = timedelta(hours=8)
FILTERS_V2 = {"created_at_start", "modified_at_start", "create_date_start", "label_status", "shipment_id"}
FILTERS = frozenset({"createdatestart", "voiddatestart", "modifydatestart", "orderid", *FILTERS_V2})
DIFFER = "numbers_differ"


def furnish(site: Site, seed: int) -> None:
    """How this account pages; drawn apart, so that it moves nothing else of the week."""
    random, switches = Random(f"{seed} {site.connection.name}"), site.account.switches
    switches.largest_page = random.choice((3, 5, 500))
    switches.total = random.choice(("right", "right", "missing", "zero", "text"))
    switches.is_empty_no_content = random.random() < 0.5


def habits(site: Site) -> dict[str, int]:
    switches = site.account.switches
    return {
        "pages narrower than asked for": int(switches.largest_page < PAGE),
        "counts of rows that are wrong": int(switches.total != "right"),
        "204 for an empty list": int(switches.is_empty_no_content),
    }


def spoilt_text(week: Week, site: Site, at: datetime) -> None:
    number, spoilt = week.number(), week.random.choice(SPOILT)
    expectation = week.shipment(site, "spoilt text", [(number, "BOLT", 2)], by=None)
    order = week.order(site, at, spoilt.format(number), {spoilt.format("BOLT"): 2})
    week.label(site, at, order, expectation)
    week.deliver(expectation, at + week.later(5, 300))


def order_not_shown(week: Week, site: Site, at: datetime) -> None:
    """Neither a list nor its own address shows the order, while its fulfilment is listed."""
    early, number, made = min(at, week.end - SEEN_AGAIN), week.number(), list[int]()
    expectation = week.shipment(site, "order that is not shown", [(number, "BOLT", 1)], by=None)
    expectation.is_timed = False
    status = week.random.choice((500, 403, 400))

    def sell() -> None:
        options = {"customField1": number, "storeId": STORES[0]}
        fields = {"shipTo": PERSON, "advancedOptions": options}
        made.append(site.account.add_order(number, items=[{"sku": "BOLT", "quantity": 1}], fields=fields))
        site.account.broken_rows.add(made[0])
        site.account.refused_by_id[made[0]] = status

    def show() -> None:
        site.account.broken_rows.discard(made[0])
        del site.account.refused_by_id[made[0]]

    week.at(early - week.later(20, 200), sell)
    week.mark(site, early, lambda: made[0], expectation)
    if week.random.random() < FOR_GOOD:
        expectation.is_untouchable = True
        week.at(early + week.later(60, 90), lambda: week.unshipped.append((site, made[0])))
    else:
        week.at(early + week.later(60, 600), show)


def import_not_shown(week: Week, site: Site, at: datetime) -> None:
    """Orders come in one second, more than a page, and one of them breaks every page it is on, perhaps for good."""
    early, made = min(at, week.end - CALM_HOURS), list[int]()
    bad, is_for_good = week.random.randrange(IMPORTED), week.random.random() < FOR_GOOD

    def sell() -> None:
        for _ in range(IMPORTED):
            fields = {"shipTo": PERSON, "advancedOptions": {"storeId": STORES[0]}}
            item = {"sku": "BOLT", "quantity": 1}
            made.append(site.account.add_order(week.number(), items=[item], fields=fields))
        site.account.broken_rows.add(made[bad])

    week.at(early, sell)
    if not is_for_good:
        week.at(early + week.later(600, 1200), lambda: site.account.broken_rows.discard(made[bad]))


def _books(week: Week, site: Site, kind: str, order: Callable[[], int]) -> tuple[list[str], Fields]:
    """The records of two numbers: where the parcel stands, or that a person was told of both."""
    numbers = [week.number(), week.number()]
    records = [week.shipment(site, kind, [(number, "BOLT", 1)], by=None) for number in numbers]
    for record in records:
        week.expectations.remove(record)

    def read() -> dict[str, Any]:
        subject = f"order {order()}"
        told = [item for item in ledger.parked_subjects(week.world, site) if item["subject"] == subject]
        if any(item[ledger.REASON] == DIFFER and all(n in item["detail"] for n in numbers) for item in told):
            return {"told": True}
        return {
            number: site.tenant.shipment(r.shipment_id)["ProNo"] for number, r in zip(numbers, records, strict=True)
        }

    fields = Fields(site, kind, read, lambda live: _on_the_second(numbers, live))
    week.fields.append(fields)
    return numbers, fields


class _ToldOr(dict[str, Any]):
    """Equal to its own content, and to a person's being told."""

    def __eq__(self, other: object) -> bool:
        return other == {"told": True} or dict(self) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # as a dictionary


def _on_the_second(numbers: Sequence[str], live: Sequence[Label]) -> dict[str, Any]:
    return _ToldOr({numbers[0]: None, numbers[1]: ", ".join(str(label.tracking_number) for label in live) or None})


def renumbered_order(week: Week, site: Site, at: datetime) -> None:
    """The order is corrected, its label row keeps the old number."""
    order_id: list[int] = []
    numbers, fields = _books(week, site, "order renumbered", lambda: order_id[0])
    order = week.order(site, at, numbers[0], {"BOLT": 1})
    week.at(at, lambda: order_id.append(order()))
    week.label(site, at, order, fields)
    week.at(at + week.later(5, 400), lambda: site.account.edit_order(order(), {"orderNumber": numbers[1]}))


def renumbered_label(week: Week, site: Site, at: datetime) -> None:
    """The label row shows another number, the order keeps the old one: certain is that nobody knows."""
    early, number, other = min(at, week.end - SEEN_AGAIN), week.number(), week.number()
    beside = week.shipment(site, "label renumbered", [(other, "BOLT", 1)], by=None)
    beside.is_untouchable = True
    order = week.order(site, early, number, {"BOLT": 1})
    week.excuse(site, bought := week.label(site, early, order), "not_in_ifs_yet", "never_found")
    week.at(early + week.later(5, 400), lambda: site.account.renumber_label(bought[0], other))
    week.at(early + week.later(410, 420), lambda: week.unshipped.append((site, order())))


def void_taken_back(week: Week, site: Site, at: datetime) -> None:
    """No list of voids says so; the label is read again the day after."""
    early, number = min(at, week.end - SEEN_AGAIN), week.number()
    expectation = week.shipment(site, "void taken back", [(number, "BOLT", 1)], by=None, ForwardAgentId="DHL")
    expectation.is_timed = False
    bought = week.label(site, early, week.order(site, early, number, {"BOLT": 1}), expectation)
    voided = early + week.later(1, 300)
    week.void(site, voided, bought)
    week.at(voided + week.later(30, 600), lambda: site.account.unvoid(bought[0]))
    week.deliver(expectation, voided + week.later(700, 900))


def swapped_rows(week: Week, site: Site, at: datetime) -> None:
    """Two labels a moment apart, always listed the wrong way round; later ones make more than a page of it."""
    bought = []
    for turn in range(2):
        number = week.number()
        expectation = week.shipment(site, "rows swapped", [(number, "BOLT", 1)], by=None)
        order = week.order(site, at, number, {"BOLT": 1})
        bought.append(week.label(site, at + turn * timedelta(seconds=0.4), order, expectation))
        week.deliver(expectation, at + week.later(20, 300))
    week.at(at + timedelta(seconds=0.5), lambda: site.account.swapped_rows.update({bought[0][0]: bought[1][0]}))


def filters_ignored(week: Week, site: Site, at: datetime) -> None:
    """For some hours every list begins with the oldest row, whatever is asked for."""
    start = min(at, week.end - CALM_HOURS)

    def ignore(names: frozenset[str]) -> None:
        site.account.switches.ignored_filters = names

    week.at(start, lambda: ignore(FILTERS))
    week.at(start + week.later(60, 240), lambda: ignore(frozenset()))


def pick_wave(week: Week, site: Site, at: datetime) -> None:
    """One batch, told by one webhook, and more labels than its pointer shows on a page."""
    expectations, orders = [], []
    for _ in range(WAVE):
        number = week.number()
        expectations.append(week.shipment(site, "pick wave", [(number, "BOLT", 1)], by=None))
        orders.append(week.order(site, at, number, {"BOLT": 1}))

    def buy() -> None:
        for expectation, label in zip(
            expectations, site.account.ship_batch([{"order_id": order()} for order in orders]), strict=True
        ):
            expectation.labels.append(label)

    week.at(at, buy)
    for expectation in expectations:
        week.deliver(expectation, at + week.later(20, 300))


def silence(week: Week, site: Site, at: datetime) -> None:
    """ShipStation answers 500 for hours."""
    start = min(at, week.end - CALM_HOURS)
    end = start + week.later(90, 300)
    week.silences.append((site, start, end))
    week.at(start, lambda: site.account.add_fault("status", status=500, times=-1))
    week.at(end, site.account.lift_faults)


READING_STORIES = {
    "spoilt text": Plot(spoilt_text, times=2),
    "order that is not shown": Plot(order_not_shown, times=2),
    "import with an order that is not shown": Plot(import_not_shown),
    "order renumbered": Plot(renumbered_order, BY_NUMBER, times=2),
    "label renumbered": Plot(renumbered_label, BY_NUMBER),
    "void taken back": Plot(void_taken_back, times=2),
    "rows swapped": Plot(swapped_rows, times=2),
    "filters ignored": Plot(filters_ignored),
    "pick wave": Plot(pick_wave),
    "ShipStation silent": Plot(silence),
}
