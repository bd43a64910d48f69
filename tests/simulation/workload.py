"""What people do in a week: told to the simulated vendors only, with a note of what each IFS shipment should hold."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from tests.equipment.world import CANARY, Site, World

CARRIERS = (("stamps_com", "usps_priority_mail"), ("ups", "ups_ground"), ("fedex", "fedex_2day"))
FORWARDERS = {"stamps_com": "USPS", "ups": "UPS", "fedex": "FEDEX", "USPS": "USPS", "UPS": "UPS", "FedEx": "FEDEX"}
LATEST = timedelta(hours=12)  # after the last trouble
STORES = (100_001, 100_002)
EXCLUDED, IN_SHADOW = 100_003, 100_004
FOR_GOOD = 0.3  # of the rows that break their page
TYPED = "TYPED BY A PERSON"
PERSON = {
    "name": f"{CANARY} Name",
    "street1": f"{CANARY} Street 1",
    "city": "Austin",
    "state": "TX",
    "postalCode": "78701",
    "country": "US",
    "phone": f"{CANARY}555",
}
Story = Callable[["Week", Site, datetime], None]


@dataclass
class Expectation:
    """The truth about one IFS shipment. `labels` left the house with its goods, in the order they were bought; so did
    the goods of `marks`, by hand.
    """

    site: Site
    kind: str
    shipment_id: int
    labels: list[int] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    typed: str | None = None
    note: str | None = None
    carrier_before: str | None = None
    is_untouchable: bool = False
    is_date_frozen: bool = False


class Labelled(Protocol):
    labels: list[int]


class Week:
    """Stories begin at random instants between `start` and `end`; whatever they cause is over an hour later or two."""

    def __init__(self, world: World, start: datetime, end: datetime) -> None:
        self.world, self.start, self.end = world, start, end
        self.random = Random(world.random.random())
        self.expectations: list[Expectation] = []
        self.coverage: Counter[str] = Counter()
        self.unshipped: list[tuple[Site, int]] = []
        self.unreadable: list[tuple[Site, list[int]]] = []
        self.fields: list[Any] = []
        self.parked: list[tuple[Site, list[int], str]] = []
        self._numbers = itertools.count(1001)

    def plan(self, stories: dict[str, Story], times: int) -> None:
        """Every story `times` times, on a random site."""
        sites = list(self.world.sites.values())
        for name, story in stories.items():
            for _ in range(times):
                at = self.start + (self.end - self.start) * self.random.random()
                self.coverage[name] += 1
                story(self, self.random.choice(sites), at)

    def at(self, instant: datetime, action: Callable[[], Any]) -> None:
        """Nothing happens so late that the calm day is too short for it."""
        self.world.clockwork.at(min(instant, self.end + LATEST), action)

    def later(self, low_minutes: float, high_minutes: float) -> timedelta:
        return timedelta(minutes=self.random.uniform(low_minutes, high_minutes))

    def number(self) -> str:
        return f"P{next(self._numbers)}"

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

        if by is None:
            appear()
        else:
            self.at(by, appear)
        return expectation

    def label(
        self, site: Site, at: datetime, order: Callable[[], int], *expectations: Labelled, **parcel: Any
    ) -> list[int]:
        """A label bought at `at` for these IFS shipments; the list holds its id from then on."""
        bought: list[int] = []
        carrier, service = self.random.choice(CARRIERS)
        details = {"carrier_code": carrier, "service_code": service, **parcel}

        def buy() -> None:
            bought.append(site.account.ship(order(), **details))
            for expectation in expectations:
                expectation.labels.append(bought[0])

        self.at(at, buy)
        return bought

    def mark(self, site: Site, at: datetime, order: Callable[[], int], *expectations: Expectation) -> list[int]:
        """An order marked as shipped by hand at `at`; the list holds the fulfilment's id from then on."""
        marked: list[int] = []
        carrier, _ = self.random.choice(CARRIERS)
        tracking = f"HAND{self.random.randrange(10**9)}"

        def click() -> None:
            marked.append(site.account.mark_shipped(order(), carrier_code=carrier, tracking_number=tracking))
            for expectation in expectations:
                expectation.marks.append(marked[0])

        self.at(at, click)
        return marked

    def void(self, site: Site, at: datetime, bought: list[int]) -> None:
        self.at(at, lambda: site.account.void(bought[0]))

    def edit(self, expectation: Expectation, at: datetime, **changes: Any) -> None:
        self.at(at, lambda: expectation.site.tenant.edit(expectation.shipment_id, **changes))

    def deliver(self, expectation: Expectation, at: datetime) -> None:
        self.at(at, lambda: expectation.site.tenant.deliver(expectation.shipment_id))


def single(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "single", [(number, "BOLT", 2)], by=None)
    week.label(site, at, week.order(site, at, number, {"BOLT": 2}), expectation)
    week.deliver(expectation, at + week.later(-60, 600))


def two_parcels(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "two parcels", [(number, "BOLT", 4)], by=None)
    order = week.order(site, at, number, {"BOLT": 4})
    week.label(site, at, order, expectation, quantities={"BOLT": 1})
    week.label(site, at + week.later(0, 90), order, expectation, quantities={"BOLT": 3})
    week.deliver(expectation, at + week.later(100, 600))


def several_records(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    first = week.shipment(site, "several IFS shipments", [(number, "BOLT", 2)], by=None)
    second = week.shipment(site, "several IFS shipments", [(number, "NUT", 5)], by=None)
    order = week.order(site, at, number, {"BOLT": 2, "NUT": 5})
    week.label(site, at, order, first, quantities={"BOLT": 2})
    week.label(site, at + week.later(0, 300), order, second, quantities={"NUT": 5})
    week.deliver(first, at + week.later(10, 100))


def split(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    first = week.shipment(site, "split order", [(number, "BOLT", 1)], by=None)
    second = week.shipment(site, "split order", [(number, "NUT", 1)], by=None)
    order = week.order(site, at, number, {"BOLT": 1, "NUT": 1})
    children: list[int] = []
    week.at(at, lambda: children.extend(site.account.split_order(order(), [{"NUT": 1}])))
    week.label(site, at + timedelta(minutes=5), order, first)
    week.label(site, at + timedelta(minutes=9), lambda: children[0], second)
    for expectation in (first, second):
        week.deliver(expectation, at + week.later(20, 300))


def shared_record(week: Week, site: Site, at: datetime) -> None:
    """One IFS shipment for two orders: both numbers belong there where the file says so, else a person decides."""
    numbers = week.number(), week.number()
    lines = [(number, "BOLT", 1) for number in numbers]
    expectation = week.shipment(site, "one IFS shipment for several orders", lines, by=None)
    is_joined = site.connection.ifs.targets[0].shared == "join"
    expectation.is_untouchable = not is_joined
    for number in numbers:
        order = week.order(site, at, number, {"BOLT": 1})
        bought = week.label(site, at + week.later(0, 60), order, *([expectation] if is_joined else []))
        if is_joined and week.random.random() < 0.3:
            week.void(site, at + week.later(61, 400), bought)


def void_before_delivery(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(
        site, "void without re-label", [(number, "BOLT", 1)], by=None, ForwardAgentId=week.random.choice((None, "DHL"))
    )
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    week.void(site, at + week.later(0.05, 400), bought)


def void_after_delivery(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "void after delivery", [(number, "BOLT", 1)], by=None)
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    week.deliver(expectation, at + timedelta(minutes=20))
    week.void(site, at + week.later(60, 600), bought)


def relabel(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "void and re-label", [(number, "BOLT", 2)], by=None)
    order = week.order(site, at, number, {"BOLT": 2})
    bought = week.label(site, at, order, expectation)
    voided = at + week.later(0.05, 300)
    week.void(site, voided, bought)
    week.label(site, voided + week.later(0.02, 60), order, expectation)
    week.deliver(expectation, voided + week.later(90, 600))


def hand_marked(week: Week, site: Site, at: datetime) -> None:
    """Goods that left by another way: a fulfilment, which no webhook tells of."""
    number = week.number()
    expectation = week.shipment(site, "hand-marked", [(number, "BOLT", 1)], by=None)
    week.mark(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    week.deliver(expectation, at + week.later(10, 600))


def two_hand_marked(week: Week, site: Site, at: datetime) -> None:
    """A fulfilment carries no goods of its own: which IFS shipment it is for, only its order can tell."""
    number = week.number()
    first = week.shipment(site, "label and fulfilment", [(number, "BOLT", 2)], by=None)
    order = week.order(site, at, number, {"BOLT": 2})
    week.mark(site, at, order, first)
    other = week.number()
    second = week.shipment(site, "label and fulfilment", [(other, "NUT", 1)], by=None)
    week.label(site, at, week.order(site, at, other, {"NUT": 1}), second)


def unmarked(week: Week, site: Site, at: datetime) -> None:
    """A fulfilment that is taken back: no list says so, only the sweep of the day after finds it."""
    early = min(at, week.end - timedelta(hours=30))
    number = week.number()
    expectation = week.shipment(site, "fulfilment taken back", [(number, "BOLT", 1)], by=None)
    marked = week.mark(site, early, week.order(site, early, number, {"BOLT": 1}), expectation)
    week.at(early + week.later(1, 900), lambda: site.account.void_fulfillment(marked[0]))


def combined(week: Week, site: Site, at: datetime) -> None:
    """One parcel for two orders that a user combined: the second is gone from the API, its IFS shipment is not."""
    numbers = week.number(), week.number()
    pair = [week.shipment(site, "combined orders", [(number, "BOLT", 1)], by=None) for number in numbers]
    orders = [week.order(site, at - timedelta(hours=5), number, {"BOLT": 1}) for number in numbers]
    week.at(at, lambda: site.account.combine_orders(orders[0](), [orders[1]()]))
    bought = week.label(site, at + week.later(1, 120), orders[0], *pair)
    if week.random.random() < 0.3:
        week.void(site, at + week.later(200, 600), bought)


def excluded_store(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "excluded store", [(number, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    order = week.order(site, at, number, {"BOLT": 1}, advancedOptions={"storeId": EXCLUDED})
    if week.random.random() < 0.5:
        week.label(site, at, order)
    else:
        week.mark(site, at, order)


def shadow_store(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "store in shadow mode", [(number, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    order = week.order(site, at, number, {"BOLT": 1}, advancedOptions={"storeId": IN_SHADOW})
    week.label(site, at, order)


def corrected(week: Week, site: Site, at: datetime) -> None:
    """The IFS order number is typed into the custom field only after the label was bought."""
    if site.connection.shipstation.order_reference.source != "custom_field_1":
        single(week, site, at)
        return
    number = week.number()
    expectation = week.shipment(site, "reference typed late", [(number, "BOLT", 1)], by=None)
    order = week.order(site, at, "", {"BOLT": 1})
    week.label(site, at, order, expectation)
    change = {"advancedOptions": {"customField1": number}}
    week.at(at + week.later(1, 600), lambda: site.account.edit_order(order(), change))


def cancelled(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "cancelled order", [(number, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    order = week.order(site, at, number, {"BOLT": 1})
    week.at(at, lambda: site.account.cancel_order(order()))


def shipped_without(week: Week, site: Site, at: datetime) -> None:
    """Shipped by a click, with neither label nor fulfilment: a person has to be told."""
    number = week.number()
    expectation = week.shipment(site, "shipped without a shipment", [(number, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    order = week.order(site, at, number, {"BOLT": 1})

    def click() -> None:
        site.account.set_status(order(), "shipped")
        week.unshipped.append((site, order()))

    week.at(at, click)


def poison(week: Week, site: Site, at: datetime) -> None:
    """A label that breaks every page it stands on, until ShipStation mends it hours later, or for good."""
    early = min(at, week.end - timedelta(hours=30))
    number = week.number()
    expectation = week.shipment(site, "poison row", [(number, "BOLT", 1)], by=None)
    bought = week.label(site, early, week.order(site, early, number, {"BOLT": 1}), expectation, is_silent=True)
    week.at(early, lambda: site.account.poison.add(bought[0]))
    if week.random.random() < FOR_GOOD:
        expectation.is_untouchable = True
        week.unreadable.append((site, bought))
    else:
        week.at(early + week.later(60, 600), lambda: site.account.poison.discard(bought[0]))


def edited_orders(week: Week, site: Site, at: datetime) -> None:
    """Orders are saved again and again while they are read."""
    orders = [week.order(site, at, f"AMZ-{week.number()}", {"BOLT": 1}) for _ in range(12)]
    for turn in range(60):
        order = week.random.choice(orders)
        week.at(at + timedelta(seconds=7 * turn), lambda order=order: site.account.edit_order(order(), {"gift": True}))  # type: ignore[misc] # a default argument binds the order


def returned(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "return label", [(number, "BOLT", 1)], by=None)
    order = week.order(site, at, number, {"BOLT": 1})
    week.label(site, at, order, expectation)
    week.label(site, at + week.later(30, 300), order, is_return=True)


def typed_before(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "typed before the label", [(number, "BOLT", 1)], by=None)
    expectation.typed = TYPED
    week.edit(expectation, at - timedelta(minutes=3), ProNo=TYPED)
    week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)


def typed_after(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "typed after the label", [(number, "BOLT", 1)], by=None)
    expectation.typed = TYPED
    bought = week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    week.edit(expectation, at + week.later(0.1, 600), ProNo=TYPED)
    if week.random.random() < 0.5:
        week.void(site, at + week.later(601, 700), bought)


def edited_meanwhile(week: Week, site: Site, at: datetime) -> None:
    """Colleagues save other fields just when the connector has read the record, several times in a row."""
    number = week.number()
    expectation = week.shipment(site, "edited between read and write", [(number, "BOLT", 1)], by=None)
    times = week.random.randrange(1, 4)
    expectation.note = f"note {times - 1}"
    for turn in range(times):
        week.at(at, lambda turn=turn: site.tenant.edit_after_read(expectation.shipment_id, NoteText=f"note {turn}"))  # type: ignore[misc] # a default argument binds the turn
    week.label(site, at + timedelta(seconds=1), week.order(site, at, number, {"BOLT": 1}), expectation)


def learned_late(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    appears = at + week.later(10, 1500)
    expectation = week.shipment(site, "IFS learns late", [(number, "BOLT", 1)], by=appears)
    week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    week.deliver(expectation, appears + week.later(1, 600))


def delivered_late(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "late delivery in IFS", [(number, "BOLT", 1)], by=None)
    week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    week.deliver(expectation, at + week.later(1500, 2800))


def before_go_live(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "before go-live", [(number, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    del at
    early = site.connection.go_live_at - week.later(1, 600)
    order = site.account.add_order(
        number, items=[{"sku": "BOLT", "quantity": 1}], fields={"advancedOptions": {"customField1": number}}, at=early
    )
    bought = site.account.ship(order, at=early + timedelta(seconds=30))
    # Announced again by its void, which happens after go-live.
    if week.random.random() < 0.5:
        week.at(week.start + week.later(100, 3000), lambda: site.account.void(bought))


def unmapped_carrier(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    expectation = week.shipment(site, "carrier without a mapping", [(number, "BOLT", 1)], by=None, ForwardAgentId="DHL")
    parcel = {"carrier_code": "ontrac", "service_code": "ground", "tracking_number": f"OT{number}"}
    week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation, **parcel)
    week.deliver(expectation, at + week.later(20, 300))


def no_reference(week: Week, site: Site, at: datetime) -> None:
    """Marketplace orders that IFS never hears of."""
    order = week.order(site, at, "", {"BOLT": 1}, advancedOptions={"customField1": "AMZ-77"})
    if site.connection.shipstation.order_reference.source == "order_number":
        order = week.order(site, at, f"AMZ-{week.number()}", {"BOLT": 1})
    week.label(site, at, order)


def burst(week: Week, site: Site, at: datetime) -> None:
    """A pick wave: many labels within seconds, one webhook each."""
    for turn in range(12):
        number = week.number()
        expectation = week.shipment(site, "burst", [(number, "BOLT", 1)], by=None)
        week.label(site, at + timedelta(seconds=turn), week.order(site, at, number, {"BOLT": 1}), expectation)
        week.deliver(expectation, at + week.later(-5, 120))


def index_lag(week: Week, site: Site, at: datetime) -> None:
    """A label that lists show only minutes after its stamp, silently."""
    number = week.number()
    expectation = week.shipment(site, "visible late", [(number, "BOLT", 1)], by=None)
    order = week.order(site, at, number, {"BOLT": 1})
    week.label(site, at, order, expectation, lag_seconds=week.random.uniform(60, 420), is_silent=True)
    other = week.number()
    beside = week.shipment(site, "visible late", [(other, "BOLT", 1)], by=None)
    later = at + timedelta(seconds=30)
    week.label(site, later, week.order(site, at, other, {"BOLT": 1}), beside, is_silent=True)
    for each in (expectation, beside):
        week.deliver(each, at + week.later(20, 300))


STORIES: dict[str, Story] = {
    "single": single,
    "two parcels": two_parcels,
    "several IFS shipments per order": several_records,
    "split order": split,
    "one IFS shipment for several orders": shared_record,
    "void without re-label": void_before_delivery,
    "void after delivery": void_after_delivery,
    "void and re-label": relabel,
    "hand-marked": hand_marked,
    "label and fulfilment": two_hand_marked,
    "fulfilment taken back": unmarked,
    "combined orders": combined,
    "excluded store": excluded_store,
    "store in shadow mode": shadow_store,
    "reference typed late": corrected,
    "cancelled order": cancelled,
    "shipped without a shipment": shipped_without,
    "poison row": poison,
    "orders edited while read": edited_orders,
    "return label": returned,
    "typed before the label": typed_before,
    "typed after the label": typed_after,
    "edited between read and write": edited_meanwhile,
    "IFS learns late": learned_late,
    "late delivery in IFS": delivered_late,
    "before go-live": before_go_live,
    "carrier without a mapping": unmapped_carrier,
    "no order reference": no_reference,
    "burst": burst,
    "visible late in lists": index_lag,
}
