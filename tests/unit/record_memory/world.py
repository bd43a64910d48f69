"""The state of everything, what the outside may do to it, and what every run has to hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.unit.record_memory.model import (
    Entry,
    Field,
    Item,
    Order,
    Parcel,
    Row,
    Said,
    Status,
    Values,
    Write,
    put,
    says,
    wanted,
)
from tests.unit.record_memory.small_worlds import NOTHING, Break, Config, Event, Value


class Message(NamedTuple):
    """A look that is asked for; it names the records that it is about, and carries the plan that it applies."""

    records: frozenset[int] = frozenset()
    plan: tuple[tuple[int, Parcel], ...] = ()  # per order: the record, and what it contributes there
    seen: tuple[int, ...] = ()  # the revision of each record's item that the plan was made from


class Look(NamedTuple):
    """One consumer at work on one order: what it has loaded, and the step that comes next."""

    order: int
    step: str
    message: Message
    mine: Order
    parcel: Parcel
    rows: tuple[Row | None, ...] = ()
    line: int = 0
    asked: int = 0  # the instant at which the reading was asked for
    items: tuple[Item, ...] = ()
    audit: tuple[Entry, ...] = ()
    todo: tuple[int, ...] = ()
    draft: Item | None = None
    write: Write | None = None
    answer: str = ""
    said: tuple[Said, ...] = ()
    tell: frozenset[tuple[int, int]] = frozenset()  # order, record
    acknowledged: bool = False


class World(NamedTuple):
    """IFS, ShipStation, the ledger, the queue and the consumers; what is left to happen, and what the judge saw."""

    rows: tuple[Row, ...]
    lines: tuple[int, ...]
    parcels: tuple[Parcel, ...]
    items: tuple[Item, ...]  # per record (if broken so: per record and order)
    orders: tuple[Order, ...]
    messages: tuple[Message | None, ...]
    left: frozenset[Event]
    crashes: int
    lost: int
    twice: int
    persons: tuple[Values, ...]  # what persons put there and nobody took away
    asleep: frozenset[int]  # orders whose shipment nobody has told of yet
    hidden: frozenset[int] = frozenset()
    flight: Write | None = None  # sent by somebody who no longer waits for the answer
    audit: tuple[Entry, ...] = ()
    looks: tuple[Look, ...] = ()
    now: int = 0  # counts intents, ends of leases and results
    committed: frozenset[tuple[int, int]] = frozenset()
    uncertain: frozenset[tuple[int, Value]] = frozenset()  # ours, perhaps: nobody ever knew
    took: frozenset[tuple[int, Value]] = frozenset()  # every value that IFS ever took from us
    overruled: frozenset[tuple[tuple[int, int], Value]] = frozenset()  # for what a person's value was last written over
    unseen: frozenset[int] = frozenset()  # changed in IFS alone; nobody has looked since
    excused: int = 0  # what nobody can tell apart (rules 5 and 33)
    fault: str = ""


def first_world(config: Config) -> World:
    orders, quiet = range(len(config.lines)), config.asleep | config.voided
    item = Item((Field(),) * config.attributes, (None,) * len(config.lines))
    values = (config.stands, *(NOTHING for _ in range(config.attributes - 1)))
    return World(
        rows=(Row(values), *(Row((NOTHING,) * config.attributes) for _ in range(config.records - 1))),
        lines=config.lines,
        parcels=tuple(Parcel(f"T{order + 1}", live=order not in quiet) for order in orders),
        items=(item,) * config.records * (len(config.lines) if Break.MEMORY_PER_ORDER in config.breaks else 1),
        orders=(Order(),) * len(config.lines),
        messages=tuple(None if order in quiet else Message() for order in orders),
        left=config.events,
        crashes=config.crashes,
        lost=config.lost,
        twice=config.twice,
        asleep=config.asleep,
        persons=(values, *((NOTHING,) * config.attributes for _ in range(config.records - 1))),
    )


def queue(world: World, order: int, message: Message) -> World:
    """Messages of one order wait in one line; two that nobody took yet are one look."""
    waiting = world.messages[order] or Message()
    carried = message if message.plan else waiting
    both = Message(waiting.records | message.records, carried.plan, carried.seen)
    return world._replace(messages=put(world.messages, order, both))


def commit(config: Config, world: World, write: Write) -> World:
    """IFS takes a PATCH; the judge looks at what it overwrites."""
    row, persons = world.rows[write.record], world.persons[write.record]
    took = tuple(
        old if new is None or new & config.drops else new for old, new in zip(row.values, write.values, strict=True)
    )
    after = world._replace(
        rows=put(world.rows, write.record, Row(took, row.tag + 1)),
        persons=put(world.persons, write.record, tuple(old & new for old, new in zip(persons, took, strict=True))),
        committed=world.committed | {(write.record, write.key)},
        took=world.took | {(write.record, value) for value in write.values if value},
    )
    intent = world.items[write.record].intent
    alone = intent is not None and intent.key == write.key
    if not alone and not config.breaks & {Break.INTENT_NOT_FIRST, Break.MEMORY_PER_ORDER}:
        return after._replace(fault="I7: two consumers write one record at once")
    if write.seen != row.values and row.tag != write.tag:
        return after._replace(fault="I2: unseen edit lost")
    if write.seen != row.values:
        return after._replace(excused=world.excused + 1)  # changed within one second (rule 33)
    return overruling(config, after, write, persons, took)


def overruling(config: Config, world: World, write: Write, persons: Values, took: Values) -> World:
    """Only `always` takes away what a person put there, and not again as long as it wants the same."""
    overruled = dict(world.overruled)
    for attribute, (old, new) in enumerate(zip(persons, took, strict=True)):
        place = (write.record, attribute)
        if old - new and (not config.always or overruled.get(place) == new):
            return world._replace(fault="I3: what a person put there was taken away")
        if old - new:
            overruled[place] = new
        elif overruled.get(place) != new:
            overruled.pop(place, None)
    return world._replace(overruled=frozenset(overruled.items()))


def complaints(config: Config, world: World) -> Iterator[str]:
    """What is wrong once everything has come to rest."""
    entries = [(entry.record, entry.key) for entry in world.audit]
    written = {(e.record, e.key) for e in world.audit for value in e.values if value and Said.WRITTEN in e.said}
    if any(entries.count(key) != 1 for key in world.committed):
        yield "I5: a write without its one audit entry"
    if written - world.committed and not world.excused:
        yield "I5: the audit claims what we did not write"
    if any(item.intent for item in world.items):
        yield "I4: an intent stays open"
    for number, order in enumerate(world.orders):
        item = world.items[world.lines[number]]
        if Break.MEMORY_PER_ORDER not in config.breaks and order.says != says(config, item, number):
            yield f"I4: order {number} says {order.says}, its record says {says(config, item, number)}"
        if order.status in (Status.RETRY, Status.WAITING):
            yield f"I4: order {number} waits and nothing is due"
    for record in set(range(config.records)) - world.unseen:
        yield from misplaced(config, world, record)


def misplaced(config: Config, world: World, record: int) -> Iterator[str]:
    """I1: a record says what its live shipments say, except where a person spoke."""
    here = tuple(p if line == record else None for p, line in zip(world.parcels, world.lines, strict=True))
    if world.excused or (config.shared == "park" and sum(1 for p in here if p and p.live) > 1):
        return
    if any(wanted(here, attribute) & (config.refuses | config.drops) for attribute in range(config.attributes)):
        return  # a refusal concerns the whole PATCH
    for attribute, (value, persons) in enumerate(zip(world.rows[record].values, world.persons[record], strict=True)):
        want = wanted(here, attribute)
        fits = persons <= value <= persons | want if persons else value == want
        tried = want <= value or (record, want) in world.took or edited_later(config)
        if config.always and config.stands and persons and not tried:
            yield "I1: `always` did not write over what stood there"
        if not fits:
            yield f"I1: record {record} says {sorted(value)} and should say {sorted(want)}"


def edited_later(config: Config) -> bool:
    return any(event.kind == "edit" for event in config.events)
