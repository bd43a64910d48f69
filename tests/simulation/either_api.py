"""Two connections a week read, and one of them writes, through V2 or through each API in turn: moved in mid-week. V2
does not say which orders were combined, and its labels bear no order number that could be another: those stories are
told elsewhere.
"""

from __future__ import annotations

from tests.equipment.world import CANARY, Site, World
from tests.simulation.connection_files import LIMIT, ON_THE_WAY, ON_THE_WAY_FIELDS, ConnectionFiles, Raw
from tests.simulation.expectations import EVERYWHERE
from tests.simulation.week import Week

Way = tuple[str, str]
WAYS: tuple[Way, ...] = (("v2", "v2"), ("v1", "v2"), ("v1", "v1"), ("v2", "v1"))
OF_PUSHING: tuple[Way, ...] = (("v1", "v1"), ("v2", "v2"), ("v2", "v1"), ("v1", "v2"))
MOVED = 0.6  # of the week is over
CLOCKS = (
    7  # requests more in V2's limit: two environments' clocks differ by up to 40 s, and V2 has no headers to say so
)
UNTOLD = ("combined orders", "rows of a combined parcel", "label renumbered", "pushed and combined")


def pushing(seed: int) -> str:
    """The connection whose IFS shipments become orders."""
    return EVERYWHERE[seed % len(EVERYWHERE)]


def is_selling(seed: int) -> bool:
    """Whether these are customer orders, and no shipments; they go through V1."""
    return seed % 3 == 1


def moving(seed: int) -> str:
    """Another one."""
    return EVERYWHERE[(seed + 1) % len(EVERYWHERE)]


def ways(seed: int) -> dict[str, Way]:
    """Which API before and which after the move, by connection; the third stays with V1."""
    own: Way = ("v1", "v1") if is_selling(seed) else OF_PUSHING[seed % len(OF_PUSHING)]
    return {moving(seed): WAYS[seed % len(WAYS)], pushing(seed): own}


def telling(seed: int) -> str | None:
    """The connection that writes what carriers tell, which V1 does not, and takes no unsigned webhook."""
    return moving(seed) if ways(seed)[moving(seed)] == ("v2", "v2") else None


def beginning(raw: Raw, seed: int) -> Raw:
    before, _ = ways(seed).get(raw["name"], ("v1", "v1"))
    stores, more = raw["stores"], {}
    if raw["name"] == telling(seed):
        stores = {**stores, str(ON_THE_WAY): {"targets": [ON_THE_WAY_FIELDS]}}
        more = {"webhook_signature": "require"}
    return {**raw, "stores": stores, "shipstation": {**raw["shipstation"], **more, "api": before}}


def furnish_v2(site: Site) -> None:
    """The same small budget, the same tool beside us, and what the packages of labels hold."""
    account, name = site.account, site.connection.name
    account.switches.are_products_told = True
    account.v2_limiter.limit, account.v2_limiter.mode = LIMIT + CLOCKS, account.limiter.mode
    account.v2_limiter.surprises = account.limiter.surprises
    for event in ("label_created_v2", "shipment_created_v2", "track_event_v2"):
        account.subscribe(f"https://hooks.example.com/webhooks/{name}/{CANARY}3{name}", event)


def move(world: World, files: ConnectionFiles, week: Week) -> None:
    for name, way in ways(world.seed).items():
        if "v2" in way:
            week.leave_out(name, UNTOLD)
        if len(set(way)) > 1:
            _move(world, files, week, name, way[1])


def _move(world: World, files: ConnectionFiles, week: Week, name: str, after: str) -> None:
    def edit(raw: Raw) -> None:
        raw["shipstation"]["api"] = after

    week.begin("moved to another API")
    week.at(week.share(MOVED), lambda: files.deploy(world, name, edit))
