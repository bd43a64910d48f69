"""Reads what a tenant publishes of each service that the targets use, and compares it with the connection file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from functions.connections.align import AnyAlign
from functions.connections.orders import Orders
from functions.connections.targets import AnyTarget
from functions.errors import Permanent
from functions.ifs.client import IfsClient
from functions.ifs.schema.expectations import compare, expectations
from functions.ifs.schema.metadata import Published, parse
from functions.ifs.service import Service
from functions.model.fit import Finding
from functions.model.outcomes import Reason

METADATA = "$metadata"


class Inspection:
    """`findings()` raises Retryable, or Permanent where the tenant refuses more than one service."""

    def __init__(
        self,
        client: IfsClient,
        targets: Sequence[AnyTarget],
        orders: Orders | None = None,
        align: Sequence[AnyAlign] = (),
    ) -> None:
        self._client, self._targets, self._orders, self._align = client, targets, orders, align

    def findings(self) -> list[Finding]:
        """Once each: the sets of a missing service say the same."""
        return list(dict.fromkeys(self._findings()))

    def _findings(self) -> Iterator[Finding]:
        published: dict[str, Published | Permanent | None] = {}
        for expected in expectations(self._targets, self._orders, self._align):
            path = Service(self._client, expected.endpoint, expected.projection).path
            if path not in published:
                published[path] = self._published(path)
            service = published[path]
            if isinstance(service, Permanent):
                yield _refused(expected.subject, expected.projection)
            else:
                yield from compare(expected, service)

    def _published(self, path: str) -> Published | Permanent | None:
        """None where there is no such service; the fault where it is refused."""
        try:
            document = self._client.metadata(f"{path}/{METADATA}", METADATA)
        except Permanent as fault:
            if fault.reason is Reason.IFS_PERMISSION:
                return fault
            if fault.reason is Reason.IFS_CONFIGURATION:
                return None
            raise
        return parse(document) if document else None


def _refused(subject: str, projection: str) -> Finding:
    sentence = f"The service user may not use {projection}."
    advice = f"Grant {projection} to a permission set of the service user."
    return Finding(subject=subject, severity="misfit", sentence=sentence, advice=advice)
