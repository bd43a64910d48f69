"""Ships sixty orders through the deployed connector; exit status 0 only if both systems agree at the end."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from rich.console import Console

from functions.model.outcomes import Reason
from tests.demo import reconcile, report, scenario
from tests.demo.reconcile import Row
from tests.demo.scenario import Order
from tests.equipment.system import GO_LIVE_DAYS_AGO, NAME, System, started, temporary_folder, utc_now

STORIES = (
    "date after delivery",
    "edited meanwhile",
    "typed by a colleague",
    "voided, re-labelled",
    "voided",
    "marked by hand",
    "excluded store",
)
PATIENCE_SECONDS = 90
POLL_EVERY = 10  # runs of release


class _Steps:
    """One line a step with the seconds since the start."""

    def __init__(self, console: Console) -> None:
        self._console, self._start = console, time.monotonic()

    def __call__(self, text: str) -> None:
        self._console.print(f"[dim]{time.monotonic() - self._start:5.1f} s[/]  {text}", highlight=False)


def run(system: System, say: _Steps) -> list[Order]:
    """The whole scenario; what the schedules do is done by hand, so that nobody waits for the minute."""
    system.subscribe()
    orders = scenario.seed(system)
    say(f"{len(orders)} customer orders in both systems")
    scenario.ship(system, orders)
    say(f"{len(system.account.shipments.current)} labels bought, {len(system.account.hooks.sent)} webhooks sent")
    say(f"4 webhooks that must not get in were answered {scenario.knock(system)}")
    system.tick("Poll")
    is_there = _wait(system, orders, lambda row: row.expected[:2] == row.found[:2])
    say(
        "Every tracking number that IFS has a place for is there"
        if is_there
        else "[red]Tracking numbers are missing[/]"
    )
    scenario.ifs_learns(system, orders)
    scenario.ifs_delivers(system, orders)
    scenario.void_and_relabel(system, orders)
    say(
        "IFS learned the late order and delivered all shipments; "
        "three labels were voided and bought again, one only voided"
    )
    system.tick("Poll")
    is_equal = _wait(system, orders, lambda row: row.is_equal)
    say("Both systems agree" if is_equal else "[red]The systems do not agree[/]")
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


def show(system: System, orders: Sequence[Order], console: Console, began: float) -> bool:
    report.show_reconciliation(console, reconcile.reconcile(system, orders))
    for kind in STORIES:
        order = next(order for order in orders if order.kind == kind)
        report.show_story(console, order.order_no, kind, system.story(order.order_no))
    reconciliation = reconcile.judge(system, orders)
    alike = next(order for order in orders if order.kind == "two alike in IFS")
    parked = system.states()[alike.order_no]
    report.show_parked(console, alike.order_no, alike.kind, parked)
    is_caught, text = system.check(misspelt=True)
    report.show_check(console, text)
    dry_run = _dry_run(system)
    console.print(
        f"Replay, dry run over {dry_run.get('orders')} orders: {dry_run.get('would_change')} would change",
        highlight=False,
    )
    report.show_numbers(console, reconciliation, _numbers(system, orders, began))
    is_asked = parked.attention is Reason.AMBIGUOUS_TARGET and is_caught
    return reconciliation.is_kept and is_asked and dry_run.get("would_change") == 0 and bool(dry_run.get("orders"))


def _dry_run(system: System) -> dict[str, Any]:
    since = utc_now() - timedelta(days=GO_LIVE_DAYS_AGO + 2)
    selection = {"from": since.isoformat()}
    request = {"connection": NAME, "select": selection, "by": "demo", "note": "nothing should be left to do"}
    answer: dict[str, Any] = system.invoke("Replay", request)
    return answer


def _numbers(system: System, orders: Sequence[Order], began: float) -> dict[str, Any]:
    patches = sum(request.method == "PATCH" for request in system.tenant.requests)
    by_webhook = reconcile.seconds_to_ifs(system, orders, announced=True, began=began)
    by_poll = reconcile.seconds_to_ifs(system, orders, announced=False, began=began)
    return {
        "requests to ShipStation": system.account.counts["total"],
        "requests to IFS": system.tenant.counts["total"],
        "  of them PATCH": patches,
        "label → IFS, announced by webhook": report.percentiles(by_webhook),
        "label → IFS, found by the poll": report.percentiles(by_poll),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running afterwards")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140)
    began = time.time() - time.monotonic()
    say = _Steps(console)
    with temporary_folder() as folder, started(folder, progress=say) as system:
        orders = run(system, say)
        is_kept = show(system, orders, console, began)
        console.print("[green]Both systems agree.[/]" if is_kept else "[red]A promise was broken; see above.[/]")
        if arguments.keep:
            report.show_how_to_look_around(console, system)
            with suppress(KeyboardInterrupt):
                while True:
                    time.sleep(3600)
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
