"""Which of ShipStation's APIs a key belongs to, and what an account would lose and gain through the other one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from functions.connections.connection import ON_ITS_WAY, Connection
from functions.model.fit import Finding
from functions.model.sample import Sample

ADVICE = "docs/onboarding.md says how a connection is moved."
PLAN = "needs a plan with API access, Standard or Premium"


def moving(sample: Sample, connection: Connection) -> Iterator[Finding]:
    """Of what was read and of what the file asks for: V2 tells no items of labels, no combined orders, no key of a
    store's own import; V1 nothing of a parcel's way, and no stock.
    """
    several = sum(count > 1 for count in Counter(s.order_id for s in sample.shipments if s.order_id).values())
    if connection.shipstation.api == "v2":
        if several:
            told = f"Orders with several labels: {several}; V2 tells their goods apart only where packages name them."
            yield _note(told)
        yield _note(
            f"Through V1: any plan, goods of each label; 40 requests a minute; {_lost(_without_v2(connection))}."
        )
    else:
        lost = _lost(_without_v1(sample, connection, several))
        yield _note(f"Through V2: 200 requests a minute instead of 40, signed webhooks; {PLAN}; {lost}.")


def _note(sentence: str) -> Finding:
    return Finding(subject="shipstation.api", severity="note", sentence=sentence, advice=ADVICE)


def _lost(losses: Iterator[str]) -> str:
    told = "; ".join(losses)
    return f"lost: {told}" if told else "nothing of what was read would be lost"


def _without_v2(connection: Connection) -> Iterator[str]:
    if connection.shipstation.webhook_signature == "require":
        yield "the signatures that the file asks of webhooks"
    yield from (f"the field {field}" for field in ON_ITS_WAY if connection.writes(field))
    yield from _aligned(connection)


def _without_v1(sample: Sample, connection: Connection, several: int) -> Iterator[str]:
    if several:
        yield f"which goods each label holds (orders with several labels: {several})"
    if combined := sum(order.is_combined for order in sample.orders):
        yield f"the other IFS orders of combined ones (of them: {combined})"
    if connection.shipstation.order_reference.source == "order_key":
        yield "the order keys of stores that ShipStation imports itself"
    if connection.orders is not None:
        yield "changing a hundred pushed orders in one request: each takes one of its own"
    yield from _aligned(connection)


def _aligned(connection: Connection) -> Iterator[str]:
    """Each profile is kept through one API alone."""
    yield from (f"the alignment of {each.profile}" for each in connection.align)
