"""Answers carriers' events: each names a label, which is read again. No stream shows such a change, so that neither
lease nor cursor is needed; what is not answered here, the sweep finds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from functions.errors import ConnectorError
from functions.flows.from_shipstation.collect import RUN, Collection
from functions.flows.from_shipstation.crosscheck import CrossCheck
from functions.flows.from_shipstation.live_streams import OF_ONE_STREAM
from functions.flows.from_shipstation.pace import seconds_to_wait
from functions.model.audit import Cause
from functions.model.cursors import Stream
from functions.model.jobs import Lane
from functions.model.messages import Pointer

MOST_SILENT = 2  # labels in a row; more is no label's own trouble
LANE: Lane = "sweep"  # a carrier's scans come in waves, and new labels go first


@dataclass(frozen=True)
class Looked:
    """`left` are to be looked at in `goes_on_in` seconds."""

    labels: int = 0
    new_shipments: int = 0
    left: tuple[Pointer, ...] = ()
    goes_on_in: float = 0

    def and_one(self, new_shipments: int) -> Looked:
        return replace(self, labels=self.labels + 1, new_shipments=self.new_shipments + new_shipments)


def look_at_labels(collection: Collection, pointers: Sequence[Pointer], correlation_id: str) -> Looked:
    """Raises Retryable or Permanent for what concerns more than these labels. Nothing is asked of a ShipStation that
    refuses the key or answers nothing.
    """
    intake = collection.intake
    ends, silent, looked = intake.now() + RUN, 0, Looked()
    left = list(dict.fromkeys(pointers))
    if collection.positions.peek(intake.connection.name).next_probe_at is not None:
        return looked
    while left and silent < MOST_SILENT:
        if intake.now() >= ends:
            return replace(looked, left=tuple(left))
        try:
            looked = looked.and_one(_look(collection, left[0], correlation_id, lambda: intake.now() < ends))
            silent = 0
        except ConnectorError as fault:
            wait = seconds_to_wait(fault)
            if wait is not None:
                return replace(looked, left=tuple(left), goes_on_in=wait)
            if fault.reason not in OF_ONE_STREAM:
                raise
            silent += 1
        left.pop(0)
    return looked


def _look(collection: Collection, pointer: Pointer, correlation_id: str, has_time: Callable[[], bool]) -> int:
    """How many shipments were new. Orders that were asked for come first, so that it is known where a shipment goes."""
    source, intake, cause = collection.source, collection.intake, Cause(kind="webhook", correlation_id=correlation_id)
    source.check_budget()
    new = 0
    for reading in source.follow(pointer, LANE):
        CrossCheck(source, intake, has_time).absorb(reading.orders, cause, LANE)
        new += intake.take(Stream.LABELS_CREATED, reading, cause)
    return new
