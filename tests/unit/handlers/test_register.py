"""Our webhooks in a ShipStation account: made, kept, repaired and rotated, and nobody else's touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.model.outcomes import Reason
from tests.equipment.webhooks_desk import AFTER, BEFORE, EVENTS, OURS, TOKEN, WebhooksDesk

BOTH = pytest.mark.parametrize("api", ["v1", "v2"])


@BOTH
def test_what_is_missing_is_subscribed_and_then_left_alone(api: str) -> None:
    desk = WebhooksDesk(api)
    first = desk.look()
    requests = len(desk.account.requests)
    second = desk.look()
    assert (first["made"], desk.serving()) == (EVENTS[api], EVENTS[api])
    assert (second["registered"], second["made"], second["removed"]) == (EVENTS[api], [], [])
    assert len(desk.account.requests) == requests + 1, "a look is one request"
