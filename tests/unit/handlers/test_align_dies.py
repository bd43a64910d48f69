"""A run that aligns dies before and after every call to the outside, once and twice in a row, and somebody works on
both systems before the next one: one warehouse, the right address, nobody's edit lost, one entry a write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.equipment.align_desk import ORIGIN, AlignDesk
from tests.equipment.deaths import Deaths

Act = Callable[[AlignDesk], None]


def adds(desk: AlignDesk) -> None:
    desk.add_site()


def moves(desk: AlignDesk) -> None:
    desk.tenant.edit_site_address("CHI", Address1="99 Lake Shore Drive")


def moves_in_shipstation(desk: AlignDesk) -> None:
    desk.account.edit_warehouse(desk.warehouse()["warehouseId"], street1="99 Lake Shore Drive")


def adds_both(desk: AlignDesk) -> None:
    desk.add_site(City="Evanston")
    desk.account.add_warehouse("Chicago warehouse", **{**ORIGIN, "street1": "99 Lake Shore Drive", "phone": "1"})


@dataclass(frozen=True)
class Story:
    """`acts` with a look after each; the last one's runs die. `street` and `writes` are what it ends with."""

    settings: dict[str, Any]
    acts: list[Act]
    street: str
    writes: int


EITHER: dict[str, Any] = {"direction": "both", "policies": {"street1": "shipstation_wins"}}
STORIES: dict[str, Story] = {
    "create": Story({}, [adds], "12 Harbor Street", 1),
    "change": Story({}, [adds, moves], "99 Lake Shore Drive", 2),
    "change in IFS": Story(EITHER, [adds, moves_in_shipstation], "99 Lake Shore Drive", 2),
    "change in both": Story(EITHER, [adds_both], "99 Lake Shore Drive", 2),
}


def play(story: Story, at: tuple[int, ...], between: Act = lambda _: None) -> tuple[AlignDesk, Deaths]:
    desk = AlignDesk(**story.settings)
    for act in story.acts[:-1]:
        act(desk)
        desk.look()
        desk.look()
    deaths = Deaths(desk.world, "align", at)
    story.acts[-1](desk)
    for _ in at:
        desk.look(minutes=2)
    between(desk)
    for _ in range(3):
        desk.look(minutes=20)
    return desk, deaths


def steps_of(story: Story) -> int:
    desk = AlignDesk(**story.settings)
    for act in story.acts[:-1]:
        act(desk)
        desk.look()
        desk.look()
    deaths = Deaths(desk.world, "align", ())
    story.acts[-1](desk)
    desk.look(minutes=2)
    return deaths.steps


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_a_death_at_any_step_leaves_both_sides_alike_and_every_write_audited_once(name: str, times: int) -> None:
    story = STORIES[name]
    steps = steps_of(story)
    assert steps > 10
    for step in range(steps):
        desk, deaths = play(story, (step,) * times)
        told = f"{name}, died {deaths.died} times at step {step}"
        assert deaths.died == times, told
        (warehouse,) = desk.warehouses()
        assert warehouse["originAddress"]["street1"] == story.street, told
        assert desk.tenant.site_address("CHI")["Address1"] == story.street, told
        assert len(desk.audited()) == story.writes, told
        assert not desk.known().trying, told
        assert not desk.known().reason, told


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "change" else pytest.mark.nightly) for name in STORIES]
)
def test_what_somebody_types_after_the_death_is_never_lost(name: str) -> None:
    """Into a field that nobody else touches, and into ones that the file aligns."""

    def works(desk: AlignDesk) -> None:
        for warehouse in desk.warehouses():
            desk.account.edit_warehouse(warehouse["warehouseId"], phone="555-0100", state="WI")

    story = STORIES[name]
    for step in range(steps_of(story)):
        desk, _ = play(story, (step,), works)
        told = f"{name}, died at step {step}"
        (warehouse,) = desk.warehouses()
        was_there = warehouse["originAddress"]["phone"] == "555-0100"
        assert (warehouse["originAddress"]["state"] == "WI") == was_there or name == "change in both", told
        assert warehouse["originAddress"]["street1"] == story.street, told
        assert desk.tenant.site_address("CHI")["State"] == "IL", told


def test_a_rename_after_the_death_makes_no_second_warehouse() -> None:
    def renames(desk: AlignDesk) -> None:
        for warehouse in desk.warehouses():
            desk.account.edit_warehouse(warehouse["warehouseId"], name="Midwest")

    for step in range(steps_of(STORIES["create"])):
        desk, _ = play(STORIES["create"], (step,), renames)
        assert len(desk.warehouses()) == 1, f"died at step {step}"
