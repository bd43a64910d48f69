"""What an operator asks and decides, through the two Lambdas that answer a person: nothing but the ledger and the two
vendors behind them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.ledger.audit import AuditLog
from functions.model.audit import desk_record
from functions.model.connection_name import ConnectionName
from functions.model.control import ControlRequest
from functions.model.inspection import InspectRequest
from functions.version import VERSION
from tests.equipment.quiet_connection import asked, quiet_world, run, schedule
from tests.equipment.world import AUDIT

ACME = ConnectionName("acme")
MINUTE = timedelta(minutes=1)
WHO = {"connection": "acme", "by": "kim", "note": "the customer called"}


class Shop:
    """A connection with both vendors, a clock, and a person who asks."""

    def __init__(self, **shipstation: Any) -> None:
        self.world, self.site = quiet_world(**shipstation)
        self.records: list[int] = []

    def sell(self, number: str, *, carrier: str = "stamps_com", in_ifs: bool = True, delivered: bool = False) -> int:
        """Ordered in both systems and shipped in ShipStation: the label's id."""
        if in_ifs:
            shipment = self.site.tenant.add_shipment([(number, "BOLT", 1)])
            self.records.append(shipment)
            if delivered:
                self.site.tenant.deliver(shipment)
        order = self.site.account.add_order(number, items=[{"sku": "BOLT", "quantity": 1}])
        at = self.world.now() - timedelta(minutes=10)
        return self.site.account.ship(order, carrier_code=carrier, at=at, is_silent=True)

    def wait(self, duration: timedelta = 10 * MINUTE) -> None:
        until = self.world.now() + duration
        schedule(self.world, until, "poll", "release")
        run(self.world, until)

    def show(self, question: str, **more: Any) -> dict[str, Any]:
        return asked(self.world, {"show": question, "connection": "acme", **more}, "inspect")

    def do(self, action: str, **more: Any) -> dict[str, Any]:
        return asked(self.world, {"do": action, **WHO, **more}, "control")

    def story(self, number: str) -> dict[str, Any]:
        (story,) = self.show("order", order=number)["stories"]
        return dict(story)

    def reasons(self) -> dict[str | None, int]:
        return {group["reason"]: group["count"] for group in self.show("attention")["groups"]}

    def audited(self) -> list[str | None]:
        log = AuditLog(self.world.tables[AUDIT], new_id=str)
        return [entry.action for entry in log.story(ACME, desk_record(ACME))]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_an_entry_of_the_audit_that_nobody_can_read_is_named_among_the_attempts(shop: Shop) -> None:
    shop.sell("P1", delivered=True)
    shop.wait()
    before = shop.story("P1")["attempts"]
    table = shop.world.tables[AUDIT]
    item = next(each for each in table.scan(prefix="audit#") if each["outcome"] == "written")
    table.put({**item, "cause": "nobody"})
    after = shop.story("P1")["attempts"]
    assert [each["what"] for each in after] == [f"unreadable {item['sk']}", *(each["what"] for each in before[1:])]
    assert (after[0]["outcome"], after[0]["reason"]) == ("unreadable", "ledger_item")


# --- attention


def test_what_waits_is_grouped_by_reason_with_what_to_do(shop: Shop) -> None:
    shop.sell("P1", in_ifs=False)
    shop.sell("P2", in_ifs=False)
    shop.sell("P3", carrier="ontrac")
    shop.wait()
    found = shop.show("attention")
    first, second = found["groups"]
    assert (first["reason"], first["count"], first["calls"], first["example"]) == ("carrier_unmapped", 1, 1, "P3")
    assert (second["reason"], second["count"], second["calls"]) == ("not_in_ifs_yet", 2, 0)
    assert "(map)" in first["do"]
    assert first["means"].startswith("The carrier has no entry")
    assert (found["total"], found["calls"], found["is_whole"]) == (3, 1, True)
    assert {entry["order"] for entry in found["entries"]} == {"P1", "P2", "P3"}


@pytest.mark.parametrize(
    ("filters", "orders"),
    [
        ({"reason": "carrier_unmapped"}, {"P3"}),
        ({"calls": True}, {"P3"}),
        ({"store": 424242}, set()),
        ({"since": "2030-01-01T00:00:00Z"}, set()),
        ({"since": "2020-01-01T00:00:00Z"}, {"P1", "P3"}),
    ],
)
def test_filters_that_are_given_hold(shop: Shop, filters: dict[str, Any], orders: set[str]) -> None:
    shop.sell("P1", in_ifs=False)
    shop.sell("P3", carrier="ontrac")
    shop.wait()
    assert {entry["order"] for entry in shop.show("attention", **filters)["entries"]} == orders


def test_more_than_a_page_is_shown_page_by_page_and_costs_a_read_for_a_hundred(shop: Shop) -> None:
    for number in range(130):
        shop.sell(f"P{number}", in_ifs=False)
    shop.wait(20 * MINUTE)
    first = shop.show("attention")
    assert (first["total"], len(first["entries"]), first["next_page"]) == (130, 100, 2)
    second = shop.show("attention", page=2)
    assert (len(second["entries"]), second["next_page"]) == (30, None)
    assert {e["order"] for e in (*first["entries"], *second["entries"])} == {f"P{n}" for n in range(130)}


def test_a_person_s_value_that_was_kept_is_listed_and_can_be_adopted(shop: Shop) -> None:
    shop.sell("P1", delivered=True)
    record = shop.records[-1]
    shop.site.tenant.edit(record, ProNo="TYPED-BY-HAND")
    shop.wait()
    kept = shop.story("P1")["records"][0]["fields"]["tracking"]
    assert (kept["outcome"], kept["theirs"]) == ("kept", "TYPED-BY-HAND")
    assert shop.reasons() == {"typed_by_a_person": 1}
    assert shop.do("adopt", order="P1", fields=["tracking"])["concerned"] == 1
    run(shop.world, shop.world.now() + MINUTE)
    story = shop.story("P1")
    assert story["records"][0]["fields"]["tracking"]["ours"] == story["shipments"][0]["tracking_number"]
    assert shop.reasons() == {}
    assert {attempt["what"] for attempt in story["attempts"]} >= {"adopt", "write"}


def test_a_person_s_value_that_was_kept_is_written_over_once_as_a_plan(shop: Shop) -> None:
    shop.sell("P1", delivered=True)
    record = shop.records[-1]
    shop.site.tenant.edit(record, ProNo="TYPED-BY-HAND")
    shop.wait()
    over = {"connection": "acme", "select": {"orders": ["P1"]}, "overwrite": ["tracking"], "by": "kim", "note": "wrong"}
    plan = asked(shop.world, over, "replay")
    number = shop.story("P1")["shipments"][0]["tracking_number"]
    (shown,) = plan["differences"][0]["changes"]
    assert (plan["overwrites"], shown["tracking"]["before"], shown["tracking"]["after"]) == (
        ["tracking"],
        "TYPED-BY-HAND",
        number,
    )
    assert shown.keys() == {"record", "tracking"}
    asked(shop.world, {**plan["next"], "by": "kim", "note": "as planned"}, "replay")
    run(shop.world, shop.world.now() + MINUTE)
    assert shop.site.tenant.shipment(record)["ProNo"] == number
    assert shop.story("P1")["records"][0]["fields"]["tracking"]["ours"] == number
    assert shop.reasons() == {}
    assert (plan["next"]["plan_id"], "overwrite", "as planned") in {
        (plan["plan_id"], attempt["cause"], attempt["note"]) for attempt in shop.story("P1")["attempts"]
    }


def test_a_field_that_no_target_writes_cannot_be_written_over(shop: Shop) -> None:
    over = {"connection": "acme", "select": {"orders": ["P1"]}, "overwrite": ["cost"], "by": "kim", "note": "wrong"}
    assert asked(shop.world, over, "replay")["error"] == "overwrite: no target of the connection has cost"


# --- one order


def test_the_story_of_an_order_says_everything_of_it(shop: Shop) -> None:
    label = shop.sell("P1", delivered=True)
    shop.wait()
    story = shop.story("P1")
    (shipment,) = story["shipments"]
    assert (shipment["shipment"], shipment["outcome"], shipment["placed_by"]) == (f"L{label}", "written", "only")
    (record,) = story["records"]
    assert record["fields"]["tracking"]["ours"] == shipment["tracking_number"]
    assert {name for attempt in story["attempts"] for name in attempt["changes"]} >= {"tracking", "carrier"}
    assert {attempt["cause"] for attempt in story["attempts"]} <= {"poll", "webhook", "release", "sweep"}
    assert story["next"]["told"].startswith("Nothing: it has ended.")


@pytest.mark.parametrize("by", ["order", "shipstation_order", "tracking", "shipment"])
@pytest.mark.parametrize("api", ["v1", "v2"])
def test_an_order_is_found_by_each_of_its_numbers(by: str, api: str) -> None:
    if (by, api) == ("shipment", "v2"):
        pytest.skip("ShipStation's V2 lists no label by its id")
    shop = Shop(api=api)
    label = shop.sell("P1", delivered=True)
    shop.sell("P2", delivered=True)
    shop.wait()
    tracking = shop.story("P1")["shipments"][0]["tracking_number"]
    word = {"order": "P1", "shipstation_order": "P1", "tracking": tracking, "shipment": f"L{label}"}[by]
    assert [story["order"] for story in shop.show("order", **{by: word})["stories"]] == ["P1"]


def test_an_order_that_is_not_shipped_yet_is_shown_as_shipstation_has_it(shop: Shop) -> None:
    shop.site.account.add_order("P7", items=[{"sku": "BOLT", "quantity": 1}])
    found = shop.show("order", order="P7")
    assert found["stories"] == []
    assert found["told"] == "ShipStation has the order (awaiting_shipment), and no label for it."


def test_an_order_that_nobody_knows_is_told_so(shop: Shop) -> None:
    assert shop.show("order", order="NOWHERE")["told"] == "Neither the ledger nor ShipStation knows it."


def test_where_shipstation_is_silent_the_ledger_still_answers(shop: Shop) -> None:
    shop.sell("P1")
    shop.wait()
    shop.site.account.add_fault("status", status=503, times=100)
    assert shop.story("P1")["order"] == "P1"


def test_a_story_costs_five_reads_at_most(shop: Shop) -> None:
    shop.sell("P1", delivered=True)
    shop.wait()
    calls: list[str] = []

    def note(name: str) -> None:
        task = shop.world.clockwork.current
        if task is not None and task.root.name == "inspect" and not name.endswith("done"):
            calls.append(name)

    shop.world.on_step = note
    shop.story("P1")
    assert calls == ["ledger get", "ledger get", "audit query", "audit query"]


# --- how it stands


def test_reading_tenant_desk_and_status_answer(shop: Shop) -> None:
    shop.sell("P1", in_ifs=False)
    shop.wait()
    reading = shop.show("reading")
    assert reading["streams"]["labels_created"]["minutes_behind"] < 30
    assert reading["requests_in_the_last_minute"] >= 0
    assert (reading["refused_since"], reading["not_configured"]) == (None, None)
    assert shop.show("tenant")["is_answering"]
    assert shop.show("desk")["pauses"] == []
    answer = asked(shop.world, {"show": "status"}, "inspect")
    (line,) = answer["connections"]
    assert answer["version"] == VERSION
    assert (line["connection"], line["is_well"], line["waiting"], line["calls"]) == ("acme", True, 1, 0)


def test_a_status_is_not_well_where_a_person_is_asked(shop: Shop) -> None:
    shop.sell("P3", carrier="ontrac")
    shop.wait()
    (line,) = asked(shop.world, {"show": "status"}, "inspect")["connections"]
    assert (line["is_well"], line["calls"]) == (False, 1)


# --- decisions


def test_a_carrier_that_is_mapped_is_written_and_the_entry_can_be_pasted_into_the_file(shop: Shop) -> None:
    shop.sell("P3", carrier="ontrac", delivered=True)
    shop.wait()
    assert shop.reasons() == {"carrier_unmapped": 1}
    done = shop.do("map", table="carriers", code="OnTrac", value="DHL")
    assert done["told"].startswith('carriers.ontrac is "DHL"')
    shop.wait()
    assert shop.reasons() == {}
    assert shop.story("P3")["records"][0]["fields"]["carrier"]["ours"] == "DHL"
    assert shop.show("desk")["toml"] == '[carriers]\n"ontrac" = "DHL"\n'
    assert shop.story("P3")["attempts"][0]["by"] == "kim"
    assert shop.audited() == ["map"]
    (decided,) = shop.show("desk")["decisions"]
    assert (decided["what"], decided["by"], decided["changes"]) == ("map", "kim", {"carriers.ontrac": [None, "DHL"]})


def test_a_mistyped_entry_that_is_corrected_mends_what_ifs_refused(shop: Shop) -> None:
    shop.sell("P3", carrier="ontrac", delivered=True)
    shop.wait()
    shop.do("map", table="carriers", code="ontrac", value="WRONGCO")
    shop.wait()
    assert shop.reasons() == {"unknown_in_ifs": 1}
    corrected = shop.do("map", table="carriers", code="ontrac", value="DHL")
    assert 'written as "WRONGCO" stays so' in corrected["next"]
    shop.wait()
    assert shop.reasons() == {}


def test_an_order_that_was_dismissed_is_looked_at_once_its_carrier_is_mapped(shop: Shop) -> None:
    shop.sell("P3", carrier="ontrac", delivered=True)
    shop.wait()
    shop.do("dismiss", orders=["P3"])
    shop.do("map", table="carriers", code="ontrac", value="DHL")
    shop.wait()
    assert shop.story("P3")["records"][0]["fields"]["carrier"]["ours"] == "DHL"


def test_what_cannot_be_taken_back_calls_though_a_person_has_seen_to_what_could_not_be_written(shop: Shop) -> None:
    label = shop.sell("P3")
    shop.wait()
    no = {"error": {"code": "X", "message": "-", "details": [{"code": "X", "message": "ORA-20110: Shipment.X: no"}]}}
    shop.site.tenant.add_fault("status", method="PATCH", times=-1, status=400, body=no)
    shop.site.tenant.deliver(shop.records[-1], at=shop.world.now() - timedelta(days=3))
    shop.wait(180 * MINUTE)
    calling = [shop.show("attention", calls=True)["entries"]]
    shop.do("dismiss", orders=["P3"])
    calling.append(shop.show("attention", calls=True)["entries"])
    shop.site.account.void(label)
    shop.wait(60 * MINUTE)
    calling.append(shop.show("attention", calls=True)["entries"])
    assert [[(each["order"], each["reason"]) for each in entries] for entries in calling] == [
        [("P3", "refused_by_ifs")],
        [],
        [("P3", "refused_by_ifs")],
    ]


def test_a_second_copy_of_a_request_changes_nothing_even_much_later(shop: Shop) -> None:
    shop.do("pause", scope="store", of="100001", action_id="b-1")
    shop.do("resume", scope="store", of="100001", action_id="c-1")
    late = shop.do("pause", scope="store", of="100001", action_id="b-1")
    assert late["told"].startswith("this request was carried out before")
    assert shop.show("desk")["pauses"] == []
    assert shop.audited() == ["resume", "pause"]


def test_what_was_not_done_is_not_told_as_done(shop: Shop) -> None:
    assert shop.do("release", orders=["NOPE"])["told"] == "nothing was sent"
    assert shop.do("dismiss", orders=["NOPE"])["told"] == "nothing was dismissed"


def test_several_recalls_are_walked_in_one_run(shop: Shop) -> None:
    shop.sell("P3", carrier="ontrac", delivered=True)
    shop.wait()
    for reason in ("not_in_ifs_yet", "ifs_unavailable", "never_found", "carrier_unmapped"):
        shop.do("release", reasons=[reason])
    shop.wait(timedelta(minutes=2))
    assert shop.show("desk")["recalls"] == []


@pytest.mark.parametrize("is_in_file", [True, False], ids=["in the file", "nowhere else"])
def test_an_entry_that_is_taken_out_tells_what_becomes_of_what_it_wrote(shop: Shop, *, is_in_file: bool) -> None:
    shop.sell("P3", carrier="ontrac", delivered=True)
    shop.do("map", table="carriers", code="ontrac", value="DHL")
    shop.wait()
    if is_in_file:
        carriers = {**shop.site.connection.carriers, "ontrac": "DHL"}
        shop.site.connection = shop.site.connection.model_copy(update={"carriers": carriers})
    told = shop.do("unmap", table="carriers", code="OnTrac")["told"]
    shop.do("release", orders=["P3"])
    shop.wait()
    held = shop.site.tenant.shipment(shop.records[0])["ForwardAgentId"]
    if is_in_file:
        assert told == 'the connection file says carriers.ontrac = "DHL", which counts; nothing changes'
        assert held == "DHL"
    else:
        assert told.startswith("new shipments lack it; what it wrote is taken back as after a void")
        assert held is None


def test_what_the_file_maps_is_the_file_s(shop: Shop) -> None:
    refused = shop.do("map", table="carriers", code="Stamps_com", value="OTHER")
    assert refused["error"].startswith('code: the connection file says carriers.stamps_com = "USPS"')


def test_an_entry_that_the_file_contradicts_later_is_a_conflict(shop: Shop) -> None:
    shop.do("map", table="carriers", code="ontrac", value="ONTRAC")
    carriers = {**shop.site.connection.carriers, "ontrac": "OTHER"}
    shop.site.connection = shop.site.connection.model_copy(update={"carriers": carriers})
    assert shop.show("desk")["conflicts"] == [
        'carriers.ontrac: the file says "OTHER", which counts; "ONTRAC" is beside it'
    ]
    (line,) = shop.show("status")["connections"]
    assert line["remarks"] == shop.show("desk")["conflicts"]


def test_a_paused_connection_reads_and_writes_nothing_and_drains_when_resumed(shop: Shop) -> None:
    paused = shop.do("pause", scope="connection")
    assert paused["told"] == "nothing is written for the whole connection until it is resumed; what is read waits"
    shop.sell("P1", delivered=True)
    shop.wait()
    assert shop.reasons() == {"paused": 1}
    assert shop.story("P1")["next"]["told"] == "It rests under a pause and goes on when that is resumed."
    assert [write for write in shop.site.tenant.writes if write.by == "api"] == []
    assert shop.do("resume", scope="connection")["done"] == "resume"
    shop.wait()
    assert shop.reasons() == {}
    assert shop.story("P1")["shipments"][0]["outcome"] == "written"


def test_what_a_person_has_seen_to_calls_nobody_until_something_new_comes(shop: Shop) -> None:
    shop.sell("P3", carrier="ontrac", delivered=True)
    shop.wait()
    assert shop.do("dismiss", orders=["P3", "P4"])["left"] == {"P4": "the ledger does not know it"}
    assert shop.reasons() == {}
    order = next(order for order in shop.site.account.orders.current.values() if order.order_number == "P3")
    shop.site.account.ship(order.order_id, carrier_code="ontrac", at=shop.world.now(), is_silent=True)
    shop.wait()
    assert shop.reasons() == {"carrier_unmapped": 1}


def test_named_orders_are_looked_at_at_once(shop: Shop) -> None:
    shop.sell("P1", in_ifs=False)
    shop.wait()
    shop.site.tenant.add_shipment([("P1", "BOLT", 1)])
    done = shop.do("release", orders=["P1", "P2"])
    assert (done["concerned"], done["left"]) == (1, {"P2": "the ledger does not know it"})
    run(shop.world, shop.world.now() + MINUTE)
    assert shop.story("P1")["shipments"][0]["outcome"] == "written"


def test_an_ambiguous_shipment_goes_where_a_person_says(shop: Shop) -> None:
    for _ in range(2):
        shop.site.tenant.add_shipment([("P1", "BOLT", 1)])
    label = shop.sell("P1", in_ifs=False)
    shop.wait()
    (shipment,) = shop.story("P1")["shipments"]
    assert shipment["reason"] == "ambiguous_target"
    wrong = shop.do("place", order="P1", shipment=f"L{label}", record="nowhere")
    assert wrong["error"] == f"record: the choices are {shipment['choices']}"
    chosen = shipment["choices"][1]
    assert shop.do("place", order="P1", shipment=f"L{label}", record=chosen)["concerned"] == 1
    run(shop.world, shop.world.now() + MINUTE)
    (placed,) = shop.story("P1")["shipments"]
    assert (placed["record"], placed["placed_by"], placed["outcome"]) == (chosen, "person", "written")
    again = shop.do("place", order="P1", shipment=f"L{label}", record=chosen)
    assert again["told"] == f"L{label} belongs to {chosen} from now on"


@pytest.fixture
def companies() -> tuple[Shop, list[str]]:
    """A shop whose order P1 two companies have: their labels. Either asks which of two records is meant."""
    shop = Shop()
    store = shop.site.account.default_store_id
    stores = {"stores": {str(store): {"company": "20"}}}
    file = shop.site.connection.model_dump(mode="json", exclude={"stores"}, exclude_none=True, exclude_defaults=True)
    target = {"targets": [{"profile": "shipment_header"}]}
    shop.site.connection = Connection.model_validate({**file, **stores, "ifs": {**file["ifs"], **target}})
    for _ in range(2):
        shop.site.tenant.add_shipment([("P1", "BOLT", 1)])
    other = shop.site.account.add_order(
        "P1", items=[{"sku": "BOLT", "quantity": 1}], fields={"advancedOptions": {"storeId": 7}}
    )
    at = shop.world.now() - 5 * MINUTE
    labels = [shop.sell("P1", in_ifs=False), shop.site.account.ship(other, at=at, is_silent=True)]
    shop.wait()
    return shop, [f"L{label}" for label in labels]


def asking(shop: Shop) -> set[str]:
    return {story["company"] for story in shop.show("order", order="P1")["stories"] if story["next"]["attention"]}


def test_a_shipment_is_placed_where_two_companies_have_an_order_of_that_number(
    companies: tuple[Shop, list[str]],
) -> None:
    shop, (label, _) = companies
    (own,) = (story for story in shop.show("order", order="P1")["stories"] if story["company"] == "20")
    chosen = own["shipments"][0]["choices"][0]
    assert shop.do("place", order="P1", shipment=label, record=chosen)["concerned"] == 1
    run(shop.world, shop.world.now() + MINUTE)
    assert asking(shop) == {"10"}


def test_only_the_order_of_the_company_that_is_named_is_seen_to(companies: tuple[Shop, list[str]]) -> None:
    shop, _ = companies
    assert shop.do("dismiss", orders=["P1"], company="10")["concerned"] == 1
    assert asking(shop) == {"20"}
    assert shop.do("dismiss", orders=["P1"], company="30")["error"] == "company: the connection file has ['10', '20']"
    refused = shop.do("adopt", order="P1", fields=["tracking"])
    assert refused["error"] == "company: name one of ['10', '20'], which both have an order P1"
    adopted = shop.do("adopt", order="P1", fields=["tracking"], company="20")
    assert adopted["error"] == "fields: no value of a person is kept there"


def two_records_for_one_label(shop: Shop) -> tuple[str, list[int]]:
    records = [shop.site.tenant.add_shipment([("P1", "BOLT", 1)]) for _ in range(2)]
    label = f"L{shop.sell('P1', in_ifs=False)}"
    shop.wait()
    return label, records


@pytest.mark.parametrize("pause", [timedelta(0), MINUTE], ids=["at once", "once it is written"])
def test_what_a_person_placed_wrongly_is_placed_anew(shop: Shop, pause: timedelta) -> None:
    label, (first, second) = two_records_for_one_label(shop)
    shop.do("place", order="P1", shipment=label, record=str(first))
    run(shop.world, shop.world.now() + pause)
    assert shop.do("place", order="P1", shipment=label, record=str(second))["concerned"] == 1
    shop.wait()
    (placed,) = shop.story("P1")["shipments"]
    assert (placed["record"], placed["outcome"], placed["choices"]) == (str(second), "written", [str(first)])
    held = [shop.site.tenant.shipment(record)["ProNo"] for record in (first, second)]
    assert held == [None, placed["tracking_number"]]
    decided = [entry["changes"] for entry in shop.story("P1")["attempts"] if entry["what"] == "place"]
    assert [each[label] for each in decided] == [[str(first), str(second)], [None, str(first)]]


def test_what_a_person_chose_and_ifs_does_not_show_is_owed_what_was_written_there(shop: Shop) -> None:
    label, (first, second) = two_records_for_one_label(shop)
    shop.do("place", order="P1", shipment=label, record=str(first))
    run(shop.world, shop.world.now() + MINUTE)
    shop.site.tenant.hidden.add(first)
    shop.do("release", orders=["P1"])
    run(shop.world, shop.world.now() + MINUTE)
    (waiting,) = shop.story("P1")["shipments"]
    assert (waiting["record"], waiting["reason"], waiting["choices"]) == (str(first), "not_in_ifs_yet", [str(second)])
    shop.do("place", order="P1", shipment=label, record=str(second))
    run(shop.world, shop.world.now() + MINUTE)
    shop.site.tenant.hidden.clear()
    shop.do("release", orders=["P1"])
    run(shop.world, shop.world.now() + MINUTE)
    held = [shop.site.tenant.shipment(record)["ProNo"] for record in (first, second)]
    assert held == [None, waiting["tracking_number"]]


# --- bad input


@pytest.mark.parametrize(
    ("function", "event", "told"),
    [
        ("inspect", {}, "show"),
        ("inspect", {"show": "everything"}, "show: is one of attention, order"),
        ("inspect", {"show": "atention", "connection": "acme"}, "did you mean attention?"),
        ("inspect", {"show": "attention", "connection": "acme", "reson": "x"}, "reson: unknown, did you mean reason?"),
        ("control", {"do": "resme", **WHO}, "did you mean resume?"),
        ("control", {"do": "map", **WHO, "tabel": "carriers"}, "tabel: unknown, did you mean table?"),
        ("inspect", {"show": "attention"}, "connection"),
        ("inspect", {"show": "attention", "connection": "acm"}, "connection: unknown"),
        ("inspect", {"show": "attention", "connection": "acme", "reason": "nonsense"}, "reason"),
        ("inspect", {"show": "attention", "connection": "acme", "page": 0}, "page"),
        ("inspect", {"show": "order", "connection": "acme"}, "exactly one of"),
        ("inspect", {"show": "order", "connection": "acme", "order": "P1", "tracking": "1Z"}, "exactly one of"),
        ("inspect", {"show": "order", "connection": "acme", "shipment": "se-1"}, "shipment"),
        ("control", {}, "do"),
        ("control", {"do": "pause", "connection": "acme", "scope": "connection"}, "by"),
        ("control", {"do": "pause", **WHO, "by": " ", "scope": "connection"}, "by"),
        ("control", {"do": "pause", **WHO, "scope": "store", "of": "acme"}, "number of a ShipStation store"),
        ("control", {"do": "pause", **WHO, "scope": "site"}, "names an IFS site"),
        ("control", {"do": "pause", **WHO, "scope": "connection", "until": "2020-01-01T00:00:00Z"}, "in the past"),
        ("control", {"do": "resume", **WHO, "scope": "connection"}, "is not paused"),
        ("control", {"do": "release", **WHO}, "exactly one of"),
        ("control", {"do": "dismiss", **WHO}, "orders or subjects"),
        ("control", {"do": "dismiss", **WHO, "subjects": ["\ud83d"]}, "subjects.0: "),
        ("control", {"do": "pause", **WHO, "scope": "store", "of": "\u0663"}, "number of a ShipStation store"),
        ("control", {"do": "place", **WHO, "order": "P9", "shipment": "L1", "record": "1"}, "does not know it"),
        ("control", {"do": "map", **WHO, "table": "carriers", "code": "/", "value": "X"}, "names no carrier"),
        ("control", {"do": "map", **WHO, "table": "carriers", "code": "x", "value": "F" * 90}, "longer than"),
        ("control", {"do": "unmap", **WHO, "table": "carriers", "code": "x"}, "nothing was added"),
        ("control", {"do": "adopt", **WHO, "order": "P9", "fields": ["tracking"]}, "does not know it"),
    ],
)
def test_bad_input_is_answered_with_the_key_and_what_is_allowed(
    shop: Shop, function: str, event: dict[str, Any], told: str
) -> None:
    answer = asked(shop.world, event, function)
    assert told in answer["error"]
    assert answer["allowed"]


@pytest.mark.parametrize(
    ("pause", "again"),
    [
        ({"scope": "store", "of": "0100001"}, {"scope": "store", "of": " 100001"}),
        ({"scope": "site", "of": " CHI "}, {"scope": "site", "of": "CHI"}),
        ({"scope": "site", "of": "chi"}, {"scope": "site", "of": "CHI"}),
    ],
)
def test_a_pause_holds_what_it_names_however_it_is_typed(
    shop: Shop, pause: dict[str, str], again: dict[str, str]
) -> None:
    assert shop.do("pause", **pause)["concerned"] == 1
    shop.sell("P1001")
    shop.wait()
    assert shop.reasons() == {"paused": 1}
    assert shop.do("resume", **again)["done"] == "resume"


@pytest.mark.parametrize(
    ("sites", "refused"), [({}, False), ({"sites": ["CHI", "DAL"]}, True), ({"sites": ["NYC"]}, False)], ids=str
)
def test_a_pause_of_a_site_that_is_never_written_is_refused(*, sites: dict[str, Any], refused: bool) -> None:
    shop = Shop(ifs=sites)
    answer = shop.do("pause", scope="site", of="nyc")
    assert (answer.get("error") == "of: the sites that are written are ['CHI', 'DAL']") is refused
    assert (shop.audited() == []) is refused


@pytest.mark.parametrize("pasted", ["P1\u200b", "\ufeffP1", "P\u00ad1", "P1\x00"])
def test_what_a_person_pastes_is_read_as_it_is_seen(shop: Shop, pasted: str) -> None:
    shop.sell("P1", carrier="ontrac")
    shop.wait()
    assert shop.show("order", order=pasted)["stories"]
    assert shop.do("release", orders=[pasted])["left"] == {}
    select = {"select": {"orders": [pasted]}, **WHO}
    assert asked(shop.world, select, "replay")["orders"] == 1
    shop.do("map", table="carriers", code="ontrac\u200b", value="ONTRAC\x00")
    assert shop.show("desk")["toml"] == '[carriers]\n"ontrac" = "ONTRAC"\n'
    blank = shop.do("map", table="carriers", code="dhl", value="\u200b")
    assert "value: " in blank["error"]


@pytest.mark.parametrize("model", [InspectRequest, ControlRequest])
def test_the_requests_are_published_as_json_schema(model: type[InspectRequest | ControlRequest]) -> None:
    schema = model.model_json_schema()
    assert schema["oneOf"]
