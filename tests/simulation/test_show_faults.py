"""A fault is called shown where it was met and ended as it has to, and nowhere else."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.simulation import show_faults
from tests.simulation.fault_model import Fault
from tests.simulation.show_faults import by_tests, by_weeks, show
from tests.simulation.simulate import Result

IN_WEEKS = Fault("N5", "network", "the answer lost", "no second effect", "ifs lost")
IN_A_TEST = Fault(
    "X",
    "network",
    "a node",
    "a test",
    "unit/test_http_answers.py::test_a_body_that_is_larger_than_asked_for_is_a_fault",
)
UNSHOWN = Fault("Z", "operator", "nobody", "somebody", "! a reason of five words")


def week(seed: int, *, met: str, found: str = "") -> Result:
    counts = Counter({met: 3})
    none = Counter[tuple[str, str]]()
    return Result(seed, datetime(2026, 1, 5, tzinfo=UTC), [found] * bool(found), Counter(), counts, none, Counter(), "")


def met_in_the_third(seed: int) -> Result:
    return week(seed, met="ifs lost" if seed == 2 else "ifs html")


def met_and_ended_badly(seed: int) -> Result:
    return week(seed, met="ifs lost", found="one is lost")


def met_never(seed: int) -> Result:
    return week(seed, met="ifs html")


def test_weeks_are_played_until_one_meets_it() -> None:
    (shown,) = by_weeks([IN_WEEKS], met_in_the_third)

    assert (shown.ending, shown.how) == ("shown", "3 times, seed 2")


def test_a_week_that_ends_badly_shows_no_fault() -> None:
    (shown,) = by_weeks([IN_WEEKS], met_and_ended_badly)

    assert (shown.ending, shown.how) == ("failed", "seed 0: one is lost")


def test_what_no_week_meets_is_not_shown() -> None:
    (shown,) = by_weeks([IN_WEEKS], met_never)

    assert shown.ending == "not met"


def test_a_test_that_passes_shows_its_fault() -> None:
    (shown,) = by_tests([IN_A_TEST])

    assert (shown.ending, shown.how.partition(",")[0]) == ("shown", "2 passed")


def test_a_test_that_did_not_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", lambda *_given, **_named: None)

    (shown,) = by_tests([IN_A_TEST])

    assert shown.ending == "failed"


def test_each_is_told_in_the_order_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_faults, "by_weeks", lambda wanted: by_weeks(wanted, met_never))

    shown = show([UNSHOWN, IN_WEEKS])

    assert [(each.fault.id, each.ending) for each in shown] == [("Z", "cannot be shown"), ("N5", "not met")]
