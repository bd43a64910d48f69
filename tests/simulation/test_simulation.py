"""Simulated weeks that show every story, and the proof that the oracle can complain."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from tests.simulation.breakages import BREAKAGES, BreakageResult, try_breakage
from tests.simulation.simulate import Result, simulate

pytestmark = pytest.mark.integration

SHOW_EVERYTHING = (0, 1, 3, 5)  # the fewest that show every story and every fault, and one to spare
TEN = range(10)
WEEKS = pytest.mark.xdist_group("weeks")  # simulated once for all who judge them


def on_all_cores() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_tasks_per_child=1, mp_context=get_context("spawn"))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SHOW_EVERYTHING, id="four weeks"),
        pytest.param(TEN, id="ten weeks", marks=pytest.mark.nightly),
    ],
)
def results(request: pytest.FixtureRequest) -> list[Result]:
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(pool.map(simulate, request.param))


@WEEKS
def test_nothing_is_lost_doubled_or_leaked(results: list[Result]) -> None:
    assert [f"seed {r.seed}: {text}" for r in results for text in r.violations] == []


@WEEKS
def test_workload_covers_every_story_and_both_clock_changes(results: list[Result]) -> None:
    coverage = sum((result.coverage for result in results), Counter[str]())

    assert [name for name, count in coverage.items() if not count] == []
    assert {"March night", "November night", "ShipStation outage", "IFS outage"} <= set(coverage)


@WEEKS
def test_faults_were_really_shown(results: list[Result]) -> None:
    faults = sum((result.faults for result in results), Counter[str]())

    assert {
        "webhook lost",
        "webhook twice",
        "message handed out twice",
        "ifs lost",
        "ledger throttled",
        "schedule missed",
    } <= set(faults)
    assert any(name.startswith("killed") for name in faults)


@pytest.mark.xdist_group("same seed")
def test_same_seed_gives_the_same_week_to_the_last_write() -> None:
    with on_all_cores() as pool:
        first, second = pool.map(partial(simulate, days=1.5), (4, 4))

    assert first.digest == second.digest
    assert first.faults == second.faults


@pytest.mark.xdist_group("breakages")
def test_every_breakage_finds_what_it_breaks() -> None:
    with get_context("fork").Pool(maxtasksperchild=1) as pool:  # each breaks its own process for good
        assert [each for each in pool.map(_broken, BREAKAGES, chunksize=1) if each] == []


def _broken(name: str) -> str:
    try:
        BREAKAGES[name]()
    except (AssertionError, AttributeError) as error:
        return f"{name}: {error}"
    return ""


@pytest.mark.xdist_group("broken code")
@pytest.mark.parametrize("name", ["drop If-Match", "ignore voids"])
def test_oracle_complains_about_broken_code(name: str) -> None:
    assert name in BREAKAGES
    with on_all_cores() as pool:
        (result,) = pool.map(try_breakage, [name])

    assert isinstance(result, BreakageResult)
    assert result.is_caught
