"""An operator beside the three writers: draws plans of what goes to ShipStation and applies them a while later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from functions.flows.to_shipstation.lost_order import A_DIGEST
from functions.model.text import digest
from tests.equipment.push_desk import Desk, DeskV2
from tests.equipment.push_people import Act
from tests.equipment.push_stories import Story

DRY_RUN = {"connection": "acme", "to_shipstation": True, "by": "kim", "note": "shown"}
HIDDEN = {"ship_to", "customer", "email"}  # the audit has their digests, a plan neither
PLANS = 6  # acts among those of the colleagues


class PlannedStory(Story):
    """The schedule looks so seldom that plans come first. A write that the audit gives to a plan is what that has
    shown.
    """

    every = timedelta(minutes=40)

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.shown: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        self.written = 0

    def play(self) -> list[str]:
        return [*super().play(), *self._written_otherwise()]

    def _colleagues(self) -> list[Act]:
        return [*super()._colleagues(), *[self._plan] * PLANS]

    def _plan(self, _: Any) -> None:
        self.world.functions["pull"].invoke(DRY_RUN, lambda answer, _: self._drawn(answer))

    def _drawn(self, answer: Any) -> None:
        """What is not drawn at once is left."""
        if not isinstance(answer, dict) or answer.get("state") != "ready":
            return
        records = [record for each in answer["differences"] for record in each.get("changes", ())]
        self.shown[answer["plan_id"]] = {each["record"]: each for each in records}
        request = {"plan_id": answer["plan_id"], "apply": True, "by": "ann", "note": "as shown"}
        delay = self.random.choice((0.0, self.random.uniform(60, 1200)))
        for each in answer["differences"] if delay else ():
            self._meanwhile(int(each["part"].removeprefix("s")), self.random.uniform(0, delay))
        self.world.clockwork.after(delay, lambda: self.world.functions["pull"].invoke(request))

    def _meanwhile(self, shipment: int, delay: float) -> None:
        act = self.random.choice((*super()._colleagues(), *self._warehouse()))
        self.world.clockwork.after(delay, lambda: act(shipment))

    def _written_otherwise(self) -> Iterator[str]:
        for entry in self.desk.audited():
            plan = entry["cause"].get("plan_id")
            if plan is None:
                continue
            self.written += 1
            shown = self.shown.get(plan, {}).get(entry["record"]["id"])
            if shown is None:
                yield f"plan {plan} wrote {entry['record']['id']}, which it had not shown"
            elif _fields(shown) != _fields(entry.get("changes", {})) | _cancelled(entry):
                yield f"plan {plan} wrote {entry} and had shown {shown}"


class PlannedStoryV2(PlannedStory):
    """The same through ShipStation's other API."""

    def _open(self) -> Desk:
        return DeskV2((), warehouses={"CHI": 4711})


def _fields(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What each holds after the write. A run that died is told of by another one, which knows digests alone."""
    told = {name: change.get("after") or "" for name, change in changes.items() if isinstance(change, Mapping)}
    return {name: "" if name in HIDDEN else _known(text) for name, text in told.items()}


def _known(text: str) -> str:
    return text if A_DIGEST.fullmatch(text) else digest(text)


def _cancelled(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": _known("cancelled")} if entry.get("action") == "cancel" else {}
