"""Rule 14 as a model: a reference is corrected, and each reading tells every order that is concerned.

Messages to different orders, and those of different streams, overtake each other and come twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple


class Break(Enum):
    OLDER_COUNTS = "an older message is obeyed"
    ONLY_WHERE_HELD = "only an order that holds the shipment is told that it left"
    SAME_ID = "the deduplication id does not tell one reading from another"
    FORGOTTEN = "a withdrawn shipment is forgotten instead of remembered as withdrawn"


class Config(NamedTuple):
    references: tuple[int, ...] = (0, 1, 0)  # the order that each reading finds in the reference
    breaks: frozenset[Break] = frozenset()


class Message(NamedTuple):
    order: int
    placed: bool
    read_at: int


class Remembered(NamedTuple):
    placed: bool = False
    read_at: int = -1


class World(NamedTuple):
    readings: int = 0
    under_way: frozenset[Message] = frozenset()
    sent: frozenset[tuple[int, ...]] = frozenset()  # deduplication ids
    again: int = 1  # messages that may come a second time
    orders: tuple[Remembered, ...] = (Remembered(), Remembered(), Remembered())


def system(config: Config, world: World) -> Iterator[tuple[str, World]]:
    if world.readings < len(config.references):
        yield f"reading {world.readings + 1}", reading(config, world)
    for message in sorted(world.under_way):
        what = "has it" if message.placed else "loses it"
        told = taken(config, world, message)
        yield (
            f"P{message.order + 1} {what} ({message.read_at + 1})",
            told._replace(under_way=world.under_way - {message}),
        )
        if world.again:
            yield f"P{message.order + 1} {what} ({message.read_at + 1}), twice", told._replace(again=world.again - 1)


def outside(_: World) -> Iterator[tuple[str, World]]:
    yield from ()


def reading(config: Config, world: World) -> World:
    """Sends the placing to the order of the reference, and the withdrawal to every other that it ever named."""
    at = world.readings
    now = config.references[at]
    left = set(config.references[:at]) - {now}
    if Break.ONLY_WHERE_HELD in config.breaks:
        left = {order for order in left if world.orders[order].placed}
    messages = {Message(now, placed=True, read_at=at)} | {Message(order, placed=False, read_at=at) for order in left}
    ids = {message: message[: 2 if Break.SAME_ID in config.breaks else 3] for message in messages}
    fresh = {message for message in messages if ids[message] not in world.sent}
    return world._replace(
        readings=at + 1,
        under_way=world.under_way | fresh,
        sent=world.sent | set(ids.values()),
    )


def taken(config: Config, world: World, message: Message) -> World:
    """An order obeys what was read after everything that it knows."""
    known = world.orders[message.order]
    if message.read_at <= known.read_at and Break.OLDER_COUNTS not in config.breaks:
        return world
    now = Remembered(message.placed, message.read_at)
    if not message.placed and Break.FORGOTTEN in config.breaks:
        now = Remembered()
    orders = (*world.orders[: message.order], now, *world.orders[message.order + 1 :])
    return world._replace(orders=orders)


def complaints(config: Config, world: World) -> Iterator[str]:
    holds = [order for order, remembered in enumerate(world.orders) if remembered.placed]
    if holds != [config.references[-1]]:
        yield f"I1: the shipment stands under {holds}, its reference says {config.references[-1]}"
