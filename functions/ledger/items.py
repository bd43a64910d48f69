"""How values become items: native maps a person can read in the console, no nulls, no floats, a schema version each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from boto3.dynamodb.conditions import Attr, ConditionBase
from pydantic import BaseModel, ValidationError

from functions.errors import Permanent
from functions.log_lines import logger
from functions.model.outcomes import Reason

SCHEMA_VERSION = 2  # of all items but those that name another
NEWEST = 3  # this version reads earlier ones, and refuses later ones
PARTITION, SORT, VERSION = "pk", "sk", "schema_version"

Made = TypeVar("Made", bound=BaseModel)
Read = TypeVar("Read")


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    return {VERSION: SCHEMA_VERSION, **{name: value for name, value in values.items() if value is not None}}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Plain Python values. An item written by a newer version is refused rather than misread."""
    if int(item.get(VERSION, SCHEMA_VERSION)) > NEWEST:
        raise Permanent(Reason.LEDGER_VERSION, f"item {item.get('pk', '')} was written by a newer version; deploy it")
    return {name: _plain(value) for name, value in item.items()}


def read_as(model: type[Made], item: Mapping[str, Any]) -> Made:
    """The value that an item holds. What the model does not name is passed over: keys, index, and what a newer version
    has added, which an item that this version saves is without, as those are that it saved before.
    """
    return model.model_validate(from_item(item), extra="ignore")


@contextmanager
def readable(item: Mapping[str, Any]) -> Iterator[None]:
    """An item that no model reads is one order's or record's own trouble."""
    try:
        yield
    except ValidationError as error:
        fields = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False) if fault["loc"]})
        raise Permanent(Reason.LEDGER_ITEM, f"item {item.get(PARTITION, '')}: unreadable {fields}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise Permanent(Reason.LEDGER_ITEM, f"item {item.get(PARTITION, '')}: {type(error).__name__}") from None


def each_readable(items: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Read]) -> Iterator[Read]:
    """What is read of the items. One that cannot be, or that a newer version wrote, is logged and passed over: it stops
    none of the others.
    """
    for item in items:
        try:
            with readable(item):
                made = read(item)
        except Permanent as fault:
            logger.warning("ledger_item_passed_over", sort_key=item.get(SORT), reason=fault.reason, detail=str(fault))
            continue
        yield made


def unmoved(revision: int, attribute: str = "revision") -> ConditionBase:
    """The condition of a save as the revision after `revision`: nobody saved in between. An item that was never saved
    has revision 0. `attribute` is where the item keeps it: a lease keeps its `fence`.
    """
    return Attr(PARTITION).not_exists() if revision == 0 else Attr(attribute).eq(revision)


def stamp(instant: datetime) -> str:
    """Sorts as text: UTC, always with microseconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: Any) -> Any:
    kind = type(value)  # what boto3 makes of an item has exact types, and this runs for every value of every item
    if kind is Decimal:
        return int(value)
    if kind is dict:
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if kind is list else value
