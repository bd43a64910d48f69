"""The one place that writes a Lambda's defaults, and connects one to its queue."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aws_cdk import AssetHashType, Duration, Names, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.settings import ENVIRONMENT_LIMIT_BYTES, Settings
from infra.bundle import Target, contents_hash
from infra.context import Network
from infra.grants import allow_interfaces, allow_logging, allow_receiving, allow_variables

ONCE = {"retry_attempts": 0, "max_event_age": Duration.minutes(1)}  # the shortest that Lambda knows
ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


class EnvironmentTooLargeError(Exception):
    """Names the function: fewer connections fit into one stack."""


class Functions:
    """Makes the stack's Lambdas alike."""

    def __init__(
        self, scope: Construct, *, code: Path, target: Target, key: kms.IKey, network: Network | None = None
    ) -> None:
        self._scope, self._key, self._network = scope, key, network
        self._code = lambda_.Code.from_asset(
            str(code), asset_hash=contents_hash(code), asset_hash_type=AssetHashType.CUSTOM
        )
        self._runtime = lambda_.Runtime(f"python{target.python}", lambda_.RuntimeFamily.PYTHON)
        self._architecture = ARCHITECTURES[target.architecture]

    def make(
        self,
        name: str,
        *,
        settings: Settings,
        timeout: Duration,
        memory_mb: int = 256,
        description: str,
        is_repeated: bool = True,
        is_in_network: bool = True,
        of: str = "",
    ) -> lambda_.Function:
        """`of` tells several of one handler apart. `is_repeated`: whether Lambda repeats a run that failed or found no
        place, where nobody waits for it. `is_in_network`: whether it needs the address that IFS lets in.
        """
        module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        environment = _environment(settings, module)
        own = f"{name}-{of}" if of else name
        group = self._log(f"{own}Log")
        function = lambda_.Function(
            self._scope,
            own,
            code=self._code,
            handler=f"functions.handlers.{module}.handler",
            runtime=self._runtime,
            architecture=self._architecture,
            timeout=timeout,
            memory_size=memory_mb,
            environment=environment,
            environment_encryption=self._key,
            log_group=group,
            description=description,
            **({} if is_repeated else ONCE),  # type: ignore[arg-type] # one dictionary, two types
        )
        self._equip(function, group)
        if is_in_network:
            _stand_in(self._network, function)
        _check_size(name, Stack.of(self._scope), environment)
        return function

    def _log(self, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            self._scope, name, retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )

    def _equip(self, function: lambda_.Function, group: logs.LogGroup) -> None:
        """What Lambda does in the role's name, whatever the function is for. AWS's own policy would open every log
        group of the account; a role made elsewhere would be another one to a stack that is updated.
        """
        assert function.role is not None
        made = function.role.node.default_child
        assert isinstance(made, iam.CfnRole)
        made.add_property_deletion_override("ManagedPolicyArns")
        allow_variables(function, self._key)
        allow_logging(function, group)


def memory_mb(functions: Iterable[lambda_.Function]) -> dict[str, str]:
    """By the name that each will have."""
    return {function.function_name: _memory_mb(function) for function in functions}


def _memory_mb(function: lambda_.Function) -> str:
    made = function.node.default_child
    assert isinstance(made, lambda_.CfnFunction)
    return f"{made.memory_size:.0f}"


def _environment(settings: Settings, module: str) -> dict[str, str]:
    return {
        **settings.to_env(),
        "POWERTOOLS_SERVICE_NAME": module,
        "POWERTOOLS_METRICS_NAMESPACE": "IfsShipStation",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",  # or it looks for some in every package at each start
    }


def _stand_in(network: Network | None, function: lambda_.Function) -> None:
    """By their ids: to look a VPC up would need credentials at the synthesis."""
    if network is None:
        return
    made = function.node.default_child
    assert isinstance(made, lambda_.CfnFunction)
    made.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        subnet_ids=[*network.subnets], security_group_ids=[*network.security_groups]
    )
    allow_interfaces(function)


def feed(
    function: lambda_.Function, queue: sqs.Queue, *, batch: int, concurrency: int, window: Duration | None = None
) -> None:
    """Lambda takes the queue's messages to the function; what it reports as failed comes back."""
    allow_receiving(function, queue)
    function.add_event_source_mapping(
        f"SqsEventSource:{Names.node_unique_id(queue.node)}",  # another id would be a second mapping, which AWS refuses
        event_source_arn=queue.queue_arn,
        batch_size=batch,
        max_batching_window=window,
        report_batch_item_failures=True,
        max_concurrency=concurrency,
    )


def _check_size(name: str, stack: Stack, environment: dict[str, str]) -> None:
    """As Lambda measures: all variables as one JSON text. Addresses and ARNs are known only when deployed, so each
    counts with the length it can have.
    """
    resolved = stack.resolve(environment)
    deployed = {variable: _as_deployed(value, variable, stack.stack_name) for variable, value in resolved.items()}
    size = len(json.dumps(deployed, separators=(",", ":")))
    if size > ENVIRONMENT_LIMIT_BYTES:
        raise EnvironmentTooLargeError(
            f"too many connections in {stack.stack_name}: {name} would have {size} bytes of environment variables, AWS "
            f"allows {ENVIRONMENT_LIMIT_BYTES}; in stacks.lock give one that is not deployed yet another stack's number"
        )


LONGEST_REGION = len("ap-southeast-1")
RANDOM = 1 + 13  # what CloudFormation appends to a name
LONGEST_QUEUE_NAME = 80
LONGEST_FUNCTION_NAME = 64


def _as_deployed(value: Any, variable: str, stack_name: str) -> str:
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(_as_deployed(part, variable, stack_name) for part in value["Fn::Join"][1])
    name = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    if variable.endswith("_SECRETS"):
        arn = "arn:aws-us-gov:secretsmanager::012345678901:secret:-abcdef"
        return "x" * (len(arn) + LONGEST_REGION + len(name) + RANDOM)
    generated = len(f"{stack_name}-{name}") + RANDOM
    if variable.endswith(("_TABLE", "_BUCKET")):
        return "x" * generated
    if variable == "LAMBDAS":
        return "x" * min(generated, LONGEST_FUNCTION_NAME)
    address = "https://sqs..amazonaws.com/012345678901/"
    return "x" * (len(address) + LONGEST_REGION + min(generated + len(".fifo"), LONGEST_QUEUE_NAME))
