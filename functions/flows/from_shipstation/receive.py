"""Lets a webhook in or turns it away. What it lets in is a hint to look, never data."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from functions.model.connection_name import ConnectionName
from functions.model.notification import Notification, Pointer
from functions.model.webhook_signature import Signature
from functions.model.webhook_token import TOKEN_HEADER

# A pointer is two short strings; V2's tracking events carry all that ever happened to a parcel.
# https://docs.shipstation.com/apis/docs/guides/webhooks-schemas
BODY_LIMIT_BYTES = 262_144

TRACKING = "TRACK_EVENT_V2"
EVENTS = {
    "ORDER_NOTIFY",
    "ITEM_ORDER_NOTIFY",
    "SHIP_NOTIFY",
    "ITEM_SHIP_NOTIFY",
    "FULFILLMENT_SHIPPED",
    "FULFILLMENT_REJECTED",
    "LABEL_CREATED_V2",
    "SHIPMENT_CREATED_V2",
    "FULFILLMENT_SHIPPED_V2",
    "FULFILLMENT_REJECTED_V2",
    "BATCH_PROCESSED_V2",
    TRACKING,
}
UNKNOWN_EVENT = "OTHER"  # of a webhook whose event we do not know: its own words are not kept
# What happens to rates, carriers and reports changes nothing that is read; V2's older event of a parcel under way names
# no label.
NOTHING_TO_READ = {"API_TRACK", "API_RATE", "API_CARRIER_CONNECTED", "API_REPORT_COMPLETE"}

# 404 and 400 as ShipStation asks for them. 401 is our own: whoever comes so far has shown the token, and nothing needs
# to be hidden from it; a sender of its own finds out why, and 403 would read as a refusal of the address.
# https://docs.shipstation.com/apis/docs/guides/webhooks-validation
TURNED_AWAY = {
    Signature.INCOMPLETE: HTTPStatus.NOT_FOUND,
    Signature.TIME_UNREADABLE: HTTPStatus.BAD_REQUEST,
    Signature.TOO_OLD: HTTPStatus.BAD_REQUEST,
    Signature.KEY_UNKNOWN: HTTPStatus.UNAUTHORIZED,
    Signature.WRONG: HTTPStatus.UNAUTHORIZED,
}


class Tokens(Protocol):
    def valid_for(self, connection: str) -> Sequence[str]:
        """Every token that opens this connection's endpoint; none for an unknown one. Raises Retryable."""

    def renewed_for(self, connection: str) -> Sequence[str]:
        """The same after a rotation; none where nothing can have changed. Raises Retryable."""


class Signatures(Protocol):
    def is_required(self, connection: str) -> bool: ...

    def examine(self, webhook: Webhook, now: datetime) -> Signature:
        """Raises Retryable while the keys are out of reach."""


class Notifications(Protocol):
    def send(self, notification: Notification) -> None:
        """Raises Retryable."""


@dataclass(frozen=True)
class Webhook:
    """One call as it came in; header names in small letters."""

    connection: str
    token: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """`reason` is for the log: whoever sent the webhook learns the status alone."""

    status: HTTPStatus
    reason: str


def receive(
    webhook: Webhook,
    *,
    tokens: Tokens,
    signatures: Signatures,
    parse: Callable[[str, str], Pointer | None],
    queue: Notifications,
    now: datetime,
    correlation_id: str,
) -> Answer:
    """202, 200 (nothing to read), 400 (body or time), 401 (signature), 404 (connection, token, or a signature that is
    missing) or 413. Raises Retryable where a sender that retries can succeed.

    `parse(resource_url, resource_type)` reduces an address to ids, or is None for an address that is not ShipStation's.
    One public list holds the keys for all of ShipStation's customers: a signature proves who sent a webhook and nothing
    about whose account it is of, so that it never stands for the token.
    """
    refusal = _refusal(webhook, tokens, signatures, now)
    if refusal is not None:
        return refusal
    body = _body(webhook.body)
    url, event = body.get("resource_url"), _text(body.get("resource_type"))
    if event in NOTHING_TO_READ:
        return Answer(HTTPStatus.OK, "nothing_to_read")
    pointer = parse(url, event) if isinstance(url, str) else None
    if event == TRACKING and (pointer is None or pointer.kind != "label"):
        return Answer(HTTPStatus.OK, "nothing_to_read")  # the parcel's news stand in the body, which proves nothing
    if pointer is None:
        return Answer(HTTPStatus.BAD_REQUEST, "no_pointer")
    queue.send(
        Notification(
            connection=ConnectionName(webhook.connection),
            event=event if event in EVENTS else UNKNOWN_EVENT,
            pointer=pointer,
            received_at=now,
            correlation_id=correlation_id,
        )
    )
    return Answer(HTTPStatus.ACCEPTED, "queued")


def _refusal(webhook: Webhook, tokens: Tokens, signatures: Signatures, now: datetime) -> Answer | None:
    shown = (webhook.token, webhook.headers.get(TOKEN_HEADER, ""))
    if not _opens(shown, tokens.valid_for(webhook.connection)) and not _opens(
        shown, tokens.renewed_for(webhook.connection)
    ):
        return Answer(HTTPStatus.NOT_FOUND, "not_known")
    if len(webhook.body) > BODY_LIMIT_BYTES:
        return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large")
    signature = signatures.examine(webhook, now)
    if signature is Signature.MISSING:
        is_required = signatures.is_required(webhook.connection)
        return Answer(HTTPStatus.NOT_FOUND, signature) if is_required else None
    return Answer(TURNED_AWAY[signature], signature) if signature in TURNED_AWAY else None


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""


def _body(raw: bytes) -> dict[str, Any]:
    """Empty where it is no JSON object in UTF-8, or one that its readers may read differently."""
    try:
        body = json.loads(raw.decode(), object_pairs_hook=_each_once)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # no half character, no number beyond all
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError for a name that is given twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _opens(shown: Sequence[str], valid: Sequence[str]) -> bool:
    """Compares each with every token and never stops early: the time taken says nothing. An empty one opens nothing."""
    matches = [
        hmac.compare_digest(_raw(token), _raw(known)) and bool(known) for token in shown for known in (*valid, "")
    ]
    return any(matches)


def _raw(token: str) -> bytes:
    """Half a character, which JSON can hold, is compared like any other."""
    return token.encode(errors="surrogatepass")
