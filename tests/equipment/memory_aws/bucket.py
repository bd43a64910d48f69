"""An S3 bucket in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from functions.errors import Retryable
from functions.model.outcomes import Reason


@dataclass
class MemoryBucket:
    """`documents` are by name; `digests` what their metadata says."""

    step: Callable[[str], None] = lambda _: None
    documents: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, body: bytes, *, kind: str, sha256: str) -> None:
        self.step("put")
        self.documents[name], self.digests[name] = body, sha256
        self.step("put done")

    def get(self, name: str) -> bytes:
        self.step("get")
        if name not in self.documents:
            raise Retryable(Reason.LEDGER_UNAVAILABLE, "S3: NoSuchKey")
        return self.documents[name]
