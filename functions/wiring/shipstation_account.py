"""Builds ShipStation clients from the runtime: a session, credentials re-read once refused, the key's budget."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from pydantic import SecretStr

from functions.connections.connection import Connection
from functions.ledger.budget import BudgetStore
from functions.ledger.facts import FactStore
from functions.ledger.table import Table
from functions.model.facts import OrderFacts
from functions.model.outcomes import Reason
from functions.shipstation import budget
from functions.shipstation import client as shipstation
from functions.shipstation.client import ShipStationClient
from functions.shipstation.reading.source import ShipStationSource
from functions.shipstation.v1.api import V1
from functions.shipstation.v2.api import V2
from functions.wiring.credentials import Pairs
from functions.wiring.runtime import Runtime

APIS = {"v1": V1, "v2": V2}
PARTS = {"v1": ("api_key", "api_secret"), "v2": ("api_key",)}


ShipStationKeys = Pairs[shipstation.Credentials]


def shipstation_keys(runtime: Runtime, secret_arn: str, api: str) -> ShipStationKeys:
    return Pairs(runtime.secrets, secret_arn, PARTS[api], Reason.SHIPSTATION_NOT_CONFIGURED, _credentials)


def _credentials(values: list[str]) -> shipstation.Credentials:
    key, *secret = values
    return shipstation.Credentials(key, *map(SecretStr, secret))


def budget_key(credentials: shipstation.Credentials) -> str:
    """Names the key in the ledger."""
    return hashlib.sha256(credentials.api_key.encode()).hexdigest()[:16]


def shipstation_client(
    runtime: Runtime,
    connection: Connection,
    secret_arn: str,
    budgets: budget.BudgetStore,
    *,
    keys: ShipStationKeys | None = None,
    patience_seconds: float = budget.PATIENCE_SECONDS,
    timeout_seconds: float | None = None,
) -> ShipStationClient:
    """`patience_seconds` for a place in the line of the key in use, `timeout_seconds` for an answer; without it the
    file's. `keys` is for who wants to know which one is in use.
    """
    side = connection.shipstation
    of_the_account = keys or shipstation_keys(runtime, secret_arn, side.api)
    governor = budget.Governor(
        budgets,
        key_id=lambda: budget_key(of_the_account.in_use()),
        requests_per_minute=side.requests_per_minute,
        now=runtime.now,
        sleep=runtime.sleep,
        patience_seconds=patience_seconds,
    )
    return ShipStationClient(
        runtime.session(),
        base_url=side.base_url,
        keys=of_the_account,
        governor=governor,
        timeout_seconds=timeout_seconds or side.timeout_seconds,
        monotonic=runtime.monotonic,
        sleep=runtime.sleep,
        jitter=runtime.jitter,
        seconds_left=runtime.time.seconds_left,
    )


def shipstation_source(
    runtime: Runtime,
    connection: Connection,
    secret_arn: str,
    ledger: Table,
    keys: ShipStationKeys | None = None,
) -> ShipStationSource:
    client = shipstation_client(runtime, connection, secret_arn, BudgetStore(ledger), keys=keys)
    facts = FactStore(ledger, runtime.now)

    def remembered(ids: Collection[int]) -> dict[int, OrderFacts]:
        return {order_id: order for order_id, order in facts.load(connection.name, ids).items() if order.is_known}

    return ShipStationSource(client, APIS[connection.shipstation.api], connection, remembered, runtime.now)
