"""Manual invoke that only reads: what waits and why, where an order is, how reading and the tenant stand. Bad input is
answered, never raised.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from functions.errors import ConnectorError
from functions.flows.operations.attention import Filters
from functions.flows.operations.status import ConnectionStatus, StatusAnswer, status_line
from functions.flows.operations.stories import StoriesAnswer, stories_answer
from functions.model.answer import out_of_reach, refused
from functions.model.inspection import (
    AttentionQuestion,
    DeskQuestion,
    InspectRequest,
    OrderQuestion,
    PlansQuestion,
    Question,
    ReadingQuestion,
    ReconcileQuestion,
    StatusQuestion,
    TenantQuestion,
)
from functions.model.shipment import ConnectionName
from functions.settings import InspectSettings
from functions.version import VERSION
from functions.wiring.aws import AwsRuntime
from functions.wiring.inspect_parts import InspectParts
from functions.wiring.requests import parsed
from functions.wiring.runtime import Context, Handler, Runtime

ALLOWED = {
    "status": {"show": "status", "connection": "name; all of them without it"},
    "attention": {"show": "attention", "connection": "name", "…": "reason, store, since, calls, page"},
    "order": {"show": "order", "connection": "name", "…": "one of order, shipstation_order, tracking, shipment"},
    "reading": {"show": "reading", "connection": "name"},
    "tenant": {"show": "tenant", "connection": "name"},
    "desk": {"show": "desk", "connection": "name"},
    "plans": {"show": "plans", "connection": "name"},
    "reconcile": {"show": "reconcile", "connection": "name"},
}


Answering = Callable[[dict[str, Any]], BaseModel | dict[str, Any]]


def build(runtime: Runtime, settings: InspectSettings) -> Handler:
    answer = answering(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        del context
        found = answer(event)
        return found if isinstance(found, dict) else {"show": event["show"], **found.model_dump(mode="json")}

    return handle


def answering(runtime: Runtime, settings: InspectSettings) -> Answering:
    """The answer to a request, or as a dictionary what is wrong with it. The page shows the same."""

    @cache
    def parts(name: ConnectionName) -> InspectParts:
        return InspectParts(runtime, settings, runtime.connections[name])

    def status(only: ConnectionName | None) -> StatusAnswer:
        lines: list[ConnectionStatus] = []
        for name in [only] if only else sorted(runtime.connections):
            own = parts(name)
            waiting = own.attention(Filters(), 1)
            lines.append(status_line(own.reading(), own.tenant(), own.desk_standing(), waiting, runtime.now()))
        return StatusAnswer(version=VERSION, connections=tuple(lines))

    def answer(event: dict[str, Any]) -> BaseModel | dict[str, Any]:
        request = parsed(event, InspectRequest, runtime.connections, lambda asked: asked.root.connection)
        if isinstance(request, str):
            return refused(request, ALLOWED)
        asked = request.root
        try:
            return (
                status(asked.connection)
                if isinstance(asked, StatusQuestion)
                else _answer(asked, parts(asked.connection))
            )
        except ConnectorError as fault:
            return out_of_reach(fault.reason)

    return answer


def _answer(asked: Question, parts: InspectParts) -> BaseModel:
    match asked:
        case AttentionQuestion():
            filters = Filters(reason=asked.reason, store=asked.store, since=asked.since, calls=asked.calls)
            return parts.attention(filters, asked.page)
        case OrderQuestion():
            return _stories(asked, parts)
    return STANDINGS[type(asked)](parts)


STANDINGS: Mapping[type[Question], Callable[[InspectParts], BaseModel]] = {
    ReadingQuestion: InspectParts.reading,
    TenantQuestion: InspectParts.tenant,
    DeskQuestion: InspectParts.desk_standing,
    PlansQuestion: InspectParts.plans,
    ReconcileQuestion: InspectParts.reconcile,
}


def _stories(asked: OrderQuestion, parts: InspectParts) -> StoriesAnswer:
    found = parts.found(*asked.sought)
    return stories_answer([parts.story(state) for state in found.states], found)


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), InspectSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
