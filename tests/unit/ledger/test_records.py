from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import Permanent
from functions.ledger.items import NEWEST
from functions.ledger.records import LIMIT_BYTES, RecordStore
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, Contribution, FieldMemory, OpenIntent, RecordMemory
from functions.model.records import Place, RecordKey
from functions.model.shipment import ConnectionName
from tests.equipment.builders import NOON, PLACE, a_key, a_shipment, placed_by
from tests.equipment.memory_aws.table import MemoryTable

ACME, OTHER = ConnectionName("acme"), ConnectionName("other")
P1, P2 = (a_shipment(reference=reference).order_key for reference in ("P1", "P2"))


def a_contribution(number: int = 1, **overrides: Any) -> Contribution:
    values: dict[str, Any] = {
        "shipment": a_shipment(number).key,
        "created_at": NOON + timedelta(minutes=number),
        "tracking": f"1Z{number:04}",
        "carrier": "UPS",
        "day": "2026-03-05",
    }
    return Contribution.model_validate({**values, **overrides})


def a_memory(record_id: str = "42", **overrides: Any) -> RecordMemory:
    return RecordMemory.model_validate({"connection": ACME, "key": a_key(record_id), **overrides})


def a_whole_memory() -> RecordMemory:
    intent = OpenIntent(
        kind="patch",
        audit_key="k",
        at=NOON,
        by="P1",
        changes={"tracking": FieldChange(before="1Z0001", attribute="ProNo")},
        etag='W/"1"',
    )
    fields = {
        "ProNo": FieldMemory(outcome=Outcome.WRITTEN, ours="1Z0001", tried="1Z0001", theirs="OLD", extends=True),
        "ForwardAgentId": FieldMemory(outcome=Outcome.PARKED, reason=Reason.UNKNOWN_IN_IFS, tried="UPSX"),
    }
    memory = a_memory(fields=fields, failing_since=NOON, result_at=NOON).intending(intent)
    memory = memory.entered(placed_by(P1, a_contribution(1, store_id=7, voided_at=NOON), a_contribution(2)))
    return memory.entered(placed_by(P2, a_contribution(3, service="GND")))


def load(store: RecordStore, record_id: str = "42", connection: ConnectionName = ACME) -> RecordMemory:
    return store.load(connection, [a_key(record_id)])[a_key(record_id)]


# --- the store


def test_what_was_saved_comes_back_whole_as_the_next_revision() -> None:
    store, memory = RecordStore(MemoryTable()), a_whole_memory()
    assert store.save(memory)
    assert load(store) == memory.stored()
    assert load(store).revision == 1


def test_a_record_of_which_nothing_is_remembered_has_an_empty_memory() -> None:
    store = RecordStore(MemoryTable())
    store.save(a_memory("43"))
    assert store.load(ACME, [a_key("42"), a_key("43")]) == {
        a_key("42"): RecordMemory(connection=ACME, key=a_key("42")),
        a_key("43"): a_memory("43").stored(),
    }
    assert store.load(ACME, []) == {}


@pytest.mark.parametrize("seen", [0, 1, 3], ids=["as if it were new", "outdated", "from the future"])
def test_a_save_over_another_revision_stores_nothing(seen: int) -> None:
    store = RecordStore(MemoryTable())
    assert store.save(a_memory())
    assert store.save(a_memory(revision=1))
    assert not store.save(a_memory(revision=seen, failing_since=NOON))
    assert load(store) == a_memory(revision=2)


def test_a_first_save_that_claims_a_revision_stores_nothing() -> None:
    table = MemoryTable()
    assert not RecordStore(table).save(a_memory(revision=4))
    assert table.everything() == ""


@pytest.mark.parametrize(
    "other",
    [
        a_key("43"),
        a_key(place=Place("other.example.com/ShipmentHandling/ShipmentSet")),
        a_key(place=Place("ifs.example.com/ShipmentHandling/OtherSet")),
        RecordKey(place=Place(f"{PLACE}/4"), id="2"),
    ],
    ids=["another record", "another tenant", "another set", "the same text, cut elsewhere"],
)
def test_every_place_and_id_has_an_item_of_its_own(other: RecordKey) -> None:
    store = RecordStore(MemoryTable())
    store.save(a_memory(failing_since=NOON))
    assert store.load(ACME, [other])[other].revision == 0
    assert load(store, connection=OTHER).revision == 0


@pytest.mark.parametrize("record_id", ["L1@P1001", "O'Brien #1", "Größe/1", "x" * 300])
def test_a_record_of_any_name_can_be_remembered(record_id: str) -> None:
    store = RecordStore(MemoryTable())
    assert store.save(a_memory(record_id))
    assert load(store, record_id).key.id == record_id


def test_the_item_of_a_parcel_with_three_written_fields_costs_one_unit() -> None:
    table = MemoryTable()
    fields = {
        name: FieldMemory(outcome=Outcome.WRITTEN, ours=value, tried=value)
        for name, value in (("ProNo", "1Z0001"), ("ForwardAgentId", "UPS"), ("ActualShipDate", "2026-03-05T00:00:00Z"))
    }
    RecordStore(table).save(a_memory(fields=fields, result_at=NOON).entered(placed_by(P1, a_contribution())))
    assert table.write_units == {"record": 1}


def test_a_record_that_outgrows_an_item_is_refused_and_nothing_is_stored() -> None:
    table = MemoryTable()
    store = RecordStore(table)
    large = a_memory().entered(placed_by(P1, *(a_contribution(n) for n in range(3000))))
    with pytest.raises(Permanent) as caught:
        store.save(large)
    assert (caught.value.reason, table.everything()) == (Reason.ORDER_TOO_LARGE, "")
    assert store.save(a_memory().entered(placed_by(P1, *(a_contribution(n) for n in range(1000)))))
    assert len(table.everything()) < LIMIT_BYTES


def test_a_memory_of_a_newer_version_is_refused() -> None:
    table = MemoryTable()
    store = RecordStore(table)
    store.save(a_memory())
    item = json.loads(table.everything())
    table.put({**item, "schema_version": NEWEST + 1})
    with pytest.raises(Permanent, match="newer version") as caught:
        load(store)
    assert caught.value.reason is Reason.LEDGER_VERSION


# --- what an order places on a record


def test_an_order_enters_exactly_what_it_places_and_others_keep_their_places() -> None:
    memory = a_memory().entered(placed_by(P1, a_contribution(1))).entered(placed_by(P2, a_contribution(2)))
    again = memory.entered(placed_by(P1, a_contribution(3), a_contribution(4)))
    assert [entry.reference for entry in again.contributions] == ["P1", "P2"]
    assert [c.shipment for c in again.of(P1)] == [a_shipment(3).key, a_shipment(4).key]
    assert again.of(P2) == memory.of(P2)


def test_an_order_that_places_nothing_is_taken_out() -> None:
    memory = a_memory().entered(placed_by(P1, a_contribution(1))).entered(placed_by(P2, a_contribution(2)))
    assert memory.entered(placed_by(P1)).orders == {P2}
    assert a_memory().entered(placed_by(P1)) == a_memory()


def test_a_parcel_of_two_orders_counts_once_and_the_oldest_comes_first() -> None:
    memory = (
        a_memory()
        .entered(placed_by(P1, a_contribution(5), a_contribution(1)))
        .entered(placed_by(P2, a_contribution(5)))
    )
    assert [c.shipment for c in memory.shipments] == [a_shipment(1).key, a_shipment(5).key]


def test_an_order_whose_parcels_are_all_voided_stands_on_the_record_and_is_not_live_there() -> None:
    memory = (
        a_memory().entered(placed_by(P1, a_contribution(1, voided_at=NOON))).entered(placed_by(P2, a_contribution(2)))
    )
    assert (memory.orders, memory.live_orders) == ({P1, P2}, {P2})


# --- what is remembered of a field


def test_the_last_value_that_was_not_ours_stays_while_we_write_over_our_own() -> None:
    first = FieldMemory(outcome=Outcome.SKIPPED).claiming("tracking", FieldChange(before="OLD", after="1Z0001"))
    assert (first.ours, first.tried, first.theirs) == ("1Z0001", "1Z0001", "OLD")
    second = first.claiming("tracking", FieldChange(before="1Z0001", after="1Z0002"))
    assert (second.ours, second.theirs) == ("1Z0002", "OLD")
    over_a_person = first.claiming("tracking", FieldChange(before="TYPED", after="1Z0003"))
    assert over_a_person.theirs == "TYPED"


def test_a_refused_value_is_tried_and_leaves_no_claim_to_it() -> None:
    memory = FieldMemory(outcome=Outcome.SKIPPED).refused("UPSX", Reason.UNKNOWN_IN_IFS)
    assert (memory.ours, memory.tried, memory.outcome) == (None, "UPSX", Outcome.PARKED)


def test_what_somebody_changed_is_theirs_and_an_emptied_field_forgets_nothing_of_them() -> None:
    ours = FieldMemory(outcome=Outcome.SKIPPED).claiming("tracking", FieldChange(before="OLD", after="1Z0001"))
    assert (ours.somebodys("TYPED").ours, ours.somebodys("TYPED").theirs) == (None, "TYPED")
    assert (ours.somebodys(None).ours, ours.somebodys(None).theirs) == (None, "OLD")


def test_an_intent_is_held_for_three_minutes() -> None:
    intent = OpenIntent(kind="patch", audit_key="k", at=NOON, by="P1", changes={})
    just_before = NOON + LEASE - timedelta(microseconds=1)
    assert (LEASE, intent.is_held(just_before), intent.is_held(NOON + LEASE)) == (timedelta(minutes=3), True, False)


def test_a_result_ends_the_intent_and_tells_when() -> None:
    memory = a_whole_memory().concluded(NOON + timedelta(minutes=1))
    assert (memory.intent, memory.result_at) == (None, NOON + timedelta(minutes=1))


def test_what_a_reference_stands_for_is_stored_where_it_is_not_the_reference_itself() -> None:
    """Items of the version before say nothing of it."""
    plain = a_memory().entered(placed_by(P1, a_contribution(1)))
    assert "orders" not in plain.model_dump_json(exclude_defaults=True)
    assert plain.ifs_orders == {P1.reference}
    several = plain.entered(placed_by(P2, a_contribution(2), orders=("S1", "S2"), explaining=("1Z0009",)))
    assert (several.ifs_orders, several.numbers) == ({P1.reference, "S1", "S2"}, {"1Z0001", "1Z0002", "1Z0009"})
    table = MemoryTable()
    RecordStore(table).save(several)
    assert RecordStore(table).load(several.connection, [several.key])[several.key] == several.stored()
