"""Subscriptions as both APIs list, make, change and remove them, over real HTTP shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable
from functions.flows.operations.webhook_carry_out import Webhooks
from functions.ledger.budget import BudgetStore
from functions.model.connection_name import ConnectionName
from functions.model.outcomes import Reason
from functions.model.webhook_address import WebhookAddress, mark_of
from functions.shipstation.budget import Governor, Lane
from functions.wiring.webhook_parts import account_webhooks
from tests.equipment.account_fixture import Rig
from tests.equipment.http import Response, json_response
from tests.equipment.memory_aws.table import MemoryTable

ADDRESS = WebhookAddress.of("https://hooks.example.com", ConnectionName("acme"))
TOKEN = SecretStr("planted-token")
BOTH = pytest.mark.parametrize("api", ["v1", "v2"])
EVENT = {"v1": "SHIP_NOTIFY", "v2": "label_created_v2"}
LIST = {"v1": "/webhooks", "v2": "/v2/environment/webhooks"}
MAKE = {"v1": "/webhooks/subscribe", "v2": "/v2/environment/webhooks"}


def opened(api: str) -> tuple[Rig, Webhooks]:
    rig = Rig(api=api)
    return rig, account_webhooks(rig.client, rig.connection, ADDRESS)


@BOTH
def test_what_was_made_is_listed_and_what_was_removed_is_not(api: str) -> None:
    rig, webhooks = opened(api)
    number = webhooks.make(EVENT[api], TOKEN)
    (shown,) = webhooks.list()
    assert (shown.id, shown.event, shown.store, shown.is_active) == (number, EVENT[api], None, True)
    assert ADDRESS.holds(shown.address.get_secret_value())
    webhooks.remove(number)
    assert webhooks.list() == []
    paths = [(request.method, request.path) for request in rig.sent]
    assert paths == [
        ("POST", MAKE[api]),
        ("GET", LIST[api]),
        ("DELETE", f"{LIST[api]}/{number}"),
        ("GET", LIST[api]),
    ]


@pytest.mark.parametrize(
    ("answer", "number"),
    [({"id": 7}, "7"), ({"WebHookID": 7}, "7"), ({"id": None, "WebHookID": "7"}, "7"), ({"id": "7"}, "7")],
)
def test_v1s_answer_names_its_id_in_either_way(answer: dict[str, Any], number: str) -> None:
    rig, webhooks = opened("v1")
    rig.canned.append(json_response(201, answer))
    assert webhooks.make("SHIP_NOTIFY", TOKEN) == number


@BOTH
def test_one_that_is_gone_is_removed(api: str) -> None:
    _, webhooks = opened(api)
    webhooks.remove("4711" if api == "v1" else "se-4711")


def test_v1s_token_stands_in_the_address_and_all_stores_are_meant() -> None:
    rig, webhooks = opened("v1")
    webhooks.make("SHIP_NOTIFY", TOKEN)
    assert rig.sent[0].json() == {
        "target_url": "https://hooks.example.com/webhooks/acme/planted-token",
        "event": "SHIP_NOTIFY",
        "store_id": None,
        "friendly_name": "IFS connector acme",
    }


def test_v2s_token_stands_in_a_header_and_its_mark_and_the_event_in_the_address() -> None:
    rig, webhooks = opened("v2")
    webhooks.make("label_created_v2", TOKEN)
    assert rig.sent[0].json() == {
        "name": "IFS connector acme",
        "event": "label_created_v2",
        "url": f"https://hooks.example.com/webhooks/acme?token={mark_of(TOKEN)}&event=label_created_v2",
        "headers": [{"key": "x-webhook-token", "value": "planted-token"}],
    }
    (shown,) = webhooks.list()
    assert shown.header == TOKEN


def test_v2_changes_one_in_its_place_and_v1_none() -> None:
    _, webhooks = opened("v2")
    number = webhooks.make("label_created_v2", SecretStr("earlier"))
    webhooks.change(number, "label_created_v2", TOKEN)
    (shown,) = webhooks.list()
    assert (shown.id, shown.header) == (number, TOKEN)
    assert shown.address.get_secret_value() == ADDRESS.with_mark(TOKEN, "label_created_v2")
    with pytest.raises(Permanent):
        webhooks.change("se-1", "label_created_v2", TOKEN)
    with pytest.raises(Permanent):
        opened("v1")[1].change("1", "SHIP_NOTIFY", TOKEN)


V1_ROW = {"WebHookID": 1, "HookType": "SHIP_NOTIFY", "Url": "https://a.example", "StoreID": None, "Active": True}
V2_ROW = {"webhook_id": "se-1", "event": "label_created_v2", "url": "https://a.example"}
KEY = "X-Webhook-Token"


@pytest.mark.parametrize(
    ("api", "body", "found"),
    [
        ("v1", {"webhooks": []}, []),
        ("v1", {"webhooks": [V1_ROW, None, {"HookType": "SHIP_NOTIFY"}, "x"]}, [("1", None, True, "")]),
        ("v1", {"webhooks": [{**V1_ROW, "StoreID": 7, "Active": False}]}, [("1", "7", False, "")]),
        ("v1", {"webhooks": [{**V1_ROW, "Active": "False"}]}, [("1", None, False, "")]),
        ("v1", {"webhooks": [{**V1_ROW, "Active": "true"}]}, [("1", None, True, "")]),
        ("v1", {"webhooks": [{"WebHookID": "12", "Url": None, "HookType": None}]}, [("12", None, True, "")]),
        ("v2", [V2_ROW], [("se-1", None, True, None)]),
        ("v2", {"webhooks": [V2_ROW, None, {"event": "x"}]}, [("se-1", None, True, None)]),
        ("v2", [{**V2_ROW, "headers": None, "store_id": "se-7"}], [("se-1", "se-7", True, None)]),
        ("v2", [{**V2_ROW, "active": 0}], [("se-1", None, False, None)]),
        ("v2", [{**V2_ROW, "headers": []}], [("se-1", None, True, "")]),
        ("v2", [{**V2_ROW, "headers": [{"key": KEY, "value": "abc"}]}], [("se-1", None, True, "abc")]),
        ("v2", [{**V2_ROW, "headers": [None, {"key": "other"}, {"value": "x"}]}], [("se-1", None, True, "")]),
    ],
)
def test_a_row_is_read_whatever_it_lacks(api: str, body: Any, found: list[Any]) -> None:
    rig, webhooks = opened(api)
    rig.canned.append(json_response(200, body))
    rows = [(each.id, each.store, each.is_active, each.header) for each in webhooks.list()]
    assert rows == [(*row, SecretStr(header) if header is not None else None) for *row, header in found]


@BOTH
@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (json_response(200, {"orders": []}), Retryable, Reason.SHIPSTATION_UNAVAILABLE),
        (Response(200, b"<html>", {"Content-Type": "text/html"}), Retryable, Reason.SHIPSTATION_UNAVAILABLE),
        (json_response(404, {}), Permanent, Reason.SHIPSTATION_REQUEST),
        (json_response(403, {}), Permanent, Reason.SHIPSTATION_REQUEST),
        (json_response(401, {}), Permanent, Reason.SHIPSTATION_CREDENTIALS),
        (json_response(429, {}), Retryable, Reason.BUDGET_EXHAUSTED),
    ],
)
def test_a_list_that_cannot_be_read_says_why(
    api: str, answer: Response, kind: type[ConnectorError], reason: Reason
) -> None:
    rig, webhooks = opened(api)
    rig.canned += [answer] * 3
    with pytest.raises(kind) as caught:
        webhooks.list()
    assert caught.value.reason is reason
    assert rig.refusals == (reason is Reason.SHIPSTATION_CREDENTIALS), "a refusal of webhooks says nothing of the key"


@BOTH
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_response(201, {}), OutcomeUnknown),
        (json_response(200, []), OutcomeUnknown),
        (json_response(404, {}), OutcomeUnknown),
        (json_response(500, {}), OutcomeUnknown),
        (Response(200, b"{", {"Content-Type": "application/json"}), OutcomeUnknown),
        (json_response(400, {}), Permanent),
        (json_response(403, {}), Permanent),
        (json_response(409, {}), Permanent),
    ],
)
def test_a_subscription_that_is_not_made_is_asked_for_once_and_says_why_without_its_address(
    api: str, answer: Response, kind: type[ConnectorError]
) -> None:
    rig, webhooks = opened(api)
    rig.canned.append(answer)
    with pytest.raises(kind) as caught:
        webhooks.make(EVENT[api], TOKEN)
    assert type(caught.value) is kind
    assert len(rig.sent) == 1
    told = f"{caught.value!r} {json.dumps(str(caught.value))}"
    assert ("planted-token" in told, "hooks.example.com" in told) == (False, False)


@BOTH
def test_a_row_shows_neither_token_nor_address_where_it_is_printed(api: str) -> None:
    _, webhooks = opened(api)
    webhooks.make(EVENT[api], TOKEN)
    told = f"{webhooks.list()}"
    assert ("planted-token" in told, "hooks.example.com" in told) == (False, False)


class Noted(Governor):
    """Which lanes were asked for."""

    lanes: list[Lane]

    def wait_for_place(self, lane: Lane) -> None:
        self.lanes.append(lane)
        super().wait_for_place(lane)


class NotedRig(Rig):
    noted: Noted

    def governor(self) -> Governor:
        store, sleep = BudgetStore(MemoryTable()), self.waits.append
        self.noted = Noted(store, key_id=lambda: "key", requests_per_minute=38, now=self.now, sleep=sleep)
        self.noted.lanes = []
        return self.noted


@BOTH
def test_everything_that_reads_goes_before_it(api: str) -> None:
    rig = NotedRig(api=api)
    webhooks = account_webhooks(rig.client, rig.connection, ADDRESS)
    webhooks.remove(webhooks.make(EVENT[api], TOKEN))
    webhooks.list()
    assert rig.noted.lanes == ["backfill"] * 3
