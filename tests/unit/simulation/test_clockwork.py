from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.equipment.clockwork import Clockwork, Killed

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_tasks_take_turns_by_the_clock() -> None:
    clockwork, seen = Clockwork(START), []

    def body(name: str, pause: float) -> None:
        for turn in range(3):
            clockwork.sleep(pause)
            seen.append((name, turn, (clockwork.now - START).total_seconds()))

    clockwork.start("a", lambda: body("a", 2))
    clockwork.start("b", lambda: body("b", 3))
    clockwork.run(START + timedelta(minutes=1))
    assert seen == [("a", 0, 2), ("b", 0, 3), ("a", 1, 4), ("b", 1, 6), ("a", 2, 6), ("b", 2, 9)]


def test_a_killed_task_never_runs_on() -> None:
    clockwork, seen, ended = Clockwork(START), [], []

    def body() -> None:
        seen.append("before")
        clockwork.sleep(10)
        seen.append("after")

    task = clockwork.start("a", body, lambda value, fault: ended.append(type(fault)))
    clockwork.after(5, lambda: clockwork.kill(task))
    clockwork.run(START + timedelta(minutes=1))
    assert (seen, ended) == (["before"], [Killed])


def test_no_except_clause_survives_a_kill() -> None:
    clockwork, seen = Clockwork(START), []

    def body() -> None:
        try:
            clockwork.sleep(10)
        except Exception:  # noqa: BLE001 # what is being tested
            seen.append("survived")

    task = clockwork.start("a", body, lambda *_: None)
    clockwork.after(5, lambda: clockwork.kill(task))
    clockwork.run(START + timedelta(minutes=1))
    assert seen == []


def test_an_unexpected_fault_stops_the_simulation() -> None:
    clockwork = Clockwork(START)
    clockwork.start("a", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        clockwork.run(START)


def test_a_task_can_start_another_and_time_passes_on_the_hub() -> None:
    clockwork, seen = Clockwork(START), []
    clockwork.start("a", lambda: clockwork.start("b", lambda: seen.append(clockwork.now)))
    clockwork.sleep(5)
    assert seen == [START]
    assert clockwork.now == START + timedelta(seconds=5)
