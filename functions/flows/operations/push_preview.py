"""What IFS wants of ShipStation and ShipStation does not have: IFS's side alone, before the warehouse's own edits are
read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import RootModel

from functions.flows.from_ifs.pull import Looked
from functions.flows.to_shipstation.plan import NOT_SHOWN
from functions.flows.to_shipstation.step import LONGEST_SHOWN, PERSONAL
from functions.model.answer import SILENT, UNSAID, Answer, Refusal
from functions.model.frozen import Frozen
from functions.model.outbound import Outbound, texts
from functions.model.outcomes import SENTENCES, Outcome, Reason
from functions.model.pushed_order import PushedOrder
from functions.model.replay_answer import AppliedBefore, PlanApplied, PlanCancelled, PlanShown

MOST = 100  # orders in one answer

Would = Literal["create", "change", "cancel", "wait"]


class ProposedOrder(Frozen):
    """`part` is its item in the ledger; `fields` what IFS says otherwise than it did when that was dealt with, all of a
    new order. `reason` and `field` say what is in the way.
    """

    number: str
    part: str
    would: Would
    fields: Annotated[Mapping[str, str], SILENT] = {}
    reason: Annotated[Reason | None, UNSAID] = None
    field: Annotated[str, SILENT] = ""
    means: Annotated[str, SILENT] = ""


class PushPreview(Answer):
    """`total` orders, the first of which are shown; `read` is how many IFS showed."""

    read: int
    total: int
    orders: tuple[ProposedOrder, ...]


class Sent(Answer):
    """`next` says why nothing was looked at."""

    sent: int
    next: Annotated[str | None, UNSAID] = None


class PullAnswer(RootModel[PushPreview | Sent | PlanShown | PlanApplied | AppliedBefore | PlanCancelled | Refusal]):
    """One of them."""


def preview(looked: Looked) -> PushPreview:
    found = proposed(looked)
    shown = tuple(_proposed(each, looked.known.get(each.key)) for each in found[:MOST])
    return PushPreview(read=len(looked.seen), total=len(found), orders=shown)


def proposed(looked: Looked) -> list[Outbound]:
    """What is due; also what shadow mode has told already, and what is in the way of the others."""
    due = {each.key for each in looked.due}
    told = [each for each in looked.wanted if each.key not in due and _is_open(each, looked.known.get(each.key))]
    return [each for each in (*looked.due, *told) if not each.is_left_alone]


def number_of(outbound: Outbound, known: PushedOrder | None) -> str:
    """As people know it."""
    number = outbound.content.number if outbound.content else known.number if known else ""
    return number or outbound.key.number


def _is_open(outbound: Outbound, known: PushedOrder | None) -> bool:
    return outbound.problem is not None or (known is not None and known.outcome is Outcome.WOULD_WRITE)


def _proposed(wanted: Outbound, known: PushedOrder | None) -> ProposedOrder:
    outbound = known.rest(wanted) if known is not None else wanted
    problem = outbound.problem
    return ProposedOrder(
        number=number_of(outbound, known),
        part=outbound.key.part,
        would=_would(outbound, known),
        fields=_fields(outbound, known),
        reason=problem.reason if problem else None,
        field=problem.field if problem else "",
        means=SENTENCES[problem.reason] if problem else "",
    )


def _would(outbound: Outbound, known: PushedOrder | None) -> Would:
    if outbound.problem is not None:
        return "wait"
    stands = known is not None and known.may_stand and not known.is_cancelled
    if outbound.content is None:
        return "cancel" if stands else "wait"
    return "change" if stands else "create"


def _fields(outbound: Outbound, known: PushedOrder | None) -> dict[str, str]:
    if outbound.content is None:
        return {}
    asked, heard = outbound.asked, known.asked if known is not None and known.may_stand else {}
    return {
        name: NOT_SHOWN if name in PERSONAL and text else text[:LONGEST_SHOWN]
        for name, text in texts(outbound.content).items()
        if asked[name] != heard.get(name)
    }
