"""Rule 7 as a model: one row of a custom entity is made by POST, which has no `If-Match`; the claim stands first.

LOAD claim ▶ FIND row ▶ CLAIM ▶ POST ▶ RESULT ▶ SAVE      claim: none ▶ young ▶ lapsed ▶ ripe, or done
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple


class Break(Enum):
    REPEATED_AT_ONCE = "an unknown POST is repeated as soon as the lease ends"
    NOT_REPEATED = "an unknown POST is never repeated"
    NO_CLAIM = "the POST goes out without a claim"
    CLAIM_UNCONDITIONAL = "the claim is put whatever stands there"
    FOUND_BEFORE_LOADED = "the row is looked for before the claim is loaded"
    CLAIM_IGNORED = "a young claim is overlooked"


class Config(NamedTuple):
    crashes: int = 1
    lost: int = 1
    twice: int = 1
    row_of_before: bool = False  # an earlier version made it
    breaks: frozenset[Break] = frozenset()


class Claim(NamedTuple):
    """Young for the three minutes of the lease, ripe 15 minutes after it was put."""

    state: str = "none"
    revision: int = 0


class Worker(NamedTuple):
    step: str
    claim: Claim = Claim()
    row_found: bool = False


class World(NamedTuple):
    rows: int
    left: tuple[int, int, int]  # crashes, lost answers, messages handed out twice
    claim: Claim = Claim()
    workers: tuple[Worker, ...] = ()
    message: bool = True
    under_way: bool = False
    order_due: bool = False


Next = tuple[str, World]


def first_world(config: Config) -> World:
    return World(int(config.row_of_before), (config.crashes, config.lost, config.twice))


def system(config: Config, world: World) -> Iterator[Next]:
    for slot, worker in enumerate(world.workers):
        others = world.workers[:slot] + world.workers[slot + 1 :]
        for name, after, stays in step(config, world, worker):
            yield f"{worker.step}{name}", after._replace(workers=(*others, stays) if stays else others)
    if world.message and not world.workers:
        yield "START", started(config, world._replace(message=False))
    if world.under_way:
        yield "the POST under way is lost", world._replace(under_way=False)
        yield "the POST under way is taken", world._replace(under_way=False, rows=world.rows + 1)
    yield from time_passes(world)


def started(config: Config, world: World) -> World:
    first = "FIND" if Break.FOUND_BEFORE_LOADED in config.breaks else "LOAD"
    return world._replace(workers=(*world.workers, Worker(first)))


def time_passes(world: World) -> Iterator[Next]:
    """No consumer outlives the lease; IFS does within 15 minutes what it will ever do."""
    holds = any(worker.step in ("POST", "RESULT") and worker.claim == world.claim for worker in world.workers)
    if world.claim.state == "young" and not holds:
        yield "three minutes pass", world._replace(claim=world.claim._replace(state="lapsed"))
    if world.claim.state == "lapsed" and not world.under_way:
        yield "15 minutes pass", world._replace(claim=world.claim._replace(state="ripe"))
    if world.order_due and not world.message and not world.workers and world.claim.state != "young":
        yield "the order is due", world._replace(message=True, order_due=False)


def step(config: Config, world: World, worker: Worker) -> Iterator[tuple[str, World, Worker | None]]:
    match worker.step:
        case "LOAD":
            loaded = worker._replace(claim=world.claim)
            yield "", world, loaded._replace(step=after_loading(config, loaded))
        case "FIND":
            found = worker._replace(row_found=world.rows > 0)
            early = Break.FOUND_BEFORE_LOADED in config.breaks
            yield "", world, found._replace(step="LOAD" if early else after_finding(config, found))
        case "CLAIM":
            yield from claimed(config, world, worker, "young", "POST")
        case "POST":
            yield from posted(world, worker)
        case "RESULT":
            yield from claimed(config, world, worker, "done", "SAVE")
        case "SAVE":
            yield "", world, None
        case _:
            yield "", world._replace(order_due=True), None


def after_loading(config: Config, worker: Worker) -> str:
    if worker.claim.state == "done":
        return "SAVE"
    if worker.claim.state == "young" and Break.CLAIM_IGNORED not in config.breaks:
        return "SAVE, due again"
    return after_finding(config, worker) if Break.FOUND_BEFORE_LOADED in config.breaks else "FIND"


def after_finding(config: Config, worker: Worker) -> str:
    """A row that is there is the one; without one, a claim is tried, and tried again when IFS has had its time."""
    if worker.row_found:
        return "RESULT"
    may_post = {"none", "ripe"}
    may_post |= {"lapsed"} if Break.REPEATED_AT_ONCE in config.breaks else set()
    may_post |= {"young"} if Break.CLAIM_IGNORED in config.breaks else set()
    may_post -= {"ripe"} if Break.NOT_REPEATED in config.breaks else set()
    if worker.claim.state not in may_post:
        return "SAVE, due again"
    return "POST" if Break.NO_CLAIM in config.breaks else "CLAIM"


def claimed(
    config: Config, world: World, worker: Worker, state: str, then: str
) -> Iterator[tuple[str, World, Worker | None]]:
    """The conditional put; who was slower begins anew."""
    if world.claim.revision != worker.claim.revision and Break.CLAIM_UNCONDITIONAL not in config.breaks:
        yield " refused", world, Worker("LOAD")
        return
    claim = Claim(state, world.claim.revision + 1)
    yield "", world._replace(claim=claim), worker._replace(claim=claim, step=then)


def posted(world: World, worker: Worker) -> Iterator[tuple[str, World, Worker | None]]:
    crashes, lost, twice = world.left
    taken = world._replace(rows=world.rows + 1)
    yield ": taken", taken, worker._replace(step="RESULT")
    if lost:
        left = (crashes, lost - 1, twice)
        for how, after in (("taken", taken), ("lost", world), ("under way", world._replace(under_way=True))):
            yield f": unheard, {how}", after._replace(left=left), worker._replace(step="SAVE, due again")


def outside(config: Config, world: World) -> Iterator[Next]:
    crashes, lost, twice = world.left
    if crashes:
        for slot, worker in enumerate(world.workers):
            others = world.workers[:slot] + world.workers[slot + 1 :]
            dead = world._replace(workers=others, message=True, left=(crashes - 1, lost, twice))
            yield f"dies before {worker.step}", dead
            if worker.step == "POST" and not world.under_way:
                yield "dies with its POST under way", dead._replace(under_way=True)
    if twice and len(world.workers) == 1:
        yield "the message is handed out again", started(config, world._replace(left=(crashes, lost, twice - 1)))


def fault(world: World) -> str:
    return "I6: two rows for one parcel" if world.rows > 1 else ""


def complaints(world: World) -> Iterator[str]:
    if world.rows != 1:
        yield "I1: no row"
    if world.claim.state != "done" or world.order_due:
        yield "I4: the claim stays open"
