"""The one seam to DynamoDB: whole items and conditional puts, so that an in-memory table can stand for it honestly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from boto3.dynamodb.conditions import ConditionBase

Item = dict[str, Any]

DUE_INDEX = "due"  # partition `due_shard`, sort `due_at`: sparse, only what is due or needs attention
PARTITION, SORT = "pk", "sk"
DUE_PARTITION, DUE_SORT = "due_shard", "due_at"
EXPIRES = "expires_at"  # epoch seconds, DynamoDB's time to live


class Table(Protocol):
    """Raises `Retryable` when DynamoDB throttles or cannot be reached."""

    def get(self, pk: str, sk: str) -> Item | None:
        """Strongly consistent."""

    def get_many(self, keys: Sequence[tuple[str, str]], attributes: Sequence[str]) -> list[Item]:
        """Eventually consistent, any number of keys, absent ones left out; each item also carries pk and sk."""

    def put(self, item: Mapping[str, Any], *, condition: ConditionBase | None = None) -> bool:
        """False when the condition refuses."""

    def query(self, pk: str, *, prefix: str = "") -> Iterable[Item]:
        """Ascending by sort key, strongly consistent, read page by page."""

    def query_due(self, shard: str, *, until: str, limit: int) -> list[Item]:
        """From the due index, ascending, keys and projected attributes only; eventually consistent."""
