"""The whole connector; only wires the constructs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.connections.connection import Connection
from functions.model.shipment import ConnectionName
from infra import consume, dead_letters, poll
from infra.alarms import Alarms
from infra.align import AlignFlow
from infra.bundle import Target
from infra.check import Check
from infra.connection_resources import ConnectionResources, Links
from infra.consume import Consume
from infra.dead_letters import DeadLetters
from infra.digest import Digest
from infra.encryption import Encryption
from infra.functions import Functions
from infra.ledger import Ledger
from infra.operate import Operate
from infra.page import Page, Pages
from infra.poll import Poll
from infra.push import PushFlow
from infra.queues import DeadLetterQueues
from infra.reconcile import Reconcile
from infra.register import Register, registering
from infra.release import Release
from infra.replay import Replay
from infra.unregister import Unregister
from infra.webhook import WebhookApi

VISIBILITY_FACTOR = 6  # AWS's advice: a message must stay hidden through throttled and repeated invocations


class ConnectorStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        connections: Mapping[ConnectionName, Connection],
        code: Path,
        target: Target,
        version: str,
        alarm_subscribers: Sequence[sns.ITopicSubscription] = (),
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Puts ShipStation shipments onto customer orders in IFS Cloud",
            tags={"version": version},  # CloudFormation hands a stack's own tags on to what it makes
        )
        CfnOutput(self, "ConnectorVersion", value=version)
        key = Encryption(self, "Encryption").key
        ledger = Ledger(self, "Ledger", key=key)
        dead = DeadLetterQueues(self, "Dead", key=key, visibility=_visibility(dead_letters.TIMEOUT))
        per_connection = {name: self._resources(each, key, dead) for name, each in connections.items()}
        functions = Functions(self, code=code, target=target, key=key)
        poll_flow = Poll(self, "PollFlow", functions=functions, ledger=ledger, per_connection=per_connection)
        webhook = WebhookApi(self, "WebhookApi", functions=functions, per_connection=per_connection)
        consume_flow = Consume(self, "ConsumeFlow", functions=functions, ledger=ledger, per_connection=per_connection)
        reconcile = Reconcile(
            self, "ReconcileFlow", functions=functions, ledger=ledger, key=key, per_connection=per_connection
        )
        watched = [
            webhook.function,
            poll_flow.function,
            consume_flow.function,
            Release(self, "ReleaseFlow", functions=functions, ledger=ledger, per_connection=per_connection).function,
            reconcile.function,
        ]
        orders = self._orders(functions, ledger, key, per_connection)
        watched += [orders.pull, orders.push] if orders else []
        letters = DeadLetters(
            self,
            "DeadLettersFlow",
            functions=functions,
            ledger=ledger,
            queues=dead,
            orders=orders,
            per_connection=per_connection,
        )
        watched.append(letters.function)
        aligning = self._alignment(functions, ledger, per_connection)
        subscribing = self._registration(functions, ledger, webhook, per_connection)
        watched += [*aligning, *subscribing]
        replay = Replay(self, "ReplayFlow", functions=functions, ledger=ledger, per_connection=per_connection)
        check = Check(self, "CheckFlow", functions=functions, ledger=ledger, per_connection=per_connection)
        operate = Operate(self, "OperateFlow", functions=functions, ledger=ledger, per_connection=per_connection)
        asked_by_hand = [
            check.function,
            poll_flow.function,
            *aligning,
            *subscribing,
            *([orders.pull] if orders else []),
        ]
        operate.roles([replay.function, reconcile.function], asked_by_hand)
        Page(
            self,
            "Page",
            pages=Pages(operate.view, operate.act, replay.function),
            read={"poll": poll_flow.function, "consume": consume_flow.function},
            working=watched,
            ledger=ledger,
            per_connection=per_connection,
        )
        alarms = Alarms(
            self,
            "Alarms",
            per_connection=per_connection,
            functions=[*watched, replay.function],
            webhook=webhook,
            dead=dead,
            dead_orders=orders.dead if orders else None,
            key=key,
            subscribers=alarm_subscribers,
        )
        alarms.watch(Digest(self, "DigestFlow", functions=functions, ledger=ledger, topic=alarms.topic).function)

    def _orders(self, functions: Functions, ledger: Ledger, key: kms.IKey, links: Links) -> PushFlow | None:
        """Only where a file has `[orders]`."""
        if all(link.connection.orders is None for link in links.values()):
            return None
        return PushFlow(self, "OrdersFlow", functions=functions, ledger=ledger, key=key, per_connection=links)

    def _registration(
        self, functions: Functions, ledger: Ledger, webhook: WebhookApi, links: Links
    ) -> list[lambda_.Function]:
        """Only where a file says `webhooks = "registered"`."""
        if not (ours := registering(links)):
            return []
        register = Register(
            self, "RegisterFlow", functions=functions, ledger=ledger, api_url=webhook.url, per_connection=ours
        )
        Unregister(self, "UnregisterFlow", functions=functions, ledger=ledger, api_url=webhook.url, per_connection=ours)
        return [register.function]

    def _alignment(self, functions: Functions, ledger: Ledger, links: Links) -> list[lambda_.Function]:
        """Only where a file has `[[align]]`."""
        if not any(link.connection.align for link in links.values()):
            return []
        return [AlignFlow(self, "AlignFlow", functions=functions, ledger=ledger, per_connection=links).function]

    def _resources(self, connection: Connection, key: kms.IKey, dead: DeadLetterQueues) -> ConnectionResources:
        return ConnectionResources(
            self,
            f"Link-{connection.name}",  # its queues and secrets outlive a deployment: another id would make new ones
            connection=connection,
            key=key,
            poll_visibility=_visibility(poll.TIMEOUT, poll.BATCHING),
            consume_visibility=_visibility(consume.TIMEOUT),
            dead=dead,
        )


def _visibility(timeout: Duration, batching: Duration | None = None) -> Duration:
    seconds = VISIBILITY_FACTOR * timeout.to_seconds() + (batching.to_seconds() if batching else 0)
    return Duration.seconds(seconds)
