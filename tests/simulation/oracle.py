"""Judges the end of a simulation from the vendors' own books and what is stored. Knows no flow and no decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.equipment.world import CANARY, LEDGER, Site, World
from tests.simulation import (
    judge_audit,
    judge_ledger,
    judge_pushes,
    judge_records,
    judge_requests,
    judge_sales,
    judge_time,
)
from tests.simulation.judge_audit import IntentWatch
from tests.simulation.week import Week

LEASE = timedelta(minutes=3)
CLOCKS = timedelta(minutes=1)  # the environments' clocks differ


def violations(world: World, week: Week, intents: IntentWatch | None = None) -> list[str]:
    found = [*judge_records.wrong_values(world, week), *judge_time.late(world, week)]
    for site in world.sites.values():
        found += [
            *judge_records.of_site(week, site),
            *judge_audit.of_site(world, site),
            *judge_ledger.of_site(world, week, site),
            *judge_requests.of_site(week, site),
            *judge_time.unread(world, site),
            *judge_pushes.of_site(world, week, site),
            *judge_sales.of_site(world, week, site),
            *_dead_letters(site),
            *_backwards(world, site),
        ]
    found += [*week.let_in, *_leaks(world), *(intents.violations() if intents else ())]
    found += [f"{f.name}: {fault!r}" for f in world.functions.values() for fault in f.faults if not _expected(fault)]
    return sorted(found)


def _expected(fault: BaseException) -> bool:
    """A run may end in a fault of the ledger or the queue: the messages come back."""
    return type(fault).__name__ == "Retryable"


def _dead_letters(site: Site) -> Iterator[str]:
    yield from (
        f"{site.connection.name}: dead letter {m.body[:200]}"
        for queue in (*site.dead, site.dead_orders)
        for m in queue.messages.values()
    )


def _backwards(world: World, site: Site) -> Iterator[str]:
    """A reading position only moves forwards, one holder at a time, and a newer holder's is never replaced."""
    fence, holder, held_until, heads = 0, "", world.start, dict[str, str]()
    for position in world.tables[LEDGER].positions:
        if position["connection"] != site.connection.name:
            continue
        if position["fence"] < fence:
            yield f"{site.connection.name}: a fenced holder stored its position"
        until = datetime.fromisoformat(position["held_until"]) if position.get("held_until") else None
        if holder and position["holder"] not in {holder, ""} and until and until - LEASE < held_until - CLOCKS:
            yield f"{site.connection.name}: two holders read at the same time"
        fence, holder, held_until = position["fence"], position["holder"], until or held_until
        for stream, cursor in position.get("cursors", {}).items():
            if cursor["head"] < heads.get(stream, ""):
                yield f"{site.connection.name}: the cursor of {stream} moved backwards"
            heads[stream] = cursor["head"]


def _leaks(world: World) -> Iterator[str]:
    queues = [queue for site in world.sites.values() for queue in (site.notifications, site.shipments)]
    places = {"log": world.logs.getvalue(), "queue": "\n".join(body for queue in queues for body in queue.bodies)}
    places |= {name: table.everything() for name, table in world.tables.items()}
    secret = CANARY.casefold()  # an address is compared without its case
    for place, text in places.items():
        if secret in text.casefold():
            at = text.casefold().index(secret)
            yield f"{place}: holds what it must not: …{text[max(0, at - 80) : at + 40]!r}"
