"""A person exchanges a vendor's key: the next one stands in the secret beside the first, whose end comes meanwhile."""

from __future__ import annotations

from typing import Any

from functions.model.key_expiry import NEXT
from tests.equipment.memory_aws.secrets import pair
from tests.equipment.world import CANARY, Site, World

NAMES = {"shipstation": ("api_key", "api_secret"), "ifs": ("client_id", "client_secret")}
SECRETS = {"shipstation": "ss-acme", "ifs": "ifs-acme"}


class Exchange:
    """Of one vendor's key, of the connection `acme`."""

    def __init__(self, world: World, site: Site, vendor: str = "shipstation") -> None:
        self._world, self._vendor = world, vendor
        self._taken = site.account.keys if vendor == "shipstation" else site.tenant.clients
        self.old = dict(self._taken)
        self.new = {f"{CANARY}Next{vendor}": f"{CANARY}4{vendor}"}

    def put(self, first: dict[str, str], following: dict[str, str], **more: str) -> None:
        key, secret = NAMES[self._vendor]
        values = pair(key, secret, first)
        if following:
            values |= pair(f"{NEXT}{key}", f"{NEXT}{secret}", following)
        self._world.secrets.put(SECRETS[self._vendor], values | more)

    def begin(self, **more: str) -> None:
        """The vendor takes both."""
        self._taken.update(self.new)
        self.put(self.old, self.new, **more)

    def end_the_old(self) -> None:
        self._set(self.new)

    def end_both(self) -> None:
        self._set({})

    def take_back(self) -> None:
        """The vendor takes the old one again, and no other."""
        self._set(self.old)

    def promote(self, **more: str) -> None:
        self.put(self.new, {}, **more)

    def _set(self, taken: dict[str, str]) -> None:
        self._taken.clear()
        self._taken.update(taken)


def in_clear(*exchanges: Exchange) -> list[str]:
    """What must stand nowhere."""
    pairs: list[dict[str, Any]] = [each for exchange in exchanges for each in (exchange.old, exchange.new)]
    return [text for each in pairs for text in (*each, *each.values())]
