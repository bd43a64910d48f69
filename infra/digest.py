"""Tells every day how the day before went."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.ledger.digests import PLACE
from functions.ledger.table import DUE_INDEX
from functions.settings import DigestSettings
from infra.functions import Functions
from infra.grants import allow_calls, allow_keys, allow_metrics, allow_publishing
from infra.ledger import Ledger
from infra.schedules import every

TIMEOUT = Duration.minutes(3)  # lists of twenty thousand, and a CloudWatch that does not answer


class Digest(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        topic: sns.Topic,
        lambdas: Mapping[str, str],
    ) -> None:
        """`lambdas` are those whose cost is told, with their memory in MB."""
        super().__init__(scope, construct_id)
        self.function = functions.make(
            "Digest",
            settings=DigestSettings(
                ledger_table=ledger.ledger.table_name,
                audit_table=ledger.audit.table_name,
                topic=topic.topic_arn,
                lambdas={**lambdas},
            ),
            timeout=TIMEOUT,
            memory_mb=512,
            description="Tells every day how the day before went",
            is_repeated=False,  # the next hour comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem")
        allow_calls(self.function, ledger.ledger, "Query", index=DUE_INDEX)
        allow_keys(self.function, ledger.ledger, PLACE, "PutItem")
        allow_publishing(self.function, topic)
        allow_metrics(self.function)
        every(
            self,
            Duration.hours(1),
            self.function,
            {},
            description="Tells once a day, in the morning of the connections' zones",
        )
