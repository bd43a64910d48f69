"""One connection a week reads ShipStation through V2, or is moved to V2 or away from it in mid-week. V2 does not say
which orders were combined, and its labels bear no order number that could be another: those stories are told elsewhere.
"""

from __future__ import annotations

from tests.equipment.world import CANARY, Site, World
from tests.simulation.connection_files import LIMIT, ON_THE_WAY, ON_THE_WAY_FIELDS, ConnectionFiles, Raw
from tests.simulation.expectations import EVERYWHERE
from tests.simulation.week import Week

WAYS = (("v2", "v2"), ("v1", "v2"), ("v1", "v1"), ("v2", "v1"))
MOVED = 0.6  # of the week is over
UNTOLD = ("combined orders", "rows of a combined parcel", "label renumbered")


def moving(seed: int) -> str:
    """Never the one whose IFS shipments become orders: these are written through V1."""
    return EVERYWHERE[(seed + 1) % len(EVERYWHERE)]


def beginning(raw: Raw, seed: int) -> Raw:
    before, _ = WAYS[seed % len(WAYS)]
    stores = raw["stores"]
    if telling(seed):
        stores = {**stores, str(ON_THE_WAY): {"targets": [ON_THE_WAY_FIELDS]}}
    return {**raw, "stores": stores, "shipstation": {**raw["shipstation"], "api": before}}


def telling(seed: int) -> str | None:
    """The connection that writes what carriers tell, which V1 does not."""
    return moving(seed) if WAYS[seed % len(WAYS)] == ("v2", "v2") else None


def furnish_v2(site: Site) -> None:
    """The same small budget, the same tool beside us, and what the packages of labels hold."""
    account, name = site.account, site.connection.name
    account.switches.are_products_told = True
    account.v2_limiter.limit, account.v2_limiter.mode = LIMIT, account.limiter.mode
    account.v2_limiter.surprises = account.limiter.surprises
    for event in ("label_created_v2", "shipment_created_v2", "track_event_v2"):
        account.subscribe(f"https://hooks.example.com/webhooks/{name}/{CANARY}3{name}", event)


def move(world: World, files: ConnectionFiles, week: Week) -> None:
    name, (before, after) = moving(world.seed), WAYS[world.seed % len(WAYS)]
    if before == "v2" or after == "v2":
        week.leave_out(name, UNTOLD)
    if before == after:
        return

    def edit(raw: Raw) -> None:
        raw["shipstation"]["api"] = after

    week.begin("moved to another API")
    week.at(week.share(MOVED), lambda: files.deploy(world, name, edit))
