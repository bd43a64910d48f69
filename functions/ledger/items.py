"""How values become items: native maps a person can read in the console, no nulls, no floats, a schema version each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from functions.errors import Permanent
from functions.model.outcomes import Reason

SCHEMA_VERSION = 1


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, **{name: value for name, value in values.items() if value is not None}}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Plain Python values. An item written by a newer version is refused rather than misread."""
    if int(item.get("schema_version", SCHEMA_VERSION)) > SCHEMA_VERSION:
        raise Permanent(Reason.LEDGER_VERSION, f"item {item.get('pk', '')} was written by a newer version; deploy it")
    return {name: _plain(value) for name, value in item.items()}


def stamp(instant: datetime) -> str:
    """Sorts as text: UTC, always with microseconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
