"""What the account of a deployment holds already: which connections stand in which of its stacks, and what was chosen
for them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from itertools import count
from typing import Any

from functions.console.stack_names import stack_name

MISSING = 2  # stacks in a row: one in the middle may have been deleted


def standing(stack: str, *, profile: str | None = None) -> str | None:
    """Connections by the number of their stack, as JSON: the first is called `stack`, the second `stack-2`. One that
    was renamed is `first=now`. None where the account cannot be asked; what is wrong with it is told by the deployment.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 # synth needs none

    try:
        return json.dumps(_held(_client(profile), stack))
    except (BotoCoreError, ClientError):
        return None


def chosen(stacks: Iterable[str], *, profile: str | None = None) -> dict[str, str]:
    """The stack that was deployed with it, by what `-c` named. Nothing where the account cannot be asked."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 # synth needs none

    found: dict[str, str] = {}
    try:
        cloudformation = _client(profile)
        for stack in stacks:
            named = (_outputs(cloudformation, stack) or {}).get("Chosen", "")
            found |= {name: stack for name in named.split(",") if name}
    except (BotoCoreError, ClientError):
        return {}
    return found


def _client(profile: str | None) -> Any:
    import boto3  # noqa: PLC0415 # synth needs none
    from botocore.config import Config  # noqa: PLC0415

    soon = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3})
    region = os.environ.get("AWS_REGION") or None  # the CDK command line's; boto3 knows AWS_DEFAULT_REGION alone
    return boto3.Session(profile_name=profile, region_name=region).client("cloudformation", config=soon)


def _held(cloudformation: Any, stack: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for number in count(1):
        outputs = _outputs(cloudformation, stack_name(stack, number))
        if outputs is not None:
            found[number] = _names(outputs)
        elif number - max(found, default=0) >= MISSING:
            break
    return found


def _names(outputs: dict[str, str]) -> list[str]:
    renamed = {pair.partition("=")[0]: pair for pair in outputs.get("Renamed", "").split(",")}
    return [renamed.get(name, name) for name in outputs.get("ConnectionNames", "").split(",") if name]


def _outputs(cloudformation: Any, stack: str) -> dict[str, str] | None:
    """None where there is no such stack."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
