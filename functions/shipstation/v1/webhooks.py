"""V1's subscriptions: GET /webhooks (an object that holds the list), POST /webhooks/subscribe (201 with the id), DELETE
/webhooks/{id} (200, empty). They can be made and removed, not changed, and carry no header: the token stands in the
address, of at most 200 characters.

Sources: https://docs.shipstation.com/apis/shipstation-v1/docs/models/webhook; answers recorded in
https://github.com/nicklasjepsen/shipstation-net-sdk.
"""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from functions.errors import OutcomeUnknown, Permanent, Scope
from functions.model.outcomes import Reason
from functions.model.registration import Subscription
from functions.model.webhook_address import WebhookAddress
from functions.shipstation.client import ShipStationClient
from functions.shipstation.subscription_list import LANE, subscription_rows
from functions.shipstation.values import as_flag, as_text, as_whole

PATH = "/webhooks"
CONFLICT = 409


class AccountWebhooks:
    """Raises Retryable, OutcomeUnknown (writes) or Permanent. A refusal of a subscription says nothing of the key."""

    def __init__(self, client: ShipStationClient, address: WebhookAddress, name: str) -> None:
        self._client, self._address, self._name = client, address, name

    def list(self) -> list[Subscription]:
        rows = subscription_rows(self._client, PATH)
        return [found for found in map(_subscription, rows) if found is not None]

    def make(self, event: str, token: SecretStr) -> str:
        body = {
            "target_url": self._address.with_token(token),
            "event": event,
            "store_id": None,
            "friendly_name": self._name,
        }
        answer = self._client.post(f"{PATH}/subscribe", body, LANE)
        number = _number(answer) if isinstance(answer, dict) else None
        if number is None:
            raise OutcomeUnknown(Reason.SHIPSTATION_UNAVAILABLE, f"POST {PATH}/subscribe: no id answered")
        return str(number)

    def change(self, subscription_id: str, event: str, token: SecretStr) -> None:
        del event, token
        text = f"{PATH}/{subscription_id}: V1 changes none, and refuses a second one"
        raise Permanent(Reason.SHIPSTATION_REQUEST, text, status=CONFLICT, scope=Scope.RECORD)

    def remove(self, subscription_id: str) -> None:
        self._client.delete(f"{PATH}/{subscription_id}", LANE)


def _number(answer: dict[str, Any]) -> int | None:
    """As it was recorded, or by the name that the list has for it."""
    number = as_whole(answer.get("id"))
    return number if number is not None else as_whole(answer.get("WebHookID"))


def _subscription(row: dict[str, Any]) -> Subscription | None:
    number, store = as_whole(row.get("WebHookID")), as_whole(row.get("StoreID"))
    if number is None:
        return None
    return Subscription(
        id=str(number),
        event=as_text(row.get("HookType")) or "",
        address=SecretStr(as_text(row.get("Url")) or ""),
        header=SecretStr(""),
        store=str(store) if store is not None else None,
        is_active=as_flag(row.get("Active")) is not False,
    )
