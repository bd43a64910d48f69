"""What a person may ask a dry run for: every criterion given holds, of one and the same shipment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from functions.flows.operations.selection import selected
from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Outcome
from functions.model.selection import Selection
from tests.equipment.builders import NOON, a_candidate, a_connection, a_record, a_shipment, again, work
from tests.equipment.delivery_fakes import FakeIfs, World

MAPPING = a_connection().mapping_version
DELIVERED_AT = NOON + timedelta(hours=2)  # of `World`


def a_world() -> World:
    """P1 of store 7 at site S1, written; P2 of store 8 at site S2, written; P3 is not in IFS."""
    first = a_candidate(a_record("1", site="S1"), ("P1", "BOLT", 2))
    second = a_candidate(a_record("2", site="S2"), ("P2", "BOLT", 2))
    world = World(FakeIfs(first, second))
    labels = (
        a_shipment(1, reference="P1", store_id=7, carrier_code="ups", service_code="ups_ground"),
        a_shipment(2, reference="P2", store_id=8, carrier_code="fedex", service_code="fedex_2day"),
        a_shipment(3, reference="P3", store_id=7, carrier_code="fedex", service_code="fedex_2day"),
    )
    deliver([work(label) for label in labels], world.delivery)
    return world


def found(world: World, **select: object) -> set[str]:
    states = world.orders.scan(world.connection.name)
    selection = Selection.model_validate(select)
    return {state.key.reference for state in selected(states, selection, world.memories, world.audit)}


@pytest.mark.parametrize(
    ("select", "orders"),
    [
        ({"store": 7}, "P1 P3"),
        ({"store": [7, 8]}, "P1 P2 P3"),
        ({"store": 9}, ""),
        ({"site": "S2"}, "P2"),
        ({"site": ["S1", "S2"]}, "P1 P2"),
        ({"carrier": "fedex"}, "P2 P3"),
        ({"service": "ups_ground"}, "P1"),
        ({"carrier": "ups", "service": "fedex_2day"}, ""),
        ({"mapping_version": MAPPING}, "P1 P2"),
        ({"mapping_version": "another"}, ""),
        ({"store": 7, "reason": "not_in_ifs_yet"}, "P3"),
        ({"outcome_from": DELIVERED_AT.isoformat()}, "P1 P2 P3"),
        ({"outcome_from": (DELIVERED_AT + timedelta(seconds=1)).isoformat()}, ""),
        ({"outcome_to": (DELIVERED_AT - timedelta(seconds=1)).isoformat()}, ""),
        ({"shipments": 2, "store": 7}, ""),
        ({"from": (NOON + timedelta(minutes=3)).isoformat()}, "P3"),
    ],
    ids=str,
)
def test_every_criterion_that_is_given_holds(select: dict[str, Any], orders: str) -> None:
    assert found(a_world(), **select) == set(orders.split())


def test_criteria_hold_of_one_and_the_same_shipment() -> None:
    world = a_world()
    later = a_shipment(4, reference="P1", store_id=8, carrier_code="fedex")
    deliver([work(later)], world.delivery)
    assert found(world, store=7, carrier="fedex") == {"P3"}
    assert found(world, shipments=[1], reason="not_in_ifs_yet") == set()


def test_an_outcome_that_stays_keeps_its_instant_and_one_that_changes_gets_a_new_one() -> None:
    world = a_world()
    world.at += timedelta(hours=5)
    world.ifs.put(a_candidate(a_record("3", site="S1"), ("P3", "BOLT", 2)))
    deliver([again(key) for key in world.orders.states], world.delivery)
    assert found(world, outcome_from=world.at.isoformat()) == {"P3"}
    assert found(world, outcome_to=(world.at - timedelta(hours=1)).isoformat()) == {"P1", "P2"}


def test_the_mapping_of_a_record_is_that_of_its_last_write() -> None:
    world = a_world()
    world.connection = a_connection(carriers={"ups": "UPS-NEW", "fedex": "FEDEX-NEW"})
    deliver([work(a_shipment(4, reference="P1"))], world.delivery)
    assert found(world, mapping_version=MAPPING) == {"P2"}
    assert found(world, mapping_version=world.connection.mapping_version) == {"P1"}


def test_where_an_earlier_version_wrote_the_records_audit_says_with_which_mapping() -> None:
    world = a_world()
    items = world.memories.items
    items |= {key: memory.model_copy(update={"mapping_version": ""}) for key, memory in items.items()}
    assert found(world, mapping_version=MAPPING) == {"P1", "P2"}


def test_an_instant_that_an_earlier_version_did_not_keep_is_within_no_bounds() -> None:
    world = a_world()
    for key, state in world.orders.states.items():
        old = {name: each.model_copy(update={"decided_at": None}) for name, each in state.shipments.items()}
        world.orders.states[key] = state.with_shipments(old)
    assert found(world, outcome_from="2020-01-01T00:00:00Z") == set()
    assert found(world, outcome=Outcome.WAITING, carrier="fedex") == {"P2", "P3"}


@pytest.mark.parametrize("select", [{}, {"store": []}, {"orders": []}, {"orders": [""]}, {"store": "main"}], ids=str)
def test_nothing_is_no_selection(select: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Selection.model_validate(select)
