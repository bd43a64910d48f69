"""The protocol holds in every small world, and each way to get it wrong is found."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from hypothesis.strategies import integers, sampled_from

from tests.unit.record_memory import claims, withdrawals
from tests.unit.record_memory.explore import Report, Rules, explore
from tests.unit.record_memory.protocol import outside, system
from tests.unit.record_memory.small_worlds import Break, Config, Event, Value
from tests.unit.record_memory.world import World, complaints, first_world

X: Value = frozenset({"X"})
T1: Value = frozenset({"T1"})
T2: Value = frozenset({"T2"})
VOID, VOID_P2 = Event("void", 0), Event("void", 1)
MOVE, MOVE_P2 = Event("move", 0), Event("move", 1)
EDIT, RETYPE, CLEAR = Event("edit", 0, X), Event("edit", 0, T1), Event("edit", 0)
SAME_SECOND = Event("edit", 0, X, same_second=True)
SHIP_P2, LOOK, HIDE = Event("ship", 1), Event("look", 0), Event("hide", 0)
PLAN, RESTORE = Event("plan"), Event("restore")


def one_order(*events: Event, **more: Any) -> Config:
    return Config(lines=(0,), events=frozenset(events))._replace(**more)


def two_orders(*events: Event, **more: Any) -> Config:
    return Config(events=frozenset(events))._replace(**more)


@cache
def check(config: Config) -> Report:
    rules = Rules[World](
        partial(system, config), partial(outside, config), lambda world: world.fault, partial(complaints, config)
    )
    return explore(first_world(config), rules)


WORLDS = {
    "two orders share a record and a consumer dies": two_orders(crashes=1),
    "two orders share a record and an answer is lost": two_orders(lost=1),
    "a message is handed out twice and an answer is lost": one_order(VOID, twice=1, lost=1),
    "a label is voided while both are written": two_orders(VOID),
    "everything happens to one order": one_order(VOID, EDIT, crashes=1, lost=1),
    "a message comes twice, a label is voided, a consumer dies": one_order(VOID, twice=1, crashes=1),
    "a person writes": two_orders(EDIT),
    "a person writes in the same second": two_orders(SAME_SECOND),
    "a person empties the field": two_orders(CLEAR),
    "a person types our value": two_orders(RETYPE),
    "a person types our older value": two_orders(SHIP_P2, RETYPE, VOID, asleep=frozenset({1})),
    "a person types over our value and back": one_order(EDIT, RETYPE, VOID, LOOK, lost=1),
    "a person's value is written over once": one_order(EDIT, LOOK, always=True, crashes=1, lost=1),
    "a person's value is written over, and typed again": one_order(
        EDIT, RETYPE, always=True, stands=X, crashes=1, lost=1
    ),
    "a person's number is extended": two_orders(VOID, VOID_P2, stands=T1),
    "IFS refuses a value that a person types then": one_order(RETYPE, VOID, LOOK, refuses=T1, crashes=1),
    "IFS refuses the second number": two_orders(VOID_P2, refuses=T2),
    "IFS drops a value that a person types then": one_order(RETYPE, VOID, LOOK, drops=T1, crashes=1),
    "two attributes, and a person changes one": two_orders(EDIT, attributes=2),
    "a shared record is parked until one leaves": two_orders(VOID, shared="park"),
    "a shared record is parked until one moves": two_orders(MOVE_P2, shared="park", records=2),
    "a line moves": two_orders(MOVE_P2, records=2),
    "a line moves and a consumer dies": one_order(MOVE, VOID, records=2, crashes=1),
    "a record is hidden while its label is voided": one_order(HIDE, VOID, crashes=1, lost=1),
    "a record is hidden and its line moves": one_order(HIDE, MOVE, records=2, crashes=1),
    "a plan is applied while a label is voided": two_orders(PLAN, VOID_P2, asleep=frozenset({0, 1})),
    "a plan is applied to what both orders wrote": two_orders(PLAN, VOID),
    "the ledger is restored": two_orders(RESTORE),
    "the ledger is restored and a label voided": one_order(RESTORE, VOID, EDIT),
}

BROKEN = {
    Break.INTENT_NOT_FIRST: one_order(crashes=1),
    Break.ORDER_BEFORE_RESULT: one_order(crashes=1),
    Break.LEASE_IGNORED: two_orders(),
    Break.LEASE_OF_ZERO: two_orders(),
    Break.REFUSED_IS_OURS: one_order(RETYPE, VOID, refuses=T1),
    Break.REFUSED_FOR_EVER: two_orders(VOID_P2, refuses=T2, attributes=2),
    Break.DROPPED_IS_UNKNOWN: one_order(RETYPE, VOID, drops=T1),
    Break.AUDIT_NOT_READ: one_order(RESTORE, VOID),
    Break.ANY_ENTRY_IS_PROOF: two_orders(SHIP_P2, RETYPE, VOID, asleep=frozenset({1})),
    Break.PERSON_FORGOTTEN: one_order(EDIT, RETYPE, VOID, LOOK),
    Break.OVERTAKEN_STAYS_OURS: two_orders(SHIP_P2, RETYPE, VOID, asleep=frozenset({1})),
    Break.EXTENDED_IS_GUESSED: two_orders(SHIP_P2, VOID_P2, asleep=frozenset({1}), always=True, stands=T2),
    Break.OLD_READING: two_orders(VOID),
    Break.READING_BEFORE_LEASE_END: one_order(EDIT, always=True, stands=X, crashes=1, twice=1),
    Break.UNKNOWN_CLOSED_AT_ONCE: one_order(VOID, lost=1),
    Break.UNKNOWN_WHILE_SHARED: two_orders(SHIP_P2, asleep=frozenset({1}), shared="park", lost=1),
    Break.UNKNOWN_IS_A_TRY: one_order(always=True, stands=X, crashes=1),
    Break.NEIGHBOURS_NOT_QUEUED: two_orders(VOID, shared="park"),
    Break.NEIGHBOURS_IN_MEMORY: two_orders(SHIP_P2, asleep=frozenset({1}), shared="park", crashes=1),
    Break.NOTICE_WITHOUT_RECORD: two_orders(PLAN, MOVE_P2, records=2, asleep=frozenset({1}), voided=frozenset({0})),
    Break.DEBT_FORGOTTEN: two_orders(MOVE_P2, records=2),
    Break.DEBT_PAID_EARLY: one_order(HIDE, MOVE, records=2, crashes=1),
    Break.HIDDEN_IS_FORGOTTEN: one_order(HIDE, VOID),
    Break.NOT_ANNOUNCED: one_order(MOVE, records=2, crashes=1),
    Break.PLAN_OVERRULES: two_orders(PLAN, VOID_P2, asleep=frozenset({0, 1})),
    Break.CONTRIBUTION_STAYS: one_order(MOVE, records=2),
    Break.MEMORY_PER_ORDER: two_orders(),
    Break.NO_IF_MATCH: one_order(EDIT),
    Break.PUT_UNCONDITIONAL: two_orders(),
}


@pytest.mark.parametrize("config", WORLDS.values(), ids=WORLDS.keys())
def test_protocol_holds(config: Config) -> None:
    report = check(config)
    assert not report.wrong, "\n".join(report.story)


@pytest.mark.parametrize(("broken", "config"), BROKEN.items(), ids=[broken.value for broken in BROKEN])
def test_broken_protocol_is_found(broken: Break, config: Config) -> None:
    """Also: the protocol as it is holds where a broken one does not."""
    assert check(config._replace(breaks=frozenset({broken}))).wrong
    assert config in WORLDS.values() or not check(config).wrong


def test_every_way_to_break_the_protocol_is_tried() -> None:
    assert set(BROKEN) == set(Break)


def check_claim(config: claims.Config) -> Report:
    rules = Rules[claims.World](
        partial(claims.system, config), partial(claims.outside, config), claims.fault, claims.complaints
    )
    return explore(claims.first_world(config), rules)


@pytest.mark.parametrize("row_of_before", [False, True])
def test_parcel_gets_exactly_one_row(row_of_before: bool) -> None:  # noqa: FBT001 - a parameter of the test
    report = check_claim(claims.Config(row_of_before=row_of_before))
    assert not report.wrong, "\n".join(report.story)


@pytest.mark.parametrize("broken", claims.Break, ids=lambda broken: broken.value)
def test_broken_claim_is_found(broken: claims.Break) -> None:
    assert check_claim(claims.Config(breaks=frozenset({broken}))).wrong


def check_withdrawal(config: withdrawals.Config) -> Report:
    rules = Rules[withdrawals.World](
        partial(withdrawals.system, config),
        withdrawals.outside,
        lambda _: "",
        partial(withdrawals.complaints, config),
    )
    return explore(withdrawals.World(), rules)


@pytest.mark.parametrize("references", [(0, 1), (0, 1, 0), (0, 1, 2), (0, 0, 1), (0, 1, 0, 1)], ids=str)
def test_shipment_stands_under_its_last_reference_alone(references: tuple[int, ...]) -> None:
    report = check_withdrawal(withdrawals.Config(references))
    assert not report.wrong, "\n".join(report.story)


@pytest.mark.parametrize("broken", withdrawals.Break, ids=lambda broken: broken.value)
def test_broken_withdrawal_is_found(broken: withdrawals.Break) -> None:
    assert check_withdrawal(withdrawals.Config(breaks=frozenset({broken}))).wrong


LARGE = Config(
    lines=(0, 0, 1),
    records=2,
    attributes=2,
    crashes=3,
    lost=2,
    twice=1,
    events=frozenset(
        {VOID, Event("void", 2), MOVE_P2, EDIT, RETYPE, Event("edit", 1), HIDE, Event("look", 1), PLAN, RESTORE}
    ),
)
LARGE_WORLDS = (
    LARGE,
    LARGE._replace(shared="park"),
    LARGE._replace(always=True),
    LARGE._replace(refuses=T2),
    LARGE._replace(drops=T1),
    LARGE._replace(stands=T1),
)


class LargeWorld(RuleBasedStateMachine):
    """Three orders, two records and everything that may go wrong, a few times each."""

    config: Config
    world: World

    @initialize(config=sampled_from(LARGE_WORLDS))
    def begin(self, config: Config) -> None:
        self.config, self.world = config, first_world(config)

    @rule(choice=integers(0, 99), mishap=integers(0, 5))
    def something_happens(self, choice: int, mishap: int) -> None:
        moves = list(system(self.config, self.world))
        if not mishap or not moves:
            moves = [*outside(self.config, self.world)] or moves
        if moves:
            _, self.world = moves[choice % len(moves)]

    @invariant()
    def nothing_is_lost(self) -> None:
        assert not self.world.fault

    def teardown(self) -> None:
        """Everything comes to rest, in turn, and is as it should be."""
        for turn in range(2000):
            moves = list(system(self.config, self.world))
            assert not self.world.fault
            if not moves:
                break
            _, self.world = moves[turn % len(moves)]
        else:
            pytest.fail("never comes to rest")
        assert not list(complaints(self.config, self.world))


def test_protocol_holds_in_large_worlds() -> None:
    run_state_machine_as_test(
        LargeWorld,
        settings=settings(
            max_examples=40,
            stateful_step_count=80,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
