"""What the ledger's writes cost: a new order, one more parcel, and one more on a record that holds many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from functions.connections.targets import ShipmentHeader
from tests.benchmarks.row import Row
from tests.equipment.quiet_connection import SEED, START, quiet_world, run, schedule
from tests.equipment.world import Site, World

ORDERS = 100
SHARING, EACH = 50, 10  # orders on one record, and parcels of each
COUNTED = ("order", "record", "audit")
KILOBYTES = 0.2  # of one parcel in the record's item, which a write stores whole and twice
EARLIER = date(2026, 5, 30)  # than the delivery


def write_units() -> Iterable[Row]:
    """DynamoDB units stored for a shipment whose ship date is right already: intent on the record, audit, result on the
    record, order. The first parcel of an order costs one unit more: the order names the record before the record's
    first intent, so that an order whose run dies there is led back to it.
    """
    world, site = quiet_world()
    orders = [_sold(site, f"P{number:05}", parcels=2) for number in range(ORDERS)]
    yield from _told(_spent(world, lambda: _ship(site, orders)), ORDERS, "the first parcel of an order", 4)
    yield from _told(_spent(world, lambda: _ship(site, orders)), ORDERS, "a later parcel on its record", 4)
    more = _one_more_of_many()
    yield from _told(more, 1, f"one more parcel on a record of {SHARING * EACH}", 2 * SHARING * EACH * KILOBYTES)


def _one_more_of_many() -> tuple[int, int]:
    """Of several orders, because one with that many would be parked as too large. The new parcel changes the date, as
    one did before it, so that no neighbour's outcome is another one.
    """
    world, site = quiet_world()
    joining = site.connection.ifs.model_copy(update={"targets": (ShipmentHeader(shared="join"),)})
    site.connection = site.connection.model_copy(update={"ifs": joining})
    references = [f"P{number:05}" for number in range(SHARING)]
    site.tenant.deliver(site.tenant.add_shipment([(reference, "BOLT", EACH + 1) for reference in references]))
    goods = [{"sku": "BOLT", "quantity": EACH + 1}]
    orders = [site.account.add_order(reference, items=goods) for reference in references]
    _spent(world, lambda: _ship(site, orders * EACH))
    _spent(world, lambda: _ship(site, orders[:1], day=EARLIER))
    return _spent(world, lambda: _ship(site, orders[1:2], day=EARLIER - timedelta(days=1)))


def _told(spent: tuple[int, int], count: int, what: str, goal: float) -> Iterable[Row]:
    units, index_units = (each / count for each in spent)
    yield Row("write_units", round(units, 2), f"units, {what} ({index_units:g} more in the index)", goal, 4, SEED)


def _sold(site: Site, reference: str, *, parcels: int) -> int:
    """An order that IFS delivered the same day."""
    site.tenant.deliver(site.tenant.add_shipment([(reference, "BOLT", parcels)]))
    return site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": parcels}])


def _ship(site: Site, orders: Iterable[int], day: date | None = None) -> None:
    """One parcel of each; its day is the delivery's where nothing else is said."""
    for order in orders:
        site.account.ship(order, quantities={"BOLT": 1}, ship_date=day or START.date(), is_silent=True)


def _spent(world: World, ship: Callable[[], None]) -> tuple[int, int]:
    """Units of what the body causes, and those of the index."""
    before = _units(world)
    ship()
    until = world.now() + timedelta(hours=1)
    schedule(world, until, "poll", "release")
    run(world, until + timedelta(minutes=30))
    after = _units(world)
    return after[0] - before[0], after[1] - before[1]


def _units(world: World) -> tuple[int, int]:
    tables = world.tables.values()
    stored, index = ([table.write_units for table in tables], [table.index_units for table in tables])
    return tuple(sum(kinds.get(name, 0) for kinds in each for name in COUNTED) for each in (stored, index))  # type: ignore[return-value]
