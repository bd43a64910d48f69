"""Compares what a connection's targets need with what IFS publishes, and says what to change in the connection file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from pydantic import Field

from functions.connections.align import AnyAlign, Customers, RecordSet, Stock, Warehouses
from functions.connections.orders import Orders
from functions.connections.targets import AnyTarget, CustomEntity, FieldRule, FieldType, OrderHeader, OrderPlace
from functions.ifs import contacts, customer_orders, customers, outbound, stock
from functions.ifs.places import LINE_KEY as ORDER_LINE_KEY
from functions.ifs.places import ORDER_NO
from functions.ifs.schema.metadata import Attribute, EntitySet, Published
from functions.ifs.targets.shipment_header import HEADER_FIELDS, LINE_FIELDS, LINE_KEY
from functions.model.fit import Finding
from functions.model.frozen import Frozen

EDM: dict[FieldType, tuple[str, ...]] = {
    "text": ("Edm.String",),
    "timestamp": ("Edm.DateTimeOffset",),
    "date": ("Edm.Date",),
    "number": ("Edm.Decimal", "Edm.Double"),
}
FINDING = {"customer_po": "CustomerPoNo"}
ORDER_FIELDS = ("OrderNo", "Company", "Contract", "Objstate")


class Expectation(Frozen):
    """One entity set as the targets use it. `writes` are the fields, by our names; no `keys`: it is only searched."""

    subject: str
    endpoint: str
    projection: str
    entity_set: str
    keys: tuple[str, ...]
    reads: tuple[str, ...]
    writes: dict[str, FieldRule] = Field(default_factory=dict)


def expectations(
    targets: Iterable[AnyTarget], orders: Orders | None = None, align: Iterable[AnyAlign] = ()
) -> tuple[Expectation, ...]:
    read = (_orders_to_pack if orders.source == "orders" else _shipments_to_pack)(orders) if orders else ()
    aligned = (each for profile in align for each in _aligned(profile))
    return (*(each for target in targets for each in _of(target)), *read, *aligned)


def compare(expected: Expectation, published: Published | None) -> list[Finding]:
    """What does not fit, or one finding that everything does. None: the service does not exist or is not activated."""
    if published is None:
        sentence = f"IFS has no service {expected.projection} at /{expected.endpoint}."
        return [
            _misfit(expected.subject, sentence, "Check projection and endpoint; entity services must be activated.")
        ]
    found = published.sets.get(expected.entity_set)
    if found is None:
        sentence = f"{expected.projection} has no set {expected.entity_set}."
        return [_misfit(expected.subject, sentence, _nearest(expected.entity_set, published.sets))]
    misfits = [*_keys(expected, found), *_missing(expected, found), *_written(expected, found)]
    count = len({*expected.reads, *(rule.attribute for rule in expected.writes.values())})
    told = f"{expected.entity_set} of {expected.projection}: {count} attributes as expected."
    return misfits or [Finding(subject=expected.subject, severity="fits", sentence=told)]


def _of(target: AnyTarget) -> Iterator[Expectation]:
    subject = f"ifs.targets.{target.profile}"
    writes = {str(name): rule for name, rule in target.rules.items()}
    if isinstance(target, OrderHeader):
        yield _orders(subject, target.orders, target, writes)
        return
    place = {"subject": subject, "endpoint": target.endpoint, "projection": target.projection}
    if isinstance(target, CustomEntity):
        reads = (target.key, target.id_attribute, target.order_attribute, target.company_attribute or target.key)
        own = {"entity_set": target.entity_set, "keys": (target.key,), "reads": reads, "writes": writes}
        yield Expectation.model_validate({**place, **own})
        yield _orders(f"{subject}.orders", target.orders, target, {})
        return
    own = {"entity_set": target.entity_set, "keys": ("ShipmentId",), "reads": HEADER_FIELDS, "writes": writes}
    yield Expectation.model_validate({**place, **own})
    yield Expectation.model_validate({**place, "entity_set": target.line_set, "keys": LINE_KEY, "reads": LINE_FIELDS})
    if {"customer_po", "custom_field"} & set(target.find):
        yield _orders(f"{subject}.orders", target.orders, target, {})


def _shipments_to_pack(orders: Orders) -> tuple[Expectation, ...]:
    place = {"endpoint": outbound.ENDPOINT, "projection": orders.projection}
    header = {"subject": "orders.shipments", "entity_set": orders.shipments, "keys": (outbound.NUMBER,)}
    lines = {"subject": "orders.lines", "entity_set": orders.lines, "keys": outbound.LINE_KEY}
    return (
        Expectation.model_validate({**place, **header, "reads": outbound.header_fields(orders)}),
        Expectation.model_validate({**place, **lines, "reads": outbound.LINE_FIELDS}),
    )


def _orders_to_pack(orders: Orders) -> tuple[Expectation, ...]:
    names, own = orders.customer_orders, orders.customer_orders.own_address
    customer, contact = names.customer_address, names.contact
    at_orders, at_customers = names.projection, names.customers_projection
    address, several = tuple(own.model_dump().values()), tuple(customer.model_dump().values())
    found = [
        ("orders", at_orders, names.orders, (ORDER_NO,), customer_orders.header_fields(orders)),
        ("lines", at_orders, names.lines, ORDER_LINE_KEY, customer_orders.line_fields(orders)),
        ("order_addresses", at_orders, names.order_addresses, (ORDER_NO,), address),
        ("line_addresses", at_orders, names.line_addresses, ORDER_LINE_KEY, address),
        ("customer_addresses", at_customers, names.customer_addresses, (customer.customer, customer.id), several),
    ]
    if contact.set:
        key = (contact.customer, contact.key)
        found.append(("contact.set", at_customers, contact.set, key, contacts.fields(contact)))
    return tuple(
        Expectation(
            subject=f"orders.customer_orders.{subject}",
            endpoint=customer_orders.ENDPOINT,
            projection=projection,
            entity_set=entity_set,
            keys=keys,
            reads=reads,
        )
        for subject, projection, entity_set, keys, reads in found
    )


def _aligned(profile: AnyAlign) -> Iterator[Expectation]:
    subject = f"align.{profile.profile}"
    if isinstance(profile, Customers):
        yield from _customers(subject, profile)
        return
    if isinstance(profile, Stock):
        place = profile.holdings.model_dump(include={"endpoint", "projection", "entity_set"})
        reads = (profile.site, profile.part, profile.quantity, *stock.HOLDING, *profile.only)
        yield Expectation(subject=f"{subject}.holdings", keys=profile.holdings.key, reads=reads, **place)
        return
    yield _set_of(f"{subject}.places", profile.places, profile, profile.of_places)
    if profile.addresses is not None:
        yield _set_of(f"{subject}.addresses", profile.addresses, profile, profile.of_addresses)


def _customers(subject: str, profile: Customers) -> Iterator[Expectation]:
    place = profile.records.model_dump(include={"endpoint", "projection", "entity_set"})
    yield Expectation(subject=f"{subject}.records", keys=profile.records.key, reads=(customers.NAME,), **place)
    if profile.emails is not None:
        place = profile.emails.model_dump(include={"endpoint", "projection", "entity_set"})
        reads = (profile.emails.customer, profile.emails.value)
        yield Expectation(subject=f"{subject}.emails", keys=(), reads=reads, **place)


def _set_of(subject: str, each: RecordSet, profile: Warehouses, fields: Mapping[str, str]) -> Expectation:
    """What ShipStation wins is written; how long it may be, IFS says."""
    won = {name for name, winner in profile.winners.items() if winner == "shipstation_wins"}
    rules = {name: FieldRule(attribute=attribute, max_length=1) for name, attribute in fields.items() if name in won}
    return Expectation(
        subject=subject,
        endpoint=each.endpoint,
        projection=each.projection,
        entity_set=each.entity_set,
        keys=each.key,
        reads=(*profile.places.key, *fields.values()),
        writes=rules,
    )


def _orders(subject: str, place: OrderPlace, target: AnyTarget, writes: Mapping[str, FieldRule]) -> Expectation:
    asked = [FINDING[finder] for finder in target.find if finder in FINDING]
    return Expectation(
        subject=subject,
        endpoint=place.endpoint,
        projection=place.projection,
        entity_set=place.entity_set,
        keys=("OrderNo",),
        reads=(*ORDER_FIELDS, *asked, *([target.find_attribute] if target.find_attribute else [])),
        writes=dict(writes),
    )


def _keys(expected: Expectation, found: EntitySet) -> Iterator[Finding]:
    if expected.keys and set(found.keys) != set(expected.keys):
        sentence = f"{expected.entity_set} is addressed by {', '.join(found.keys)}, not by {', '.join(expected.keys)}."
        yield _misfit(expected.subject, sentence, "Check entity_set, or key_attribute of a custom entity.")


def _missing(expected: Expectation, found: EntitySet) -> Iterator[Finding]:
    for name in dict.fromkeys(expected.reads):
        if name not in found.attributes:
            yield _misfit(expected.subject, _no_attribute(name, expected), _nearest(name, found.attributes))


def _written(expected: Expectation, found: EntitySet) -> Iterator[Finding]:
    for field, rule in expected.writes.items():
        subject = f"{expected.subject}.{field}"
        attribute = found.attributes.get(rule.attribute)
        if attribute is None:
            yield _misfit(subject, _no_attribute(rule.attribute, expected), _nearest(rule.attribute, found.attributes))
        else:
            yield from _unwritable(subject, rule, attribute)


def _unwritable(subject: str, rule: FieldRule, attribute: Attribute) -> Iterator[Finding]:
    name = rule.attribute
    if attribute.is_read_only:
        advice = "Name another attribute, or ask IFS to make it updatable in the projection."
        yield _misfit(subject, f"{name} is published as read-only.", advice)
    if attribute.type not in EDM[rule.type]:
        fitting = next((kind for kind, edm in EDM.items() if attribute.type in edm), None)
        advice = f'Set type = "{fitting}".' if fitting else "Name an attribute of type text, timestamp, date or number."
        yield _misfit(subject, f"{name} is published as {attribute.type}, the file says {rule.type}.", advice)
    elif rule.type == "text" and attribute.max_length is not None and rule.max_length > attribute.max_length:
        sentence = f"{name} holds {attribute.max_length} characters, the file says {rule.max_length}."
        yield _misfit(subject, sentence, f"Set max_length = {attribute.max_length}.")


def _no_attribute(name: str, expected: Expectation) -> str:
    return f"{name} is no attribute of {expected.entity_set} in {expected.projection}."


def _nearest(name: str, names: Iterable[str]) -> str:
    by_folded = {each.casefold(): each for each in sorted(names, reverse=True)}
    close: Sequence[str] = get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.5)
    return (
        f"Nearest: {', '.join(by_folded[each] for each in close)}." if close else "Nothing published is spelt like it."
    )


def _misfit(subject: str, sentence: str, advice: str) -> Finding:
    return Finding(subject=subject, severity="misfit", sentence=sentence, advice=advice)
