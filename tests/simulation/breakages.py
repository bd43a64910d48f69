"""Deliberate breakages of the shipping code. Each must make the oracle complain, or the simulation proves too little.

They reach into private parts of the code they break; one that no longer finds its part fails loudly.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO

from tests.equipment.order_stories import OrderStory
from tests.equipment.planned_stories import PlannedStory
from tests.equipment.push_stories import Story, StoryV2
from tests.simulation import judge_alignment
from tests.simulation.aligned_week import AlignedWeek
from tests.simulation.breakages_aligning import ALIGNING_BREAKAGES
from tests.simulation.breakages_desk import DESK_BREAKAGES
from tests.simulation.breakages_ifs import IFS_BREAKAGES
from tests.simulation.breakages_planning import PLANNING_BREAKAGES
from tests.simulation.breakages_pushing import PUSHING_BREAKAGES
from tests.simulation.breakages_reading import READING_BREAKAGES
from tests.simulation.breakages_selling import SELLING_BREAKAGES
from tests.simulation.breakages_v2 import PUSHING_BREAKAGES_V2, V2_BREAKAGES
from tests.simulation.breakages_writing import WRITING_BREAKAGES
from tests.simulation.simulate import simulate, start_of

SEEDS = (0, 11, 7, 1, 2, 8, 3, 4, 5, 6, 9, 10)  # not every week shows every fault; the telling ones first
ALIGNED_SEEDS = range(40)  # each is played in a second
DAYS, WHOLE = 3.0, 7.0
STORIES = 16  # of three writers, before the weeks

BREAKAGES: dict[str, Callable[[], None]] = {
    **READING_BREAKAGES,
    **V2_BREAKAGES,
    **PUSHING_BREAKAGES_V2,
    **WRITING_BREAKAGES,
    **PUSHING_BREAKAGES,
    **PLANNING_BREAKAGES,
    **DESK_BREAKAGES,
    **SELLING_BREAKAGES,
    **ALIGNING_BREAKAGES,
    **{name: broken for name, (broken, _) in IFS_BREAKAGES.items()},
}


@dataclass(frozen=True)
class BreakageResult:
    name: str
    is_caught: bool
    evidence: str


def _stories_find(name: str) -> str:
    """A hundred minutes of three writers are played in a second: what they show need not wait for a week."""
    for kind in _kinds(name):
        for seed in range(STORIES):
            with redirect_stdout(StringIO()):
                faults = kind(seed).play()
            if faults:
                return f"story {seed}: {faults[0]}"
    return ""


def _aligned_weeks_find(name: str) -> str:
    """In a world of their own, and short."""
    for seed in ALIGNED_SEEDS if name in {*ALIGNING_BREAKAGES, UNBROKEN} else ():
        week = AlignedWeek(seed, start_of(seed), WHOLE)
        week.play()
        found = judge_alignment.violations(week)
        if found:
            return f"seed {seed}: {found[0]}"
    return ""


def _kinds(name: str) -> list[type[Story]]:
    kinds: dict[type[Story], dict[str, Callable[[], None]]] = {
        Story: PUSHING_BREAKAGES,
        StoryV2: PUSHING_BREAKAGES_V2,
        OrderStory: SELLING_BREAKAGES,
        PlannedStory: PLANNING_BREAKAGES,
    }
    return [kind for kind, breakages in kinds.items() if name in {*breakages, UNBROKEN}]


def _nothing() -> None:
    """The same weeks with nothing broken: what they find then proves nothing of a breakage."""


UNBROKEN = "nothing is broken"


def try_breakage(name: str) -> BreakageResult:
    """Runs in a process of its own and never repairs what it broke."""
    BREAKAGES.get(name, _nothing)()
    evidence = _stories_find(name) or _aligned_weeks_find(name)
    if evidence:
        return BreakageResult(name, is_caught=True, evidence=evidence)
    for seed in SEEDS:
        found = simulate(seed, days=DAYS).violations
        if found:
            return BreakageResult(name, is_caught=True, evidence=f"seed {seed}: {found[0]}")
    return BreakageResult(name, is_caught=False, evidence=f"{len(SEEDS)} seeds found nothing")
