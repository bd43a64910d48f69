"""A long request that arrives a second time while it is worked on begins nothing: it is told what is under way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from functions.errors import ConnectorError
from functions.ledger.requests import RequestStore
from functions.model.answer import Refusal
from functions.wiring.runtime import Context, Runtime


class Once:
    """Requests are the same where their JSON is."""

    def __init__(self, runtime: Runtime, table: str) -> None:
        self._runtime, self._requests = runtime, RequestStore(runtime.table(table))

    def run(self, event: dict[str, Any], context: Context, work: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """`work` is given an id, which a repeated request is told as `run_id`. Raises Retryable."""
        digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
        run_id, now = self._runtime.new_id(), self._runtime.now()
        # A Lambda that was killed ends nothing: its mark ends by itself, when it cannot run any more.
        until = now + timedelta(milliseconds=context.get_remaining_time_in_millis())
        other = self._requests.begin(digest, run_id, now=now, until=until)
        if other is not None:
            told = f"the same request is under way since {other.since.isoformat(timespec='seconds')}"
            return Refusal(error=f"{told}; it goes on, and this one began nothing", run_id=other.run_id).told()
        try:
            return work(run_id)
        finally:
            with suppress(ConnectorError):  # the answer is worth more; the item holds until the run's time is over
                self._requests.end(digest, run_id, self._runtime.now())
