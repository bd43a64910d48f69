from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest

from functions.errors import Retryable
from functions.ledger.budget import BudgetStore
from functions.model.outcomes import Reason
from functions.shipstation.budget import Governor, Lane, spacing_ms
from tests.simulation.aws.table import MemoryTable
from tests.unit.builders import NOON

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


def most_in_a_minute(sent: list[datetime]) -> int:
    minute = timedelta(seconds=60)
    return max(sum(first <= at <= first + minute for at in sent) for first in sent)


@pytest.mark.parametrize("per_minute", [1, 20, 38, 40])
@pytest.mark.parametrize("hurry", [0.0, 1.0, 4.0], ids=["a burst", "steady", "with gaps"])
def test_two_governors_on_one_key_never_send_more_than_allowed_in_any_minute(per_minute: int, hurry: float) -> None:
    setting, random = Setting(per_minute), Random(1)
    for _ in range(300):
        setting.at += timedelta(seconds=random.uniform(0, hurry) or 0.01)
        try:
            setting.wait(random.choice([setting.one, setting.other]), random.choice(LANES))
        except Retryable:
            setting.at += timedelta(seconds=30)
    assert most_in_a_minute(setting.sent) <= per_minute


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
        pytest.param("2", "30", 0, id="one left after this"),
        pytest.param("1", "30", 30, id="none left after this"),
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


@pytest.mark.parametrize(("lane", "places"), [("webhook", 1), ("poll", 1), ("sweep", 2), ("backfill", 3)], ids=LANES)
def test_a_lower_lane_queues_further_back(lane: Lane, places: int) -> None:
    setting = Setting()
    setting.wait()
    assert setting.wait(lane=lane) == pytest.approx(places * spacing_ms(38) / 1000)
