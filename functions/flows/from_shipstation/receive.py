"""Lets a webhook in or turns it away. What it lets in is a hint to look, never data."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.model.messages import Notification, Pointer
from functions.model.shipment import ConnectionName

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


class Notifications(Protocol):
    def send(self, notification: Notification) -> None:
        """Raises Retryable."""


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    resource_url: str
    resource_type: object = None


class Webhook(BaseModel):
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
    try:
        if not _is_known(webhook.token, tokens.valid_for(webhook.connection)):
            return HTTPStatus.NOT_FOUND
        if len(webhook.body) > BODY_LIMIT_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        body = _Body.model_validate_json(webhook.body)
        event = (
            body.resource_type
            if isinstance(body.resource_type, str) and body.resource_type in EVENTS
            else UNKNOWN_EVENT
        )
        pointer = parse(body.resource_url, event)
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
    except ValidationError:
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.ACCEPTED


def _is_known(token: str, valid: Sequence[str]) -> bool:
    """Compares with every token and never stops early: the time taken says nothing. An empty token opens nothing."""
    matches = [hmac.compare_digest(token.encode(), known.encode()) and bool(known) for known in (*valid, "")]
    return any(matches)
