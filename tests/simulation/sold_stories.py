"""The other direction where customer orders are packed: lines move, wait, are blocked and cancelled, become ready in
waves or stay behind, while the warehouse edits, ships and takes back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.equipment.ifs.store import Key
from tests.equipment.push_books import OPEN
from tests.equipment.push_people import People
from tests.equipment.shipstation.rows import Label, Order
from tests.equipment.world import CANARY, Site
from tests.simulation import judge_sales
from tests.simulation import ledger_format as ledger
from tests.simulation.connection_files import PUSH_SITE, SECOND_PUSH_SITE, SOLD
from tests.simulation.expectations import ANY_REASON, Fields, Plot, Sold, Story
from tests.simulation.steps import Step, Stepwise
from tests.simulation.week import CARRIERS, FORWARDERS, Week

IN_WAREHOUSE, IMMUTABLE, ELSEWHERE = "changed_in_warehouse", "order_immutable", "line_elsewhere"
TWO_LOOKS = timedelta(minutes=100)  # longer than from one look to the second after it
HOURS = timedelta(hours=3)
STORM = 12  # acts of a day


class Sale(Stepwise):
    """One customer order of a story."""

    def __init__(self, week: Week, site: Site, at: datetime, kind: str, **lines: int) -> None:
        self.week, self.site, self.at, self.lines = week, site, at, lines or {"1": 2, "2": 3}
        self.number, self.books = week.number(), week.books[site.connection.name]
        self.customer = f"C{self.number}"
        self.people = People(week.random, site.tenant, self.books, is_shipping=False, open_of=lambda _: self.open())
        self.sold = Sold(site, kind, self.number)
        week.sold.append(self.sold)
        self.fields = Fields(site, kind, self._read, _numbers)
        week.fields.append(self.fields)
        week.at(at, self._enter)

    def _enter(self) -> None:
        street, tenant = f"{self.week.random.randrange(1, 999)} {CANARY} Street", self.site.tenant
        tenant.add_customer_address(self.customer, Name=f"{CANARY} Larsson", Address1=street)
        tenant.add_order(self.number, CustomerNo=self.customer, Contract=PUSH_SITE, OrderId=SOLD)
        for line, quantity in self.lines.items():
            self.add_line(line, quantity)

    def add_line(self, line: str, quantity: int) -> None:
        self.site.tenant.add_order_line(self.number, line, part=f"PART{line}", quantity=quantity, Contract=PUSH_SITE)

    def _read(self) -> dict[str, Any]:
        order = self.site.tenant.order(self.number)
        return {name: order[name] for name in ("Cf_Tracking_No", "Cf_Carrier")}

    # --- what is there

    def line(self, line: str) -> Key:
        return (self.number, line, "1", 0)

    def all(self) -> list[Order]:
        found = (order for order in self.site.account.orders.current.values() if not order.is_gone)
        return [order for order in found if order.order_number == self.number and self.books.source(order)]

    def open(self) -> list[Order]:
        return [order for order in self.all() if order.status in OPEN]

    def is_ordered(self) -> bool:
        return bool(self.open())

    def is_as_sold(self) -> bool:
        """The warehouse has all of what IFS says by now."""
        return self.is_ordered() and not any(judge_sales.unlike(self.sold, self.books))

    def is_over(self) -> bool:
        return not self.is_ordered()

    def has(self, orders: int) -> Callable[[], bool]:
        """That many are open."""
        return lambda: len(self.open()) == orders

    def is_told(self, reason: str) -> Callable[[], bool]:
        def told() -> bool:
            parts = ledger.sold(self.week.world, self.site).get(self.number, ())
            return any(part.get(ledger.ATTENTION) == reason for part in parts)

        return told

    def is_back(self) -> bool:
        stands = str(self._read()["Cf_Tracking_No"] or "")
        labels = (self.site.account.shipments.current[label] for label in self.fields.labels)
        return all((label.tracking_number or "-") in stands for label in labels)

    # --- what people do

    def ship(self) -> None:
        """Every order that is open."""
        for order in self.open():
            carrier, service = self.week.random.choice(CARRIERS)
            self.books.ended_by_hand.add(order.order_id)
            label = self.site.account.ship(order.order_id, carrier_code=carrier, service_code=service)
            self.fields.labels.append(label)

    def shipping_what_is_sold(self) -> Step:
        """Two looks later, or once an outage is over."""
        return Step(self.ship, when=self.is_as_sold, after=TWO_LOOKS)

    def deliver(self, **lines: int) -> Callable[[], None]:
        """So many of these lines, by IFS's books; without any, all that was sold."""

        def act() -> None:
            tenant = self.site.tenant
            for line, quantity in (lines or self._sold()).items():
                wanted = tenant.record("CustomerOrderLineSet", self.line(line)).values["BuyQtyDue"]
                own = "Delivered" if quantity >= wanted else "PartiallyDelivered"
                tenant.edit_line(self.line(line), DeliveredQtySalesUom=quantity, Objstate=own)
            tenant.edit_order(self.number, Objstate="PartiallyDelivered" if lines else "Delivered")

        return act

    def _sold(self) -> dict[str, int]:
        rows = [record.values for record in self.site.tenant.sets["CustomerOrderLineSet"].values()]
        mine = [row for row in rows if row["OrderNo"] == self.number and row["Objstate"] != "Cancelled"]
        return {row["LineNo"]: row["BuyQtyDue"] for row in mine}

    def edit(self, line: str, **changes: Any) -> Callable[[], None]:
        return lambda: self.site.tenant.edit_line(self.line(line), **changes)

    def set_state(self, state: str) -> Callable[[], None]:
        return lambda: self.site.tenant.edit_order(self.number, Objstate=state)

    def move(self) -> None:
        """The customer, as IFS knows."""
        street = f"{next(self.people.numbers)} {CANARY} Street"
        self.site.tenant.edit_customer_address(self.customer, "1", Address1=street)

    def send_elsewhere(self, line: str) -> Callable[[], None]:
        def act() -> None:
            tenant, street = self.site.tenant, f"{next(self.people.numbers)} {CANARY} Wharf"
            tenant.add_own_address(self.line(line), Addr1=f"{CANARY} Larsson", Address1=street)
            tenant.edit_line(self.line(line), DefaultAddrFlag=False, AddrFlag=True)

        return act

    def pack_fewer(self) -> None:
        """One piece of each line, before the label."""
        (order,) = self.open()
        self.books.type(order, {"items": [{**item.body, "quantity": 1} for item in order.items]})


def _numbers(live: Any) -> dict[str, Any]:
    labels: list[Label] = list(live)
    numbers = ", ".join(label.tracking_number or "" for label in labels)
    return {"Cf_Tracking_No": numbers or None, "Cf_Carrier": FORWARDERS[labels[0].carrier_code] if labels else None}


def shipped(week: Week, site: Site, at: datetime) -> None:
    sale = Sale(week, site, at, "sold and shipped")
    sale.do(sale.ship, Step(sale.deliver(), when=sale.is_back))


def changed(week: Week, site: Site, at: datetime) -> None:
    sale = Sale(week, site, at, "sold and changed")
    changes = [sale.move, sale.edit("1", BuyQtyDue=7), sale.edit("2", PlannedShipDate="2027-07-20T12:00:00Z")]
    week.random.shuffle(changes)
    sale.do(*changes, sale.shipping_what_is_sold())


def moved(week: Week, site: Site, at: datetime) -> None:
    """A line leaves from another site, another goes to another address, and one of them comes back."""
    sale = Sale(week, site, at, "lines that move", **{"1": 2, "2": 3, "3": 4})
    sale.do(
        sale.edit("2", Contract=SECOND_PUSH_SITE),
        Step(sale.send_elsewhere("3"), when=sale.has(2)),
        Step(sale.edit("2", Contract=PUSH_SITE), when=sale.has(3)),
        sale.shipping_what_is_sold(),
    )


def blocked(week: Week, site: Site, at: datetime) -> None:
    """Held while IFS blocks it; a line that is blocked alone is left out."""
    sale = Sale(week, site, at, "blocked and released")
    is_held: Callable[[], bool] = lambda: all(order.status == "on_hold" for order in sale.open())  # noqa: E731
    sale.do(
        sale.edit("2", Objstate="Blocked"),
        Step(sale.set_state("Blocked"), after=TWO_LOOKS),
        Step(sale.set_state("Released"), when=is_held, after=HOURS),
        Step(sale.edit("2", Objstate="Released"), after=TWO_LOOKS),
        sale.shipping_what_is_sold(),
    )


def cancelled(week: Week, site: Site, at: datetime) -> None:
    """A line, then all of it; opened again it is another order."""
    sale = Sale(week, site, at, "sold and cancelled")
    open_again: list[Step | Callable[[], Any]] = []
    if week.random.random() < 0.5:
        open_again = [Step(sale.set_state("Released"), when=sale.is_over), sale.ship]
    sale.do(sale.edit("2", Objstate="Cancelled"), Step(sale.set_state("Cancelled"), after=TWO_LOOKS), *open_again)


def cancelled_too_late(week: Week, site: Site, at: datetime) -> None:
    sale = Sale(week, site, at, "sold, cancelled after its label")
    sale.sold.told = (IMMUTABLE,)
    sale.do(sale.ship, Step(sale.set_state("Cancelled"), when=sale.is_back))
    sale.fields.unless = ANY_REASON


def second_wave(week: Week, site: Site, at: datetime) -> None:
    """A line is released once the others have left, and another while the second order waits."""
    sale = Sale(week, site, at, "goods of a second wave")
    sale.do(
        sale.ship,
        Step(lambda: sale.add_line("3", 4), when=sale.is_over),
        lambda: sale.add_line("4", 5),
        sale.shipping_what_is_sold(),
        Step(sale.deliver(), when=sale.is_back),
    )


def back_order(week: Week, site: Site, at: datetime) -> None:
    """Fewer pieces leave than were sold; once IFS has delivered these, the others are another order."""
    sale = Sale(week, site, at, "back order", **{"1": 6})
    sale.do(
        sale.pack_fewer,
        sale.ship,
        Step(sale.deliver(**{"1": 1}), when=sale.is_over),
        Step(sale.ship),
        Step(sale.deliver(), when=sale.is_back),
    )


def sold_more(week: Week, site: Site, at: datetime) -> None:
    """More of a line after it left, and less of it again."""
    sale = Sale(week, site, at, "more after the label", **{"1": 2})
    sale.do(
        sale.ship,
        Step(sale.edit("1", BuyQtyDue=9), when=sale.is_over),
        sale.edit("1", BuyQtyDue=5),
        sale.shipping_what_is_sold(),
    )


def taken_back(week: Week, site: Site, at: datetime) -> None:
    """The first label is voided after the second order was made; what is sold then waits for another label."""
    sale = Sale(week, site, at, "label voided after the second wave", **{"1": 2})
    sale.do(
        sale.ship,
        Step(lambda: sale.add_line("2", 3), when=sale.is_over),
        lambda: site.account.void(sale.fields.labels[0]),
        Step(sale.edit("2", BuyQtyDue=8), when=sale.has(2)),
        Step(sale.ship, when=sale.is_told(IMMUTABLE)),
        Step(sale.ship, after=timedelta(hours=7)),  # what had to wait
    )
    sale.sold.may_tell = (ANY_REASON,)


def counted_otherwise(week: Week, site: Site, at: datetime) -> None:
    """IFS delivers fewer pieces than left: nobody can tell what the others are."""
    sale = Sale(week, site, at, "delivered otherwise than it left", **{"1": 6})
    sale.sold.told = (IMMUTABLE,)
    sale.do(sale.ship, Step(sale.deliver(**{"1": 4}), when=sale.is_over))


def moved_too_late(week: Week, site: Site, at: datetime) -> None:
    """A line that has left is sent from another site: it is not packed again."""
    sale = Sale(week, site, at, "moved after it left")
    sale.sold.told = (ELSEWHERE,)
    sale.do(sale.ship, Step(sale.edit("2", Contract=SECOND_PUSH_SITE), when=sale.is_over))


def edited(week: Week, site: Site, at: datetime) -> None:
    """The warehouse writes what IFS does not know, and corrects the address; IFS changes something else."""
    sale = Sale(week, site, at, "sold and edited")

    def edit() -> None:
        for act in (sale.people.note, sale.people.weigh, sale.people.readdress):
            act(sale.open()[0])

    sale.do(edit, sale.edit("1", BuyQtyDue=6), sale.shipping_what_is_sold())


def disputed(week: Week, site: Site, at: datetime) -> None:
    """Both change the address: the warehouse's stays, and a person is told."""
    sale = Sale(week, site, at, "sold and disputed")
    sale.sold.told = (IN_WAREHOUSE,)
    readdress = Step(lambda: sale.people.readdress(sale.open()[0]), after=TWO_LOOKS)
    sale.do(readdress, Step(sale.move, after=TWO_LOOKS))


def storm(week: Week, site: Site, at: datetime) -> None:
    """Everybody at once, for a day."""
    sale = Sale(week, site, min(at, week.end - timedelta(hours=12)), "everybody at once, in an order")
    sale.sold.may_tell = (ANY_REASON,)
    colleagues = [
        sale.move,
        sale.edit("1", BuyQtyDue=week.random.randint(2, 9)),
        sale.edit("2", Objstate="Cancelled"),
        sale.edit("2", Objstate="Released"),
        sale.edit("1", Contract=SECOND_PUSH_SITE),
        sale.edit("1", Contract=PUSH_SITE),
        sale.set_state("Blocked"),
        sale.set_state("Released"),
        sale.ship,
        *((lambda act=act: act(sale.number)) for act in sale.people.warehouse()),
    ]
    for _ in range(STORM):
        week.at(sale.at + week.later(15, 24 * 60), week.random.choice(colleagues))


_STORIES: dict[str, Story] = {
    "sold and shipped": shipped,
    "sold and changed": changed,
    "lines that move": moved,
    "blocked and released": blocked,
    "sold and cancelled": cancelled,
    "sold, cancelled after its label": cancelled_too_late,
    "goods of a second wave": second_wave,
    "back order": back_order,
    "more after the label": sold_more,
    "label voided after the second wave": taken_back,
    "delivered otherwise than it left": counted_otherwise,
    "moved after it left": moved_too_late,
    "sold and edited": edited,
    "sold and disputed": disputed,
    "everybody at once, in an order": storm,
}


def sold_stories(site: str) -> dict[str, Plot]:
    """All of them once, on the connection that pushes customer orders."""
    return {name: Plot(story, (site,)) for name, story in _STORIES.items()}
