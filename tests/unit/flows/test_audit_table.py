"""What the audit says of a write, by what IFS answered, and of one whose answer was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.audit import AuditEntry
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, POST_AGAIN
from functions.model.records import Candidate, Conflict, FieldName, Record, Written
from tests.equipment.builders import a_candidate, a_connection, a_record, a_shipment, again, work
from tests.equipment.delivery_fakes import FakeIfs, World

TRACKING, CARRIER = FieldName.TRACKING, FieldName.CARRIER
BOTH = ("tracking", "carrier")
UNKNOWN = "outcome_unknown"
Told = tuple[Any, Reason | None, tuple[str, ...], str | None, int | None, str | None]


class Silent(FakeIfs):
    """Answers a write with a tag and no row, as some projections do; `meanwhile` happens once, before it is read."""

    def __init__(self, meanwhile: Callable[[FakeIfs], None], *candidates: Candidate) -> None:
        super().__init__(*candidates)
        self._meanwhile = meanwhile

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        answer = super().write(record, changes)
        assert isinstance(answer, Written)
        etag = self.record().etag
        meanwhile, self._meanwhile = self._meanwhile, lambda _: None
        meanwhile(self)
        return Written(http_status=204, record=None, etag=etag)


def told(entry: AuditEntry) -> Told:
    return entry.outcome, entry.reason, entry.refused, entry.code, entry.http_status, entry.etag_after


def delivered(*faults: tuple[ConnectorError, bool], **ifs: Any) -> World:
    world = World(FakeIfs(a_candidate()))
    world.ifs.write_faults += faults
    for name, value in ifs.items():
        setattr(world.ifs, name, value)
    deliver([work(a_shipment())], world.delivery)
    return world


def died() -> None:
    raise RuntimeError("killed")


@pytest.mark.parametrize(
    ("fault", "dropped", "expected"),
    [
        pytest.param(None, (), (Outcome.WRITTEN, None, (), None, 200, 'W/"2"'), id="stored"),
        pytest.param(
            None, (CARRIER,), (Outcome.WRITTEN, None, ("carrier",), None, 200, 'W/"2"'), id="stored but for one"
        ),
        pytest.param(
            None, (TRACKING, CARRIER), (Outcome.PARKED, Reason.NOT_STORED, BOTH, None, 200, None), id="not stored"
        ),
        pytest.param(
            Permanent(Reason.REFUSED_BY_IFS, "-", code="ORA-1", status=400),
            (),
            (Outcome.PARKED, Reason.REFUSED_BY_IFS, BOTH, "ORA-1", 400, None),
            id="refused",
        ),
        pytest.param(
            Retryable(Reason.RECORD_LOCKED, "-", code="LOCKED", status=409, scope=Scope.RECORD),
            (),
            (Outcome.RETRY, Reason.RECORD_LOCKED, BOTH, "LOCKED", 409, None),
            id="locked",
        ),
        pytest.param(
            Retryable(Reason.IFS_UNAVAILABLE, "-", status=503, scope=Scope.TENANT),
            (),
            (UNKNOWN, Reason.IFS_UNAVAILABLE, (), None, 503, None),
            id="somebody in front of it answers",
        ),
        pytest.param(
            Retryable(Reason.IFS_UNAVAILABLE, "-", code="ODP_BUSY", status=503, scope=Scope.TENANT),
            (),
            (Outcome.RETRY, Reason.IFS_UNAVAILABLE, BOTH, "ODP_BUSY", 503, None),
            id="it says so itself",
        ),
        pytest.param(
            Retryable(Reason.IFS_UNAVAILABLE, "-", status=429, scope=Scope.TENANT),
            (),
            (Outcome.RETRY, Reason.IFS_UNAVAILABLE, BOTH, None, 429, None),
            id="one too many",
        ),
    ],
)
def test_an_answer_is_audited_as_it_was_given(
    fault: ConnectorError | None, dropped: tuple[FieldName, ...], expected: Told
) -> None:
    world = delivered(*([(fault, False)] if fault else []), dropped=set(dropped))
    entry = world.audit.entries[0]
    assert (told(entry), entry.attempt, entry.duration_ms) == (expected, 1, 0)


def test_a_conflict_is_audited_with_its_status_and_the_next_try_counted() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.before_write.append(lambda: world.ifs.edit(site="S1"))
    deliver([work(a_shipment())], world.delivery)
    assert [(told(entry), entry.attempt) for entry in world.audit.entries] == [
        ((Outcome.RETRY, Reason.CONFLICTS, BOTH, None, 412, None), 1),
        ((Outcome.WRITTEN, None, (), None, 200, 'W/"3"'), 2),
    ]


def test_how_long_a_write_took_is_audited() -> None:
    world = World(FakeIfs(a_candidate()))

    def slow() -> None:
        world.at += timedelta(seconds=2)

    world.ifs.before_write.append(slow)
    deliver([work(a_shipment())], world.delivery)
    assert world.audit.entries[0].duration_ms == 2000


@pytest.mark.parametrize(
    ("typed", "later"), [("BY HAND", "BY HAND"), (None, "UPS")], ids=["kept", "emptied, and filled again"]
)
def test_what_is_typed_between_our_write_and_our_reading_is_a_persons(typed: str | None, later: str) -> None:
    always = {"profile": "shipment_header", "carrier": {"policy": "always"}}
    ifs = Silent(lambda ifs: ifs.edit(carrier=typed), a_candidate(a_record(carrier="DHL")))
    world = World(ifs, a_connection(ifs={**a_connection().ifs.model_dump(), "targets": [always]}))
    deliver([work(a_shipment())], world.delivery)
    assert told(world.audit.entries[0]) == (Outcome.WRITTEN, None, (), None, 204, 'W/"3"')
    carrier = world.on().fields["carrier"]
    assert (carrier.outcome, carrier.reason) == (Outcome.KEPT, Reason.TYPED_BY_A_PERSON)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.values()[CARRIER] == later


def test_a_record_that_is_gone_when_it_is_read_back_leaves_its_write_open() -> None:
    world = World(Silent(lambda ifs: ifs.hidden.add(ifs.key("42")), a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    assert (world.audit.entries, world.state().waiting_for) == ([], Reason.OUTCOME_UNKNOWN)
    assert world.on().fields == {"record": world.on().fields["record"]}
    assert (world.on().fields["record"].outcome, world.on().fields["record"].reason) == (
        Outcome.RETRY,
        Reason.OUTCOME_UNKNOWN,
    )


LOST = OutcomeUnknown(Reason.IFS_UNAVAILABLE, "lost")


@pytest.mark.parametrize(
    ("is_stored", "edits", "expected"),
    [
        pytest.param(True, {}, (Outcome.WRITTEN, None, (), None, None, 'W/"2"'), id="it arrived"),
        pytest.param(False, {}, (Outcome.RETRY, Reason.OUTCOME_UNKNOWN, BOTH, None, None, None), id="it did not"),
        pytest.param(False, {"site": "S1"}, (UNKNOWN, Reason.OUTCOME_UNKNOWN, (), None, None, None), id="nobody knows"),
    ],
)
def test_what_is_found_after_the_lease_is_audited(*, is_stored: bool, edits: dict[str, str], expected: Told) -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.write_faults.append((LOST, is_stored))
    world.ifs.before_write.append(lambda: world.ifs.read_faults.append(Retryable(Reason.IFS_UNAVAILABLE, "503")))
    deliver([work(a_shipment())], world.delivery)
    assert world.audit.entries == []
    if edits:
        world.ifs.edit(**edits)
    world.at += LEASE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert told(world.audit.entries[0]) == expected


def test_of_two_who_find_it_at_once_both_go_by_the_first_entry() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.write_faults.append((LOST, False))
    deliver([work(a_shipment())], world.delivery)
    memory = world.memories.of()
    assert memory.intent is not None
    key = memory.intent.audit_key

    def faster() -> None:
        ours = AuditEntry(
            connection=memory.connection,
            record=memory.key,
            orders=("P1001",),
            at=world.at,
            cause=work(a_shipment()).cause,
            shipments=(),
            changes=memory.intent.changes if memory.intent else {},
            refused=BOTH,
            outcome=Outcome.PARKED,
            reason=Reason.NOT_STORED,
        )
        world.audit.by_key[memory.key, key] = ours

    world.audit.before_put.append(faster)
    world.at += LEASE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert {world.on().fields[name].reason for name in BOTH} == {Reason.NOT_STORED}
    assert world.ifs.writes == []


def test_a_row_that_may_still_arrive_is_looked_for_when_it_can_no_more() -> None:
    row = Candidate(record=a_record("L1@P1001", exists=False), named_by=(a_shipment().key,), is_own=False)
    world = World(FakeIfs(row))
    world.ifs.write_faults.append((LOST, False))
    sent_at = world.at
    deliver([work(a_shipment())], world.delivery)
    world.at += LEASE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.state().next_attempt_at == sent_at + POST_AGAIN
    assert world.ifs.attempts == 1


COMPLETE = "IfsApp.ShipmentHandling.Shipment_Complete"


def acting() -> World:
    action = {"action": COMPLETE, "from_state": "Preliminary"}
    targets = [{"profile": "shipment_header", "state_action": action, "ship_date": {"policy": "never"}}]
    ifs = {**a_connection().ifs.model_dump(), "targets": targets, "allow_state_actions": True}
    return World(FakeIfs(a_candidate(a_record(state="Preliminary"))), a_connection(ifs=ifs))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(
            Permanent(Reason.REFUSED_BY_IFS, "-", code="ORA-1", status=400),
            (Outcome.PARKED, Reason.REFUSED_BY_IFS, ("state",), "ORA-1", 400, None),
            id="refused",
        ),
        pytest.param(
            Retryable(Reason.IFS_UNAVAILABLE, "-", code="ODP_BUSY", status=503, scope=Scope.TENANT),
            (UNKNOWN, Reason.IFS_UNAVAILABLE, (), "ODP_BUSY", 503, None),
            id="no answer",
        ),
        pytest.param(
            Retryable(Reason.OUT_OF_TIME, "-", scope=Scope.TENANT),
            (Outcome.RETRY, Reason.OUT_OF_TIME, ("state",), None, None, None),
            id="not sent",
        ),
    ],
)
def test_a_state_action_is_audited_as_it_was_answered(fault: ConnectorError, expected: Told) -> None:
    world = acting()
    world.ifs.act_faults.append((fault, False))
    deliver([work(a_shipment())], world.delivery)
    assert [told(entry) for entry in world.audit.entries if entry.action] == [expected]


def test_a_state_action_whose_refusal_was_audited_before_a_crash_is_parked_for_it() -> None:
    world = acting()
    world.ifs.act_faults.append((Permanent(Reason.REFUSED_BY_IFS, "-", code="ORA-1", status=400), False))
    world.memories.before_save += [lambda: None, lambda: None, died]
    deliver([work(a_shipment())], world.delivery)
    assert world.memories.of().intent is not None
    world.at += LEASE
    deliver([work(a_shipment())], world.delivery)
    assert (world.on().fields["state"].reason, world.state().attention) == (
        Reason.REFUSED_BY_IFS,
        Reason.REFUSED_BY_IFS,
    )
    assert world.ifs.actions == [("42", COMPLETE)]
