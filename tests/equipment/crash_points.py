"""Kills the runs of one flow around each of its calls to the outside, and tells what then stands otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Protocol

from functions.ledger.alignment import AlignStore
from functions.ledger.orders import OrderStore
from functions.ledger.parked import ParkingStore
from functions.ledger.pushes import PushStore
from tests.equipment.deaths import DONE, Deaths
from tests.equipment.world import AUDIT, LEDGER, Site, World

KINDS = ("before", "after", "twice")
CLAIMS = ("written", "outcome_unknown")  # other entries tell of what was refused
Audit = tuple[Counter[str], Counter[str]]


class Scene(Protocol):
    world: World
    site: Site


Act = Callable[[Any], None]


def nobody(_: Scene) -> bool:
    return False


@dataclass(frozen=True)
class Flow:
    """`prepare` makes the world as it is before the runs of `function` that die; `go` lets them run until all has
    settled; `people` do their work after each death, or at the end where there was nothing yet to work on, and say
    whether there was: what they typed has to stand.
    `also` is what else has to be as without a death. Kills are tried in the first `within` of it: what the schedules
    do afterwards is the same again and again.
    """

    name: str
    story: str
    function: str
    prepare: Callable[[], Any]
    go: Act
    people: Callable[[Any], bool] = nobody
    also: Callable[[Any], Any] = lambda _: None
    within: timedelta = timedelta(days=1)

    @property
    def id(self) -> str:
        return f"{self.name}: {self.story}"


@dataclass(frozen=True)
class Kill:
    """At which step; a second death comes so many steps after the first."""

    at: tuple[int, ...]
    kind: str


@dataclass
class Played:
    standing: dict[str, Any]
    names: list[str] = field(default_factory=list)
    died: int = 0


def play(flow: Flow, at: tuple[int, ...] = ()) -> Played:
    scene = flow.prepare()
    until = scene.world.now() + flow.within
    worked: list[bool] = []
    deaths = Deaths(scene.world, flow.function, at, lambda: worked.append(flow.people(scene)), until)
    flow.go(scene)
    if not any(worked):
        flow.people(scene)
    return Played(standing(scene) | {"also": flow.also(scene)}, deaths.names, deaths.died)


def kills(names: list[str], seed: int, *, once: float = 1.0, twice: float) -> Iterator[Kill]:
    """A share of the steps, and of two deaths in a row: at one step both times, and at two of them."""
    random = Random(seed)
    for step, name in enumerate(names):
        if random.random() < once:
            yield Kill((step,), "after" if name.endswith(DONE) else "before")
        for again in (step, random.randrange(len(names))):
            if random.random() < twice:
                yield Kill((step, again), "twice")


def wrong(flow: Flow, kill: Kill, whole: Played) -> list[str]:
    """What differs; empty where the deaths left no trace."""
    played = play(flow, kill.at)
    told = f"{flow.id}, died {played.died} times at {kill.at} ({whole.names[kill.at[0]]})"
    if not played.died:
        return [f"{told}: nobody died"]
    return [
        f"{told}: {part} should be {wanted!r} and is {found!r}"
        for part, wanted in whole.standing.items()
        if (found := played.standing[part]) != wanted and not (part == "audit" and _tells_the_same(found, wanted))
    ]


def _tells_the_same(found: Audit, wanted: Audit) -> bool:
    """Every write once, or as one of which nobody knows: a run that died may have made it, or not."""
    (known, unknown), (writes, _) = found, wanted
    return all(known[entry] <= writes[entry] <= known[entry] + unknown[entry] for entry in {*known, *unknown, *writes})


# --- what stands


def standing(scene: Scene) -> dict[str, Any]:
    """Of both vendors' books, the audit, the ledger and the queues: all but times, ids and how often was tried."""
    site, ledger = scene.site, scene.world.tables[LEDGER]
    name = site.connection.name
    aligned = [
        each for table in site.connection.align for each in AlignStore(ledger).load(name, table.profile).values()
    ]
    return {
        "IFS": {entity: {key: record.values for key, record in rows.items()} for entity, rows in _sets(site)},
        "writes to IFS": Counter(f"{w.entity} {w.key} {w.changes}" for w in site.tenant.writes if w.by == "api"),
        "ShipStation": _account(site),
        "audit": _audit(scene.world),
        "orders of the ledger": {state.key.reference: _state(state) for state in OrderStore(ledger).scan(name)},
        "open intents": [item["pk"] for item in ledger.scan(prefix=f"record#{name}") if item.get("intent")],
        "pushed": sorted((each.key.part, str(each.trying), each.attention) for each in PushStore(ledger).open(name)),
        "aligned": sorted((each.key, each.other, str(each.trying), str(each.reason)) for each in aligned),
        "parked": sorted(f"{each.subject}: {each.reason}" for each in ParkingStore(ledger).list(name)),
        "queues": {queue.name: len(queue.messages) for queue in _queues(site)},
        "faults": [repr(fault) for function in scene.world.functions.values() for fault in function.faults],
    }


def _sets(site: Site) -> list[tuple[str, dict[Any, Any]]]:
    return [(entity, rows) for entity, rows in site.tenant.sets.items() if rows]


def _queues(site: Site) -> list[Any]:
    return [site.notifications, site.shipments, site.orders, *site.dead, site.dead_orders]


def _account(site: Site) -> dict[str, Any]:
    """An address is rewritten by ShipStation, a while after it was typed: its beginning is not."""
    orders = [order for order in site.account.orders.current.values() if not order.is_gone]
    warehouses = site.account.shown_warehouses()
    return {
        "orders": sorted(
            (o.order_key, o.status, str(o.ship_to["street1"]).upper()[:5], str(o.body.get("internalNotes")), _goods(o))
            for o in orders
        ),
        "warehouses": sorted((each["warehouseName"], repr(each["originAddress"])) for each in warehouses),
        "customers": sorted(map(repr, site.account.customers)),
    }


def _goods(order: Any) -> list[tuple[Any, ...]]:
    return [(item.body.get("lineItemKey"), item.body.get("sku"), item.quantity) for item in order.items]


def _state(state: Any) -> tuple[Any, ...]:
    """What a run wrote that died, the next one finds there."""
    found = {key: (str(each.outcome).replace("unchanged", "written"), each.reason) for key, each in _shipments(state)}
    return found, state.waiting_for, state.attention, len(state.debts)


def _shipments(state: Any) -> list[tuple[str, Any]]:
    return sorted(state.shipments.items())


def _audit(world: World) -> Audit:
    """Known writes and unknown ones, by record, and what people decided."""
    known, unknown = Counter[str](), Counter[str]()
    for item in world.tables[AUDIT].scan(prefix="audit#"):
        if item["outcome"] in CLAIMS:
            found = known if item["outcome"] == "written" else unknown
            found[f"{item['pk']} {item.get('action')}"] += 1
        elif item["outcome"] == "decided":
            known[f"{item['pk']} {item['action']}"] = 1  # once for each time that it was asked for
    return known, unknown
