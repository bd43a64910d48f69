"""What IFS holds of each part, told to ShipStation's inventory in absolute numbers, and only where they differ."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.connections.align import Stock
from functions.flows.align import stock
from functions.flows.align.stock import _in_turn
from functions.ledger.alignment import AlignStore
from tests.equipment.align_desk import StockDesk
from tests.equipment.clockwork import Killed
from tests.equipment.quiet_connection import START
from tests.equipment.shipstation import inventory


def test_rows_of_a_part_are_added_up_and_told_once() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 5)
    desk.tenant.hold("CHI", "BOLT", 7, LotBatchNo="L2")
    desk.tenant.hold("CHI", "NUT", 3, LocationNo="B2")
    desk.tenant.hold("DAL", "BOLT", 100)
    for _ in range(3):
        desk.look()
    assert desk.held() == {"BOLT": 12, "NUT": 3}
    assert (desk.account.adjustments, len(desk.audited())) == (2, 2)
    assert {entry["changes"]["quantity"]["after"] for entry in desk.audited()} == {"12", "3"}


def test_what_shipstation_took_for_a_parcel_is_not_given_back_before_ifs_has_counted_anew() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 10)
    for _ in range(2):
        desk.look()
    desk.account.add_location("se-7", BOLT=8)
    for _ in range(3):
        desk.look()
    assert (desk.held(), desk.account.adjustments) == ({"BOLT": 8}, 1)
    desk.tenant.hold("CHI", "BOLT", 8)
    desk.look()
    assert (desk.held(), desk.account.adjustments) == ({"BOLT": 8}, 1)
    desk.account.add_location("se-7", BOLT=20)
    desk.look()
    assert desk.held() == {"BOLT": 8}
    desk.account.add_location("se-7", BOLT=7)
    desk.look()
    assert desk.held() == {"BOLT": 7}
    desk.tenant.hold("CHI", "BOLT", 50)
    desk.look()
    assert desk.held() == {"BOLT": 50}


@pytest.mark.parametrize("raises", ["always", "when_ifs_moves"])
@pytest.mark.parametrize("on_hand", [None, 2.5, "many", []], ids=str)
def test_a_level_that_cannot_be_read_is_not_taken_for_none(
    on_hand: object, raises: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(location: str, sku: str, there: int) -> dict[str, Any]:
        return {"sku": sku, "on_hand": on_hand if there == 7 else there, "inventory_location_id": location}

    desk = StockDesk(raises=raises)
    desk.account.add_location("se-7", BOLT=7)
    desk.tenant.hold("CHI", "NUT", 4)
    desk.tenant.hold("CHI", "BOLT", 7)
    desk.look()
    desk.tenant.hold("CHI", "BOLT", 0)
    monkeypatch.setattr(inventory, "_row", odd)
    for _ in range(3):
        desk.look()
    assert (desk.held(), desk.account.adjustments) == ({"BOLT": 0, "NUT": 4}, 2)


def test_what_both_count_alike_at_first_is_known_for_told() -> None:
    desk = StockDesk()
    desk.account.add_location("se-7", BOLT=10)
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.look()
    desk.account.add_location("se-7", BOLT=9)
    desk.look()
    assert (desk.held(), desk.account.adjustments) == ({"BOLT": 9}, 0)


def test_a_look_has_its_time_and_the_next_one_begins_with_another_site() -> None:
    sites = [site for site, _ in _in_turn(Stock(profile="stock", locations={"A": "1", "B": "2", "C": "3"}), START)]
    later = START + timedelta(hours=1)
    again = [site for site, _ in _in_turn(Stock(profile="stock", locations={"A": "1", "B": "2", "C": "3"}), later)]
    assert again == [*sites[1:], sites[0]]


def test_only_differences_are_written_and_what_ships_meanwhile_is_set_right_where_the_file_says_so() -> None:
    desk = StockDesk(raises="always")
    for part in ("BOLT", "NUT"):
        desk.tenant.hold("CHI", part, 10)
    desk.look()
    desk.account.add_location("se-7", BOLT=9)
    desk.tenant.hold("CHI", "NUT", 8)
    desk.look()
    assert (desk.held(), desk.account.adjustments) == ({"BOLT": 10, "NUT": 8}, 4)


def test_a_part_that_disappears_is_told_as_zero_once() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.tenant.hold("CHI", "NUT", 10)
    desk.look()
    desk.hide("NUT")
    for _ in range(3):
        desk.look()
    assert (desk.held(), desk.account.adjustments) == ({"BOLT": 10, "NUT": 0}, 3)
    desk.tenant.hold("CHI", "NUT", 4)
    desk.look()
    assert desk.held()["NUT"] == 4


@pytest.mark.parametrize("there", [10, 8, 0], ids=["as told", "some shipped", "all shipped"])
def test_a_part_that_one_look_misses_stays_as_it_is_told(there: int) -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.tenant.hold("CHI", "NUT", 10)
    desk.look()
    desk.account.add_location("se-7", BOLT=10, NUT=there)
    adjustments = desk.account.adjustments
    for _ in range(3):
        desk.hide("NUT")
        assert all(each["outcome"] == "unchanged" for each in desk.look()["ended"])
        desk.tenant.hold("CHI", "NUT", 10)
        desk.look()
    assert (desk.held(), desk.account.adjustments) == ({"BOLT": 10, "NUT": there}, adjustments)
    assert not desk.known("CHI/NUT").missed


def test_a_part_that_sells_out_is_told_as_zero_at_once_and_asked_for_once() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.tenant.hold("CHI", "O'NUT", 10)
    desk.look()
    desk.tenant.hold("CHI", "O'NUT", 0)
    asked = [desk.reads_of_stock(desk.look) for _ in range(2)]
    assert desk.held() == {"BOLT": 10, "O'NUT": 0}
    assert asked == [2, 1]


def test_many_parts_that_the_list_lacks_are_asked_for_in_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "MOST_LACKING", 2)
    desk = StockDesk()
    for part in ("BOLT", "A", "B", "C"):
        desk.tenant.hold("CHI", part, 10)
    desk.look()
    for part in ("A", "B", "C"):
        desk.tenant.hold("CHI", part, 0)
    desk.look()
    assert desk.held() == {"BOLT": 10, "A": 0, "B": 0, "C": 10}
    desk.look()
    assert desk.held()["C"] == 0


def test_a_part_that_the_list_lacks_is_asked_for_by_its_number() -> None:
    desk = StockDesk(quantity="AvailableQty")
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.tenant.hold("CHI", "NUT", 10)
    desk.look()
    desk.tenant.hold("CHI", "NUT", 0, AvailableQty=4)  # no row that holds something, and yet its figure
    desk.look()
    assert desk.held() == {"BOLT": 10, "NUT": 4}


def test_a_part_that_ifs_lists_with_zero_is_told_as_zero_at_once() -> None:
    desk = StockDesk(quantity="AvailableQty")
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.look()
    desk.tenant.hold("CHI", "BOLT", 10, reserved=10)
    desk.look()
    assert desk.held() == {"BOLT": 0}


def test_a_look_that_was_not_whole_confirms_nothing() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.tenant.hold("CHI", "NUT", 10)
    desk.look()
    desk.hide("NUT")
    desk.look()
    desk.tenant.add_fault("status", status=500, times=-1)
    assert desk.look()["reason"] == "ifs_unavailable"
    desk.tenant.lift_faults()
    desk.tenant.hold("CHI", "NUT", 10)
    desk.look()
    desk.hide("NUT")
    desk.look()
    assert desk.held() == {"BOLT": 10, "NUT": 10}


def test_a_dry_run_counts_for_no_look() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.tenant.hold("CHI", "NUT", 10)
    desk.look()
    desk.hide("NUT")
    for _ in range(2):
        assert desk.dry_run()["would_change"] == 0
    desk.look()
    (proposed,) = desk.dry_run()["proposals"]
    assert proposed["changes"]["quantity"]["after"] == "0"


def missed_once(**settings: Any) -> StockDesk:
    desk = StockDesk(**settings)
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.tenant.hold("CHI", "NUT", 10)
    desk.look()
    desk.hide("NUT")
    desk.look()
    return desk


@pytest.mark.parametrize("settings", [{"only": {"FreezeFlagDb": ["N"]}}, {"quantity": "AvailableQty"}, {}])
def test_what_missed_a_part_before_the_file_was_changed_confirms_nothing(settings: dict[str, Any]) -> None:
    before = missed_once(**settings).known("CHI/NUT").missed
    desk = missed_once()
    assert AlignStore(desk.world.tables["ledger"]).save(desk.known("CHI/NUT").missing_from(before))
    desk.look()
    assert desk.held() == {"BOLT": 10, "NUT": 10 if settings else 0}


def test_a_site_of_which_ifs_shows_nothing_any_more_tells_nothing() -> None:
    desk = StockDesk(locations={"CHI": "se-7", "DAL": "se-8"})
    desk.account.add_location("se-8")
    for site in ("CHI", "DAL"):
        desk.tenant.hold(site, "BOLT", 10)
    desk.look()
    desk.tenant.sites = {"DAL"}
    desk.tenant.hold("DAL", "BOLT", 9)
    assert desk.look()["reason"] == "records_vanished"
    assert (desk.held(), desk.held("se-8")) == ({"BOLT": 10}, {"BOLT": 9})


def test_what_shipstation_alone_holds_stays() -> None:
    desk = StockDesk()
    desk.account.add_location("se-7", GIFTWRAP=50)
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.look()
    assert desk.held() == {"BOLT": 10, "GIFTWRAP": 50}


OURS = {"PartOwnershipDb": ["COMPANY OWNED"]}
Rows = list[tuple[float, dict[str, Any]]]


@pytest.mark.parametrize(
    ("rows", "settings", "expected"),
    [
        ([(2.5, {}), (0.9, {"LotBatchNo": "2"})], {}, {"BOLT": 3}),
        ([(0.9, {})], {}, {}),
        ([(10, {"reserved": 4})], {"quantity": "AvailableQty"}, {"BOLT": 6}),
        ([(10, {}), (5, {"LotBatchNo": "2", "PartOwnershipDb": "THEIRS"})], {"only": OURS}, {"BOLT": 10}),
        ([(10, {"FreezeFlagDb": "Y"})], {"only": {"FreezeFlagDb": ["N"]}}, {}),
        ([(10, {}), (5, {"LotBatchNo": "2", "ProjectId": "P1"})], {"only": {"ProjectId": [""]}}, {"BOLT": 10}),
        ([(-3, {"reserved": 1})], {}, {}),
    ],
    ids=["fractions", "less than one", "what is free", "a customer's", "frozen", "a project's", "below zero"],
)  # fmt: skip
def test_what_counts(rows: Rows, settings: dict[str, Any], expected: dict[str, int]) -> None:
    desk = StockDesk(**settings)
    desk.tenant.hold("CHI", "OTHER", 1)
    for quantity, values in rows:
        desk.tenant.hold("CHI", "BOLT", quantity, **values)
    desk.look()
    assert {part: held for part, held in desk.held().items() if part != "OTHER"} == expected


@pytest.mark.parametrize(
    ("part", "quantity", "field"),
    [("X" * 101, 1, "part"), ("BIG", 3_000_000_000, "quantity")],
)
def test_a_part_that_shipstation_cannot_take_is_parked_alone(part: str, quantity: int, field: str) -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", part, quantity)
    desk.tenant.hold("CHI", "NUT", 3)
    ended = {each["record"]: each for each in desk.look()["ended"]}
    assert (ended[f"CHI/{part}"]["reason"], ended[f"CHI/{part}"]["field"]) == ("field_unusable", field)
    assert desk.held() == {"NUT": 3}


def test_half_a_character_in_a_part_number_holds_no_other_part_up() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BO\ud83dLT", 1)
    desk.tenant.hold("CHI", "NUT", 3)
    desk.look()
    assert desk.held() == {"BOLT": 1, "NUT": 3}


def test_two_parts_that_are_one_to_shipstation_are_not_added_up() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BO\ud83dLT", 1)
    desk.tenant.hold("CHI", "BOLT", 5)
    desk.tenant.hold("CHI", "NUT", 3)
    ended = {each["record"]: each for each in desk.look()["ended"]}
    assert (ended["CHI/BOLT"]["reason"], ended["CHI/BOLT"]["field"]) == ("field_unusable", "quantity")
    assert desk.held() == {"NUT": 3}


def test_many_parts_are_read_page_by_page_and_unchanged_cost_no_write() -> None:
    desk = StockDesk()
    for number in range(250):
        desk.tenant.hold("CHI", f"P{number:03}", number + 1)
    while len(desk.held()) < 250:
        desk.look()
    requests = len(desk.account.requests)
    assert desk.look()["records"] == 250
    assert (len(desk.account.requests) - requests, desk.account.adjustments) == (3, 250)


def test_shadow_mode_and_a_dry_run_write_nothing() -> None:
    desk = StockDesk(mode="shadow")
    desk.tenant.hold("CHI", "BOLT", 10)
    assert desk.dry_run()["proposals"][0]["changes"]["quantity"]["after"] == "10"
    assert desk.look()["ended"][0]["outcome"] == "would_write"
    assert (desk.held(), desk.account.adjustments) == ({}, 0)


def test_a_plan_without_the_add_on_is_told_and_not_asked_for_each_part() -> None:
    desk = StockDesk()
    desk.account.has_inventory = False
    for number in range(20):
        desk.tenant.hold("CHI", f"P{number}", 1)
    assert desk.look()["reason"] == "shipstation_credentials"
    assert desk.account.adjustments == 0


def test_a_key_that_is_refused_ends_the_run_and_parks_nobody() -> None:
    desk = StockDesk()
    for number in range(20):
        desk.tenant.hold("CHI", f"P{number}", 1)
    desk.account.add_fault("status", method="POST", path="/v2/inventory", status=401, times=-1)
    answer = desk.look()
    assert (answer["reason"], {each["outcome"] for each in answer["ended"]}) == ("shipstation_credentials", {"retry"})
    assert desk.writes() == 1
    desk.account.lift_faults()
    desk.look()
    assert len(desk.held()) == 20


def test_a_location_that_shipstation_does_not_know_is_told() -> None:
    desk = StockDesk(locations={"CHI": "se-8"})
    desk.tenant.hold("CHI", "BOLT", 1)
    (ended,) = desk.look()["ended"]
    assert (ended["reason"], desk.held("se-8")) == ("refused_by_shipstation", {})


@pytest.mark.parametrize("kind", ["lost", "dropped", "late", "html"])
def test_a_lost_answer_is_asked_about_and_told_once(kind: str) -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 10)
    desk.account.add_fault(kind, method="POST", path="/v2/inventory")
    for _ in range(3):
        desk.look()
    assert (desk.held(), len(desk.audited())) == ({"BOLT": 10}, 1)
    assert not desk.known("CHI/BOLT").trying


def play(step: int, times: int) -> tuple[StockDesk, int]:
    """Runs that die at this step, so many of them, and three that do not."""
    desk, at = StockDesk(), [step] * times
    desk.tenant.hold("CHI", "BOLT", 10)
    steps = 0

    def on_step(_: str) -> None:
        nonlocal steps
        task = desk.world.clockwork.current
        if task is None or task.root.name != "align" or not at:
            return
        if steps == at[0]:
            del at[0]
            steps = 0
            raise Killed
        steps += 1

    desk.world.on_step = on_step
    for _ in range(times + 3):
        desk.look()
    return desk, times - len(at)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("step", range(30))
def test_a_death_at_any_step_leaves_the_right_quantity_and_one_entry(step: int, times: int) -> None:
    desk, died = play(step, times)
    assert died == times
    assert (desk.held(), len(desk.audited())) == ({"BOLT": 10}, 1)
    assert not desk.known("CHI/BOLT").trying
