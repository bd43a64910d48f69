"""Judges a week of reference data by both vendors' books: nobody's edit is lost, nothing comes twice, nothing is
deleted, what differs is written or asked about for as long as it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.equipment.world import CANARY
from tests.simulation import ledger_format as ledger
from tests.simulation.aligned_week import AlignedWeek
from tests.simulation.alignment_books import WINNER

ASKED, GONE = "kept", "gone_in_shipstation"
ALIAS = "@marketplace.example"


def violations(week: AlignedWeek) -> list[str]:
    found = [*week.books.faults, *week.books.lost()]
    found += [*_warehouses(week), *_customers(week), *week.stock.wrong(), *_audit(week), *_leaks(week)]
    found += [f"align: {fault!r}" for fault in week.world.functions["align"].faults if not _expected(fault)]
    return sorted(f"aligned: {each}" for each in found)


def _expected(fault: BaseException) -> bool:
    return type(fault).__name__ == "Retryable"


def _warehouses(week: AlignedWeek) -> Iterator[str]:
    memories = ledger.aligned(week.world, week.site, "warehouses")
    differing = week.books.differing()
    for code in week.books.pairs():
        memory = memories.get(code, {})
        told = set(str(memory.get(ledger.FIELD, "")).split(", ")) if memory.get(ledger.OUTCOME) == ASKED else set()
        for field in differing.get(code, set()) ^ (told & set(WINNER)):
            yield f"{code}: {field} {'differs and nobody is asked' if field not in told else 'is asked about in vain'}"
    for code in week.books.deleted:
        if memories.get(code, {}).get(ledger.REASON) != GONE:
            yield f"{code}: its warehouse was deleted and nobody is told"
    yield from (f"{code}: {times} warehouses were made" for code, times in week.books.made.items() if times > 1)


def _customers(week: AlignedWeek) -> Iterator[str]:
    tenant = week.site.tenant
    owners: dict[str, set[str]] = {}
    for number in tenant.customer_ids():
        for email in tenant.customer(number)["emails"]:
            owners.setdefault(str(email).casefold(), set()).add(number)
    for email in {each.casefold() for each in week.shops.values()}:
        expected = 0 if email.endswith(ALIAS) else 1
        if len(owners.get(email, ())) != expected:
            yield f"{len(owners.get(email, ()))} customers of IFS have one e-mail address"
    made = [number for number in tenant.customer_ids() if number not in week.known_in_ifs]
    for number in made:
        customer = tenant.customer(number)
        if not customer["emails"] or customer["Address1"] != f"1 {CANARY} Street" or number not in tenant.sales:
            yield f"customer {number} is half made"
    touched = [w for w in tenant.writes if w.by == "api" and w.key[0] in week.known_in_ifs]
    yield from (f"customer {write.key[0]} was changed" for write in touched)


def _audit(week: AlignedWeek) -> Iterator[str]:
    """One entry for each write, whoever came to tell of it; a write that was typed over may have none."""
    entries = Counter(ledger.record_of(entry) for entry in ledger.every_entry(week.world, week.site))
    for code, times in week.books.written.items():
        if not entries[code]:
            yield f"{code}: was written {times} times, and no entry says so"
        if entries[code] > times:
            yield f"{code}: was written {times} times, {entries[code]} entries say so"


def _leaks(week: AlignedWeek) -> Iterator[str]:
    places = {"log": week.world.logs.getvalue(), **{n: t.everything() for n, t in week.world.tables.items()}}
    leaking = (place for place, text in places.items() if CANARY.casefold() in text.casefold())
    yield from (f"{place} holds a name or an address" for place in leaking)
