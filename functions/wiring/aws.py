"""The runtime in AWS. What only some Lambdas need is imported when they ask, so that the webhook starts fast."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

import functions
from functions.ledger.secrets import SecretStore
from functions.wiring.garbage import look_normally
from functions.wiring.runtime import RunTime

if TYPE_CHECKING:
    import requests
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

    from functions.connections.connection import Connection
    from functions.ledger.queues import Queue
    from functions.ledger.reports import Bucket
    from functions.ledger.table import Table
    from functions.model.connection_name import ConnectionName

CONNECTIONS = Path(str(functions.__file__)).parent.parent / "connections"

# Short enough that a stuck call leaves a Lambda time to hand its work back.
SDK = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


class AwsRuntime:
    connections_folder = CONNECTIONS

    def __init__(self) -> None:
        look_normally()  # nothing large is imported after it

    @cached_property
    def connections(self) -> dict[ConnectionName, Connection]:
        from functions.connections.file import load_all  # noqa: PLC0415 # the webhook reads no connection file

        return load_all(self.connections_folder)

    @cached_property
    def time(self) -> RunTime:
        return RunTime()

    @cached_property
    def secrets(self) -> SecretStore:
        return SecretStore(boto3.client("secretsmanager", config=SDK), self.now)

    @cached_property
    def _dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = boto3.client("dynamodb", config=SDK)
        return client

    @cached_property
    def _sqs(self) -> SQSClient:
        client: SQSClient = boto3.client("sqs", config=SDK)
        return client

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _spread(self, seconds: float) -> None:
        """Who was turned away together does not come back together."""
        self.sleep(seconds * (0.5 + self.jitter()))

    def jitter(self) -> float:
        return random.random()  # noqa: S311 # spreads retries, guards nothing

    def new_id(self) -> str:
        return uuid.uuid4().hex

    def table(self, name: str) -> Table:
        from functions.ledger.table import DynamoTable  # noqa: PLC0415 # the webhook needs no table

        return DynamoTable(self._dynamodb, name, self._spread)

    def queue(self, url: str) -> Queue:
        from functions.ledger.queues import SqsQueue  # noqa: PLC0415 # loaded by those that send

        return SqsQueue(self._sqs, url)

    def bucket(self, name: str) -> Bucket:
        from functions.ledger.reports import S3Bucket  # noqa: PLC0415 # loaded by the one that keeps reports

        return S3Bucket(boto3.client("s3", config=SDK), name)

    def session(self, ca_bundle: str | None = None) -> requests.Session:
        import requests  # noqa: PLC0415 # the webhook calls no vendor

        session = requests.Session()
        if ca_bundle is not None:
            session.verify = str(self.connections_folder / ca_bundle)
        return session

    def side_by_side(self, bodies: Sequence[Callable[[], None]]) -> None:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 # only a backlog is read in parallel

        with ThreadPoolExecutor(len(bodies)) as pool:
            for ended in [pool.submit(body) for body in bodies]:
                ended.result()
