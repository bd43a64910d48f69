from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from functions.errors import Retryable
from functions.ledger.table import BATCH_GET_PAUSES, DynamoTable
from functions.model.outcomes import Reason

NAME = "ledger"


class Busy:
    """DynamoDB hands out one key of a batch at a time."""

    def __init__(self) -> None:
        client: Any = boto3.client(
            "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        self.stub, self.pauses = Stubber(client), list[float]()
        self.table = DynamoTable(client, NAME, self.pauses.append)

    def answers(self, *keys: str, left: tuple[str, ...]) -> None:
        def item(key: str) -> dict[str, Any]:
            return {"pk": {"S": key}, "sk": {"S": "state"}}

        unprocessed = {NAME: {"Keys": [item(key) for key in left], "ProjectionExpression": "#0"}} if left else {}
        self.stub.add_response(
            "batch_get_item",
            {"Responses": {NAME: [item(key) for key in keys]}, "UnprocessedKeys": unprocessed},
            {"RequestItems": ANY},
        )

    def read(self, *keys: str) -> list[str]:
        with self.stub:
            return [found["pk"] for found in self.table.get_many([(key, "state") for key in keys], ["marks"])]


@pytest.fixture
def busy() -> Iterator[Busy]:
    found = Busy()
    yield found
    found.stub.assert_no_pending_responses()


def test_keys_that_were_left_are_asked_for_again_after_pauses_that_grow(busy: Busy) -> None:
    busy.answers("a", left=("b", "c"))
    busy.answers("b", left=("c",))
    busy.answers("c", left=())
    assert busy.read("a", "b", "c") == ["a", "b", "c"]
    assert busy.pauses == [*BATCH_GET_PAUSES[:2]]


def test_a_table_that_leaves_keys_again_and_again_is_given_up_within_seconds(busy: Busy) -> None:
    for _ in range(len(BATCH_GET_PAUSES) + 1):
        busy.answers(left=("a",))
    with pytest.raises(Retryable) as told:
        busy.read("a")
    assert told.value.reason is Reason.LEDGER_UNAVAILABLE
    assert busy.pauses == [*BATCH_GET_PAUSES]
    assert sum(busy.pauses) < 5
