"""IFS's sites and ShipStation's warehouses, kept alike by the function as it is wired in AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.equipment.align_desk import ADDRESS, ORIGIN, AlignDesk
from tests.equipment.push_people import RECEIVER

BOTH: dict[str, Any] = {"direction": "both", "policy": "shipstation_wins"}


def test_a_site_becomes_a_warehouse_once_and_is_audited_once() -> None:
    desk = AlignDesk()
    desk.add_site()
    for _ in range(3):
        desk.look()
    (warehouse,) = desk.warehouses()
    assert warehouse["warehouseName"] == "Chicago warehouse"
    assert warehouse["originAddress"]["street1"] == "12 Harbor Street"
    (entry,) = desk.audited()
    assert (entry["action"], entry["changes"]["city"]["after"]) == ("create", "Chicago")
    assert desk.map() == {"CHI": str(warehouse["warehouseId"])}


@pytest.mark.parametrize("blank", ["\n", "\t", "\u00a0"])
def test_words_of_a_site_that_no_blank_parts_are_parted(blank: str) -> None:
    desk = AlignDesk()
    desk.add_site("CHI", f"Chicago{blank}warehouse", Address1=f"12{blank}Harbor Street")
    desk.look()
    (warehouse,) = desk.warehouses()
    found = warehouse["warehouseName"], warehouse["originAddress"]["street1"]
    assert found == ("Chicago warehouse", "12 Harbor Street")


def test_what_is_alike_costs_one_request_and_no_write_of_the_ledger() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    desk.look()
    requests, puts = len(desk.account.requests), desk.world.tables["ledger"].changes("align#acme#warehouses")
    desk.look()
    assert len(desk.account.requests) == requests + 1
    assert desk.world.tables["ledger"].changes("align#acme#warehouses") == puts


def test_a_dry_run_shows_and_writes_nothing_and_its_plan_is_carried_out_exactly() -> None:
    desk = AlignDesk()
    desk.add_site()
    shown = desk.dry_run()
    assert (shown["would_create"], desk.writes(), desk.audited()) == (1, 0, [])
    assert desk.world.tables["ledger"].changes("align#acme#warehouses") == 0
    assert [each["outcome"] for each in desk.apply(shown["plan"])["ended"]] == ["written"]
    assert desk.audited()[0]["cause"] == {
        "kind": "replay",
        "correlation_id": desk.audited()[0]["cause"]["correlation_id"],
        "by": "kim",
        "note": "a test",
        "plan_id": shown["plan"],
    }


def test_a_plan_that_is_outdated_writes_nothing_and_shows_the_new_one() -> None:
    desk = AlignDesk()
    desk.add_site()
    shown = desk.dry_run()
    desk.tenant.edit_site_address("CHI", City="Evanston")
    answer = desk.apply(shown["plan"])
    assert (answer["reason"], desk.writes()) == ("plan_outdated", 0)
    assert answer["proposals"][0]["changes"]["city"]["after"] == "Evanston"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"connection": "acme"}, "profile: Field required"),
        ({"connection": "acme", "profile": "sites"}, "profile: the connection file has ['warehouses']"),
        ({"connection": "acne", "profile": "warehouses"}, "connection: unknown"),
        ({"connection": "acme", "profile": "warehouses", "dry_run": False}, "give plan, by and note"),
    ],
)
def test_a_wrong_request_is_answered(event: dict[str, Any], told: str) -> None:
    desk = AlignDesk()
    assert told in desk.ask(event)["error"]


def test_shadow_mode_says_what_it_would_write_and_writes_nothing() -> None:
    desk = AlignDesk(mode="shadow")
    desk.add_site()
    assert [each["outcome"] for each in desk.look()["ended"]] == ["would_write"]
    assert desk.look()["ended"] == []
    assert (desk.warehouses(), desk.audited(), desk.map()) == ([], [], {})


def test_off_reads_nothing() -> None:
    desk = AlignDesk(mode="off")
    desk.look()
    assert (desk.account.requests, desk.tenant.requests) == ([], [])


def test_a_change_in_ifs_follows_and_everything_else_stays_as_it_is() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    number = desk.warehouse()["warehouseId"]
    desk.account.edit_warehouse(number, phone="555-0100", company="Acme")
    before = desk.warehouse()
    desk.tenant.edit_site_address("CHI", Address1="99 Lake Shore Drive")
    desk.look()
    after = desk.warehouse()
    assert after["originAddress"] == {**before["originAddress"], "street1": "99 Lake Shore Drive"}
    assert {n: v for n, v in after.items() if not n.endswith("Address")} == {
        n: v for n, v in before.items() if not n.endswith("Address")
    }


def test_a_return_address_that_was_a_copy_follows_and_one_of_its_own_stays() -> None:
    desk = AlignDesk()
    desk.add_site("CHI")
    desk.add_site("DAL", "Dallas warehouse")
    desk.look()
    own = {**desk.warehouse("DAL")["returnAddress"], "street1": "1 Returns Road"}
    desk.account.return_to(desk.warehouse("DAL")["warehouseId"], own)
    for code in ("CHI", "DAL"):
        desk.tenant.edit_site_address(code, Address1="99 Lake Shore Drive")
    desk.look()
    assert desk.warehouse("CHI")["returnAddress"]["street1"] == "99 Lake Shore Drive"
    assert desk.warehouse("CHI")["returnAddress"]["residential"] is None
    assert desk.warehouse("DAL")["returnAddress"] == own


def test_the_default_that_was_not_asked_for_is_no_difference() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    assert desk.warehouse()["isDefault"] is True
    writes = desk.writes()
    desk.look()
    assert desk.writes() == writes


def test_an_edit_in_shipstation_is_kept_and_told_until_both_say_the_same() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    desk.account.edit_warehouse(desk.warehouse()["warehouseId"], city="Evanston")
    answer = desk.look()
    assert (answer["ask_for_a_person"], answer["ended"][0]["reason"]) == (1, "edited_elsewhere")
    assert answer["ended"][0]["field"] == "city"
    assert desk.look()["ask_for_a_person"] == 1
    desk.tenant.edit_site_address("CHI", Address1="99 Lake Shore Drive")
    desk.look()
    assert (desk.warehouse()["originAddress"]["city"], desk.warehouse()["originAddress"]["street1"]) == (
        "Evanston",
        "99 Lake Shore Drive",
    )
    desk.tenant.edit_site_address("CHI", City="Evanston")
    assert desk.look()["ask_for_a_person"] == 0
    desk.tenant.edit_site_address("CHI", City="Aurora")
    desk.look()
    assert desk.warehouse()["originAddress"]["city"] == "Aurora"


def test_what_shipstation_wins_is_written_to_ifs_under_its_tag() -> None:
    desk = AlignDesk(**BOTH, countries={"Sweden": "SE", "United States": "US"})
    desk.add_site(Country="United States")
    desk.account.add_warehouse("CHI", **{**ORIGIN, "city": "Evanston", "country": "SE"})
    desk.look()
    address = desk.tenant.site_address("CHI")
    assert (address["City"], address["Country"], desk.tenant.site("CHI")["Description"]) == (
        "Evanston",
        "Sweden",
        "CHI",
    )
    assert all(write.if_match for write in desk.tenant.writes)
    assert desk.writes() == 0
    assert desk.tenant.accidents == []


@pytest.mark.parametrize(
    "origin",
    [None, "", [], *({**ORIGIN, "street2": "Door 4", **each} for each in ({"street1": None}, {"country": "Nowhere"}))],
)
def test_an_address_that_makes_no_warehouse_empties_none_in_ifs(origin: object) -> None:
    desk = AlignDesk(**BOTH)
    desk.add_site(Address2="Door 4")
    desk.look()
    row = desk.warehouse()
    desk.account.warehouses[row["warehouseId"]] = {**row, "originAddress": origin}
    assert desk.look()["ended"][0]["reason"] == "field_unusable"
    assert desk.tenant.writes == []
    desk.account.warehouses[row["warehouseId"]] = row
    assert desk.look()["ask_for_a_person"] == 0


def test_a_warehouse_without_an_address_is_given_the_sites() -> None:
    desk = AlignDesk()
    desk.add_site()
    number = desk.account.add_warehouse("CHI", **ORIGIN)
    desk.account.warehouses[number] = {**desk.account.warehouses[number], "originAddress": None}
    desk.look()
    assert desk.warehouse()["originAddress"]["street1"] == "12 Harbor Street"


def test_each_field_has_a_policy_of_its_own() -> None:
    desk = AlignDesk(direction="both", policies={"name": "ask", "city": "shipstation_wins"})
    desk.add_site()
    desk.account.add_warehouse("CHI", **{**ORIGIN, "city": "Evanston", "postalCode": "60201"})
    answer = desk.look()
    assert (answer["ended"][0]["reason"], answer["ended"][0]["field"]) == ("differs", "name")
    assert desk.tenant.site_address("CHI")["City"] == "Evanston"
    assert desk.warehouse()["originAddress"]["postalCode"] == "60601"
    assert desk.warehouse()["warehouseName"] == "CHI"


def test_a_deleted_warehouse_is_told_and_not_made_again_and_one_made_by_hand_takes_its_place() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    desk.account.delete_warehouse(desk.warehouse()["warehouseId"])
    assert desk.look()["ended"][0]["reason"] == "gone_in_shipstation"
    desk.look()
    assert desk.warehouses() == []
    number = desk.account.add_warehouse("chicago warehouse", **ORIGIN)
    assert desk.look()["ask_for_a_person"] == 0
    assert desk.map() == {"CHI": str(number)}


def test_a_site_that_ifs_shows_no_more_leaves_its_warehouse_alone() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.add_site("DAL", "Dallas warehouse")
    desk.look()
    writes = desk.writes()
    desk.tenant.delete_site("CHI")
    answer = desk.look()
    assert (answer["ask_for_a_person"], answer["ended"][0]["reason"]) == (1, "gone_in_ifs")
    assert (desk.writes(), len(desk.warehouses())) == (writes, 2)


def test_warehouses_of_shipstation_alone_are_reported_and_ask_nobody() -> None:
    desk = AlignDesk()
    desk.account.add_warehouse("Somewhere else", **ORIGIN)
    shown = desk.dry_run()
    assert [(each["other"], each["reason"]) for each in shown["proposals"]] == [("4711", "only_in_shipstation")]
    assert desk.look()["ask_for_a_person"] == 0


@pytest.mark.parametrize("name", ["Chicago warehouse", "Somewhere else"])
def test_where_the_warehouse_that_the_file_names_is_not_there_none_is_made_or_taken_in_its_place(name: str) -> None:
    desk = AlignDesk(links={"CHI": 9999})
    desk.add_site()
    desk.account.add_warehouse(name, **ORIGIN)
    (ended,) = desk.look()["ended"]
    assert (ended["reason"], ended["field"], desk.writes()) == ("gone_in_shipstation", "9999", 0)
    assert desk.map() == {}


def test_two_that_fit_are_listed_until_the_file_links_one() -> None:
    desk = AlignDesk()
    desk.add_site()
    for _ in range(2):
        desk.account.add_warehouse("Chicago warehouse", **ORIGIN)
    (ended,) = desk.look()["ended"]
    assert (ended["reason"], ended["field"], desk.writes()) == ("ambiguous_match", "4711, 4712", 0)
    linked = AlignDesk(links={"CHI": 4712})
    linked.add_site()
    for _ in range(2):
        linked.account.add_warehouse("Chicago warehouse", **ORIGIN)
    linked.look()
    assert linked.map() == {"CHI": "4712"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"Country": "Sweden"}, "country"),
        ({"City": ""}, "city"),
        ({"Address1": None}, "street1"),
        ({"ZipCode": "1" * 50}, ""),
        ({"Address1": "Straße des 17. Juni 135 🏭"}, ""),
    ],
    ids=["country by name", "no city", "no street", "longest postal code", "emoji"],
)
def test_an_address_that_makes_no_warehouse_is_parked_with_its_field_and_the_rest_goes_on(
    values: dict[str, Any], field: str
) -> None:
    desk = AlignDesk()
    desk.add_site("AAA", "First", **values)
    desk.add_site("ZZZ", "Last")
    ended = {each["record"]: each for each in desk.look()["ended"]}
    assert ended["ZZZ"]["outcome"] == "written"
    assert (ended["AAA"].get("reason", ""), ended["AAA"]["field"]) == ("field_unusable" if field else "", field)


def test_several_addresses_or_none_are_parked() -> None:
    desk = AlignDesk()
    desk.add_site("CHI")
    desk.tenant.add_site_address("CHI", "2", Address1="2 Other Street", City="Gary", Country="US")
    desk.tenant.add_site("DAL", "10", Description="Dallas")
    assert {each["reason"] for each in desk.look()["ended"]} == {"field_unusable"}


def test_a_second_address_of_a_site_later_asks_and_changes_nothing() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    before = desk.warehouse()
    desk.tenant.add_site_address("CHI", "2", Address1="2 Other Street", City="Gary", Country="US")
    assert desk.look()["ask_for_a_person"] == 1
    assert desk.warehouse() == before


def test_only_the_sites_of_the_file_are_read() -> None:
    desk = AlignDesk(sites=["CHI"])
    desk.add_site("CHI")
    desk.add_site("DAL", "Dallas")
    assert desk.look()["records"] == 1
    assert len(desk.warehouses()) == 1


def test_without_a_set_of_addresses_names_are_aligned_and_none_is_made() -> None:
    desk = AlignDesk(addresses=None, match=["code"])
    desk.add_site("CHI", "Chicago warehouse")
    desk.add_site("DAL", "Dallas warehouse")
    desk.account.add_warehouse("CHI", **ORIGIN)
    ended = {each["record"]: each for each in desk.look()["ended"]}
    assert (ended["CHI"]["outcome"], ended["DAL"]["reason"], ended["DAL"]["field"]) == (
        "written",
        "field_unusable",
        "street1",
    )
    assert desk.warehouse()["warehouseName"] == "Chicago warehouse"


def test_what_shipstation_refuses_is_parked_once_and_not_sent_again_until_ifs_says_something_else() -> None:
    desk = AlignDesk()
    desk.add_site("CHI")
    desk.add_site("DAL", "Dallas warehouse")
    desk.account.add_fault("status", method="POST", path="createwarehouse", status=400)
    first = {each["record"]: each.get("reason", each["outcome"]) for each in desk.look()["ended"]}
    assert first == {"CHI": "refused_by_shipstation", "DAL": "written"}
    writes = desk.writes()
    desk.look()
    assert desk.writes() == writes
    desk.tenant.edit_site_address("CHI", City="Evanston")
    desk.look()
    assert desk.warehouse("CHI")["originAddress"]["city"] == "Evanston"


@pytest.mark.parametrize(("code", "address"), [("D\ud83dAL", "1"), ("DAL", "\ud83d1")], ids=["site", "address"])
def test_half_a_character_in_a_key_holds_no_other_site_up(code: str, address: str) -> None:
    desk = AlignDesk()
    desk.tenant.add_site(code, "10", Description="Dallas warehouse")
    desk.tenant.add_site_address(code, address, **ADDRESS)
    desk.add_site("CHI")
    desk.look()
    assert "Chicago warehouse" in {each["warehouseName"] for each in desk.warehouses()}


def test_what_shipstation_refused_is_sent_again_with_a_plan_that_shows_it() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.account.add_fault("status", method="POST", path="createwarehouse", status=400)
    desk.look()
    desk.look()
    assert desk.warehouses() == []
    shown = desk.dry_run()
    done = desk.apply(shown["plan"])
    assert (shown["would_create"], [each["outcome"] for each in done["ended"]]) == (1, ["written"])
    assert len(desk.warehouses()) == 1


def test_an_update_that_is_answered_and_not_stored_is_told() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    desk.account.is_update_dropped = True
    desk.tenant.edit_site_address("CHI", City="Evanston")
    assert desk.look()["ended"][0]["reason"] == "not_stored"


@pytest.mark.parametrize("path", ["createwarehouse", "/warehouses/4711"])
@pytest.mark.parametrize("kind", ["lost", "dropped", "late", "truncated", "html"])
def test_a_lost_answer_leaves_one_warehouse_that_says_what_ifs_says_and_one_entry_a_write(path: str, kind: str) -> None:
    desk = AlignDesk()
    desk.add_site()
    is_change = path != "createwarehouse"
    if is_change:
        desk.look()
        desk.tenant.edit_site_address("CHI", City="Evanston")
    desk.account.add_fault(kind, method="PUT" if is_change else "POST", path=path)
    desk.look(minutes=5)
    for _ in range(3):
        desk.look(minutes=20)
    (warehouse,) = desk.warehouses()
    assert warehouse["originAddress"]["city"] == ("Evanston" if is_change else "Chicago")
    assert len(desk.audited()) == 1 + is_change
    assert not desk.known().trying


@pytest.mark.parametrize(("typed", "stands"), [("Gary", "Gary"), ("Chicago", "Evanston")])
@pytest.mark.parametrize("kind", ["lost", "dropped"])
def test_an_edit_that_follows_a_write_without_an_answer_is_kept_and_asked_about(
    kind: str, typed: str, stands: str
) -> None:
    """Where what stood there before stands again nobody knows of an edit."""
    desk = AlignDesk()
    number = desk.account.add_warehouse("Chicago warehouse", **ORIGIN)
    desk.add_site(City="Evanston")
    desk.account.add_fault(kind, method="PUT", path=f"/warehouses/{number}")
    desk.look()
    desk.account.edit_warehouse(number, city=typed)
    answers = [desk.look(minutes=20) for _ in range(2)]
    (warehouse,) = desk.warehouses()
    assert warehouse["originAddress"]["city"] == stands
    assert answers[-1]["ask_for_a_person"] == (typed == stands)
    assert not desk.known().trying


def test_a_warehouse_that_was_renamed_before_its_answer_was_known_is_not_made_again() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.account.add_fault("lost", method="POST", path="createwarehouse")
    desk.look()
    desk.account.edit_warehouse(4711, name="Midwest")
    for _ in range(3):
        answer = desk.look(minutes=20)
    assert (answer["ask_for_a_person"], len(desk.warehouses())) == (1, 1)
    assert (desk.known().reason, desk.known().field) == ("outcome_unknown", "4711")


def test_an_outage_of_one_system_decides_nothing_and_is_told() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.tenant.go_dark(3600)
    assert desk.look()["reason"] == "ifs_unavailable"
    assert desk.writes() == 0


def test_a_list_that_ifs_hides_changes_nothing_in_shipstation() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    before = desk.warehouses()
    desk.tenant.sites = set()
    desk.look()
    assert desk.warehouses() == before


def test_what_was_found_is_the_warehouse_of_pushed_orders_where_the_file_names_none() -> None:
    orders = {"mode": "write", "store_id": 77, "shipment_id_in": "custom_field_2", "warehouses": {"DAL": 9}}
    desk = AlignDesk(orders=orders)
    desk.add_site("CHI")
    desk.look()
    for site in ("CHI", "DAL"):
        desk.tenant.add_shipment([(f"P-{site}", "BOLT", 2)], Contract=site, **RECEIVER)
    desk.world.functions["pull"].invoke({"connection": "acme"})
    desk.look()
    orders_made = {order.order_number: order for order in desk.account.orders.current.values()}
    assert {number: order.body["advancedOptions"]["warehouseId"] for number, order in orders_made.items()} == {
        "P-CHI": int(desk.map()["CHI"]),
        "P-DAL": 9,
    }


def test_no_log_line_holds_an_address() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    assert "record_aligned" in desk.world.logs.getvalue()
    assert "Harbor" not in desk.world.logs.getvalue()


def once_before_the_write(desk: AlignDesk, edit: Callable[[], None]) -> None:
    """Between what a run has read and what it writes: it has just saved what it is about to try."""
    edits = [edit]

    def step(name: str) -> None:
        if name == "ledger put done" and edits and desk.known().trying:
            edits.pop()()

    desk.world.on_step = step


def test_an_edit_between_the_list_and_the_write_is_seen_and_kept() -> None:
    desk = AlignDesk()
    desk.add_site()
    desk.look()
    number = desk.warehouse()["warehouseId"]
    desk.tenant.edit_site_address("CHI", City="Evanston")
    once_before_the_write(desk, lambda: desk.account.edit_warehouse(number, city="Aurora"))
    assert desk.look()["ended"][0]["reason"] == "conflicts"
    desk.look()
    assert (desk.warehouse()["originAddress"]["city"], desk.known().reason) == ("Aurora", "edited_elsewhere")


def test_an_edit_in_ifs_between_the_list_and_the_write_is_seen_and_kept() -> None:
    desk = AlignDesk(**BOTH)
    desk.add_site()
    desk.account.add_warehouse("Chicago warehouse", **ORIGIN)
    desk.look()
    desk.account.edit_warehouse(4711, city="Evanston")
    once_before_the_write(desk, lambda: desk.tenant.edit_site_address("CHI", City="Aurora"))
    assert desk.look()["ended"][0]["reason"] == "conflicts"
    desk.look()
    assert (desk.tenant.site_address("CHI")["City"], desk.known().reason) == ("Aurora", "edited_elsewhere")


def test_two_looks_at_once_make_one_warehouse() -> None:
    desk = AlignDesk()
    desk.add_site()
    for _ in range(3):
        desk.world.functions["align"].invoke(desk.scheduled)
    desk.look()
    assert (len(desk.warehouses()), len(desk.audited())) == (1, 1)


def test_of_two_records_that_one_change_writes_each_has_its_entry_also_where_the_second_conflicts() -> None:
    desk = AlignDesk(**BOTH)
    desk.add_site()
    number = desk.account.add_warehouse("Chicago warehouse", **ORIGIN)
    desk.look()
    desk.account.edit_warehouse(number, "Chicago North", street1="99 Lake Shore Drive")

    def meanwhile(write: Any) -> None:
        if write.by == "api" and write.entity == "CompanySiteSet":
            desk.tenant.edit_site_address("CHI", Address1="1 Elm Street")

    desk.tenant.after_commit = meanwhile
    desk.look()
    assert desk.tenant.site("CHI")["Description"] == "Chicago North"
    assert desk.tenant.site_address("CHI")["Address1"] == "1 Elm Street"
    assert [set(entry["changes"]) for entry in desk.audited()] == [{"name"}]
    desk.tenant.after_commit = None
    desk.tenant.edit_site_address("CHI", Address1="12 Harbor Street")
    desk.look()
    assert [set(entry["changes"]) for entry in desk.audited()] == [{"name"}, {"street1"}]
    assert desk.tenant.site_address("CHI")["Address1"] == "99 Lake Shore Drive"
