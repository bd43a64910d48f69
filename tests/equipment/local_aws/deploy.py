"""Puts a CDK cloud assembly on the local AWS: assets to S3, the template to CloudFormation, its known gaps filled."""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.equipment.local_aws.differences import subjects
from tests.equipment.local_aws.server import ACCOUNT, AwsEndpoint
from tests.equipment.local_aws.template import Resource, adapt, resources_of
from tests.equipment.pace import Patience

DEPLOY_SECONDS = 300
TEMPLATES = "templates"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")


class DeployError(Exception):
    """The stack did not come up; the text lists each failed resource with its reason."""


class UnchangedError(Exception):
    """The stack is as the assembly wants it."""


@dataclass(frozen=True)
class Stack:
    """`physical_ids` by logical id: a queue's is its URL, a function's its name, a mapping's its UUID.

    `stripped` are the resources the local AWS has no notion of, as `logical id (type)`.
    """

    name: str
    template: dict[str, Any]
    outputs: dict[str, str]
    physical_ids: dict[str, str]
    stripped: tuple[str, ...]

    def ids_of(self, resource_type: str) -> dict[str, str]:
        """Logical to physical ids of one resource type."""
        return {name: self.physical_ids[name] for name in resources_of(self.template, resource_type)}

    def physical_id(self, logical_prefix: str, resource_type: str) -> str:
        """The one resource of a type whose logical id begins like this (CDK appends a hash)."""
        found = [pid for name, pid in self.ids_of(resource_type).items() if name.startswith(logical_prefix)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources of {resource_type} begin with {logical_prefix}")
        return found[0]


def deploy(aws: AwsEndpoint, assembly: Path, *, stack: str | None = None) -> Stack:
    """Deploys the assembly's only stack, or the one named."""
    artifact = _stack_artifact(assembly, stack)
    name = artifact["properties"].get("stackName", artifact["id"])
    template = json.loads((assembly / artifact["properties"]["templateFile"]).read_text())
    stripped = adapt(template)
    _upload_assets(aws, assembly, artifact["id"])
    _create(aws, name, template)
    deployed = _describe(aws, name, template, stripped)
    _refuse_what_is_ignored(aws, template)
    _mend_tables(aws, deployed)
    return deployed


def redeploy(aws: AwsEndpoint, assembly: Path, stack: Stack) -> Stack:
    """Updates a stack that was deployed from another assembly of the same app."""
    artifact = _stack_artifact(assembly, stack.name)
    template = json.loads((assembly / artifact["properties"]["templateFile"]).read_text())
    stripped = adapt(template)
    _upload_assets(aws, assembly, artifact["id"])
    try:
        aws.client("cloudformation").update_stack(
            StackName=stack.name, TemplateURL=_uploaded(aws, stack.name, template), Capabilities=CAPABILITIES
        )
    except ClientError as error:
        if "No updates are to be performed" in str(error):  # CloudFormation says it in words only
            raise UnchangedError(stack.name) from None
        raise DeployError(f"stack {stack.name} was not updated: {error}") from error
    _wait(aws, stack.name, "UPDATE_COMPLETE")
    return _describe(aws, stack.name, template, stripped)


def ignored_properties(aws: AwsEndpoint, template: dict[str, Any]) -> set[str]:
    """Those of the template that nothing here has read, as `type.property`."""
    own = resources_of(template)
    seen = (each for each in aws.observed("properties.jsonl") if each["id"] in own)
    return {f"{each['type']}.{name}" for each in seen for name in each["ignored"]}


def _refuse_what_is_ignored(aws: AwsEndpoint, template: dict[str, Any]) -> None:
    unsaid = ignored_properties(aws, template) - subjects("ignored", "set after creation")
    unsaid |= {r["Type"] for r in resources_of(template).values() if r["Type"].startswith("AWS::CloudFormation::")}
    if unsaid:
        listed = "tests/equipment/local_aws/differences.py"
        raise DeployError(f"the local AWS ignores {', '.join(sorted(unsaid))}, and {listed} does not say so")


def _stack_artifact(assembly: Path, wanted: str | None) -> dict[str, Any]:
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    stacks = [
        {"id": name, **artifact}
        for name, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack" and wanted in (None, name)
    ]
    if len(stacks) != 1:
        raise DeployError(f"{assembly} holds {len(stacks)} stacks named {wanted or 'anything'}, expected one")
    return stacks[0]


def _upload_assets(aws: AwsEndpoint, assembly: Path, artifact_id: str) -> None:
    manifest = json.loads((assembly / f"{artifact_id}.assets.json").read_text())
    if manifest.get("dockerImages"):
        raise DeployError("the local AWS cannot run Docker images")
    buckets: set[str] = set()
    for asset in manifest["files"].values():
        path = assembly / asset["source"]["path"]
        body = zip_folder(path) if path.is_dir() else path.read_bytes()
        for destination in asset["destinations"].values():
            bucket = _fill_in(aws, destination["bucketName"])
            if bucket not in buckets:
                _create_bucket(aws, bucket)
                buckets.add(bucket)
            aws.client("s3").put_object(Bucket=bucket, Key=destination["objectKey"], Body=body)


def _fill_in(aws: AwsEndpoint, name: str) -> str:
    values = {"${AWS::AccountId}": ACCOUNT, "${AWS::Region}": aws.region, "${AWS::Partition}": "aws"}
    for placeholder, value in values.items():
        name = name.replace(placeholder, value)
    return name


def _create_bucket(aws: AwsEndpoint, bucket: str) -> None:
    location = {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
    existing = {b["Name"] for b in aws.client("s3").list_buckets()["Buckets"]}
    if bucket not in existing:
        aws.client("s3").create_bucket(Bucket=bucket, **location)


def zip_folder(folder: Path) -> bytes:
    """The same bytes for the same content, whenever and wherever it is zipped."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
            bundle.writestr(entry, path.read_bytes())
    return archive.getvalue()


def _uploaded(aws: AwsEndpoint, name: str, template: dict[str, Any]) -> str:
    """Where the template can be fetched, as CDK deploys it: a request holds no more than 51,200 bytes of one."""
    _create_bucket(aws, TEMPLATES)
    aws.client("s3").put_object(Bucket=TEMPLATES, Key=f"{name}.json", Body=json.dumps(template).encode())
    return f"{aws.endpoint_url}/{TEMPLATES}/{name}.json"


def _create(aws: AwsEndpoint, name: str, template: dict[str, Any]) -> None:
    url = _uploaded(aws, name, template)
    try:
        aws.client("cloudformation").create_stack(StackName=name, TemplateURL=url, Capabilities=CAPABILITIES)
    except ClientError as error:
        raise DeployError(f"stack {name} was refused: {error}") from error
    _wait(aws, name, "CREATE_COMPLETE")


def _wait(aws: AwsEndpoint, name: str, end: str) -> None:
    patience = Patience(DEPLOY_SECONDS)
    while (status := _status(aws, name)).endswith("IN_PROGRESS") and not patience.is_over():
        time.sleep(0.05)
    if status != end:
        raise DeployError(f"stack {name} is {status}\n" + "\n".join(_failures(aws, name)))


def _status(aws: AwsEndpoint, name: str) -> str:
    return str(aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def _failures(aws: AwsEndpoint, name: str) -> list[str]:
    events = aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return [
        f"{event['LogicalResourceId']} ({event.get('ResourceType')}): {event.get('ResourceStatusReason')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    ]


def _describe(aws: AwsEndpoint, name: str, template: dict[str, Any], stripped: tuple[str, ...]) -> Stack:
    cloudformation = aws.client("cloudformation")
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for page in pages for r in page["StackResourceSummaries"]}
    if missing := resources_of(template).keys() - ids.keys():
        raise DeployError(f"stack {name} came up without {', '.join(sorted(missing))}")
    return Stack(name, template, {o["OutputKey"]: o["OutputValue"] for o in outputs}, ids, stripped)


def _mend_tables(aws: AwsEndpoint, stack: Stack) -> None:
    for resource_type in TABLES:
        for logical_id, table in stack.ids_of(resource_type).items():
            _mend_table(aws, table, stack.template["Resources"][logical_id])


def _mend_table(aws: AwsEndpoint, table: str, resource: Resource) -> None:
    """CloudFormation here creates tables without expiry and without point-in-time recovery."""
    dynamodb = aws.client("dynamodb")
    expiry = resource["Properties"].get("TimeToLiveSpecification")
    state = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
    if expiry and state == "DISABLED":
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=expiry)
    replicas = resource["Properties"].get("Replicas", [resource["Properties"]])
    if any((r.get("PointInTimeRecoverySpecification") or {}).get("PointInTimeRecoveryEnabled") for r in replicas):
        recovery = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
