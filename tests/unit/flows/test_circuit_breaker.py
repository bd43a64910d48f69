"""What opens the circuit of a tenant, what keeps it open, and what closes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.circuit_breaker import FRESH, Breaker
from functions.model.clocks import CLOCKS
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.tenant import LONGEST_WAIT, Circuit, Heard
from tests.equipment.builders import NOON
from tests.equipment.delivery_fakes import FakeCircuits

DOWN = Retryable(Reason.IFS_UNAVAILABLE, "502", status=502, scope=Scope.TENANT)
DOUBTFUL = OutcomeUnknown(Reason.IFS_UNAVAILABLE, "502", status=502, scope=Scope.TENANT)
REFUSED = Retryable(Reason.IFS_CREDENTIALS, "401", status=401, scope=Scope.TENANT)
UNKNOWN = Retryable(Reason.IFS_UNAVAILABLE, "500", status=500, code="ORA-12899")
VANISHED = Retryable(Reason.RECORDS_VANISHED, "20 of 20", scope=Scope.TENANT)
LOCKED = Retryable(Reason.RECORD_LOCKED, "500", scope=Scope.RECORD)
NO_GRANT = Permanent(Reason.IFS_PERMISSION, "403", status=403)
WAIT = Retryable(Reason.IFS_UNAVAILABLE, "429", status=429, retry_after_seconds=120, scope=Scope.TENANT)

EVERY_KIND: tuple[Heard, ...] = ("search", "seen", "metadata", "write")


class Tenant:
    """Its circuit in the ledger, and the clock of all consumers."""

    def __init__(self) -> None:
        self.at, self.circuits = NOON, FakeCircuits()
        self.breaker = self.consumer()

    def consumer(self) -> Breaker:
        return Breaker(self.circuits, ConnectionName("acme"), lambda: self.at)

    def fail(self, fault: ConnectorError, heard: Heard = "write", *subjects: str) -> None:
        for subject in subjects or ("P1", "P2"):
            self.breaker.failed(fault, heard, subject)

    @property
    def is_open(self) -> bool:
        return self.consumer().refusal() is not None

    @property
    def opened_by(self) -> Heard | None:
        return self.circuits.circuit(ConnectionName("acme")).opened_by


@pytest.mark.parametrize("fault", [DOWN, DOUBTFUL, REFUSED], ids=["down", "doubtful", "client refused"])
@pytest.mark.parametrize("heard", ["search", "metadata", "write"])
def test_two_failures_in_a_row_of_the_tenant_open_the_circuit_for_every_consumer(
    fault: ConnectorError, heard: Heard
) -> None:
    tenant = Tenant()
    tenant.fail(fault, heard, "P1")
    assert not tenant.is_open
    tenant.fail(fault, heard, "P1")
    refusal = tenant.consumer().refusal()
    assert refusal is not None
    assert (refusal.reason, refusal.scope, tenant.opened_by) == (fault.reason, Scope.TENANT, heard)


def test_one_records_unknown_failure_opens_nothing_however_often_it_comes() -> None:
    tenant = Tenant()
    tenant.fail(UNKNOWN, "write", *["P1"] * 9)
    assert (tenant.is_open, tenant.circuits.saves) == (False, 1)


def test_the_same_unknown_failure_of_two_records_is_the_tenants() -> None:
    tenant = Tenant()
    tenant.fail(UNKNOWN, "write", "P1", "P1", "P2")
    assert tenant.is_open


@pytest.mark.parametrize("faults", [(DOWN, UNKNOWN), (UNKNOWN, DOWN)])
def test_an_unknown_failure_beside_one_of_the_tenant_counts(faults: tuple[ConnectorError, ...]) -> None:
    tenant = Tenant()
    for fault in faults:
        tenant.fail(fault, "write", "P1")
    assert tenant.is_open


@pytest.mark.parametrize("between", [LOCKED, NO_GRANT, None], ids=["locked", "no grant", "served"])
def test_an_answer_in_between_begins_the_count_anew(between: ConnectorError | None) -> None:
    tenant = Tenant()
    tenant.fail(DOWN, "write", "P1")
    if between:
        tenant.fail(between, "write", "P2")
    else:
        tenant.breaker.served("write")
    tenant.fail(DOWN, "write", "P3")
    assert not tenant.is_open


@pytest.mark.parametrize("fault", [LOCKED, NO_GRANT], ids=["locked", "no grant"])
def test_what_ifs_refuses_of_records_opens_nothing(fault: ConnectorError) -> None:
    tenant = Tenant()
    tenant.fail(fault, "write", "P1", "P2", "P3")
    assert (tenant.is_open, tenant.circuits.saves) == (False, 0)


# --- what closes it: rows are what opened it, columns what is served then

CLOSES: dict[tuple[Heard, Heard], bool] = {
    ("search", "search"): True,
    ("search", "seen"): True,
    ("search", "metadata"): False,
    ("search", "write"): True,
    ("seen", "search"): False,
    ("seen", "seen"): True,
    ("seen", "metadata"): False,
    ("seen", "write"): True,
    ("metadata", "search"): False,
    ("metadata", "seen"): False,
    ("metadata", "metadata"): True,
    ("metadata", "write"): False,
    ("write", "search"): False,
    ("write", "seen"): False,
    ("write", "metadata"): False,
    ("write", "write"): True,
}


@pytest.mark.parametrize(("opened", "served"), CLOSES)
def test_a_circuit_closes_by_what_proves_that_its_cause_is_over(opened: Heard, served: Heard) -> None:
    tenant = Tenant()
    tenant.fail(VANISHED if opened == "seen" else DOWN, "search" if opened == "seen" else opened)
    assert tenant.opened_by == opened
    tenant.breaker.served(served)
    assert tenant.is_open is not CLOSES[opened, served]


def test_reads_that_pass_neither_close_nor_reset_what_writes_meet() -> None:
    tenant = Tenant()
    tenant.fail(DOWN, "write", "P1")
    tenant.breaker.served("search")
    tenant.fail(DOWN, "write", "P2")
    tenant.breaker.served("search")
    assert tenant.is_open


def test_what_is_still_broken_keeps_a_circuit_open_that_something_else_opened() -> None:
    tenant = Tenant()
    tenant.fail(DOWN, "search")
    tenant.fail(REFUSED, "metadata")
    tenant.breaker.served("search")
    assert (tenant.is_open, tenant.opened_by) == (True, "metadata")
    tenant.breaker.served("metadata")
    assert not tenant.is_open


def test_records_that_vanished_are_not_found_again_by_a_search_that_finds_nothing() -> None:
    tenant = Tenant()
    tenant.fail(VANISHED, "search")
    tenant.breaker.served("search")
    refusal = tenant.consumer().refusal()
    assert refusal is not None
    assert refusal.reason is Reason.RECORDS_VANISHED
    tenant.breaker.served("seen")
    assert not tenant.is_open


def test_a_probe_passes_an_open_circuit_and_its_failure_moves_nothing() -> None:
    tenant = Tenant()
    tenant.fail(DOWN)
    opened, saves = tenant.circuits.stored, tenant.circuits.saves
    tenant.at += timedelta(hours=1)
    assert tenant.consumer().refusal(is_probe=True) is None
    tenant.fail(DOWN, "write", "P3")
    assert (tenant.circuits.stored, tenant.circuits.saves) == (opened, saves)


# --- a stated time


def test_a_stated_time_holds_every_consumer_probes_included_until_it_is_over() -> None:
    tenant = Tenant()
    tenant.fail(WAIT, "write", "P1")
    tenant.at += timedelta(seconds=50)
    for is_probe in (False, True):
        refusal = tenant.consumer().refusal(is_probe=is_probe)
        assert refusal is not None
        assert (refusal.retry_after_seconds, refusal.scope) == (70, Scope.TENANT)
    tenant.at += timedelta(seconds=70)
    assert tenant.consumer().refusal() is None


def test_an_answer_that_was_under_way_does_not_end_a_stated_time() -> None:
    tenant = Tenant()
    tenant.fail(WAIT, "write", "P1")
    for heard in EVERY_KIND:
        tenant.breaker.served(heard)
    assert tenant.is_open


def test_a_shorter_wish_does_not_shorten_a_longer_one_and_the_same_is_stored_once() -> None:
    tenant = Tenant()
    tenant.fail(WAIT, "write", "P1", "P2")
    saves = tenant.circuits.saves
    shorter = Retryable(Reason.IFS_UNAVAILABLE, "429", retry_after_seconds=5, scope=Scope.TENANT)
    tenant.fail(shorter, "write", "P3")
    refusal = tenant.consumer().refusal()
    assert refusal is not None
    assert (refusal.retry_after_seconds, tenant.circuits.saves) == (120, saves)


def test_a_stated_time_that_a_clock_far_ahead_stored_holds_nobody_and_hides_no_other() -> None:
    tenant = Tenant()
    tenant.at += timedelta(days=1)
    tenant.fail(WAIT, "write", "P1")
    tenant.at -= timedelta(days=1)
    assert tenant.consumer().refusal() is None
    tenant.consumer().failed(WAIT, "write", "P2")
    refusal = tenant.consumer().refusal(is_probe=True)
    assert refusal is not None
    assert refusal.retry_after_seconds == 120


@pytest.mark.parametrize(("ahead", "is_held"), [(LONGEST_WAIT + CLOCKS, True), (timedelta(days=1), False)], ids=str)
def test_no_stated_time_is_longer_than_the_longest_that_is_heard(ahead: timedelta, *, is_held: bool) -> None:
    circuit = Circuit(connection=ConnectionName("acme")).held(NOON + ahead)
    assert circuit.seconds_held(NOON) == (ahead.total_seconds() if is_held else 0)


# --- several consumers


def test_consumers_that_fail_at_once_lose_no_failure_and_no_stated_time() -> None:
    tenant = Tenant()
    others = [tenant.consumer(), tenant.consumer()]
    others[0].failed(DOWN, "write", "P1")
    others[1].failed(WAIT, "write", "P2")
    refusal = tenant.consumer().refusal(is_probe=True)
    assert refusal is not None
    assert (refusal.retry_after_seconds, tenant.opened_by) == (120, "write")


def test_a_batch_under_way_learns_within_seconds_that_another_consumer_opened_the_circuit() -> None:
    tenant = Tenant()
    running = tenant.consumer()
    tenant.fail(DOWN)
    tenant.at += FRESH
    assert running.refusal() is not None


def test_a_tenant_that_serves_costs_no_write() -> None:
    tenant = Tenant()
    for heard in EVERY_KIND:
        tenant.breaker.served(heard)
    assert tenant.circuits.saves == 0
