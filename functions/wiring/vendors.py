"""Builds the two vendors' clients from the runtime: sessions, credentials that are re-read once refused, limits."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from pydantic import SecretStr

from functions.connections.connection import Connection
from functions.connections.vendors import Targets
from functions.errors import Retryable
from functions.ifs import token as ifs_token
from functions.ifs.client import IfsClient
from functions.ifs.schema.inspection import Inspection
from functions.ifs.targets.preference import IfsTargets, target_records
from functions.ledger.budget import BudgetStore
from functions.ledger.facts import FactStore
from functions.ledger.table import Table
from functions.model.facts import OrderFacts
from functions.model.fit import Finding
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.shipstation import budget
from functions.shipstation import client as shipstation
from functions.shipstation.client import ShipStationClient
from functions.shipstation.v1.source import ShipStationSource
from functions.wiring.runtime import Runtime


def ifs_client(runtime: Runtime, connection: Connection, secret_arn: str) -> IfsClient:
    def credentials() -> ifs_token.Credentials:
        secret = runtime.secrets(secret_arn)
        return ifs_token.Credentials(_part(secret, "client_id"), SecretStr(_part(secret, "client_secret")))

    session = runtime.session(connection.ifs.ca_bundle)
    tokens = ifs_token.TokenSource(
        session,
        connection.ifs,
        credentials=credentials,
        on_refused=lambda: runtime.secrets.forget(secret_arn),
        now=runtime.now,
        monotonic=runtime.monotonic,
    )
    return IfsClient(
        session,
        connection.ifs,
        tokens,
        now=runtime.now,
        monotonic=runtime.monotonic,
        sleep=runtime.sleep,
        jitter=runtime.jitter,
    )


class IfsConnections:
    """Every connection's IFS. Stores with targets of their own share the connection's client, and with it token and
    pace.
    """

    def __init__(self, runtime: Runtime, secrets: Mapping[str, str]) -> None:
        self._runtime, self._secrets = runtime, secrets
        self._clients: dict[ConnectionName, IfsClient] = {}
        self._opened: dict[tuple[ConnectionName, Targets], IfsTargets] = {}

    def client(self, name: ConnectionName) -> IfsClient:
        if name not in self._clients:
            self._clients[name] = ifs_client(self._runtime, self._runtime.connections[name], self._secrets[name])
        return self._clients[name]

    def open(self, connection: Connection) -> IfsTargets:
        key = connection.name, connection.ifs.targets
        if key not in self._opened:
            client, ifs = self.client(connection.name), connection.ifs
            self._opened[key] = IfsTargets([target_records(client, each, ifs.place_of(each)) for each in ifs.targets])
        return self._opened[key]

    def inspect(self, connection: Connection) -> list[Finding]:
        return Inspection(self.client(connection.name), connection.ifs.targets).findings()


def shipstation_client(
    runtime: Runtime, connection: Connection, secret_arn: str, budgets: budget.BudgetStore
) -> ShipStationClient:
    def credentials() -> shipstation.Credentials:
        secret = runtime.secrets(secret_arn)
        return shipstation.Credentials(_part(secret, "api_key"), SecretStr(_part(secret, "api_secret")))

    side = connection.shipstation
    governor = budget.Governor(
        budgets,
        key_id=lambda: hashlib.sha256(credentials().api_key.encode()).hexdigest()[:16],
        requests_per_minute=side.requests_per_minute,
        now=runtime.now,
        sleep=runtime.sleep,
    )
    return ShipStationClient(
        runtime.session(),
        base_url=side.base_url,
        credentials=credentials,
        on_refused=lambda: runtime.secrets.forget(secret_arn),
        governor=governor,
        timeout_seconds=side.timeout_seconds,
        monotonic=runtime.monotonic,
        sleep=runtime.sleep,
        jitter=runtime.jitter,
    )


def shipstation_source(runtime: Runtime, connection: Connection, secret_arn: str, ledger: Table) -> ShipStationSource:
    client = shipstation_client(runtime, connection, secret_arn, BudgetStore(ledger))
    facts = FactStore(ledger)

    def remembered(ids: Collection[int]) -> dict[int, OrderFacts]:
        return {order_id: order for order_id, order in facts.load(connection.name, ids).items() if order.is_known}

    return ShipStationSource(client, connection, remembered, runtime.now)


def _part(secret: Mapping[str, str], name: str) -> str:
    try:
        return secret[name]
    except KeyError as error:
        raise Retryable(Reason.SECRETS_UNAVAILABLE, f"a secret has no {name}") from error
