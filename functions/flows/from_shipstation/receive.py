"""Lets a webhook in or turns it away. What it lets in is a hint to look, never data."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from functions.model.connection_name import ConnectionName
from functions.model.notification import Notification, Pointer

# A V1 body is two short strings, the address at most 200 characters:
# https://docs.shipstation.com/apis/shipstation-v1/docs/models/webhook
BODY_LIMIT_BYTES = 4096

EVENTS = {
    "ORDER_NOTIFY",
    "ITEM_ORDER_NOTIFY",
    "SHIP_NOTIFY",
    "ITEM_SHIP_NOTIFY",
    "FULFILLMENT_SHIPPED",
    "FULFILLMENT_REJECTED",
}
UNKNOWN_EVENT = "OTHER"  # of a webhook whose event we do not know: its own words are not kept


class Tokens(Protocol):
    def valid_for(self, connection: str) -> Sequence[str]:
        """Every token that opens this connection's endpoint; none for an unknown one. Raises Retryable."""

    def renewed_for(self, connection: str) -> Sequence[str]:
        """The same after a rotation; none where nothing can have changed. Raises Retryable."""


class Notifications(Protocol):
    def send(self, notification: Notification) -> None:
        """Raises Retryable."""


@dataclass(frozen=True)
class Webhook:
    """One call as it came in."""

    connection: str
    token: str
    body: bytes


def receive(
    webhook: Webhook,
    *,
    tokens: Tokens,
    parse: Callable[[str, str], Pointer | None],
    queue: Notifications,
    now: datetime,
    correlation_id: str,
) -> HTTPStatus:
    """202, 400 (body), 404 (connection or token) or 413. Raises Retryable where a sender that retries can succeed.

    `parse(resource_url, resource_type)` reduces an address to ids, or is None for an address that is not ShipStation's.
    """
    if not _is_known(webhook.token, tokens.valid_for(webhook.connection)) and not _is_known(
        webhook.token, tokens.renewed_for(webhook.connection)
    ):
        return HTTPStatus.NOT_FOUND
    if len(webhook.body) > BODY_LIMIT_BYTES:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    body = _body(webhook.body)
    url, event = body.get("resource_url"), _event(body.get("resource_type"))
    pointer = parse(url, event) if isinstance(url, str) else None
    if pointer is None:
        return HTTPStatus.BAD_REQUEST
    queue.send(
        Notification(
            connection=ConnectionName(webhook.connection),
            event=event,
            pointer=pointer,
            received_at=now,
            correlation_id=correlation_id,
        )
    )
    return HTTPStatus.ACCEPTED


def _event(named: object) -> str:
    return named if isinstance(named, str) and named in EVENTS else UNKNOWN_EVENT


def _body(raw: bytes) -> dict[str, Any]:
    """Empty where it is no JSON object in UTF-8."""
    try:
        body = json.loads(raw.decode())
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _is_known(token: str, valid: Sequence[str]) -> bool:
    """Compares with every token and never stops early: the time taken says nothing. An empty token opens nothing."""
    matches = [hmac.compare_digest(token.encode(), known.encode()) and bool(known) for known in (*valid, "")]
    return any(matches)
