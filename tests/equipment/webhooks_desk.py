"""A ShipStation account and the function that keeps our webhooks subscribed in it. Wired as in AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from functions.handlers import register
from functions.ledger.registrations import RegistrationStore
from functions.model.registration import Registration, RegistrationReport
from functions.model.shipment import ConnectionName
from functions.settings import RegisterSettings
from tests.equipment.quiet_connection import asked, quiet_world, run
from tests.equipment.shipstation.webhooks import Subscription
from tests.equipment.world import CANARY, LEDGER

ACME = ConnectionName("acme")
API_URL = "https://hooks.example.com"
OURS = f"{API_URL}/webhooks/acme"
TOKEN = f"{CANARY}3acme"  # the world's
BEFORE, AFTER = TOKEN, f"{CANARY}-rotated"
EVENTS = {
    "v1": ["SHIP_NOTIFY", "ORDER_NOTIFY", "FULFILLMENT_SHIPPED"],
    "v2": ["label_created_v2", "shipment_created_v2", "fulfillment_shipped_v2"],
}


class WebhooksDesk:
    """Nobody has subscribed anything yet."""

    def __init__(self, api: str = "v1", webhooks: str = "registered", mode: str = "write") -> None:
        self.api = api
        self.world, self.site = quiet_world(api=api, webhooks=webhooks)
        self.site.connection = self.site.connection.in_mode(mode)  # type: ignore[arg-type] # one of the three
        self.account, self.hooks = self.site.account, self.site.account.hooks
        settings = RegisterSettings(
            ledger_table=LEDGER,
            api_url=API_URL,
            webhook_secrets={"acme": "hook-acme"},
            shipstation_secrets={"acme": "ss-acme"},
        )
        self.world.also("register", register.build, settings)

    def look(self) -> dict[str, Any]:
        """A scheduled run."""
        return self.ask(is_scheduled=True)

    def ask(self, **event: Any) -> dict[str, Any]:
        return asked(self.world, {"connection": "acme", **event}, "register")

    def by_hand(self, **more: Any) -> dict[str, Any]:
        return self.ask(dry_run=False, by="kim", note="a test", **more)

    def wait(self, hours: float) -> None:
        run(self.world, self.world.now() + timedelta(hours=hours))

    def rotate(self, current: str = AFTER, previous: str = BEFORE) -> None:
        self.world.secrets.put("hook-acme", {"current": current, "previous": previous})

    def standing(self) -> Registration | None:
        return RegistrationStore(self.world.tables[LEDGER]).load(ACME)

    def claim(self, *numbers: int) -> None:
        """As if the connector had made them."""
        store, now = RegistrationStore(self.world.tables[LEDGER]), self.world.now()
        known = store.known(ACME, now)
        ids = tuple(f"se-{number}" if self.api == "v2" else f"{number}" for number in numbers)
        report = RegistrationReport(created=ids, marks={**known.marks, **dict.fromkeys(ids, "")})
        store.save(known.after(report, now, self.api))

    @property
    def found(self) -> list[Subscription]:
        return list(self.hooks.subscriptions.values())

    def serving(self, token: str = TOKEN) -> list[str]:
        """The events whose webhooks open the endpoint with this token."""
        return [each.event for each in self.found if each.is_active and _shows(each, token)]

    def writes(self) -> list[tuple[str, str]]:
        return [(r.method, r.path) for r in self.account.requests if r.method != "GET"]


def _shows(each: Subscription, token: str) -> bool:
    parts = urlsplit(each.target_url)
    is_there = parts.netloc == "hooks.example.com"
    at = (parts.path, each.headers.get("x-webhook-token"))
    return is_there and at in {(f"/webhooks/acme/{token}", None), ("/webhooks/acme", token)}
