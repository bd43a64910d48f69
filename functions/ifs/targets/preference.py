"""A connection's targets as one: an order goes to the first that has a record for it, and stays there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from functions.connections.targets import AnyTarget, CustomEntity, OrderHeader
from functions.errors import Permanent
from functions.ifs.client import IfsClient
from functions.ifs.targets.custom_entity import CustomEntities
from functions.ifs.targets.order_header import OrderHeaders
from functions.ifs.targets.shipment_header import ShipmentHeaders
from functions.model.outcomes import Reason
from functions.model.records import Candidate, Conflict, FieldName, Record, Sought, Written
from functions.model.shipment import OrderKey


class Engine(Protocol):
    profile: str

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]: ...

    def read(self, keys: Sequence[str]) -> dict[str, Record]: ...

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict: ...


def engine(client: IfsClient, target: AnyTarget) -> Engine:
    if isinstance(target, OrderHeader):
        return OrderHeaders(client, target)
    if isinstance(target, CustomEntity):
        return CustomEntities(client, target)
    return ShipmentHeaders(client, target)


class IfsTargets:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = {each.profile: each for each in engines}

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """Candidates by order, batched; orders without any are left out."""
        found: dict[OrderKey, list[Candidate]] = {}
        for is_wanted in (_went_to, _goes_to):
            for profile, each in self._engines.items():
                asked = [one for one in sought if one.order not in found and is_wanted(one, profile)]
                found |= each.find(asked) if asked else {}
        return found

    def read(self, keys: Sequence[str]) -> dict[str, Record]:
        """Fresh readings by record key; records that no longer exist are left out."""
        found: dict[str, Record] = {}
        for profile, each in self._engines.items():
            own = [key for key in keys if key.startswith(f"{profile}/")]
            found |= each.read(own) if own else {}
        return found

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """Exactly these fields, under the ETag of `record`."""
        return self._engines[record.key.partition("/")[0]].write(record, changes)

    def act(self, record: Record, action: str) -> Written | Conflict:
        """Only the shipment header has states of its own."""
        header = self._engines[record.key.partition("/")[0]]
        if not isinstance(header, ShipmentHeaders):
            raise Permanent(Reason.IFS_CONFIGURATION, f"{header.profile} has no state actions")
        return header.act(record, action)


Wanted = Callable[[Sought, str], bool]


def _went_to(sought: Sought, profile: str) -> bool:
    return any(key.startswith(f"{profile}/") for key in sought.remembered)


def _goes_to(sought: Sought, profile: str) -> bool:
    return not _went_to(sought, profile)
