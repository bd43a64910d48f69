"""The answer to a person who asks where an order is."""

from __future__ import annotations

from collections.abc import Sequence

from functions.flows.operations.search import AtShipStation
from functions.flows.operations.story import OrderStory
from functions.model.frozen import Frozen


class StoriesAnswer(Frozen):
    """`told` says in a sentence what was found."""

    told: str
    stories: tuple[OrderStory, ...]
    at_shipstation: tuple[AtShipStation, ...]


def stories_answer(stories: Sequence[OrderStory], at_shipstation: Sequence[AtShipStation]) -> StoriesAnswer:
    return StoriesAnswer(
        told=_told(stories, at_shipstation), stories=tuple(stories), at_shipstation=tuple(at_shipstation)
    )


def _told(stories: Sequence[OrderStory], at_shipstation: Sequence[AtShipStation]) -> str:
    if len(stories) == 1:
        return stories[0].next.told
    if stories:
        return f"{len(stories)} orders of IFS fit."
    if any(each.kind != "order" for each in at_shipstation):
        return "ShipStation has shipped it, and it was not read yet or lies before everything that was read."
    if at_shipstation:
        return f"ShipStation has the order ({at_shipstation[0].status}), and no label for it."
    return "Neither the ledger nor ShipStation knows it."
