"""What a person decides while the connector runs: a pause, a map entry, a choice, a value that becomes ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.equipment.world import Site
from tests.simulation.expectations import Expectation, Fields, Plot
from tests.simulation.operator_stories import WHO, ask
from tests.simulation.week import Week

FIRST_STORE, OWN_STORES = 100_100, 800  # of nobody else's stories
MAPPED = "DHL"
MINUTES_APART = 10
TYPED = "TYPED-IN-HASTE"
CALM = timedelta(hours=12)


def paused_store(week: Week, site: Site, at: datetime) -> None:
    """What is shipped while its store is paused is written once the pause is over, and not before."""
    store = FIRST_STORE + week.random.randrange(OWN_STORES)
    number, ends_by_itself = week.number(), week.random.random() < 0.5
    at = min(at, week.end - timedelta(hours=30))
    ends = at + week.later(180, 900)
    expectation = week.shipment(site, "paused store", [(number, "BOLT", 1)], by=None)
    expectation.free_at = ends
    order = week.order(site, at, number, {"BOLT": 1}, advancedOptions={"storeId": store})
    held: list[datetime] = []
    scope = {"connection": site.connection.name, "scope": "store", "of": str(store), **WHO}
    pause = {"do": "pause", **scope, **({"until": ends.isoformat()} if ends_by_itself else {})}
    week.at(at, lambda: ask(week.world, "control", pause, lambda _: held.append(week.world.now())))

    def ship() -> None:
        if week.world.now() < ends:
            week.label(site, week.world.now() + week.later(1, 30), order, expectation)

    week.once(at, lambda: bool(held), ship)
    if not ends_by_itself:
        expectation.free_at = None
        week.at(
            ends, lambda: ask(week.world, "control", {"do": "resume", **scope}, lambda _: _freed(week, expectation))
        )
    week.deliver(expectation, at + week.later(10, 1200))

    def read() -> dict[str, Any]:
        ours = (w for w in site.tenant.writes if w.by == "api" and w.key == (expectation.shipment_id,))
        return {"written while paused": any(w.at < ends for w in ours) and bool(held and held[0] < ends)}

    week.fields.append(Fields(site, "paused store", read, lambda _: {"written while paused": False}))


def _freed(week: Week, expectation: Expectation) -> None:
    expectation.free_at = week.world.now()


def mapped_at_run_time(week: Week, site: Site, at: datetime) -> None:
    """A carrier that the file does not know is mapped beside it; what was written without it is looked at again."""
    number = week.number()
    code = f"carrier {number}"
    at = min(at, week.end - timedelta(hours=30))
    expectation = week.shipment(site, "mapped at run time", [(number, "BOLT", 1)], by=None)
    expectation.carriers = {code: MAPPED}
    order = week.order(site, at, number, {"BOLT": 1})
    week.label(site, at, order, expectation, carrier_code=code, service_code=None)
    week.deliver(expectation, at + week.later(5, 60))
    entry = {
        "do": "map",
        "connection": site.connection.name,
        "table": "carriers",
        "code": code.upper(),
        "value": MAPPED,
    }
    week.at(at + week.later(90, 600), lambda: ask(week.world, "control", {**entry, **WHO}, lambda _: None))


def chosen_by_a_person(week: Week, site: Site, at: datetime) -> None:
    """Two records hold the same goods; a person says which one the parcel belongs to, and it stays there."""
    number = week.number()
    at = min(at, week.end - timedelta(hours=30))
    records = [week.shipment(site, "chosen by a person", [(number, "BOLT", 1)], by=None) for _ in range(2)]
    chosen = week.random.choice(records)
    chosen.is_timed = False
    order = week.order(site, at, number, {"BOLT": 1})
    bought = week.label(site, at, order, chosen)
    week.excuse(site, bought, "ambiguous_target")

    def choose() -> None:
        request = {
            "do": "place",
            "connection": site.connection.name,
            "order": number,
            "shipment": f"L{bought[0]}",
            "record": str(chosen.shipment_id),
        }
        ask(week.world, "control", {**request, **WHO}, lambda _: None)

    week.once(at + week.later(30, 200), lambda: bool(bought), choose)
    for record in records:
        week.deliver(record, at + week.later(10, 900))


def adopted(week: Week, site: Site, at: datetime) -> None:
    """A number that a colleague typed is ours again once a person says so."""
    number = week.number()
    at = min(at, week.end - timedelta(hours=30))
    expectation = week.shipment(site, "adopted", [(number, "BOLT", 1)], by=None)
    expectation.is_timed = False
    week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)

    def adopt(_: datetime) -> None:
        expectation.typed, expectation.is_adopted = None, True
        _look_and_adopt(week, site, number, expectation)

    week.correct(expectation, at + week.later(60, 200), adopt, ProNo=TYPED)
    week.deliver(expectation, at + week.later(500, 900))


def _look_and_adopt(week: Week, site: Site, number: str, expectation: Expectation) -> None:
    """The value has to be seen before it can be called a person's; asked again until it is gone, as people do."""
    if site.tenant.shipment(expectation.shipment_id)["ProNo"] != TYPED or week.world.now() > week.end + CALM:
        return
    control, name = week.world.functions["control"], site.connection.name
    control.invoke({"do": "release", "connection": name, "orders": [number], **WHO})
    own = {"do": "adopt", "connection": name, "order": number, "fields": ["tracking"], **WHO}
    week.world.clockwork.after(120, lambda: control.invoke(own))
    week.world.clockwork.after(60 * MINUTES_APART, lambda: _look_and_adopt(week, site, number, expectation))


DESK_STORIES = {
    "paused store": Plot(paused_store, times=2),
    "mapped at run time": Plot(mapped_at_run_time, times=2),
    "chosen by a person": Plot(chosen_by_a_person, ("acme", "gamma")),
    "adopted": Plot(adopted),
}
