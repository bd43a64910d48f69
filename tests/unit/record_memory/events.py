"""What ShipStation, persons in IFS and operators do."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.record_memory.model import Field, Item, Order, Row, put
from tests.unit.record_memory.small_worlds import NOTHING, Event
from tests.unit.record_memory.world import Message, World, queue


def happen(world: World, event: Event) -> World | None:
    """The world after the event; None if it cannot happen now."""
    return EVENTS[event.kind](world._replace(left=world.left - {event}), event)


def shipped(world: World, event: Event) -> World:
    parcels = put(world.parcels, event.target, world.parcels[event.target]._replace(live=True))
    world = world._replace(parcels=parcels, asleep=world.asleep - {event.target})
    return queue(world, event.target, Message())


def voided(world: World, event: Event) -> World | None:
    if event.target in world.asleep:
        return None
    parcels = put(world.parcels, event.target, world.parcels[event.target]._replace(live=False))
    return queue(world._replace(parcels=parcels), event.target, Message())


def looked_at(world: World, event: Event) -> World:
    return queue(world, event.target, Message())


def moved(world: World, event: Event) -> World:
    """Noticed at the order's next look (rule 15), so one comes."""
    return queue(world._replace(lines=put(world.lines, event.target, 1)), event.target, Message())


def planned(world: World, _: Event) -> World:
    """One proposal for all orders: each of them is queued with the whole of it (rule 24)."""
    parcels = tuple(p._replace(live=True) if n in world.asleep else p for n, p in enumerate(world.parcels))
    world = world._replace(parcels=parcels, asleep=frozenset())
    parts = tuple(zip(world.lines, parcels, strict=True))
    seen = tuple(item.revision for item in world.items)
    for order, record in enumerate(world.lines):
        world = queue(world, order, Message(frozenset({record}), parts, seen))
    return world


def hidden(world: World, event: Event) -> World:
    return world._replace(hidden=world.hidden | {event.target})


def restored(world: World, _: Event) -> World | None:
    """The ledger is set back, at rest, to before everything; the audit stands; every order is read again.

    That a person's value equals one of ours, or was extended, was in the memory alone: it counts as ours from now on.
    """
    if world.looks or world.flight or any(item.intent for item in world.items):
        return None
    ours = world.took | world.uncertain
    persons = tuple(
        tuple(
            NOTHING if {(record, typed), (record, stands)} & ours else typed
            for typed, stands in zip(values, world.rows[record].values, strict=True)
        )
        for record, values in enumerate(world.persons)
    )
    item = Item((Field(),) * len(world.rows[0].values), (None,) * len(world.orders))
    world = world._replace(
        items=(item,) * len(world.items),
        orders=(Order(),) * len(world.orders),
        excused=world.excused + (persons != world.persons),
        persons=persons,
    )
    for order in set(range(len(world.orders))) - world.asleep:
        world = queue(world, order, Message())
    return world


def edited(world: World, event: Event) -> World | None:
    """A person types into the first attribute.

    Our very value, typed while its fate is open, or over another and back between two looks, counts as ours (rule 5).
    """
    row, record = world.rows[event.target], event.target
    if row.values[0] == event.value or (event.same_second and not row.tag):
        return None
    unread = any(look.write and look.write.values[0] == event.value for look in world.looks if look.step == "BACK")
    known = row.values[0] in (NOTHING, world.items[record].fields[0].others)
    there_and_back = (record, event.value) in world.took and not known and (record, row.values[0]) not in world.took
    excused = unread or there_and_back or (record, event.value) in world.uncertain
    persons = NOTHING if excused else event.value
    return world._replace(
        rows=put(world.rows, record, Row(put(row.values, 0, event.value), row.tag + (not event.same_second))),
        persons=put(world.persons, record, put(world.persons[record], 0, persons)),
        unseen=world.unseen | {record},
        excused=world.excused + excused,
    )


EVENTS: dict[str, Callable[[World, Event], World | None]] = {
    "ship": shipped,
    "void": voided,
    "look": looked_at,
    "move": moved,
    "plan": planned,
    "hide": hidden,
    "restore": restored,
    "edit": edited,
}
