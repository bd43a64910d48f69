from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.errors import ConnectorError, OutcomeUnknown, Permanent
from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Reason
from tests.equipment.builders import a_candidate, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

COMPLETE = "IfsApp.ShipmentHandling.Shipment_Complete"
ACTED = [("shipment_header/42", COMPLETE)]


def connection(*, allowed: bool = True, mode: str = "write") -> Connection:
    action = {"action": COMPLETE, "from_state": "Preliminary"}
    targets = [{"profile": "shipment_header", "state_action": action}]
    ifs = {**a_connection().ifs.model_dump(), "targets": targets, "allow_state_actions": allowed}
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


def test_the_action_is_called_once_between_intent_and_result_whatever_comes_again() -> None:
    world = a_world()
    deliver([work(a_shipment())], world.delivery)
    for kind in ("release", "replay"):
        deliver([again(a_shipment().order_key, kind)], world.delivery)
    assert world.ifs.actions == ACTED
    acted = [entry for entry in world.audit.entries if "state" in entry.changes]
    assert [(entry.kind, entry.changes["state"].after) for entry in acted] == [
        ("intent", COMPLETE),
        ("result", COMPLETE),
    ]


def test_an_action_whose_answer_was_lost_is_not_repeated() -> None:
    world = a_world()
    lost: tuple[ConnectorError, bool] = OutcomeUnknown(Reason.IFS_UNAVAILABLE, "504"), True
    world.ifs.act_faults.append(lost)
    deliver([work(a_shipment())], world.delivery)
    assert world.state().waiting_for is Reason.IFS_UNAVAILABLE
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.actions == ACTED
    assert world.state().waiting_for is not Reason.IFS_UNAVAILABLE


def test_a_refused_action_is_parked_and_the_fields_stay_written() -> None:
    world = a_world()
    world.ifs.act_faults.append((Permanent(Reason.REFUSED_BY_IFS, "Shipment.WRONGSTATE"), False))
    deliver([work(a_shipment())], world.delivery)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.actions, world.state().attention) == ([], Reason.REFUSED_BY_IFS)
    assert world.ifs.writes


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
