"""Which of ShipStation's APIs a key belongs to, and what an account would lose and gain through the other one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from functions.connections.connection import Connection
from functions.model.fit import Finding
from functions.model.sample import Sample

ADVICE = "docs/onboarding.md says how a connection is moved."


def moving(sample: Sample, connection: Connection) -> Iterator[Finding]:
    """Of what was read: V2 tells no items of labels, no combined orders, no key of a store's own import."""
    several = sum(count > 1 for count in Counter(s.order_id for s in sample.shipments if s.order_id).values())
    if connection.shipstation.api == "v2":
        if several:
            sentence = (
                f"Orders with several labels: {several}; V2 tells their goods apart only where packages name them."
            )
            yield Finding(subject="shipstation.api", severity="note", sentence=sentence, advice=ADVICE)
        return
    losses = list(_losses(sample, connection, several))
    lost = f"lost: {'; '.join(losses)}" if losses else "nothing of what was read would be lost"
    sentence = f"Through V2: 200 requests a minute instead of 40, signed webhooks; {lost}."
    yield Finding(subject="shipstation.api", severity="note", sentence=sentence, advice=ADVICE)


def _losses(sample: Sample, connection: Connection, several: int) -> Iterator[str]:
    if several:
        yield f"which goods each label holds (orders with several labels: {several})"
    if combined := sum(order.is_combined for order in sample.orders):
        yield f"the other IFS orders of combined ones (of them: {combined})"
    if connection.shipstation.order_reference.source == "order_key":
        yield "the order keys of stores that ShipStation imports itself"
