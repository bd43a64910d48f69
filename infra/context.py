"""What `-c name=value` chooses of the stacks. A value that cannot be is answered with one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import PermissionsBoundary
from constructs import Node

from functions.connections.connection import Connection
from functions.console.stack_names import STACK, stack_name
from functions.model.shipment import ConnectionName

Connections = Mapping[ConnectionName, Connection]
SHARED, STRICT = "shared", "strict"
KEPT = ("alarms", "isolation", "permissions_boundary", "security_groups", "subnets", "tags")


class ContextError(Exception):
    """Names the value's name and says what it may be."""


@dataclass(frozen=True)
class Network:
    """Where the Lambdas stand, of a VPC that somebody else made."""

    subnets: Sequence[str]
    security_groups: Sequence[str]


@dataclass(frozen=True)
class Choices:
    """What an account asks of everything that is made in it. `named`: what the next deployment has to name again."""

    boundary: PermissionsBoundary | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    network: Network | None = None
    named: Sequence[str] = ()


def choices(node: Node) -> Choices:
    boundary, tags = text(node, "permissions_boundary"), text(node, "tags")
    return Choices(
        boundary=_boundary(boundary) if boundary else None,
        tags=_tags(tags) if tags else {},
        network=_network(text(node, "subnets"), text(node, "security_groups")),
        named=[name for name in KEPT if text(node, name) not in {None, SHARED}],
    )


def _network(subnets: str | None, groups: str | None) -> Network | None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html"""
    if subnets is None and groups is None:
        return None
    found = Network(_ids("subnet", 16, subnets), _ids("sg", 5, groups))
    if not found.subnets or not found.security_groups:
        raise ContextError(
            "-c subnets=… and -c security_groups=… belong together: subnet-… of one VPC, 16 at most, and sg-…, 5 at "
            "most, with commas between them"
        )
    return found


def _ids(kind: str, most: int, text: str | None) -> Sequence[str]:
    """None of them where one is wrong."""
    given = [each.strip() for each in (text or "").split(",")]
    is_right = all(re.fullmatch(rf"{kind}-[0-9a-f]{{8,17}}", each) for each in given) and len({*given}) == len(given)
    return given if is_right and len(given) <= most else ()


def _boundary(name: str) -> PermissionsBoundary:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    if not re.fullmatch(r"([\w+=,.@-]+/)*[\w+=,.@-]{1,128}", name, flags=re.ASCII):
        raise ContextError("-c permissions_boundary=… is the name of a managed policy of the account, and no ARN")
    return PermissionsBoundary.from_name(name)


OWN_TAGS = {"version"}
MOST_TAGS = 50 - len(OWN_TAGS)


def _tags(pairs: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"""
    given = [tuple(part.strip() for part in pair.partition("=")) for pair in pairs.split(",")]
    found = {key: value for key, _, value in given}
    is_whole = all(mark and _is_tag(key, value) for key, mark, value in given)
    if not is_whole or len(found) < len(given) or len(found) > MOST_TAGS or OWN_TAGS & found.keys():
        raise ContextError(
            "-c tags=… is key=value, several with commas between them: letters, digits, blanks and + - . : / @ _, keys "
            f"of 128 characters, values of 256; no key twice, {MOST_TAGS} at most, none that is version or begins "
            "with aws:"
        )
    return found


def _is_tag(key: str, value: str) -> bool:
    is_known = all(re.fullmatch(r"[\w +\-=.:/@]*", each) for each in (key, value))
    return is_known and 1 <= len(key) <= 128 and len(value) <= 256 and not key.casefold().startswith("aws:")  # noqa: PLR2004 # AWS's


def stacks(node: Node, connections: Connections, places: Mapping[str, int]) -> Mapping[str, Connections]:
    """By stack name: each connection alone in its own, or all in one, or divided as their places say."""
    name = base_name(node)
    if is_strict(node):
        return {_checked(f"{name}-{each}"): {each: connection} for each, connection in connections.items()}
    found: dict[str, dict[ConnectionName, Connection]] = {}
    for each in sorted(connections, key=lambda each: places.get(each, 1)):
        found.setdefault(_checked(stack_name(name, places.get(each, 1))), {})[each] = connections[each]
    return found


def base_name(node: Node) -> str:
    return text(node, "stack") or STACK


def is_strict(node: Node) -> bool:
    isolation = text(node, "isolation") or SHARED
    if isolation not in {SHARED, STRICT}:
        raise ContextError(f"-c isolation=… is {SHARED} (one stack) or {STRICT} (a stack for each connection)")
    return isolation == STRICT


def _checked(name: str) -> str:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html"""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", name):
        raise ContextError("-c stack=… begins with a letter and holds letters, digits and hyphens, 128 at most")
    return name


def text(node: Node, name: str) -> str | None:
    """None where nothing was chosen."""
    value = node.try_get_context(name)
    return str(value) if value else None
