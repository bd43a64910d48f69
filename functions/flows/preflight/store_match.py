"""How well the sampled orders of each store are found in IFS, and whether another field would find them better."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from functions.connections.connection import Connection
from functions.flows.to_ifs.admission import skip_reason
from functions.flows.to_ifs.place import place
from functions.model.fit import Finding, StoreMatch
from functions.model.outcomes import Reason
from functions.model.records import Candidate, Sought
from functions.model.sample import Sample
from functions.model.shipment import OrderKey, Shipment

TRIED = 50  # orders of one store that another field is tried on
FOUND_ENOUGH, ALONE_ENOUGH = 0.95, 0.9
KINDS = {Reason.AMBIGUOUS_TARGET: "several", Reason.WRONG_COMPANY: "foreign"}

Orders = Mapping[OrderKey, Sequence[Shipment]]
Found = Mapping[OrderKey, Sequence[Candidate]]


def by_store(sample: Sample, connection: Connection) -> dict[int | None, dict[OrderKey, list[Shipment]]]:
    """The sampled shipments that would be in scope whenever they were made, by store and order."""
    stores: dict[int | None, dict[OrderKey, list[Shipment]]] = defaultdict(lambda: defaultdict(list))
    for shipment in sample.shipments:
        reason = skip_reason(shipment, connection, "named")
        if reason is None and not shipment.is_voided:
            stores[shipment.store_id][shipment.order_key].append(shipment)
    return {store: dict(orders) for store, orders in stores.items()}


def match(sample: Sample, connection: Connection, found: Found) -> list[StoreMatch]:
    names = {store.store_id: store.name for store in sample.stores}
    nameless = Counter(s.store_id for s in sample.shipments if s.skip is Reason.NO_ORDER_REFERENCE)
    stores = by_store(sample, connection)
    return [
        _counted(stores.get(store, {}), connection.at_store(store), found).of_store(
            store, names.get(store or 0, ""), without_reference=nameless[store]
        )
        for store in sorted({*stores, *nameless}, key=lambda store: store or 0)
    ]


def readings(sample: Sample, store: int | None, connection: Connection) -> dict[str, list[Sought]]:
    """The store's sampled orders as the other fields name them."""
    view = connection.at_store(store)
    orders = [order for order in sample.orders if order.store_id == store or store is None][:TRIED]
    sources = {source for order in orders for source in order.texts} - {view.shipstation.order_reference.source}
    return {
        source: [
            Sought(order=OrderKey(connection=connection.name, company=view.ifs.company, reference=text))
            for text in dict.fromkeys(order.texts[source] for order in orders if source in order.texts)
        ]
        for source in sorted(sources)
    }


def better(match: StoreMatch, found_by: Mapping[str, tuple[int, int]]) -> StoreMatch:
    """`found_by` is how many orders each other field found, of how many. It is better only by its share."""
    known = match.orders + match.without_reference
    share = match.found / known if known else 0.0
    best = max(found_by, key=lambda source: found_by[source][0] / max(found_by[source][1], 1), default=None)
    if best is None or not found_by[best][0] or found_by[best][0] / found_by[best][1] <= share:
        return match
    return match.bettered_by(best, *found_by[best])


def findings(matches: Iterable[StoreMatch], *, holds_others: bool) -> Iterator[Finding]:
    """`holds_others`: the tenant shows the service user records at all."""
    matched = list(matches)
    asked = sum(m.orders for m in matched)
    is_nobody = bool(matched) and not any(m.found or m.foreign or m.better_source for m in matched)
    if asked and is_nobody and holds_others:
        sentence = (
            f"None of {asked} order references, read from any field, is an order of this tenant, which holds others."
        )
        advice = "base_url may name another tenant, such as test for production, or these orders never reach IFS."
        yield Finding(subject="ifs.base_url", severity="misfit", sentence=sentence, advice=advice)
    yield from map(_finding, matched)


def _finding(match: StoreMatch) -> Finding:
    subject = f"stores.{match.store_id or 'unknown'}"
    store = _store(match)
    if match.better_source:
        sentence = f"{match.found} of {match.orders} orders of {store} are found; {match.better_source} would find "
        sentence += f"{match.better_count} of {match.tried}."
        advice = f'Set source = "{match.better_source}" under order_reference of the connection or of the store.'
        return Finding(subject=subject, severity="misfit", sentence=sentence, advice=advice)
    if match.foreign:
        sentence = f"{match.foreign} of {match.orders} orders of {store} belong to another company or site."
        advice = "Compare company and sites of the store with IFS."
        return Finding(subject=subject, severity="misfit", sentence=sentence, advice=advice)
    sentence = f"{match.found} of {match.orders} orders of {store} are found, {match.one} of them on one record; "
    sentence += f"{match.without_reference} shipments name no order."
    is_good = match.found >= FOUND_ENOUGH * match.orders and match.one >= ALONE_ENOUGH * match.orders and match.orders
    if is_good:
        return Finding(subject=subject, severity="fits", sentence=sentence)
    severity = "misfit" if match.orders and not match.found else "note"
    advice = "Several records: orders whose goods do not tell are parked. None: the order is not in IFS, or not yet."
    return Finding.model_validate({"subject": subject, "severity": severity, "sentence": sentence, "advice": advice})


def _store(match: StoreMatch) -> str:
    return (
        f"store {match.store_id} ({match.store_name})" if match.store_name else f"store {match.store_id or 'unknown'}"
    )


def _counted(orders: Orders, view: Connection, found: Found) -> StoreMatch:
    kinds = Counter(_kind(shipments, found.get(key, ()), view) for key, shipments in orders.items())
    counts = {kind: kinds[kind] for kind in ("one", "several", "none", "foreign")}
    return StoreMatch(store_id=None, orders=len(orders), without_reference=0, **counts)


def _kind(shipments: Sequence[Shipment], candidates: Sequence[Candidate], view: Connection) -> str:
    placement = place(shipments, candidates, {}, view.is_ours)
    reason = next(iter(placement.unplaced.values()), None)
    if reason is not None:
        return KINDS.get(reason, "none")
    placed = placement.records
    return "several" if any(c.carries_others and c.record.key in placed for c in candidates) else "one"
