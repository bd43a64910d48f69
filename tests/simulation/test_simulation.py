"""Simulated weeks that show every story."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.simulation.simulate import Result, simulate

pytestmark = pytest.mark.integration

SHOW_EVERYTHING = (0, 1, 3, 5)  # the fewest that show every story and every fault, and one to spare
TEN = range(10)


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


def test_nothing_is_lost_doubled_or_leaked(results: list[Result]) -> None:
    assert [f"seed {r.seed}: {text}" for r in results for text in r.violations] == []


def test_workload_covers_every_story_and_both_clock_changes(results: list[Result]) -> None:
    coverage = sum((result.coverage for result in results), Counter[str]())

    assert [name for name, count in coverage.items() if not count] == []
    assert {"March night", "November night", "ShipStation outage", "IFS outage"} <= set(coverage)


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
