"""The deployed connector between both simulated vendors, killed in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from functions.model.outcomes import Outcome
from tests.equipment.http import Server
from tests.equipment.ifs.store import Write
from tests.equipment.local_aws.operate import set_visibility_timeouts
from tests.equipment.pace import HANGS_SECONDS, eventually, slowness
from tests.equipment.shipstation.signing import SigningService
from tests.equipment.system import NAME, System, started, utc_now

pytestmark = pytest.mark.integration


SIGNING = SigningService("k1")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with (
        Server(SIGNING.application) as keys,
        started(tmp_path_factory.mktemp("system"), jwks_url=f"{keys.url}/jwks") as running,
    ):
        running.subscribe()
        set_visibility_timeouts(running.aws, running.stack, round(3 * slowness()))
        yield running


def in_both(system: System, order_no: str, **typed: Any) -> tuple[int, int]:
    """One order known to both vendors; answers its ShipStation order id and its IFS shipment id."""
    system.tenant.add_order(order_no)
    number = system.tenant.add_shipment([(order_no, "BOLT-8", 1)], **typed)
    return system.account.add_order(order_no, items=[{"sku": "BOLT-8", "quantity": 1}]), number


def ours(system: System, number: int) -> list[Write]:
    return [write for write in system.tenant.writes if write.by == "api" and write.key == (number,)]


def settled(system: System, order_no: str) -> list[Outcome]:
    state = system.states().get(order_no)
    return [shipment.outcome for shipment in state.shipments.values()] if state else []


def test_consumer_killed_after_the_write_loses_and_doubles_nothing(system: System) -> None:
    order_id, number = in_both(system, "K1", ForwardAgentId="DHL")
    consume = system.function("Consume")
    killed: list[int] = []

    def kill(write: Write) -> None:
        if write.by == "api" and write.key == (number,) and not killed:
            killed.append(system.aws.kill_environments(consume))
            system.let_leases_lapse()

    system.tenant.after_commit = kill
    label = system.account.ship(order_id, tracking_number="1ZKILLED", carrier_code="ups")
    eventually(lambda: settled(system, "K1"))
    system.tenant.after_commit = None

    (environments,) = killed
    assert environments >= 1  # a busy machine may have begun a second one
    assert [write.changes for write in ours(system, number)] == [{"ProNo": "1ZKILLED", "ForwardAgentId": "UPS"}]
    (entry,) = system.story("K1")
    assert entry.outcome == "written"
    assert entry.changes["carrier"].values == ("DHL", "UPS")
    assert entry.changes["tracking"].values == (None, "1ZKILLED")

    system.account.void(label)
    eventually(lambda: system.tick("Poll") and not system.tenant.shipment(number)["ProNo"])

    assert system.tenant.shipment(number)["ForwardAgentId"] == "DHL"
    assert len(ours(system, number)) == 2


def test_webhook_answers_the_same_to_whoever_does_not_belong(system: System) -> None:
    endpoint = system.webhook_url.rsplit("/", 2)[0]
    answers = [
        requests.post(f"{endpoint}/{path}", data=b'{"resource_url": "x"}', timeout=HANGS_SECONDS)
        for path in ("demo/wrong", "nobody/wrong")
    ]

    assert [(answer.status_code, answer.text) for answer in answers] == [(404, "{}")] * 2


def test_a_signed_webhook_comes_through_the_api_byte_by_byte(system: System) -> None:
    endpoint, token = system.webhook_url.rsplit("/", 1)
    body = '{"resource_url": "https://api.shipstation.com/v2/batches/se-1",\r\n "resource_type": "É_V2"}'.encode()

    def status(sent: bytes = body, url: str = system.webhook_url, shown: str = "") -> int:
        signed = SIGNING.headers(body, utc_now()) | {"X-Webhook-Token": shown}
        return requests.post(url, data=sent, headers=signed, timeout=HANGS_SECONDS).status_code

    assert status() == 202
    assert status(url=endpoint) == 404
    assert status(url=endpoint, shown=token) == 202
    assert status(body.replace(b"\r\n", b"\n")) == 401
    SIGNING.rotate("k2")
    SIGNING.outage = "dropped"
    assert status() == 503


def test_replay_writes_what_somebody_deleted(system: System) -> None:
    order_id, number = in_both(system, "R1")
    system.account.ship(order_id, tracking_number="1ZREPLAY")
    eventually(lambda: system.tenant.shipment(number)["ProNo"])
    eventually(lambda: settled(system, "R1") == [Outcome.WRITTEN])
    system.tenant.edit(number, ProNo=None)
    request = {"connection": "demo", "select": {"orders": ["R1"]}, "by": "anna", "note": "deleted by mistake"}

    plan = system.invoke("Replay", request)
    assert plan["would_change"] == 1
    assert plan["differences"][0]["changes"][0]["tracking"] == {
        "before": None,
        "after": "1ZREPLAY",
        "attribute": "ProNo",
        "extended": None,
    }
    assert system.tenant.shipment(number)["ProNo"] is None

    system.invoke("Replay", {"plan_id": plan["plan_id"], "apply": True, "by": "kim", "note": "as planned"})
    eventually(lambda: system.tenant.shipment(number)["ProNo"] == "1ZREPLAY")
    last = eventually(lambda: [e for e in system.story("R1") if e.cause.kind == "replay"])[-1]
    assert (last.cause.by, last.cause.note) == ("kim", "as planned")


def test_the_message_of_a_day_tells_what_aws_counted_of_it(system: System) -> None:
    million = {"MetricName": "Invocations", "Value": 1e6}
    noons = [utc_now().replace(hour=12) - timedelta(days=days) for days in (1, 2, 3)]  # one of them is of that day
    for name in ("Poll", "Consume"):
        function = [{"Name": "FunctionName", "Value": system.function(name)}]
        data = [{**million, "Dimensions": function, "Timestamp": noon} for noon in noons]
        system.aws.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=data)
    (text,) = system.told_by("Digest")
    assert "\nLambda and DynamoDB: 0.40 USD at list prices of us-east-1.\n" in text
    assert system.invoke("Inspect", {"show": "desk", "connection": NAME})["listeners"] == 1


def test_no_secret_and_no_name_stands_in_a_log(system: System) -> None:
    canaries = {
        *system.account.keys.values(),
        *system.tenant.clients.values(),
        system.webhook_url.rsplit("/", 1)[1],
        "Example Recipient",
        "1 Example Street",
        *list(system.tenant.tokens)[:5],
    }
    logs = "".join(system.aws.function_log(f) for f in system.stack.ids_of("AWS::Lambda::Function").values())

    assert "order_delivered" in logs
    assert [canary for canary in canaries if canary in logs] == []
