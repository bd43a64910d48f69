"""Judges what the ledger tells people: nothing parked that could be written, nothing that waits without a reason that
is true, nobody untold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tests.equipment.shipstation.rows import Fulfillment, Label
from tests.equipment.world import Site, World
from tests.simulation import ledger_format as ledger
from tests.simulation.connection_files import IN_SHADOW, OFF
from tests.simulation.expectations import ANY_REASON, Bought, Expectation
from tests.simulation.judge_records import is_delivered, not_cancelled
from tests.simulation.week import Week

ATTENTION_AFTER = timedelta(hours=4)
WITHHELD = {"order_unreadable", "numbers_differ"}
NOT_DELIVERED, TOO_LARGE, GAP = "not_delivered_yet", "order_too_large", "gap"
States = dict[str, list[ledger.Item]]


def of_site(world: World, week: Week, site: Site) -> Iterator[str]:
    states = ledger.shipments(world, site)
    yield from _unrecorded(world, week, site, states)
    yield from _missing(week, site, states)
    yield from _unfounded(week, site, states)
    yield from _untold(world, week, site)
    yield from _due_without_need(world, week, site)
    yield from _shown_to_nobody(world, week, site)
    yield from _large(world, week, site)


def _unrecorded(world: World, week: Week, site: Site, states: States) -> Iterator[str]:
    """Every label and fulfilment made or taken back since go-live stands in the ledger, or a person is told that its
    order does not let it in.
    """
    told = {item["subject"] for item in ledger.parked_subjects(world, site) if item[ledger.REASON] in WITHHELD}
    large = {f"L{number}" for each, bought, _ in week.too_large if each is site for number in bought}
    hidden = site.account.broken_rows
    labels = {number: label for number, label in site.account.shipments.current.items() if number not in hidden}
    rows: dict[str, Label | Fulfillment] = {f"L{number}": label for number, label in labels.items()}
    rows |= {f"F{number}": mark for number, mark in site.account.fulfillments.current.items()}
    for key, row in rows.items():
        is_told = row.order is not None and f"order {row.order.order_id}" in told
        if row.created < site.connection.go_live_at or key in large or is_told:
            continue
        if key not in states:
            yield f"{site.connection.name}: shipment {key} is not in the ledger"
        elif row.voided_at and not any(ledger.VOIDED_AT in state[ledger.SHIPMENT] for state in states[key]):
            yield f"{site.connection.name}: shipment {key} was voided and the ledger does not know"


def _keys(rows: Sequence[tuple[Site, Bought, tuple[str, ...]]], site: Site) -> dict[str, set[str]]:
    """The reasons by shipment key."""
    found: dict[str, set[str]] = {}
    for each, bought, reasons in rows:
        if each is site and bought:
            found.setdefault(f"L{bought[0]}", set()).update(reasons)
    return found


def _missing(week: Week, site: Site, states: States) -> Iterator[str]:
    """What a person has to decide is parked, with its reason."""
    for key, reasons in _keys(week.parked, site).items():
        told = [(s.get(ledger.OUTCOME), s.get(ledger.REASON)) for s in states.get(key, ())]
        parked = {reason for outcome, reason in told if outcome == ledger.PARKED}
        if not (parked & reasons or (parked and ANY_REASON in reasons)):
            yield f"{site.connection.name}: {key} should be parked as {' or '.join(sorted(reasons))} and is {told}"


def _unfounded(week: Week, site: Site, states: States) -> Iterator[str]:
    """Parked although it could be written, or waiting for what has happened."""
    excused, demanded = _keys(week.excused, site), _keys(week.parked, site)
    by_key = _expectations(week, site)
    large = {f"L{number}" for each, bought, _ in week.too_large if each is site for number in bought}
    for key, own in states.items():
        reasons = excused.get(key, set()) | demanded.get(key, set())
        for state in own:
            outcome, reason = state.get(ledger.OUTCOME), state.get(ledger.REASON)
            if outcome not in {ledger.PARKED, *ledger.WAITS} or reason in reasons or ANY_REASON in reasons:
                continue
            if key in large or state[ledger.SHIPMENT].get(ledger.STORE) == IN_SHADOW:
                continue
            if reason == NOT_DELIVERED and not all(map(is_delivered, by_key.get(key, ()))):
                continue
            yield f"{site.connection.name}: {key} is {outcome} as {reason} without a cause{_of(by_key, key)}"


def _of(by_key: dict[str, list[Expectation]], key: str) -> str:
    kinds = sorted({expectation.kind for expectation in by_key.get(key, ())})
    return f" ({', '.join(kinds)})" if kinds else ""


def _expectations(week: Week, site: Site) -> dict[str, list[Expectation]]:
    found: dict[str, list[Expectation]] = {}
    for expectation in week.expectations:
        if expectation.site is site:
            for key in (*(f"L{n}" for n in expectation.labels), *(f"F{n}" for n in expectation.marks)):
                found.setdefault(key, []).append(expectation)
    return found


def _untold(world: World, week: Week, site: Site) -> Iterator[str]:
    """An order with something parked, or in trouble for hours, calls for attention."""
    told = {f"L{bought[0]}" for each, bought in week.told if each is site and bought}
    for order in ledger.orders(world, site):
        own = order.get(ledger.SHIPMENTS, {})
        parked = [key for key, state in own.items() if state.get(ledger.OUTCOME) == ledger.PARKED]
        parked += [key for key, s in own.items() if s.get(ledger.OUTCOME) == "retry" and _is_old(world, s)]
        if (parked or told & set(own)) and not order.get(ledger.ATTENTION):
            name = ", ".join(parked or sorted(told & set(own)))
            yield f"{site.connection.name}: nobody is told of {name}"


def _is_old(world: World, state: ledger.Item) -> bool:
    return world.now() - ledger.created_at(state) > 2 * ATTENTION_AFTER


def _due_without_need(world: World, week: Week, site: Site) -> Iterator[str]:
    """Only what waits for something is on the due list, and nothing of a store that is switched off."""
    by_key = _expectations(week, site)
    special = {*_keys(week.excused, site), *_keys(week.parked, site)}
    for order in ledger.orders(world, site):
        if not str(order.get(ledger.DUE_SHARD, "")).startswith(ledger.DUE_LISTS):
            continue
        own = order.get(ledger.SHIPMENTS, {})
        stores = {state[ledger.SHIPMENT].get(ledger.STORE) for state in own.values()}
        if stores == {OFF}:
            yield f"{site.connection.name}: an order of a store that is switched off is due"
        is_plain = IN_SHADOW not in stores and not special & set(own) and set(own) <= set(by_key)
        concerned = [expectation for key in own for expectation in by_key.get(key, ())]
        if own and is_plain and not any(map(_waits, concerned)):
            name = f"{site.connection.name}: {', '.join(sorted(own))}"
            yield f"{name} is due and waits for nothing{_of({'': concerned}, '')}"


def _waits(expectation: Expectation) -> bool:
    """For its delivery, to write the ship date."""
    return bool(not_cancelled(expectation)) and not is_delivered(expectation)


def _shown_to_nobody(world: World, week: Week, site: Site) -> Iterator[str]:
    """A shipped order without any shipment, and a row that ShipStation cannot show, are shown to a person."""
    subjects = ledger.parked_subjects(world, site)
    for each, order_id in week.unshipped:
        if each is site and not any(item["subject"] == f"order {order_id}" for item in subjects):
            yield f"{site.connection.name}: order {order_id} is shipped without a shipment and nobody is told"
    if any(each is site for each, _ in week.unreadable) and not any(i[ledger.REASON] == GAP for i in subjects):
        yield f"{site.connection.name}: a row breaks its page and nobody is told"
    for bought, expectation in week.cleared_or_told:
        if expectation.site is site and bought:
            yield from _neither_cleared_nor_told(world, site, bought[0], expectation)


def _neither_cleared_nor_told(world: World, site: Site, label: int, expectation: Expectation) -> Iterator[str]:
    stands = site.tenant.shipment(expectation.shipment_id)["ProNo"]
    is_told = any(
        o.get(ledger.ATTENTION) for o in ledger.orders(world, site) if f"L{label}" in o.get(ledger.SHIPMENTS, {})
    )
    if site.account.shipments.current[label].voided_at and stands and not is_told:
        yield f"{site.connection.name}/{expectation.shipment_id}: a voided number stands and nobody is told"


def _large(world: World, week: Week, site: Site) -> Iterator[str]:
    """An order too large for an item is parked alone; nothing but its own numbers stands on its record."""
    for each, bought, shipment_id in week.too_large:
        if each is not site or not bought:
            continue
        everything = (
            ledger.as_text(item) for item in (*ledger.orders(world, site), *ledger.parked_subjects(world, site))
        )
        if not any(TOO_LARGE in text for text in everything):
            yield f"{site.connection.name}: an order of {len(bought)} large parcels is not parked as {TOO_LARGE}"
        numbers = {str(site.account.shipments.current[number].tracking_number) for number in bought}
        stands = str(site.tenant.shipment(shipment_id)["ProNo"] or "")
        if not set(filter(None, stands.split(", "))) <= numbers:
            yield f"{site.connection.name}/{shipment_id}: a large order's record holds {stands!r}"
