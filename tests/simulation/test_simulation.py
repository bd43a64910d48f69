"""Simulated weeks: three days in every run of the tests, every night those that show every story between them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from tests.simulation.simulate import Result, simulate

pytestmark = pytest.mark.integration

ONE = 1
SHORT, WHOLE = 3.0, 7.0  # days
SHOW_EVERYTHING = (0, 1, 3, 5)  # the fewest that show every story and every fault, and one to spare
TEN = range(10)


def simulated(*seeds: int, days: float = WHOLE) -> list[Result]:
    """In processes of their own: a week changes the size of pages for good."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(pool.map(partial(simulate, days=days), seeds))


def test_three_days_with_faults_end_with_nothing_lost_doubled_or_leaked() -> None:
    assert [result.violations for result in simulated(ONE, days=SHORT)] == [[]]


@pytest.fixture(scope="module", params=[pytest.param(SHOW_EVERYTHING, id="four"), pytest.param(TEN, id="ten")])
def results(request: pytest.FixtureRequest) -> list[Result]:
    return simulated(*request.param)


@pytest.mark.nightly
def test_nothing_is_lost_doubled_or_leaked(results: list[Result]) -> None:
    assert [f"seed {r.seed}: {text}" for r in results for text in r.violations] == []


@pytest.mark.nightly
def test_workload_covers_every_story_and_both_clock_changes(results: list[Result]) -> None:
    coverage = sum((result.coverage for result in results), Counter[str]())

    assert [name for name, count in coverage.items() if not count] == []
    assert {"March night", "November night", "ShipStation outage", "IFS outage"} <= set(coverage)


@pytest.mark.nightly
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
