"""Carries out plans that decide nothing but their own fields: a revert puts back what a plan wrote, an overwrite writes
over what was kept for a person. The record is written as by any delivery, and nothing else of the order is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from functions.errors import ConnectorError
from functions.flows.to_ifs.deliver import DeliveredOrder, Delivery, deliver, tell_neighbours
from functions.flows.to_ifs.examine import examine, order_case
from functions.flows.to_ifs.next_attempt import called
from functions.flows.to_ifs.proposal import RecordProposal
from functions.flows.to_ifs.record_write import RecordResult, RecordWrite
from functions.flows.to_ifs.shipment_outcome import worst
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome
from functions.model.plans import Plan, PlannedRecord
from functions.model.records import RecordKey
from functions.model.state import FieldOutcome, OrderState

ALONE = {"revert", "overwrite"}
SETTLED = {Outcome.WRITTEN, Outcome.UNCHANGED, Outcome.KEPT}
Results = Mapping[RecordKey, tuple[PlannedRecord, RecordResult]]


def carry_out(batch: Sequence[DeliverOrder], delivery: Delivery) -> list[DeliveredOrder]:
    """Reverts and overwrites first, each alone; then everything else is delivered. What they could not write now, their
    plans send again.
    """
    alone = [message for message in batch if message.cause.kind in ALONE]
    others = [message for message in batch if message.cause.kind not in ALONE]
    return [*(_ended(message, delivery) for message in alone), *(deliver(others, delivery) if others else ())]


def _ended(message: DeliverOrder, delivery: Delivery) -> DeliveredOrder:
    try:
        return _carried_out(message, delivery)
    except Exception as error:  # noqa: BLE001 # one order's trouble must not be its neighbours', as in a delivery
        fault = str(error) if isinstance(error, ConnectorError) else type(error).__name__
        return DeliveredOrder(message.order, message.cause, saved=False, fault=fault)


def _carried_out(message: DeliverOrder, delivery: Delivery) -> DeliveredOrder:
    key, plan = message.order, delivery.plans.get(message.cause.plan_id or "", message.order)
    before = delivery.orders.load([key]).get(key, OrderState(key=key))
    if plan is None or plan.cancelled is not None or delivery.now() >= plan.expires_at:
        return DeliveredOrder(key, message.cause, saved=True, state=before)
    results = _write(message, before, plan, delivery)
    tell_neighbours([result.memory for _, result in results.values()], [key], message.cause, delivery.queue)
    ended, now = _after(before, results), delivery.now()
    ended = ended.without_replay() if plan.kind == "revert" else ended
    state = called(ended, delivery.connection.patience, now).dated(before, now)
    saved = state == before or delivery.orders.save(state)
    calls = state.attention is not None and before.attention is None
    return DeliveredOrder(key, message.cause, saved, state, calls=calls)


def _write(message: DeliverOrder, state: OrderState, plan: Plan, delivery: Delivery) -> Results:
    """Those records of the plan that the order still stands on, and that it may write."""
    case = order_case(state, delivery.connection)
    proposal = examine([case], delivery.lookup, is_probe=message.is_probe)
    results: dict[RecordKey, tuple[PlannedRecord, RecordResult]] = {}
    for planned in plan.records:
        record = proposal.records.get(planned.key)
        if record is not None and planned.changes:
            tools = delivery.tools(record.view, is_probe=message.is_probe)
            own = _own(plan, planned, record)
            results[planned.key] = planned, RecordWrite(tools, own, message.order, message.cause).run()
    return results


def _own(plan: Plan, planned: PlannedRecord, record: RecordProposal) -> RecordProposal:
    """The record with the fields of the plan alone to be decided."""
    if plan.kind == "overwrite":
        return record.overwriting(planned.changes.keys(), planned.changes, plan.plan_id)
    return record.reverting(planned.changes, plan.plan_id)


def _after(state: OrderState, results: Results) -> OrderState:
    """How the fields that were put back end, and the shipments that waited for nothing."""
    fields = {key: _named(planned.changes, result) for key, (planned, result) in results.items()}
    records = [record.ended({**record.fields, **fields.get(record.key, {})}) for record in state.records]
    ended = {record.key: worst(record.fields.values()) for record in records if record.key in fields}
    shipments = {
        key: each.waiting(*ended[each.placing.key])
        for key, each in state.shipments.items()
        if each.placing is not None and each.placing.key in ended and each.outcome in SETTLED and each.is_in_scope
    }
    return state.with_shipments(shipments).with_records(records, state.debts, state.past)


def _named(names: Iterable[str], result: RecordResult) -> dict[str, FieldOutcome]:
    """What has to be put back once more stands there as before."""
    if result.hindrance is not None:
        return {}
    ended = {name: result.fields[name] for name in names if name in result.fields}
    return {name: each for name, each in ended.items() if each.outcome is not Outcome.RETRY}
