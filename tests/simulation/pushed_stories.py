"""The other direction: IFS shipments that become ShipStation orders, what both sides do to them, and their way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.equipment.push_books import BROKEN_COUNTRY
from tests.equipment.push_people import RECEIVER, People
from tests.equipment.shipstation.rows import Order
from tests.equipment.world import CANARY, Site
from tests.simulation import ledger_format as ledger
from tests.simulation.connection_files import PUSH_SITE
from tests.simulation.expectations import ANY_REASON, Expectation, Plot, Pushed, Story
from tests.simulation.steps import Step, Stepwise
from tests.simulation.week import CARRIERS, FIRST_LOOK, Week

IN_WAREHOUSE, IMMUTABLE = "changed_in_warehouse", "order_immutable"
UNUSABLE, REFUSED = "field_unusable", "refused_by_shipstation"
STORM = 12  # acts of a day
SECOND_SIDE = timedelta(minutes=45)  # after the first one: longer than from one look to the next
HOURS = timedelta(hours=3)
HIDDEN = 0.5
BATCH = 5


class Tale(Stepwise):
    """One shipment of a story."""

    def __init__(self, week: Week, site: Site, at: datetime, kind: str, quantity: int = 3, **values: Any) -> None:
        self.week, self.site, self.at = week, site, at
        self.number, self.books = week.number(), week.books[site.connection.name]
        self.people = People(week.random, site.tenant, self.books, is_shipping=False)
        street = f"{week.random.randrange(1, 999)} {CANARY} Street"
        person = {**RECEIVER, "ReceiverAddressName": f"{CANARY} Larsson", "ReceiverAddress1": street}
        columns = {"Contract": PUSH_SITE, "PlannedShipDate": "2027-07-10T12:00:00Z", **person, **values}
        self.expectation = week.shipment(site, kind, [(self.number, "BOLT", quantity)], by=at, **columns)
        self.pushed = Pushed(site, self.expectation)
        week.pushed.append(self.pushed)

    @property
    def shipment(self) -> int:
        return self.expectation.shipment_id

    @property
    def order(self) -> Order:
        """The one that waits to be shipped."""
        return self.books.open(self.shipment)[0]

    def is_ordered(self) -> bool:
        return bool(self.shipment and self.books.open(self.shipment))

    def is_not_ordered(self) -> bool:
        return not self.is_ordered()

    def is_back(self) -> bool:
        """Every label's number stands on the shipment."""
        labels = (self.site.account.shipments.current[label] for label in self.expectation.labels)
        stands = str(self.site.tenant.shipment(self.shipment)["ProNo"] or "")
        return all((label.tracking_number or "-") in stands for label in labels)

    def is_known(self) -> bool:
        """The connector was told the order's id: what is deleted before, it takes for never made."""
        return self.is_ordered() and ledger.ORDER_ID in ledger.pushed(self.week.world, self.site).get(self.shipment, {})

    def is_told(self, reason: str) -> Callable[[], bool]:
        pushed, site, world = ledger.pushed, self.site, self.week.world
        return lambda: pushed(world, site).get(self.shipment, {}).get(ledger.ATTENTION) == reason

    def label(self, *others: Expectation) -> int:
        """Of the order that is open; it stands for others' shipments too where they were combined into it."""
        carrier, service = self.week.random.choice(CARRIERS)
        bought = self.site.account.ship(self.ended(), carrier_code=carrier, service_code=service)
        for expectation in (self.expectation, *others):
            expectation.labels.append(bought)
        return bought

    def ship(self) -> None:
        """And IFS delivers it some time later."""
        self.label()
        self.week.deliver(self.expectation, self.week.world.now() + self.week.later(10, 300))

    def ended(self) -> int:
        """The open order, which the warehouse ends."""
        number = self.order.order_id
        self.books.ended_by_hand.add(number)
        return number

    def move(self) -> None:
        self.people.move(self.shipment)

    def readdress(self) -> None:
        self.people.readdress(self.order)

    def postpone(self) -> None:
        day = self.week.random.randrange(11, 28)
        self.site.tenant.edit(self.shipment, PlannedShipDate=f"2027-07-{day}T12:00:00Z")

    def order_more(self) -> None:
        self.people.order_more(self.shipment, self.week.random.randrange(4, 9))

    def set_state(self, state: str) -> Callable[[], None]:
        return lambda: self.site.tenant.set_state(self.shipment, state)


def shipped(week: Week, site: Site, at: datetime) -> None:
    tale = Tale(week, site, at, "pushed and shipped")
    tale.do(tale.ship)


def changed(week: Week, site: Site, at: datetime) -> None:
    """Address, lines and date change while the order is open; ShipStation rewrites each address seconds later."""
    tale = Tale(week, site, at, "pushed and changed")
    changes = [tale.move, tale.order_more, tale.postpone, tale.move]
    week.random.shuffle(changes)
    tale.do(*changes, tale.ship)


def noted(week: Week, site: Site, at: datetime) -> None:
    """The warehouse writes what IFS does not know, and holds the order; IFS changes what it knows."""
    tale = Tale(week, site, at, "pushed and noted")

    def edit() -> None:
        for act in (tale.people.note, tale.people.weigh, tale.books.hold):
            act(tale.order)

    tale.do(edit, tale.move, tale.ship)


def disputed(week: Week, site: Site, at: datetime) -> None:
    """Both sides change the address: the warehouse's stays, and a person is told."""
    tale = Tale(week, site, at, "pushed and disputed")
    tale.pushed.told = (IN_WAREHOUSE,)
    tale.do(Step(tale.readdress, after=SECOND_SIDE), Step(tale.move, after=SECOND_SIDE))


def edited(week: Week, site: Site, at: datetime) -> None:
    """The warehouse alone changes an address, and stays right: IFS changes the date only."""
    tale = Tale(week, site, at, "pushed and edited")
    tale.do(tale.readdress, tale.postpone, tale.ship)


def cancelled(week: Week, site: Site, at: datetime) -> None:
    tale = Tale(week, site, at, "pushed and cancelled")
    tale.do(tale.set_state("Cancelled"))


def cancelled_too_late(week: Week, site: Site, at: datetime) -> None:
    """The label was made: a person is told."""
    tale = Tale(week, site, at, "cancelled after its label")
    tale.pushed.told = (IMMUTABLE,)
    tale.expectation.is_date_frozen = True
    buy = Step(lambda: week.excuse(site, [tale.label()], ANY_REASON))
    tale.do(buy, Step(tale.set_state("Cancelled"), when=tale.is_back))


def reopened(week: Week, site: Site, at: datetime) -> None:
    """A cancelled order cannot be revived: opened again, the shipment is another order."""
    tale = Tale(week, site, at, "cancelled and opened again")
    open_again = Step(tale.set_state("Preliminary"), when=tale.is_not_ordered)
    tale.do(tale.set_state("Cancelled"), open_again, tale.ship)


def blocked(week: Week, site: Site, at: datetime) -> None:
    """It leaves the list for hours by another state, or is hidden from the service user, and comes back changed."""
    tale, hidden = Tale(week, site, at, "blocked for hours"), site.tenant.hidden
    if week.random.random() < HIDDEN:
        away, back = Step(lambda: hidden.add(tale.shipment)), Step(lambda: hidden.discard(tale.shipment), after=HOURS)
    else:
        away, back = Step(tale.set_state("Blocked")), Step(tale.set_state("Preliminary"), after=HOURS)
    tale.do(away, back, tale.move, tale.ship)


def split(week: Week, site: Site, at: datetime) -> None:
    """Two parts of one order: both labels come back, and what IFS changes then is told."""
    tale = Tale(week, site, at, "pushed and split", quantity=4)
    tale.pushed.told = (IMMUTABLE,)
    divide = Step(lambda: site.account.split_order(tale.ended(), [{"BOLT": 2}]))
    change = Step(lambda: tale.people.order_more(tale.shipment, 9), after=SECOND_SIDE)
    tale.do(divide, tale.label, change, tale.label)


def combined(week: Week, site: Site, at: datetime) -> None:
    """One parcel for two shipments."""
    tale, other = (Tale(week, site, at, "pushed and combined") for _ in range(2))
    other.expectation.unless = "combined_unknown"
    combine = Step(
        lambda: site.account.combine_orders(tale.ended(), [other.ended()]),
        when=lambda: tale.is_ordered() and other.is_ordered(),
    )
    tale.do(combine, lambda: week.excuse(site, [tale.label(other.expectation)], "combined_unknown"))


def corrected(week: Week, site: Site, at: datetime) -> None:
    """A country that nobody knows: once it is corrected, the order is made."""
    tale = Tale(week, site, at, "country corrected later", ReceiverCountry=BROKEN_COUNTRY)
    correct = Step(lambda: site.tenant.edit(tale.shipment, ReceiverCountry="US"), when=tale.is_told(UNUSABLE))
    tale.do(correct, tale.ship)


def filled(week: Week, site: Site, at: datetime) -> None:
    """No line has a quantity yet."""
    tale = Tale(week, site, at, "lines that come later", quantity=0)
    tale.do(Step(tale.order_more, when=lambda: tale.shipment > 0), tale.ship)


def hopeless(week: Week, site: Site, at: datetime) -> None:
    """Nobody corrects the country: a person is told, and nothing else."""
    tale = Tale(week, site, at, "country that nobody knows", ReceiverCountry=BROKEN_COUNTRY)
    tale.pushed.told = (UNUSABLE,)


def deleted(week: Week, site: Site, at: datetime) -> None:
    """Deleted in ShipStation, and changed in IFS: it is not made again, and a person is told."""
    tale = Tale(week, site, at, "pushed and deleted")
    tale.pushed.told = (IMMUTABLE,)
    delete = Step(lambda: site.account.delete_order(tale.ended()), when=tale.is_known)
    tale.do(delete, Step(tale.move, when=tale.is_not_ordered))


def completed(week: Week, site: Site, at: datetime) -> None:
    """IFS delivers without a label: the order stays as it is."""
    tale = Tale(week, site, at, "completed without a label")
    tale.do(lambda: site.tenant.deliver(tale.shipment))


def by_hand(week: Week, site: Site, at: datetime) -> None:
    tale = Tale(week, site, at, "pushed and marked by hand")
    carrier, number = week.random.choice(CARRIERS)[0], f"HAND{tale.number}"

    def click() -> None:
        mark = site.account.mark_shipped(tale.ended(), carrier_code=carrier, tracking_number=number)
        tale.expectation.marks.append(mark)

    tale.do(click)


def voided(week: Week, site: Site, at: datetime) -> None:
    """The label is taken back, the order is open again, the customer moves, another label."""
    tale = Tale(week, site, at, "pushed, voided, shipped again")
    take_back = Step(lambda: site.account.void(tale.expectation.labels[0]), when=tale.is_back)
    tale.do(tale.label, take_back, tale.move, Step(tale.ship, after=SECOND_SIDE))


def refused(week: Week, site: Site, at: datetime) -> None:
    """One of a batch that ShipStation refuses: the others are made; once IFS changes, it is tried again."""
    tales = [Tale(week, site, at, "one of a batch") for _ in range(BATCH)]
    odd, numbers = tales[0], site.account.refused_numbers
    numbers.add(odd.number)

    def let_in() -> None:
        numbers.discard(odd.number)
        odd.move()

    odd.do(Step(let_in, when=odd.is_told(REFUSED)), odd.ship)
    for tale in tales[1:3]:
        tale.do(tale.ship)


def storm(week: Week, site: Site, at: datetime) -> None:
    """Everybody at once, for a day."""
    tale = Tale(week, site, min(at, week.end - timedelta(hours=12)), "everybody at once")
    tale.pushed.may_tell = (ANY_REASON,)
    for _ in range(STORM):
        act = week.random.choice((*tale.people.colleagues(), *tale.people.warehouse()))
        moment = tale.at + FIRST_LOOK + week.later(0, 24 * 60)
        week.at(moment, lambda act=act: act(tale.shipment))  # type: ignore[misc] # a default argument binds the act


_STORIES: dict[str, Story] = {
    "pushed and shipped": shipped,
    "pushed and changed": changed,
    "pushed and noted": noted,
    "pushed and disputed": disputed,
    "pushed and edited": edited,
    "pushed and cancelled": cancelled,
    "cancelled after its label": cancelled_too_late,
    "cancelled and opened again": reopened,
    "blocked for hours": blocked,
    "pushed and split": split,
    "pushed and combined": combined,
    "country corrected later": corrected,
    "lines that come later": filled,
    "never to be pushed": hopeless,
    "pushed and deleted": deleted,
    "completed without a label": completed,
    "pushed and marked by hand": by_hand,
    "pushed, voided, shipped again": voided,
    "refused in a batch": refused,
    "everybody at once": storm,
}


def pushed_stories(site: str) -> dict[str, Plot]:
    """All of them once, on the connection that pushes."""
    return {name: Plot(story, (site,)) for name, story in _STORIES.items()}
