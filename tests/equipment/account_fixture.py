"""The connector's ShipStation room wired to a simulated account in process, with a clock that only a wait moves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from functions.errors import ConnectorError
from functions.ledger.budget import BudgetStore
from functions.model.facts import OrderFacts
from functions.model.outcomes import Reason
from functions.shipstation.budget import Governor
from functions.shipstation.client import Answer, Credentials, ShipStationClient
from functions.shipstation.reading.source import ShipStationSource
from functions.wiring.shipstation_account import APIS
from tests.equipment.builders import NOON, a_connection
from tests.equipment.http import InProcessAdapter, Request, Response, json_response
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.shipstation.account import Account

KEY, SECRET = "planted-k3y", "planted-s3cret"
PATH = "/shipments"
LINES = ({"sku": "BOLT", "quantity": 2},)


class Rig:
    """`canned` is answered or raised before the account is asked; `waits` are the budget's sleeps, `pauses` the
    client's; `shipstation` overrides the connection's ShipStation side.
    """

    def __init__(self, at: datetime = NOON, **shipstation: Any) -> None:
        self.at = at
        self.waits: list[float] = []
        self.pauses: list[float] = []
        self.refusals = 0
        self.secret = SECRET
        self.sent: list[Request] = []
        self.canned: list[Response | Exception] = []
        self.account = Account(self.now, Random(1), keys={KEY: SECRET})
        self.session = requests.Session()
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, InProcessAdapter(self._serve))
        self.connection = a_connection(shipstation=shipstation)
        api = self._api = self.connection.shipstation.api
        self.client = ShipStationClient(
            self.session,
            base_url=self.connection.shipstation.base_url,
            keys=self,
            governor=self.governor(),
            timeout_seconds=45,
            monotonic=self.monotonic,
            sleep=lambda seconds: self._sleep(seconds, self.pauses),
            jitter=lambda: 0.25,
        )
        self.facts: dict[int, OrderFacts] = {}
        self.source = ShipStationSource(self.client, APIS[api], self.connection, self._remembered, self.now)

    def governor(self) -> Governor:
        return Governor(
            BudgetStore(MemoryTable()),
            key_id=lambda: "key",
            requests_per_minute=38,
            now=self.now,
            sleep=lambda seconds: self._sleep(seconds, self.waits),
        )

    def _remembered(self, ids: Collection[int]) -> dict[int, OrderFacts]:
        return {order_id: self.facts[order_id] for order_id in ids if order_id in self.facts}

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sold(self, number: int = 1, **order: Any) -> list[int]:
        """Orders P1001 and on, each with two bolts to ship."""
        bodies = [{"orderNumber": f"P{1001 + n}", "items": LINES, **order} for n in range(number)]
        return self.account.import_orders(bodies)

    def shipped(self, orders: Iterable[int]) -> list[int]:
        """One batch of labels, one an order."""
        return self.account.ship_batch([{"order_id": order, "carrier_code": "ups"} for order in orders])

    def serve(self, *rows: object) -> None:
        self.canned.append(json_response(200, {"shipments": rows, "total": len(rows)}))

    def asked(self, path: str) -> list[dict[str, str]]:
        """The parameters of every request for that path."""
        return [dict(request.query) for request in self.sent if request.path == path]

    def _serve(self, request: Request) -> Response:
        self.sent.append(request)
        answer = self.canned.pop(0) if self.canned else self.account.application(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _sleep(self, seconds: float, into: list[float]) -> None:
        into.append(seconds)
        self.at += timedelta(seconds=seconds)

    def in_use(self) -> Credentials:
        return Credentials(KEY, None if self._api == "v2" else SecretStr(self.secret))

    def refused(self, credentials: Credentials) -> bool:
        """There is no other key."""
        assert credentials == self.in_use()
        self.refusals += 1
        return False

    def accepted(self, credentials: Credentials) -> None:
        assert credentials == self.in_use()


def get(rig: Rig, path: str = PATH) -> Answer | None:
    return rig.client.get(path, {"batchId": "7"}, "webhook")


def refused(rig: Rig, kind: type[ConnectorError], reason: Reason) -> Any:
    """What a request raises."""
    with pytest.raises(kind) as caught:
        get(rig)
    assert (type(caught.value), caught.value.reason) == (kind, reason)
    return caught.value
