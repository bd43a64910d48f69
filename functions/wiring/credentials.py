"""What a vendor's secret holds. Each vendor is wired in a module of its own: no Lambda but the check loads both."""

from __future__ import annotations

from collections.abc import Mapping

from functions.errors import Retryable
from functions.model.outcomes import Reason


def part(secret: Mapping[str, str], name: str) -> str:
    try:
        return secret[name]
    except KeyError as error:
        raise Retryable(Reason.SECRETS_UNAVAILABLE, f"a secret has no {name}") from error
