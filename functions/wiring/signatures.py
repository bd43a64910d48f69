"""What a connection asks of a webhook's signature, and the keys that verify it: kept for as long as the environment
lives. How keys are fetched is imported with the first signed webhook, because it brings an HTTP client.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from functions.model.webhook_signature import Signature
from functions.settings import WebhookSettings
from functions.shipstation.v2 import signature
from functions.wiring.runtime import Runtime

if TYPE_CHECKING:
    from functions.flows.from_shipstation.receive import Webhook
    from functions.shipstation.v2.jwks import SigningKeys
    from functions.shipstation.v2.rsa import RsaKey

REQUIRE = "require"


class WebhookSignatures:
    def __init__(self, runtime: Runtime, settings: WebhookSettings) -> None:
        self._runtime, self._settings = runtime, settings
        self._keys: dict[str, SigningKeys] = {}  # by addresses: connections share what they share

    def is_required(self, connection: str) -> bool:
        return self._settings.webhook_signatures.get(connection) == REQUIRE

    def examine(self, webhook: Webhook, now: datetime) -> Signature:
        """Raises Retryable while the keys are out of reach."""

        def keys(key_id: str) -> tuple[RsaKey, ...]:
            return self._keys_at(self._settings.jwks_urls[webhook.connection])(key_id)

        return signature.examine(webhook.headers, webhook.body, now=now, keys=keys)

    def _keys_at(self, urls: str) -> SigningKeys:
        from functions.shipstation.v2.jwks import SigningKeys  # noqa: PLC0415 # see above

        if urls not in self._keys:
            runtime = self._runtime
            self._keys[urls] = SigningKeys(runtime.session, urls.split(), now=runtime.now, monotonic=runtime.monotonic)
        return self._keys[urls]
