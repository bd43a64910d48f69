from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget
from functions.errors import Retryable
from functions.flows.to_ifs.deliver import deliver
from functions.flows.to_ifs.record_session import Records
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE
from functions.model.records import Candidate, Conflict, FieldName, Place, Record, RecordKey, Written
from functions.model.selection import Selection
from functions.model.shipment import Shipment
from tests.equipment.builders import NOON, a_candidate, a_connection, a_key, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.plans import a_replay, draw_up

ELSEWHERE = {
    "profile": "shipment_header",
    "entity_set": "OtherSet",
    "tracking": {"policy": "if_empty"},
    "carrier": {"policy": "never"},
}

THERE = a_key("9", Place("ifs.example.com/ShipmentHandling/OtherSet"))


def a_world(stores: dict[str, Any] | None = None) -> World:
    return World(FakeIfs(a_candidate()), a_connection(stores=stores or {}))


def of_store(store_id: int | None, shipment_id: int = 1, **overrides: Any) -> Shipment:
    return a_shipment(shipment_id, store_id=store_id, **overrides)


def test_a_store_in_shadow_mode_writes_nothing_while_the_others_write() -> None:
    world = a_world({"7": {"mode": "shadow"}})
    deliver([work(of_store(7))], world.delivery)
    assert world.ifs.writes == []
    assert world.state().shipments[of_store(7).key].outcome is Outcome.WOULD_WRITE
    deliver([work(of_store(8, 2))], world.delivery)
    assert len(world.ifs.writes) == 1


def test_a_store_that_writes_writes_although_the_connection_rehearses() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(mode="shadow", stores={"7": {"mode": "write"}}))
    deliver([work(of_store(7))], world.delivery)
    assert len(world.ifs.writes) == 1


def test_an_order_of_a_store_that_is_off_costs_no_call_is_never_due_and_goes_on_once_it_is_switched_on() -> None:
    world = a_world({"7": {"mode": "off"}})
    deliver([work(of_store(7))], world.delivery)
    known = world.state().shipments[of_store(7).key]
    assert (world.ifs.searches, world.ifs.writes) == (0, [])
    assert (known.outcome, known.reason, world.state().next_attempt_at) == (Outcome.SKIPPED, Reason.MODE_OFF, None)
    world.connection = a_connection(stores={"7": {"mode": "write"}})
    deliver([again(of_store(7).order_key)], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"


def test_a_connection_that_is_off_calls_nothing() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(mode="off"))
    deliver([work(a_shipment())], world.delivery)
    assert world.state().shipments[a_shipment().key].reason is Reason.MODE_OFF
    assert (world.ifs.searches, world.state().next_attempt_at, world.state().attention) == (0, None, None)


def test_switched_off_an_order_keeps_where_it_stands_and_a_void_is_taken_back_once_it_is_on_again() -> None:
    world = a_world({"7": {"mode": "write"}})
    deliver([work(of_store(7))], world.delivery)
    world.connection = a_connection(stores={"7": {"mode": "off"}})
    deliver([work(voided(of_store(7)))], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] == "1Z0001"
    world.connection = a_connection(stores={"7": {"mode": "write"}})
    deliver([again(of_store(7).order_key, "replay")], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] is None


@pytest.mark.parametrize(
    ("store", "reason"), [(7, Reason.STORE_EXCLUDED), (None, Reason.STORE_UNKNOWN)], ids=["left out", "unknown"]
)
def test_what_is_of_no_store_of_ours_is_skipped_without_a_call(store: int | None, reason: Reason) -> None:
    world = a_world({"exclude": [7]})
    deliver([work(of_store(store))], world.delivery)
    deliver([again(of_store(store).order_key)], world.delivery)
    known = world.state().shipments[of_store(store).key]
    assert (known.outcome, known.reason, world.ifs.searches) == (Outcome.SKIPPED, reason, 0)
    assert (world.state().next_attempt_at, world.state().attention) == (None, None)


def test_a_stores_own_target_and_rules_are_used_for_search_and_write() -> None:
    world = a_world({"7": {"targets": [ELSEWHERE]}})
    other = world.by_entity_set["OtherSet"] = FakeIfs(a_candidate(a_record(THERE)))
    deliver([work(of_store(7))], world.delivery)
    assert other.writes == [("9", {FieldName.TRACKING: "1Z0001"})]
    assert (world.ifs.searches, world.ifs.writes) == (0, [])


def test_orders_of_one_target_are_searched_together_and_a_fault_stays_with_its_target() -> None:
    lines = ("P1", "BOLT", 2), ("P2", "BOLT", 2)
    candidates = (a_candidate(a_record(str(n)), line) for n, line in enumerate(lines, 1))
    stores = {"7": {"targets": [ELSEWHERE]}, "8": {"mode": "write"}}
    world = World(FakeIfs(*candidates), a_connection(stores=stores))
    other = world.by_entity_set["OtherSet"] = FakeIfs()
    other.find_faults.append(Retryable(Reason.IFS_UNAVAILABLE, "GET OtherSet: 503"))
    batch = [of_store(8, 1, reference="P1"), of_store(9, 2, reference="P2"), of_store(7, 3, reference="P3")]
    deliver([work(shipment) for shipment in batch], world.delivery)
    assert (world.ifs.searches, other.searches, len(world.ifs.writes)) == (1, 1, 2)
    waits = {key.reference: state.waiting_for for key, state in world.orders.states.items()}
    assert waits["P3"] is Reason.IFS_UNAVAILABLE
    assert waits["P1"] is waits["P2"] is Reason.NOT_DELIVERED_YET


def test_the_audit_names_the_mapping_and_the_ledger_the_target_of_the_store() -> None:
    rule = {"pattern": r"(?P<reference>P\d+)"}
    world = a_world({"7": {"company": "20", "order_reference": rule}})
    deliver([work(of_store(7))], world.delivery)
    view = world.connection.at_store(7)
    assert {entry.mapping_version for entry in world.audit.entries} == {view.mapping_version}
    assert world.state().delivered_to == view.delivery_place
    assert view.delivery_place != world.connection.delivery_place


def test_a_store_pointed_at_another_target_is_delivered_again_and_the_others_are_not() -> None:
    world = a_world()
    own, others = of_store(7), of_store(8, 2, reference="P2")
    world.ifs = FakeIfs(a_candidate(), a_candidate(a_record("2"), ("P2", "BOLT", 2)))
    deliver([work(own), work(others)], world.delivery)
    world.connection = a_connection(stores={"7": {"targets": [ELSEWHERE]}})
    other = world.by_entity_set["OtherSet"] = FakeIfs(a_candidate(a_record(THERE)))
    assert len(deliver([work(own), work(others)], world.delivery)) == 1
    assert len(other.writes) == 1


def test_a_repeated_message_of_a_store_with_its_own_target_is_no_news() -> None:
    world = a_world({"7": {"company": "20"}})
    deliver([work(of_store(7))], world.delivery)
    assert deliver([work(of_store(7))], world.delivery) == []


def test_the_newest_shipment_that_concerns_us_says_whose_rules_count() -> None:
    """A return label of a store that rehearses, and a parcel of none, decide nothing."""
    world = a_world({"7": {"mode": "shadow"}})
    returned = of_store(7, 3, skip=Reason.RETURN_LABEL)
    deliver([work(of_store(7, 1)), work(of_store(8, 2)), work(returned), work(of_store(None, 4))], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001, 1Z0002"


def test_a_shipment_recorded_without_its_store_decides_nothing_once_stores_are_named() -> None:
    world = a_world()
    deliver([work(of_store(7, 1)), work(of_store(None, 2))], world.delivery)
    world.connection = a_connection(stores={"7": {"company": "20"}})
    deliver([again(of_store(7).order_key)], world.delivery)
    assert world.state().delivered_to == world.connection.at_store(7).delivery_place


def test_a_skipped_order_is_recorded_with_the_target_of_its_store() -> None:
    world = a_world({"7": {"company": "20"}})
    deliver([work(of_store(7, created_at=NOON.replace(year=2025)))], world.delivery)
    assert world.state().delivered_to == world.connection.at_store(7).delivery_place


def test_a_void_of_a_store_with_its_own_void_policy_follows_it() -> None:
    target = {"profile": "shipment_header", "tracking": {"on_void": "flag"}, "carrier": {"policy": "never"}}
    world = a_world({"7": {"targets": [target]}})
    for shipment in (of_store(7), voided(of_store(7))):
        deliver([work(shipment)], world.delivery)
    assert world.ifs.record().values[FieldName.TRACKING] == "1Z0001"


# --- two stores, one record


class SeenByAStore(FakeIfs):
    """The only record by its attributes, as one store's target names them."""

    def __init__(self, others: FakeIfs, row: dict[str, str | None], target: AnyTarget) -> None:
        super().__init__()
        self.candidates, self.row, self.rules = others.candidates, row, target.rules

    def record(self, key: str = "42") -> Record:
        values = {name: self.row.get(rule.attribute) for name, rule in self.rules.items()}
        return super().record(key).model_copy(update={"values": values})

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        return {key: self.record(key.id) for key in super().read(keys)}

    def _shown(self) -> list[Candidate]:
        return [c.model_copy(update={"record": self.record(c.record.key.id)}) for c in super()._shown()]

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        answer = super().write(record, changes)
        if isinstance(answer, Written):
            self.row |= {self.rules[name].attribute: value for name, value in changes.items()}
            return Written(http_status=answer.http_status, record=self.record(record.key.id))
        return answer


class TwoStores(World):
    """Store 8 has a target of its own for the records that all stores share. `row` is the only record."""

    def __init__(self, **of_store_8: Any) -> None:
        shared = {"profile": "shipment_header", "shared": "join"}
        lines = ("P1", "BOLT", 2), ("P2", "BOLT", 2)
        connection = a_connection(
            ifs={**a_connection().ifs.model_dump(), "targets": [shared]},
            stores={"8": {"targets": [{**shared, **of_store_8}]}},
        )
        super().__init__(FakeIfs(a_candidate(a_record("42"), *lines)), connection)
        self.row: dict[str, str | None] = {}

    def opened(self, connection: Connection) -> Records:
        return SeenByAStore(self.ifs, self.row, connection.ifs.targets[0])


OF_7, OF_8 = of_store(7, 1, reference="P1"), of_store(8, 2, reference="P2", carrier_code="fedex")


def test_a_record_of_two_stores_is_read_and_written_by_the_attributes_of_the_first() -> None:
    world = TwoStores(tracking={"attribute": "NoteText"})
    for shipment in (OF_7, OF_8):
        deliver([work(shipment)], world.delivery)
    for shipment in (OF_7, OF_8):
        deliver([again(shipment.order_key, "replay")], world.delivery)
    assert (world.row["ProNo"], world.row.get("NoteText")) == ("1Z0001, 1Z0002", None)
    deliver([work(voided(OF_8))], world.delivery)
    assert (world.row["ProNo"], world.row.get("NoteText")) == ("1Z0001", None)


def test_a_colleagues_forwarder_is_kept_when_an_order_looks_whose_store_writes_none() -> None:
    world = TwoStores(carrier={"policy": "never"})
    deliver([work(OF_7)], world.delivery)
    world.row["ForwardAgentId"] = "DHL"
    world.ifs.edit("42")
    deliver([work(OF_8)], world.delivery)
    assert (world.row["ForwardAgentId"], world.row["ProNo"]) == ("DHL", "1Z0001, 1Z0002")


def test_orders_of_two_stores_in_one_batch_that_look_anew_see_the_record_alike() -> None:
    """A reading as young as the record's last result is taken anew, once."""
    world = TwoStores(tracking={"attribute": "NoteText"})
    deliver([work(OF_7)], world.delivery)
    deliver([work(OF_8), again(OF_7.order_key)], world.delivery)
    assert (world.row["ProNo"], world.row.get("NoteText")) == ("1Z0001, 1Z0002", None)


def test_a_dry_run_shows_the_attributes_that_a_delivery_writes_whichever_order_is_selected() -> None:
    world = TwoStores(tracking={"attribute": "NoteText"})
    deliver([work(OF_7), work(OF_8)], world.delivery)
    world.row["ProNo"] = None
    world.ifs.edit("42")
    replay = a_replay(world)
    plan = draw_up(replay, Selection(orders=("P2",)), plan_id="p", by="kim", note="cleared by mistake")
    assert [(change.attribute, change.after) for record in plan.records for change in record.changes.values()] == [
        ("ProNo", "1Z0001, 1Z0002")
    ]


def died() -> None:
    raise RuntimeError("killed")


def test_a_write_of_an_order_that_grew_too_large_is_judged_by_the_attributes_that_it_was_for() -> None:
    world = TwoStores(tracking={"attribute": "NoteText"})
    deliver([work(OF_7)], world.delivery)
    world.audit.before_put.append(died)
    deliver([work(OF_8)], world.delivery)
    world.at += LEASE
    deliver([work(of_store(8, 100 + n, reference="P2")) for n in range(1200)], world.delivery)
    assert (world.state("P2").attention, world.memories.of().intent) == (Reason.ORDER_TOO_LARGE, None)
    assert world.audit.said() == ["written", "written"]
