"""Goods that move between IFS shipments while their labels are written.

A change made only in IFS is noticed at the order's next look. Each story has one: another label, a void, or the notice
of an order that the record has now.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.equipment.world import Site
from tests.simulation.expectations import Plot
from tests.simulation.week import Week


def moved(week: Week, site: Site, at: datetime) -> None:
    """All lines go to a new shipment: the number leaves the old record and stands, with the next one, on the new."""
    number = week.number()
    old = week.shipment(site, "line moved", [(number, "BOLT", 2)], by=None, ForwardAgentId="DHL")
    moves = at + week.later(30, 400)
    new = week.shipment(site, "line moved", [], by=moves)
    week.at(moves, lambda: site.tenant.move_lines(old.shipment_id, new.shipment_id))
    order = week.order(site, at, number, {"BOLT": 2})
    week.label(site, at, order, new, quantities={"BOLT": 1})
    new.free_at = moves + week.later(20, 300)
    week.label(site, new.free_at, order, new, quantities={"BOLT": 1})
    week.deliver(new, moves + week.later(310, 600))


def swapped(week: Week, site: Site, at: datetime) -> None:
    """The first order's line moves on, and a second order gets the old shipment: each number goes with its goods."""
    first, second = week.number(), week.number()
    old = week.shipment(site, "shipment given to another order", [(first, "BOLT", 1)], by=None)
    moves = at + week.later(60, 400)
    new = week.shipment(site, "shipment given to another order", [], by=moves)

    def move() -> None:
        site.tenant.move_lines(old.shipment_id, new.shipment_id, first)
        site.tenant.add_line(old.shipment_id, second, "BOLT", 1)

    week.at(moves, move)
    week.label(site, at, week.order(site, at, first, {"BOLT": 1}), new)
    new.free_at = later = moves + week.later(20, 200)
    week.label(site, later, week.order(site, later, second, {"BOLT": 1}), old)
    for each in (old, new):
        week.deliver(each, later + week.later(1, 400))


def parted(week: Week, site: Site, at: datetime) -> None:
    """Two orders share a shipment that is written for both; the second's line gets a shipment of its own."""
    first, second = week.number(), week.number()
    shared = week.shipment(site, "line leaves a shared shipment", [(first, "BOLT", 1), (second, "BOLT", 2)], by=None)
    moves = at + week.later(120, 500)
    own = week.shipment(site, "line leaves a shared shipment", [], by=moves)
    week.at(moves, lambda: site.tenant.move_lines(shared.shipment_id, own.shipment_id, second))
    week.label(site, at, week.order(site, at, first, {"BOLT": 1}), shared)
    order = week.order(site, at, second, {"BOLT": 2})
    week.label(site, at + week.later(0, 60), order, own, quantities={"BOLT": 1})
    own.free_at = moves + week.later(20, 200)
    week.label(site, own.free_at, order, own, quantities={"BOLT": 1})
    for each in (shared, own):
        week.deliver(each, moves + week.later(210, 500))


def remade(week: Week, site: Site, at: datetime) -> None:
    """A shipment is deleted and made anew: everything stands on the new one, and nothing waits for the old one."""
    number = week.number()
    old = site.tenant.add_shipment([(number, "BOLT", 2)])
    falls = at + week.later(30, 500)
    new = week.shipment(site, "shipment made anew", [(number, "BOLT", 2)], by=falls + week.later(1, 90))
    week.at(falls, lambda: site.tenant.delete_shipment(old))
    order = week.order(site, at, number, {"BOLT": 2})
    week.label(site, at, order, new, quantities={"BOLT": 1})
    new.free_at = falls + week.later(100, 300)
    week.label(site, new.free_at, order, new, quantities={"BOLT": 1})
    week.deliver(new, falls + week.later(310, 700))


def learned_one_by_one(week: Week, site: Site, at: datetime) -> None:
    """Only the shipment of one parcel exists: the other parcel waits for its own."""
    number = week.number()
    bolts = week.shipment(site, "second shipment appears later", [(number, "BOLT", 1)], by=None)
    nuts = week.shipment(site, "second shipment appears later", [(number, "NUT", 1)], by=at + week.later(60, 300))
    order = week.order(site, at, number, {"BOLT": 1, "NUT": 1})
    week.label(site, at, order, bolts, quantities={"BOLT": 1})
    week.label(site, at + timedelta(seconds=20), order, nuts, quantities={"NUT": 1})
    for each in (bolts, nuts):
        week.deliver(each, at + week.later(310, 600))


MOVED_LINES = {
    "line moved to another shipment": Plot(moved),
    "shipment given to another order": Plot(swapped),
    "line leaves a shared shipment": Plot(parted, ("beta",)),
    "shipment deleted and made anew": Plot(remade),
    "second shipment appears later": Plot(learned_one_by_one),
}
