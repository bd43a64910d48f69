"""What `-c name=value` chooses of the stacks. A value that cannot be is answered with one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping

from constructs import Node

from functions.connections.connection import Connection
from functions.model.shipment import ConnectionName

Connections = Mapping[ConnectionName, Connection]
SHARED, STRICT = "shared", "strict"


class ContextError(Exception):
    """Names the value's name and says what it may be."""


def stacks(node: Node, connections: Connections) -> dict[str, Connections]:
    """By stack name: all connections in one, or each alone in its own."""
    name, isolation = text(node, "stack") or "ifs-shipstation", text(node, "isolation") or SHARED
    if isolation not in {SHARED, STRICT}:
        raise ContextError(f"-c isolation=… is {SHARED} (one stack) or {STRICT} (a stack for each connection)")
    if isolation == SHARED:
        return {_stack_name(name): connections}
    return {_stack_name(f"{name}-{each}"): {each: connection} for each, connection in connections.items()}


def _stack_name(name: str) -> str:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html"""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", name):
        raise ContextError("-c stack=… begins with a letter and holds letters, digits and hyphens, 128 at most")
    return name


def text(node: Node, name: str) -> str | None:
    """None where nothing was chosen."""
    value = node.try_get_context(name)
    return str(value) if value else None
