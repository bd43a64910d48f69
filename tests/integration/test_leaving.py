"""A connection that leaves the file, and a stack that is deleted, take their webhooks with them: CloudFormation calls
what was deployed, which asks ShipStation.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.equipment.local_aws.deploy import redeploy
from tests.equipment.local_aws.synth import synthesise
from tests.equipment.pace import eventually
from tests.equipment.system import BESIDE, NAME, System, context_of, started

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

FOREIGN = "https://shop.example.com/hook"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with started(tmp_path_factory.mktemp("system"), is_beside=True, is_registering=True) as running:
        yield running


def addresses(system: System) -> list[str]:
    return [each.target_url for each in system.account.hooks.subscriptions.values()]


def ours(system: System, name: str) -> list[str]:
    """Below the connection's own path: one name begins with the other's."""
    found = [each for each in addresses(system) if each.startswith(f"{system.stack.outputs['ApiUrl']}/webhooks/")]
    return [each for each in found if urlsplit(each).path.split("/")[2] == name]


def is_gone(system: System) -> bool:
    try:
        (stack,) = system.aws.client("cloudformation").describe_stacks(StackName=system.stack.name)["Stacks"]
    except ClientError:
        return True
    assert stack["StackStatus"] != "DELETE_FAILED"
    return bool(stack["StackStatus"] == "DELETE_COMPLETE")


def test_what_leaves_takes_its_webhooks_with_it_and_nobody_elses(system: System, tmp_path: Path) -> None:
    system.account.subscribe(FOREIGN, "SHIP_NOTIFY")
    for name in (NAME, BESIDE):
        system.invoke("Register", {"connection": name, "is_scheduled": True})
    assert (len(ours(system, NAME)), len(ours(system, BESIDE))) == (3, 3)

    (system.connection_file.parent / f"{BESIDE}.toml").unlink()
    system.stack = redeploy(
        system.aws, synthesise(context_of(system.connection_file), tmp_path / "cdk.out"), system.stack
    )
    assert (len(ours(system, NAME)), ours(system, BESIDE)) == (3, [])

    system.aws.client("cloudformation").delete_stack(StackName=system.stack.name)
    eventually(lambda: is_gone(system))
    assert addresses(system) == [FOREIGN]
