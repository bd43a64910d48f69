"""What reads what IFS wants packed and what writes it to ShipStation, put together once an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from functions.connections.connection import Connection
from functions.connections.orders import Orders
from functions.connections.warehouses import finds_warehouses
from functions.flows.from_ifs.pull import Consignments, Pull
from functions.flows.to_shipstation.push import Push
from functions.flows.to_shipstation.step import Writer
from functions.ifs.client import IfsClient
from functions.ifs.customer_orders import CustomerOrdersToPack
from functions.ifs.outbound import OutboundShipments
from functions.ledger.alignment import AlignStore
from functions.ledger.audit import AuditLog
from functions.ledger.budget import BudgetStore
from functions.ledger.desks import DeskStore
from functions.ledger.pushes import PushStore
from functions.ledger.queues import FifoPushQueue
from functions.settings import PullSettings, PushSettings
from functions.shipstation.client import ShipStationClient
from functions.shipstation.v1.order_writer import OrderWriter
from functions.shipstation.v2.order_writer import OrderWriter as OrderWriterV2
from functions.wiring.ifs_tenant import ifs_client
from functions.wiring.runtime import Runtime
from functions.wiring.shipstation_account import shipstation_client

WRITERS: Mapping[str, Callable[[ShipStationClient, Orders, Callable[[], datetime]], Writer]] = {
    "v1": OrderWriter,
    "v2": OrderWriterV2,
}


def pull_parts(runtime: Runtime, settings: PullSettings, connection: Connection, orders: Orders) -> Pull:
    name = connection.name
    client = ifs_client(runtime, connection, settings.ifs_secrets[name])
    return Pull(
        _consignments(runtime, client, connection, orders),
        PushStore(runtime.table(settings.ledger_table)),
        FifoPushQueue(runtime.queue(settings.orders[name])),
    )


def with_warehouses(runtime: Runtime, settings: PullSettings, connection: Connection, orders: Orders) -> Orders:
    """What a person named of the warehouses stands where the file names none, what was found where he did not."""
    ledger = runtime.table(settings.ledger_table)
    named = connection.operated(DeskStore(ledger).load(connection.name), runtime.now()).orders or orders
    return (
        named.shipping_from(AlignStore(ledger).warehouses(connection.name)) if finds_warehouses(connection) else named
    )


def _consignments(runtime: Runtime, client: IfsClient, connection: Connection, orders: Orders) -> Consignments:
    """As the store sees the tenant in which the orders are made."""
    tenant = connection.at_store(orders.store_id).ifs
    if orders.source == "shipments":
        return OutboundShipments(client, orders.within(tenant.sites))
    zone = ZoneInfo(tenant.time_zone)
    return CustomerOrdersToPack(client, tenant, orders, lambda: runtime.now().astimezone(zone).date())


def push_parts(runtime: Runtime, settings: PushSettings, connection: Connection, orders: Orders) -> Push:
    ledger = runtime.table(settings.ledger_table)
    client = shipstation_client(runtime, connection, settings.shipstation_secrets[connection.name], BudgetStore(ledger))
    audit = AuditLog(runtime.table(settings.audit_table), new_id=runtime.new_id)
    writer = WRITERS[connection.shipstation.api](client, orders, runtime.now)
    return Push(connection, orders, PushStore(ledger), writer, audit, runtime.now)
