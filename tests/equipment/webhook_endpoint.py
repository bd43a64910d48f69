"""The webhook's own handler over a queue, secrets and signing keys in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from types import MappingProxyType, SimpleNamespace
from typing import Any

import requests

from functions.handlers import webhook
from functions.ledger.queues import Entry
from functions.ledger.secrets import SecretStore
from functions.settings import WebhookSettings
from tests.equipment.builders import NOON
from tests.equipment.http import InProcessAdapter
from tests.equipment.memory_aws.secrets import MemorySecrets
from tests.equipment.shipstation.signing import SigningService

NOTHING: Mapping[str, Any] = MappingProxyType({})
TOKEN = "CANARY-token"
V1 = b'{"resource_url": "https://ssapi.shipstation.com/shipments?batchId=7", "resource_type": "SHIP_NOTIFY"}'
V2 = b'{"resource_url": "https://api.shipstation.com/v2/labels?batch_id=se-7",\r\n "resource_type": "LABEL_CREATED_V2"}'


class Queue:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_batch(self, entries: Sequence[Entry]) -> list[int]:
        self.sent += [json.loads(entry.body) for entry in entries]
        return []


class Runtime:
    """What of a runtime the webhook uses."""

    def __init__(self, service: SigningService) -> None:
        self.at, self.outgoing, self.service, self.sessions = NOON, Queue(), service, 0
        secrets = MemorySecrets({"arn": {"current": TOKEN, "previous": ""}}, self.now, Random(1))
        self.secrets = SecretStore(secrets, self.now)  # type: ignore[arg-type] # stands for boto3's client

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def queue(self, url: str) -> Queue:
        return self.outgoing

    def session(self, ca_bundle: str | None = None) -> requests.Session:
        self.sessions += 1
        session = requests.Session()
        session.mount("https://keys.example.com", InProcessAdapter(self.service.application))
        return session


class Endpoint:
    """A connection `moving` that accepts and a connection `strict` that requires signatures."""

    def __init__(self) -> None:
        self.service = SigningService("k1")
        self.runtime = Runtime(self.service)
        names = ("moving", "strict")
        settings = WebhookSettings(
            notifications=dict.fromkeys(names, "url"),
            webhook_secrets=dict.fromkeys(names, "arn"),
            webhook_signatures={"moving": "accept", "strict": "require"},
            jwks_urls=dict.fromkeys(names, "https://keys.example.com/jwks"),
        )
        self.handle = webhook.build(self.runtime, settings)  # type: ignore[arg-type] # what of it is used
        self.answers: list[dict[str, Any]] = []

    @property
    def sent(self) -> list[dict[str, Any]]:
        return self.runtime.outgoing.sent

    def post(
        self,
        body: bytes,
        headers: dict[str, str] | None = None,
        *,
        connection: str = "strict",
        token: str = TOKEN,
        as_base64: bool = False,
        event: Mapping[str, Any] = NOTHING,
    ) -> int:
        raw = base64.b64encode(body).decode() if as_base64 else body.decode()
        named = {"connection": connection, "token": token} if token else {"connection": connection}
        whole = {"pathParameters": named, "headers": headers or {}, "body": raw, "isBase64Encoded": as_base64}
        answer = self.handle({**whole, **event}, SimpleNamespace(aws_request_id="c-1"))
        self.answers.append(answer)
        return int(answer["statusCode"])

    def signed(self, body: bytes, **given: Any) -> int:
        return self.post(body, self.service.headers(body, self.runtime.at), **given)
