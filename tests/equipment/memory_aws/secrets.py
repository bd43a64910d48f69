"""Secrets Manager in memory: what was replaced is handed out for a short while longer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random

from botocore.exceptions import ClientError

STALE_SECONDS = 60.0


class MemorySecrets:
    """Stands for boto3's client. `step` is called before each reading: it may raise or wait."""

    def __init__(
        self,
        values: Mapping[str, dict[str, str]],
        now: Callable[[], datetime],
        random: Random,
        step: Callable[[], None] = lambda: None,
    ) -> None:
        self._values, self._now, self._random, self._step = dict(values), now, random, step
        self._earlier: dict[str, tuple[datetime, dict[str, str]]] = {}
        self._deleted: set[str] = set()

    def put(self, arn: str, values: dict[str, str]) -> None:
        """At once, for everybody."""
        self._values[arn] = values

    def delete(self, arn: str) -> None:
        """Scheduled, as AWS does it: nobody reads it any more."""
        self._deleted.add(arn)

    def replace(self, arn: str, first: str, second: str, known: Mapping[str, str]) -> None:
        """What a person does when a key ran out."""
        late = timedelta(seconds=self._random.uniform(0, STALE_SECONDS))
        self._earlier[arn] = self._now() + late, self._values[arn]
        self._values[arn] = pair(first, second, known)

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 # as boto3 names it
        self._step()
        if SecretId in self._deleted:
            raise _refused("InvalidRequestException")
        if SecretId not in self._values:
            raise _refused("ResourceNotFoundException")
        until, earlier = self._earlier.get(SecretId, (self._now(), {}))
        is_stale = self._now() < until and self._random.random() < 0.5
        return {"SecretString": json.dumps(earlier if is_stale else self._values[SecretId])}


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "GetSecretValue")


def pair(first: str, second: str, known: Mapping[str, str]) -> dict[str, str]:
    """The one key or client of `known`, its name and its secret under these fields."""
    ((name, secret),) = known.items()
    return {first: name, second: secret}
