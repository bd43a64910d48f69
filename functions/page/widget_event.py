"""What the dashboard sends when it loads a widget, and when a button of one is clicked.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.page.sheet import Sheet, Theme

ENDPOINTS = ("view", "act", "replay", "reconcile", "pull")
LAMBDA = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_:$-]{1,200}")
THEMES: dict[str, Theme] = {"light": "light", "dark": "dark"}


@dataclass(frozen=True)
class WidgetEvent:
    """`params` are the widget's own parameters, `ask` what a button asks for (else the parameters say it), `typed` what
    stands in the widget's fields, `form` which of them belong to the button, `back` what was shown before, `version`
    the connector's own.
    """

    params: Mapping[str, Any]
    ask: Mapping[str, Any]
    typed: Mapping[str, str]
    form: str = ""
    back: Mapping[str, Any] | None = None
    theme: Theme = "auto"
    version: str = ""

    @classmethod
    def of(cls, event: Mapping[str, Any], version: str = "") -> WidgetEvent:
        """Of whatever comes: what is not of the expected kind counts as not given."""
        context = _mapping(event.get("widgetContext"))
        params = _mapping(context.get("params")) or event
        typed = _mapping(_mapping(context.get("forms")).get("all"))
        wanted = {key: value for key, value in params.items() if key not in {"widgetContext", *ENDPOINTS}}
        return cls(
            params=params,
            ask=_mapping(event.get("ask")) or wanted,
            typed={str(name): value.strip() for name, value in typed.items() if isinstance(value, str)},
            form=str(event.get("form") or ""),
            back=_mapping(event.get("back")) or None,
            theme=THEMES.get(str(context.get("theme")), "auto"),
            version=version,
        )

    @property
    def request(self) -> dict[str, Any]:
        """What the button asks for, with what was typed into its fields."""
        start = f"{self.form}."
        typed = self.typed.items() if self.form else ()
        return {**self.ask, **{n.removeprefix(start): text for n, text in typed if text and n.startswith(start)}}

    @property
    def signed_request(self) -> dict[str, Any]:
        """With who asks and why."""
        signed = {name: self.typed[name] for name in ("by", "note") if self.typed.get(name)}
        return {**self.request, **signed}

    def sheet(self, action_id: str) -> Sheet:
        return Sheet(
            endpoints={name: arn for name in ENDPOINTS if LAMBDA.fullmatch(arn := str(self.params.get(name)))},
            back=self.back or self.request,
            action_id=action_id,
            theme=self.theme,
            by=self.typed.get("by", ""),
            note=self.typed.get("note", ""),
            version=self.version,
        )


def on_a_page(
    event: Any,
    ask: Callable[[dict[str, Any]], Any],
    page: Callable[[WidgetEvent, Mapping[str, Any]], str],
    version: str,
) -> Any:
    """Of a function that buttons call beside whoever else: the answer as it is, and a page to a dashboard."""
    if not isinstance(event, dict) or "widgetContext" not in event:
        return ask(event)
    widget = WidgetEvent.of(event, version)
    return page(widget, ask(widget.signed_request))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
