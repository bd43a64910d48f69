"""What an operator starts: a backfill, a baseline, a pilot, a plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tests.equipment.world import Site, World
from tests.simulation.connection_files import EXCLUDED
from tests.simulation.expectations import Bought, Plot
from tests.simulation.week import Week

AGAIN_SECONDS = 600
LOOKS = 6
VOIDED_SHARE = 0.3
WHO = {"by": "anna", "note": "simulated"}


def ask(world: World, function: str, event: dict[str, Any], then: Callable[[dict[str, Any]], object]) -> None:
    """An operator repeats a request until it is served; once the week is quiet it always is."""

    def end(value: object, fault: BaseException | None) -> None:
        if fault is not None or not isinstance(value, dict) or "error" in value:
            world.clockwork.after(AGAIN_SECONDS, lambda: ask(world, function, event, then))
        else:
            then(value)

    world.functions[function].invoke(event, end)


def plan(world: World, event: dict[str, Any], then: Callable[[dict[str, Any]], object]) -> None:
    """A dry run, looked at until it is drawn; `then` is told what it shows."""

    def look(answer: dict[str, Any]) -> None:
        if answer["state"] == "drawing":
            world.clockwork.after(AGAIN_SECONDS, lambda: ask(world, "replay", {"plan_id": answer["plan_id"]}, look))
        else:
            then(answer)

    ask(world, "replay", event, look)


def apply(world: World, shown: dict[str, Any], then: Callable[[], object] = lambda: None) -> None:
    """`then` is called once all of it was carried out. What could not be decided at once is not the plan's any more."""
    asked, looks = {"plan_id": shown["plan_id"]}, count()

    def look(answer: dict[str, Any]) -> None:
        if answer["state"] == "applied" and (not answer["left"] or next(looks) > LOOKS):
            then()
        else:
            world.clockwork.after(AGAIN_SECONDS, lambda: ask(world, "replay", asked, look))

    ask(world, "replay", {**asked, "apply": True, **WHO}, lambda _: ask(world, "replay", asked, look))


def _early_label(week: Week, site: Site, number: str, at: datetime, **parcel: Any) -> tuple[int, Bought]:
    """A label bought long before the connection went live."""
    fields = {"advancedOptions": {"customField1": number}}
    order = site.account.add_order(number, items=[{"sku": "BOLT", "quantity": 2}], fields=fields, at=at)
    return order, [site.account.ship(order, at=at + timedelta(seconds=30), **parcel)]


def _job(
    week: Week,
    site: Site,
    at: datetime,
    window: datetime,
    *,
    baseline: bool,
    then: Callable[[datetime], object] = lambda _: None,
) -> None:
    """The job's window is the hour around `window`, in which only this story bought a label; `then` is told when all
    of it was read.
    """
    hour = timedelta(minutes=30)
    job = {
        "from": (window - hour).isoformat(),
        "to": (window + hour).isoformat(),
        "dry_run": False,
        "baseline": baseline,
        **WHO,
    }
    name, world, done = site.connection.name, week.world, list[datetime]()

    def started(answer: dict[str, Any]) -> None:
        world.clockwork.after(AGAIN_SECONDS, lambda: look(answer["job_id"]))

    def look(job_id: str) -> None:
        ask(world, "poll", {"connection": name, "status": True}, lambda answer: told(answer, job_id))

    def told(answer: dict[str, Any], job_id: str) -> None:
        states = [{job.get("state"), job.get("status")} for job in answer["jobs"] if job["job_id"] == job_id]
        if any("done" in state for state in states):
            done.append(world.now())
        else:
            world.clockwork.after(AGAIN_SECONDS, lambda: look(job_id))

    week.at(at, lambda: ask(world, "poll", {"connection": name, "backfill": job}, started))
    week.once(at, lambda: bool(done), lambda: then(done[0]))


def backfilled(week: Week, site: Site, at: datetime) -> None:
    """A label from before go-live that a backfill names is written, and its void is followed."""
    long_ago = site.connection.go_live_at - timedelta(days=2)
    number = week.number()
    expectation = week.shipment(site, "backfill", [(number, "BOLT", 2)], by=None)
    _, bought = _early_label(week, site, number, long_ago)
    expectation.labels += bought
    _job(week, site, at, long_ago, baseline=False)
    if week.random.random() < 0.3:
        week.void(site, at + week.later(400, 800), bought)
    week.deliver(expectation, at + week.later(10, 300))


def baseline(week: Week, site: Site, at: datetime) -> None:
    """A baseline writes nothing; its number was typed by hand, and a second parcel's number is appended to it."""
    long_ago = site.connection.go_live_at - timedelta(days=4)
    number = week.number()
    expectation = week.shipment(site, "baseline, then a second parcel", [(number, "BOLT", 2)], by=None)
    order, bought = _early_label(week, site, number, long_ago, quantities={"BOLT": 1})
    label = site.account.shipments.current[bought[0]]
    by_hand = str(label.tracking_number)
    site.tenant.edit(expectation.shipment_id, ProNo=by_hand)
    expectation.prefix = (by_hand,)
    early = min(at, week.end - timedelta(hours=30))

    def ship(known: datetime) -> None:
        second = week.label(site, known + week.later(60, 300), lambda: order, expectation, quantities={"BOLT": 1})
        week.deliver(expectation, known + week.later(10, 390))
        if week.random.random() < VOIDED_SHARE:
            week.void(site, known + week.later(400, 600), second)

    _job(week, site, early, long_ago, baseline=True, then=ship)


def pilot_of_a_corrected_record(week: Week, site: Site, at: datetime) -> None:
    """A pilot knows what the connection wrote before: a corrected forwarder stays corrected."""
    number = week.number()
    expectation = week.shipment(site, "pilot of a corrected record", [(number, "BOLT", 1)], by=None)
    week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)

    def run(typed: datetime) -> None:
        _pilot(week, site, typed + week.later(5, 120), number)

    week.correct(expectation, at + week.later(60, 200), run, ForwardAgentId="DHL")
    week.deliver(expectation, at + week.later(400, 700))


def pilot(week: Week, site: Site, at: datetime) -> None:
    """The first order of all may be written by a pilot, in shadow too; the delivery finds nothing left to do."""
    number = week.number()
    expectation = week.shipment(site, "pilot", [(number, "BOLT", 1)], by=None)
    week.piloted.append(expectation)
    week.label(site, at, week.order(site, at, number, {"BOLT": 1}), expectation)
    _pilot(week, site, at + week.later(0.1, 90), number)
    week.deliver(expectation, at + week.later(100, 400))


def pilot_of_what_is_not_ours(week: Week, site: Site, at: datetime) -> None:
    """An excluded store, or a label from before go-live, is no order to try things on."""
    number = week.number()
    expectation = week.shipment(site, "pilot of an order out of scope", [(number, "BOLT", 1)], by=None)
    expectation.is_untouchable = True
    if week.random.random() < 0.5:
        order = week.order(site, at, number, {"BOLT": 1}, advancedOptions={"storeId": EXCLUDED})
        week.label(site, at, order)
    else:
        _early_label(week, site, number, site.connection.go_live_at - timedelta(hours=30))
    _pilot(week, site, at + week.later(5, 60), number)


def _pilot(week: Week, site: Site, at: datetime, number: str) -> None:
    """Asked once, as people do; whether it could be served is the report's affair."""
    ended: list[object] = []
    event = {"connection": site.connection.name, "pilot": number, **WHO}
    week.at(at, lambda: week.world.functions["check"].invoke(event, lambda value, fault: ended.append(fault or value)))
    week.needs(lambda: bool(ended))


OPERATOR_STORIES = {
    "backfill": Plot(backfilled),
    "baseline, then a second parcel": Plot(baseline),
    "pilot": Plot(pilot),
    "pilot of a corrected record": Plot(pilot_of_a_corrected_record),
    "pilot of an order out of scope": Plot(pilot_of_what_is_not_ours),
}
