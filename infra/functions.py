"""The one place that writes a Lambda's defaults."""

from __future__ import annotations

import re
from pathlib import Path

from aws_cdk import AssetHashType, Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from functions.settings import ENVIRONMENT_LIMIT_BYTES, Settings
from infra.bundle import Target, contents_hash

ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


class EnvironmentTooLargeError(Exception):
    """Names the function: fewer connections fit into one stack."""


class Functions:
    """Makes the stack's Lambdas alike."""

    def __init__(self, scope: Construct, *, code: Path, target: Target, key: kms.IKey) -> None:
        self._scope, self._key = scope, key
        self._code = lambda_.Code.from_asset(
            str(code), asset_hash=contents_hash(code), asset_hash_type=AssetHashType.CUSTOM
        )
        self._runtime = lambda_.Runtime(f"python{target.python}", lambda_.RuntimeFamily.PYTHON)
        self._architecture = ARCHITECTURES[target.architecture]

    def make(
        self, name: str, *, settings: Settings, timeout: Duration, memory_mb: int = 256, description: str
    ) -> lambda_.Function:
        module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        environment = {
            **settings.to_env(),
            "POWERTOOLS_SERVICE_NAME": module,
            "POWERTOOLS_METRICS_NAMESPACE": "IfsShipStation",
            "PYDANTIC_DISABLE_PLUGINS": "__all__",  # or it looks for some in every package at each start
        }
        group = logs.LogGroup(
            self._scope, f"{name}Log", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        function = lambda_.Function(
            self._scope,
            name,
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
        )
        _check_size(name, Stack.of(self._scope), environment)
        return function


def _check_size(name: str, stack: Stack, environment: dict[str, str]) -> None:
    """Addresses and ARNs are known only when deployed: each is counted with the length it will have."""
    resolved = stack.resolve(environment)
    size = sum(len(key) + _length(value) for key, value in resolved.items())
    if size > ENVIRONMENT_LIMIT_BYTES:
        raise EnvironmentTooLargeError(
            f"{name}: {size} bytes of environment variables, AWS allows {ENVIRONMENT_LIMIT_BYTES}; "
            "divide the connections among several stacks (-c connections=FOLDER -c stack=NAME)"
        )


LONGEST_REFERENCE = 130  # a queue's address or a secret's ARN with CDK's generated names


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict) and "Fn::Join" in value:
        return sum(_length(part) for part in value["Fn::Join"][1])
    return LONGEST_REFERENCE
