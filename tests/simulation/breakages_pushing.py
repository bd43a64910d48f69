"""Deliberate breakages of the way from IFS shipments to ShipStation orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from functions.errors import Retryable
from functions.flows.from_ifs import pull
from functions.flows.to_shipstation import look, merge, push, step
from functions.flows.to_shipstation.merge import Decision
from functions.handlers import push as push_handler
from functions.ifs.outbound import OutboundShipments
from functions.model.outcomes import Reason
from functions.model.pushed_order import PushedOrder
from functions.shipstation.pushing import item_text
from functions.shipstation.v1 import order_writer
from functions.shipstation.v1.order_writer import OrderWriter
from functions.wiring.telemetry import logger
from tests.simulation.patching import patch


def _absence_is_a_cancellation() -> None:
    seen = pull._seen

    def and_those_that_are_gone(flow: Any, known: Any, connection: Any, orders: Any) -> Any:
        found = seen(flow, known, connection, orders)
        gone = {key for key in known if key not in found}
        void = [each.model_copy(update={"fate": "cancel"}) for each in list(found.values())[:1]]
        ours = {key: each.model_copy(update={"shipment_id": key.shipment_id}) for each in void for key in gone}
        return {**found, **ours}

    patch(pull, "_seen", and_those_that_are_gone)


def _another_state_is_a_cancellation() -> None:
    shipment = OutboundShipments._shipment

    def hasty(self: Any, row: Any, lines: Any) -> Any:
        found = shipment(self, row, lines)
        return found if row["Objstate"] in self._orders.states else found.model_copy(update={"fate": "cancel"})

    patch(OutboundShipments, "_shipment", hasty)


def _only_the_list_is_read() -> None:
    """What has left it is not asked for by number."""
    seen = pull._seen
    patch(pull, "_seen", lambda flow, known, connection, orders: seen(flow, (), connection, orders))


def _settled_once_is_settled() -> None:
    patch(PushedOrder, "has_heard", lambda self, outbound: outbound.wish == self.wish and self.order_id is not None)


def _an_update_starts_from_nothing() -> None:
    def merged(self: Any, current: Any, content: Any, ours: Any) -> Any:
        return {**self.new(current.order_key, content), "orderId": current.order_id}

    patch(OrderWriter, "merged", merged)


def _an_update_ends_a_hold() -> None:
    merged = OrderWriter.merged
    released = {"orderStatus": "awaiting_shipment"}
    patch(OrderWriter, "merged", lambda self, *arguments: {**merged(self, *arguments), **released})


def _ifs_is_always_right() -> None:
    merged = merge._merge

    def overwriting(content: Any, pushed: Any, current: Any) -> Any:
        found = merged(content, pushed, current)
        fields = (*found.fields, *found.kept)
        return Decision("update" if fields else "agree", fields)

    patch(merge, "_merge", overwriting)


def _results_by_position() -> None:
    upsert = OrderWriter.upsert

    def in_place(self: Any, bodies: Any) -> Any:
        results = upsert(self, bodies)
        keys = [str(body["orderKey"]) for body in bodies]
        return [each.model_copy(update={"order_key": key}) for key, each in zip(keys, results, strict=False)]

    patch(OrderWriter, "upsert", in_place)


def _orders_without_a_key() -> None:
    new = OrderWriter.new
    patch(
        OrderWriter,
        "new",
        lambda self, key, content: {k: v for k, v in new(self, key, content).items() if k != "orderKey"},
    )


def _a_rewritten_address_is_an_edit() -> None:
    patch(merge, "_is_rewritten", lambda current, address: False)


def _nothing_is_saved_before_the_write() -> None:
    begin = push._begin

    def unsaved(flow: Any, step: Any, cause: Any) -> bool:
        step_flow = replace(flow, pushed=_Deaf(flow.pushed))
        if not begin(step_flow, step, cause):
            return False
        step.pushed = step.pushed.model_copy(update={"revision": step.pushed.revision - 1})
        return True

    patch(push, "_begin", unsaved)


class _Deaf:
    def __init__(self, store: Any) -> None:
        self.load = store.load

    def save(self, _: Any) -> bool:
        return True


def _the_same_generation_again() -> None:
    reopened = PushedOrder.reopened
    patch(PushedOrder, "reopened", lambda self: reopened(self).model_copy(update={"generation": self.generation}))


def _a_refused_row_fails_its_batch() -> None:
    upserted = order_writer._upserted

    def strict(row: Any) -> Any:
        if row.get("success") is False:
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, "hasErrors")
        return upserted(row)

    patch(order_writer, "_upserted", strict)


def _cancelled_without_looking() -> None:
    patch(
        look, "decide_to_cancel", lambda pushed, current, wish: Decision("cancel" if current is not None else "agree")
    )


def _quantities_as_text() -> None:
    """`3` and `3.0` differ."""
    patch(order_writer, "item_text", lambda *parts: item_text(*parts) + ".0")


def _written_in_shadow() -> None:
    pushed = push.push

    def writing(flow: Any, message: Any) -> Any:
        return pushed(replace(flow, orders=flow.orders.model_copy(update={"mode": "write"})), message)

    patch(push_handler, "push", writing)


def _the_audit_of_a_dead_run_is_forgotten() -> None:
    def catch_up(flow: Any, step: Any, current: Any, cause: Any) -> None:
        step.pushed = merge.caught_up(step.pushed, current)

    patch(look, "_catch_up", catch_up)


def _what_is_gone_is_made_again() -> None:
    decide = merge.decide

    def again(content: Any, pushed: Any, current: Any) -> Any:
        return decide(content, pushed, current) if current is not None else Decision("create")

    patch(look, "decide", again)
    patch(push, "recalled", lambda flow, step, content: None)


def _nobody_is_told() -> None:
    ended = PushedOrder.ended
    patch(PushedOrder, "ended", lambda self, *a, **k: ended(self, *a, **k).model_copy(update={"attention": None}))


def _log_an_address() -> None:
    write = push._write

    def chatty(flow: Any, steps: Any, cause: Any) -> None:
        for each in steps:
            logger.info("writing", order=each.outbound.model_dump(mode="json"))
        write(flow, steps, cause)

    patch(push, "_write", chatty)


def _audit_an_address() -> None:
    patch(step, "PERSONAL", ())


PUSHING_BREAKAGES: dict[str, Callable[[], None]] = {
    "a shipment that is not shown is cancelled": _absence_is_a_cancellation,
    "another state is a cancellation": _another_state_is_a_cancellation,
    "what left the list is not read": _only_the_list_is_read,
    "an order is pushed once and never again": _settled_once_is_settled,
    "an update starts from nothing": _an_update_starts_from_nothing,
    "an update ends a hold": _an_update_ends_a_hold,
    "IFS is always right": _ifs_is_always_right,
    "results are matched by position": _results_by_position,
    "orders are made without a key": _orders_without_a_key,
    "a rewritten address is an edit": _a_rewritten_address_is_an_edit,
    "nothing is saved before an order is written": _nothing_is_saved_before_the_write,
    "an order that is opened again keeps its key": _the_same_generation_again,
    "a refused order fails its batch": _a_refused_row_fails_its_batch,
    "an order is cancelled without looking": _cancelled_without_looking,
    "quantities are compared as text": _quantities_as_text,
    "orders are written in shadow mode": _written_in_shadow,
    "the audit of a dead run is forgotten": _the_audit_of_a_dead_run_is_forgotten,
    "an order that is gone is made again": _what_is_gone_is_made_again,
    "nobody is told of an order": _nobody_is_told,
    "log an address": _log_an_address,
    "audit an address": _audit_an_address,
}
