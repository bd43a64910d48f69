"""A widget of the dashboard that only reads: what `Inspect` answers, as a page. Bad input is shown, never raised."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from functions.handlers.inspect import answering
from functions.page import described
from functions.page.answers import is_blank_search, view_page
from functions.page.widget_event import WidgetEvent
from functions.settings import InspectSettings
from functions.version import VERSION
from functions.wiring.aws import AwsRuntime
from functions.wiring.runtime import Context, Handler, Runtime


def build(runtime: Runtime, settings: InspectSettings) -> Handler:
    answer = answering(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> str:
        del context
        if event.get("describe"):
            return described.VIEW
        widget = WidgetEvent.of(event, VERSION)
        found = None if is_blank_search(widget.request) else answer(widget.request)
        return view_page(widget, runtime.new_id(), found)

    return handle


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), InspectSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
