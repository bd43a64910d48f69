"""Reference data that both systems keep: requests of a look that finds nothing to do."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.row import Row
from tests.equipment.align_desk import AlignDesk, CustomersDesk, StockDesk
from tests.equipment.quiet_connection import SEED

WAREHOUSES, CUSTOMERS, PARTS = 100, 1000, 1000


def align_requests() -> Iterable[Row]:
    """Of ShipStation, and of IFS beside them."""
    desk = AlignDesk()
    for number in range(WAREHOUSES):
        desk.add_site(f"S{number:03}", f"Site {number}")
    while len(desk.warehouses()) < WAREHOUSES:
        desk.look()
    desk.look()
    ours, theirs = len(desk.account.requests), len(desk.tenant.requests)
    desk.look()
    what = f"for {WAREHOUSES} unchanged warehouses"
    yield Row("align_requests", len(desk.account.requests) - ours, f"of ShipStation, {what}", 1, 1, SEED)
    yield Row("align_requests_ifs", len(desk.tenant.requests) - theirs, f"of IFS, {what}", 6, 2, SEED)
    yield from _customers()
    yield from _parts()


def _customers() -> Iterable[Row]:
    desk = CustomersDesk()
    for number in range(CUSTOMERS):
        desk.account.add_customer(f"Customer {number}", username=f"C{number}")
        desk.tenant.add_customer(f"C{number}", f"Customer {number}")
    desk.look(minutes=60)
    desk.account.edit_customer(501)
    desk.look()
    ours, theirs = len(desk.account.requests), len(desk.tenant.requests)
    desk.look()
    what = f"for {CUSTOMERS} unchanged customers"
    yield Row("align_requests", len(desk.account.requests) - ours, f"of ShipStation, {what}", 1, 1, SEED)
    yield Row("align_requests_ifs", len(desk.tenant.requests) - theirs, f"of IFS, {what}", 0, 0, SEED)


def _parts() -> Iterable[Row]:
    desk = StockDesk()
    for number in range(PARTS):
        desk.tenant.hold("CHI", f"P{number:04}", number + 1)
    while len(desk.held()) < PARTS:
        desk.look()
    desk.look()
    ours, theirs = len(desk.account.requests), len(desk.tenant.requests)
    desk.look()
    what = f"for {PARTS} unchanged parts"
    yield Row("align_requests", len(desk.account.requests) - ours, f"of ShipStation, {what}", 10, 10, SEED)
    yield Row("align_requests_ifs", len(desk.tenant.requests) - theirs, f"of IFS, {what}", 5, 2, SEED)
