"""Evaluates boto3's condition objects on an item the way DynamoDB evaluates the expression they become."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from boto3.dynamodb.conditions import AttributeBase, ConditionBase

Item = Mapping[str, Any]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: ConditionBase, item: Item | None) -> bool:  # noqa: PLR0911 -- one operator a line
    """A comparison with a missing attribute is false."""
    expression = condition.get_expression()
    name, values = expression["operator"], expression["values"]
    if name == "AND":
        return holds(values[0], item) and holds(values[1], item)
    if name == "OR":
        return holds(values[0], item) or holds(values[1], item)
    if name == "NOT":
        return not holds(values[0], item)
    attribute: AttributeBase = values[0]
    found = (item or {}).get(attribute.name)
    if name == "attribute_not_exists":
        return found is None
    if name == "attribute_exists":
        return found is not None
    if name == "begins_with":
        return isinstance(found, str) and found.startswith(values[1])
    if name in _COMPARE:
        return found is not None and _COMPARE[name](found, values[1])
    raise NotImplementedError(name)
