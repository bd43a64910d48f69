"""Each role is granted the calls that its function makes, no more and no fewer: the deployed functions run under their
roles through every kind of work, and the local AWS writes down what they call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from functions.ledger.pushes import PushStore
from functions.ledger.records import RecordStore
from functions.model.audit import Cause
from functions.model.messages import DeliverOrder, Notification, Pointer
from functions.model.outbound import OutboundKey
from functions.model.record_memory import OpenIntent, RecordMemory
from tests.equipment.http import Response, Server
from tests.equipment.local_aws.operate import set_visibility_timeouts
from tests.equipment.pace import eventually
from tests.equipment.push_books import shipment_of
from tests.equipment.push_people import RECEIVER
from tests.equipment.system import NAME, PUSH_SITE, System, started

pytestmark = pytest.mark.integration

OF_A_LAMBDA = "ServiceRole"  # in its role's id; those of the Scheduler: tests/infra/test_schedules.py
# Called by Lambda, and by the key's owner services in the role's name, never by our code: the local AWS does without.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
POLLED = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
LOGGED = {"logs:CreateLogStream", "logs:PutLogEvents"}
# Whoever sends a message has a data key made; whoever receives one, or reads a table or a secret, decrypts.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
KEY_FOR = {
    "sqs:SendMessage": "kms:GenerateDataKey",
    "s3:PutObject": "kms:GenerateDataKey",
    "sns:Publish": "kms:GenerateDataKey",
}
KIND = "Custom::ShipStationWebhooks"
EVERYTHING = "*"
# What is granted and not called here, by function and action: why it has to be granted all the same.
UNUSED: dict[tuple[str, str], str] = {
    (name, "dynamodb:GetItem"): "an entry of the audit that stands already is read: it may be our own"
    for name in ("Align", "Control", "Act")
}
IAM_USED = 0.95  # of what all roles together are granted
Calls = dict[str, set[tuple[str, str]]]


@dataclass(frozen=True)
class Deployed:
    system: System

    def resource(self, arn: str) -> str:
        """The logical id behind an ARN, with its index where it has one; `*` of a call that knows no resource."""
        if arn == EVERYTHING:
            return arn
        name, _, index = arn.partition("/index/")
        names = {tail(physical): logical for logical, physical in self.system.stack.physical_ids.items()}
        if name.startswith("arn:aws:s3:::"):  # whichever document it is
            return f"{names[name.removeprefix('arn:aws:s3:::').partition('/')[0]]}/*"
        own = tail(name)
        known = max((each for each in names if own == each or own.startswith(f"{each}-")), key=len)
        return f"{names[known]}/{index}" if index else names[known]

    def function_of(self, role: str) -> str:
        return role.partition(OF_A_LAMBDA)[0]

    def granted(self) -> Calls:
        found: Calls = defaultdict(set)
        for resource in self.system.stack.template["Resources"].values():
            if resource["Type"] != "AWS::IAM::Policy":
                continue
            (role,) = (each["Ref"] for each in resource["Properties"]["Roles"])
            if OF_A_LAMBDA not in role:
                continue
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                actions, targets = as_list(statement["Action"]), as_list(statement["Resource"])
                found[self.function_of(role)] |= {(a, logical_id(t)) for a in actions for t in targets}
        return found

    def called(self) -> Calls:
        roles = {pid: name for name, pid in self.system.stack.ids_of("AWS::IAM::Role").items()}
        found: Calls = defaultdict(set)
        for line in self.system.aws.observed("calls.jsonl"):
            role = line["principal"].split("/")[1]
            if role in roles:
                found[self.function_of(roles[role])].add((line["action"], self.resource(line["resource"])))
        return found

    def needed(self) -> Calls:
        """What was called, and what AWS does in the function's name for it."""
        found = self.called()
        (key,) = self.system.stack.ids_of("AWS::KMS::Key")
        for mapping in self.sources():
            function, queue = mapping["FunctionName"]["Ref"], mapping["EventSourceArn"]["Fn::GetAtt"][0]
            name = next(name for name in found if function.startswith(name))
            found[name] |= {(action, queue) for action in POLLED}
        for name, group in self.groups():
            found[name] |= {(action, group) for action in LOGGED}
        return {name: own | with_key(own, key) for name, own in found.items()}

    def groups(self) -> Iterator[tuple[str, str]]:
        """By function, the log group that is its own."""
        for resource in self.system.stack.template["Resources"].values():
            if resource["Type"] == "AWS::Lambda::Function":
                properties = resource["Properties"]
                role = properties["Role"]["Fn::GetAtt"][0]
                yield self.function_of(role), properties["LoggingConfig"]["LogGroup"]["Ref"]

    def sources(self) -> Iterator[dict[str, Any]]:
        for resource in self.system.stack.template["Resources"].values():
            if resource["Type"] == "AWS::Lambda::EventSourceMapping":
                yield resource["Properties"]


def with_key(own: set[tuple[str, str]], key: str) -> set[tuple[str, str]]:
    """Every function reads its own variables with it."""
    return {("kms:Decrypt", key), *((KEY_FOR[action], key) for action, _ in own if action in KEY_FOR)}


def tail(name: str) -> str:
    return name.rpartition("/")[2].rpartition(":")[2]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def logical_id(target: Any) -> str:
    if target == EVERYTHING:
        return EVERYTHING
    if "Ref" in target:
        return str(target["Ref"])
    if "Fn::GetAtt" in target:
        return str(target["Fn::GetAtt"][0])
    first, rest = target["Fn::Join"][1]
    return f"{logical_id(first)}{rest.replace('/index', '')}"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with started(tmp_path_factory.mktemp("system"), auth=True, is_registering=True) as system:
        set_visibility_timeouts(system.aws, system.stack, 3)
        work_through(system)
        yield Deployed(system)


ORDERS = ("G1", "G2", "G3", "G4", "G5")
LATE = "G5"  # IFS learns of it later


def work_through(system: System) -> None:
    """Everything that some function asks AWS for, once."""
    body = {"resource_url": "https://ssapi.shipstation.com/shipments?batchId=1", "resource_type": "SHIP_NOTIFY"}
    webhook = requests.post(system.webhook_url, json=body, timeout=60, verify=str(system.aws.certificate))
    assert webhook.status_code == 202
    for order_no in ORDERS:
        system.tenant.add_order(order_no)
        order = system.account.add_order(order_no, items=[{"sku": "BOLT-8", "quantity": 1}])
        system.account.ship(order, tracking_number=f"1Z{order_no}", is_silent=True)
        if order_no != LATE:
            system.tenant.add_shipment([(order_no, "BOLT-8", 1)])
    system.tick("Poll")
    for order_no in ORDERS:
        eventually(lambda n=order_no: is_tracked(system, n) or (n == LATE and n in system.states()))  # type: ignore[misc] # the loop's
    push_an_order(system)
    align(system)
    share_a_record(system)
    read_the_past(system)
    replay(system)
    reconcile(system)
    pilots(system)
    ask_and_decide(system)
    bury(system, "G1", "G2")
    eventually(lambda: system.tick("Release") or calls(system, "Release", "secretsmanager:GetSecretValue"))
    assert system.invoke("Digest", {}) == {"sent": True}
    come_and_go(system)


def push_an_order(system: System) -> None:
    """An IFS shipment becomes an order by a plan, and another plan shows a change of it. What a run that died has told
    is told again. Once IFS has delivered it, it is not read again.
    """
    shipment = system.tenant.add_shipment([("G7", "BOLT-8", 1)], Contract=PUSH_SITE, **RECEIVER)
    plan = planned(system, "would be made")
    assert system.invoke("Pull", {**plan["next"], "by": "anna", "note": "as shown"})["sent"] == 1
    eventually(lambda: any(shipment_of(o) for o in system.account.orders.current.values()))
    system.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    assert planned(system, "would be changed")["would_change"] == 1
    tell_again(system, OutboundKey(connection=NAME, shipment_id=str(shipment)))
    system.tenant.deliver(shipment)
    eventually(lambda: system.tick("Pull") and calls(system, "Pull", "dynamodb:PutItem"))


def tell_again(system: System, key: OutboundKey) -> None:
    """As a run leaves it that died between the audit's entry and its own save."""
    pushes = PushStore(system.table("Ledger"))
    eventually(lambda: not pushes.load([key])[key].trying)
    pushed = pushes.load([key])[key]
    assert pushes.save(pushed.model_copy(update={"trying": {"items": pushed.written["items"]}}))
    eventually(lambda: system.tick("Pull") and not pushes.load([key])[key].trying)


def planned(system: System, note: str) -> dict[str, Any]:
    request = {"connection": NAME, "to_shipstation": True, "by": "anna", "note": note}
    eventually(lambda: system.invoke("Pull", request).get("would_change") == 1)
    shown: dict[str, Any] = system.invoke("Pull", {**request, "note": f"{note}, again"})
    return shown


def come_and_go(system: System) -> None:
    """The webhooks of a connection, as the hourly run makes them and CloudFormation has them removed."""
    assert len(system.invoke("Register", {"connection": NAME, "is_scheduled": True})["made"]) == 3
    custom = next(r for r in system.stack.template["Resources"].values() if r["Type"] == KIND)
    address = next(iter(system.account.hooks.subscriptions.values())).target_url.rpartition("/")[0]
    properties = {"Connection": custom["Properties"]["Connection"], "Address": address}
    with Server(lambda _: Response(200)) as cloudformation:
        event = {"RequestType": "Delete", "ResponseURL": cloudformation.url, "ResourceProperties": properties}
        system.invoke("Unregister", event)
    assert system.account.hooks.subscriptions == {}


def align(system: System) -> None:
    """A site that ShipStation has no warehouse for."""
    system.tenant.add_site("CHI", "10", Description="CHI plant")
    address = {"Address1": "12 Harbor Street", "City": "Chicago", "State": "IL", "ZipCode": "60601", "Country": "US"}
    system.tenant.add_site_address("CHI", **address)
    system.invoke("Align", {"connection": NAME, "profile": "warehouses", "is_scheduled": True})


def is_tracked(system: System, order_no: str) -> bool:
    shipments = system.tenant.sets["ShipmentSet"]
    return any(system.tenant.shipment(key[0])["ProNo"] == f"1Z{order_no}" for key in shipments)


def calls(system: System, function: str, action: str) -> bool:
    seen = system.aws.observed("calls.jsonl")
    return any(f"{function}ServiceRole" in line["principal"] and line["action"] == action for line in seen)


def share_a_record(system: System) -> None:
    """An order that comes onto another one's record changes how that one stands, and has it looked at."""
    (first,) = [
        key[0] for key in system.tenant.sets["ShipmentSet"] if system.tenant.shipment(key[0])["ProNo"] == "1ZG4"
    ]
    system.tenant.add_order("S1")
    system.tenant.add_line(first, "S1", "BOLT-8", 1)
    order = system.account.add_order("S1", items=[{"sku": "BOLT-8", "quantity": 1}])
    system.account.ship(order, tracking_number="1ZS1", is_silent=True)
    eventually(lambda: system.tick("Poll") and calls(system, "Consume", "sqs:SendMessage"))


def read_the_past(system: System) -> None:
    """Two jobs: who has done with one sends itself a message for the other."""
    window = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "by": "anna", "dry_run": False}
    for note in ("one", "two"):
        system.invoke("Poll", {"connection": NAME, "backfill": {**window, "note": note}})
    eventually(lambda: system.invoke("Poll", {"connection": NAME}) and "job_ended" in log_of(system, "Poll"))


def log_of(system: System, function: str) -> str:
    return system.aws.function_log(system.function(function))


def replay(system: System) -> None:
    """Over a record that somebody may be writing, one that only the audit knows, and one that a person emptied."""
    begin_a_write(system, "G1")
    forget(system, "G2")
    numbers = [key[0] for key in system.tenant.sets["ShipmentSet"]]
    (emptied,) = [number for number in numbers if system.tenant.shipment(number)["ProNo"] == "1ZG3"]
    system.tenant.edit(emptied, ProNo=None)
    selection = {"connection": NAME, "select": {"from": "2026-01-01T00:00:00Z"}, "by": "anna", "note": "everything"}
    plan = system.invoke("Replay", selection)
    assert system.invoke("Replay", {**plan["next"], "by": "anna", "note": "everything"})["sent"] >= 1
    eventually(lambda: is_tracked(system, "G3"))


def reconcile(system: System) -> None:
    """Over records that disagree: one that somebody may be writing, and one that only the audit knows."""
    for order_no in ("G1", "G2"):
        (number,) = [int(key.id) for key in system.states()[order_no].remembered]
        system.tenant.edit(number, ForwardAgentId=None)
    begin_a_write(system, "G1")
    forget(system, "G2")
    now = datetime.now(UTC)
    window = {"from": (now - timedelta(days=1)).isoformat(), "until": now.isoformat()}
    request = {"connection": NAME, **window, "repair": True, "by": "anna", "note": "both systems"}
    answer = system.invoke("Reconcile", request)
    assert answer["state"] == "done", answer
    assert answer["missing"] >= len(("G1", "G2")), answer


def begin_a_write(system: System, order_no: str) -> None:
    store, memory = memory_of(system, order_no)
    now = datetime.now(UTC)
    intent = OpenIntent(kind="patch", audit_key="nobody-wrote-it", at=now, by=order_no, changes={})
    assert store.save(memory.model_copy(update={"intent": intent}))


def forget(system: System, order_no: str) -> None:
    """As a ledger that was restored."""
    store, memory = memory_of(system, order_no)
    assert store.save(RecordMemory(connection=NAME, key=memory.key, revision=memory.revision))


def memory_of(system: System, order_no: str) -> tuple[RecordStore, RecordMemory]:
    store = RecordStore(system.table("Ledger"))
    ((_, memory),) = store.load(NAME, list(system.states()[order_no].remembered)).items()
    return store, memory


SHOWN = ("attention", "reading", "tenant", "desk", "plans", "reconcile")


def ask_and_decide(system: System) -> None:
    """Every question, a search at ShipStation, what changes orders and the desk: by hand and on the dashboard."""
    questions: list[dict[str, Any]] = [{"show": show} for show in SHOWN]
    questions += [{"show": "order", "order": "G3"}, {"show": "order", "tracking": "1ZG4"}]
    changes: list[dict[str, Any]] = [{"do": "release", "orders": ["G3"]}]
    changes += [{"do": "map", "table": "carriers", "code": "dhl", "value": "DHL"}]
    who = {"by": "anna", "note": "grants"}
    for by_hand, on_a_page, asked in (("Inspect", "View", questions), ("Control", "Act", changes)):
        for each in asked:
            request = {**each, "connection": NAME}
            answer = system.invoke(by_hand, request if by_hand == "Inspect" else {**request, **who})
            assert "error" not in answer, answer
            assert "ifss" in system.invoke(on_a_page, {"ask": request, "widgetContext": {"forms": {"all": who}}})
    see_to_what_was_pushed(system, who)


def see_to_what_was_pushed(system: System, who: dict[str, str]) -> None:
    """Two that cannot become an order: one is seen to by hand, the other one on the page."""
    unusable = {**RECEIVER, "ReceiverCountry": "Nowhere"}
    numbers = [
        str(system.tenant.add_shipment([(n, "BOLT-8", 1)], Contract=PUSH_SITE, **unusable)) for n in ("G8", "G9")
    ]
    pushes = PushStore(system.table("Ledger"))
    eventually(lambda: system.tick("Pull") and len(pushes.asking(NAME, numbers)) == len(numbers))
    by_hand, on_a_page = ({"do": "dismiss", "connection": NAME, "subjects": [number]} for number in numbers)
    assert system.invoke("Control", {**by_hand, **who})["concerned"] == 1
    system.invoke("Act", {"ask": on_a_page, "widgetContext": {"forms": {"all": who}}})
    assert pushes.asking(NAME, numbers) == []


def pilots(system: System) -> None:
    """Over a write that is under way, over what only the audit knows, and of an order that nothing has read yet."""
    forget(system, "G2")
    system.tenant.add_order("G6")
    system.tenant.add_shipment([("G6", "BOLT-8", 1)])
    order = system.account.add_order("G6", items=[{"sku": "BOLT-8", "quantity": 1}])
    system.account.ship(order, tracking_number="1ZG6", is_silent=True)
    system.account.store_names[100_003] = "left out by the file"  # else the file does not fit, and nothing is written
    for order_no in ("G1", "G2", "G6"):
        answer = system.invoke("Check", {"connection": NAME, "pilot": order_no, "by": "anna", "note": "first write"})
    assert answer["fits"], answer["text"]


def bury(system: System, *order_nos: str) -> None:
    """Looks at orders and a notification, as if they had failed five times."""
    for order_no in order_nos:
        forget(system, order_no) if order_no == "G2" else begin_a_write(system, order_no)
        key = system.states()[order_no].key
        look = DeliverOrder(order=key, cause=Cause(kind="release", correlation_id="grants"))
        more = {"MessageGroupId": key.digest, "MessageDeduplicationId": order_no}
        send(system, "DeadShipments", look.model_dump_json(exclude_none=True), **more)
    pointer, now = Pointer(kind="anything"), datetime.now(UTC)
    note = Notification(connection=NAME, event="SHIP_NOTIFY", pointer=pointer, received_at=now, correlation_id="grants")
    send(system, "DeadNotifications", note.as_json())
    eventually(lambda: log_of(system, "DeadLetters").count('"fate":"returned"') > len(order_nos))
    eventually(lambda: calls(system, "Consume", "dynamodb:Query"))


def send(system: System, queue: str, body: str, **more: str) -> None:
    url = system.stack.physical_id(queue, "AWS::SQS::Queue")
    system.aws.client("sqs").send_message(QueueUrl=url, MessageBody=body, **more)


def shown(calls_of: Calls) -> str:
    return "\n".join(
        f"{name}: {action} on {target}" for name in sorted(calls_of) for action, target in sorted(calls_of[name])
    )


def share(granted: Calls, used: Calls) -> float:
    return sum(len(granted[name] & used[name]) for name in granted) / sum(map(len, granted.values()))


def shares(granted: Calls, called: Calls, needed: Calls) -> str:
    """A line for each role: how much of what it is granted its code calls, and with what AWS does in its name."""
    lines = [f"{'role':14} {'granted':>7} {'called':>6} {'used':>5}"]
    for name in sorted(granted):
        own, used = granted[name] & called[name], granted[name] & needed[name]
        lines.append(f"{name:14} {len(granted[name]):7} {len(own):6} {len(used):5}")
    return "\n".join([*lines, f"iam_used {share(granted, needed):.3f}"])


def test_every_role_is_granted_the_calls_that_its_function_makes_and_no_other(deployed: Deployed) -> None:
    granted, needed = deployed.granted(), deployed.needed()
    print(f"granted\n{shown(granted)}\n\nneeded\n{shown(needed)}\n\n{shares(granted, deployed.called(), needed)}")

    unused = {name: granted[name] - needed[name] for name in granted}
    unlisted = {(name, *each) for name, calls in unused.items() for each in calls if (name, each[0]) not in UNUSED}
    missing = {name: needed[name] - granted.get(name, set()) for name in needed}
    assert (unlisted, {name: calls for name, calls in missing.items() if calls}) == (set(), {})
    assert UNUSED.keys() <= {(name, action) for name, calls in unused.items() for action, _ in calls}, "is used by now"
    assert share(granted, needed) >= IAM_USED


def test_no_call_was_refused(deployed: Deployed) -> None:
    logs = [deployed.system.aws.function_log(f) for f in deployed.system.stack.ids_of("AWS::Lambda::Function").values()]
    assert [line for log in logs for line in log.splitlines() if "AccessDenied" in line] == []
