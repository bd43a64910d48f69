"""The one seam to DynamoDB: whole items and conditional puts, so that an in-memory table can stand for it honestly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from boto3.dynamodb.conditions import ConditionBase, Key
from boto3.dynamodb.transform import TransformationInjector, copy_dynamodb_params
from botocore.exceptions import ClientError

from functions.errors import Permanent, Retryable
from functions.ledger.faults import translated
from functions.ledger.items import PARTITION, SORT
from functions.model.outcomes import Reason

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
Place = tuple[str, str]  # partition and sort key of an item

DUE_INDEX = "due"  # partition `due_shard`, sort `due_at`: sparse, only what is due or needs attention
DUE_PARTITION, DUE_SORT = "due_shard", "due_at"
SHOWN = "shown"  # what a list says of an entry
DUE_PROJECTED = ("key", "watched", "place", SHOWN)  # what the index shows beside keys
EXPIRES = "expires_at"  # epoch seconds, DynamoDB's time to live

BATCH_GET_LIMIT = 100  # DynamoDB's own
# What DynamoDB leaves of a batch it was too busy for: asked for at once it would be left again.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
BATCH_GET_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
CONDITION_REFUSED = "ConditionalCheckFailedException"
ITEM_REFUSED = "ValidationException"  # over 400 KB, or malformed: no repetition helps


def index_key(item: Mapping[str, Any]) -> dict[str, str]:
    """Names an entry of the due index."""
    return {name: str(item[name]) for name in (PARTITION, SORT, DUE_PARTITION, DUE_SORT)}


class PageOfIndex(NamedTuple):
    """`is_last` False: there may be more behind it, also where it holds fewer than were asked for."""

    items: list[Item]
    is_last: bool


class Table(Protocol):
    """Raises `Retryable` when DynamoDB throttles or cannot be reached."""

    def get(self, pk: str, sk: str) -> Item | None:
        """Strongly consistent."""

    def get_many(self, keys: Sequence[tuple[str, str]], attributes: Sequence[str]) -> list[Item]:
        """Eventually consistent, any number of keys, absent ones left out; each item also carries pk and sk."""

    def put(self, item: Mapping[str, Any], *, condition: ConditionBase | None = None) -> bool:
        """False when the condition refuses. Raises `Permanent` for an item that DynamoDB will never take."""

    def query(self, pk: str, *, prefix: str = "", after: str = "", newest_first: bool = False) -> Iterable[Item]:
        """By sort key, ascending unless `newest_first`, from behind `after`; strongly consistent, read page by page."""

    def query_due(self, shard: str, *, until: str, limit: int) -> list[Item]:
        """From the due index, ascending, keys and projected attributes only; eventually consistent."""

    def query_shard(self, shard: str) -> Iterable[Item]:
        """All of a shard of the due index, likewise, page by page."""

    def query_page(
        self, shard: str, *, limit: int, after: Mapping[str, str] | None = None, newest_first: bool = False
    ) -> PageOfIndex:
        """At most `limit` of a shard of the due index in one call, behind the one that `after` names: its `index_key`,
        which need not be there any more.
        """

    def scan(self, *, prefix: str) -> Iterable[Item]:
        """Every item whose partition key begins with `prefix`, in no order; eventually consistent, reads the table."""

    def scan_page(self, *, prefix: str, after: Sequence[str] | None) -> tuple[list[Item], Place | None]:
        """One page of such a scan, from behind `after`, and behind what the next one begins; None after the last."""


class DynamoTable:
    """The Protocol on a boto3 client, which becomes one that converts types as boto3's Table resource does. Unlike the
    resource it may be shared by threads (https://boto3.amazonaws.com/v1/documentation/api/latest/guide/resources.html),
    and a Lambda starts sooner without it.
    """

    def __init__(self, client: DynamoDBClient, name: str, pause: Callable[[float], None] = time.sleep) -> None:
        _convert_types(client)
        self._client: Any = client  # typed for DynamoDB's own JSON, which it no longer takes
        self._name, self._pause = name, pause

    def get(self, pk: str, sk: str) -> Item | None:
        with translated("DynamoDB", Reason.LEDGER_UNAVAILABLE):
            key = {PARTITION: pk, SORT: sk}
            # Strongly consistent: what is decided on an earlier item would only fail at the save.
            item: Item | None = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item")
            return item

    def get_many(self, keys: Sequence[tuple[str, str]], attributes: Sequence[str]) -> list[Item]:
        # DynamoDB refuses a batch that names a key twice.
        unique = list(dict.fromkeys(keys))
        chunks = (unique[start : start + BATCH_GET_LIMIT] for start in range(0, len(unique), BATCH_GET_LIMIT))
        return [item for chunk in chunks for item in self._get_chunk(chunk, attributes)]

    def put(self, item: Mapping[str, Any], *, condition: ConditionBase | None = None) -> bool:
        guard: dict[str, Any] = {} if condition is None else {"ConditionExpression": condition}
        with translated("DynamoDB", Reason.LEDGER_UNAVAILABLE):
            try:
                self._client.put_item(TableName=self._name, Item=dict(item), **guard)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == ITEM_REFUSED:
                    raise Permanent(Reason.LEDGER_REFUSED, f"DynamoDB: {code} for {item.get(PARTITION)}") from error
                if code != CONDITION_REFUSED:
                    raise
                return self._is_our_own(item)
        return True

    def query(self, pk: str, *, prefix: str = "", after: str = "", newest_first: bool = False) -> Iterator[Item]:
        condition: ConditionBase = Key(PARTITION).eq(pk)
        if prefix:
            condition &= Key(SORT).begins_with(prefix)
        yield from self._pages(
            self._client.query,
            **_start((pk, after) if after else None),
            KeyConditionExpression=condition,
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
        )

    def query_due(self, shard: str, *, until: str, limit: int) -> list[Item]:
        condition = Key(DUE_PARTITION).eq(shard) & Key(DUE_SORT).lte(until)
        with translated("DynamoDB", Reason.LEDGER_UNAVAILABLE):
            found: list[Item] = self._client.query(
                TableName=self._name, IndexName=DUE_INDEX, KeyConditionExpression=condition, Limit=limit
            )["Items"]
            return found

    def query_shard(self, shard: str) -> Iterator[Item]:
        yield from self._pages(
            self._client.query, IndexName=DUE_INDEX, KeyConditionExpression=Key(DUE_PARTITION).eq(shard)
        )

    def query_page(
        self, shard: str, *, limit: int, after: Mapping[str, str] | None = None, newest_first: bool = False
    ) -> PageOfIndex:
        begin: dict[str, Any] = {"ExclusiveStartKey": dict(after)} if after else {}
        with translated("DynamoDB", Reason.LEDGER_UNAVAILABLE):
            answer = self._client.query(
                TableName=self._name,
                IndexName=DUE_INDEX,
                KeyConditionExpression=Key(DUE_PARTITION).eq(shard),
                ScanIndexForward=not newest_first,
                Limit=limit,
                **begin,
            )
            return PageOfIndex(answer["Items"], "LastEvaluatedKey" not in answer)

    def scan(self, *, prefix: str) -> Iterator[Item]:
        yield from self._pages(self._client.scan, FilterExpression=Key(PARTITION).begins_with(prefix))

    def scan_page(self, *, prefix: str, after: Sequence[str] | None) -> tuple[list[Item], Place | None]:
        with translated("DynamoDB", Reason.LEDGER_UNAVAILABLE):
            page = self._client.scan(
                TableName=self._name, FilterExpression=Key(PARTITION).begins_with(prefix), **_start(after)
            )
        last = page.get("LastEvaluatedKey")
        return page["Items"], (last[PARTITION], last[SORT]) if last else None

    def _is_our_own(self, item: Mapping[str, Any]) -> bool:
        """The SDK repeats a put whose answer was lost, and the condition then refuses what it stored itself."""
        return self.get(item[PARTITION], item[SORT]) == dict(item)

    def _get_chunk(self, keys: Sequence[tuple[str, str]], attributes: Sequence[str]) -> Iterator[Item]:
        # A name may be one of DynamoDB's reserved words.
        names = {f"#{number}": name for number, name in enumerate((PARTITION, SORT, *attributes))}
        wanted: Any = {
            "Keys": [{PARTITION: pk, SORT: sk} for pk, sk in keys],
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
        for pause in (*BATCH_GET_PAUSES, None):
            with translated("DynamoDB", Reason.LEDGER_UNAVAILABLE):
                answer = self._client.batch_get_item(RequestItems={self._name: wanted})
            yield from answer["Responses"].get(self._name, [])
            wanted = answer.get("UnprocessedKeys", {}).get(self._name)
            if not wanted:
                return
            if pause is not None:
                self._pause(pause)
        raise Retryable(Reason.LEDGER_UNAVAILABLE, "DynamoDB left keys of a batch unread")

    def _pages(self, call: Any, **arguments: Any) -> Iterator[Item]:
        while True:
            with translated("DynamoDB", Reason.LEDGER_UNAVAILABLE):
                page = call(TableName=self._name, **arguments)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _start(after: Sequence[str] | None) -> dict[str, Any]:
    return {"ExclusiveStartKey": dict(zip((PARTITION, SORT), after, strict=True))} if after else {}


def _convert_types(client: DynamoDBClient) -> None:
    """As the resource registers it; a name that is registered twice counts once."""
    injector = TransformationInjector()
    steps = (
        ("provide-client-params.dynamodb", copy_dynamodb_params, "copied"),
        ("before-parameter-build.dynamodb", injector.inject_condition_expressions, "conditions"),
        ("before-parameter-build.dynamodb", injector.inject_attribute_value_input, "values sent"),
        ("after-call.dynamodb", injector.inject_attribute_value_output, "values received"),
    )
    for event, step, name in steps:
        client.meta.events.register(event, step, unique_id=name)
