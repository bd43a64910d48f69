"""A connection's targets as one: an order goes to the first that has a record for it, and stays there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from functions.connections.targets import AnyTarget, CustomEntity, OrderHeader
from functions.errors import Permanent, Retryable, Scope, Stage
from functions.ifs.client import IfsClient
from functions.ifs.targets.custom_entity import CustomEntities
from functions.ifs.targets.order_header import OrderHeaders
from functions.ifs.targets.shipment_header import ShipmentHeaders
from functions.model.outcomes import Reason
from functions.model.records import Candidate, Conflict, FieldName, Place, Record, RecordKey, Sought, Written
from functions.model.shipment import OrderKey


class TargetRecords(Protocol):
    """The records of one target. Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    place: Place

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]: ...

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]: ...

    def reread(self, record: Record) -> Record | None: ...

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict: ...


def target_records(client: IfsClient, target: AnyTarget, place: Place) -> TargetRecords:
    if isinstance(target, OrderHeader):
        return OrderHeaders(client, target, place)
    if isinstance(target, CustomEntity):
        return CustomEntities(client, target, place)
    return ShipmentHeaders(client, target, place)


class IfsTargets:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    def __init__(self, targets: Sequence[TargetRecords]) -> None:
        self._targets = {each.place: each for each in targets}

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """Candidates by order, batched; orders without any are left out. Where it went before is looked at first; a
        record that is only remembered keeps nobody from being found elsewhere.
        """
        found: dict[OrderKey, list[Candidate]] = {}
        for is_wanted in (_went_to, _goes_to):
            for place, target in self._targets.items():
                asked = [each for each in sought if not _is_found(found.get(each.order, ())) and is_wanted(each, place)]
                with _told(place, "search"):
                    shown = target.find(asked) if asked else {}
                for order, candidates in shown.items():
                    found[order] = [*found.get(order, []), *candidates]
        return found

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        """Fresh readings by record key; records that no longer exist are left out."""
        found: dict[RecordKey, Record] = {}
        for place, target in self._targets.items():
            own = [key for key in keys if key.place == place]
            with _told(place, "search"):
                found |= target.read(own) if own else {}
        return found

    def reread(self, record: Record) -> Record | None:
        """By its key, with the tag that a write checks; None where it is not there."""
        with _told(record.key.place, "read"):
            return self._targets[record.key.place].reread(record)

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """Exactly these fields, under the ETag of `record`."""
        return self._targets[record.key.place].write(record, changes)

    def act(self, record: Record, action: str) -> Written | Conflict:
        """Only the shipment header has states of its own."""
        target = self._targets[record.key.place]
        if not isinstance(target, ShipmentHeaders):
            raise Permanent(Reason.IFS_CONFIGURATION, "only a shipment has state actions")
        return target.act(record, action)


ODD_ROW = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


@contextmanager
def _told(place: Place, stage: Stage) -> Iterator[None]:
    """What a row of IFS makes us raise is a fault of its record: who asks for several asks for each alone then."""
    try:
        yield
    except ODD_ROW as error:
        text, code = f"{place}: a row that cannot be read", f"UNREADABLE_ROW {type(error).__name__}"
        raise Retryable(Reason.IFS_UNAVAILABLE, text, stage=stage, code=code, scope=Scope.UNCLEAR) from error


Wanted = Callable[[Sought, Place], bool]


def _went_to(sought: Sought, place: Place) -> bool:
    return any(key.place == place for key in sought.remembered)


def _goes_to(sought: Sought, place: Place) -> bool:
    return not _went_to(sought, place)


def _is_found(candidates: Sequence[Candidate]) -> bool:
    return any(candidate.is_own or candidate.named_by for candidate in candidates)
