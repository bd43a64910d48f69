"""The key that encrypts tables, queues, secrets, reports and the topic is disabled: what AWS answers then is an outage
of the service that was asked, whichever way it says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError

from functions.errors import Retryable
from functions.ledger.items import PARTITION, SORT
from functions.ledger.queues import Entry, NotificationQueues, SqsQueue
from functions.ledger.reports import S3Bucket
from functions.ledger.secrets import FRESH, STALE, SecretStore
from functions.ledger.table import DUE_PARTITION, DynamoTable
from functions.ledger.topics import SnsTopic
from functions.model.notification import Notification, Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName

KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html, and each service's own list of errors
DISABLED = {
    "dynamodb": ["AccessDeniedException"],
    "sqs": ["KmsDisabled KMS.DisabledException", "KmsInvalidState KMS.InvalidStateException", "KmsAccessDenied"],
    "secretsmanager": ["DecryptionFailure", "AccessDeniedException", "InternalServiceError"],
    "s3": ["KMS.DisabledException", "KMS.KMSInvalidStateException", "AccessDenied"],
    "sns": ["KMSDisabled", "KMSInvalidState", "KMSAccessDenied"],
}
Act = Callable[[Any], object]
READS: dict[str, Act] = {
    "get": lambda client: DynamoTable(client, "ledger").get("order#1", "state"),
    "get_many": lambda client: DynamoTable(client, "ledger").get_many([("order#1", "state")], ["revision"]),
    "query": lambda client: list(DynamoTable(client, "ledger").query("order#1")),
    "query_due": lambda client: DynamoTable(client, "ledger").query_due("0", until="2026", limit=1),
    "query_page": lambda client: DynamoTable(client, "ledger").query_page("0", limit=1),
    "query_shard": lambda client: list(DynamoTable(client, "ledger").query_shard("0")),
    "scan": lambda client: list(DynamoTable(client, "ledger").scan(prefix="order#")),
    "scan_page": lambda client: DynamoTable(client, "ledger").scan_page(prefix="order#", after=None),
}
ITEM = {PARTITION: "order#1", SORT: "state", DUE_PARTITION: "0"}
CALLS: dict[str, tuple[str, Reason, Act]] = {
    **{name: ("dynamodb", Reason.LEDGER_UNAVAILABLE, act) for name, act in READS.items()},
    "put": ("dynamodb", Reason.LEDGER_UNAVAILABLE, lambda client: DynamoTable(client, "ledger").put(ITEM)),
    "send": ("sqs", Reason.QUEUE_UNAVAILABLE, lambda client: SqsQueue(client, "https://q").send_batch([Entry("x")])),
    "secret": ("secretsmanager", Reason.SECRETS_UNAVAILABLE, lambda client: SecretStore(client, lambda: NOW)(KEY)),
    "keep": (
        "s3",
        Reason.LEDGER_UNAVAILABLE,
        lambda client: S3Bucket(client, "reports").put("a.json", b"{}", kind="application/json", sha256="0"),
    ),
    "read": ("s3", Reason.LEDGER_UNAVAILABLE, lambda client: S3Bucket(client, "reports").get("a.json")),
}


def refusing(service: str, code: str) -> Any:
    """A client of boto3 that AWS answers so, in the form of the service's own protocol."""
    name, _, query = code.partition(" ")
    message = f"{KEY} is disabled"
    texts = {
        "s3": f"<Error><Code>{name}</Code><Message>{message}</Message></Error>",
        "sns": f"<ErrorResponse><Error><Code>{name}</Code><Message>{message}</Message></Error></ErrorResponse>",
    }
    body = texts.get(service) or json.dumps({"__type": f"com.amazonaws#{name}", "message": message})
    headers = HTTPHeaders.from_dict({"x-amzn-query-error": f"{query};Sender"} if query else {})
    client = boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # nobody is asked
        config=Config(retries={"total_max_attempts": 1}),
    )
    answer = AWSResponse("https://aws.example.com", 400, headers, Raw(body.encode()))
    client.meta.events.register("before-send", lambda **_: answer)
    return client


def note(at: datetime) -> Notification:
    pointer = Pointer(kind="anything")
    return Notification(
        connection=ConnectionName("acme"), event="SHIP_NOTIFY", pointer=pointer, received_at=at, correlation_id="1"
    )


class Raw(BytesIO):
    """As urllib3's response is read."""

    def stream(self) -> list[bytes]:
        return [self.read()]


@pytest.mark.parametrize(
    ("call", "code"), [(call, code) for call, (service, *_) in CALLS.items() for code in DISABLED[service]]
)
def test_it_is_an_outage_of_whom_was_asked(call: str, code: str) -> None:
    service, reason, act = CALLS[call]
    with pytest.raises(Retryable) as fault:
        act(refusing(service, code))
    assert fault.value.reason is reason
    assert code.rpartition(" ")[2] in str(fault.value), "the log says what AWS called it"


def test_a_batch_whose_entries_alone_are_refused_for_it_is_not_taken_for_sent() -> None:
    class Sqs:
        def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 # boto3's
            assert QueueUrl
            return {"Failed": [{"Id": each["Id"], "Code": "KMS.DisabledException"} for each in Entries]}

    client: Any = Sqs()
    with pytest.raises(Retryable) as fault:
        NotificationQueues({"acme": SqsQueue(client, "https://q")}).send(note(NOW))
    assert fault.value.reason is Reason.QUEUE_UNAVAILABLE


@pytest.mark.parametrize("code", DISABLED["secretsmanager"])
def test_a_secret_that_was_read_before_is_used_for_as_long_as_in_any_outage(code: str) -> None:
    now = NOW
    refused = refusing("secretsmanager", code)

    class Secrets:
        def get_secret_value(self, **request: str) -> dict[str, str]:
            return {"SecretString": '{"api_key": "k"}'} if now == NOW else dict(refused.get_secret_value(**request))

    client: Any = Secrets()
    store = SecretStore(client, lambda: now)
    assert store(KEY) == {"api_key": "k"}
    now = NOW + STALE - timedelta(seconds=1)
    assert store(KEY) == {"api_key": "k"}
    now = NOW + STALE
    with pytest.raises(Retryable):
        store(KEY)
    assert FRESH < STALE


@pytest.mark.parametrize("code", DISABLED["sns"])
def test_a_message_that_the_topic_does_not_take_ends_the_run_and_is_told_by_the_next(code: str) -> None:
    with pytest.raises(ClientError):
        SnsTopic(refusing("sns", code), "arn:aws:sns:us-east-1:000000000000:t").tell("a day", "well")


@pytest.mark.parametrize("code", DISABLED["sns"])
def test_a_topic_that_does_not_say_who_hears_it_holds_nothing_back(code: str) -> None:
    assert SnsTopic(refusing("sns", code), "arn:aws:sns:us-east-1:000000000000:t").listeners() is None
