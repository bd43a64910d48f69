"""What the demonstration shows on the screen: at most 100 columns where the terminal has them, no number broken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from functions.console.screen import Shown, plain
from functions.model.audit import AuditEntry
from functions.model.outcomes import SENTENCES, Outcome
from functions.model.state import OrderState
from tests.demo.aligned import Pair
from tests.demo.reconcile import LEFT_OUT, PARKED, UNTOUCHED, Case, Reconciliation, Row, cases
from tests.demo.scenario import CANCELLED
from tests.equipment.system import System

WIDE = 100
MOST_DIFFERENCES = 10
MOST_LINES = 5  # of the reconcile's summary
HEADINGS = ("what happened", "orders", "IFS should hold", "IFS holds", "day", "is")
LIVE = ".venv/bin/python -m tests.demo.live"
OPERATE = ".ci/operate --demo"
# What a visitor does to both systems, and what an operator asks and decides: each works as it is typed.
COMMANDS = {
    f"{LIVE} ship": "ship an order, and wait for its tracking number in IFS",
    f"{LIVE} deliver D2001": "IFS delivers that order's shipment; then the ship date is corrected",
    f"{LIVE} unmapped": "ship one by ontrac, which is not mapped",
    f"{LIVE} outage": "IFS answers nothing for a minute, and an order is shipped meanwhile",
    f"{LIVE} redeploy": "deploy the connection file as it stands now",
    f"{LIVE} apply D2002": "carry out a replay of one order",
    f"{OPERATE} status": "whether somebody has to look closer",
    f"{OPERATE} attention": "what waits and why, and what to do",
    f"{OPERATE} order D1052": "the story of an order",
    f"{OPERATE} map ontrac UPS --connection demo --note new": "the orders that ontrac shipped get their forwarder",
    f"{OPERATE} release D1042 --connection demo --note again": "look at an order again now",
    f"{OPERATE} pause --connection demo --note count": "nothing is written, what is read waits",
    f"{OPERATE} resume --connection demo --note counted": "it goes on",
    f"{OPERATE} plan D1052 --connection demo --note look": "a replay's dry run of one order",
}
STORY_LINES = 8


def show_reconciliation(console: Console, rows: Sequence[Row]) -> None:
    console.print("\n[bold]Reconciliation[/]: a line for each kind of case, with its first order", highlight=False)
    found = cases(rows)
    if console.width >= WIDE:
        _as_table(console, found)
    else:
        _as_list(console, found)
    for row in [row for row in rows if not row.is_equal][:MOST_DIFFERENCES]:
        text = f"{row.order.order_no}: IFS should hold {_whole(row.expected)}, and holds {_whole(row.found)}"
        console.print(f"[red]{text}[/]", highlight=False)


def _as_table(console: Console, found: Iterable[Case]) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, no_wrap=True, justify="left", header_style="underline")
    for case in found:
        row = case.row
        table.add_row(case.kind, case.range, _should_hold(case), _values(row.found), row.found[2][5:], _mark(case))
    console.print(table)


def _as_list(console: Console, found: Iterable[Case]) -> None:
    for case in found:
        _say(console, f"{case.kind}, {case.range}: {case.mark}")
        for heading, values in zip(HEADINGS[2:4], (_should_hold(case), _values(case.row.found)), strict=True):
            for line in values.split("\n"):
                _say(console, f"{heading:<16} {line}", 2)


def _should_hold(case: Case) -> str:
    return "what a person says" if case.mark == "parked" else _values(case.row.expected)


def _mark(case: Case) -> str:
    return f"[red]{case.mark}[/]" if case.mark == "DIFFERS" else case.mark


def _values(values: tuple[str, str, str]) -> str:
    """A line for each tracking number."""
    tracking, forwarder, _ = values
    return "\n".join(f"{forwarder} {number}".strip() for number in tracking.split(", ")) or "nothing"


def _whole(values: tuple[str, str, str]) -> str:
    return f"{_values(values)} {values[2]}".replace("\n", ", ")


def show_compared(console: Console, answer: Mapping[str, Any]) -> None:
    """What the deployed reconcile says by itself."""
    console.print("\n[bold]The connector's own reconcile[/], which knows nothing of its deliveries", highlight=False)
    for line in answer.get("text", [str(answer)])[:MOST_LINES]:
        console.print(f"  {line.strip()}"[: console.width], highlight=False, markup=False)


def show_counts(
    console: Console, rows: Sequence[Row], states: Mapping[str, OrderState], dry_run: Mapping[str, Any]
) -> None:
    """How the orders come to be other counts elsewhere."""
    orders = {row.order.order_no: row.order for row in rows}
    differing = {row.order.order_no for row in rows if not row.is_equal}
    parked = [no for no, order in orders.items() if order.kind in PARKED]
    left_out = {no: LEFT_OUT[order.kind] for no, order in orders.items() if order.kind in LEFT_OUT}
    waiting = [no for no in orders if no in states and _waits(states[no])]
    twice = [no for no, order in orders.items() if len(order.ifs_shipments) > 1]
    equal = orders.keys() - differing - set(parked) - left_out.keys()
    unread = [no for no, order in orders.items() if no not in states and order.kind != CANCELLED]
    reasons = ", ".join(f"{no} ({why})" for no, why in left_out.items())
    console.print()
    _say(console, f"{len(orders)} orders have {len(rows)} IFS shipments: {_listed(twice)} have two each.")
    _say(console, f"{len(equal)} are as they should be; parked for a person: {_listed(parked)}; left out: {reasons};")
    _say(console, f"waiting: {_listed(waiting)}; different: {_listed(sorted(differing))}.")
    asked, changes = dry_run.get("orders"), dry_run.get("would_change")
    _say(console, f"A dry run of replay over {asked} orders would change {changes} of them.")
    if unread:
        _say(console, f"{_listed(unread)} is not among them: labels made before go_live_at are not written.")


def show_timed(console: Console, rows: Sequence[Row], timed: Collection[int]) -> None:
    """How the counts behind the percentiles come from the count of the orders."""
    differing = {row.order.order_no for row in rows if not row.is_equal}
    equal = [row for row in rows if row.order.order_no not in differing and row.order.kind not in UNTOUCHED]
    orders = {row.order.order_no for row in equal}
    kinds = dict.fromkeys(row.order.kind for row in equal if row.ifs_shipment not in timed)
    own = sum(row.ifs_shipment in timed for row in equal)
    _say(
        console,
        f"The {len(orders)} have {len(equal)} IFS shipments; {own} of them are timed from label to IFS, and not:",
    )
    _say(console, f"{'; '.join(kinds) or 'none'}.")


def _waits(state: OrderState) -> bool:
    return any(shipment.outcome in {Outcome.WAITING, Outcome.RETRY} for shipment in state.shipments.values())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def show_parked(console: Console, order_no: str, numbers: Sequence[str], state: OrderState) -> None:
    for shipment in state.shipments.values():
        told = SENTENCES[shipment.reason] if shipment.reason else ""
        _say(console, f"{order_no}, {', '.join(numbers)}: {told}")
        _say(console, f"To choose from: IFS shipment {' or '.join(shipment.choices)}.", 2)


def show_aligned(console: Console, pairs: Sequence[Pair]) -> None:
    """A line for each kind of record that both systems keep: IFS's name, ShipStation's, and what both say."""
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        own = [pair for pair in pairs if pair.kind == kind]
        differing = [
            f"{pair.ifs} {pair.here or 'none'}, {pair.shipstation} {pair.there}" for pair in own if not pair.is_equal
        ]
        equal = [f"{pair.ifs} = {pair.shipstation}, {pair.here}" for pair in own if pair.is_equal]
        _say(console, f"{kind} alike: {'; '.join(equal) or 'none'}.")
        if differing:
            _say(console, f"{kind} that DIFFER: {'; '.join(differing)}.")


def show_story(console: Console, order_no: str, kind: str, entries: Sequence[AuditEntry]) -> None:
    console.print(f"\n[bold]Audit of {order_no}[/] ({kind})", highlight=False)
    for entry in entries:
        end = " ".join(str(part) for part in (entry.outcome, entry.reason, entry.http_status) if part)
        _say(console, f"{entry.at:%H:%M:%S} {entry.cause.kind}, IFS shipment {entry.record.id}: {end}", 2)
        for name, change in entry.changes.items():
            _say(console, f"{name}: {_text(change.before)} → {_text(change.after)}", 4)


def _text(value: str | None) -> str:
    return "empty" if value is None else value.removesuffix("T00:00:00Z")


def _say(console: Console, text: str, indent: int = 0) -> None:
    console.print(Padding(Text(text), (0, 0, 0, indent), expand=False))


def show_check(console: Console, text: str) -> None:
    """The verdict and what does not fit; the rest is counted."""
    first, *findings = [line for line in text.splitlines() if line]
    others = sum(line.startswith(("UNPROVEN", "note", "fits")) for line in findings)
    console.print("\n[bold]make check[/] on a file that says ProNoo for ProNo", highlight=False)
    _say(console, f"{first}, {others} other findings", 2)
    for line, advice in pairwise(findings):
        if line.startswith("MISFIT"):
            _say(console, " ".join(line.split()), 2)
            _say(console, advice.strip(), 4)


def show_numbers(console: Console, reconciliation: Reconciliation, numbers: Mapping[str, Any]) -> None:
    console.print("\n[bold]Numbers[/]")
    promises = {
        "IFS shipments compared": reconciliation.rows,
        "of them with something else than they should hold": reconciliation.lost,
        "values written twice": reconciliation.doubled,
        "writes to orders that must stay as they are": reconciliation.writes_to_untouched,
        "429 from ShipStation": reconciliation.throttled,
        "412 from IFS, resolved": reconciliation.conflicts,
        "a colleague's note in IFS is still there": "yes" if reconciliation.is_note_intact else "NO",
        "writes without If-Match, or inserts": reconciliation.accidents,
        "orders from IFS that ShipStation holds otherwise": reconciliation.astray,
    }
    for name, value in {**numbers, **promises}.items():
        console.print(f"  {name + ' ':.<52} {value}", highlight=False)


def percentiles(found: Iterable[float]) -> str:
    seconds = sorted(found)
    if not seconds:
        return "-"
    p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
    return f"p50 {seconds[len(seconds) // 2]:.1f} s, p99 {p99:.1f} s ({len(seconds)})"


def show_told(console: Console, order_no: str, shown: Shown) -> None:
    """The story of one order, as the operator's command line tells it."""
    lines = [wrapped for line in plain(shown.blocks) for wrapped in _wrapped(line, console.width)]
    console.print(f"\n[bold]{OPERATE} order {order_no}[/]", highlight=False)
    for line in lines[: STORY_LINES - 1]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def show_day(console: Console, messages: Sequence[str]) -> None:
    """What whoever is told of alarms is told every morning."""
    console.print("\n[bold]The message of the day[/], to whom the alarms tell", highlight=False)
    for line in [line for message in messages for line in message.splitlines() if line]:
        _say(console, line, 2)


def _wrapped(line: str, width: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    more = f"{indent}    "
    return wrap(line, width, initial_indent="", subsequent_indent=more, drop_whitespace=True) or [""]


def show_how_to_look_around(console: Console, system: System) -> None:
    console.print(
        "\n[bold]Still running.[/] In another terminal, in this folder; Ctrl-C here ends it.", highlight=False
    )
    for command, meaning in COMMANDS.items():
        console.print(f"  {command}\n      {meaning}", highlight=False, markup=False, soft_wrap=True)
    places = {"connection file": system.connection_file, "logs": system.aws.logs / "functions"}
    for name, place in {**places, "webhooks go to": system.webhook_url}.items():
        console.print(f"  {name}: {place}", highlight=False, soft_wrap=True)
