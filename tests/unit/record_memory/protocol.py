"""Everything that can happen next: a consumer's step, its death, time passing, and what the outside does.

Two things are taken for granted: no consumer lives longer than the lease, and what IFS does with a PATCH it does
before the lease ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.record_memory.events import happen
from tests.unit.record_memory.look import announce, given_up, load, start
from tests.unit.record_memory.model import Status, Write, put
from tests.unit.record_memory.small_worlds import Config
from tests.unit.record_memory.world import Look, Message, World, commit, queue
from tests.unit.record_memory.writing import (
    audit,
    back,
    contribute,
    intend,
    patch,
    result,
    save,
    tell,
    uncertain,
)

STEPS = {
    "LOAD": load,
    "ANNOUNCE": announce,
    "INTENT": intend,
    "BACK": back,
    "AUDIT": audit,
    "RESULT": result,
    "PUT": contribute,
    "TELL": tell,
    "SAVE": save,
}
HOLDS_INTENT = ("PATCH", "BACK", "AUDIT", "RESULT")
Next = tuple[str, World]


def system(config: Config, world: World) -> Iterator[Next]:
    """What happens by itself, sooner or later."""
    for slot, look in enumerate(world.looks):
        name = f"P{look.order + 1} {look.step}"
        if look.step == "PATCH":
            yield from ((f"{name}: {how}", after) for how, after in patch(config, world, slot))
        else:
            yield name, STEPS[look.step](config, world, slot)
    for order, message in enumerate(world.messages):
        busy = sum(look.order == order for look in world.looks)
        if message and not busy:
            yield f"P{order + 1} START", start(world, order)
        elif not busy and due(world, order):
            yield f"P{order + 1} is due", queue(world, order, Message())
    if world.flight:
        yield from landings(config, world, world.flight)
    else:
        yield from lease_ends(world)
    for record in sorted(world.hidden):
        yield f"R{record + 1} is seen again", seen_again(world, record)


def seen_again(world: World, record: int) -> World:
    """What an order left there is taken out at its next look (rule 12), so one comes."""
    for number, order in enumerate(world.orders):
        if record in order.records:
            world = queue(world, number, Message())
    return world._replace(hidden=world.hidden - {record})


def due(world: World, order: int) -> bool:
    """An order waits for another's lease as long as that lasts (rule 3); IFS has done by then what it ever will."""
    leased = any(item.intent and item.intent.lapsed is None for item in world.items)
    return world.orders[order].status in (Status.RETRY, Status.WAITING) and not leased and not world.flight


def landings(config: Config, world: World, write: Write) -> Iterator[Next]:
    """A PATCH whose sender no longer listens: IFS takes it or not, before the lease ends."""
    world = world._replace(flight=None)
    yield "the PATCH under way is lost", world
    if world.rows[write.record].tag == write.tag:
        yield "the PATCH under way is taken", commit(config, world, write)


def lease_ends(world: World) -> Iterator[Next]:
    """Three minutes pass; no consumer runs that long, so whoever put the intent is gone."""
    held = {look.write.key for look in world.looks if look.write and look.step in HOLDS_INTENT}
    for record, item in enumerate(world.items):
        if item.intent and item.intent.lapsed is None and item.intent.key not in held:
            lapsed = item._replace(intent=item.intent._replace(lapsed=world.now + 1))
            after = world._replace(items=put(world.items, record, lapsed), now=world.now + 1)
            yield f"the lease on R{record + 1} ends", after


def outside(config: Config, world: World) -> Iterator[Next]:
    """What may happen or not: events, deaths, a message handed out twice."""
    for event in sorted(world.left, key=str):
        after = happen(world, event)
        if after:
            yield f"{event.kind} {event.target + 1} {sorted(event.value) or ''}".strip(), after
    for slot, look in enumerate(world.looks):
        if world.crashes:
            yield from deaths(world, slot, look)
        if world.twice and sum(other.order == look.order for other in world.looks) == 1:
            again = world._replace(twice=world.twice - 1)
            yield f"P{look.order + 1} is handed out again", queue_second(again, look)


def queue_second(world: World, look: Look) -> World:
    """Another consumer starts on the message that one is still working on."""
    kept = world.messages[look.order]
    world = start(queue(world, look.order, look.message), look.order)
    return world._replace(messages=put(world.messages, look.order, kept))


def deaths(world: World, slot: int, look: Look) -> Iterator[Next]:
    """A consumer dies; the PATCH that it is sending may still be under way."""
    world = world._replace(crashes=world.crashes - 1)
    name = f"P{look.order + 1} dies before {look.step}"
    if look.write and look.step in HOLDS_INTENT:
        world = uncertain(world, look.write)
    dead = given_up(world, slot)
    yield name, dead
    if look.step == "PATCH" and not world.flight:
        yield f"{name}, which is under way", dead._replace(flight=look.write)
