"""The one place that writes a queue's defaults, and where messages go that nobody could finish."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

RETENTION = Duration.days(14)  # SQS's longest
RECEIVES = 5


def make_queue(
    scope: Construct,
    name: str,
    *,
    key: kms.IKey,
    visibility_timeout: Duration,
    dead: sqs.IQueue | None = None,
    fifo: bool = False,
) -> sqs.Queue:
    """`dead` is where a message goes that was received too often."""
    # A new order never waits for another one: groups are throttled and deduplicated each for itself.
    high_throughput = {
        "fifo": True,
        "deduplication_scope": sqs.DeduplicationScope.MESSAGE_GROUP,
        "fifo_throughput_limit": sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    }
    return sqs.Queue(
        scope,
        name,
        retention_period=RETENTION,
        visibility_timeout=visibility_timeout,
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=RECEIVES) if dead else None,
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=Duration.hours(1),
        enforce_ssl=True,
        removal_policy=RemovalPolicy.RETAIN,
        **(high_throughput if fifo else {}),  # type: ignore[arg-type] # one dictionary, three types
    )


class DeadLetterQueues(Construct):
    """One of each kind for all connections: a letter says whose it is, and Lambda waits at every queue for money."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey, visibility: Duration) -> None:
        super().__init__(scope, construct_id)
        self.notifications = make_queue(self, "Notifications", key=key, visibility_timeout=visibility)
        self.shipments = make_queue(self, "Shipments", key=key, visibility_timeout=visibility, fifo=True)
