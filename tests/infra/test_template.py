"""What the deployed resources must be, read from the synthesised template."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.console.aws import output_of
from functions.console.fill_secrets import KINDS
from functions.ledger.table import DUE_INDEX
from tests.equipment.cloudwatch import Alarm
from tests.equipment.memory_aws.queue import RECEIVES
from tests.equipment.world import TIMEOUTS, VISIBILITY

pytestmark = pytest.mark.integration

Template = dict[str, Any]
LAMBDAS = {
    "webhook",
    "poll",
    "consume",
    "dead_letters",
    "release",
    "replay",
    "check",
    "digest",
    "inspect",
    "control",
    "reconcile",
    "view",
    "act",
}
SHOWN = {"ReconcileDifferences", "ReconcileMissing"}  # once a day, beside the one that is watched
HANDLERS = Path(__file__).parents[2] / "functions/handlers"
VISIBILITY_FACTOR = 6  # AWS's advice for a queue in front of a Lambda
FIELD_OF = {"AWS::DynamoDB::Table": "SSESpecification", "AWS::SQS::Queue": "KmsMasterKeyId"}


def of_type(template: Template, kind: str) -> dict[str, Any]:
    return {
        name: {**resource.get("Properties", {}), "Policy": resource.get("DeletionPolicy")}
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def one(template: Template, kind: str, prefix: str) -> Any:
    return next(properties for name, properties in of_type(template, kind).items() if name.startswith(prefix))


def test_every_lambda_runs_the_same_code_under_its_own_role(template: Template) -> None:
    functions = of_type(template, "AWS::Lambda::Function")

    assert {f["Handler"].split(".")[-2] for f in functions.values()} == LAMBDAS
    assert len({json.dumps(f["Code"], sort_keys=True) for f in functions.values()}) == 1
    assert len({json.dumps(f["Role"]) for f in functions.values()}) == len(LAMBDAS)


@pytest.mark.parametrize("kind", FIELD_OF)
def test_everything_at_rest_is_encrypted_with_our_key(template: Template, kind: str) -> None:
    found = of_type(template, kind)

    assert found
    assert all("EncryptionKey" in json.dumps(properties[FIELD_OF[kind]]) for properties in found.values())


def test_secrets_are_encrypted_with_our_key_and_hold_no_value(template: Template) -> None:
    secrets = of_type(template, "AWS::SecretsManager::Secret")

    assert len(secrets) == 3
    assert all("EncryptionKey" in json.dumps(secret["KmsKeyId"]) for secret in secrets.values())
    values = [json.loads(secret["SecretString"]) for secret in secrets.values() if "SecretString" in secret]
    assert {text for value in values for text in value.values()} == {"replace-me"}


def test_what_remembers_survives_the_stack(template: Template) -> None:
    kept = {**of_type(template, "AWS::DynamoDB::Table"), **of_type(template, "AWS::SecretsManager::Secret")}

    assert {properties["Policy"] for properties in kept.values()} == {"Retain"}
    for table in of_type(template, "AWS::DynamoDB::Table").values():
        assert table["DeletionProtectionEnabled"] is True
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize(
    ("queue", "function"), [("LinkexampleNotifications", "Poll"), ("LinkexampleShipments", "Consume")]
)
def test_message_stays_hidden_for_longer_than_any_run(template: Template, queue: str, function: str) -> None:
    source = next(
        properties
        for name, properties in of_type(template, "AWS::SQS::Queue").items()
        if name.startswith(queue) and "RedrivePolicy" in properties
    )
    timeout = one(template, "AWS::Lambda::Function", function)["Timeout"]

    assert source["VisibilityTimeout"] >= VISIBILITY_FACTOR * timeout
    assert source["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_shipments_queue_is_a_high_throughput_fifo(template: Template) -> None:
    queues = of_type(template, "AWS::SQS::Queue").values()
    source = next(q for q in queues if q.get("FifoQueue") and "RedrivePolicy" in q)

    assert (source["DeduplicationScope"], source["FifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")


def test_poll_takes_notifications_in_windows_two_at_a_time(template: Template) -> None:
    mapping = one(template, "AWS::Lambda::EventSourceMapping", "Poll")

    assert mapping["MaximumBatchingWindowInSeconds"] == 1
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_consume_takes_ten_with_the_connections_concurrency(template: Template) -> None:
    mapping = one(template, "AWS::Lambda::EventSourceMapping", "Consume")

    assert mapping["BatchSize"] == 10
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("queue", ["DeadNotifications", "DeadShipments"])
def test_dead_letters_are_taken_one_by_one_and_stay_when_they_fail(template: Template, queue: str) -> None:
    mappings = [
        mapping
        for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items()
        if name.startswith("DeadLetters") and queue in json.dumps(mapping["EventSourceArn"])
    ]
    dead = one(template, "AWS::SQS::Queue", queue)
    timeout = one(template, "AWS::Lambda::Function", "DeadLetters")["Timeout"]

    assert [mapping["FunctionResponseTypes"] for mapping in mappings] == [["ReportBatchItemFailures"]]
    assert "RedrivePolicy" not in dead
    assert dead["VisibilityTimeout"] >= VISIBILITY_FACTOR * timeout


@pytest.mark.parametrize("queue", ["DeadNotifications", "DeadShipments"])
def test_letters_that_stay_dead_are_counted_whether_they_are_worked_on_or_not(template: Template, queue: str) -> None:
    """Their age is not told once they were received three times."""
    assert_counted(template, queue)


def test_the_letters_of_the_orders_are_counted_too(template: Template, documented: Template) -> None:
    assert_counted(documented, "OrdersFlowDead")
    assert [name for name in template["Resources"] if name.startswith("AlarmsOrdersDead")] == []


def assert_counted(template: Template, queue: str) -> None:
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    (alarm,) = [a for a in alarms if queue in json.dumps(a.get("Metrics", []))]

    assert Alarm(alarm, spare=0).metrics == {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateNumberOfMessagesNotVisible",
    }


def test_every_queue_without_another_for_its_dead_is_watched(documented: Template) -> None:
    alarms = json.dumps(of_type(documented, "AWS::CloudWatch::Alarm"))
    last = [name for name, queue in of_type(documented, "AWS::SQS::Queue").items() if "RedrivePolicy" not in queue]

    assert len(last) == 3
    assert [name for name in last if name not in alarms] == []


def test_the_simulated_system_has_the_deployed_times(documented: Template) -> None:
    functions = of_type(documented, "AWS::Lambda::Function").values()
    kinds = {"^Dead": "dead", "^OrdersFlow": "orders", "Notifications": "notifications", "Shipments": "shipments"}

    assert {f["Handler"].split(".")[-2]: f["Timeout"] for f in functions} == TIMEOUTS
    for name, queue in of_type(documented, "AWS::SQS::Queue").items():
        kind = next(kind for pattern, kind in kinds.items() if re.search(pattern, name))
        assert queue["VisibilityTimeout"] == VISIBILITY[kind].total_seconds()
        assert queue.get("RedrivePolicy", {}).get("maxReceiveCount", RECEIVES) == RECEIVES


def test_a_run_that_calls_itself_is_no_runaway_loop(template: Template) -> None:
    assert one(template, "AWS::Lambda::Function", "Poll")["RecursiveLoop"] == "Allow"


def test_what_is_not_to_be_repeated_is_not_repeated_by_lambda(template: Template) -> None:
    """A tick, because the next one comes; what a person asked for, because that person asks again."""
    configured = of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    functions = template["Resources"]

    assert {functions[each["FunctionName"]["Ref"]]["Properties"]["Handler"].split(".")[-2] for each in configured} == {
        "poll",
        "release",
        "inspect",
        "view",
        "act",
        "control",
        "replay",
        "check",
        "reconcile",
        "digest",
    }
    for each in configured:
        assert (each["MaximumRetryAttempts"], each["MaximumEventAgeInSeconds"]) == (0, 60)


def test_the_schedules_tick(template: Template) -> None:
    schedules = of_type(template, "AWS::Scheduler::Schedule")
    rates = {name[:4]: schedule["ScheduleExpression"] for name, schedule in schedules.items()}

    minutely = dict.fromkeys(("Poll", "Rele", "Repl"), "rate(1 minute)")
    assert rates == {**minutely, "Reco": "rate(5 minutes)", "Dige": "rate(1 hour)"}


def test_token_in_the_path_reaches_no_access_log(template: Template) -> None:
    stage = one(template, "AWS::ApiGatewayV2::Stage", "Webhook")
    logged = json.loads(stage["AccessLogSettings"]["Format"])

    assert set(logged.values()) == {
        "$context.requestId",
        "$context.routeKey",
        "$context.status",
        "$context.requestTime",
    }


def test_a_webhook_may_come_with_its_token_in_the_address_or_in_a_header(template: Template) -> None:
    routes = {route["RouteKey"] for route in of_type(template, "AWS::ApiGatewayV2::Route").values()}
    paths = {"/webhooks/{connection}/{token}", "/webhooks/{connection}"}

    assert routes == {f"POST {path}" for path in paths}
    allowed = [
        json.dumps(permission["SourceArn"])
        for permission in of_type(template, "AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    ]
    assert {path for path in paths for arn in allowed if arn.endswith(f'/*/*{path}"]]}}')} == paths


def test_the_webhook_is_told_of_signatures_and_keys(template: Template) -> None:
    variables = one(template, "AWS::Lambda::Function", "Webhook")["Environment"]["Variables"]

    assert json.loads(variables["WEBHOOK_SIGNATURES"]) == {"example": "accept"}
    assert json.loads(variables["JWKS_URLS"]) == {
        "example": "https://api.shipengine.com/jwks https://api.shipstation.com/jwks"
    }


@pytest.mark.parametrize(
    ("function", "forbidden"),
    [
        ("Webhook", ("dynamodb:", "sqs:ReceiveMessage", "IfsSecret", "LinkexampleIfs", "LinkexampleShipStation")),
        ("Poll", ("LinkexampleIfs", "LinkexampleWebhook", "LedgerAudit")),
        (
            "Consume",
            ("LinkexampleShipStation", "LinkexampleWebhook", "LinkexampleNotifications", "dynamodb:DeleteItem"),
        ),
        ("DeadLetters", ("secretsmanager:", "LedgerAudit", "dynamodb:Query", "dynamodb:DeleteItem")),
        ("Release", ("LinkexampleShipStation", "LinkexampleWebhook", "LedgerAudit", "dynamodb:DeleteItem")),
        ("Inspect", ("LinkexampleIfs", "LinkexampleWebhook", "sqs:", "dynamodb:DeleteItem", "dynamodb:Scan")),
        ("Control", ("secretsmanager:", "LinkexampleNotifications", "dynamodb:DeleteItem", "dynamodb:Scan")),
        ("Replay", ("LinkexampleShipStation", "LinkexampleWebhook", "dynamodb:DeleteItem")),
        ("Check", ("sqs:Receive", "LinkexampleWebhook", "dynamodb:DeleteItem")),
        ("Reconcile", ("sqs:", "LinkexampleWebhook", "dynamodb:DeleteItem", "s3:DeleteObject")),
        ("Digest", ("sqs:", "secretsmanager:", "LedgerAudit", "dynamodb:DeleteItem", "cloudwatch:Put")),
    ],
)
def test_role_allows_no_more_than_the_room_needs(template: Template, function: str, forbidden: tuple[str, ...]) -> None:
    policy = json.dumps(one(template, "AWS::IAM::Policy", f"{function}ServiceRole"))

    assert [word for word in forbidden if word in policy] == []
    assert '"Action": "*"' not in policy
    assert '"Action": ["dynamodb:*"' not in policy


@pytest.mark.parametrize("function", ["Control", "Act"])
def test_who_changes_lists_what_waits_by_its_index_alone(template: Template, function: str) -> None:
    policy = one(template, "AWS::IAM::Policy", f"{function}ServiceRole")
    queried = [
        statement["Resource"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "dynamodb:Query" in json.dumps(statement["Action"])
    ]
    assert len(queried) == 1
    assert json.dumps(queried[0]).endswith(f'/index/{DUE_INDEX}"]]}}')


def test_a_role_writes_into_the_log_group_of_its_own_function_and_no_other(documented: Template) -> None:
    roles = of_type(documented, "AWS::IAM::Role")
    assert [name for name, role in roles.items() if "ManagedPolicyArns" in role] == []
    granted = {
        policy["Roles"][0]["Ref"]: statement
        for policy in of_type(documented, "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "logs:" in json.dumps(statement["Action"])
    }
    for function in of_type(documented, "AWS::Lambda::Function").values():
        statement = granted[function["Role"]["Fn::GetAtt"][0]]
        assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        assert statement["Resource"] == {"Fn::GetAtt": [function["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]}


def test_what_cloudwatch_counted_is_read_by_the_message_of_a_day_alone(documented: Template) -> None:
    granted = [
        (policy["Roles"][0]["Ref"], statement["Action"], statement["Resource"])
        for policy in of_type(documented, "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "cloudwatch:" in json.dumps(statement["Action"])
    ]
    ((role, action, resource),) = granted
    assert role.startswith("DigestServiceRole")
    assert (action, resource) == ("cloudwatch:GetMetricData", "*")


def test_no_role_is_granted_to_delete_or_update_an_item_of_either_table(template: Template) -> None:
    policies = json.dumps(of_type(template, "AWS::IAM::Policy"))

    assert "dynamodb:DeleteItem" not in policies
    assert "dynamodb:UpdateItem" not in policies


def roles_that_put_into(template: Template, table: str) -> set[str]:
    return {
        policy["Roles"][0]["Ref"]
        for policy in of_type(template, "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "dynamodb:PutItem" in statement["Action"] and table in json.dumps(statement["Resource"])
    }


def test_the_audit_itself_refuses_everybody_but_those_who_append(documented: Template) -> None:
    """Whatever another policy of the account allows: an administrator's too."""
    (name,) = (each for each in of_type(documented, "AWS::DynamoDB::Table") if each.startswith("LedgerAudit"))
    policy = of_type(documented, "AWS::DynamoDB::Table")[name]["ResourcePolicy"]["PolicyDocument"]
    append, change = policy["Statement"]
    appending = roles_that_put_into(documented, name)

    assert {(each["Effect"], json.dumps(each["Principal"]), each["Resource"]) for each in (append, change)} == {
        ("Deny", '{"AWS": "*"}', "*")
    }
    assert set(append["Action"]) == {"dynamodb:PutItem", "dynamodb:PartiQLInsert"}
    ((operator, condition),) = append["Condition"].items()
    named = [arn["Fn::GetAtt"] for arn in condition["aws:PrincipalArn"]]
    assert (operator, {role for role, _ in named}, len(named)) == ("ArnNotEquals", appending, len(appending))
    assert len(appending) == len(("Act", "Align", "Check", "Consume", "Control", "Push"))
    assert "Condition" not in change
    changes = ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")
    assert set(change["Action"]) == {f"dynamodb:{each}" for each in changes}


def alarms_of_our_own(template: Template) -> list[Alarm]:
    alarms = (Alarm(properties, spare=0) for properties in of_type(template, "AWS::CloudWatch::Alarm").values())
    return [alarm for alarm in alarms if alarm.namespace == "IfsShipStation"]


def test_every_metric_that_is_watched_is_counted_by_its_lambda(template: Template) -> None:
    own = alarms_of_our_own(template)

    assert len(own) == 13
    for alarm in own:
        handler = (HANDLERS / f"{alarm.dimensions['service']}.py").read_text(encoding="utf-8")
        assert alarm.dimensions.get("connection", "example") == "example"
        assert re.search(rf"\b{alarm.metric}=", handler)


SENDERS = {"count", "heartbeat", "seconds", "of_the_stack"}


def test_every_metric_that_is_counted_is_watched(documented: Template) -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in HANDLERS.glob("*.py")]
    calls = [call for tree in trees for call in ast.walk(tree) if isinstance(call, ast.Call)]
    sent = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in SENDERS]

    assert {each.arg for call in sent for each in call.keywords} - SHOWN == {
        alarm.metric for alarm in alarms_of_our_own(documented)
    }


def test_every_alarm_says_what_to_do_and_tells_when_it_rings_and_when_it_is_over(template: Template) -> None:
    (topic,) = of_type(template, "AWS::SNS::Topic")
    alarms = of_type(template, "AWS::CloudWatch::Alarm")

    assert alarms
    for alarm in alarms.values():
        assert len(alarm["AlarmDescription"]) > 40
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]


def test_the_reports_are_encrypted_kept_and_reached_by_nobody_without_tls(template: Template) -> None:
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    policy = json.dumps(of_type(template, "AWS::S3::BucketPolicy"))

    assert "EncryptionKey" in json.dumps(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert (bucket["VersioningConfiguration"], bucket["Policy"]) == ({"Status": "Enabled"}, "Retain")
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 400
    assert '{"Bool": {"aws:SecureTransport": "false"}}' in policy


def test_the_output_says_how_many_lambdas_run_at_once(documented: dict[str, Any]) -> None:
    resources = list(documented["Resources"].values())
    queues = [each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::EventSourceMapping"]
    of_queues = sum(each["ScalingConfig"]["MaximumConcurrency"] for each in queues)
    of_schedules = sum(each["Type"] == "AWS::Scheduler::Schedule" for each in resources)

    said = documented["Outputs"]["LambdasAtOnce"]["Value"]

    assert said == f"{of_queues + of_schedules}: {of_queues} for queues, {of_schedules} for schedules"


def test_the_command_line_finds_the_secrets_of_each_connection(documented: dict[str, Any]) -> None:
    outputs = documented["Outputs"]
    names = outputs["ConnectionNames"]["Value"].split(",")
    assert any("-" in name for name in names)
    for name, kind in ((name, kind) for name in names for kind in KINDS.values()):
        secret = documented["Resources"][outputs[output_of(name, kind)]["Value"]["Ref"]]
        assert secret["Properties"]["Description"].startswith(f"{name}: ")
