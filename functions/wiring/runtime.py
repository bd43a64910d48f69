"""What a Lambda gets from the world. The handlers are wired from this, in AWS and wherever else they run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import requests

    from functions.connections.connection import Connection
    from functions.ledger.queues import Queue
    from functions.ledger.reports import Bucket
    from functions.ledger.table import Table
    from functions.model.connection_name import ConnectionName

Handler = Callable[[dict[str, Any], "Context"], Any]


class Context(Protocol):
    """The part of the Lambda context that is used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class RunTime:
    """The time of the run that an environment is at. What outlives a run asks it, and not the run's context."""

    def __init__(self) -> None:
        self._context: Context | None = None

    def begins(self, context: Context) -> None:
        self._context = context

    def seconds_left(self) -> float:
        """Without end where no Lambda runs."""
        return math.inf if self._context is None else self._context.get_remaining_time_in_millis() / 1000


class Secrets(Protocol):
    """JSON secrets by ARN. Raises Retryable."""

    def __call__(self, arn: str) -> dict[str, str]: ...

    def forget(self, arn: str) -> None:
        """After a vendor refused the credentials: the next use reads anew."""

    def renew(self, arn: str) -> bool:
        """Reads anew what may have been rotated; False for what was read a moment ago."""


class Runtime(Protocol):
    """`now` is UTC; `monotonic` counts seconds and never jumps; `jitter` is between 0 and 1; sessions keep no state
    between calls that must not be kept.
    """

    @property
    def connections(self) -> Mapping[ConnectionName, Connection]: ...

    @property
    def secrets(self) -> Secrets: ...

    @property
    def time(self) -> RunTime: ...

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    def jitter(self) -> float: ...

    def new_id(self) -> str: ...

    def table(self, name: str) -> Table: ...

    def queue(self, url: str) -> Queue: ...

    def bucket(self, name: str) -> Bucket: ...

    def session(self, ca_bundle: str | None = None) -> requests.Session:
        """`ca_bundle` is a PEM file beside the connection file."""

    def side_by_side(self, bodies: Sequence[Callable[[], None]]) -> None:
        """All at once; returns when the last one ended, with the first fault."""
