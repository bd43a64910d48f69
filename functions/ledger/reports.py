"""The reports' bucket: JSON documents with their SHA-256 beside them."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from functions.ledger.faults import translated
from functions.model.outcomes import Reason
from functions.model.reconciled import Part


class Bucket(Protocol):
    """Raises `Retryable` when S3 throttles or cannot be reached."""

    def put(self, name: str, body: bytes, *, kind: str, sha256: str) -> None: ...

    def get(self, name: str) -> bytes: ...


class S3Bucket:
    """`client` is boto3's."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def put(self, name: str, body: bytes, *, kind: str, sha256: str) -> None:
        with translated("S3", Reason.LEDGER_UNAVAILABLE):
            self._client.put_object(
                Bucket=self._name, Key=name, Body=body, ContentType=kind, Metadata={"sha256": sha256}
            )

    def get(self, name: str) -> bytes:
        with translated("S3", Reason.LEDGER_UNAVAILABLE):
            body: bytes = self._client.get_object(Bucket=self._name, Key=name)["Body"].read()
            return body


class ReportStore:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def keep(self, name: str, text: str, kind: str = "application/json") -> Part:
        body = text.encode()
        sha256 = hashlib.sha256(body).hexdigest()
        self._bucket.put(name, body, kind=kind, sha256=sha256)
        return Part(name=name, sha256=sha256)

    def read(self, part: Part) -> bytes:
        return self._bucket.get(part.name)

    def text(self, name: str) -> str:
        return self._bucket.get(name).decode()
