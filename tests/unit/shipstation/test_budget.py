from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import pytest

from functions.errors import Retryable
from functions.ledger.budget import BudgetStore
from functions.model.outcomes import Reason
from functions.shipstation.budget import Governor, Lane, spacing_ms
from tests.equipment.builders import NOON
from tests.equipment.clockwork import Clockwork
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.shipstation.limits import Limiter

LANES: list[Lane] = ["webhook", "poll", "sweep", "backfill"]


class Setting:
    """`sent` holds when each request goes out; a wait moves no clock here, as another Lambda's would not."""

    def __init__(self, requests_per_minute: int = 38) -> None:
        self.at = NOON
        self.per_minute = requests_per_minute
        self.sent: list[datetime] = []
        self.steps: list[Callable[[], None]] = []
        self.store = BudgetStore(MemoryTable(self._step))
        self.one, self.other = self.governor(), self.governor()

    def governor(self, key: str = "key") -> Governor:
        return Governor(
            self.store,
            key_id=lambda: key,
            requests_per_minute=self.per_minute,
            now=lambda: self.at,
            sleep=lambda seconds: self.sent.append(self.at + timedelta(seconds=seconds)),
        )

    def wait(self, governor: Governor | None = None, lane: Lane = "webhook") -> float:
        """Seconds until the request goes out."""
        (governor or self.one).wait_for_place(lane)
        return (self.sent[-1] - self.at).total_seconds()

    def _step(self, name: str) -> None:
        if name == "get done" and self.steps:
            self.steps.pop(0)()


def test_a_place_that_was_taken_by_a_clock_far_ahead_keeps_nobody_waiting() -> None:
    setting = Setting()
    setting.at = NOON + timedelta(days=365)
    setting.wait()
    setting.at = NOON
    setting.one.check()
    assert setting.wait(lane="backfill") == 0
    assert setting.wait(lane="poll") > 0


def most_in_a_minute(sent: list[datetime]) -> int:
    minute = timedelta(seconds=60)
    return max(sum(first <= at < first + minute for at in sent) for first in sent)


@pytest.mark.parametrize("per_minute", [1, 20, 39, 40])
def test_workers_on_one_key_never_send_more_than_allowed_in_any_minute(per_minute: int) -> None:
    clock, random, sent = Clockwork(NOON), Random(1), list[datetime]()
    store = BudgetStore(MemoryTable())

    def work(lane: Lane) -> None:
        governor = Governor(
            store,
            key_id=lambda: "key",
            requests_per_minute=per_minute,
            now=lambda: clock.now,
            sleep=clock.sleep,
        )
        while True:
            clock.sleep(random.choice([0.0, 0.3, 5.0]))
            with suppress(Retryable):
                governor.wait_for_place(lane)
                sent.append(clock.now)

    for lane in (*LANES, *LANES):
        clock.start(lane, lambda lane=lane: work(lane))  # type: ignore[misc] # a default argument binds the lane
    clock.run(NOON + timedelta(minutes=12))
    assert most_in_a_minute(sent) == per_minute


def test_the_whole_allowance_is_used() -> None:
    setting = Setting(38)
    for _ in range(40):
        setting.wait()
    assert most_in_a_minute(setting.sent) == 38


def test_who_is_overtaken_between_reading_and_writing_takes_the_next_place() -> None:
    setting = Setting()
    setting.steps.append(lambda: setting.other.wait_for_place("webhook"))
    setting.wait()
    assert [(at - NOON).total_seconds() for at in setting.sent] == [0, spacing_ms(38) / 1000]


def test_who_is_overtaken_for_ever_gives_up_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting()
    monkeypatch.setattr(setting.store, "store", lambda *_: False)
    with pytest.raises(Retryable) as caught:
        setting.wait()
    assert caught.value.reason is Reason.BUDGET_EXHAUSTED
    assert setting.sent == []


def test_other_keys_have_their_own_budget() -> None:
    setting = Setting()
    setting.wait()
    assert setting.wait(setting.governor("another")) == 0
    assert setting.wait() > 0


@pytest.mark.parametrize(
    ("remaining", "reset", "wait"),
    [
        pytest.param("40", "30", 0, id="all left"),
        pytest.param("0", "3", 3, id="none left"),
        pytest.param("0", None, 60, id="none left, no reset"),
        pytest.param("0", "0", 1, id="a reset of nothing"),
        pytest.param("0", "-5", 60, id="a negative reset"),
        pytest.param("0", "3600", 65, id="an hour"),
        pytest.param("0", "1772712000", 60, id="an instant instead of seconds"),
        pytest.param("0", "9" * 400, 60, id="an endless number"),
        pytest.param("0", "soon", 60, id="a word"),
        pytest.param(None, "30", 0, id="no remaining"),
        pytest.param("few", "30", 0, id="a word for remaining"),
    ],
)
def test_the_headers_are_learned_from_and_clamped(remaining: str | None, reset: str | None, wait: float) -> None:
    setting = Setting()
    setting.one.learn(remaining, reset)
    assert setting.wait(setting.other) == pytest.approx(wait + spacing_ms(38) / 1000 if wait else 0)


def test_a_pause_never_shortens_a_longer_one() -> None:
    setting = Setting()
    setting.one.pause(40)
    setting.other.pause(3)
    assert setting.wait() >= 40


def test_a_place_too_far_away_is_refused_and_not_taken() -> None:
    setting = Setting(1)
    setting.wait()
    taken = setting.wait()
    with pytest.raises(Retryable) as caught:
        setting.wait()
    assert caught.value.reason is Reason.BUDGET_EXHAUSTED
    assert caught.value.retry_after_seconds == pytest.approx(2 * taken)
    setting.at += timedelta(seconds=taken)
    assert setting.wait() == pytest.approx(taken)


@pytest.mark.parametrize("lane", LANES)
def test_nobody_waits_while_the_budget_is_idle(lane: Lane) -> None:
    assert Setting().wait(lane=lane) == 0


def test_learning_without_a_foreign_client_changes_nothing() -> None:
    setting = Setting()
    setting.wait()
    setting.one.learn("39", "50")
    assert setting.wait(setting.other) == pytest.approx(spacing_ms(38) / 1000)


def test_what_a_foreign_client_uses_is_left_to_it() -> None:
    setting = Setting()
    setting.wait()
    setting.one.learn("20", "30")  # 19 of 40 are gone and not ours: it will take as many again, and 20 are left
    assert setting.wait(setting.other) > 5


class Race:
    """Workers of one key on a virtual clock, against the vendor's own limiter."""

    def __init__(self, mode: str = "fixed", foreign: int = 0) -> None:
        self.clock = Clockwork(NOON + timedelta(seconds=13))
        self.random = Random(1)
        self.limiter = Limiter()
        self.limiter.mode, self.limiter.foreign_per_minute = mode, foreign
        self.store = BudgetStore(MemoryTable())
        self.served: Counter[str] = Counter()
        self.refused = 0
        self.longest_wait = timedelta(0)

    def worker(self, lane: Lane, latency: float = 1.0, pause: float = 0.0) -> None:
        governor = Governor(
            self.store,
            key_id=lambda: "key",
            requests_per_minute=39,
            now=lambda: self.clock.now,
            sleep=self.clock.sleep,
        )
        self.clock.start(lane, lambda: self._work(governor, lane, latency, pause))

    def run(self, minutes: int) -> None:
        self.clock.run(self.clock.now + timedelta(minutes=minutes))

    def _work(self, governor: Governor, lane: Lane, latency: float, pause: float) -> None:
        while True:
            self.clock.sleep(pause)
            asked = self.clock.now
            governor.wait_for_place(lane)
            if lane == "webhook":
                self.longest_wait = max(self.longest_wait, self.clock.now - asked)
            self.clock.sleep(latency / 4 * self.random.uniform(0.8, 1.2))
            allowance = self.limiter.charge("key", self.clock.now)
            self.clock.sleep(latency * 3 / 4 * self.random.uniform(0.8, 1.2))
            governor.learn(*(allowance.headers[f"X-Rate-Limit-{name}"] for name in ("Remaining", "Reset")))
            self.served[lane] += int(not allowance.is_refused)
            self.refused += int(allowance.is_refused)


MODES = pytest.mark.parametrize("mode", ["fixed", "sliding"])
LATENCIES = pytest.mark.parametrize("latency", [0.4, 1.0, 3.0])


@MODES
@LATENCIES
def test_alone_the_whole_limit_is_used_and_nothing_refused(mode: str, latency: float) -> None:
    race = Race(mode)
    for _ in range(6):
        race.worker("poll", latency)
    race.run(10)
    assert (race.refused, race.served["poll"] / 10 >= 0.96 * 40) == (0, True)


@MODES
@LATENCIES
@pytest.mark.parametrize(("foreign", "at_least"), [(5, 30), (15, 20), (30, 6)])
def test_beside_a_foreign_client_nothing_is_refused(mode: str, latency: float, foreign: int, at_least: int) -> None:
    race = Race(mode, foreign)
    for _ in range(6):
        race.worker("poll", latency)
    race.run(10)
    assert (race.refused, race.served["poll"] / 10 >= at_least) == (0, True)


@pytest.mark.parametrize("crowd", ["poll", "sweep", "backfill"])
def test_a_webhook_waits_for_two_places_at_most(crowd: Lane) -> None:
    race = Race()
    for _ in range(6):
        race.worker(crowd)
    race.worker("webhook", pause=7.3)
    race.run(10)
    assert race.longest_wait <= timedelta(milliseconds=2.5 * spacing_ms(39))


def test_the_higher_lane_comes_first_and_the_lowest_is_not_starved() -> None:
    race = Race()
    for lane in ("poll", "poll", "poll", "poll", "sweep", "backfill"):
        race.worker(lane)
    race.run(20)
    total = sum(race.served.values())
    assert race.served["poll"] > race.served["sweep"] >= race.served["backfill"] >= 0.05 * total


def test_nothing_is_sent_while_the_ledger_does_not_answer() -> None:
    setting = Setting()

    def fail() -> None:
        raise Retryable(Reason.LEDGER_UNAVAILABLE, "down")

    setting.steps.append(fail)
    with pytest.raises(Retryable):
        setting.wait()
    assert setting.sent == []


@pytest.mark.parametrize(("per_minute", "few"), [(38, 8), (10, 17)], ids=["usual", "slow"])
def test_a_run_is_told_to_come_later_only_while_the_next_place_is_far(per_minute: int, few: float) -> None:
    setting = Setting(per_minute)
    setting.one.check()
    setting.one.pause(60)
    with pytest.raises(Retryable) as told:
        setting.other.check()
    assert told.value.reason is Reason.BUDGET_EXHAUSTED
    assert told.value.retry_after_seconds == pytest.approx(60, abs=7)
    setting.at += timedelta(seconds=60 + 60 / per_minute - few)
    setting.other.check()
    assert setting.sent == []
