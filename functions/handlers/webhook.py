"""HTTP API → SQS. A failure answers 503 and stores nothing; the scheduled poll finds what a lost webhook announced."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from functions.errors import Retryable
from functions.flows.from_shipstation.receive import Answer, Webhook, receive
from functions.ledger.queues import NotificationQueues
from functions.settings import WebhookSettings
from functions.shipstation.pointers import parse
from functions.wiring.aws import AwsRuntime
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.signatures import WebhookSignatures
from functions.wiring.telemetry import logger


class _Tokens:
    """Current and previous token of a connection, so that a rotation loses no webhook."""

    def __init__(self, runtime: Runtime, settings: WebhookSettings) -> None:
        self._secrets, self._arns = runtime.secrets, settings.webhook_secrets

    def valid_for(self, connection: str) -> Sequence[str]:
        arn = self._arns.get(connection)
        secret = self._secrets(arn) if arn else {}
        # What else a person writes into it is no token. Spaces come along with what is pasted.
        return tuple(secret[name].strip() for name in ("current", "previous") if name in secret)

    def renewed_for(self, connection: str) -> Sequence[str]:
        """Those that are valid by now; none where they were read a moment ago."""
        arn = self._arns.get(connection)
        return self.valid_for(connection) if arn and self._secrets.renew(arn) else ()


def build(runtime: Runtime, settings: WebhookSettings) -> Handler:
    tokens, signatures = _Tokens(runtime, settings), WebhookSignatures(runtime, settings)
    queue = NotificationQueues({name: runtime.queue(url) for name, url in settings.notifications.items()})

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        webhook = _webhook(event)
        known = webhook.connection if webhook.connection in settings.notifications else "unknown"
        correlation_id = context.aws_request_id
        try:
            answer = receive(
                webhook,
                tokens=tokens,
                signatures=signatures,
                parse=parse,
                queue=queue,
                now=runtime.now(),
                correlation_id=correlation_id,
            )
        except Retryable as fault:
            answer = Answer(HTTPStatus.SERVICE_UNAVAILABLE, fault.reason)
            logger.error("webhook_not_taken", connection=known, reason=fault.reason, detail=str(fault))
        status, reason = int(answer.status), answer.reason
        logger.info("webhook_answered", connection=known, status=status, reason=reason, correlation_id=correlation_id)
        return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": "{}"}

    return handle


def _webhook(event: object) -> Webhook:
    """Whatever the event is: what is missing in it or of another shape is empty."""
    fields = event if isinstance(event, dict) else {}
    parameters = _texts(fields.get("pathParameters"))
    return Webhook(
        connection=parameters.get("connection", ""),
        token=parameters.get("token", ""),
        body=_body(fields.get("body"), is_base64=fields.get("isBase64Encoded") is True),
        headers={name.lower(): value for name, value in _texts(fields.get("headers")).items()},
    )


def _texts(raw: object) -> dict[str, str]:
    pairs = raw.items() if isinstance(raw, dict) else ()
    return {name: value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}


def _body(raw: object, *, is_base64: bool) -> bytes:
    """Byte by byte as it was sent: that is what is signed."""
    text = raw if isinstance(raw, str) else ""
    if not is_base64:
        return text.encode(errors="surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), WebhookSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
