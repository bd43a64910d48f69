"""CloudFormation, when a connection leaves the stack or the stack is deleted → ShipStation: the webhooks that the
connector made for it are removed; a deployment that is rolled back leaves a person's alone. Whatever ShipStation says,
CloudFormation is told of a success; a run that could not tell it is repeated.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import requests

from functions.errors import ConnectorError
from functions.flows.operations.webhook_carry_out import unregister
from functions.ledger.budget import BudgetStore
from functions.ledger.registrations import RegistrationStore
from functions.model.shipment import ConnectionName
from functions.model.webhook_address import WebhookAddress
from functions.settings import UnregisterSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.custom_resource import succeed
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.shipstation_account import shipstation_client
from functions.wiring.telemetry import logger
from functions.wiring.webhook_parts import account_webhooks

PATIENCE_SECONDS, TIMEOUT_SECONDS = 10, 10  # a deletion waits for it
RESERVE_MS = 60_000  # of the run: one more request, and three tries to answer


def build(runtime: Runtime, settings: UnregisterSettings) -> Handler:
    """The handler answers what CloudFormation is told."""

    def handle(event: dict[str, Any], context: Context) -> str:
        if event.get("RequestType") != "Delete":
            return "the hourly run subscribes the webhooks"
        properties = event["ResourceProperties"]
        connection = runtime.connections[ConnectionName(properties["Connection"])]
        ledger = runtime.table(settings.ledger_table)
        client = shipstation_client(
            runtime,
            connection,
            settings.shipstation_secrets[connection.name],
            BudgetStore(ledger),
            patience_seconds=PATIENCE_SECONDS,
            timeout_seconds=TIMEOUT_SECONDS,
        )
        address = WebhookAddress(prefix=properties["Address"])
        webhooks = account_webhooks(client, connection, address)
        removed, reason = 0, ""
        try:
            own = RegistrationStore(ledger).own(connection.name, connection.shipstation.api)
            for _ in unregister(
                webhooks, address, own, has_time=lambda: context.get_remaining_time_in_millis() > RESERVE_MS
            ):
                removed += 1
        except ConnectorError as fault:
            reason = str(fault.reason)
        logger.info("webhooks_removed", connection=connection.name, removed=removed, reason=reason)
        return f"{removed} webhooks removed {reason}".rstrip()

    return handle


def answering(session: Callable[[], requests.Session], wired: Callable[[], Handler]) -> Handler:
    """With the address as what CloudFormation calls the resource: where it changes, the webhooks of the one before are
    removed.
    """

    def handle(event: dict[str, Any], context: Context) -> None:
        address = event.get("ResourceProperties", {}).get("Address")
        physical_id = event.get("PhysicalResourceId") if event.get("RequestType") == "Delete" else address
        succeed(session(), event, str(physical_id), lambda: wired()(event, context))

    return handle


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), UnregisterSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return answering(requests.Session, _wired)(event, context)
