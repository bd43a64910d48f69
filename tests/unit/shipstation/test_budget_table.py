"""The request budget to the millisecond: what a worker finds, and what it leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import Retryable
from functions.model.budget import BudgetState
from functions.shipstation.budget import FEW_PLACES, FEW_SECONDS, RACES, Governor, Lane, spacing_ms
from tests.equipment.builders import NOON

NOW = int(NOON.timestamp() * 1000)
PLACE = 1579  # ms between two of 38 a minute
PATIENCE = 10


class Desk:
    """One worker and the mark that it finds; the clock moves only while it sleeps. `sets` is what it stored, with what
    it had seen; the store refuses the first `lost` of them.
    """

    def __init__(self, mark: int | None = None, sent: tuple[int, ...] = (), lost: int = 0) -> None:
        """`mark` and `sent` in ms from now."""
        stamps = tuple(NOW + each for each in sent)
        self.seen = None if mark is None else BudgetState(theoretical_arrival_ms=NOW + mark, sent_ms=stamps, revision=3)
        self.lost = lost
        self.at = NOON
        self.slept: list[float] = []
        self.sets: list[tuple[BudgetState, BudgetState | None]] = []
        self.governor = Governor(
            self,
            key_id=lambda: "key",
            requests_per_minute=38,
            now=lambda: self.at,
            sleep=self._sleep,
            patience_seconds=PATIENCE,
        )

    def load(self, key_id: str) -> BudgetState | None:
        assert key_id == "key"
        return self.seen

    def store(self, key_id: str, new: BudgetState, seen: BudgetState | None) -> bool:
        assert (key_id, seen) == ("key", self.seen)
        assert isinstance(new.theoretical_arrival_ms, int)  # the ledger takes no other number
        self.sets.append((new, seen))
        return len(self.sets) > self.lost

    def left(self) -> list[tuple[int, tuple[int, ...]]]:
        """The marks it stored and what was sent, in ms from now."""
        return [(new.theoretical_arrival_ms - NOW, tuple(each - NOW for each in new.sent_ms)) for new, _ in self.sets]

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


@pytest.mark.parametrize(("per_minute", "apart"), [(38, PLACE), (40, 1501), (1, 60_001)])
def test_places_are_so_far_apart_that_no_minute_holds_one_more(per_minute: int, apart: int) -> None:
    assert spacing_ms(per_minute) == apart


@pytest.mark.parametrize(
    ("lane", "mark", "slept", "left"),
    [
        pytest.param("webhook", None, [0], [(PLACE, (0,))], id="the first of all"),
        pytest.param("webhook", -1, [0], [(PLACE, (0,))], id="a mark that is past"),
        pytest.param("webhook", 0, [0], [(PLACE, (0,))], id="a mark that is now"),
        pytest.param("webhook", 9000, [9], [(9000 + PLACE, (9000,))], id="as far as it takes"),
        pytest.param("webhook", 10_000, [10], [(10_000 + PLACE, (10_000,))], id="as far as patience"),
        pytest.param("webhook", 10_001, None, [], id="further"),
        pytest.param("poll", PLACE, [1.579], [(2 * PLACE, (PLACE,))], id="one place ahead"),
        pytest.param("poll", 3 * PLACE, [3.158, 1.579], [(4 * PLACE, (3 * PLACE,))], id="sleeps until it looks as far"),
        pytest.param("push", 1421, [1.421], [(1421 + PLACE, (1421,))], id="nine tenths of a place"),
        pytest.param("push", 1422, [0.001, 1.421], [(1422 + PLACE, (1422,))], id="a millisecond more"),
        pytest.param("sweep", 1185, [0.001, 1.184], [(1185 + PLACE, (1185,))], id="three quarters"),
        pytest.param("backfill", 790, [0.001, 0.789], [(790 + PLACE, (790,))], id="half"),
        pytest.param("backfill", 9000, [8.211, 0.789], [(9000 + PLACE, (9000,))], id="as far as patience, slept twice"),
        pytest.param("backfill", 11_000, None, [], id="beyond patience"),
    ],
)
def test_a_place_is_waited_for(
    lane: Lane, mark: int | None, slept: list[float] | None, left: list[tuple[int, tuple[int, ...]]]
) -> None:
    desk = Desk(mark)
    if slept is None:
        with pytest.raises(Retryable, match=f": the next place is {(mark or 0) / 1000:.0f} s away$") as refused:
            desk.governor.wait_for_place(lane)
        assert (refused.value.retry_after_seconds, desk.slept) == ((mark or 0) / 1000, [])
    else:
        desk.governor.wait_for_place(lane)
        assert desk.slept == slept
    assert desk.left() == left


def test_what_left_the_window_is_forgotten_when_a_place_is_taken() -> None:
    desk = Desk(0, (-60_001, -60_000, -59_999, -1))
    desk.governor.wait_for_place("webhook")
    assert desk.left() == [(PLACE, (-59_999, -1, 0))]


@pytest.mark.parametrize("lost", [RACES - 1, RACES])
def test_races_are_lost_so_often_and_no_more(lost: int) -> None:
    desk = Desk(0, lost=lost)
    if lost < RACES:
        desk.governor.wait_for_place("webhook")
    else:
        with pytest.raises(Retryable, match=r": the next place is 2 s away$"):
            desk.governor.wait_for_place("webhook")
    assert (len(desk.sets), desk.slept) == (RACES, [0] if lost < RACES else [])


FEW = FEW_SECONDS * 1000 + FEW_PLACES * PLACE


@pytest.mark.parametrize(("mark", "is_far"), [(None, False), (-1, False), (FEW, False), (FEW + 1, True)])
def test_a_run_is_told_to_come_later_from_the_millisecond_on(mark: int | None, *, is_far: bool) -> None:
    desk = Desk(mark)
    if is_far:
        with pytest.raises(Retryable, match=r": the next place is 8 s away$"):
            desk.governor.check()
    else:
        desk.governor.check()
    assert desk.sets == []


OTHERS = (-2501, -2500, 0, 1)  # of what we sent, the two in the middle count where a window began a second ago


@pytest.mark.parametrize(
    ("headers", "mark", "sent", "held"),
    [
        pytest.param(("40", "30"), None, (), None, id="nothing is used"),
        pytest.param(("38", "30", "40"), None, (), 909, id="two that are not ours"),
        pytest.param(("39", "30"), None, (), None, id="one that is not ours is noise"),
        pytest.param(("36", "60"), 0, OTHERS, 2400, id="ours are those of the window, and what was under way"),
        pytest.param(("37", "60"), 0, OTHERS, None, id="one more than ours is noise"),
        pytest.param(("38", "30", "80"), None, (), 3750, id="of another limit"),
        pytest.param(("20", None), None, (), None, id="no reset"),
        pytest.param(("50", "30"), None, (), None, id="more left than the limit"),
        pytest.param((None, "30"), None, (), None, id="nobody says what is left"),
        pytest.param(("1", "30", "1"), None, (), 30_000, id="the last one is gone"),
        pytest.param(("2", "30", "2"), None, (), None, id="not the last one"),
        pytest.param(("1", "0", "1"), None, (), 1000, id="a reset of nothing"),
        pytest.param(("1", "1", "1"), None, (), 1000, id="a reset of a second"),
        pytest.param(("1", "60", "1"), 0, (), 60_000, id="a reset of a window"),
        pytest.param(("1", "61", "1"), 0, (), 60_000, id="a reset of more than a window"),
        pytest.param(("10", "30"), None, (), 30_000, id="a busy client leaves a quarter"),
        pytest.param(("9", "30"), None, (), 30_000 - 5 * PLACE, id="and a few of fewer"),
        pytest.param(("3", "30"), None, (), 30_000 + PLACE, id="and none of the last"),
        pytest.param(("1", "30", "1"), 29_999, (), 30_000, id="the mark stands before it"),
        pytest.param(("1", "30", "1"), 30_000, (), None, id="the mark stands there"),
        pytest.param(("1", "30", "1"), 30_001, (), None, id="the mark stands behind it"),
        pytest.param(("0", "3"), None, (), 3000 + PLACE, id="none is left"),
        pytest.param(("0", "3"), 3000 + PLACE, (), None, id="none is left, and the mark stands there"),
        pytest.param(("0", None), 0, (), 60_000 + PLACE, id="none is left, nobody says how long"),
        pytest.param(("0", "0"), 0, (-5,), 1000 + PLACE, id="none is left, for no time"),
        pytest.param(("0", "66"), 0, (-5,), 65_000 + PLACE, id="none is left, for more than a window"),
    ],
)
def test_headers_move_the_mark(
    headers: tuple[str | None, ...], mark: int | None, sent: tuple[int, ...], held: int | None
) -> None:
    desk = Desk(mark, sent)
    desk.governor.learn(*headers)
    assert desk.left() == ([] if held is None else [(held, sent)])
    assert desk.slept == []


@pytest.mark.parametrize("headers", [("0", "3"), ("1", "30", "1")], ids=["a pause", "a pace"])
def test_who_is_overtaken_for_ever_while_learning_leaves_the_mark(headers: tuple[str, ...]) -> None:
    desk = Desk(0, lost=RACES)
    desk.governor.learn(*headers)
    assert len(desk.sets) == RACES


@pytest.mark.parametrize(
    ("text", "is_number"),
    [("39", True), (" 39 ", True), ("000000039", True), ("0000000039", False), ("39.0", False), ("٣٩", True)],
)
def test_a_header_is_a_whole_number_of_a_few_digits(text: str, *, is_number: bool) -> None:
    desk = Desk()
    desk.governor.learn("1", text, "1")
    assert desk.left() == ([(39_000, ())] if is_number else [])
