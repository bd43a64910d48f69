"""One order's look, step by step. A consumer may die after every step; its message then comes back.

START ▶ LOAD ▶ ANNOUNCE ▶ per record ( INTENT ▶ PATCH ▶ BACK ▶ AUDIT ▶ RESULT  or  PUT ) ▶ TELL ▶ SAVE
  ▲        │ reading too old      │ put refused: somebody else was here
  └────────┴──────────────────────┘
"""

from __future__ import annotations

from tests.unit.record_memory.model import (
    Field,
    Item,
    Parcel,
    Planned,
    Said,
    Sight,
    Write,
    judge,
    parked_as_shared,
    proofs,
    put,
    wanted,
)
from tests.unit.record_memory.small_worlds import NOTHING, Break, Config
from tests.unit.record_memory.world import Look, World, queue


def place_of(config: Config, look: Look, record: int) -> int:
    """Where the record's item stands."""
    return record + look.order * config.records if Break.MEMORY_PER_ORDER in config.breaks else record


def at_work(world: World, slot: int, look: Look) -> World:
    return world._replace(looks=put(world.looks, slot, look))


def gone(world: World, slot: int) -> World:
    return world._replace(looks=world.looks[:slot] + world.looks[slot + 1 :])


def given_up(world: World, slot: int) -> World:
    """The consumer dies or gives up: its message comes back."""
    look = world.looks[slot]
    world = gone(world, slot)
    return world if look.acknowledged else queue(world, look.order, look.message)


def start(world: World, order: int) -> World:
    """Takes the order's message and loads the order."""
    message = world.messages[order]
    assert message is not None
    look = Look(order, "READ", message, world.orders[order], world.parcels[order])
    world = world._replace(messages=put(world.messages, order, None), looks=(*world.looks, look))
    return read(world, len(world.looks) - 1)


def read(world: World, slot: int) -> World:
    """Reads the order's records from IFS."""
    look = world.looks[slot]
    rows = tuple(None if record in world.hidden else row for record, row in enumerate(world.rows))
    fresh = Look(look.order, "LOAD", look.message, look.mine, look.parcel, tell=look.tell)
    fresh = fresh._replace(rows=rows, line=world.lines[look.order], asked=world.now)
    return at_work(world._replace(unseen=world.unseen - (touched(fresh) - world.hidden)), slot, fresh)


def load(config: Config, world: World, slot: int) -> World:
    """Loads the records' items; a reading that is older than what they tell is taken anew (rule 6)."""
    look = world.looks[slot]
    near = touched(look)
    items = tuple(world.items[place_of(config, look, record)] for record in range(config.records))
    if any(too_old(config, look, items[record]) for record in near):
        return read(world, slot)
    tell = frozenset((order, record) for record in near for order in items[record].tell - {look.order})
    look = look._replace(items=items, audit=world.audit, todo=tuple(sorted(near)), tell=look.tell | tell)
    if look.line not in look.mine.records and look.parcel.live and Break.NOT_ANNOUNCED not in config.breaks:
        return at_work(world, slot, look._replace(step="ANNOUNCE"))
    return at_work(world, slot, turn(config, look))


def touched(look: Look) -> frozenset[int]:
    """The records of this look: where the order is, where it was, and what the message names (rule 10)."""
    return look.mine.records | look.message.records | {look.line}


def too_old(config: Config, look: Look, item: Item) -> bool:
    lapsed = item.intent.lapsed if item.intent else None
    if lapsed is not None and look.asked < lapsed and Break.READING_BEFORE_LEASE_END not in config.breaks:
        return True
    return look.asked < item.settled and Break.OLD_READING not in config.breaks


def announce(config: Config, world: World, slot: int) -> World:
    """The order remembers a record before the record hears of the order."""
    look = world.looks[slot]
    if world.orders[look.order].revision != look.mine.revision:
        return given_up(world, slot)
    mine = look.mine._replace(records=look.mine.records | {look.line}, revision=look.mine.revision + 1)
    world = world._replace(orders=put(world.orders, look.order, mine))
    return at_work(world, slot, turn(config, look._replace(mine=mine)))


def turn(config: Config, look: Look) -> Look:
    """Decides the next record, and with it the next step."""
    while look.todo:
        record, row = look.todo[0], look.rows[look.todo[0]]
        item = look.items[record]
        held = item.intent is not None and item.intent.lapsed is None and Break.LEASE_IGNORED not in config.breaks
        if row is None or held:
            pass  # not seen: keeps its shipments (rule 12); or somebody is at work (rule 3)
        elif item.intent and Break.LEASE_IGNORED not in config.breaks:
            return look._replace(step="AUDIT", write=item.intent, draft=item, answer="found")
        else:
            draft, values = decide(config, look, record)
            if any(value is not None for value in values):
                step = "PATCH" if Break.INTENT_NOT_FIRST in config.breaks else "INTENT"
                write = Write(record, values, row.values, row.tag, -1 - look.asked)
                return look._replace(step=step, draft=draft, write=write)
            if draft != item:
                return look._replace(step="PUT", draft=draft)
        look = look._replace(todo=look.todo[1:])
    heard = Break.NEIGHBOURS_NOT_QUEUED in config.breaks
    return look._replace(step="TELL" if look.tell and not heard else "SAVE", draft=None, write=None, answer="", said=())


def decide(config: Config, look: Look, record: int) -> tuple[Item, Planned]:
    """What the record should say from everything that is placed on it, and what of that is written."""
    item, row = look.items[record], look.rows[record]
    assert row is not None
    item = item._replace(parcels=contributions(config, look, record), tell=item.tell - {look.order})
    if parked_as_shared(config, item):  # nothing will be tried, so nothing is left open
        fields = tuple(f._replace(said=Said.NOTHING) if f.said is Said.UNKNOWN else f for f in item.fields)
        fields = item.fields if Break.UNKNOWN_WHILE_SHARED in config.breaks else fields
        return item._replace(fields=fields), (None,) * config.attributes
    ours = frozenset(parcel.number for parcel in item.parcels if parcel)
    judged = [
        judge(
            config,
            field,
            Sight(
                row.values[attribute],
                wanted(item.parcels, attribute),
                explained=ours if attribute == 0 else NOTHING,
                proof=proofs(config, look.audit, record, attribute),
            ),
        )
        for attribute, field in enumerate(without_refusal(config, item))
    ]
    return item._replace(fields=tuple(field for _, field in judged)), tuple(value for value, _ in judged)


def without_refusal(config: Config, item: Item) -> tuple[Field, ...]:
    """IFS refused all values of a PATCH together: once one of them changes, each is tried again."""
    fields = item.fields
    same = all(f.said is not Said.REFUSED or f.tried == wanted(item.parcels, a) for a, f in enumerate(fields))
    if same or Break.REFUSED_FOR_EVER in config.breaks:
        return fields
    return tuple(field._replace(said=Said.NOTHING) if field.said is Said.REFUSED else field for field in fields)


def contributions(config: Config, look: Look, record: int) -> tuple[Parcel | None, ...]:
    """The order's own placing (rule 10); the plan's for others as long as the record is the one it saw (rule 24)."""
    parcels = list(look.items[record].parcels)
    for order, (place, parcel) in enumerate(look.message.plan):
        as_seen = look.items[record].revision == look.message.seen[record] or Break.PLAN_OVERRULES in config.breaks
        if place == record and as_seen and (parcel.live or parcels[order] is not None):
            parcels[order] = parcel
    known = parcels[look.order] is not None
    if look.line == record:
        parcels[look.order] = look.parcel if look.parcel.live or known else None
    elif Break.CONTRIBUTION_STAYS not in config.breaks:
        parcels[look.order] = None
    return tuple(parcels)
