from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.audit import AuditEntry
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, OpenIntent
from functions.model.records import FieldName
from tests.equipment.builders import a_candidate, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

COMPLETE = "IfsApp.ShipmentHandling.Shipment_Complete"
ACTED = [("42", COMPLETE)]


def connection(*, allowed: bool = True, mode: str = "write", targets: dict[str, Any] | None = None) -> Connection:
    action = {"action": COMPLETE, "from_state": "Preliminary"}
    own = [{"profile": "shipment_header", "state_action": action, **(targets or {})}]
    ifs = {**a_connection().ifs.model_dump(), "targets": own, "allow_state_actions": allowed}
    return a_connection(ifs=ifs, mode=mode)


def a_world(**overrides: Any) -> World:
    return World(FakeIfs(a_candidate(a_record(state="Preliminary"))), connection(**overrides))


def test_an_action_needs_the_switch_as_well() -> None:
    with pytest.raises(ValidationError, match="allow_state_actions"):
        connection(allowed=False)


def test_without_configuration_no_action_is_ever_called() -> None:
    world = World(FakeIfs(a_candidate(a_record(state="Preliminary"))))
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.actions == []


def acted(world: World) -> list[AuditEntry]:
    return [entry for entry in world.audit.entries if entry.action]


def test_the_action_is_called_once_and_audited_once_whatever_comes_again() -> None:
    world = a_world()
    deliver([work(a_shipment())], world.delivery)
    for kind in ("release", "replay"):
        deliver([again(a_shipment().order_key, kind)], world.delivery)
    assert world.ifs.actions == ACTED
    (entry,) = acted(world)
    assert (entry.action, entry.outcome) == (COMPLETE, Outcome.WRITTEN)
    assert (entry.changes["state"].before, entry.changes["state"].after) == ("Preliminary", COMPLETE)
    assert world.on().fields["state"].outcome is Outcome.WRITTEN


def test_the_action_is_announced_before_it_is_called() -> None:
    world = a_world()
    seen: list[OpenIntent | None] = []
    world.ifs.before_act.append(lambda: seen.append(world.memories.of().intent))
    deliver([work(a_shipment())], world.delivery)
    assert [(intent.kind, intent.changes["state"].after) for intent in seen if intent] == [("action", COMPLETE)]


@pytest.mark.parametrize("commits", [True, False], ids=["it happened", "it did not happen"])
def test_an_action_whose_answer_was_lost_is_asked_about_and_never_repeated(*, commits: bool) -> None:
    world = a_world()
    lost: tuple[ConnectorError, bool] = OutcomeUnknown(Reason.IFS_UNAVAILABLE, "504"), commits
    world.ifs.act_faults.append(lost)
    deliver([work(a_shipment())], world.delivery)
    assert world.state().waiting_for is Reason.OUTCOME_UNKNOWN
    assert [entry.outcome for entry in acted(world)] == ["outcome_unknown"]
    for _ in range(3):
        world.at += timedelta(hours=2)
        deliver([again(a_shipment().order_key)], world.delivery)
    deliver([again(a_shipment().order_key, "replay")], world.delivery)
    assert world.ifs.actions == ACTED
    assert world.state().attention is (None if commits else Reason.NEVER_ANSWERED)


def test_an_action_that_was_not_sent_as_the_run_ended_is_called_by_the_next_run() -> None:
    world = a_world()
    world.ifs.act_faults.append((Retryable(Reason.OUT_OF_TIME, "not sent", scope=Scope.TENANT), False))
    deliver([work(a_shipment())], world.delivery)
    assert [(entry.outcome, entry.reason) for entry in acted(world)] == [(Outcome.RETRY, Reason.OUT_OF_TIME)]
    world.at += timedelta(minutes=5)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert [entry.outcome for entry in acted(world)] == [Outcome.RETRY, Outcome.WRITTEN]


def test_an_action_that_ends_after_its_gateway_gave_up_is_found_done() -> None:
    world = a_world()
    world.ifs.act_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "504"), False))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.edit(state="Completed")
    world.at += timedelta(minutes=5)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.actions == ACTED
    assert world.on().fields["state"].outcome is Outcome.WRITTEN


def test_a_refused_action_is_parked_with_its_code_and_the_fields_stay_written() -> None:
    world = a_world()
    refused = Permanent(Reason.REFUSED_BY_IFS, "refused", code="ORA-20112 Shipment.WRONGSTATE")
    world.ifs.act_faults.append((refused, False))
    deliver([work(a_shipment())], world.delivery)
    for kind in ("release", "replay"):
        deliver([again(a_shipment().order_key, kind)], world.delivery)
    assert (world.ifs.actions, world.state().attention) == (ACTED, Reason.REFUSED_BY_IFS)
    assert [(entry.outcome, entry.code) for entry in acted(world)] == [(Outcome.PARKED, refused.code)]
    assert world.ifs.values()[FieldName.TRACKING] == "1Z0001"


def test_an_action_that_a_colleagues_save_kept_from_beginning_is_tried_again() -> None:
    world = a_world(targets={"ship_date": {"policy": "never"}})
    world.ifs.before_act.append(lambda: world.ifs.edit(site="S1"))
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.actions, world.state().waiting_for) == ([], Reason.CONFLICTS)
    assert [(entry.outcome, entry.reason) for entry in acted(world)] == [(Outcome.RETRY, Reason.CONFLICTS)]
    for _ in range(2):
        deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.actions, world.state().waiting_for) == (ACTED, None)


class Died(Exception):
    """The run ends here."""


def died() -> None:
    raise Died


@pytest.mark.parametrize("commits", [True, False], ids=["it happened", "it did not happen"])
def test_an_action_found_open_after_a_crash_is_never_called_again(*, commits: bool) -> None:
    world = a_world()
    if commits:
        world.audit.before_put += [lambda: None, died]
    else:
        world.ifs.before_act.append(died)
    deliver([work(a_shipment())], world.delivery)
    called = ACTED if commits else []
    assert world.ifs.actions == called
    world.at += LEASE
    for kind in ("release", "replay"):
        deliver([work(a_shipment()), again(a_shipment().order_key, kind)], world.delivery)
    assert world.ifs.actions == called
    assert world.state().attention is (None if commits else Reason.OUTCOME_UNKNOWN)
    assert [entry.outcome for entry in acted(world)] == ["outcome_unknown"]


def test_a_conflict_that_was_audited_before_the_crash_lets_the_action_be_tried_again() -> None:
    world = a_world()
    world.ifs.before_act.append(lambda: world.ifs.edit(site="S1"))
    world.memories.before_save += [lambda: None, lambda: None, died]
    deliver([work(a_shipment())], world.delivery)
    world.at += LEASE
    for _ in range(2):
        deliver([work(a_shipment()), again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.actions, world.state().attention) == (ACTED, None)


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_nothing_is_called_outside_write_mode(mode: str) -> None:
    world = a_world(mode=mode)
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.actions == []


def test_nothing_is_called_for_a_label_that_was_taken_back_or_a_field_that_is_not_stored() -> None:
    world = a_world()
    deliver([work(voided(a_shipment()))], world.delivery)
    world.ifs.write_faults.append((Permanent(Reason.IFS_PERMISSION, "403"), False))
    deliver([work(a_shipment(2))], world.delivery)
    assert world.ifs.actions == []
