"""A connection that leaves takes with it the webhooks that the connector made and nobody else's, and no deletion ever
fails or waits for long.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from functions.handlers import unregister
from functions.settings import UnregisterSettings
from functions.wiring.credentials import PLACEHOLDER
from functions.wiring.custom_resource import NotAnsweredError
from functions.wiring.runtime import Handler
from tests.equipment.http import InProcessAdapter, Request, Response
from tests.equipment.webhooks_desk import AFTER, EVENTS, OURS, TOKEN, WebhooksDesk
from tests.equipment.world import CANARY, LEDGER

SIGNED = "https://cloudformation.example.com/stack?X-Amz-Signature=CanarySecret"
EVENT = {
    "StackId": "stack-1",
    "RequestId": "request-1",
    "LogicalResourceId": "Webhooks",
    "ResponseURL": SIGNED,
    "PhysicalResourceId": OURS,
    "ResourceProperties": {"ServiceToken": "arn", "Connection": "acme", "Address": OURS},
}
BOTH = pytest.mark.parametrize("api", ["v1", "v2"])


class Leaving:
    """What CloudFormation hears of an account that has our webhooks; `answers` are what it replies, 200 after them."""

    def __init__(
        self, api: str = "v1", wired: Callable[[Handler], Handler] = lambda handler: handler, looks: int = 1
    ) -> None:
        self.desk = WebhooksDesk(api)
        for _ in range(looks):
            self.desk.look()
        self.account, self.world = self.desk.account, self.desk.world
        self.heard: list[Request] = []
        self.answers: list[int] = []
        self.faults: list[BaseException | None] = []
        self.seconds = 0.0

        def session() -> requests.Session:
            made = requests.Session()
            made.mount("https://cloudformation.example.com", InProcessAdapter(self._hear))
            return made

        def build(runtime: Any, settings: UnregisterSettings) -> Handler:
            return unregister.answering(session, lambda: wired(unregister.build(runtime, settings)))

        settings = UnregisterSettings(ledger_table=LEDGER, shipstation_secrets={"acme": "ss-acme"})
        self.world.also("unregister", build, settings)

    def _hear(self, request: Request) -> Response:
        self.heard.append(request)
        return Response(self.answers.pop(0) if self.answers else 200)

    def send(self, request: str = "Delete", **more: Any) -> dict[str, Any]:
        """What CloudFormation was told, of the run that took `seconds`."""
        began = self.world.now()

        def end(_value: Any, fault: BaseException | None) -> None:
            self.faults.append(fault)
            self.seconds = (self.world.now() - began).total_seconds()

        self.world.functions["unregister"].invoke({**EVENT, "RequestType": request, **more}, end)
        self.desk.wait(0.2)
        told: dict[str, Any] = json.loads(self.heard[-1].body) if self.heard else {}
        return told


@BOTH
def test_ours_are_removed_whichever_token_they_hold_and_nobody_elses(api: str) -> None:
    leaving = Leaving(api)
    event = EVENTS[api][0]
    leaving.desk.claim(leaving.account.subscribe(f"{OURS}/{AFTER}", event))
    foreign = {
        leaving.account.subscribe(f"{OURS}/{AFTER}", event),
        leaving.account.subscribe("https://shop.example.com/hook", event),
        leaving.account.subscribe(f"{OURS}-2/{TOKEN}", event),
    }
    told = leaving.send()
    assert set(leaving.desk.hooks.subscriptions) == foreign
    assert told == {
        "Status": "SUCCESS",
        "Reason": "4 webhooks removed",
        "PhysicalResourceId": OURS,
        "StackId": "stack-1",
        "RequestId": "request-1",
        "LogicalResourceId": "Webhooks",
    }


def persons(desk: WebhooksDesk) -> set[int]:
    """All that is wanted, another event, and one for a single store, which V2 has not, at our own address."""
    at = f"{OURS}/{TOKEN}"
    made = {desk.account.subscribe(at, event) for event in (*EVENTS[desk.api], "ITEM_SHIP_NOTIFY")}
    return made | ({desk.account.subscribe(at, "SHIP_NOTIFY", 100_001)} if desk.api == "v1" else set())


@BOTH
@pytest.mark.parametrize("looks", [0, 1])
def test_a_deployment_that_is_rolled_back_leaves_what_a_person_subscribed(api: str, looks: int) -> None:
    leaving = Leaving(api, looks=0)
    kept = persons(leaving.desk)
    for _ in range(looks):
        leaving.desk.look()
    asked = len(leaving.account.requests)
    assert leaving.send()["Reason"] == "0 webhooks removed"
    assert set(leaving.desk.hooks.subscriptions) == kept
    assert len(leaving.account.requests) == asked


def test_what_the_connector_made_beside_a_persons_goes_alone() -> None:
    leaving = Leaving(looks=0)
    kept = leaving.account.subscribe(f"{OURS}/{TOKEN}", "SHIP_NOTIFY")
    leaving.desk.look()
    leaving.desk.look()
    assert leaving.send()["Reason"] == "2 webhooks removed"
    assert set(leaving.desk.hooks.subscriptions) == {kept}


@pytest.mark.parametrize(("made_with", "left_with"), [("v1", "v2"), ("v2", "v1")])
def test_an_id_of_the_other_api_says_nothing_of_this_one(made_with: str, left_with: str) -> None:
    own = Leaving(made_with).desk.standing()
    assert own is not None
    assert (set(own.own), len(own.own[made_with]), own.own.get(left_with)) == ({made_with}, 3, None)


@BOTH
def test_after_a_rotation_and_a_repair_what_was_made_last_is_ours(api: str) -> None:
    leaving = Leaving(api)
    leaving.desk.rotate()
    leaving.desk.look()
    del leaving.desk.hooks.subscriptions[leaving.desk.found[0].webhook_id]
    leaving.desk.look()
    own = leaving.desk.standing()
    assert own is not None
    assert len(own.own[api]) == 3
    assert (leaving.send()["Reason"], leaving.desk.found) == ("3 webhooks removed", [])


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_before_that_it_only_says_its_name_which_is_the_address(request_type: str) -> None:
    leaving = Leaving()
    asked = len(leaving.account.requests)
    told = leaving.send(request_type, PhysicalResourceId="another")
    assert (told["Status"], told["PhysicalResourceId"]) == ("SUCCESS", OURS)
    assert len(leaving.account.requests) == asked


def test_an_address_that_was_replaced_is_the_one_whose_webhooks_go() -> None:
    leaving = Leaving()
    before = "https://before.example.com/webhooks/acme"
    old = leaving.account.subscribe(f"{before}/{TOKEN}", "SHIP_NOTIFY")
    leaving.desk.claim(old)
    leaving.send(PhysicalResourceId=before, ResourceProperties={"Connection": "acme", "Address": before})
    assert (old in leaving.desk.hooks.subscriptions, leaving.desk.serving()) == (False, EVENTS["v1"])


def fault(kind: str, **details: Any) -> Callable[[Leaving], None]:
    return lambda leaving: leaving.account.add_fault(kind, times=-1, **details)


def forget_the_key(leaving: Leaving) -> None:
    leaving.account.keys.clear()


def blank_the_secret(leaving: Leaving) -> None:
    leaving.world.secrets.put("ss-acme", {"api_key": PLACEHOLDER, "api_secret": PLACEHOLDER})


def forbid(leaving: Leaving) -> None:
    leaving.desk.hooks.switches.refusal = 403


def use_the_key_up(leaving: Leaving) -> None:
    for limiter in (leaving.account.limiter, leaving.account.v2_limiter):
        limiter.foreign_per_minute = limiter.limit


FAULTS = {
    "503": fault("status", status=503),
    "500": fault("status", status=500),
    "400": fault("status", status=400),
    "403": forbid,
    "401": forget_the_key,
    "no JSON": fault("html", status=200),
    "broken off": fault("dropped"),
    "cut off": fault("truncated"),
    "throttled": use_the_key_up,
    "a long pause": fault("status", status=429, headers={"Retry-After": "3600"}),
    "no deletion": fault("status", status=503, method="DELETE"),
    "deletions unheard": fault("lost", method="DELETE"),
    "not filled": blank_the_secret,
}


@BOTH
@pytest.mark.parametrize("broken", FAULTS.values(), ids=FAULTS)
def test_whatever_shipstation_says_the_deletion_goes_on(api: str, broken: Callable[[Leaving], None]) -> None:
    leaving = Leaving(api)
    broken(leaving)
    assert leaving.send()["Status"] == "SUCCESS"
    assert (leaving.faults, leaving.seconds <= 60) == ([None], True)
    assert (CANARY in leaving.world.logs.getvalue(), "hooks.example" in leaving.world.logs.getvalue()) == (False, False)


@BOTH
def test_a_deletion_does_not_stand_in_a_long_line(api: str) -> None:
    """ShipStation asked for a pause half a minute ago."""
    leaving = Leaving(api)
    leaving.account.add_fault("status", status=429, headers={"Retry-After": "65", "X-Rate-Limit-Reset": "65"})
    leaving.desk.look()
    assert leaving.send()["Reason"] == "0 webhooks removed budget_exhausted"
    assert leaving.seconds < 15


def broken_wiring(_: Handler) -> Handler:
    raise RuntimeError(CANARY)


@pytest.mark.parametrize(
    ("wired", "properties"),
    [
        (broken_wiring, EVENT["ResourceProperties"]),
        (lambda handler: handler, {"Connection": "gone", "Address": OURS}),
        (lambda handler: handler, {}),
    ],
    ids=["wiring", "connection", "properties"],
)
def test_whatever_is_wrong_with_us_the_deletion_goes_on(
    wired: Callable[[Handler], Handler], properties: dict[str, Any]
) -> None:
    leaving = Leaving(wired=wired)
    told = leaving.send(ResourceProperties=properties)
    assert (told["Status"], leaving.faults) == ("SUCCESS", [None])
    assert CANARY not in f"{told} {leaving.world.logs.getvalue()}"


def test_one_that_is_not_removed_keeps_no_other() -> None:
    leaving = Leaving()
    leaving.account.add_fault("status", status=400, method="DELETE", times=1)
    assert leaving.send()["Reason"] == "2 webhooks removed"


def test_a_run_whose_time_is_over_answers_before_it_ends() -> None:
    """A slow account with many of them."""
    leaving = Leaving()
    for _ in range(40):
        leaving.desk.claim(leaving.account.subscribe(f"{OURS}/{TOKEN}", "SHIP_NOTIFY"))
    leaving.world.functions["unregister"].timeout_seconds = 62.0
    assert leaving.send()["Status"] == "SUCCESS"
    assert leaving.seconds < 62
    assert leaving.desk.found != []


def test_an_answer_that_does_not_come_through_is_repeated_by_us_and_then_by_lambda() -> None:
    leaving = Leaving()
    leaving.answers = [500, 500]
    leaving.send()
    assert (len(leaving.heard), leaving.faults) == (3, [None])
    leaving.answers = [500] * 9
    leaving.send()
    assert isinstance(leaving.faults[-1], NotAnsweredError)
    assert "X-Amz-Signature" not in f"{leaving.faults[-1]!r} {leaving.world.logs.getvalue()}"


def test_the_answer_is_as_the_signed_address_wants_it() -> None:
    leaving = Leaving()
    leaving.send()
    (heard,) = leaving.heard
    assert (heard.method, heard.headers.get("content-type", "")) == ("PUT", "")
