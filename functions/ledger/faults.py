"""Translates what AWS's SDK raises. The text names the service and the error code, never a body."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from functions.errors import Retryable
from functions.model.outcomes import Reason


@contextmanager
def translated(service: str, reason: Reason) -> Iterator[None]:
    """Every fault of the SDK becomes Retryable, refusals too: a missing grant is repaired from outside."""
    try:
        yield
    except ClientError as error:
        raise Retryable(reason, f"{service}: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise Retryable(reason, f"{service}: {type(error).__name__}") from error
