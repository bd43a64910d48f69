"""Reads ShipStation: by schedule, and whenever a webhook rings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from functions.model.shipment import ConnectionName
from functions.settings import PollSettings
from infra.functions import Functions
from infra.ledger import Ledger
from infra.link import Link

TIMEOUT = Duration.minutes(5)  # a look ends after two minutes; what is left goes into a job
BATCHING = Duration.seconds(1)  # rings of one action; the run itself paces the looks
TICK = Duration.minutes(1)  # the run decides what is due: a look, a job to go on with, a probe of a refused key
BATCH = 100


class Poll(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        links: Mapping[ConnectionName, Link],
    ) -> None:
        super().__init__(scope, construct_id)
        settings = PollSettings(
            ledger_table=ledger.ledger.table_name,
            notifications={name: link.notifications.queue_url for name, link in links.items()},
            shipments={name: link.shipments.queue_url for name, link in links.items()},
            shipstation_secrets={name: link.shipstation.secret_arn for name, link in links.items()},
        )
        self.function = functions.make(
            "Poll", settings=settings, timeout=TIMEOUT, description="Reads ShipStation, queues what is news"
        )
        # A run that ends with work left sends itself a message: without this Lambda takes it for a runaway loop.
        cast("lambda_.CfnFunction", self.function.node.default_child).recursive_loop = "Allow"
        ledger.allow(self.function, ledger.ledger, "GetItem", "BatchGetItem", "PutItem", "Query")
        for link in links.values():
            self._attach(link)

    def _attach(self, link: Link) -> None:
        link.shipments.grant_send_messages(self.function)
        link.notifications.grant_send_messages(self.function)
        link.shipstation.grant_read(self.function)
        self.function.add_event_source(
            sources.SqsEventSource(
                link.notifications,
                batch_size=BATCH,
                max_batching_window=BATCHING,
                report_batch_item_failures=True,
                max_concurrency=2,
            )
        )
        events.Rule(
            self,
            f"Every-{link.connection.name}",
            description=f"Reads ShipStation for {link.connection.name}",
            schedule=events.Schedule.rate(TICK),
            targets=[
                targets.LambdaFunction(
                    self.function,
                    event=events.RuleTargetInput.from_object({"connection": link.connection.name}),
                    retry_attempts=0,  # the next tick comes anyway
                )
            ],
        )
