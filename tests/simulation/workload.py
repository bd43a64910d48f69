"""What people do in an ordinary week: told to the simulated vendors only."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.equipment.world import Site
from tests.simulation.connection_files import EXCLUDED, IN_SHADOW
from tests.simulation.expectations import Story, twice
from tests.simulation.week import Week

FOR_GOOD = 0.3  # of the rows that break their page
TYPED = "TYPED BY A PERSON"


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
        if not is_joined:
            week.demand(site, bought, "shared_target")
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
    pair[1].unless = "combined_unknown"
    week.excuse(site, bought, "combined_unknown")
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
    number = week.number()
    expectation = week.shipment(site, "reference typed late", [(number, "BOLT", 1)], by=None)
    order = week.order(site, at, "", {"BOLT": 1})
    week.label(site, at, order, expectation)
    change = {"advancedOptions": {"customField1": number}}
    expectation.free_at = at + week.later(1, 600)
    week.at(expectation.free_at, lambda: site.account.edit_order(order(), change))


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


def gap(week: Week, site: Site, at: datetime) -> None:
    """A label that breaks every page it stands on, until ShipStation fixes it hours later, or for good."""
    early = min(at, week.end - timedelta(hours=30))
    number = week.number()
    expectation = week.shipment(site, "gap", [(number, "BOLT", 1)], by=None)
    bought = week.label(site, early, week.order(site, early, number, {"BOLT": 1}), expectation, is_silent=True)
    week.at(early, lambda: site.account.broken_rows.add(bought[0]))
    expectation.is_timed = False  # the sweep finds it a day later
    if week.random.random() < FOR_GOOD:
        expectation.is_untouchable = True
        week.unreadable.append((site, bought))
    else:
        week.at(early + week.later(60, 600), lambda: site.account.broken_rows.discard(bought[0]))


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


_STORIES: dict[str, Story] = {
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
    "gap": gap,
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

STORIES = twice(_STORIES, only={"reference typed late": ("beta",)})
