"""V2's subscriptions: GET and POST /v2/environment/webhooks, PUT and DELETE with the id (204). They are for all stores
of the key's environments, and send headers of their own: the token stands in one, its mark and the event in the
address.

A second one of the same event or address may be refused with 409, which of both is not documented; PUT replaces
address and headers of one that is there. What is shown of the headers is not documented either.
Source: https://docs.shipstation.com/openapi/webhooks/create_webhook
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from functions.errors import OutcomeUnknown, Permanent, Scope
from functions.model.outcomes import Reason
from functions.model.registration import Subscription
from functions.model.webhook_address import WebhookAddress
from functions.model.webhook_token import TOKEN_HEADER
from functions.shipstation.client import ShipStationClient
from functions.shipstation.subscription_list import GONE, LANE, subscription_rows
from functions.shipstation.values import as_flag, as_rows, as_text

PATH = "/v2/environment/webhooks"


class AccountWebhooks:
    """Raises Retryable, OutcomeUnknown (writes) or Permanent. A refusal of a subscription says nothing of the key."""

    def __init__(self, client: ShipStationClient, address: WebhookAddress, name: str) -> None:
        self._client, self._address, self._name = client, address, name

    def list(self) -> list[Subscription]:
        rows = subscription_rows(self._client, PATH)
        return [found for found in map(_subscription, rows) if found is not None]

    def make(self, event: str, token: SecretStr) -> str:
        answer = self._client.post(PATH, {"name": self._name, "event": event, **self._told(event, token)}, LANE)
        number = as_text(answer.get("webhook_id")) if isinstance(answer, dict) else None
        if not number:
            raise OutcomeUnknown(Reason.SHIPSTATION_UNAVAILABLE, f"POST {PATH}: no webhook_id answered")
        return number

    def change(self, subscription_id: str, event: str, token: SecretStr) -> None:
        path = self._path(subscription_id)
        if not self._client.tell(path, self._told(event, token), LANE, method="PUT"):
            raise Permanent(Reason.SHIPSTATION_REQUEST, f"PUT {path}: 404", status=GONE, scope=Scope.RECORD)

    def remove(self, subscription_id: str) -> None:
        self._client.delete(self._path(subscription_id), LANE)

    def _path(self, subscription_id: str) -> str:
        return f"{PATH}/{quote(subscription_id, safe='')}"

    def _told(self, event: str, token: SecretStr) -> dict[str, Any]:
        headers = [{"key": TOKEN_HEADER, "value": token.get_secret_value()}]
        return {"url": self._address.with_mark(token, event), "headers": headers}


def _subscription(row: dict[str, Any]) -> Subscription | None:
    number, store = as_text(row.get("webhook_id")), as_text(row.get("store_id"))
    if not number:
        return None
    return Subscription(
        id=number,
        event=as_text(row.get("event")) or "",
        address=SecretStr(as_text(row.get("url")) or ""),
        header=_header(row.get("headers")),
        store=store or None,
        is_active=as_flag(row.get("active")) is not False,
    )


def _header(shown: object) -> SecretStr | None:
    """The token's; empty where headers are shown and it is not among them, None where they are not shown."""
    if not isinstance(shown, list):
        return None
    values = (as_text(each.get("value")) for each in as_rows(shown) if _is_ours(each))
    return SecretStr(next(values, None) or "")


def _is_ours(header: dict[str, Any]) -> bool:
    return (as_text(header.get("key")) or "").lower() == TOKEN_HEADER
