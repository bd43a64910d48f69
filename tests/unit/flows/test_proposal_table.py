"""What would be written for a batch: which records it concerns, from whose parcels, under whose rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.connections.targets import CarrierRule
from functions.flows.to_ifs.desired import contribution
from functions.flows.to_ifs.ownership import Decision, shown
from functions.flows.to_ifs.proposal import AsPlanned, OrderCase, Proposal, RecordProposal, Remembered, propose
from functions.model.audit import FieldChange
from functions.model.earlier import EarlierMemory
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import Contribution, FieldMemory, OpenIntent, OrderName, RecordMemory
from functions.model.records import Candidate, FieldName, RecordKey
from functions.model.shipment import ConnectionName, OrderKey, Shipment
from functions.model.state import OrderState, Placing, ShipmentState
from tests.equipment.builders import (
    NOON,
    PLACE,
    a_candidate,
    a_connection,
    a_key,
    a_record,
    a_shipment,
    placed_by,
    voided,
)

ONE, TWO = a_shipment(1, reference="P1"), a_shipment(2, reference="P2", carrier_code="fedex")
P1, P2 = ONE.order_key, TWO.order_key
KEPT = FieldMemory(outcome=Outcome.KEPT, reason=Reason.TYPED_BY_A_PERSON, theirs="DHL")


def joining(**more: Any) -> Connection:
    """Records are written for all their orders together; store 7 has rules of its own."""
    ifs = a_connection().ifs.model_dump()
    target = {"profile": "shipment_header", "shared": more.pop("shared", "join")}
    stores = {"7": {"targets": [{**target, "carrier": {"policy": "if_empty"}}]}}
    return a_connection(ifs={**ifs, "targets": [target]}, stores=stores, **more)


JOIN = joining()


def both(key: str = "19", **more: Any) -> Candidate:
    """A record with a line of each order."""
    found = a_candidate(a_record(key, is_delivered=True, **more), ("P1", "BOLT", 2), ("P2", "BOLT", 2))
    return found.model_copy(update={"orders": ("P1", "P2")})


def a_case(
    *shipments: Shipment, candidates: Sequence[Candidate] = (), connection: Connection = JOIN, **more: Any
) -> OrderCase:
    placings: Mapping[Any, Placing] = more.pop("placings", {})
    states = {
        shipment.key: ShipmentState(
            shipment=shipment,
            outcome=more.pop("outcome", Outcome.RETRY),
            reason=more.pop("reason", None),
            placing=placings.get(shipment.key),
        )
        for shipment in shipments
    }
    of_case = {name: more.pop(name) for name in list(more) if name in {"retries_parked", "hindrance"}}
    state = OrderState(key=shipments[0].order_key, shipments=states, **more)
    return OrderCase(connection.at_store(shipments[0].store_id), state, candidates or (both(),), **of_case)


def a_memory(key: str = "19", *, ours: tuple[tuple[OrderKey, Shipment], ...] = (), **more: Any) -> RecordMemory:
    memory = RecordMemory(connection=ConnectionName("acme"), key=a_key(key), revision=1, **more)
    for order, shipment in ours:
        memory = memory.entered(placed_by(order, *memory.of(order), placed(shipment), orders=("P1", "P2")))
    return memory


def placed(shipment: Shipment) -> Contribution:
    return contribution(shipment, a_record("19"), a_connection(), a_connection().ifs.targets[0])


def proposed(
    cases: Sequence[OrderCase], *memories: RecordMemory, planned: Any = None, connection: Connection = JOIN
) -> Proposal:
    known = {memory.key: Remembered(memory, memory) for memory in (memories or (a_memory(),))}
    return propose(cases, {case.state.key: case.placed() for case in cases}, known, connection, planned)


def record(proposal: Proposal, key: str = "19") -> RecordProposal:
    return proposal.records[a_key(key)]


def after(proposal: RecordProposal) -> dict[str, str | None]:
    return {name: change.after for name, change in proposal.changes.items()}


# --- whose parcels


def test_all_orders_of_the_batch_meet_on_their_record() -> None:
    proposal = record(proposed([a_case(ONE), a_case(TWO)]))
    assert after(proposal)["tracking"] == "1Z0001, 1Z0002"
    assert proposal.memory.orders == {P1, P2}
    assert (proposal.stored.orders, proposal.known.orders) == (set(), set())


def test_what_another_order_placed_before_counts() -> None:
    proposal = record(proposed([a_case(TWO)], a_memory(ours=((P1, ONE),))))
    assert (after(proposal)["tracking"], after(proposal)["carrier"]) == ("1Z0001, 1Z0002", "UPS")


def test_the_orders_newest_state_replaces_what_it_placed_before() -> None:
    here = {ONE.key: Placing(key=a_key("19"), by="goods")}
    proposal = record(proposed([a_case(voided(ONE), placings=here)], a_memory(ours=((P1, ONE), (P2, TWO)))))
    assert after(proposal)["tracking"] == "1Z0002"


def test_shipments_out_of_scope_place_nothing() -> None:
    case = a_case(ONE, a_shipment(3, reference="P1", created_at=NOON))
    skipped = case.state.shipments[ONE.key].ended(Outcome.SKIPPED, Reason.BEFORE_GO_LIVE)
    case = replace(case, state=case.state.with_shipments({ONE.key: skipped}))
    assert after(record(proposed([case])))["tracking"] == "1Z0003"


def test_a_plans_other_orders_count_as_long_as_the_record_is_the_one_that_it_saw() -> None:
    as_planned = {
        a_key("19"): AsPlanned(1, {P1: placed_by(P1, placed(ONE))}),
        a_key("20"): AsPlanned(1, {P2: placed_by(P2)}),
    }
    assert after(record(proposed([a_case(TWO)], planned=as_planned)))["tracking"] == "1Z0001, 1Z0002"
    before = a_memory(ours=((P1, voided(ONE)),))
    assert after(record(proposed([a_case(TWO)], before, planned=as_planned)))["tracking"] == "1Z0001, 1Z0002"
    changed = before.stored()
    assert after(record(proposed([a_case(TWO)], changed, planned=as_planned)))["tracking"] == "1Z0002"


def test_a_plan_that_an_earlier_version_made_enters_nothing_for_others() -> None:
    planned = {a_key("19"): AsPlanned(None, {P1: placed_by(P1, placed(ONE))})}
    assert after(record(proposed([a_case(TWO)], planned=planned)))["tracking"] == "1Z0002"


def test_an_order_of_the_batch_knows_better_than_a_plan() -> None:
    planned = {a_key("19"): AsPlanned(1, {P2: placed_by(P2, placed(ONE))})}
    assert after(record(proposed([a_case(TWO)], planned=planned)))["tracking"] == "1Z0002"


def test_whoever_looks_has_heard() -> None:
    names = tuple(OrderName(company="10", reference=each) for each in ("P1", "P2"))
    assert record(proposed([a_case(TWO)], a_memory(tell=names))).memory.unheard == {P1}


def test_the_records_site_turns_a_labels_instant_into_a_day() -> None:
    ifs = {**a_connection().ifs.model_dump(), "site_time_zones": {"TYO": "Asia/Tokyo"}}
    target = {"profile": "shipment_header", "ship_date": {"source": "label"}}
    connection = a_connection(ifs={**ifs, "targets": [target]})
    late = a_shipment(1, reference="P1", created_at=NOON.replace(hour=20))
    alone = a_candidate(a_record("19", site="TYO", is_delivered=True), ("P1", "BOLT", 2))
    proposal = record(proposed([a_case(late, candidates=[alone], connection=connection)]))
    assert after(proposal)["ship_date"] == "2026-03-06T00:00:00Z"


# --- which records


@pytest.mark.parametrize(
    ("memory", "placings", "is_touched"),
    [
        pytest.param(a_memory("7"), {}, False, id="nothing of it"),
        pytest.param(a_memory("7", ours=((P1, ONE),)), {}, True, id="its parcel stands there"),
        pytest.param(a_memory("7", ours=((P2, TWO),)), {}, False, id="another order's parcel"),
        pytest.param(a_memory("7", tell=(OrderName(company="10", reference="P1"),)), {}, True, id="it has not heard"),
        pytest.param(a_memory("7", tell=(OrderName(company="10", reference="P2"),)), {}, False, id="another has not"),
        pytest.param(
            a_memory("7", intent=OpenIntent(kind="patch", audit_key="k", at=NOON, by="P1", changes={})),
            {},
            False,
            id="an open write that it has nothing to do with",
        ),
        pytest.param(
            a_memory("7", intent=OpenIntent(kind="patch", audit_key="k", at=NOON, by="P1", changes={})),
            {ONE.key: Placing(key=a_key("7"), by="only")},
            True,
            id="an open write of its time",
        ),
        pytest.param(
            a_memory("7"), {ONE.key: Placing(key=a_key("7"), by="only")}, True, id="it stood there, as far as it knows"
        ),
    ],
)
def test_what_an_order_left_is_looked_at_too(
    *, memory: RecordMemory, placings: dict[Any, Placing], is_touched: bool
) -> None:
    left = a_candidate(a_record("7"), ("P9", "BOLT", 2)).model_copy(update={"is_own": False})
    case = a_case(ONE, candidates=(left, both()), placings=placings)
    proposal = proposed([case], memory, a_memory())
    assert list(proposal.touching[P1]) == [a_key("19"), *([a_key("7")] if is_touched else [])]
    assert set(proposal.records) == set(proposal.touching[P1])


def test_what_it_left_is_written_without_it() -> None:
    left = a_candidate(a_record("7", tracking="1Z0001"), ("P9", "BOLT", 2)).model_copy(update={"is_own": False})
    ours = FieldMemory(outcome=Outcome.WRITTEN, ours="1Z0001", tried="1Z0001")
    memory = a_memory("7", ours=((P1, ONE),), fields={"ProNo": ours})
    proposal = proposed([a_case(ONE, candidates=(left, both()))], memory, a_memory())
    assert after(record(proposal, "7")) == {"tracking": None}
    assert record(proposal, "7").memory.orders == set()


def test_records_that_are_left_come_in_one_order_and_only_those_that_were_shown() -> None:
    left = [a_candidate(a_record(key), ("P9", "BOLT", 2)).model_copy(update={"is_own": False}) for key in ("9", "7")]
    memories = [a_memory(key, ours=((P1, ONE),)) for key in ("9", "8", "7")]
    proposal = proposed([a_case(ONE, candidates=(*left, both()))], *memories, a_memory())
    assert [key.id for key in proposal.touching[P1]] == ["19", "7", "9"]


def test_a_record_that_is_not_shown_is_not_touched() -> None:
    hidden = {ONE.key: Placing(key=a_key("7"), by="goods")}
    only = both().model_copy(update={"lines": ()})
    proposal = proposed([a_case(ONE, candidates=(only,), placings=hidden)], a_memory("7", ours=((P1, ONE),)))
    assert (proposal.touching[P1], proposal.records) == ([], {})


def test_a_candidate_that_nothing_was_loaded_for_is_not_looked_at() -> None:
    left = a_candidate(a_record("7"), ("P9", "BOLT", 2)).model_copy(update={"is_own": False})
    assert list(proposed([a_case(ONE, candidates=(left, both()))]).touching[P1]) == [a_key("19")]


def test_an_order_that_is_hindered_places_nothing() -> None:
    proposal = proposed([a_case(ONE, hindrance=Reason.IFS_UNAVAILABLE)])
    assert (proposal.touching, proposal.records) == ({P1: []}, {})


def test_a_place_that_the_file_names_no_more_is_not_written() -> None:
    elsewhere = RecordKey(place=type(PLACE)("ifs.example.com/Other/OtherSet"), id="19")
    candidate = a_candidate(a_record(elsewhere), ("P1", "BOLT", 2))
    memory = RecordMemory(connection=ConnectionName("acme"), key=elsewhere)
    assert proposed([a_case(ONE, candidates=(candidate,))], memory).records == {}


# --- under whose rules


@pytest.mark.parametrize(
    ("first", "policy"),
    [
        pytest.param(None, "if_empty", id="only this order, of store 7"),
        pytest.param(ONE.model_copy(update={"store_id": 8}), "always", id="the first of another store"),
        pytest.param(ONE.model_copy(update={"store_id": 7}), "if_empty", id="the first of store 7"),
        pytest.param(ONE, "always", id="the first of no store that is known"),
    ],
)
def test_the_store_of_the_first_contribution_decides(first: Shipment | None, policy: str) -> None:
    memory = a_memory(ours=((P1, first),)) if first else a_memory()
    proposal = record(proposed([a_case(TWO.model_copy(update={"store_id": 7}))], memory))
    assert proposal.target.carrier.policy == policy
    assert proposal.view.ifs.targets[0].carrier.policy == policy


def test_a_store_that_does_not_know_the_place_leaves_the_rules_of_whoever_looks() -> None:
    elsewhere = {"profile": "order_header", "tracking": {"attribute": "Cf_Tracking"}}
    file = a_connection(stores={"7": {"targets": [elsewhere]}})
    memory = a_memory(ours=((P1, ONE.model_copy(update={"store_id": 7})),))
    case = a_case(TWO, connection=file)
    found = propose([case], {P2: case.placed()}, {memory.key: Remembered(memory, memory)}, file)
    assert record(found).target == file.ifs.targets[0]


def test_a_shared_record_is_parked_field_by_field_and_forgets_nothing() -> None:
    park = joining(shared="park")
    memory = a_memory(ours=((P1, ONE),), fields={"ForwardAgentId": KEPT})
    proposal = record(proposed([a_case(TWO, connection=park)], memory, connection=park))
    assert proposal.is_shared
    decisions = proposal.decisions(proposal.record, proposal.memory)
    assert {str(name) for name in decisions} == {"tracking", "carrier", "ship_date"}
    for decision in decisions.values():
        assert (decision.write, decision.memory.outcome) == (False, Outcome.PARKED)
        assert decision.memory.reason is Reason.SHARED_TARGET
    assert decisions[FieldName.CARRIER].memory.theirs == "DHL"
    assert proposal.changes == {}


@pytest.mark.parametrize(
    ("shared", "lines", "orders", "is_shared"),
    [
        pytest.param("park", ("P1",), ("P1",), False, id="only its own lines"),
        pytest.param("park", ("P1", "P9"), ("P1",), True, id="another order's lines"),
        pytest.param("join", ("P1", "P9"), ("P1",), False, id="another order's lines, joined"),
        pytest.param("park", ("P1", "P2"), ("P1", "P2"), False, id="two orders behind one reference"),
    ],
)
def test_a_record_is_shared_by_its_lines(
    *, shared: str, lines: tuple[str, ...], orders: tuple[str, ...], is_shared: bool
) -> None:
    carried = a_candidate(a_record("19"), *((order, "BOLT", 2) for order in lines))
    connection = joining(shared=shared)
    case = a_case(ONE, candidates=(carried.model_copy(update={"orders": orders}),), connection=connection)
    assert record(proposed([case], connection=connection)).is_shared is is_shared


def test_a_record_whose_other_orders_are_all_taken_back_is_not_shared() -> None:
    park = joining(shared="park")
    proposal = record(proposed([a_case(TWO, connection=park)], a_memory(ours=((P1, voided(ONE)),)), connection=park))
    assert not proposal.is_shared


def test_a_record_that_one_of_its_orders_calls_its_own_whole_is_not_anothers() -> None:
    park = joining(shared="park")
    whole, part = both(), both().model_copy(update={"orders": ("P2",)})
    cases = [a_case(ONE, candidates=(whole,), connection=park), a_case(TWO, candidates=(part,), connection=park)]
    assert not record(proposed(cases)).carries_others
    assert record(proposed(cases[1:])).carries_others
    of_both = placed_by(P1, placed(ONE), orders=("P1", "P2"))
    gone = placed_by(P1, placed(voided(ONE)), orders=("P1", "P2"))
    assert not record(proposed(cases[1:], a_memory().entered(of_both))).carries_others
    assert record(proposed(cases[1:], a_memory().entered(gone))).carries_others


def test_whoever_looks_a_record_is_shared_or_not() -> None:
    """P1 is voided; P2 calls the record's lines its own, which P1 does not."""
    park = joining(shared="park")
    part, whole = both().model_copy(update={"orders": ("P1",)}), both()
    here = {ONE.key: Placing(key=a_key("19"), by="goods")}
    looks = {
        "P1": a_case(voided(ONE), candidates=(part,), connection=park, placings=here),
        "P2": a_case(TWO, candidates=(whole,), connection=park),
    }
    memory = record(proposed([*looks.values()], connection=park)).memory
    proposals = [record(proposed([look], memory, connection=park)) for look in looks.values()]
    assert [(proposal.is_shared, proposal.brings_news) for proposal in proposals] == [(False, False)] * 2


# --- what is handed on


def test_numbers_out_of_scope_explain_what_stands() -> None:
    stands = both(tracking="1Z0009")
    history = a_shipment(9, reference="P1")
    case = a_case(ONE, candidates=(stands,))
    baseline = ShipmentState(shipment=history, outcome=Outcome.SKIPPED, reason=Reason.BASELINE)
    explained = replace(case, state=case.state.with_shipments({history.key: baseline}))
    assert after(record(proposed([explained])))["tracking"] == "1Z0009, 1Z0001"
    assert "tracking" not in after(record(proposed([case])))


@pytest.mark.parametrize("retries", [(False, False), (True, False), (False, True)])
def test_refused_values_are_tried_again_when_one_of_the_orders_asks(retries: tuple[bool, bool]) -> None:
    refused = FieldMemory(outcome=Outcome.PARKED, reason=Reason.UNKNOWN_IN_IFS, tried="UPS")
    cases = [a_case(shipment, retries_parked=asks) for shipment, asks in zip((ONE, TWO), retries, strict=True)]
    fields = {"ForwardAgentId": refused}
    known = a_memory(ours=((P1, ONE), (P2, TWO)), fields=fields)
    assert ("carrier" in after(record(proposed(cases, known)))) is any(retries)
    assert "carrier" in after(record(proposed(cases, a_memory(ours=((P1, ONE),), fields=fields)))), "a parcel is new"


def test_an_order_of_an_earlier_version_takes_its_memory_over() -> None:
    assert record(proposed([a_case(ONE), a_case(TWO, earlier=EarlierMemory())])).takes_over
    assert not record(proposed([a_case(ONE), a_case(TWO)])).takes_over


def test_shadow_mode_shows_each_order_alone_and_writes_nothing() -> None:
    shadow = JOIN.in_mode("shadow")
    stored = a_memory(ours=((P1, ONE),))
    proposal = proposed([a_case(ONE), a_case(TWO, connection=shadow)], stored)
    assert after(record(proposal)) | {"ship_date": ""} == {"tracking": "1Z0001", "carrier": "UPS", "ship_date": ""}
    only_shown = proposal.shows[P2, a_key("19")]
    assert after(only_shown)["tracking"] == "1Z0001, 1Z0002"
    assert (record(proposal).is_writing, only_shown.is_writing) == (True, False)
    assert proposal.every == [record(proposal), only_shown]


def test_what_concerns_an_order_is_written_or_shown() -> None:
    shadow = JOIN.in_mode("shadow")
    proposal = proposed([a_case(TWO, connection=shadow)])
    assert proposal.of(P2) == [proposal.shows[P2, a_key("19")]]
    written = proposed([a_case(ONE)])
    assert written.of(P1) == [record(written)]
    assert (written.of(P2), proposal.of(P1)) == ([], [])


def test_changes_name_the_attribute_and_what_stands_before() -> None:
    ours = FieldMemory(outcome=Outcome.WRITTEN, ours="UPS", tried="UPS")
    longer = FieldMemory(outcome=Outcome.WRITTEN, ours="1Z0001, 1Z0002", theirs="1Z0001", extends=True)
    decisions = {
        FieldName.CARRIER: Decision(write=True, memory=ours, value="UPS"),
        FieldName.TRACKING: Decision(write=True, memory=longer, value="1Z0001, 1Z0002"),
        FieldName.SHIP_DATE: Decision(write=False, memory=ours),
    }
    found = shown(a_record(carrier="DHL", tracking="1Z0001"), decisions, decisions, JOIN.ifs.targets[0])
    assert found["carrier"] == FieldChange(before="DHL", after="UPS", attribute="ForwardAgentId")
    assert found["tracking"] == FieldChange(
        before="1Z0001", after="1Z0001, 1Z0002", attribute="ProNo", extended="1Z0001"
    )
    assert set(found) == {"carrier", "tracking"}
    assert set(shown(a_record(), decisions, [FieldName.CARRIER], JOIN.ifs.targets[0])) == {"carrier"}


def test_a_newer_reading_and_a_newer_memory_are_decided_anew() -> None:
    first = record(proposed([a_case(ONE)]))
    stored, known = a_memory(ours=((P2, TWO),)), a_memory(ours=((P2, TWO),), fields={"ForwardAgentId": KEPT})
    again = first.rebased(a_record("19", carrier="FEDEX", is_delivered=True), stored, known)
    assert (again.stored, again.known, again.record.values[FieldName.CARRIER]) == (stored, known, "FEDEX")
    assert after(again)["tracking"] == "1Z0001, 1Z0002"
    assert again.memory.fields == {"ForwardAgentId": KEPT}


def test_a_plan_that_is_carried_out_is_remembered() -> None:
    planned = {"tracking": FieldChange(after="1Z0001", attribute="ProNo")}
    first = record(proposed([a_case(ONE)]))
    assert (first.planned, first.carrying_out(planned).planned) == (None, planned)
    assert first.carrying_out(planned).memory == first.memory


def test_the_rules_of_a_target_are_the_ones_decided_by() -> None:
    never = JOIN.ifs.targets[0].model_copy(update={"carrier": CarrierRule(policy="never")})
    proposal = replace(record(proposed([a_case(ONE)])), target=never)
    assert set(after(proposal)) == {"tracking", "ship_date"}
