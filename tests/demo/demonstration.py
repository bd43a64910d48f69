"""The demonstration from the first order to the last line."""

from __future__ import annotations

import argparse
import itertools
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from rich.console import Console

from functions.console import answers
from functions.console.screen import Shown
from functions.model.outcomes import Reason
from tests.demo import aligned, live, reconcile, report, scenario
from tests.demo.reconcile import Row
from tests.demo.scenario import Order
from tests.demo.steps import Steps
from tests.equipment.dashboard import Dashboard
from tests.equipment.folders import temporary_folder
from tests.equipment.http import Server
from tests.equipment.system import GO_LIVE_DAYS_AGO, NAME, System, started, utc_now

STORIES = ("typed by a colleague", "voided, re-labelled")
TOLD = "edited meanwhile"  # as an operator asks for it
PATIENCE_SECONDS = 90
POLL_EVERY = 10  # runs of release
SCHEDULE_SECONDS = 10  # between two looks of what is left running
WIDTH = 100


def run(system: System, say: Steps) -> list[Order]:
    """The whole scenario; what the schedules do is done by hand, so that nobody waits for the minute."""
    say("Making 62 customer orders, 2 in a store that is read through V2, and 2 in IFS alone")
    system.subscribe()
    aligned.furnish(system)
    orders = scenario.seed(system)
    say("Aligning 2 sites and 2 customers; IFS moves a site")
    for act in (aligned.look, aligned.move, aligned.look):
        act(system)
    say("IFS sends those to ShipStation; one gets another address, the other is cancelled")
    is_pushed = scenario.push(system, orders, seconds=PATIENCE_SECONDS)
    say("ShipStation has followed" if is_pushed else "ShipStation has not followed, after all the patience there is")
    say("Buying their labels in ShipStation, which announces half of them by webhook")
    scenario.ship(system, orders)
    say("Knocking with 4 webhooks that must not get in")
    answers = scenario.knock(system)
    say(f"They were answered {answers}; waiting for the tracking numbers in IFS")
    system.tick("Poll")
    is_there = _wait(system, orders, lambda row: row.expected[:2] == row.found[:2])
    say("All that IFS has a place for are there" if is_there else "Tracking numbers are missing in IFS")
    say("IFS learns a late order and delivers everything; 3 labels are bought again, 1 is voided")
    scenario.ifs_learns(system, orders)
    scenario.ifs_delivers(system, orders)
    scenario.void_and_relabel(system, orders)
    say("Waiting until ship dates and new numbers are in IFS")
    system.tick("Poll")
    is_equal = _wait(system, orders, lambda row: row.is_equal)
    say("They are" if is_equal else "They are not, after all the patience there is")
    return orders


def _wait(system: System, orders: Sequence[Order], holds: Callable[[Row], bool]) -> bool:
    ends = itertools.count(1)

    def schedules() -> None:
        system.tick("Release")
        if next(ends) % POLL_EVERY == 0:
            system.tick("Poll")

    def done() -> bool:
        return all(holds(row) for row in reconcile.reconcile(system, orders))

    return scenario.wait_until(done, seconds=PATIENCE_SECONDS, between=schedules)


def show(system: System, orders: Sequence[Order], console: Console, say: Steps, began: float) -> bool:
    """Asks for everything first, so that what is printed is printed together."""
    say("Running make check on a file with a misspelt field")
    is_caught, text = system.check(misspelt=True)
    say("Asking replay what it would change (a dry run), and reading the ledger")
    dry_run = _dry_run(system)
    say("Asking reconcile to compare both systems by itself")
    compared = _compared(system)
    states = system.states()
    told = {kind: next(order for order in orders if order.kind == kind) for kind in (*STORIES, TOLD)}
    stories = {order: system.story(order.order_no) for kind, order in told.items() if kind != TOLD}
    story = _story(system, told[TOLD].order_no)
    day = system.told_by("Digest")
    say.pause()
    reconciliation = reconcile.judge(system, orders)
    rows = reconcile.reconcile(system, orders)
    report.show_reconciliation(console, rows)
    report.show_compared(console, compared)
    seconds = {
        announced: reconcile.seconds_to_ifs(system, orders, announced=announced, began=began)
        for announced in (True, False)
    }
    report.show_counts(console, rows, states, dry_run)
    report.show_timed(console, rows, {**seconds[True], **seconds[False]}.keys())
    pairs = aligned.compare(system)
    report.show_aligned(console, pairs)
    alike = next(order for order in orders if order.kind == "two alike in IFS")
    report.show_parked(console, alike.order_no, reconcile.numbers_of(system, alike), states[alike.order_no])
    for order, entries in stories.items():
        report.show_story(console, order.order_no, order.kind, entries)
    report.show_check(console, text)
    report.show_told(console, told[TOLD].order_no, story)
    report.show_day(console, day)
    report.show_numbers(console, reconciliation, _numbers(system, seconds))
    is_asked = states[alike.order_no].attention is Reason.AMBIGUOUS_TARGET and is_caught
    is_unchanged = dry_run.get("would_change") == 0 and bool(dry_run.get("orders"))
    is_alike = all(pair.is_equal for pair in pairs) and compared.get("agree") is True
    return reconciliation.is_kept and is_asked and is_unchanged and is_alike and len(day) == 1


def _dry_run(system: System) -> dict[str, Any]:
    since = utc_now() - timedelta(days=GO_LIVE_DAYS_AGO + 2)
    selection = {"from": since.isoformat()}
    request = {"select": selection, "by": "demo", "note": "nothing should be left to do"}
    answers = [system.invoke("Replay", {"connection": name, **request}) for name in system.connections]
    return {"orders": answers[0].get("orders"), "would_change": sum(answer["would_change"] for answer in answers)}


def _compared(system: System) -> dict[str, Any]:
    now = utc_now()
    window = {"from": (now - timedelta(days=GO_LIVE_DAYS_AGO)).isoformat(), "until": now.isoformat()}
    request = {"connection": NAME, **window, "by": "demo", "note": "do both systems agree"}
    answer: dict[str, Any] = system.invoke("Reconcile", request)
    return answer


def _story(system: System, order_no: str) -> Shown:
    """As the operator's command line shows what the function answers."""
    return answers.order(system.invoke("Inspect", {"show": "order", "connection": NAME, "order": order_no}))


def _numbers(system: System, seconds: Mapping[bool, Mapping[int, float]]) -> dict[str, Any]:
    patches = sum(request.method == "PATCH" for request in system.tenant.requests)
    return {
        "requests to ShipStation": system.account.counts["total"],
        "requests to IFS, of them PATCH": f"{system.tenant.counts['total']}, {patches}",
        "from label to IFS, announced by webhook": report.percentiles(seconds[True].values()),
        "from label to IFS, found by the poll": report.percentiles(seconds[False].values()),
    }


def _keep(system: System, console: Console) -> None:
    """Until Ctrl-C. The schedules' work is done more often than theirs, so that nobody waits for the minute."""
    dashboard = Server(Dashboard(system.aws, system.stack))
    with live.announced(system), dashboard, suppress(KeyboardInterrupt):
        report.show_how_to_look_around(console, system)
        console.print(f"  the dashboard's pages: {dashboard.url}", highlight=False, soft_wrap=True)
        while True:
            time.sleep(SCHEDULE_SECONDS)
            for function in ("Poll", "Release", "Replay"):
                with suppress(Exception):  # a redeployment may be under way
                    system.tick(function)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running afterwards")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    began = time.time() - time.monotonic()
    with Steps(console) as say:
        with temporary_folder() as folder, started(folder, is_beside=True, progress=say) as system:
            orders = run(system, say)
            is_kept = show(system, orders, console, say, began)
            if arguments.keep:
                _keep(system, console)
            say("Stopping the local AWS and both vendors, removing their files")
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        say.pause()
    console.print("[green]Both systems agree.[/]" if is_kept else "[red]A promise was broken; see above.[/]")
    return 0 if is_kept else 1
