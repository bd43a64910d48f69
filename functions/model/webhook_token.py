"""Where a webhook shows its token, if not in its address. Without pydantic: the webhook starts without it."""

from __future__ import annotations

TOKEN_HEADER = "x-webhook-token"  # noqa: S105 # the header's name
