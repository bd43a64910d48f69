"""ShipStation's customers and those of IFS: found, made from the template, or told with the field in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.flows.align import customers
from tests.equipment.align_desk import HOME, TEMPLATE, CustomersDesk
from tests.equipment.deaths import Deaths
from tests.equipment.http import Request, Response, json_response
from tests.equipment.quiet_connection import run


def reasons(desk: CustomersDesk) -> dict[str, str]:
    """By ShipStation's id: the reason, or the outcome."""
    return {each["record"]: each.get("reason", each["outcome"]) for each in desk.look()["ended"]}


def test_a_customer_that_ifs_lacks_is_copied_from_the_template_with_its_address_and_email() -> None:
    desk = CustomersDesk()
    desk.account.add_customer("Kim Larsson", "kim@example.com", **HOME)
    assert reasons(desk) == {"501": "written"}
    made = desk.tenant.customer("SS501")
    assert (made["Name"], made["Address1"], made["City"], made["ZipCode"], made["Country"]) == (
        "Kim Larsson",
        "1 Elm Street",
        "Boston",
        "02110",
        "US",
    )
    assert made["emails"] == ["kim@example.com"]
    assert "SS501" in desk.tenant.sales
    assert desk.tenant.accidents == []
    for _ in range(3):
        desk.look()
    assert desk.made() == ["SS501"]
    (entry,) = desk.audited()
    assert (entry["action"], entry["changes"]["id"]["after"]) == ("create", "SS501")
    assert "kim" not in str(entry).casefold()


@pytest.mark.parametrize(
    ("ifs", "shipstation", "match"),
    [
        (("C7", "Other name"), ("Kim", "", "C7"), ["code"]),
        (("C7", "Other name", "kim@example.com"), ("Kim", "Kim@Example.com", None), ["code", "email"]),
        (("C7", "Other name", "KIM@Example.com"), ("Kim", "kim@example.com", None), ["email"]),
        (("C7", "Other name", "old@example.com", "kim@example.com"), ("Kim", "kim@example.com", None), ["email"]),
        (("C7", "Kim Larsson"), ("Kim Larsson", "kim@example.com", None), ["email", "name"]),
    ],
    ids=[
        "the number that our orders carry",
        "e-mail, whatever its case",
        "or its case in IFS",
        "one of two e-mails in IFS",
        "name",
    ],
)
def test_a_customer_is_found_and_left_as_it_is(
    ifs: tuple[str, ...], shipstation: tuple[str, str, str | None], match: list[str]
) -> None:
    emails = {} if "email" in match else {"emails": None, "template": None}
    desk = CustomersDesk(match=match, **emails)
    desk.tenant.add_customer(*ifs, **TEMPLATE)
    before = desk.tenant.customer("C7")
    desk.account.add_customer(*shipstation, **HOME)
    assert reasons(desk) == {"501": "unchanged"}
    assert (desk.known("501").other, desk.made(), desk.tenant.customer("C7")) == ("C7", ["C7"], before)


@pytest.mark.parametrize(
    ("customer", "expected", "field"),
    [
        (("Kim", None), "field_unusable", "email"),
        (("Kim", ""), "field_unusable", "email"),
        (("Kim", "kim@example.com, work@example.com"), "field_unusable", "email"),
        (("Kim", "no address"), "field_unusable", "email"),
        (("", "kim@example.com"), "field_unusable", "name"),
        (("Kim", "x7k2@marketplace.amazon.com"), "marketplace_alias", ""),
        (("Kim", "x7k2@eu.Marketplace.Amazon.com"), "marketplace_alias", ""),
        (("🎁 Kim Łarsson 🎁", "kim@example.com"), "written", ""),
    ],
    ids=["no e-mail", "empty", "two", "none at all", "no name", "alias", "alias below the domain", "emoji"],
)
def test_each_customer_ends_alone_and_says_which_field(customer: tuple[str, str], expected: str, field: str) -> None:
    desk = CustomersDesk(aliases=["marketplace.amazon.com"])
    desk.account.add_customer(*customer, **HOME)
    desk.account.add_customer("Last", "last@example.com", **HOME)
    ended = {each["record"]: each for each in desk.look()["ended"]}
    assert (ended["501"].get("reason", ended["501"]["outcome"]), ended["501"]["field"]) == (expected, field)
    assert ended["502"]["outcome"] == "written"


@pytest.mark.parametrize(
    ("value", "field"), [({"countryCode": "Sweden"}, "country"), ({"city": None}, "city"), ({"street1": ""}, "street1")]
)
def test_an_address_that_makes_no_customer_is_told(value: dict[str, Any], field: str) -> None:
    desk = CustomersDesk()
    desk.account.add_customer("Kim", "kim@example.com", **{**HOME, **value})
    desk.look()
    assert (desk.known("501").reason, desk.known("501").field, desk.made()) == ("field_unusable", field, [])
    desk.account.edit_customer(501, **HOME)
    desk.look()
    assert desk.made() == ["SS501"]


def test_without_a_template_none_is_made_and_a_person_is_told_at_every_look() -> None:
    desk = CustomersDesk(template=None)
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    assert reasons(desk) == {"501": "only_in_shipstation"}
    assert desk.look()["ask_for_a_person"] == 1
    desk.tenant.add_customer("C7", "Kim", "kim@example.com")
    assert desk.look()["ask_for_a_person"] == 0
    assert desk.known("501").other == "C7"


def test_two_customers_with_one_email_in_ifs_are_listed() -> None:
    desk = CustomersDesk()
    for code in ("C7", "C8"):
        desk.tenant.add_customer(code, code, "kim@example.com")
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    assert reasons(desk) == {"501": "ambiguous_match"}
    assert (desk.known("501").field, desk.made()) == ("C7, C8", ["C7", "C8"])


def test_two_customers_of_shipstation_may_be_one_of_ifs() -> None:
    desk = CustomersDesk()
    desk.tenant.add_customer("C7", "Kim", "kim@example.com")
    for _ in range(2):
        desk.account.add_customer("Kim", "kim@example.com", **HOME)
    desk.look()
    assert {desk.known(code).other for code in ("501", "502")} == {"C7"}


def test_half_a_character_in_an_id_of_ifs_holds_no_other_customer_up() -> None:
    desk = CustomersDesk(match=["name", "email"])
    desk.tenant.add_customer("K\ud83d", "Kim Larsson")
    desk.account.add_customer("Kim Larsson", "kim@example.com", **HOME)
    number = desk.account.add_customer("Bo Larsson", "bo@example.com", **HOME)
    ended = {each["record"]: each["other"] for each in desk.look()["ended"]}
    assert (ended[str(number)], sorted(ended.values())) == (f"SS{number}", ["K?", f"SS{number}"])


def test_an_id_that_somebody_else_has_taken_is_not_ours() -> None:
    desk = CustomersDesk()
    desk.tenant.add_customer("SS501", "Steamship 501")
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    assert reasons(desk) == {"501": "ambiguous_match"}
    assert desk.tenant.customer("SS501")["Name"] == "Steamship 501"


def test_shadow_mode_makes_none_and_says_it_once() -> None:
    desk = CustomersDesk(mode="shadow")
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    assert reasons(desk) == {"501": "would_write"}
    assert (reasons(desk), desk.made(), desk.audited()) == ({}, [], [])


def test_a_dry_run_shows_no_name_and_its_plan_makes_the_customer() -> None:
    desk = CustomersDesk()
    desk.account.add_customer("Kim Larsson", "kim@example.com", **HOME)
    shown = desk.dry_run()
    assert (shown["would_create"], desk.made()) == (1, [])
    assert "Kim" not in str(shown)
    desk.apply(shown["plan"])
    assert desk.made() == ["SS501"]


def test_what_is_settled_is_not_read_again_and_costs_one_request() -> None:
    desk = CustomersDesk()
    for number in range(600):
        desk.account.add_customer(f"Kim {number}", f"kim{number}@example.com", username=f"C{number}", **HOME)
        desk.tenant.add_customer(f"C{number}", f"Kim {number}")
    desk.look(minutes=60)
    desk.account.edit_customer(501, phone="555-0100")
    desk.look()
    requests, ifs = len(desk.account.requests), len(desk.tenant.requests)
    desk.look()
    assert (len(desk.account.requests) - requests, len(desk.tenant.requests) - ifs) == (1, 0)


def test_unsettled_customers_take_turns_and_one_that_was_deleted_holds_nobody_up() -> None:
    desk = CustomersDesk(template=None)
    for number in range(60):
        desk.account.add_customer(f"Kim {number}", f"kim{number}@example.com", **HOME)
    desk.look(minutes=60)
    desk.account.add_customer("Newer", "newer@example.com", **HOME)
    desk.look(minutes=60)
    for number in range(501, 531):
        del desk.account.customers[number]
    desk.tenant.add_customer("C7", "Kim", "kim59@example.com")
    for _ in range(6):
        desk.look(minutes=60)
    assert desk.known("560").other == "C7"
    assert desk.known("501").reason is None


@pytest.mark.parametrize(
    ("minutes", "expected"), [(30, [5, 10, 12, 12]), (0, [5, 10, 12, 12])], ids=["apart", "at once"]
)
def test_a_backlog_is_taken_in_turns_oldest_change_first(
    monkeypatch: pytest.MonkeyPatch, minutes: int, expected: list[int]
) -> None:
    monkeypatch.setattr(customers, "AT_ONCE", 5)
    desk = CustomersDesk()
    for number in range(12):
        desk.account.add_customer(f"Kim {number}", f"kim{number}@example.com", **HOME)
        run(desk.world, desk.world.now() + timedelta(minutes=minutes))
    counts = []
    for _ in range(4):
        desk.look(minutes=60)
        counts.append(len(desk.made()))
    assert counts == expected


def test_a_customer_whose_change_is_still_to_come_hides_no_later_one() -> None:
    desk = CustomersDesk()
    early = desk.account.add_customer("Kim", "kim@example.com", **HOME)
    desk.account.customers[early] = {**desk.account.customers[early], "modifyDate": "2099-01-01T00:00:00.0000000"}
    desk.look(minutes=60)
    desk.account.add_customer("Robin", "robin@example.com", **HOME)
    desk.look(minutes=60)
    assert len(desk.made()) == 2


def test_nothing_is_ever_written_to_shipstation() -> None:
    desk = CustomersDesk()
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    desk.look()
    assert desk.writes() == 0


@pytest.mark.parametrize("path", ["CopyExistingCustomer", "CustomerInfoAddresses", "CommunicationMethods"])
@pytest.mark.parametrize("kind", ["lost", "dropped", "late", "html"])
def test_a_lost_answer_makes_no_second_customer_and_leaves_none_half_made(path: str, kind: str) -> None:
    desk = CustomersDesk()
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    for method in ("POST", "PATCH"):
        desk.tenant.add_fault(kind, method=method, path=path)
    for _ in range(4):
        desk.look(minutes=20)
    assert desk.made() == ["SS501"]
    made = desk.tenant.customer("SS501")
    assert (made["Address1"], made["emails"], len(desk.tenant.copies)) == ("1 Elm Street", ["kim@example.com"], 1)
    asked_for_copies = sum("CopyExistingCustomer" in request.path for request in desk.tenant.requests)
    assert asked_for_copies == 1 or path == "CopyExistingCustomer"
    assert len(desk.audited()) == 1
    assert not desk.known("501").trying


def test_a_half_made_customer_waits_for_a_person_and_is_gone_on_with_the_next_day() -> None:
    desk = CustomersDesk()
    del desk.tenant.sets["CustomerInfoAddresses"][("WEB", "1")]
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    assert reasons(desk) == {"501": "ifs_configuration"}
    copies = len(desk.tenant.copies)
    desk.look()
    assert (desk.known("501").other, desk.known("501").is_making, copies) == ("SS501", True, 1)
    desk.tenant.add_customer("SS501", "Kim", **TEMPLATE)
    desk.look(minutes=25 * 60)
    desk.look()
    assert desk.tenant.customer("SS501")["City"] == "Boston"
    assert (len(desk.tenant.copies), desk.known("501").is_making) == (1, False)


def test_a_template_that_ifs_does_not_know_is_told() -> None:
    desk = CustomersDesk(template={"customer": "NONE"})
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    assert reasons(desk) == {"501": "unknown_in_ifs"}
    assert desk.made() == []


def play(
    at: tuple[int, ...], between: Callable[[CustomersDesk], None] = lambda _: None
) -> tuple[CustomersDesk, Deaths]:
    desk = CustomersDesk()
    deaths = Deaths(desk.world, "align", at)
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    for _ in range(max(len(at), 1)):
        desk.look(minutes=2)
    between(desk)
    for _ in range(3 if at else 0):
        desk.look(minutes=20)
    return desk, deaths


@pytest.mark.parametrize("times", [1, 2])
def test_a_death_at_any_step_makes_one_whole_customer_and_one_entry(times: int) -> None:
    steps = play(())[1].steps
    assert steps > 30
    for step in range(steps):
        desk, deaths = play((step,) * times)
        told = f"died {deaths.died} times at step {step}"
        assert deaths.died == times, told
        made = desk.tenant.customer("SS501")
        assert (made["Address1"], made["emails"]) == ("1 Elm Street", ["kim@example.com"]), told
        assert (desk.made(), len(desk.tenant.copies), len(desk.audited())) == (["SS501"], 1, 1), told
        assert not desk.known("501").trying, told


def test_a_customer_that_is_edited_in_shipstation_after_the_death_is_still_made_once() -> None:
    for step in range(play(())[1].steps):
        desk, _ = play((step,), lambda desk: desk.account.edit_customer(501, name="Kim L.", city="Salem"))
        assert (desk.made(), len(desk.tenant.copies)) == (["SS501"], 1), f"died at step {step}"


def test_two_customers_with_one_e_mail_address_become_one() -> None:
    desk = CustomersDesk()
    for _ in range(2):
        desk.account.add_customer("Kim Larsson", "kim@example.com", **HOME)
    desk.look()
    assert len(desk.made()) == 1
    desk.look()
    desk.look()
    assert len(desk.made()) == 1


def test_of_twins_the_one_that_is_half_made_is_gone_on_with() -> None:
    desk = CustomersDesk()
    desk.account.add_customer("Kim Larsson", "kim@example.com", **HOME)
    serve, is_out = desk.tenant.application, [True]

    def served(request: Request) -> Response:
        is_email = request.method == "POST" and request.path.endswith("CommunicationMethods")
        return json_response(503, {}) if is_email and is_out[0] else serve(request)

    desk.tenant.application = served
    desk.look()
    desk.account.add_customer("Kim Larsson", "KIM@example.com", **HOME)
    desk.look()
    is_out[0] = False
    for _ in range(3):
        desk.look()
    assert desk.made() == ["SS501"]
    assert (desk.known("502").other, desk.tenant.customer("SS501")["emails"]) == ("SS501", ["kim@example.com"])
