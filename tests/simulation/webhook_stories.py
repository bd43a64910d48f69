"""Webhooks that prove nothing, among the real ones of a connection that asks for a signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tests.equipment.world import CANARY, Site
from tests.simulation.expectations import Plot
from tests.simulation.week import Week

Headers = dict[str, str]
STALE = timedelta(minutes=7)
REFUSED = 400  # and above
POINTER = {"resource_url": "https://api.shipstation.com/v2/labels?batch_id=se-1", "resource_type": "LABEL_CREATED_V2"}
BODY = json.dumps(POINTER).encode()


def _unsigned(_: Week, __: datetime) -> Headers:
    return {}


def _forged(week: Week, now: datetime) -> Headers:
    """The signature of another body."""
    return week.world.signing.headers(b"{}", now)


def _of_another_key(week: Week, now: datetime) -> Headers:
    return week.world.signing.headers(BODY, now, kid="nobody's")


def _stale(week: Week, now: datetime) -> Headers:
    """Seen minutes ago, and sent again."""
    return week.world.signing.headers(BODY, now - STALE)


def _redated(week: Week, now: datetime) -> Headers:
    """The same, with the time of now."""
    fresh = week.world.signing.headers(BODY, now)
    return {**_stale(week, now), "x-shipengine-timestamp": fresh["x-shipengine-timestamp"]}


KINDS: dict[str, Callable[[Week, datetime], Headers]] = {
    "unsigned": _unsigned,
    "forged": _forged,
    "of another key": _of_another_key,
    "stale": _stale,
    "redated": _redated,
}


def proving_nothing(week: Week, site: Site, at: datetime) -> None:
    for kind, headers in KINDS.items():
        week.at(at + week.later(0, 600), partial(_send, week, site, kind, headers))


def _send(week: Week, site: Site, kind: str, headers: Callable[[Week, datetime], Headers]) -> None:
    name = site.connection.name
    event = {
        "pathParameters": {"connection": name, "token": f"{CANARY}3{name}"},
        "headers": headers(week, week.world.now()),
        "body": BODY.decode(),
        "isBase64Encoded": False,
    }

    def heard(answer: Any, fault: BaseException | None) -> None:
        if fault is None and answer["statusCode"] < REFUSED:
            week.let_in.append(f"{name}: a webhook that is {kind} was let in")

    week.world.functions["webhook"].invoke(event, heard)


def webhook_stories(site: str | None) -> dict[str, Plot]:
    """None where no connection asks for a signature."""
    return {"webhooks that prove nothing": Plot(proving_nothing, (site,), times=2)} if site else {}
