"""The connector's IFS room wired to a simulated tenant in process, with a clock that only a pause moves."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from functions.connections.connection import Connection
from functions.connections.targets import ShipmentHeader
from functions.errors import Retryable
from functions.ifs.client import ETag, IfsClient
from functions.ifs.targets.preference import IfsTargets, target_records
from functions.ifs.targets.shipment_header import ShipmentHeaders
from functions.ifs.token import Credentials, TokenSource
from functions.model.records import Place, Record, RecordKey, Sought
from functions.model.shipment import ConnectionName, OrderKey, Shipment
from tests.equipment.builders import NOON, a_connection
from tests.equipment.http import Application, InProcessAdapter
from tests.equipment.ifs.tenant import Tenant

IFS = "https://ifs.example.com"
TOKEN_URL = f"{IFS}/auth/realms/acme1/protocol/openid-connect/token"
SECRET = "planted-s3cret"
SERVICE = "/main/ifsapplications/projection/v1/ShipmentHandling.svc"
SET = "ShipmentSet"


def order(reference: str = "P1001") -> OrderKey:
    return OrderKey(connection=ConnectionName("acme"), company="10", reference=reference)


def sought(reference: str = "P1001", *shipments: Shipment, remembered: tuple[RecordKey, ...] = ()) -> Sought:
    return Sought(order=order(reference), shipments=shipments, remembered=remembered)


def key(record_id: object, set_name: str = "ShipmentHandling/ShipmentSet") -> RecordKey:
    """Of a record of the rig's tenant, by default an IFS shipment."""
    return RecordKey(place=Place(f"ifs.example.com/{set_name}"), id=str(record_id))


class Wire(InProcessAdapter):
    """Keeps what was sent. `breaks` are raised instead, one a request."""

    def __init__(self, application: Application) -> None:
        super().__init__(application)
        self.sent: list[requests.PreparedRequest] = []
        self.breaks: list[requests.RequestException] = []
        self.on_request: Callable[[], None] = lambda: None

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent.append(request)
        self.on_request()
        if self.breaks:
            raise self.breaks.pop(0)
        return super().send(request, *args, **kwargs)

    def seen(self, method: str) -> list[requests.PreparedRequest]:
        return [request for request in self.sent if request.method == method]


class Rig:
    """`tenant` is the far side, `wire` the line, `pauses` every sleep; `ifs` overrides the connection's IFS side."""

    def __init__(self, *, expires_in: int = 180, **ifs: Any) -> None:
        self.at = NOON
        self.pauses: list[float] = []
        self.refusals = 0
        self.seconds_left = math.inf
        self.secret = SECRET
        self.tenant = Tenant(self.now, Random(1), clients={"c": SECRET}, expires_in=expires_in)
        self.wire = Wire(self.tenant.application)
        self.session = requests.Session()
        self.session.mount(IFS, self.wire)
        side = {"base_url": IFS, "token_url": TOKEN_URL, "company": "10", "requests_per_second": 100, **ifs}
        self.connection: Connection = a_connection(ifs=side, shipstation={"shipment_id": {"source": "custom_field_2"}})
        self.tokens = TokenSource(
            self.session,
            self.connection.ifs,
            clients=self,
            now=self.now,
            monotonic=self.monotonic,
        )
        self.client = IfsClient(
            self.session,
            self.connection.ifs,
            self.tokens,
            now=self.now,
            monotonic=self.monotonic,
            sleep=self.sleep,
            jitter=lambda: 1.0,
            seconds_left=lambda: self.seconds_left,
        )
        own = self.connection.ifs
        self.targets = IfsTargets([target_records(self.client, each, own.place_of(each)) for each in own.targets])

    @property
    def headers(self) -> ShipmentHeaders:
        """The first target alone, which has to be the shipment header."""
        target = self.connection.ifs.targets[0]
        assert isinstance(target, ShipmentHeader)
        return ShipmentHeaders(self.client, target, self.connection.ifs.place_of(target))

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += timedelta(seconds=seconds)

    def in_use(self) -> Credentials:
        return Credentials("c", SecretStr(self.secret))

    def refused(self, credentials: Credentials) -> bool:  # the Protocol's
        """There is no other client."""
        self.refusals += 1
        return False

    def accepted(self, credentials: Credentials) -> None: ...

    def read(self, number: int) -> Record:
        return self.headers.read([key(number)])[key(number)]

    def error(self, status: int, code: str, text: str = "", **fault: Any) -> None:
        """The tenant answers with its error envelope."""
        details = [{"code": code, "message": text}]
        body = {"error": {"code": code, "message": "x", "details": details}}
        self.tenant.add_fault("status", **{"status": status, "body": body, **fault})


class Desk(Rig):
    """A rig at the level of single calls: one shipment, addressed by its path."""

    def __init__(self, **ifs: Any) -> None:
        super().__init__(**ifs)
        self.number = self.tenant.add_shipment([("P1001", "BOLT", 2)])
        self.path = f"{SERVICE}/{SET}(ShipmentId={self.number})"

    def get(self) -> ETag:
        answer = self.client.get(self.path, SET)
        assert answer is not None
        return ETag(answer.headers["etag"])

    def refusal(self, etag: ETag | None = None) -> Retryable:
        """Of a PATCH under this tag, or of a reading."""
        with pytest.raises(Retryable) as caught:
            self.patch(etag) if etag else self.get()
        return caught.value

    def patch(self, etag: ETag | None = None) -> Any:
        return self.client.patch(self.path, etag or self.get(), {"ProNo": "1Z0001"}, SET)
