"""IFS shipments or orders into ShipStation: a function that reads IFS by schedule, a queue, and one that writes
ShipStation. Only in stacks with a connection that asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.connections.orders import Orders
from functions.ledger.table import DUE_INDEX
from functions.model.shipment import ConnectionName
from functions.settings import PullSettings, PushSettings
from infra.connection_resources import ConnectionResources
from infra.functions import Functions, feed
from infra.grants import allow_calls, allow_reading, allow_sending
from infra.ledger import Ledger
from infra.queues import make_queue
from infra.schedules import every

PULL_TIMEOUT = Duration.minutes(5)
PULL_MEMORY_MB = 1024  # 20,000 open orders of three lines take 420 MB
PUSH_TIMEOUT = Duration.minutes(5)
VISIBILITY = Duration.minutes(30)  # six times the time-out, as AWS advises
AT_ONCE = 1  # a message holds a hundred orders
LEAST_CONCURRENCY = 2  # that Lambda takes; one message group is worked on by one run at a time


@dataclass(frozen=True)
class _Route:
    """One connection's way to ShipStation."""

    resources: ConnectionResources
    orders: Orders
    queue: sqs.Queue


class PushFlow(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        key: kms.IKey,
        per_connection: Mapping[ConnectionName, ConnectionResources],
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead = make_queue(self, "Dead", key=key, visibility_timeout=VISIBILITY, fifo=True)
        CfnOutput(Stack.of(self), "DeadOrdersQueue", value=self.dead.queue_url)
        routes = {
            name: _Route(
                resources,
                resources.connection.orders,
                make_queue(self, f"Orders-{name}", key=key, visibility_timeout=VISIBILITY, dead=self.dead, fifo=True),
            )
            for name, resources in per_connection.items()
            if resources.connection.orders is not None
        }
        self.queue_urls = {str(name): route.queue.queue_url for name, route in routes.items()}
        self._read(routes, functions, ledger)
        self._write(routes, functions, ledger)
        self.functions = [self.pull, self.push]

    def _read(self, routes: Mapping[ConnectionName, _Route], functions: Functions, ledger: Ledger) -> None:
        settings = PullSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            orders={name: route.queue.queue_url for name, route in routes.items()},
            ifs_secrets={name: route.resources.ifs.secret_arn for name, route in routes.items()},
            shipstation_secrets={name: route.resources.shipstation.secret_arn for name, route in routes.items()},
        )
        self.pull = functions.make(
            "Pull",
            settings=settings,
            timeout=PULL_TIMEOUT,
            memory_mb=PULL_MEMORY_MB,
            description="Reads what IFS wants packed; manual: plans of it",
            is_repeated=False,  # the next tick comes anyway
        )
        CfnOutput(Stack.of(self), "PullFunction", value=self.pull.function_name)
        allow_calls(self.pull, ledger.ledger, "GetItem", "BatchGetItem", "PutItem", "Query")
        allow_calls(self.pull, ledger.ledger, "Query", index=DUE_INDEX)
        allow_calls(self.pull, ledger.audit, "Query")
        for name, route in routes.items():
            allow_sending(self.pull, route.queue)
            allow_reading(self.pull, route.resources.ifs)
            allow_reading(self.pull, route.resources.shipstation)
            every(
                self,
                Duration.minutes(route.orders.poll_minutes),
                self.pull,
                {"connection": name},
                of=name,
                description=f"Reads what IFS wants packed for {name}",
            )

    def _write(self, routes: Mapping[ConnectionName, _Route], functions: Functions, ledger: Ledger) -> None:
        settings = PushSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            orders={name: route.queue.queue_url for name, route in routes.items()},
            shipstation_secrets={name: route.resources.shipstation.secret_arn for name, route in routes.items()},
        )
        self.push = functions.make(
            "Push", settings=settings, timeout=PUSH_TIMEOUT, description="Makes ShipStation orders agree with IFS"
        )
        allow_calls(self.push, ledger.ledger, "GetItem", "PutItem")
        allow_calls(self.push, ledger.audit, "Query")
        ledger.let_append(self.push)
        for route in routes.values():
            allow_reading(self.push, route.resources.shipstation)
            feed(self.push, route.queue, batch=AT_ONCE, concurrency=LEAST_CONCURRENCY)
        CfnOutput(Stack.of(self), "PushFunction", value=self.push.function_name)
