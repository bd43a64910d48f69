"""An oracle that cannot complain proves nothing: each of its judgements finds what was planted for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.ledger.positions import PositionStore
from functions.model.cursors import Stream
from tests.equipment.http import Request
from tests.equipment.ifs.arrangements import COMPLETE
from tests.equipment.ifs.outages import Outage
from tests.equipment.ifs.sets import SHIPMENTS, TRACKINGS
from tests.equipment.ifs.tenant import Served
from tests.equipment.memory_aws.queue import Message
from tests.equipment.world import AUDIT, CANARY, LEDGER, Site, World
from tests.simulation import judge_audit, judge_ledger, judge_records, judge_requests, judge_time
from tests.simulation.connection_files import OFF, ConnectionFiles, first_file
from tests.simulation.expectations import Either, Expectation, Fields
from tests.simulation.judge_audit import IntentWatch
from tests.simulation.oracle import violations
from tests.simulation.week import Week

START = datetime(2026, 6, 1, tzinfo=UTC)
SHIPPED_AT = START + timedelta(hours=10)


@dataclass
class Rig:
    """One connection on the calm day after a day of trouble, with one order that was shipped and written."""

    world: World
    week: Week
    site: Site
    expectation: Expectation
    label: int

    def write(self, **changes: Any) -> None:
        """As the connector does: under the tag of the record."""
        key = (self.expectation.shipment_id,)
        self.site.tenant.patch(SHIPMENTS, key, changes, self.site.tenant.record("ShipmentSet", key).etag)

    def remember(self, outcome: str = "written", reason: str | None = None, **order: Any) -> None:
        """What the ledger holds of the order."""
        label = self.site.account.shipments.current[self.label]
        shipment = {"store_id": 100_001, "created_at": label.created.isoformat()}
        if label.voided_at:
            shipment["voided_at"] = label.voided_at.isoformat()
        state = {"shipment": shipment, "outcome": outcome, "reason": reason}
        item = {"pk": "order#acme#1", "sk": "state", "shipments": {f"L{self.label}": state}, **order}
        self.world.tables[LEDGER].put(item)

    def account(self, outcome: str, number: int = 1, **after: Any) -> None:
        """An entry of the audit."""
        changes = {name: {"before": None, "after": value} for name, value in after.items()}
        record = {"place": "ifs.example.com/ShipmentHandling/ShipmentSet", "id": str(self.expectation.shipment_id)}
        item = {"pk": "audit#acme#x", "sk": f"{number}", "record": record, "outcome": outcome, "changes": changes}
        self.world.tables[AUDIT].put(item)

    def read(self, *streams: Stream) -> None:
        """Looks come to the end of these lists."""
        store, now = PositionStore(self.world.tables[LEDGER]), self.world.now()
        position = store.acquire(self.site.connection.name, "a run", now=now, until=now)
        assert position is not None
        for stream in streams:
            position = position.read_whole(stream, now)
        store.save(position.released())

    @property
    def tracking(self) -> str:
        return str(self.site.account.shipments.current[self.label].tracking_number)

    def tick(self, **time: float) -> None:
        self.world.clockwork.run(self.world.now() + timedelta(**time))


@pytest.fixture
def rig() -> Rig:
    world = World(1, START)
    raw = first_file("acme", START, mode="write", source="order_number", shared="park", accepts_warnings=True)
    site = world.add_site(ConnectionFiles().add(raw))
    week = Week(world, START, START + timedelta(days=1))
    expectation = week.shipment(site, "planted", [("P1", "BOLT", 1)], by=None)
    order = week.order(site, SHIPPED_AT, "P1", {"BOLT": 1})
    bought = week.label(site, SHIPPED_AT, order, expectation, carrier_code="ups", service_code="ups_ground")
    world.clockwork.run(SHIPPED_AT + timedelta(minutes=1))
    rig = Rig(world, week, site, expectation, bought[0])
    rig.write(ProNo=rig.tracking, ForwardAgentId="UPS")
    rig.account("written", tracking=rig.tracking, carrier="UPS")
    rig.remember()
    world.clockwork.run(START + timedelta(days=2))
    rig.read(*Stream)
    return rig


def complaints(rig: Rig) -> list[str]:
    rig.tick(minutes=1)  # a scan shows what was stored a moment ago
    return violations(rig.world, rig.week)


def test_nothing_is_said_of_a_week_without_a_fault(rig: Rig) -> None:
    assert complaints(rig) == []


def _wrong_number(rig: Rig) -> None:
    rig.expectation.labels.clear()


def _void_that_was_not_followed(rig: Rig) -> None:
    rig.site.account.void(rig.label)
    rig.remember()


def _untouchable(rig: Rig) -> None:
    rig.expectation.is_untouchable = True


def _wrong_field(rig: Rig) -> None:
    rig.week.fields.append(Fields(rig.site, "planted", lambda: {"a": 1}, lambda _: {"a": Either(2, 3)}))


def _lost_number(rig: Rig) -> None:
    rig.site.tenant.edit(rig.expectation.shipment_id, ProNo="BY HAND")
    rig.tick(seconds=5)
    rig.write(ProNo=rig.tracking + ", 2")


def _lost_note(rig: Rig) -> None:
    rig.site.tenant.edit(rig.expectation.shipment_id, NoteText="mine")
    rig.tick(seconds=5)
    rig.write(NoteText="ours")


def _corrected_twice(rig: Rig) -> None:
    rig.site.tenant.edit(rig.expectation.shipment_id, ForwardAgentId="DHL")
    rig.tick(seconds=5)
    rig.write(ForwardAgentId="UPS")


def _written_over_itself(rig: Rig) -> None:
    rig.write(ProNo=rig.tracking)


def _without_a_tag(rig: Rig) -> None:
    rig.site.tenant.patch(SHIPMENTS, (rig.expectation.shipment_id,), {"NoteText": "x"}, None)


def _two_rows(rig: Rig) -> None:
    rig.site.tenant.switches.are_rows_unique = False
    for _ in range(2):
        rig.site.tenant.insert(TRACKINGS, {"ShipstationId": "L1", "OrderNo": "P1"})


def _acted_twice(rig: Rig) -> None:
    rig.site.tenant.actions[rig.expectation.shipment_id] = "slow"
    for _ in range(2):
        key = (rig.expectation.shipment_id,)
        with pytest.raises(Exception, match="ODP_OPERATION_TIMEOUT"):
            rig.site.tenant.act(SHIPMENTS, key, COMPLETE, rig.site.tenant.record("ShipmentSet", key).etag)


def _in_shadow(rig: Rig) -> None:
    rig.site.shadow_until = START + timedelta(days=1)


def _write_without_an_entry(rig: Rig) -> None:
    rig.write(AirwayBillNo="1")


def _claimed(rig: Rig) -> None:
    rig.site.tenant.edit(rig.expectation.shipment_id, AirwayBillNo="BY HAND")
    rig.account("written", 2, tracking="BY HAND")


def _entry_without_a_write(rig: Rig) -> None:
    rig.account("written", 2, tracking="NEVER")


def _open_intent(rig: Rig) -> None:
    rig.world.tables[LEDGER].put({"pk": "record#acme#1", "sk": "record", "intent": {"at": "now"}})


def _not_in_the_ledger(rig: Rig) -> None:
    rig.world.tables[LEDGER].put({"pk": "order#acme#1", "sk": "state", "shipments": {}})


def _void_not_in_the_ledger(rig: Rig) -> None:
    rig.remember()
    rig.site.account.void(rig.label)


def _parked_without_a_cause(rig: Rig) -> None:
    rig.remember("parked", "shared_target", attention="shared_target")


def _waits_for_what_has_come(rig: Rig) -> None:
    rig.remember("waiting", "not_in_ifs_yet", attention="not_in_ifs_yet")


def _waits_for_a_delivery_that_was(rig: Rig) -> None:
    rig.site.tenant.deliver(rig.expectation.shipment_id)
    rig.remember("waiting", "not_delivered_yet")


def _not_parked(rig: Rig) -> None:
    rig.week.demand(rig.site, [rig.label], "shared_target")


def _parked_in_silence(rig: Rig) -> None:
    rig.week.demand(rig.site, [rig.label], "shared_target")
    rig.remember("parked", "shared_target")


def _in_trouble_in_silence(rig: Rig) -> None:
    rig.week.excuse(rig.site, [rig.label], "record_locked")
    rig.remember("retry", "record_locked")


def _due_for_nothing(rig: Rig) -> None:
    rig.site.tenant.deliver(rig.expectation.shipment_id)
    rig.remember(due_shard="due#acme#0", due_at="2026")


def _due_and_off(rig: Rig) -> None:
    state = {"shipment": {"store_id": OFF, "created_at": START.isoformat()}, "outcome": "skipped"}
    item = {"pk": "order#acme#2", "sk": "state", "shipments": {"L9": state}}
    rig.world.tables[LEDGER].put({**item, "due_shard": "due#acme#0", "due_at": "2026"})


def _shipped_without_a_shipment(rig: Rig) -> None:
    rig.week.unshipped.append((rig.site, 1))


def _unreadable(rig: Rig) -> None:
    rig.week.unreadable.append((rig.site, [1]))


def _large_and_not_parked(rig: Rig) -> None:
    rig.week.too_large.append((rig.site, [rig.label], rig.expectation.shipment_id))


def _neither_cleared_nor_told(rig: Rig) -> None:
    rig.week.expectations.remove(rig.expectation)
    rig.week.cleared_or_told.append(([rig.label], rig.expectation))
    _void_that_was_not_followed(rig)


def _late(rig: Rig) -> None:
    rig.expectation.labels.append(rig.site.account.ship(None, tracking_number="LATE"))
    rig.tick(hours=7)
    rig.write(ProNo=f"{rig.tracking}, LATE")
    rig.tick(hours=1)


def _not_read(rig: Rig) -> None:
    rig.tick(hours=1.3)
    rig.read(*(stream for stream in Stream if stream is not Stream.ORDERS))


def _served(rig: Rig, count: int, **values: Any) -> None:
    facts = {"method": "GET", "path": "/x", "status": 200, "if_match": None, **values}
    rig.site.tenant.requests += [Served(rig.world.now(), **facts) for _ in range(count)]


def _hammered(rig: Rig) -> None:
    outage = Outage("writes", START, START + timedelta(hours=2))
    outage.met += [START + timedelta(hours=1)] * 1000
    rig.site.tenant.outages.add(outage)


def _hammered_with_a_refused_client(rig: Rig) -> None:
    rig.week.refused_clients.append((rig.site, START, rig.world.now() + timedelta(minutes=1)))
    _served(rig, 20_000, path="/auth/", status=401)


def _asked_too_early(rig: Rig) -> None:
    _served(rig, 1, status=429, retry_after="120")
    rig.tick(seconds=20)
    _served(rig, 9)


def _patched_in_vain(rig: Rig) -> None:
    rig.week.patched_in_vain.append(rig.expectation)
    _served(rig, 31, method="PATCH", path=f"/ShipmentSet(ShipmentId={rig.expectation.shipment_id})", status=500)


def _buried(rig: Rig) -> None:
    rig.site.dead[0].messages["1"] = Message("1", "body", None)


def _backwards(rig: Rig) -> None:
    position = {"connection": "acme", "fence": 1, "holder": ""}
    for head in ("2026-06-02", "2026-06-01"):
        rig.world.tables[LEDGER].positions.append({**position, "cursors": {"labels": {"head": head}}})


def _leak(rig: Rig) -> None:
    rig.world.logs.write(CANARY)


PLANTED: list[tuple[Callable[[Rig], None], str]] = [
    (_wrong_number, "tracking should be None"),
    (_void_that_was_not_followed, "tracking should be None"),
    (_untouchable, "written although it must not be"),
    (_wrong_field, "should be {'a': 2 or 3} and is {'a': 1}"),
    (_lost_number, "a colleague's ProNo was lost"),
    (_lost_note, "a colleague's NoteText was lost"),
    (_corrected_twice, "a colleague's ForwardAgentId was lost"),
    (_written_over_itself, "ProNo written again with the same value"),
    (_without_a_tag, "no If-Match"),
    (_two_rows, "2 rows for L1 of P1"),
    (_acted_twice, "state action called 2 times"),
    (_in_shadow, "written in shadow mode"),
    (_write_without_an_entry, "written 1 times, 0 entries say so"),
    (_claimed, "a colleague's write is claimed"),
    (_entry_without_a_write, "an entry claims a write that was not made"),
    (_open_intent, "an intent is open at the end"),
    (_not_in_the_ledger, "is not in the ledger"),
    (_void_not_in_the_ledger, "was voided and the ledger does not know"),
    (_parked_without_a_cause, "is parked as shared_target without a cause"),
    (_waits_for_what_has_come, "is waiting as not_in_ifs_yet without a cause"),
    (_waits_for_a_delivery_that_was, "is waiting as not_delivered_yet without a cause"),
    (_not_parked, "should be parked as shared_target"),
    (_parked_in_silence, "nobody is told of L"),
    (_in_trouble_in_silence, "nobody is told of L"),
    (_due_for_nothing, "is due and waits for nothing"),
    (_due_and_off, "an order of a store that is switched off is due"),
    (_shipped_without_a_shipment, "is shipped without a shipment and nobody is told"),
    (_unreadable, "a row breaks its page and nobody is told"),
    (_large_and_not_parked, "is not parked as order_too_large"),
    (_neither_cleared_nor_told, "a voided number stands and nobody is told"),
    (_late, "too late"),
    (_not_read, "no look has come to the end of orders"),
    (_hammered, "requests in 105 minutes of outage of writes"),
    (_hammered_with_a_refused_client, "minutes of refused client"),
    (_asked_too_early, "before Retry-After was over"),
    (_patched_in_vain, "31 PATCHes of a record that always fails"),
    (_buried, "dead letter"),
    (_backwards, "moved backwards"),
    (_leak, "holds what it must not"),
]


@pytest.mark.parametrize(("plant", "complaint"), PLANTED, ids=[plant.__name__.strip("_") for plant, _ in PLANTED])
def test_a_planted_fault_is_found(rig: Rig, plant: Callable[[Rig], None], complaint: str) -> None:
    plant(rig)
    assert any(complaint in text for text in complaints(rig)), complaints(rig)


def test_two_writes_of_one_field_in_one_second_are_excused_and_counted(rig: Rig) -> None:
    rig.write(ProNo="")
    rig.site.tenant.edit(rig.expectation.shipment_id, ProNo="BY HAND")
    rig.write(ProNo=rig.tracking)
    assert not [text for text in judge_records.of_site(rig.week, rig.site) if "lost" in text]
    assert rig.week.same_second == 1


def test_a_policy_that_always_writes_may_overwrite_once_for_each_value(rig: Rig) -> None:
    rig.site.tenant.edit(rig.expectation.shipment_id, ForwardAgentId="DHL")
    rig.tick(seconds=5)
    rig.write(ForwardAgentId="FEDEX")
    assert not [text for text in judge_records.of_site(rig.week, rig.site) if "lost" in text]


def test_a_number_that_is_appended_to_a_typed_one_loses_nothing(rig: Rig) -> None:
    rig.site.tenant.edit(rig.expectation.shipment_id, ProNo="BY HAND")
    rig.tick(seconds=5)
    rig.write(ProNo=f"BY HAND, {rig.tracking}")
    assert not [text for text in judge_records.of_site(rig.week, rig.site) if "lost" in text]


def test_rows_of_one_parcel_for_two_orders_are_two_rows(rig: Rig) -> None:
    rig.site.tenant.switches.are_rows_unique = False
    for order in ("P1", "P2"):
        rig.site.tenant.insert(TRACKINGS, {"ShipstationId": "L1", "OrderNo": order})
    assert not [text for text in judge_records.of_site(rig.week, rig.site) if "rows for" in text]


def test_an_outcome_that_is_unknown_accounts_for_a_write_and_claims_none(rig: Rig) -> None:
    rig.write(AirwayBillNo="1")
    rig.account("outcome_unknown", 2, tracking="1")
    rig.account("outcome_unknown", 3, tracking="NEVER")
    rig.tick(minutes=1)
    assert list(judge_audit.of_site(rig.world, rig.site)) == []


def test_a_write_without_a_stored_intent_is_seen_when_it_happens(rig: Rig) -> None:
    watch = IntentWatch(rig.world)
    rig.write(ProNo="1Z1")
    assert list(watch.violations()) == ["acme: 1 writes without an intent that was stored before"]


def test_a_write_with_its_intent_is_in_order(rig: Rig) -> None:
    watch = IntentWatch(rig.world)
    rig.world.tables[LEDGER].put({"pk": "record#acme#1", "sk": "record", "intent": {"values": {"ProNo": "1Z1"}}})
    rig.write(ProNo="1Z1")
    assert list(watch.violations()) == []


def test_an_intent_that_was_closed_covers_nothing(rig: Rig) -> None:
    watch = IntentWatch(rig.world)
    for intent in ({"values": {"ProNo": "1Z1"}}, None):
        rig.world.tables[LEDGER].put({"pk": "record#acme#1", "sk": "record", "intent": intent})
    rig.write(ProNo="1Z1")
    assert len(list(watch.violations())) == 1


def test_a_pilot_may_write_in_shadow(rig: Rig) -> None:
    _in_shadow(rig)
    rig.week.piloted.append(rig.expectation)
    assert not [text for text in judge_records.of_site(rig.week, rig.site) if "shadow" in text]


def test_waiting_for_a_delivery_that_has_not_come_is_no_fault(rig: Rig) -> None:
    rig.remember("waiting", "not_delivered_yet", due_shard="due#acme#0", due_at="2026")
    assert list(judge_ledger.of_site(rig.world, rig.week, rig.site)) == []


def test_what_a_story_excuses_may_be_parked(rig: Rig) -> None:
    rig.week.excuse(rig.site, [rig.label], "shared_target")
    rig.remember("parked", "shared_target", attention="shared_target")
    assert list(judge_ledger.of_site(rig.world, rig.week, rig.site)) == []


def test_a_few_probes_during_an_outage_are_no_hammering(rig: Rig) -> None:
    outage = Outage("writes", START, START + timedelta(hours=2))
    outage.met += [START + timedelta(minutes=turn) for turn in range(120)]
    rig.site.tenant.outages.add(outage)
    assert list(judge_requests.of_site(rig.week, rig.site)) == []


@pytest.mark.parametrize("apart", [timedelta(milliseconds=100), timedelta(minutes=1)])
def test_a_page_is_asked_for_by_number_only_within_a_second(rig: Rig, apart: timedelta) -> None:
    account = rig.site.account
    for turn in range(2 * judge_requests.PAGE_SIZE):
        account.ship(None, at=SHIPPED_AT + turn * apart)
    start = (SHIPPED_AT - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    bounds = {"created_at_start": start, "sort_by": "created_at", "sort_dir": "asc"}
    query = {**bounds, "page_size": str(judge_requests.PAGE_SIZE), "page": "2"}
    asked = Request("GET", "/v2/labels", tuple(query.items()), {"api-key": next(iter(account.keys))})
    assert account.application(asked).status == 200
    found = list(judge_requests.of_site(rig.week, rig.site))
    assert [text.split(": ")[1][:7] for text in found] == (["1 pages"] if apart > judge_requests.DENSE else [])


def test_what_is_edited_after_the_page_before_was_handed_out_is_held_against_nobody(rig: Rig) -> None:
    account = rig.site.account
    orders = [account.add_order(f"Q{turn}") for turn in range(2 * judge_requests.PAGE_SIZE)]
    for order in orders:
        account.edit_order(order, {}, at=SHIPPED_AT)
    start = (SHIPPED_AT - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    bounds = {"modified_at_start": start, "sort_by": "modified_at", "sort_dir": "asc"}
    for page in ("1", "2", "3"):
        query = {**bounds, "page_size": str(judge_requests.PAGE_SIZE), "page": page}
        asked = Request("GET", "/v2/shipments", tuple(query.items()), {"api-key": next(iter(account.keys))})
        assert account.application(asked).status == 200
        for order in orders[:5] if page == "2" else ():
            account.edit_order(order, {}, at=SHIPPED_AT + timedelta(minutes=1))
    assert list(judge_requests.of_site(rig.week, rig.site)) == []


def test_a_label_of_the_troubled_days_may_take_until_they_are_over(rig: Rig) -> None:
    assert list(judge_time.late(rig.world, rig.week)) == []


def test_a_story_is_met_only_when_all_of_it_happened(rig: Rig) -> None:
    def told(week: Week, conditions: Sequence[bool]) -> int:
        week.begin("story")
        week.at(rig.world.now() + timedelta(hours=1), lambda: None)
        for condition in conditions:
            week.needs(lambda condition=condition: condition)  # type: ignore[misc] # a default argument binds it
        return week.coverage()["story"]

    assert told(rig.week, [True]) == 0
    rig.tick(hours=2)
    assert rig.week.coverage()["story"] == 1
    told(rig.week, [False])
    rig.tick(hours=2)
    assert rig.week.coverage()["story"] == 1
