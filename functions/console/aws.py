"""Finds the stack's functions and secrets by its outputs. A function is invoked once: nobody asks twice for what
changes something.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError, NoRegionError

from functions.console.stack_names import STACK

DEMO = Path(os.environ.get("OPERATE_DEMO") or Path(__file__).parents[2] / "build" / "demo.json")
LONGEST_SECONDS = 900  # that a Lambda may run
SDK = Config(
    connect_timeout=5,
    read_timeout=LONGEST_SECONDS + 30,
    retries={"total_max_attempts": 1},
    tcp_keepalive=True,
)
REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}

MAY_NOT_INVOKE = "The policies that the stack puts out allow it: Reader, Operator, Administrator."
MAY_NOT = "The policies that the stack puts out do not allow it: it takes the rights of who deploys."
MAY_NOT_FILL = "It takes secretsmanager:GetSecretValue and PutSecretValue, and the stack's key."


class ConsoleError(Exception):
    """Its text is what a person is told."""


@dataclass(frozen=True)
class Where:
    """Of the command line; what is empty is the environment's, as for every tool of AWS."""

    stack: str = ""
    profile: str = ""
    region: str = ""
    is_demo: bool = False


class Stack:
    """Raises ConsoleError."""

    def __init__(self, where: Where) -> None:
        self._endpoint: str | None = None
        self.name, self._profile, self._region = where.stack or STACK, where.profile, where.region
        if where.is_demo:
            self._endpoint, self.name = _demonstration()

    def function(self, output: str) -> str:
        if output not in self.outputs:
            raise ConsoleError(f"The stack {self.name} has no {output}: it was deployed from another version.")
        return self.outputs[output]

    @property
    def connections(self) -> list[str]:
        """As people call them."""
        return sorted(self.renamed.get(name, name) for name in self.kept)

    @property
    def kept(self) -> list[str]:
        """The names that they are kept under."""
        return [name for name in self.outputs.get("ConnectionNames", "").split(",") if name]

    @property
    def renamed(self) -> dict[str, str]:
        """Connections that had another name before, by that one."""
        pairs = filter(None, self.outputs.get("Renamed", "").split(","))
        return {name: called for name, _, called in (pair.partition("=") for pair in pairs)}

    @property
    def beside(self) -> list[str]:
        """Names of the other stacks that the connections are divided among."""
        return [name for name in self.outputs.get("ConnectorStacks", "").split(",") if name not in {"", self.name}]

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        with _told(f"The stack {self.name}"):
            found = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}

    def invoke(self, output: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The function's answer."""
        function = self.function(output)
        with _told(output):
            answer = self._lambda.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
            told = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer or not isinstance(told, dict):
            kind = told.get("errorType", "") if isinstance(told, dict) else ""
            raise ConsoleError(
                f"{output} failed: {kind or 'no answer'}. Its log group says why: /aws/lambda/{function}"
            )
        return told

    def secret(self, connection: str, kind: str) -> Secret:
        """`kind` as in its output: ShipStationSecret, IfsSecret."""
        found = self.outputs.get(output_of(connection, kind))
        if found is None:
            raise ConsoleError(f"The stack {self.name} names no {kind} of {connection}.")
        return Secret(self.client("secretsmanager"), found)

    def running(self) -> list[str]:
        """The functions that may be invoked: all but those whose reserved concurrency is none."""
        found = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        with _told(f"The stack {self.name}"):
            resources = [each for page in found for each in page["StackResourceSummaries"]]
            names = [
                each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Lambda::Function"
            ]
            return [name for name in names if self._concurrency(name) != 0]

    def _concurrency(self, function: str) -> int | None:
        answer = self._lambda.get_function_concurrency(FunctionName=function)
        reserved: int | None = answer.get("ReservedConcurrentExecutions")
        return reserved

    def told(self, subject: str) -> AbstractContextManager[None]:
        """Raises ConsoleError in place of what AWS says."""
        return _told(subject, MAY_NOT)

    @cached_property
    def _lambda(self) -> Any:
        return self.client("lambda")

    def client(self, service: str) -> Any:
        if self._endpoint is not None:
            session = boto3.session.Session("test", "test", region_name="us-east-1")
            return session.client(service, endpoint_url=self._endpoint, config=SDK.merge(Config(proxies={})))
        session = boto3.session.Session(profile_name=self._profile or None, region_name=self._region or None)
        return session.client(service, config=SDK)


class Secret:
    """Raises ConsoleError, which never holds a part of it."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client, self.arn = client, arn

    def read(self) -> dict[str, str]:
        with _told(f"The secret {self.arn}", MAY_NOT_FILL):
            text = self._client.get_secret_value(SecretId=self.arn).get("SecretString", "")
        try:
            return {str(name): str(value) for name, value in json.loads(text).items()}
        except (ValueError, AttributeError):
            raise ConsoleError(f"The secret {self.arn} holds no JSON object.") from None

    def write(self, values: Mapping[str, str]) -> None:
        """As a whole, as its next version."""
        with _told(f"The secret {self.arn}", MAY_NOT_FILL):
            self._client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(values))


def output_of(connection: str, kind: str) -> str:
    """As CDK names it: without hyphens, and with a hash of the path, in which `acme-eu` and `acmeeu` differ.
    https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
    """
    path = (f"Link-{connection}", kind)
    digest = hashlib.md5("/".join(path).encode(), usedforsecurity=False).hexdigest()[:8].upper()
    return f"{''.join(path).replace('-', '')}{digest}"


def _demonstration() -> tuple[str, str]:
    """Where `make demo KEEP=1` says that it runs: its AWS, its stack."""
    try:
        found = json.loads(DEMO.read_text(encoding="utf-8"))
        return found["aws"], found["stack"]["name"]
    except (OSError, ValueError, KeyError):
        raise ConsoleError("No demonstration is running: start it with make demo KEEP=1 in another terminal.") from None


@contextmanager
def _told(subject: str, may_not: str = MAY_NOT_INVOKE) -> Iterator[None]:
    """Raises ConsoleError in place of what AWS and the way to it say."""
    try:
        yield
    except ClientError as error:
        raise ConsoleError(_refusal(subject, error, may_not)) from error
    except NoCredentialsError as error:
        raise ConsoleError("There are no AWS credentials: log in, or name a profile (--profile).") from error
    except NoRegionError as error:
        raise ConsoleError("There is no AWS region: name it (--region), or set AWS_REGION.") from error
    except HTTPClientError as error:
        raise ConsoleError(f"{subject}: AWS cannot be reached. What was sent may have arrived: look first.") from error
    except BotoCoreError as error:
        raise ConsoleError(f"{subject}: {error}") from error


def _refusal(subject: str, error: ClientError, may_not: str) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in REFUSED:
        return f"{subject}: you may not. {may_not}"
    if code in EXPIRED:
        return "AWS does not take these credentials: log in again, or name another profile (--profile)."
    if code == "ValidationError" and "does not exist" in message:
        where = os.environ.get("AWS_REGION") or "the region"
        return f"{subject} does not exist in {where} of this account: name it (--stack, --region, --profile)."
    return f"{subject}: {code}. {message}"
