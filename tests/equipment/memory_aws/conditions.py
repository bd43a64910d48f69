"""Evaluates boto3's condition objects on an item the way DynamoDB evaluates the expression they become: by type first.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import AttributeBase, ConditionBase

Item = Mapping[str, Any]
_MISSING = object()
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: ConditionBase, item: Item | None) -> bool:
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
    return _compared(name, (item or {}).get(attribute.name, _MISSING), values[-1])


def _compared(name: str, found: Any, value: Any) -> bool:
    if name == "attribute_not_exists":
        return found is _MISSING
    if name == "attribute_exists":
        return found is not _MISSING
    if name == "begins_with":
        return isinstance(found, str) and found.startswith(value)
    if name == "=":
        return found is not _MISSING and _typed(found) == _typed(value)
    return found is not _MISSING and type(_typed(found)) is type(_typed(value)) and _ORDER[name](found, value)


def _typed(value: Any) -> Any:
    """What is equal only to values of its own type: Python's True is 1, DynamoDB's is not."""
    if isinstance(value, bool):
        return str(value).encode()
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _typed(inner) for name, inner in value.items()}
    return value
