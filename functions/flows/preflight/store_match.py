"""How well the sampled orders of each store are found in IFS, and whether another field would find them better."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from functions.connections.connection import Connection
from functions.flows.to_ifs.admission import is_ours
from functions.flows.to_ifs.place import assign
from functions.flows.to_ifs.triage import skip_reason
from functions.model.fit import Finding, StoreMatch
from functions.model.outcomes import Reason
from functions.model.records import Candidate, Sought
from functions.model.sample import Sample
from functions.model.shipment import OrderKey, Shipment

TRIED = 50  # orders of one store that another field is tried on
FOUND_ENOUGH, ALONE_ENOUGH = 0.95, 0.9
KINDS = {Reason.AMBIGUOUS_TARGET: "several", Reason.SHARED_TARGET: "several", Reason.WRONG_COMPANY: "foreign"}

Orders = Mapping[OrderKey, Sequence[Shipment]]
Found = Mapping[OrderKey, Sequence[Candidate]]


def by_store(sample: Sample, connection: Connection) -> dict[int | None, dict[OrderKey, list[Shipment]]]:
    """The sampled shipments that would be our business whenever they were made, by store and order."""
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
        _counted(stores.get(store, {}), connection.at_store(store), found).model_copy(
            update={"store_id": store, "store_name": names.get(store or 0, ""), "without_reference": nameless[store]}
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


def better(this: StoreMatch, found_by: Mapping[str, tuple[int, int]]) -> StoreMatch:
    """`found_by` is how many orders each other field found, of how many. It is better only by its share."""
    known = this.orders + this.without_reference
    share = this.found / known if known else 0.0
    best = max(found_by, key=lambda source: found_by[source][0] / max(found_by[source][1], 1), default=None)
    if best is None or not found_by[best][0] or found_by[best][0] / found_by[best][1] <= share:
        return this
    told = {"better_source": best, "better_count": found_by[best][0], "tried": found_by[best][1]}
    return this.model_copy(update=told)


def findings(matches: Iterable[StoreMatch], *, holds_others: bool) -> Iterator[Finding]:
    """`holds_others`: the tenant shows the service user records at all."""
    told = list(matches)
    asked = sum(each.orders for each in told)
    is_nobody = bool(told) and not any(each.found or each.foreign or each.better_source for each in told)
    if asked and is_nobody and holds_others:
        sentence = (
            f"None of {asked} order references, read from any field, is an order of this tenant, which holds others."
        )
        advice = "base_url may name another tenant, such as test for production, or these orders never reach IFS."
        yield Finding(subject="ifs.base_url", standing="misfit", sentence=sentence, advice=advice)
    yield from map(_finding, told)


def _finding(this: StoreMatch) -> Finding:
    subject = f"stores.{this.store_id or 'unknown'}"
    store = f"store {this.store_id} ({this.store_name})" if this.store_name else f"store {this.store_id or 'unknown'}"
    if this.better_source:
        sentence = f"{this.found} of {this.orders} orders of {store} are found; {this.better_source} would find "
        sentence += f"{this.better_count} of {this.tried}."
        advice = f'Set source = "{this.better_source}" under order_reference of the connection or of the store.'
        return Finding(subject=subject, standing="misfit", sentence=sentence, advice=advice)
    if this.foreign:
        sentence = f"{this.foreign} of {this.orders} orders of {store} belong to another company or site."
        advice = "Compare company and sites of the store with IFS."
        return Finding(subject=subject, standing="misfit", sentence=sentence, advice=advice)
    sentence = f"{this.found} of {this.orders} orders of {store} are found, {this.one} of them on one record; "
    sentence += f"{this.without_reference} shipments name no order."
    is_good = this.found >= FOUND_ENOUGH * this.orders and this.one >= ALONE_ENOUGH * this.orders and this.orders
    if is_good:
        return Finding(subject=subject, standing="fits", sentence=sentence)
    standing = "misfit" if this.orders and not this.found else "note"
    advice = "Several records: orders whose goods do not tell are parked. None: the order is not in IFS, or not yet."
    return Finding.model_validate({"subject": subject, "standing": standing, "sentence": sentence, "advice": advice})


def _counted(orders: Orders, view: Connection, found: Found) -> StoreMatch:
    ours = is_ours(view)
    kinds = Counter(_kind(assign(own, found.get(key, ()), {}, ours).unplaced.values()) for key, own in orders.items())
    told = {kind: kinds[kind] for kind in ("one", "several", "none", "foreign")}
    return StoreMatch(store_id=None, orders=len(orders), without_reference=0, **told)


def _kind(unplaced: Iterable[Reason]) -> str:
    reasons = list(unplaced)
    return KINDS.get(reasons[0], "none") if reasons else "one"
