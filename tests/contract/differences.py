"""Every way in which the local AWS or moto is known to do otherwise than a contract says. The contract says what AWS
documents, and what is in memory does the same. Here, then, the test has to fail, and as it is said: once it passes, or
fails in another way, the difference has to be looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import pytest

Whose = Literal["local aws", "moto"]
DOCS = "https://docs.aws.amazon.com"
DYNAMODB = f"{DOCS}/amazondynamodb/latest"
SQS = f"{DOCS}/AWSSimpleQueueService/latest"


@dataclass(frozen=True)
class Difference:
    """`test` runs the `call`; `cases` are its parameters' ids, none where it has none. `does` is what it does instead,
    `fails` a pattern of what the test then says. `right` is who does as AWS documents it in `source`: ours, or both
    where AWS leaves it open and ours is the harder on us.
    """

    whose: Whose
    call: str
    test: str
    does: str
    fails: str
    source: str
    cases: tuple[str, ...] = ("",)
    right: Literal["ours", "both"] = "ours"


class DifferenceGoneError(AssertionError):
    pass


NOT_REFUSED = r"assert \[\] == \[0\]"
ENTRY = "test_message_beyond_a_limit_is_refused_and_not_stored"
ENTRY_SOURCE = f"{SQS}/APIReference/API_SendMessageBatchRequestEntry.html"
CHARACTERS = tuple(f"{name} {what}" for name in ("blank", "umlaut", "long") for what in ("group", "deduplication id"))
CONDITION = "test_condition_decides_on_a_stored_item"
CONDITION_SOURCE = f"{DYNAMODB}/APIReference/API_Condition.html"

DIFFERENCES = (
    Difference(
        "moto",
        "PutItem",
        CONDITION,
        "takes a missing attribute for null, true for 1 and 1 for true",
        "assert True is False",
        CONDITION_SOURCE,
        (
            "what is missing is not null",
            "true is not one",
            "one is not true",
            "true is not one in a list either",
        ),
    ),
    Difference(
        "moto",
        "PutItem",
        CONDITION,
        "fails inside where a number and a text are put in order",
        "DynamoDB: 500",
        CONDITION_SOURCE,
        ("a number is not below a text", "a text is not above a number"),
    ),
    Difference(
        "moto",
        "PutItem",
        "test_item_within_the_limits_comes_back_whole",
        "refuses items from 405,000 bytes on; 400 KB are 409,600",
        "DynamoDB: ValidationException",
        f"{DYNAMODB}/developerguide/Constraints.html",
        ("400 KB",),
    ),
    Difference(
        "moto",
        "PutItem",
        "test_item_beyond_a_limit_is_refused_for_good",
        "takes an item whose index key is of another type than the index says",
        "DID NOT RAISE",
        f"{DYNAMODB}/developerguide/GSI.OnlineOps.ViolationDetection.html",
        ("due time is a number",),
    ),
    Difference(
        "moto",
        "PutItem",
        "test_item_beyond_a_limit_is_refused_for_good",
        "takes values nested more than 32 levels deep",
        "DID NOT RAISE",
        f"{DYNAMODB}/developerguide/Constraints.html",
        ("too deep",),
    ),
    Difference(
        "local aws",
        "PutItem",
        "test_item_beyond_a_limit_is_refused_for_good",
        "takes index keys of any length",
        "DID NOT RAISE",
        f"{DYNAMODB}/developerguide/GSI.OnlineOps.ViolationDetection.html",
        ("due shard too long", "due time too long"),
    ),
    Difference(
        "moto",
        "Query",
        "test_query_that_begins_outside_its_prefix_is_refused",
        "begins at the first of the prefix",
        "DID NOT RAISE",
        "https://note.kiriukun.com/entry/"
        "20200530-the-provided-starting-key-does-not-match-the-range-key-predicate-in-dynamodb",
    ),
    Difference(
        "moto",
        "Query",
        "test_page_that_ends_at_its_limit_is_not_the_last_even_where_nothing_is_behind",
        "looks behind the limit, and leaves out LastEvaluatedKey where nothing is there",
        r"\(\['01', '02'\], True\)",
        f"{DYNAMODB}/developerguide/Query.Pagination.html",
    ),
    Difference(
        "moto",
        "DeleteMessage",
        "test_whoever_was_handed_a_message_before_somebody_else_cannot_delete_it",
        "deletes by an earlier receipt; AWS says that the message might then not be deleted",
        "ReceiptHandleIsInvalid",
        f"{SQS}/APIReference/API_DeleteMessage.html",
        right="both",
    ),
    Difference(
        "moto",
        "SendMessageBatch",
        "test_fifo_takes_a_deduplication_id_once_a_group",
        "keeps DeduplicationScope without heeding it: an id counts for the whole queue",
        r"\['1'\] == \['1', '3'\]",
        f"{SQS}/APIReference/API_SetQueueAttributes.html",
    ),
    Difference(
        "moto",
        "SendMessageBatch",
        "test_fifo_remembers_the_deduplication_id_of_a_deleted_message",
        "forgets the id with the message, within the five minutes",
        "'Body': '2'",
        f"{SQS}/SQSDeveloperGuide/using-messagededuplicationid-property.html",
    ),
    Difference(
        "moto",
        "SendMessageBatch",
        ENTRY,
        "takes an empty body, characters that XML has not, and counts characters for bytes",
        NOT_REFUSED,
        f"{SQS}/APIReference/API_SendMessage.html",
        ("no body", "control character", "no character", "body too long in bytes alone"),
    ),
    Difference(
        "moto",
        "SendMessageBatch",
        ENTRY,
        "takes a negative delay",
        NOT_REFUSED,
        ENTRY_SOURCE,
        ("negative delay",),
    ),
    Difference(
        "local aws",
        "SendMessageBatch",
        ENTRY,
        "takes any delay",
        NOT_REFUSED,
        ENTRY_SOURCE,
        ("negative delay", "delay too long"),
    ),
    *(
        Difference(
            whose,
            "SendMessageBatch",
            ENTRY,
            "takes any group and deduplication id, the latter on a standard queue too",
            NOT_REFUSED,
            ENTRY_SOURCE,
            (*CHARACTERS, "deduplication id where there is none"),
        )
        for whose in ("local aws", "moto")
    ),
    Difference(
        "local aws",
        "GetSecretValue",
        "test_secret_without_a_value_cannot_be_read",
        "hands out an empty value where AWS finds none",
        "a secret is no JSON object",
        f"{DOCS}/secretsmanager/latest/apireference/API_GetSecretValue.html",
    ),
)


def difference_of(whose: str, test: str, case: str) -> Difference | None:
    found = (each for each in DIFFERENCES if (each.whose, each.test) == (whose, test) and case in each.cases)
    return next(found, None)


@contextmanager
def shown(difference: Difference) -> Iterator[None]:
    """What runs inside has to fail as the difference says."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as failure:
        if not re.search(difference.fails, f"{type(failure).__name__}: {failure}"):
            raise
        return
    raise DifferenceGoneError(
        f"{difference.whose} does at {difference.call} as AWS documents it: take it from the list"
    )
