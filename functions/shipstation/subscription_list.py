"""The list of an account's webhooks, in either API's words."""

from __future__ import annotations

from typing import Any, Literal

from functions.errors import Permanent, Retryable, Scope
from functions.model.outcomes import Reason
from functions.shipstation.client import ShipStationClient
from functions.shipstation.values import as_rows

LANE: Literal["backfill"] = "backfill"
GONE = 404


def subscription_rows(client: ShipStationClient, path: str) -> list[dict[str, Any]]:
    """A bare array, or one within an object: V2 is specified as the one and was seen as the other. A refusal says
    nothing of the key.
    """
    answer = client.get(path, {}, LANE, scope=Scope.RECORD)
    if answer is None:
        raise Permanent(Reason.SHIPSTATION_REQUEST, f"GET {path}: 404", status=GONE, scope=Scope.RECORD)
    if answer.is_empty:
        return []
    rows = answer.body.get("webhooks") if isinstance(answer.body, dict) else answer.body
    if not isinstance(rows, list):
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {path}: no list")
    return list(as_rows(rows))
