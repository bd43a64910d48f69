"""The local AWS has to behave like AWS where the flows lean on it; a tiny app asks it the questions."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.equipment.local_aws.deploy import DeployError, Stack, deploy, ignored_properties, zip_folder
from tests.equipment.local_aws.differences import DIFFERENCES, subjects
from tests.equipment.local_aws.operate import (
    FunctionFailed,
    invoke,
    set_event_sources,
    set_secret,
    set_visibility_timeouts,
)
from tests.equipment.local_aws.server import ROOT, LocalAws
from tests.equipment.local_aws.synth import synthesise
from tests.equipment.local_aws.template import REWRITTEN
from tests.equipment.pace import HANGS_SECONDS, eventually

pytestmark = pytest.mark.integration

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# Of ministack.
MODULES = {"app", "changesets", "dynamodb", "iam_actions", "iam_evaluator", "lambda_runtime", "lambda_svc", "stacks"}
FUNCTION = "AWS::Lambda::Function"
QUEUE = "AWS::SQS::Queue"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = Path(__file__).parent / "tiny" / "app.py"
    return synthesise({"python": PYTHON}, tmp_path_factory.mktemp("cdk.out"), app=app)


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOST_ONLY", "planted")
        with LocalAws() as running:
            yield running


@pytest.fixture(scope="module")
def stack(aws: LocalAws, built: Path) -> Stack:
    return deploy(aws, built)


def function(stack: Stack, name: str) -> str:
    return stack.physical_id(name, FUNCTION)


def send(aws: LocalAws, stack: Stack, *messages: dict[str, Any], queue: str = "Queue") -> None:
    """Puts the messages in the queue before any is taken out, so that they travel as one batch."""
    set_event_sources(aws, stack, enabled=False)
    for number, message in enumerate(messages):
        group = {"MessageGroupId": str(number), "MessageDeduplicationId": message["id"]} if queue == "Fifo" else {}
        url = stack.physical_id(queue, QUEUE)
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(message), **group)
    set_event_sources(aws, stack, enabled=True)


def arrival(aws: LocalAws, stack: Stack, key: str) -> dict[str, Any]:
    """What the consumer wrote when a message reached it: attempt, size of the batch, receipt."""
    table = stack.physical_id("Rows", "AWS::DynamoDB::Table")
    item: dict[str, Any] = aws.client("dynamodb").get_item(TableName=table, Key={"id": {"S": key}}).get("Item", {})
    return {name: next(iter(value.values())) for name, value in item.items()}


def row(aws: LocalAws, stack: Stack, key: str) -> dict[str, Any] | None:
    """The row of a message that was handled to the end."""
    found = arrival(aws, stack, key)
    return found if "done" in found else None


def show_again(aws: LocalAws, stack: Stack, key: str) -> None:
    """Ends a message's visibility timeout now, so that no test has to guess how long its handling takes."""
    url, receipt = stack.physical_id("Queue", QUEUE), arrival(aws, stack, key)["receipt"]
    aws.client("sqs").change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)


def test_message_becomes_a_row(aws: LocalAws, stack: Stack) -> None:
    send(aws, stack, {"id": "one"})
    assert eventually(lambda: row(aws, stack, "one"))["attempt"] == "1"


def test_only_the_failed_message_of_a_batch_comes_again(aws: LocalAws, stack: Stack) -> None:
    send(aws, stack, {"id": "bad", "fail_once": True}, {"id": "good"})
    good = eventually(lambda: row(aws, stack, "good"))
    show_again(aws, stack, "bad")
    bad = eventually(lambda: row(aws, stack, "bad"))
    assert (good["attempt"], good["batch"]) == ("1", "2")
    assert (bad["attempt"], bad["batch"]) == ("2", "1")
    assert row(aws, stack, "good") == good


@pytest.fixture
def single_messages(aws: LocalAws, stack: Stack) -> Iterator[None]:
    set_batch_sizes(aws, stack, 1)
    yield
    set_batch_sizes(aws, stack, 5)


def set_batch_sizes(aws: LocalAws, stack: Stack, size: int) -> None:
    for mapping in stack.ids_of("AWS::Lambda::EventSourceMapping").values():
        aws.client("lambda").update_event_source_mapping(UUID=mapping, BatchSize=size)


@pytest.mark.usefixtures("single_messages")
@pytest.mark.parametrize("queue", ["Queue", "Fifo"])
def test_batches_run_side_by_side(aws: LocalAws, stack: Stack, queue: str) -> None:
    first, second = f"{queue}-first", f"{queue}-second"
    send(aws, stack, {"id": first, "meet": second}, {"id": second, "meet": first}, queue=queue)
    assert eventually(lambda: row(aws, stack, first))
    assert eventually(lambda: row(aws, stack, second))


def test_http_api_reaches_its_function(aws: LocalAws, stack: Stack) -> None:
    url = aws.api_url(stack.physical_id("Door", "AWS::ApiGatewayV2::Api"))
    answer = requests.post(f"{url}/hooks/t0ken", json={"n": 1}, timeout=HANGS_SECONDS)
    assert (answer.status_code, answer.text) == (202, 't0ken {"n": 1}')
    assert requests.post(f"{url}/elsewhere", timeout=HANGS_SECONDS).status_code == 404


def test_killed_consumer_leaves_its_message_in_the_queue(aws: LocalAws, stack: Stack) -> None:
    consumer = function(stack, "Consumer")
    send(aws, stack, {"id": "crash", "hang_once": True})
    eventually(lambda: "hanging" in aws.function_log(consumer))
    ends = aws.function_log(consumer).count("Error: ")
    assert aws.kill_environments(consumer) >= 1
    # Until the local AWS has noticed, it would hand the message to the environment that is gone.
    eventually(lambda: aws.function_log(consumer).count("Error: ") > ends)
    show_again(aws, stack, "crash")
    assert eventually(lambda: row(aws, stack, "crash"))["attempt"] == "2"


def test_visibility_timeouts_change_after_deployment(aws: LocalAws, stack: Stack) -> None:
    set_visibility_timeouts(aws, stack, 61)
    wanted = {"QueueUrl": stack.physical_id("Queue", QUEUE), "AttributeNames": ["VisibilityTimeout"]}
    assert aws.client("sqs").get_queue_attributes(**wanted)["Attributes"] == {"VisibilityTimeout": "61"}


def test_killed_function_reports_an_exit_and_is_replaced(aws: LocalAws, stack: Stack) -> None:
    probe = function(stack, "Probe")

    def kill_once_hanging() -> None:
        eventually(lambda: "hanging" in aws.function_log(probe))
        aws.kill_environments(probe)

    killer = threading.Thread(target=kill_once_hanging)
    killer.start()
    with pytest.raises(FunctionFailed) as failure:
        invoke(aws, probe, {"do": "hang"})
    killer.join()
    assert failure.value.error_type == "Runtime.ExitError"
    assert invoke(aws, probe, {"do": "pid"}) in aws.environments(probe)


def test_environment_is_reused_while_it_lives(aws: LocalAws, stack: Stack) -> None:
    probe = function(stack, "Probe")
    assert invoke(aws, probe, {"do": "pid"}) == invoke(aws, probe, {"do": "pid"})


def test_timeout_ends_the_process(aws: LocalAws, stack: Stack) -> None:
    slow = function(stack, "Slow")
    with pytest.raises(FunctionFailed, match=r"Task timed out after 1\.00 seconds") as failure:
        invoke(aws, slow, {"do": "hang"})
    assert failure.value.error_type == "Sandbox.Timedout"
    assert aws.environments(slow) == []
    assert "Task timed out" in aws.function_log(slow)


def test_exception_is_reported_by_its_type(aws: LocalAws, stack: Stack) -> None:
    with pytest.raises(FunctionFailed) as failure:
        invoke(aws, function(stack, "Probe"), {"do": "fail"})
    assert (failure.value.error_type, failure.value.message) == ("LookupError", "no such order")


def test_handler_that_does_not_load_is_reported_as_such(aws: LocalAws, stack: Stack) -> None:
    with pytest.raises(FunctionFailed) as failure:
        invoke(aws, function(stack, "Broken"))
    assert failure.value.error_type == "Runtime.HandlerNotFound"


def test_function_sees_its_own_environment_only(aws: LocalAws, stack: Stack) -> None:
    probe = function(stack, "Probe")
    seen = invoke(aws, probe, {"do": "environment"})
    assert "planted" not in seen.values()
    # The launching shell and Python itself add PWD, SHLVL and LC_CTYPE on some machines.
    expected = {"LANG", "TZ", "PATH", "TMPDIR", "PYTHONPATH", "PWD", "SHLVL", "LC_CTYPE", "TABLE", "SECRET"}
    assert {name for name in seen if not name.startswith(("AWS_", "LAMBDA_", "_"))} <= expected
    assert (seen["AWS_LAMBDA_FUNCTION_NAME"], seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) == (probe, "256")


def test_function_imports_only_its_bundle_and_the_sdk(aws: LocalAws, stack: Stack) -> None:
    with pytest.raises(FunctionFailed) as failure:
        invoke(aws, function(stack, "Probe"), {"do": "import"})
    assert failure.value.error_type == "ModuleNotFoundError"


def test_deployer_mends_what_cloudformation_leaves_out(aws: LocalAws, stack: Stack) -> None:
    table = {"TableName": stack.physical_id("Rows", "AWS::DynamoDB::Table")}
    expiry = aws.client("dynamodb").describe_time_to_live(**table)["TimeToLiveDescription"]
    backups = aws.client("dynamodb").describe_continuous_backups(**table)["ContinuousBackupsDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "gone_at")
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert stack.stripped == ("Everything (AWS::CloudWatch::CompositeAlarm)",)


def test_secret_is_known_to_functions_by_its_arn(aws: LocalAws, stack: Stack) -> None:
    arn = invoke(aws, function(stack, "Probe"), {"do": "environment"})["SECRET"]
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:")
    set_secret(aws, arn, {"key": "value"})
    assert json.loads(invoke(aws, function(stack, "Probe"), {"do": "read_secret"})) == {"key": "value"}


def test_a_secret_is_generated_without_punctuation_where_it_asks_for_none(aws: LocalAws, tmp_path: Path) -> None:
    folder = tmp_path / "generated"
    folder.mkdir()
    options = {"ExcludePunctuation": True, "PasswordLength": 200}
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": options}}
    made = deploy(aws, an_assembly(folder, secret)).physical_ids["generated"]
    assert aws.client("secretsmanager").get_secret_value(SecretId=made)["SecretString"].isalnum()


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        pytest.param({"Type": "AWS::Nowhere::Thing"}, "AWS::Nowhere::Thing", id="unknown type"),
        pytest.param(
            {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "plain", "FifoQueue": True}},
            r"Bad \(AWS::SQS::Queue\): ",
            id="refused while being created",
        ),
    ],
)
def test_failed_stack_names_the_reason(aws: LocalAws, tmp_path: Path, resource: dict[str, Any], reason: str) -> None:
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "bad.json"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"bad": artifact}}))
    (tmp_path / "bad.json").write_text(json.dumps({"Resources": {"Bad": resource}}))
    (tmp_path / "bad.assets.json").write_text('{"files": {}}')
    with pytest.raises(DeployError, match=reason):
        deploy(aws, tmp_path)


def an_assembly(folder: Path, resource: dict[str, Any]) -> Path:
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "only.json"}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {folder.name: artifact}}))
    (folder / "only.json").write_text(json.dumps({"Resources": {folder.name.replace("_", ""): resource}}))
    (folder / f"{folder.name}.assets.json").write_text('{"files": {}}')
    return folder


def test_a_property_that_is_neither_served_nor_declared_fails_the_deployment(aws: LocalAws, tmp_path: Path) -> None:
    folder = tmp_path / "undeclared"
    folder.mkdir()
    bucket = {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 day)", "Nonsense": "x"}}
    with pytest.raises(DeployError, match=r"ignores AWS::Events::Rule\.Nonsense, and .*differences\.py"):
        deploy(aws, an_assembly(folder, bucket))


def test_what_is_declared_is_what_the_deployment_of_the_connector_meets(tmp_path: Path) -> None:
    """No entry of the list outlives its reason."""
    context = {"python": PYTHON, "architecture": "x86_64", "alarms": "on.call@example.com"}
    assembly = synthesise(context, tmp_path / "cdk.out")
    with LocalAws() as aws:
        stack = deploy(aws, assembly)
        assert ignored_properties(aws, stack.template) == subjects("ignored", "set after creation")
        assert stack.stripped == ()


def test_every_patch_of_ministack_is_declared() -> None:
    found: set[str] = set()
    for path in sorted((ROOT / "tests/equipment/local_aws").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            names = (ast.unparse(target) for target in targets if isinstance(target, ast.Attribute))
            found |= {name for name in names if name.partition(".")[0] in MODULES}
    assert found == subjects("patched")


def test_every_difference_is_said_once_and_with_its_reason() -> None:
    assert len({each.subject for each in DIFFERENCES}) == len(DIFFERENCES)
    assert all(len(each.why) > 20 for each in DIFFERENCES)
    assert set(REWRITTEN) == subjects("rewritten")


def test_same_folder_zips_to_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("pass")
    first = zip_folder(tmp_path)
    os.utime(tmp_path / "a.py", (0, 0))
    assert zip_folder(tmp_path) == first


def test_policies_are_enforced_with_auth(built: Path) -> None:
    with LocalAws(auth=True) as aws:
        stack = deploy(aws, built)
        probe = function(stack, "Probe")
        assert invoke(aws, probe, {"do": "read_secret"})
        with pytest.raises(FunctionFailed, match="AccessDenied"):
            invoke(aws, probe, {"do": "read_table"})
        send(aws, stack, {"id": "granted"})
        assert eventually(lambda: row(aws, stack, "granted"))
        url = aws.api_url(stack.physical_id("Door", "AWS::ApiGatewayV2::Api"))
        assert (
            requests.post(f"{url}/hooks/t", json={}, timeout=HANGS_SECONDS, verify=str(aws.certificate)).status_code
            == 202
        )


STARTER = """
from tests.equipment.local_aws.server import LocalAws
aws = LocalAws()
print(aws.port, aws.home, flush=True)
input()
"""


def test_child_ends_with_a_killed_parent() -> None:
    command = [sys.executable, "-c", STARTER]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        port, home = parent.stdout.readline().split()
        assert listens(int(port))
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not listens(int(port)))
    assert not Path(home).exists()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
