"""The reconcile as deployed, over a world in memory: a fault of the deliveries shows, what the ledger knows explains,
and one runs at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.connections import connection as connections
from functions.connections.vendors import OrderReference
from functions.flows.operations import reconcile as flow
from functions.flows.to_ifs import desired
from functions.ifs.targets.shipment_header import ShipmentHeaders
from functions.ledger.orders import OrderStore
from functions.ledger.reconciles import ReconcileStore
from functions.model.cursors import Cursor
from functions.model.records import Record, Written
from functions.model.shipment import ConnectionName
from functions.shipstation.reading import normalise
from functions.wiring import reconcile_runs, telemetry
from tests.equipment.ifs.outages import Outage
from tests.equipment.lambdas import Context
from tests.equipment.quiet_connection import START, quiet_world, run
from tests.equipment.reconcile_desk import AFTERNOON, WHO, ask, compare, deliver, differences, report, sell
from tests.equipment.world import CANARY, LEDGER, World

ORDERS = ("P1", "P2", "P3")
Plant = Callable[[pytest.MonkeyPatch], None]


def test_what_was_delivered_agrees() -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world)
    answer = compare(world)
    assert (answer["state"], answer["agree"], answer["shipments"], answer["equal"]) == ("done", True, 3, 9)
    assert answer["text"][1].startswith("The systems agree. 3 shipments")


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_both_apis_say_the_same(api: str) -> None:
    world, site = quiet_world(api=api)
    first, *_ = sell(site, *ORDERS)
    deliver(world)
    site.tenant.edit(first, ForwardAgentId=None)
    assert differences(world, compare(world)) == {("P1", "carrier", "missing")}


def cut_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalise, "_short", lambda text: (text or "")[:-1] or None)


def first_number_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desired, "joined", lambda numbers, _: (next(iter(numbers), None), None))


def wrong_carrier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "mapped", lambda *_: "DHL")


def wrong_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desired, "_day", lambda *_: "2026-01-01")


def wrong_order(monkeypatch: pytest.MonkeyPatch) -> None:
    real = OrderReference.read
    monkeypatch.setattr(OrderReference, "read", lambda self, text: "P3" if text == "P2" else real(self, text))


@pytest.mark.parametrize(
    ("plant", "shown"),
    [
        pytest.param(cut_numbers, ("P1", "tracking", "different"), id="numbers lose their last digit"),
        pytest.param(first_number_only, ("P4", "tracking", "different"), id="a second parcel's number is dropped"),
        pytest.param(wrong_carrier, ("P1", "carrier", "different"), id="the carrier map is read wrongly"),
        pytest.param(wrong_day, ("P1", "ship_date", "different"), id="another day"),
        pytest.param(wrong_order, ("P2", "tracking", "missing"), id="another order"),
    ],
)
def test_a_fault_of_the_mapper_shows(
    plant: Plant, shown: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, site = quiet_world()
    sell(site, *ORDERS, "P4")
    (order,) = (each.order_id for each in site.account.orders.current.values() if each.order_number == "P4")
    site.account.ship(order, at=START - timedelta(minutes=20), is_silent=True)
    plant(monkeypatch)
    deliver(world)
    answer = compare(world)
    assert not answer["agree"]
    assert shown in differences(world, answer)


def jump_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over half an hour that nobody has read."""
    far = timedelta(minutes=30)
    monkeypatch.setattr(
        Cursor,
        "reaching",
        lambda self, at: self.model_copy(update={"head": max(self.head, at + far), "settled": max(self.head, at)}),
    )


def test_a_fault_of_the_cursor_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    sell(site, "P1")
    jump_ahead(monkeypatch)
    deliver(world, hours=0.2)
    sell(site, "P2", at=START - timedelta(minutes=10))
    deliver(world)
    answer = compare(world)
    assert differences(world, answer) == {("P2", field, "missing") for field in ("tracking", "carrier")} | {
        ("P2", "ship_date", "different")
    }
    assert "1 shipments are unknown to the ledger" in " ".join(answer["text"])


def test_a_ledger_that_takes_new_labels_for_known_ones_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    real = OrderStore.unrecorded

    def forgetful(self: OrderStore, shipments: Any, *rest: Any, **more: Any) -> Any:
        return [each for each in real(self, shipments, *rest, **more) if each.reference != "P2"]

    monkeypatch.setattr(OrderStore, "unrecorded", forgetful)
    deliver(world)
    assert {order for order, _, _ in differences(world, compare(world))} == {"P2"}


def test_a_ledger_that_says_written_of_what_ifs_never_got_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    sell(site, "P1")

    def pretended(_: ShipmentHeaders, record: Record, changes: Any) -> Written:
        return Written(http_status=200, record=record.holding({**record.values, **changes}, 'W/"9"'))

    monkeypatch.setattr(ShipmentHeaders, "write", pretended)
    deliver(world)
    assert ("P1", "tracking", "missing") in differences(world, compare(world))


def test_what_waits_is_explained_with_the_ledgers_reason() -> None:
    world, site = quiet_world()
    order = site.account.add_order("P9", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    deliver(world)
    answer = compare(world)
    (only,) = report(world, answer)["differences"]
    assert (only["kind"], only["status"], only["explained_by"]) == ("missing", "explained", "not_in_ifs_yet")
    assert (answer["agree"], answer["explained"]) == (True, 1)


def test_what_waits_and_is_never_looked_at_again_is_not_explained() -> None:
    world, site = quiet_world()
    order = site.account.add_order("P9", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    deliver(world)
    store = OrderStore(world.tables[LEDGER])
    (state,) = store.scan(site.connection.name)
    assert store.save(state.model_copy(update={"next_attempt_at": None}))
    assert differences(world, compare(world)) == {("P9", "record", "missing")}


def test_what_a_person_typed_since_is_explained_and_what_a_person_emptied_is_not() -> None:
    world, site = quiet_world()
    first, second, _ = sell(site, *ORDERS)
    deliver(world)
    site.tenant.edit(first, ProNo="BY HAND")
    site.tenant.edit(second, ProNo=None)
    answer = compare(world)
    assert differences(world, answer) == {("P2", "tracking", "missing")}
    assert ("P1", "tracking", "explained") in differences(world, answer, "explained")


def test_a_label_of_the_day_before_is_no_difference() -> None:
    world, site = quiet_world()
    sell(site, "P1", at=START - timedelta(minutes=50))
    (order,) = site.account.orders.current
    site.account.ship(order, at=START - timedelta(minutes=10), is_silent=True)
    deliver(world)
    answer = compare(world, **{"from": (START - timedelta(minutes=30)).isoformat()})
    assert (answer["shipments"], answer["agree"], differences(world, answer)) == (1, True, set())


def test_shadow_explains_everything() -> None:
    world, site = quiet_world()
    site.connection = site.connection.in_mode("shadow")
    sell(site, "P1")
    deliver(world)
    answer = compare(world)
    assert answer["agree"]
    assert {each["explained_by"] for each in report(world, answer)["differences"]} == {"would_write"}


def test_a_void_that_was_not_taken_back_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    sell(site, "P1")
    deliver(world)
    (label,) = site.account.shipments.current
    monkeypatch.setattr(OrderStore, "unrecorded", lambda *_, **__: [])
    site.account.void(label)
    deliver(world)
    assert differences(world, compare(world)) == {("P1", "tracking", "extra")}


def test_the_report_is_what_its_digest_says_everywhere() -> None:
    world, site = quiet_world()
    sell(site, "P1")
    deliver(world)
    answer = compare(world)
    name = answer["report"]
    assert hashlib.sha256(world.reports.documents[name]).hexdigest() == answer["sha256"] == world.reports.digests[name]
    stored = ReconcileStore(world.tables[LEDGER]).latest(site.connection.name)
    assert stored is not None
    assert stored.report is not None
    assert stored.report.sha256 == answer["sha256"]
    assert CANARY.encode() not in b"".join(world.reports.documents.values())


def test_an_order_that_shipstation_does_not_show_stops_nothing() -> None:
    world, site = quiet_world(order_reference={"source": "custom_field_1"})
    for number in (1, 2):
        site.tenant.deliver(site.tenant.add_shipment([(f"P{number}", "BOLT", 1)]))
        fields = {"advancedOptions": {"customField1": f"P{number}"}}
        order = site.account.add_order(f"W{number}", items=[{"sku": "BOLT", "quantity": 1}], fields=fields)
        site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    deliver(world)
    hidden = next(iter(site.account.orders.current))
    site.account.add_fault("status", status=500, path=f"orders/{hidden}", times=-1)
    answer = compare(world)
    assert (answer["state"], answer["agree"], answer["explained"]) == ("done", True, 1)
    assert [each["explained_by"] for each in report(world, answer)["differences"]] == ["order_unreadable"]


def test_a_row_that_breaks_its_page_is_counted_and_stops_nothing() -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world)
    site.account.broken_rows.add(next(iter(site.account.shipments.current)))
    assert compare(world)["state"] == "under way", "nobody can say how long it will take"
    answer = ask(world, is_scheduled=True)
    assert (answer["state"], answer["shipments"]) == ("done", 2)
    answer = ask(world, status=True)
    assert any("1 rows of ShipStation could not be read" in line for line in answer["text"])


@pytest.mark.parametrize("number", ["P1", "P1 " + "and a note of the shop " * 10], ids=["a number", "a long one"])
def test_a_repair_is_a_plan_that_replay_applies(number: str) -> None:
    world, site = quiet_world()
    first, *_ = sell(site, number.strip(), *ORDERS[1:])
    deliver(world)
    site.tenant.edit(first, ForwardAgentId=None)
    answer = compare(world, repair=True)
    invoke(world, "replay", {"connection": "acme", "is_scheduled": True})
    applied = invoke(world, "replay", {"plan_id": answer["next"]["plan_id"], "apply": True, **WHO})
    assert applied["sent"] == 1
    run(world, world.now() + timedelta(minutes=5))
    released = invoke(world, "control", {"connection": "acme", "do": "release", "orders": [number], **WHO})
    story = invoke(world, "inspect", {"connection": "acme", "show": "order", "order": number})
    assert (released["concerned"], "error" in story) == (1, False)
    assert site.tenant.shipment(first)["ForwardAgentId"] == "USPS"


def test_a_repair_of_more_orders_than_one_plan_holds_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.model.reconciled.MOST_REPAIRED", 2)
    monkeypatch.setattr("functions.flows.operations.reconcile_text.MOST_REPAIRED", 2)
    world, site = quiet_world()
    records = sell(site, *ORDERS)
    deliver(world)
    for record in records:
        site.tenant.edit(record, ForwardAgentId=None)
    told = compare(world, repair=True)
    assert told["unexplained"] == 3
    assert told["text"][-1] == "It is of the first 2 orders that disagree: repair the rest once it is applied."


def invoke(world: World, function: str, event: dict[str, Any]) -> Any:
    answers: list[Any] = []
    world.functions[function].invoke(event, lambda value, fault: answers.append(fault or value))
    run(world, world.now() + timedelta(minutes=2))
    return answers[0]


def test_a_long_one_answers_at_once_and_goes_on_with_every_tick_until_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, site = quiet_world(timeout_seconds=20)
    sell(site, *ORDERS)
    deliver(world, hours=3)
    monkeypatch.setattr("functions.handlers.reconcile.AT_ONCE", 1)
    monkeypatch.setattr(flow, "PARCELS_A_PIECE", 1)
    answer = compare(world)
    assert (answer["state"], answer["percent"]) == ("under way", 0.0)
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 30_200)  # for one piece
    percents = []
    for _ in range(10):
        told = ask(world, run_id=answer["run_id"])
        percents.append(told["percent"])
        if told["state"] == "done":
            break
        ask(world, is_scheduled=True)
    assert (told["state"], told["shipments"], told["agree"]) == ("done", 3, True)
    assert percents == sorted(set(percents))
    assert len(report(world, told)["parts"]) > 2


def test_a_piece_for_which_the_time_of_a_run_is_too_short_becomes_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world, hours=3)
    monkeypatch.setattr("functions.handlers.reconcile.AT_ONCE", 1)
    compare(world)
    store, lengths = ReconcileStore(world.tables["ledger"]), list[int]()
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 1)
    for _ in range(3):
        latest = store.latest(ConnectionName("acme"))
        assert latest is not None
        lengths.append(latest.piece_seconds)
        assert ask(world, is_scheduled=True)["reason"] == "out_of_time"
    assert lengths == sorted(set(lengths), reverse=True)


def test_a_window_of_months_comes_to_its_end_run_by_run_in_pieces_of_a_day() -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world)
    answer = compare(world, **{"from": (START - timedelta(days=390)).isoformat()})
    for _ in range(3):
        if answer["state"] == "done":
            break
        answer = ask(world, is_scheduled=True)
    assert (answer["state"], answer["agree"], answer["shipments"]) == ("done", True, 3)
    assert len(report(world, ask(world, status=True))["parts"]) == 391


def test_a_window_of_years_is_refused() -> None:
    world, _ = quiet_world()
    refused = compare(world, **{"from": (START - timedelta(days=401)).isoformat()})
    assert refused["error"] == "from: 400 days are compared at once at most; ask for parts"


def test_more_parts_than_the_ledger_holds_end_it_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    monkeypatch.setattr(reconcile_runs, "MOST_PARTS", 2)
    sell(site, *ORDERS)
    compare(world, **{"from": (START - timedelta(days=9)).isoformat()})
    told = ask(world, status=True)
    assert (told["state"], told["reason"]) == ("failed", "out_of_time")


def test_never_two_at_once() -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    answers: list[Any] = []
    for note in ("one", "two"):
        event = {"connection": "acme", **AFTERNOON, **WHO, "note": note}
        world.functions["reconcile"].invoke(event, lambda value, fault: answers.append(fault or value))
    run(world, world.now() + timedelta(minutes=20))
    assert sorted("error" in answer for answer in answers) == [False, True]


def test_an_outage_of_ifs_is_waited_for() -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world)
    site.tenant.outages.add(Outage("all", world.now(), world.now() + timedelta(minutes=20)))
    told = compare(world)
    assert (told["reason"], told["next"]) == ("ifs_unavailable", "it goes on by itself")
    run(world, world.now() + timedelta(minutes=30))
    told = ask(world, is_scheduled=True)
    assert (told["state"], told["shipments"], told["agree"]) == ("done", 3, True)


def test_one_that_could_not_be_begun_does_not_say_that_it_goes_on() -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world)
    site.account.add_fault("dropped", path="shipments", times=-1)
    refused = compare(world)
    assert (refused["reason"], refused["next"]) == ("shipstation_unavailable", "try again later")
    assert ask(world, status=True)["error"] == "run_id: no such reconcile"
    site.account.lift_faults()
    assert compare(world)["agree"]


def test_one_that_never_succeeds_ends_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    monkeypatch.setattr(reconcile_runs, "MOST_IN_VAIN", 2)
    site.tenant.outages.add(Outage("all", world.now(), world.now() + timedelta(days=1)))
    sell(site, *ORDERS)
    compare(world)
    ask(world, is_scheduled=True)
    told = ask(world, status=True)
    assert (told["state"], told.get("reason")) == ("failed", "ifs_unavailable")


def test_a_run_that_dies_goes_on_where_it_was_once_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world)
    with monkeypatch.context() as patched:
        patched.setattr(reconcile_runs, "compare_window", died)
        world.functions["reconcile"].invoke({"connection": "acme", **AFTERNOON, **WHO})
        run(world, world.now() + timedelta(minutes=5))
    assert ask(world, 5, is_scheduled=True)["state"] == "under way"
    run(world, world.now() + timedelta(minutes=10))
    told = ask(world, is_scheduled=True)
    assert (told["state"], told["shipments"], told["agree"]) == ("done", 3, True)
    assert len(report(world, told)["parts"]) == 2, "in shorter pieces"


@pytest.mark.parametrize(("ahead", "state"), [(timedelta(minutes=15), "under way"), (timedelta(days=365), "done")])
def test_a_run_that_died_with_a_clock_far_ahead_holds_nothing_for_so_long(
    monkeypatch: pytest.MonkeyPatch, ahead: timedelta, state: str
) -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world)
    with monkeypatch.context() as patched:
        patched.setattr(reconcile_runs, "compare_window", died)
        world.functions["reconcile"].invoke({"connection": "acme", **AFTERNOON, **WHO})
        run(world, world.now() + timedelta(minutes=5))
    runs = ReconcileStore(world.tables[LEDGER])
    left = runs.latest(ConnectionName("acme"))
    assert left is not None
    assert runs.save(left.taken(world.now() + ahead + timedelta(minutes=15))) is not None
    assert ask(world, 5, is_scheduled=True)["state"] == state


def died(*_: object) -> None:
    raise MemoryError


def test_the_schedule_compares_the_day_before_once() -> None:
    world, site = quiet_world(ifs={"time_zone": "America/Chicago"})
    sell(site, *ORDERS)
    deliver(world)
    first = ask(world, is_scheduled=True)
    assert first["window"] == {"start": "2026-05-31T05:00:00Z", "end": "2026-06-01T05:00:00Z"}
    assert ask(world, is_scheduled=True) == {"next": "nothing is due"}
    run(world, START + timedelta(days=1, hours=2))
    second = ask(world, is_scheduled=True)
    assert (second["window"]["start"], second["shipments"], second["agree"]) == ("2026-06-01T05:00:00Z", 3, True)


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        pytest.param({}, "give by and note", id="nobody asks"),
        pytest.param({**WHO, "form": "x"}, "form: unknown, did you mean from?", id="a misspelt key"),
        pytest.param({**WHO, "until": AFTERNOON["until"]}, "until needs from", id="half a window"),
        pytest.param({**WHO, "from": AFTERNOON["until"], "until": AFTERNOON["from"]}, "from must be", id="backwards"),
        pytest.param({**WHO, "from": "2026-06-01"}, "from: ", id="no instant"),
        pytest.param({**WHO, "from": "2030-01-01T00:00:00Z"}, "holds nothing yet", id="the future"),
        pytest.param(
            {**WHO, "from": "0001-01-01T00:00:00+14:00"}, "from: Value error, is of none of", id="the first day"
        ),
        pytest.param(
            {**WHO, "from": "9999-12-31T23:59:59-12:00"}, "from: Value error, is of none of", id="the last day"
        ),
        pytest.param({**WHO, "connection": "other"}, "known are ['acme']", id="an unknown connection"),
        pytest.param({"run_id": "x"}, "no such reconcile", id="an unknown run"),
    ],
)
def test_bad_input_is_answered(event: dict[str, Any], wrong: str) -> None:
    world, _ = quiet_world()
    answer = ask(world, **event)
    assert wrong in answer["error"]
    assert "allowed" in answer or "next" in answer


def counted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, float]]:
    sent: list[dict[str, float]] = []
    monkeypatch.setattr(telemetry, "_send", lambda _unit, _connection, metrics: sent.append(dict(metrics)))
    return sent


def day_by_day(world: World, days: int) -> None:
    for _ in range(days * 24):
        run(world, world.now().replace(minute=0) + timedelta(hours=1))
        ask(world, is_scheduled=True)


def test_a_comparison_that_fails_every_day_is_counted_from_half_a_day_after_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, site = quiet_world()
    sell(site, *ORDERS)
    deliver(world)
    sent = counted(monkeypatch)
    day_by_day(world, 3)
    assert not [each for each in sent if each.get("NotCompared")]
    site.account.add_fault("status", status=503, times=-1)
    day_by_day(world, 4)
    late = [each for each in sent if each.get("NotCompared")]
    assert 50 <= len(late) <= 80


def test_a_window_without_a_shipment_compares_nothing() -> None:
    world, _ = quiet_world()
    answer = compare(world)
    assert (answer["state"], answer["shipments"], answer["agree"], answer["compared"]) == ("done", 0, False, False)
    assert answer["text"][1].startswith("Nothing was compared. 0 shipments")


def test_a_comparison_whose_report_stayed_in_another_bucket_is_told_from_the_ledger() -> None:
    world, site = quiet_world()
    record, *_ = sell(site, "P1")
    deliver(world)
    site.tenant.edit(record, ProNo=None)
    whole = compare(world)
    world.reports.documents.clear()
    for asked in ({"status": True}, {"run_id": whole["run_id"]}):
        answer = ask(world, **asked)
        assert "error" not in answer
        assert answer["text"][1] == whole["text"][1]
        assert "The systems disagree" in answer["text"][1]
        assert answer["text"][-1] == "What differed is not shown: the report could not be read."
