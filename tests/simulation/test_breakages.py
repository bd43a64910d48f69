"""The proof that the oracle can complain, and that a seed is a week."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from tests.equipment.pace import busy_loops
from tests.simulation.breakages import BREAKAGES, BreakageResult, try_breakage
from tests.simulation.simulate import simulate

pytestmark = pytest.mark.integration


def on_all_cores() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_tasks_per_child=1, mp_context=get_context("spawn"))


@pytest.mark.nightly
def test_same_seed_gives_the_same_week_to_the_last_write_idle_and_beside_busy_loops() -> None:
    with on_all_cores() as pool:
        (first,) = pool.map(partial(simulate, days=0.5), (4,))
        with busy_loops():
            (second,) = pool.map(partial(simulate, days=0.5), (4,))

    assert first.digest == second.digest
    assert first.faults == second.faults


def test_every_breakage_finds_what_it_breaks() -> None:
    with get_context("fork").Pool(maxtasksperchild=1) as pool:  # each breaks its own process for good
        assert [each for each in pool.map(_broken, BREAKAGES, chunksize=1) if each] == []


def _broken(name: str) -> str:
    try:
        BREAKAGES[name]()
    except (AssertionError, AttributeError) as error:
        return f"{name}: {error}"
    return ""


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["drop If-Match", "ignore voids"])
def test_oracle_complains_about_broken_code(name: str) -> None:
    assert name in BREAKAGES
    with on_all_cores() as pool:
        (result,) = pool.map(try_breakage, [name])

    assert isinstance(result, BreakageResult)
    assert result.is_caught
