"""The answer to a person who asks where an order is."""

from __future__ import annotations

from collections.abc import Sequence

from functions.flows.operations.pushed_story import PushedStory, pushed_story
from functions.flows.operations.search import AtShipStation, Found
from functions.flows.operations.story import OrderStory
from functions.model.frozen import Frozen


class StoriesAnswer(Frozen):
    """`told` says in a sentence what was found. `pushed`: what was to be made of it in ShipStation; beside a story,
    what of that asks for a person.
    """

    told: str
    stories: tuple[OrderStory, ...]
    at_shipstation: tuple[AtShipStation, ...]
    pushed: tuple[PushedStory, ...] = ()


def stories_answer(stories: Sequence[OrderStory], found: Found) -> StoriesAnswer:
    pushed = tuple(map(pushed_story, found.pushed))
    return StoriesAnswer(
        told=_told(stories, found.at_shipstation, pushed),
        stories=tuple(stories),
        at_shipstation=tuple(found.at_shipstation),
        pushed=pushed,
    )


def _told(stories: Sequence[OrderStory], at_shipstation: Sequence[AtShipStation], pushed: Sequence[PushedStory]) -> str:
    if len(stories) == 1:
        return stories[0].next.told
    if stories:
        return f"{len(stories)} orders of IFS fit."
    if any(each.kind != "order" for each in at_shipstation):
        return "ShipStation has shipped it, and it was not read yet or lies before everything that was read."
    if pushed:
        return pushed[0].told if len(pushed) == 1 else f"{len(pushed)} orders for ShipStation fit, without a label."
    if at_shipstation:
        return f"ShipStation has the order ({at_shipstation[0].status}), and no label for it."
    return "Neither the ledger nor ShipStation knows it."
