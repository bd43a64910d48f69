"""Our webhooks in a ShipStation account: made, kept, repaired and rotated, and nobody else's touched."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from functions.connections.stores import Mode
from functions.model.registration import Subscription
from functions.model.webhook_address import mark_of
from functions.shipstation.v1 import webhooks as v1
from functions.shipstation.v2 import webhooks as v2
from functions.wiring import telemetry
from tests.equipment.quiet_connection import asked, run
from tests.equipment.webhooks_desk import AFTER, BEFORE, EVENTS, OURS, TOKEN, WebhooksDesk
from tests.equipment.world import CANARY, LEDGER

BOTH = pytest.mark.parametrize("api", ["v1", "v2"])
FOREIGN = [
    ("SHIP_NOTIFY", "https://shop.example.com/hook"),
    ("SHIP_NOTIFY", f"https://hooks.example.com/webhooks/acme-2/{TOKEN}"),
    ("ORDER_NOTIFY", f"https://hooks.example.com/webhooks/acmes/{TOKEN}"),
    ("ORDER_NOTIFY", f"https://hooks.example.com.evil.example/webhooks/acme/{TOKEN}"),
    ("FULFILLMENT_SHIPPED", f"https://other.example.com/webhooks/acme/{TOKEN}"),
]


@BOTH
def test_what_is_missing_is_subscribed_and_then_left_alone(api: str) -> None:
    desk = WebhooksDesk(api)
    first = desk.look()
    requests = len(desk.account.requests)
    second = desk.look()
    assert (first["made"], desk.serving()) == (EVENTS[api], EVENTS[api])
    assert (second["registered"], second["made"], second["removed"]) == (EVENTS[api], [], [])
    assert len(desk.account.requests) == requests + 1, "a look is one request"


@BOTH
def test_a_webhook_that_we_subscribed_is_let_in(api: str) -> None:
    desk = WebhooksDesk(api)
    desk.look()
    order = desk.account.add_order("P1001", items=[{"sku": "BOLT", "quantity": 1}])
    desk.account.ship(order)
    desk.wait(0.1)
    lines = [json.loads(line) for line in desk.world.logs.getvalue().splitlines() if "webhook_answered" in line]
    assert lines
    assert {line["status"] for line in lines} == {202}


@BOTH
@pytest.mark.parametrize("typed", [f"{AFTER}\n", f" {AFTER}\t"], ids=["a line's end", "spaces"])
def test_a_token_that_was_pasted_with_spaces_around_it_opens_what_was_subscribed_with_it(api: str, typed: str) -> None:
    desk = WebhooksDesk(api)
    desk.rotate(current=typed, previous="")
    desk.look()
    desk.account.ship(desk.account.add_order("P1001", items=[{"sku": "BOLT", "quantity": 1}]))
    desk.wait(0.1)
    lines = [json.loads(line) for line in desk.world.logs.getvalue().splitlines() if "webhook_answered" in line]
    assert {line["status"] for line in lines} == {202}


@BOTH
def test_what_somebody_removed_is_made_anew(api: str) -> None:
    desk = WebhooksDesk(api)
    desk.look()
    lost = desk.found[0]
    del desk.hooks.subscriptions[lost.webhook_id]
    answer = desk.look()
    assert (answer["made"], sorted(desk.serving())) == ([lost.event], sorted(EVENTS[api]))


def test_one_that_shipstation_switched_off_is_replaced() -> None:
    desk = WebhooksDesk()
    desk.look()
    dead = desk.found[0].webhook_id
    desk.hooks.deactivate(dead)
    answer = desk.look()
    assert (answer["made"], answer["removed"], dead in desk.hooks.subscriptions) == (
        ["SHIP_NOTIFY"],
        [str(dead)],
        False,
    )
    assert len(desk.serving()) == 3


@pytest.mark.parametrize(("api", "form"), [("v1", f"{OURS}/{TOKEN}"), ("v2", f"{OURS}/{TOKEN}")])
def test_a_persons_registration_of_the_same_address_counts(api: str, form: str) -> None:
    desk = WebhooksDesk(api)
    for event in EVENTS[api]:
        desk.account.subscribe(form, event, None, "Mine")
    answer = desk.look()
    assert (answer["registered"], desk.writes()) == (EVENTS[api], [])


def test_what_a_person_subscribed_beside_it_stays() -> None:
    desk = WebhooksDesk()
    beside = [
        desk.account.subscribe(f"{OURS}/{TOKEN}", "ITEM_SHIP_NOTIFY"),
        desk.account.subscribe(f"{OURS}/{TOKEN}", "SHIP_NOTIFY", 100_001),
    ]
    desk.look()
    desk.look()
    assert set(beside) <= desk.hooks.subscriptions.keys()
    assert len(desk.found) == 2 + 3, "one store's does not stand for all stores"


def test_a_second_one_of_the_same_is_removed() -> None:
    desk = WebhooksDesk()
    desk.look()
    double = desk.account.subscribe(f"{OURS}/{TOKEN}", "SHIP_NOTIFY")
    assert desk.look()["removed"] == [str(double)]
    assert desk.serving() == EVENTS["v1"]


def test_what_is_not_at_our_address_is_never_touched() -> None:
    desk = WebhooksDesk()
    foreign = {desk.account.subscribe(url, event) for event, url in FOREIGN}
    desk.look()
    desk.rotate(previous="")
    desk.look()
    assert foreign <= desk.hooks.subscriptions.keys()
    assert len(desk.found) == len(foreign) + 3


def unserved(desk: WebhooksDesk) -> list[str]:
    """What neither token lets in, at any moment between two writes: a write is looked at from the outside."""
    served = desk.account.application
    seen: list[str] = []

    def watched(request: Any) -> Any:
        answer = served(request)
        open_now = {*desk.serving(BEFORE), *desk.serving(AFTER)}
        seen.extend(event for event in EVENTS[desk.api] if event not in open_now)
        return answer

    desk.account.application = watched
    return seen


@BOTH
@pytest.mark.parametrize("one_for_each", ["nothing", "address", "address alone", "event"])
def test_a_new_token_comes_without_a_gap(api: str, one_for_each: str) -> None:
    desk = WebhooksDesk(api)
    desk.hooks.switches.one_for_each = one_for_each
    desk.look()
    old, gaps = {each.webhook_id for each in desk.found}, unserved(desk)
    desk.rotate()
    answer = desk.look()
    is_changed = (api, one_for_each) == ("v2", "event")
    methods = [method for method, _ in desk.writes()[3:]]
    assert answer["made"] == EVENTS[api]
    assert (sorted(desk.serving(AFTER)), desk.serving(BEFORE)) == (sorted(EVENTS[api]), [])
    assert methods == (["POST", "PUT"] * 3 if is_changed else ["POST"] * 3 + ["DELETE"] * 3)
    assert ({each.webhook_id for each in desk.found} == old) is is_changed
    assert gaps == []


SHOWINGS = list(
    itertools.product(["shown", "hidden", "masked", "empty"], [False, True], ["nothing", "address", "event"])
)


@pytest.mark.parametrize(("headers", "is_query_dropped", "one_for_each"), SHOWINGS)
def test_however_v2_shows_what_it_has_nothing_is_made_twice_and_the_token_rotates(
    headers: str, one_for_each: str, *, is_query_dropped: bool
) -> None:
    desk = WebhooksDesk("v2")
    switches = desk.hooks.switches
    switches.headers, switches.is_query_dropped, switches.one_for_each = headers, is_query_dropped, one_for_each
    for _ in range(3):
        desk.look()
    assert (len(desk.writes()), desk.serving()) == (3, EVENTS["v2"])
    desk.rotate()
    for _ in range(3):
        desk.look()
    assert (sorted(desk.serving(AFTER)), desk.serving(BEFORE)) == (sorted(EVENTS["v2"]), [])


def test_where_v2_takes_one_subscription_of_an_address_every_event_has_an_address_of_its_own() -> None:
    desk = WebhooksDesk("v2")
    desk.hooks.switches.one_for_each = "address alone"
    assert (desk.look()["made"], desk.serving()) == (EVENTS["v2"], EVENTS["v2"])
    assert len({each.target_url for each in desk.found}) == 3
    assert (desk.look()["registered"], len(desk.writes())) == (EVENTS["v2"], 3)


def test_one_whose_address_does_not_name_its_event_is_kept_and_what_is_missing_is_made_beside_it() -> None:
    """As an earlier version made them."""
    desk = WebhooksDesk("v2")
    desk.hooks.switches.one_for_each = "address alone"
    token = {"x-webhook-token": TOKEN}
    desk.account.subscribe(f"{OURS}?token={mark_of(SecretStr(TOKEN))}", "label_created_v2", None, "", token)
    answer = desk.look()
    assert (answer["registered"], answer["made"]) == (["label_created_v2"], EVENTS["v2"][1:])


def test_an_event_that_another_tool_holds_alone_is_left_to_it_and_told() -> None:
    desk = WebhooksDesk("v2")
    desk.hooks.switches.one_for_each = "event"
    held = desk.account.subscribe("https://shop.example.com/hook", "label_created_v2")
    answer = desk.look()
    assert (answer["missing"], answer["made"], answer["status"]) == (["label_created_v2"], EVENTS["v2"][1:], 409)
    assert desk.hooks.subscriptions[held].target_url == "https://shop.example.com/hook"
    assert [method for method, _ in desk.writes()] == ["POST"] * 3


def test_v2s_list_is_read_in_both_its_shapes() -> None:
    desk = WebhooksDesk("v2")
    desk.hooks.switches.list_shape = "object"
    desk.look()
    assert desk.look()["registered"] == EVENTS["v2"]


@pytest.mark.parametrize("kind", ["status", "dropped", "lost"])
def test_the_old_ones_stay_until_the_new_ones_are_known_to_be_there(kind: str) -> None:
    desk = WebhooksDesk()
    desk.look()
    desk.rotate()
    desk.account.add_fault(kind, method="POST", path="subscribe", times=1)
    answer = desk.look()
    assert (answer["missing"], answer["removed"]) == (EVENTS["v1"], [])
    assert sorted(desk.serving(BEFORE)) == sorted(EVENTS["v1"])
    desk.look()
    assert (sorted(desk.serving(AFTER)), desk.serving(BEFORE)) == (sorted(EVENTS["v1"]), [])


def test_the_old_one_of_an_event_that_is_refused_stays() -> None:
    desk = WebhooksDesk()
    desk.look()
    desk.rotate()
    desk.account.add_fault("status", status=400, method="POST", path="subscribe", times=1)
    answer = desk.look()
    assert (answer["missing"], desk.serving(BEFORE)) == (["SHIP_NOTIFY"], ["SHIP_NOTIFY"])
    assert desk.serving(AFTER) == EVENTS["v1"][1:]


def test_a_token_that_a_person_puts_in_while_we_look_is_known_before_anything_is_removed() -> None:
    desk = WebhooksDesk()
    served = desk.account.application

    def meanwhile(request: Any) -> Any:
        if request.method == "GET" and not desk.found:
            desk.rotate()
            desk.account.subscribe(f"{OURS}/{AFTER}", "SHIP_NOTIFY")
        return served(request)

    desk.account.application = meanwhile
    answer = desk.look()
    assert (answer["registered"], answer["removed"]) == (["SHIP_NOTIFY"], [])


def test_one_that_is_refused_does_not_keep_the_others_from_being_made() -> None:
    desk = WebhooksDesk()
    desk.account.add_fault("status", status=400, method="POST", path="subscribe", times=1)
    answer = desk.look()
    assert (answer["missing"], answer["made"], answer["status"]) == (["SHIP_NOTIFY"], EVENTS["v1"][1:], 400)


@BOTH
@pytest.mark.parametrize("status", [403, 404])
def test_a_key_that_may_not_manage_webhooks_is_told_and_reads_on(api: str, status: int) -> None:
    desk = WebhooksDesk(api)
    desk.hooks.switches.refusal = status
    answer = desk.look()
    standing = desk.standing()
    assert standing is not None
    assert (answer["reason"], standing.status) == ("shipstation_request", status)
    assert standing.missing_since is not None
    assert desk.writes() == []
    desk.world.functions["poll"].invoke({"connection": "acme"})
    run(desk.world, desk.world.now() + timedelta(minutes=2))
    assert "shipstation_credentials" not in desk.world.logs.getvalue()


def rung(desk: WebhooksDesk, monkeypatch: pytest.MonkeyPatch, break_it: Callable[[WebhooksDesk], None]) -> list[bool]:
    """Whether each of six hourly looks asks for a person."""
    sent: list[dict[str, float]] = []
    monkeypatch.setattr(telemetry, "_send", lambda _unit, _connection, metrics: sent.append(dict(metrics)))
    break_it(desk)
    found = []
    for _ in range(6):
        sent.clear()
        desk.look()
        found.append(any(each.get("WebhooksMissing") for each in sent))
        desk.wait(1)
    return found


@BOTH
@pytest.mark.parametrize("shown", ["nothing", "another address", "switched off"])
def test_an_account_that_never_shows_what_it_took_is_not_filled_and_a_person_is_told(
    api: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V2 takes no second one of an event; then nothing is made at all."""

    def listed(webhooks: Any) -> list[Subscription]:
        update = {"another address": {"address": SecretStr("https://***")}, "switched off": {"is_active": False}}
        found = genuine(webhooks)
        return [each.model_copy(update=update[shown]) for each in found] if shown in update else []

    module = {"v1": v1, "v2": v2}[api]
    genuine = module.AccountWebhooks.list
    desk = WebhooksDesk(api)
    monkeypatch.setattr(module.AccountWebhooks, "list", listed)
    for _ in range(30):
        desk.look()
        desk.wait(1)
    made = sum(method == "POST" for method, _ in desk.writes())
    assert made <= 15 or api == "v2"
    assert len(desk.found) <= 15
    standing = desk.standing()
    assert standing is not None
    assert standing.asks_for_a_person(desk.world.now())
    monkeypatch.undo()
    desk.look()
    assert desk.serving() == EVENTS[api]
    assert len(desk.found) == 3


def forbid(desk: WebhooksDesk) -> None:
    desk.hooks.switches.refusal = 403


def refuse_each(desk: WebhooksDesk) -> None:
    desk.account.add_fault("status", status=400, method="POST", path="subscribe", times=-1)


def take_away_each_hour(desk: WebhooksDesk) -> None:
    desk.account.add_fault("status", status=503, method="POST", path="subscribe", times=-1)


def fall_silent(desk: WebhooksDesk) -> None:
    desk.account.add_fault("status", status=503, times=-1)


def nothing(desk: WebhooksDesk) -> None:
    """All is well."""


def show_no_list(desk: WebhooksDesk) -> None:
    desk.hooks.switches.list_shape = "unknown"


def empty_the_secret(desk: WebhooksDesk) -> None:
    desk.rotate(current="", previous="")


@pytest.mark.parametrize(
    "broken", [forbid, refuse_each, take_away_each_hour, fall_silent, show_no_list, empty_the_secret]
)
def test_what_three_hours_do_not_repair_is_a_persons(
    broken: Callable[[WebhooksDesk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rung(WebhooksDesk(), monkeypatch, broken) == [False, False, False, True, True, True]


@pytest.mark.parametrize("broken", [fall_silent, nothing])
def test_while_all_is_known_to_be_registered_a_shipstation_that_does_not_answer_has_alarms_of_its_own(
    broken: Callable[[WebhooksDesk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = WebhooksDesk()
    desk.look()
    assert not any(rung(desk, monkeypatch, broken))


def test_a_look_that_fails_once_and_then_finds_everything_is_forgotten() -> None:
    desk = WebhooksDesk()
    fall_silent(desk)
    desk.look()
    desk.account.lift_faults()
    desk.look()
    standing = desk.standing()
    assert standing is not None
    assert standing.missing_since is None


@pytest.mark.parametrize("damage", [{"reason": "of_a_newer_version"}, {"schema_version": 99}, {"checked_at": "soon"}])
def test_a_standing_that_cannot_be_read_is_looked_at_anew(damage: dict[str, Any]) -> None:
    desk = WebhooksDesk()
    desk.look()
    table = desk.world.tables[LEDGER]
    (item,) = table.scan(prefix="webhooks#")
    table.put({**item, **damage})
    assert desk.standing() is None
    reading = asked(desk.world, {"show": "reading", "connection": "acme"}, "inspect")
    assert ("error" in reading, reading.get("registration")) == (False, None)
    assert "ledger_item_passed_over" in desk.world.logs.getvalue()
    assert desk.look()["registered"] == EVENTS["v1"]
    after = desk.standing()
    assert after is not None
    assert list(after.registered) == EVENTS["v1"]


def test_what_was_known_stays_known_while_shipstation_is_out_and_is_looked_at_after_it() -> None:
    desk = WebhooksDesk()
    desk.look()
    fall_silent(desk)
    assert desk.look()["reason"] == "shipstation_unavailable"
    standing = desk.standing()
    assert standing is not None
    assert (list(standing.registered), standing.reason) == (EVENTS["v1"], "shipstation_unavailable")
    desk.account.lift_faults()
    assert desk.look()["registered"] == EVENTS["v1"]
    after = desk.standing()
    assert after is not None
    assert after.reason is None


@pytest.mark.parametrize("mode", ["shadow", "write"])
def test_shadow_reads_and_so_it_hears_webhooks_too(mode: Mode) -> None:
    desk = WebhooksDesk(mode=mode)
    desk.look()
    assert desk.serving() == EVENTS["v1"]


@pytest.mark.parametrize(("webhooks", "mode"), [("manual", "write"), ("registered", "off")])
def test_what_is_left_to_a_person_or_switched_off_is_not_even_asked_for(webhooks: str, mode: Mode) -> None:
    desk = WebhooksDesk(webhooks=webhooks, mode=mode)
    for answer in (desk.look(), desk.by_hand(), desk.ask()):
        assert answer["connection"] == "acme"
        assert [answer[name] for name in ("registered", "made", "missing", "removed")] == [[], [], [], []]
        assert answer["next"]
    assert (desk.account.requests, desk.standing()) == ([], None)


def test_a_dry_run_says_what_a_run_would_do_and_does_not_do_it() -> None:
    desk = WebhooksDesk()
    desk.account.subscribe(f"{OURS}/{TOKEN}", "ORDER_NOTIFY")
    stale = desk.account.subscribe(f"{OURS}/gone", "SHIP_NOTIFY")
    told = desk.ask()
    assert (desk.writes(), desk.standing()) == ([], None)
    done = desk.by_hand()
    assert {name: told[name] for name in ("registered", "made", "missing", "removed")} == {
        "registered": ["ORDER_NOTIFY"],
        "made": ["SHIP_NOTIFY", "FULFILLMENT_SHIPPED"],
        "missing": [],
        "removed": [str(stale)],
    }
    assert {name: done[name] for name in ("made", "removed")} == {name: told[name] for name in ("made", "removed")}


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"dry_run": False}, "give by and note"),
        ({"dry_run": False, "by": "kim"}, "give by and note"),
        ({"dry_run": False, "by": " ", "note": "why"}, "give by and note"),
        ({"dry_run": False, "by": "\u200b", "note": "why"}, "give by and note"),
        ({"dry_run": False, "by": "kim", "note": "\t "}, "give by and note"),
        ({"dryrun": True}, "dryrun: unknown, did you mean dry_run?"),
        ({"connection": "acne"}, "did you mean acme?"),
    ],
)
def test_bad_input_is_answered(event: dict[str, Any], says: str) -> None:
    desk = WebhooksDesk()
    assert says in desk.ask(**event)["error"]
    assert desk.account.requests == []


@BOTH
@pytest.mark.parametrize("broken", [nothing, forbid, refuse_each, fall_silent])
def test_no_token_and_no_address_leaves_the_run(api: str, broken: Callable[[WebhooksDesk], None]) -> None:
    desk = WebhooksDesk(api)
    answers = [desk.look()]
    broken(desk)
    desk.rotate()
    answers += [desk.ask(), desk.look(), desk.by_hand()]
    kept = [dict(item) for item in desk.world.tables[LEDGER].scan(prefix="webhooks#")]
    assert kept
    told = f"{answers} {kept} {desk.world.logs.getvalue()}"
    assert (CANARY in told, "hooks.example.com" in told) == (False, False)


def test_a_token_that_nobody_filled_is_a_reason_to_register_nothing() -> None:
    desk = WebhooksDesk()
    desk.rotate(current="", previous="")
    assert (desk.look()["reason"], desk.writes()) == ("secrets_unavailable", [])


def test_inspect_and_the_status_say_how_the_webhooks_stand() -> None:
    desk = WebhooksDesk()
    desk.look()
    reading = asked(desk.world, {"show": "reading", "connection": "acme"}, "inspect")["registration"]
    assert (reading["registered"], reading["missing"], reading["asks_for_a_person"]) == (EVENTS["v1"], [], False)
    forbid(desk)
    for _ in range(5):
        desk.look()
        desk.wait(1)
    reading = asked(desk.world, {"show": "reading", "connection": "acme"}, "inspect")["registration"]
    assert (reading["reason"], reading["status"], reading["asks_for_a_person"]) == ("shipstation_request", 403, True)
    (line,) = asked(desk.world, {"show": "status"}, "inspect")["connections"]
    assert any(each["told"].startswith("webhooks are missing since") for each in line["troubles"])


def test_one_who_subscribes_by_hand_is_told_nothing_of_it() -> None:
    desk = WebhooksDesk(webhooks="manual")
    desk.look()
    assert asked(desk.world, {"show": "reading", "connection": "acme"}, "inspect")["registration"] is None
