"""Secrets Manager behind a memory: what is refused is read anew at once, a short outage is not felt."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from functions.errors import Retryable
from functions.ledger.faults import translated
from functions.model.outcomes import Reason

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

FRESH = timedelta(hours=1)  # each reading is billed, and opened with a key
STALE = timedelta(hours=2)  # while Secrets Manager cannot be reached; after it we fail closed
RENEWED = timedelta(minutes=1)  # guesses must not make us read all the time


class SecretStore:
    """JSON secrets by ARN. Raises Retryable when the store cannot be reached and nothing fresh enough is remembered."""

    def __init__(self, client: SecretsManagerClient, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now
        self._known: dict[str, tuple[datetime, dict[str, str]]] = {}

    def __call__(self, arn: str) -> dict[str, str]:
        read_at, values = self._known.get(arn, (None, {}))
        if read_at is not None and self._now() - read_at < FRESH:
            return values
        try:
            with translated("Secrets Manager", Reason.SECRETS_UNAVAILABLE):
                values = self._read(arn)
        except Retryable:
            if read_at is None or self._now() - read_at >= STALE:
                raise
            return values
        self._known[arn] = (self._now(), values)
        return values

    def forget(self, arn: str) -> None:
        """After a vendor refused the credentials: the next use reads anew."""
        self._known.pop(arn, None)

    def renew(self, arn: str) -> bool:
        """Forgets what may have been rotated since it was read; False for what was read a moment ago."""
        read_at, _ = self._known.get(arn, (None, {}))
        is_old = read_at is not None and self._now() - read_at >= RENEWED
        if is_old:
            self.forget(arn)
        return is_old

    def _read(self, arn: str) -> dict[str, str]:
        """Texts, and numbers as their digits. The spelling of anything else, as of `null`, anybody could guess."""
        text = self._client.get_secret_value(SecretId=arn).get("SecretString", "")
        try:
            values = json.loads(text).items()
            return {str(name): str(value) for name, value in values if type(value) in {str, int, float}}
        except (ValueError, AttributeError) as error:
            raise Retryable(Reason.SECRETS_UNAVAILABLE, "a secret is no JSON object") from error
