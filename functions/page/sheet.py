"""What a rendering knows beside the answer, and the pieces that every page is made of: frame, table, button, field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from functions.page.markup import Child, Html, as_json, styles, tag, together
from functions.page.style import CSS

Theme = Literal["light", "dark", "auto"]
Endpoint = Literal["view", "act", "replay", "reconcile", "pull"]
CHANGING: tuple[Endpoint, ...] = ("act", "replay", "reconcile", "pull")
Ask = Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """`endpoints` are the functions that the widget may call; it shows nothing of one that is not among them.
    `back` is the question that this page answers, `action_id` what makes a second click on its buttons harmless,
    `version` the connector's own, below every page; `plans` is whose the plans are.
    """

    endpoints: Mapping[str, str]
    back: Ask
    action_id: str
    theme: Theme = "auto"
    by: str = ""
    note: str = ""
    version: str = ""
    plans: Endpoint = "replay"

    def for_pushes(self) -> Sheet:
        """Of what goes to ShipStation the plans are Pull's."""
        return replace(self, plans="pull")

    @property
    def connection(self) -> str:
        return str(self.back.get("connection", ""))

    def of(self, connection: str) -> Sheet:
        return replace(self, back={**self.back, "connection": connection})

    def may(self, endpoint: Endpoint) -> bool:
        return endpoint in self.endpoints

    def frame(self, *children: Child) -> Html:
        """All fields stand in one form, of several fields, so that the return key sends none of them."""
        foot = tag("p", soft(f"Version {self.version}")) if self.version else None
        return together(styles(CSS), tag("div", tag("form", *children), foot, class_=f"ifss ifss-{self.theme}"))

    def look(self, label: Child, ask: Ask, *, form: str = "", kind: str = "btn") -> Html:
        """Asks `view` and shows what it answers in this place."""
        return self._button(label, "view", {"ask": ask, "form": form}, kind=kind)

    def link(self, label: Child, ask: Ask) -> Html:
        return self.look(label, ask, kind="btn ifss-link")

    def act(self, label: Child, ask: Ask, confirm: str, *, form: str = "") -> Html | None:
        """Asks `act`; nothing where the widget may not."""
        own = {"connection": self.connection, "action_id": self.action_id, **ask}
        payload = {"ask": own, "form": form, "back": self.back}
        return self._button(label, "act", payload, confirm=confirm) if self.may("act") else None

    def plan(self, label: Child, ask: Ask, confirm: str = "") -> Html | None:
        payload = {"ask": ask, "back": self.back}
        return self._button(label, self.plans, payload, confirm=confirm) if self.may(self.plans) else None

    def compare(self, label: Child, ask: Ask, confirm: str = "", *, form: str = "") -> Html | None:
        own = {"connection": self.connection, **({"action_id": self.action_id} if confirm else {}), **ask}
        payload = {"ask": own, "form": form, "back": self.back}
        return self._button(label, "reconcile", payload, confirm=confirm) if self.may("reconcile") else None

    def _button(
        self, label: Child, endpoint: Endpoint, payload: Mapping[str, Any], *, confirm: str = "", kind: str = "btn"
    ) -> Html:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html"""
        action = tag(
            "cwdb-action",
            as_json(payload),
            action="call",
            display="widget",
            endpoint=self.endpoints.get(endpoint, ""),
            confirmation=confirm or None,
        )
        return together(tag("a", label, class_=kind), action)

    def who(self) -> Html | None:
        """Asked once for all the buttons of a page. The dashboard tells no user."""
        if not any(self.may(endpoint) for endpoint in CHANGING):
            return None
        return tag("p", field("by", "your name", self.by), field("note", "why", self.note))

    def kept(self) -> Html:
        """For the next page."""
        hidden = {"by": self.by, "note": self.note}
        return together(tag("input", type="hidden", name=name, value=value) for name, value in hidden.items())


def field(name: str, label: str, value: str = "") -> Html:
    return tag("label", label, tag("input", name=name, value=value))


def table(heads: Sequence[str], rows: Iterable[Sequence[Child]]) -> Html | None:
    """Nothing where there is no row."""
    lines = [tag("tr", *(tag("td", cell) for cell in row)) for row in rows]
    if not lines:
        return None
    return tag("table", tag("tr", *(tag("th", head) for head in heads)), lines)


def soft(*children: Child) -> Html:
    return tag("span", *children, class_="ifss-soft")


def warn(*children: Child) -> Html:
    return tag("span", *children, class_="ifss-warn")


def one_line(*children: Child) -> Html:
    """What stays on one line."""
    return tag("span", *children, class_="ifss-code")


def at(instant: datetime | None) -> Html | None:
    return one_line(f"{instant:%Y-%m-%d %H:%M}") if instant else None


def left_out(count: int, what: str) -> Html | None:
    return tag("p", soft(f"{count} more {what} are not shown here.")) if count > 0 else None
