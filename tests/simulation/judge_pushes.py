"""Judges the other direction by both vendors' books: every open order says what its IFS shipment says but for what the
warehouse edited, no edit is lost, no order comes twice, what cannot follow is told, and nothing is told without need.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.equipment import push_books
from tests.equipment.push_books import Books, unsettled
from tests.equipment.world import Site, World
from tests.simulation import ledger_format as ledger
from tests.simulation.expectations import ANY_REASON, Pushed
from tests.simulation.week import Week

IMMUTABLE = "order_immutable"


def of_site(world: World, week: Week, site: Site) -> Iterator[str]:
    books = week.books.get(site.connection.name)
    if books is None or books.ordered is not None:
        return
    memory = ledger.pushed(world, site)
    name = site.connection.name
    yield from (f"{name}: {fault}" for fault in books.faults)
    for pushed in week.pushed:
        if pushed.site is site and site.tenant.has_shipment(pushed.shipment_id):
            of = f"{name}/{pushed.shipment_id} ({pushed.expectation.kind})"
            known = memory.get(pushed.shipment_id, {})
            yield from (f"{of}: {fault}" for fault in _of(pushed, books, known))
    yield from of_writes(world, site, books)
    pending = {f"ifs:{name}:s{shipment}" for shipment, item in memory.items() if item.get(ledger.TRYING)}
    entries = ((ledger.record_of(each), each[ledger.OUTCOME]) for each in ledger.order_entries(world, site))
    yield from (f"{name}: {fault}" for fault in books.unaudited(entries, pending))


def of_writes(world: World, site: Site, books: Books) -> Iterator[str]:
    yield from _hasty(site, books)
    yield from _pointless(world, site, books)


def _of(pushed: Pushed, books: Books, known: ledger.Item) -> Iterator[str]:
    attention = known.get(ledger.ATTENTION)
    order_id = int(known[ledger.ORDER_ID]) if ledger.ORDER_ID in known else None
    fault = unsettled(pushed.shipment_id, pushed.site.tenant, books, order_id, is_told=attention is not None)
    if fault:
        yield fault
    is_outdated = push_books.is_outdated(pushed.shipment_id, pushed.site.tenant, books)
    told = pushed.told or ((IMMUTABLE,) if is_outdated else ())
    allowed = {*told, *pushed.may_tell}
    if told and attention not in allowed and ANY_REASON not in allowed:
        yield f"nobody is told: {attention or 'nothing'} instead of {' or '.join(told)}"
    if attention is not None and attention not in allowed and ANY_REASON not in allowed:
        yield f"a person is called for {attention} without need"


def _hasty(site: Site, books: Books) -> Iterator[str]:
    for push in books.pushes:
        if site.shadow_until is not None and push.at < site.shadow_until:
            yield f"{site.connection.name}: order {push.order_id} was written in shadow mode"


def _pointless(world: World, site: Site, books: Books) -> Iterator[str]:
    """What stands there is not written again, unless an answer was lost."""
    repeated = [push for push in books.pushes if not push.is_effective]
    if len(repeated) > len(world.unheard):
        yield f"{site.connection.name}: {len(repeated)} writes of orders changed nothing"
