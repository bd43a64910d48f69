"""Whether a change that ShipStation says it took stands there: an order that has left between our reading and our write
takes none, and V1 does not document that it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from functions.errors import ConnectorError
from functions.flows.to_shipstation.merge import BEFORE_THE_LABEL, has_arrived
from functions.flows.to_shipstation.step import OF_ONE_ORDER, Push, Step
from functions.model.outbound import CANCELLING, digests
from functions.model.pushed_order import CurrentOrder

TELLING = {*BEFORE_THE_LABEL, CANCELLING}  # of what else was not taken nobody has to hear once an order has left


def standing(flow: Push, changed: Sequence[Step]) -> Iterator[Step]:
    """Those whose change stands there, or that need not be looked at. In a list where one shows it: lists lag."""
    asked = [step.pushed for step in changed if _matters(step)]
    found = flow.writer.read(asked) if asked else {}
    for step in changed:
        listed = found.get(step.pushed.order_key)
        if not _matters(step) or _stands(step, listed) or _stands(step, _read_alone(flow, step)):
            yield step


def _read_alone(flow: Push, step: Step) -> CurrentOrder | None:
    """None where ShipStation cannot show this one, which is no trouble of the others: the next look asks again."""
    try:
        return flow.writer.read_one(step.pushed)
    except ConnectorError as fault:
        if fault.reason not in OF_ONE_ORDER:
            raise
        return None


def _matters(step: Step) -> bool:
    return not TELLING.isdisjoint(step.pushed.trying)


def _stands(step: Step, after: CurrentOrder | None) -> bool:
    """What ShipStation keeps in a form of its own is another one than before all the same."""
    if after is None or step.current is None:
        return False
    step.is_parted = after.is_split  # else it would not have been written
    before, now = digests(step.current.fields), digests(after.fields)
    return has_arrived(step.pushed, after) or any(before.get(field) != now.get(field) for field in step.pushed.trying)
