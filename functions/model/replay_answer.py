"""What a person is told of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, RootModel

from functions.model.answer import UNSAID, Answer, Moment, Refusal
from functions.model.audit import FieldChange
from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Asked, PlanStatus

NextStep = str | Mapping[str, Any]


class ChangedRecord(Frozen):
    """Beside `record` stands what would be written, by field."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, FieldChange]

    record: str


class LeftRecord(Frozen):
    """Beside `record` stands why a field is left, by field."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Reason]

    record: str


class Difference(Answer):
    """What the plan shows of one order. Of what goes to ShipStation `part` is its item in the ledger, and `field` is
    in its way.
    """

    order: str
    part: Annotated[str | None, UNSAID] = None
    outcome: Outcome
    reason: Annotated[Reason | None, UNSAID] = None
    means: Annotated[str | None, UNSAID] = None
    field: Annotated[str | None, UNSAID] = None
    choices: Annotated[tuple[str, ...] | None, UNSAID] = None
    changes: Annotated[tuple[ChangedRecord, ...] | None, UNSAID] = None
    left: Annotated[tuple[LeftRecord, ...] | None, UNSAID] = None


class PlanShown(Answer):
    """While it is drawn `looked_at` counts orders. Afterwards `orders` are its own, `would_change` and `undecided`
    some of them, and its differences come page by page, `not_shown` of them on others; once it is applied `sent`,
    `settled` and `left` say how far it is.
    """

    plan_id: str
    connection: str
    state: PlanStatus
    by: str
    note: str
    expires_at: Moment
    reverts: Annotated[str | None, UNSAID] = None
    overwrites: Annotated[tuple[str, ...] | None, UNSAID] = None
    to_shipstation: Annotated[bool | None, UNSAID] = None
    applied: Annotated[Asked | None, UNSAID] = None
    cancelled: Annotated[Asked | None, UNSAID] = None
    looked_at: Annotated[int | None, UNSAID] = None
    orders: Annotated[int | None, UNSAID] = None
    would_change: Annotated[int | None, UNSAID] = None
    undecided: Annotated[int | None, UNSAID] = None
    sent: Annotated[int | None, UNSAID] = None
    settled: Annotated[int | None, UNSAID] = None
    left: Annotated[int | None, UNSAID] = None
    page: Annotated[int | None, UNSAID] = None
    pages: Annotated[int | None, UNSAID] = None
    differences: Annotated[tuple[Difference, ...] | None, UNSAID] = None
    not_shown: Annotated[int | None, UNSAID] = None
    next: NextStep

    def while_drawn(self, looked_at: int) -> PlanShown:
        return self.model_copy(update={"looked_at": looked_at})

    def counted(self, *, orders: int, would_change: int, undecided: int) -> PlanShown:
        return self.model_copy(update={"orders": orders, "would_change": would_change, "undecided": undecided})

    def applied_so_far(self, *, sent: int, settled: int, left: int) -> PlanShown:
        return self.model_copy(update={"sent": sent, "settled": settled, "left": left})

    def on_page(self, page: int, pages: int, differences: tuple[Difference, ...], not_shown: int) -> PlanShown:
        update = {"page": page, "pages": pages, "differences": differences, "not_shown": not_shown}
        return self.model_copy(update=update)


class PlanApplied(Answer):
    """`sent` orders are on their way, `left` follow."""

    plan_id: str
    sent: int
    left: int
    next: NextStep


class AppliedBefore(Answer):
    """Nothing was sent: it was applied before, or ended otherwise, and then `applied_at` is null."""

    plan_id: str
    sent: int
    applied_at: Moment | None
    next: str


class PlanCancelled(Answer):
    """`sent` orders were on their way before."""

    plan_id: str
    state: PlanStatus
    sent: int


class ReplayAnswer(RootModel[PlanShown | PlanApplied | AppliedBefore | PlanCancelled | Refusal]):
    """One of them."""
