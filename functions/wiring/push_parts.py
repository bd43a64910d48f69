"""What reads what IFS wants packed and what writes it to ShipStation, put together once an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from functions.connections.connection import Connection
from functions.connections.orders import Orders
from functions.connections.warehouses import finds_warehouses
from functions.flows.from_ifs.pull import Consignments, Looked, Pull, look
from functions.flows.operations.push_plan import PushPlans
from functions.flows.to_shipstation.plan import SilentAudit
from functions.flows.to_shipstation.push import Push
from functions.flows.to_shipstation.step import Writer
from functions.ifs.client import IfsClient
from functions.ifs.customer_orders import CustomerOrdersToPack
from functions.ifs.outbound import OutboundShipments
from functions.ledger.alignment import AlignStore
from functions.ledger.audit import AuditLog
from functions.ledger.budget import BudgetStore
from functions.ledger.desks import DeskStore
from functions.ledger.plans import PlanStore
from functions.ledger.pushes import PushStore
from functions.ledger.queues import FifoPushQueue
from functions.model.audit import Cause
from functions.model.outcomes import Reason
from functions.settings import PullSettings, PushSettings
from functions.shipstation.client import ShipStationClient
from functions.shipstation.v1.order_writer import OrderWriter
from functions.shipstation.v2.order_writer import OrderWriter as OrderWriterV2
from functions.wiring.ifs_tenant import ifs_client, leave_alone
from functions.wiring.pauses import is_paused
from functions.wiring.runtime import Runtime
from functions.wiring.shipstation_account import shipstation_client

HasTime = Callable[[], bool]
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


def push_parts(runtime: Runtime, settings: PushSettings | PullSettings, connection: Connection, orders: Orders) -> Push:
    ledger = runtime.table(settings.ledger_table)
    client = shipstation_client(runtime, connection, settings.shipstation_secrets[connection.name], BudgetStore(ledger))
    audit = AuditLog(runtime.table(settings.audit_table), new_id=runtime.new_id)
    writer = WRITERS[connection.shipstation.api](client, orders, runtime.now)
    return Push(connection, orders, PushStore(ledger), writer, audit, PlanStore(ledger), runtime.now)


def push_plans(runtime: Runtime, settings: PullSettings, connection: Connection, has_time: HasTime) -> PushPlans:
    """Of a connection with orders that go to ShipStation."""
    orders, name = connection.orders, connection.name
    assert orders is not None, "who asks has looked"
    ledger, pull = runtime.table(settings.ledger_table), pull_parts(runtime, settings, connection, orders)
    push = push_parts(runtime, settings, connection, orders)

    def looked(cause: Cause) -> Looked:
        leave_alone(ledger, name, runtime.now())
        known = with_warehouses(runtime, settings, connection, orders)
        return look(pull, connection, known, runtime.now(), cause)

    def hindrance() -> Reason | None:
        if connection.pulls is None:
            return Reason.MODE_OFF
        return Reason.PAUSED if is_paused(ledger, connection, runtime.now(), orders.store_id) else None

    silent = replace(push, audit=SilentAudit(push.audit), is_planning=True)
    ends = PushStore(ledger).plan_ends
    return PushPlans(name, looked, silent, ends, pull.queue, PlanStore(ledger), hindrance, has_time)
