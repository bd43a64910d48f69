"""What registers webhooks, put together once for each connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from functions.connections.connection import Connection
from functions.errors import Retryable
from functions.flows.operations.webhook_carry_out import Webhooks
from functions.ledger.budget import BudgetStore
from functions.ledger.registrations import RegistrationStore
from functions.model.outcomes import Reason
from functions.model.webhook_address import Tokens, WebhookAddress
from functions.settings import RegisterSettings
from functions.shipstation.client import ShipStationClient
from functions.shipstation.v1 import webhooks as v1
from functions.shipstation.v2 import webhooks as v2
from functions.wiring.runtime import Runtime, Secrets
from functions.wiring.shipstation_account import shipstation_client


def account_webhooks(client: ShipStationClient, connection: Connection, address: WebhookAddress) -> Webhooks:
    name = f"IFS connector {connection.name}"
    if connection.shipstation.api == "v2":
        return v2.AccountWebhooks(client, address, name)
    return v1.AccountWebhooks(client, address, name)


def tokens_of(secrets: Secrets, arn: str) -> Tokens:
    """As they are now: one that was remembered may have been rotated since. Raises Retryable."""
    secrets.forget(arn)
    values = secrets(arn)
    current, previous = (values.get(name, "").strip() for name in ("current", "previous"))
    if not current:
        raise Retryable(Reason.SECRETS_UNAVAILABLE, "the webhook secret holds no current token")
    return Tokens(current=SecretStr(current), previous=SecretStr(previous))


@dataclass(frozen=True)
class RegistrationParts:
    connection: Connection
    webhooks: Webhooks
    address: WebhookAddress
    tokens: Callable[[], Tokens]
    store: RegistrationStore


def registration_parts(runtime: Runtime, settings: RegisterSettings, connection: Connection) -> RegistrationParts:
    name, ledger = connection.name, runtime.table(settings.ledger_table)
    address = WebhookAddress.of(settings.api_url, name)
    client = shipstation_client(runtime, connection, settings.shipstation_secrets[name], BudgetStore(ledger))
    return RegistrationParts(
        connection=connection,
        webhooks=account_webhooks(client, connection, address),
        address=address,
        tokens=lambda: tokens_of(runtime.secrets, settings.webhook_secrets[name]),
        store=RegistrationStore(ledger),
    )
