"""What the poll works with for one connection, put together once an environment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from functions.connections.connection import Connection
from functions.flows.from_shipstation.collect import Collection
from functions.flows.from_shipstation.intake import Intake
from functions.flows.from_shipstation.pace import unanswered
from functions.flows.from_shipstation.past_windows import JobResources
from functions.ledger.facts import FactStore
from functions.ledger.jobs import JobStore
from functions.ledger.key_expiries import KeyExpiryStore
from functions.ledger.orders import OrderStore
from functions.ledger.parked import ParkingStore
from functions.ledger.positions import PositionStore
from functions.ledger.queues import FifoOrderQueue, NotificationQueues
from functions.model.cursors import ReadingPosition
from functions.model.messages import Notification, Pointer
from functions.settings import PollSettings
from functions.wiring.key_expiries import KeyExpiries
from functions.wiring.runtime import Runtime
from functions.wiring.shipstation_account import shipstation_keys, shipstation_source

GO_ON = Pointer(kind="go_on")
WORTH_WAITING = timedelta(hours=1)


class PollParts:
    def __init__(self, runtime: Runtime, settings: PollSettings, connection: Connection) -> None:
        name, table = connection.name, runtime.table(settings.ledger_table)
        self.connection, self.now = connection, runtime.now
        self._secret = settings.shipstation_secrets[name]
        self.jobs, self.parking, self._positions = JobStore(table), ParkingStore(table), PositionStore(table)
        self._expiries = KeyExpiries(runtime.secrets, KeyExpiryStore(table), runtime.now)
        self._keys = shipstation_keys(runtime, self._secret, connection.shipstation.api)
        self.source = shipstation_source(runtime, connection, self._secret, table, self._keys)
        self._notifications = NotificationQueues({name: runtime.queue(settings.notifications[name])})
        queue = FifoOrderQueue(runtime.queue(settings.shipments[name]))
        intake = Intake(connection, OrderStore(table), FactStore(table, runtime.now), queue, self.parking, runtime.now)
        holder = runtime.new_id()
        self.collection = Collection(intake, self.source, self._positions, self.jobs, runtime.sleep, holder)
        self.job_resources = JobResources(intake, self.source, self.jobs, runtime.sleep, runtime.side_by_side, holder)

    def require_credentials(self) -> None:
        """Before anything is begun that a secret which nobody has filled would end: the position stays as it is."""
        self._keys.in_use()
        self._expiries.note(self.connection.name, "shipstation", self._secret, self._keys)

    def position(self) -> ReadingPosition:
        return self._positions.peek(self.connection.name)

    def is_webhook_unanswered(self, position: ReadingPosition) -> bool:
        return bool(unanswered(position, self._positions.last_webhook_at(position.connection), self.now()))

    def put_off(self, notifications: Iterable[Notification], after_seconds: float) -> None:
        """For as long as a webhook saves waiting for the sweep; a budget that never suffices must not collect them."""
        for notification in notifications:
            if self.now() - notification.received_at < WORTH_WAITING:
                self._notifications.send(notification, after_seconds)

    def go_on(self, correlation_id: str, after_seconds: float = 0) -> None:
        """Another run begins as soon as this one has ended, or then."""
        going_on = Notification(
            connection=self.connection.name,
            event="GO_ON",
            pointer=GO_ON,
            received_at=self.now(),
            correlation_id=correlation_id,
        )
        self._notifications.send(going_on, after_seconds)
