"""The whole connector; only wires the constructs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.connections.connection import Connection
from functions.ledger.costs import terms
from functions.model.shipment import ConnectionName
from infra import consume, dead_letters, poll
from infra.alarms import Alarms
from infra.align import AlignFlow
from infra.bundle import Target
from infra.check import Check
from infra.connection_resources import ConnectionResources, Links
from infra.consume import Consume
from infra.context import Choices
from infra.dead_letters import DeadLetters
from infra.digest import Digest
from infra.encryption import Encryption
from infra.functions import Functions, memory_mb
from infra.ledger import Ledger
from infra.operate import Operate
from infra.page import Page, Pages
from infra.places import places
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


@dataclass(frozen=True)
class _Shipments:
    """From ShipStation to IFS."""

    poll: Poll
    webhook: WebhookApi
    consume: Consume
    reconcile: Reconcile
    release: Release

    @property
    def functions(self) -> list[lambda_.Function]:
        return [each.function for each in (self.webhook, self.poll, self.consume, self.release, self.reconcile)]


@dataclass(frozen=True)
class _Asked:
    """What a person invokes."""

    replay: Replay
    check: Check
    operate: Operate

    @property
    def functions(self) -> list[lambda_.Function]:
        operate = self.operate
        shown = [operate.inspect, operate.view, operate.control, operate.act]
        return [self.replay.function, self.check.function, *shown]


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
        choices: Choices,
        beside: Sequence[str] = (),
    ) -> None:
        """`beside`: all stacks that the connections are divided among."""
        super().__init__(
            scope,
            construct_id,
            description="Puts ShipStation shipments onto customer orders in IFS Cloud",
            permissions_boundary=choices.boundary,
            tags={"version": version, **choices.tags},  # CloudFormation hands a stack's own tags on to what it makes
        )
        CfnOutput(self, "ConnectorVersion", value=version)
        if choices.named:
            CfnOutput(self, "Chosen", value=",".join(choices.named))  # `make deploy` asks for them again
        if len(beside) > 1:
            CfnOutput(self, "ConnectorStacks", value=",".join(beside))  # the command line asks all of them
        self._store(connections)
        self._functions = Functions(self, code=code, target=target, key=self._key, network=choices.network)
        shipments = self._shipments()
        orders = self._orders()
        letters = self._dead_letters(orders)
        kept = [*self._alignment(), *self._registration(shipments.webhook)]
        working = [*shipments.functions, *(orders.functions if orders else []), letters.function, *kept]
        asked = self._asked()
        self._roles(asked, shipments, orders, kept)
        lambdas = memory_mb([*working, *asked.functions])
        self._page(shipments, asked, orders, working, lambdas)
        alarms = self._watch(shipments.webhook, orders, [*working, asked.replay.function], alarm_subscribers)
        self._digest(alarms, lambdas)
        CfnOutput(self, "LambdasAtOnce", value=places(self))

    def _store(self, connections: Mapping[ConnectionName, Connection]) -> None:
        """The key, and what outlives a deployment under it."""
        self._key = Encryption(self, "Encryption").key
        self._ledger = Ledger(self, "Ledger", key=self._key)
        self._dead = DeadLetterQueues(self, "Dead", key=self._key, visibility=_visibility(dead_letters.TIMEOUT))
        self._links: Links = {name: self._resources(each) for name, each in connections.items()}

    def _shipments(self) -> _Shipments:
        functions, ledger, links = self._functions, self._ledger, self._links
        return _Shipments(
            Poll(self, "PollFlow", functions=functions, ledger=ledger, per_connection=links),
            WebhookApi(self, "WebhookApi", functions=functions, per_connection=links),
            Consume(self, "ConsumeFlow", functions=functions, ledger=ledger, per_connection=links),
            Reconcile(self, "ReconcileFlow", functions=functions, ledger=ledger, key=self._key, per_connection=links),
            Release(self, "ReleaseFlow", functions=functions, ledger=ledger, per_connection=links),
        )

    def _orders(self) -> PushFlow | None:
        """Only where a file has `[orders]`."""
        functions, ledger, links = self._functions, self._ledger, self._links
        if all(link.connection.orders is None for link in links.values()):
            return None
        return PushFlow(self, "OrdersFlow", functions=functions, ledger=ledger, key=self._key, per_connection=links)

    def _dead_letters(self, orders: PushFlow | None) -> DeadLetters:
        return DeadLetters(
            self,
            "DeadLettersFlow",
            functions=self._functions,
            ledger=self._ledger,
            queues=self._dead,
            orders=orders,
            per_connection=self._links,
        )

    def _alignment(self) -> list[lambda_.Function]:
        """Only where a file has `[[align]]`."""
        functions, ledger, links = self._functions, self._ledger, self._links
        if not any(link.connection.align for link in links.values()):
            return []
        return [AlignFlow(self, "AlignFlow", functions=functions, ledger=ledger, per_connection=links).function]

    def _registration(self, webhook: WebhookApi) -> list[lambda_.Function]:
        """Only where a file says `webhooks = "registered"`."""
        functions, ledger, url = self._functions, self._ledger, webhook.url
        if not (ours := registering(self._links)):
            return []
        unregister = Unregister(
            self, "UnregisterFlow", functions=functions, ledger=ledger, api_url=url, per_connection=ours
        )
        register = Register(
            self,
            "RegisterFlow",
            functions=functions,
            ledger=ledger,
            api_url=url,
            per_connection=ours,
            leaving=unregister.leaving,
        )
        return [register.function]

    def _asked(self) -> _Asked:
        functions, ledger, links = self._functions, self._ledger, self._links
        return _Asked(
            Replay(self, "ReplayFlow", functions=functions, ledger=ledger, per_connection=links),
            Check(self, "CheckFlow", functions=functions, ledger=ledger, per_connection=links),
            Operate(self, "OperateFlow", functions=functions, ledger=ledger, per_connection=links),
        )

    def _roles(
        self, asked: _Asked, shipments: _Shipments, orders: PushFlow | None, kept: Sequence[lambda_.Function]
    ) -> None:
        """Who may invoke what."""
        pull = [orders.pull] if orders else []
        asked.operate.roles(
            operating=[asked.replay.function, shipments.reconcile.function, *pull],
            administering=[asked.check.function, shipments.poll.function, *kept],
        )

    def _page(
        self,
        shipments: _Shipments,
        asked: _Asked,
        orders: PushFlow | None,
        working: Sequence[lambda_.Function],
        lambdas: Mapping[str, str],
    ) -> None:
        pages = Pages(
            view=asked.operate.view,
            act=asked.operate.act,
            replay=asked.replay.function,
            reconcile=shipments.reconcile.function,
            pull=orders.pull if orders else None,
        )
        Page(
            self,
            "Page",
            pages=pages,
            read={"poll": shipments.poll.function, "consume": shipments.consume.function},
            working=working,
            cost=terms(lambdas, self._ledger.ledger.table_name, self._ledger.audit.table_name),
            per_connection=self._links,
        )

    def _watch(
        self,
        webhook: WebhookApi,
        orders: PushFlow | None,
        functions: Sequence[lambda_.Function],
        subscribers: Sequence[sns.ITopicSubscription],
    ) -> Alarms:
        return Alarms(
            self,
            "Alarms",
            per_connection=self._links,
            functions=functions,
            webhook=webhook,
            dead=self._dead,
            dead_orders=orders.dead if orders else None,
            key=self._key,
            subscribers=subscribers,
        )

    def _digest(self, alarms: Alarms, lambdas: Mapping[str, str]) -> None:
        digest = Digest(
            self,
            "DigestFlow",
            functions=self._functions,
            ledger=self._ledger,
            topic=alarms.topic,
            lambdas=lambdas,
        )
        alarms.watch(digest.function)

    def _resources(self, connection: Connection) -> ConnectionResources:
        return ConnectionResources(
            self,
            f"Link-{connection.name}",  # its queues and secrets outlive a deployment: another id would make new ones
            connection=connection,
            key=self._key,
            poll_visibility=_visibility(poll.TIMEOUT, poll.BATCHING),
            consume_visibility=_visibility(consume.TIMEOUT),
            dead=self._dead,
        )


def _visibility(timeout: Duration, batching: Duration | None = None) -> Duration:
    seconds = VISIBILITY_FACTOR * timeout.to_seconds() + (batching.to_seconds() if batching else 0)
    return Duration.seconds(seconds)
