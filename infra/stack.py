"""The whole connector; only wires the constructs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, Stack
from constructs import Construct

from functions.connections.connection import Connection
from functions.model.shipment import ConnectionName
from infra import consume, poll
from infra.alarms import Alarms
from infra.bundle import Target
from infra.check import Check
from infra.consume import Consume
from infra.encryption import Encryption
from infra.functions import Functions
from infra.ledger import Ledger
from infra.link import Link
from infra.poll import Poll
from infra.release import Release
from infra.replay import Replay
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
    ) -> None:
        super().__init__(
            scope, construct_id, description="Puts ShipStation shipments onto customer orders in IFS Cloud"
        )
        key = Encryption(self, "Encryption").key
        ledger = Ledger(self, "Ledger", key=key)
        links = {
            name: Link(
                self,
                f"Link-{name}",
                connection=connection,
                key=key,
                poll_visibility=_visibility(poll.TIMEOUT, poll.BATCHING),
                consume_visibility=_visibility(consume.TIMEOUT),
            )
            for name, connection in connections.items()
        }
        functions = Functions(self, code=code, target=target, key=key)
        made = [
            WebhookApi(self, "WebhookApi", functions=functions, links=links).function,
            Poll(self, "PollFlow", functions=functions, ledger=ledger, links=links).function,
            Consume(self, "ConsumeFlow", functions=functions, ledger=ledger, links=links).function,
            Release(self, "ReleaseFlow", functions=functions, ledger=ledger, links=links).function,
            Replay(self, "ReplayFlow", functions=functions, ledger=ledger, links=links).function,
            Check(self, "CheckFlow", functions=functions, ledger=ledger, links=links).function,
        ]
        Alarms(self, "Alarms", links=links, functions=made, key=key)


def _visibility(timeout: Duration, batching: Duration | None = None) -> Duration:
    seconds = VISIBILITY_FACTOR * timeout.to_seconds() + (batching.to_seconds() if batching else 0)
    return Duration.seconds(seconds)
