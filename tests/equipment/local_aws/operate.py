"""What tests and the demonstration do to a deployed stack: fill secrets, invoke functions, shorten waiting times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.equipment.local_aws.deploy import Stack
from tests.equipment.local_aws.server import AwsEndpoint, LocalAws


class FunctionFailed(Exception):
    """A Lambda answered with an error; `error_type` is the exception's class, or `Sandbox.Timedout` and the like."""

    def __init__(self, function: str, payload: Any) -> None:
        self.payload = payload if isinstance(payload, dict) else {"errorMessage": str(payload)}
        self.error_type = str(self.payload.get("errorType", ""))
        self.message = str(self.payload.get("errorMessage", ""))
        super().__init__(f"{function}: {self.error_type}: {self.message}")


def invoke(aws: AwsEndpoint, function: str, payload: object = None) -> Any:
    """Invokes synchronously and answers the decoded result; raises `FunctionFailed`."""
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    result = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise FunctionFailed(function, result)
    return result


def set_secret(aws: LocalAws, secret_id: str, value: Mapping[str, Any] | str) -> None:
    """A new current version; the previous one stays as AWSPREVIOUS."""
    text = value if isinstance(value, str) else json.dumps(value)
    aws.client("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=text)


def set_visibility_timeouts(aws: LocalAws, stack: Stack, seconds: int) -> None:
    """Redelivery after a failure takes this long, on every queue of the stack."""
    for url in stack.ids_of("AWS::SQS::Queue").values():
        aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})


def set_event_sources(aws: LocalAws, stack: Stack, *, enabled: bool) -> None:
    """Stops or resumes the delivery of queues to functions, to look at what is in a queue."""
    for uuid in stack.ids_of("AWS::Lambda::EventSourceMapping").values():
        aws.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=enabled)
