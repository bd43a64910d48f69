"""What the dashboard's buttons change: what `Control` does, and a page that says so. Bad input is shown, not raised."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from functions.handlers.control import changing
from functions.page import described
from functions.page.answers import act_page
from functions.page.widget_event import WidgetEvent
from functions.settings import ControlSettings
from functions.version import VERSION
from functions.wiring.aws import AwsRuntime
from functions.wiring.runtime import Context, Handler, Runtime


def build(runtime: Runtime, settings: ControlSettings) -> Handler:
    carry_out = changing(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> str:
        if event.get("describe"):
            return described.ACT
        widget = WidgetEvent.of(event, VERSION)
        return act_page(widget, carry_out(widget.signed_request, context))

    return handle


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ControlSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
