"""How what people do is told to the simulated vendors, with a note of what is right in the end and what was met."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.equipment.push_books import Books
from tests.equipment.world import CANARY, Site, World
from tests.simulation.expectations import Bought, Expectation, Fields, Labelled, Plot, Pushed, Sold, Telling

FIRST_LOOK = timedelta(minutes=15)  # from a label to its first write, where its webhook is lost
BEFORE_ITS_TURN = timedelta(minutes=15)  # what is looked at before an order that is due
CARRIERS = (("stamps_com", "usps_priority_mail"), ("ups", "ups_ground"), ("fedex", "fedex_2day"))
FORWARDERS = {"stamps_com": "USPS", "ups": "UPS", "fedex": "FEDEX", "USPS": "USPS", "UPS": "UPS", "FedEx": "FEDEX"}
LATEST = timedelta(hours=12)  # after the last trouble
LOOKS_APART = timedelta(minutes=10)
STORES = (100_001, 100_002)
PERSON = {
    "name": f"{CANARY} Name",
    "street1": f"{CANARY} Street 1",
    "city": "Austin",
    "state": "TX",
    "postalCode": "78701",
    "country": "US",
    "phone": f"{CANARY}555",
}


class Week:
    """Stories begin at random instants between `start` and `end`; whatever they cause is over an hour later or two.

    The oracle reads what they note: `expectations` and `fields` are what should stand in IFS, `parked` what a person
    has to be told, `excused` what may be parked or wait, each label with the reasons.
    """

    def __init__(self, world: World, start: datetime, end: datetime) -> None:
        self.world, self.start, self.end = world, start, end
        self.random = Random(world.random.random())
        self.expectations: list[Expectation] = []
        self.fields: list[Fields] = []
        self.unshipped: list[tuple[Site, int]] = []
        self.unreadable: list[tuple[Site, Bought]] = []
        self.silences: list[tuple[Site, datetime, datetime]] = []
        self.parked: list[tuple[Site, Bought, tuple[str, ...]]] = []
        self.excused: list[tuple[Site, Bought, tuple[str, ...]]] = []
        self.too_large: list[tuple[Site, Bought, int]] = []
        self.completed: list[tuple[Expectation, Bought]] = []
        self.patched_in_vain: list[Expectation] = []
        self.told: list[tuple[Site, Bought]] = []
        self.cleared_or_told: list[tuple[Bought, Expectation]] = []
        self.piloted: list[Expectation] = []
        self.hidden_at: dict[str, datetime] = {}
        self.books: dict[str, Books] = {}
        self.pushed: list[Pushed] = []
        self.sold: list[Sold] = []
        self.refused_clients: list[tuple[Site, datetime, datetime]] = []
        self.let_in: list[str] = []
        self.same_second = 0
        self.edited_at: dict[str, tuple[datetime, datetime]] = {}
        self.tellings: list[Telling] = []
        self._telling = Telling("")
        self._left_out: set[tuple[str, str]] = set()
        self._numbers = itertools.count(1001)

    @property
    def days(self) -> float:
        return (self.end - self.start) / timedelta(days=1)

    def share(self, part: float) -> datetime:
        """The instant when this part of the week is over."""
        return self.start + (self.end - self.start) * part

    def plan(self, plots: Mapping[str, Plot]) -> None:
        """Every story as often as its plot says, on random sites."""
        for name, plot in plots.items():
            if self.world.seed % plot.every:
                continue
            sites = [
                self.world.sites[each]
                for each in plot.sites
                if (each, name) not in self._left_out and each in self.world.sites
            ]
            for _ in range(plot.times if sites else 0):
                self.begin(name)
                at = self.start + (self.end - self.start) * self.random.random()
                plot.story(self, self.random.choice(sites), at)

    def leave_out(self, site: str, stories: Iterable[str]) -> None:
        """These are not told of this site."""
        self._left_out |= {(site, story) for story in stories}

    def was_out(self, site: Site, start: datetime, end: datetime) -> bool:
        """Whether from `start` to `end` one outage followed another, so that nobody could read what ShipStation showed
        and write it.
        """
        reached, pause = start, timedelta(seconds=site.connection.patience.longest_seconds) + BEFORE_ITS_TURN
        for began, over in sorted(self._outages(site)):
            if began <= reached + FIRST_LOOK:
                reached = max(reached, over + pause)
        return reached >= end

    def _outages(self, site: Site) -> Iterator[tuple[datetime, datetime]]:
        yield from (self.world.weather.dark or {}).values()
        yield from ((outage.start, outage.end) for outage in site.tenant.outages.planned)
        yield from ((start, end) for refusing, start, end in self.refused_clients if refusing is site)

    def begin(self, name: str) -> None:
        """What is planned from here on belongs to a new telling of this story."""
        self._telling = Telling(name)
        self.tellings.append(self._telling)

    def needs(self, condition: Callable[[], bool]) -> None:
        """The story is not met unless this holds in the end."""
        self._telling.conditions.append(condition)

    def coverage(self) -> Counter[str]:
        """How often each story was met."""
        met = Counter({each.name: 0 for each in self.tellings})
        met.update(each.name for each in self.tellings if each.is_met)
        return met

    def at(self, instant: datetime, action: Callable[[], Any]) -> None:
        """Nothing happens so late that the calm day is too short for it."""
        telling = self._telling
        telling.planned += 1

        def act() -> None:
            self._telling = telling
            action()
            telling.done += 1

        self.world.clockwork.at(min(instant, self.end + LATEST), act)

    def once(self, start: datetime, condition: Callable[[], bool], action: Callable[[], Any]) -> None:
        """As soon after `start` as the condition holds: what a person does who waits for something."""
        telling = self._telling
        telling.planned += 1

        def look() -> None:
            if condition():
                self._telling = telling
                action()
                telling.done += 1
            elif self.world.now() < self.end + LATEST:
                self.world.clockwork.after(LOOKS_APART.total_seconds(), look)

        self.world.clockwork.at(min(start, self.end + LATEST), look)

    def correct(
        self,
        expectation: Expectation,
        start: datetime,
        then: Callable[[datetime], None] = lambda _: None,
        **changes: Any,
    ) -> None:
        """A colleague corrects what we wrote, once we did; `then` is told when."""
        tenant = expectation.site.tenant

        def is_written() -> bool:
            values = tenant.shipment(expectation.shipment_id)
            return all(values[name] not in {None, expectation.carrier_before} for name in changes)

        def correct() -> None:
            tenant.edit(expectation.shipment_id, **changes)
            expectation.carrier_typed = changes.get("ForwardAgentId", expectation.carrier_typed)
            expectation.typed = changes.get("ProNo", expectation.typed)
            then(self.world.now())

        self.once(start, is_written, correct)

    def later(self, low_minutes: float, high_minutes: float) -> timedelta:
        return timedelta(minutes=self.random.uniform(low_minutes, high_minutes))

    def number(self) -> str:
        return f"P{next(self._numbers)}"

    def excuse(self, site: Site, bought: Bought, *reasons: str) -> None:
        """These labels may be parked, or wait, for one of these reasons."""
        self.excused.append((site, bought, reasons))

    def demand(self, site: Site, bought: Bought, *reasons: str) -> None:
        """These labels have to be parked for one of these reasons."""
        self.parked.append((site, bought, reasons))

    def order(self, site: Site, at: datetime, number: str, items: dict[str, int], **fields: Any) -> Callable[[], int]:
        """An order imported a while before `at`; the answer tells its id once it is there."""
        ids: list[int] = []
        lines = [{"sku": sku, "quantity": count, "name": "Thing"} for sku, count in items.items()]
        body = {"shipTo": PERSON, "customerEmail": f"{CANARY}@example.com", **fields}
        if site.connection.shipstation.order_reference.source == "custom_field_1":
            store = self.random.choice(STORES)
            options = {"customField1": number, "storeId": store, **body.get("advancedOptions", {})}
            body = {**body, "advancedOptions": options}
            number = f"P{self.random.randrange(3)}"  # both stores count from one
        self.at(
            at - self.later(20, 200),
            lambda: ids.append(site.account.add_order(number, items=lines, fields=body)),
        )
        return lambda: ids[0]

    def shipment(
        self, site: Site, kind: str, lines: list[tuple[str, str, int]], *, by: datetime | None, **values: Any
    ) -> Expectation:
        """An IFS shipment that exists from `by` on, or from the start."""
        expectation = Expectation(site, kind, 0, carrier_before=values.get("ForwardAgentId"))
        self.expectations.append(expectation)

        def appear() -> None:
            expectation.shipment_id = site.tenant.add_shipment(lines, **values)
            expectation.appeared_at = self.world.now()

        if by is None:
            appear()
        else:
            self.at(by, appear)
        return expectation

    def label(
        self, site: Site, at: datetime, order: Callable[[], int], *expectations: Labelled, **parcel: Any
    ) -> Bought:
        """A label bought at `at` for these IFS shipments; the list holds its id from then on."""
        bought: Bought = []
        carrier, service = self.random.choice(CARRIERS)
        details = {"carrier_code": carrier, "service_code": service, **parcel}

        def buy() -> None:
            bought.append(site.account.ship(order(), **details))
            for expectation in expectations:
                expectation.labels.append(bought[0])

        self.at(at, buy)
        return bought

    def mark(self, site: Site, at: datetime, order: Callable[[], int], *expectations: Expectation) -> Bought:
        """An order marked as shipped by hand at `at`; the list holds the fulfilment's id from then on."""
        marked: Bought = []
        carrier, _ = self.random.choice(CARRIERS)
        tracking = f"HAND{self.random.randrange(10**9)}"

        def click() -> None:
            marked.append(site.account.mark_shipped(order(), carrier_code=carrier, tracking_number=tracking))
            for expectation in expectations:
                expectation.marks.append(marked[0])

        self.at(at, click)
        return marked

    def void(self, site: Site, at: datetime, bought: Bought) -> None:
        self.at(at, lambda: site.account.void(bought[0]))

    def edit(self, expectation: Expectation, at: datetime, **changes: Any) -> None:
        self.at(at, lambda: expectation.site.tenant.edit(expectation.shipment_id, **changes))

    def deliver(self, expectation: Expectation, at: datetime) -> None:
        self.at(at, lambda: expectation.site.tenant.deliver(expectation.shipment_id))
