"""The plans of a connection with how far each has come, and how its comparison stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from functions.flows.operations.plan_list import PlanLine, PlanList
from functions.flows.operations.reconcile_standing import ReconcileStanding
from functions.page.markup import Child, Html, tag, together
from functions.page.sheet import Sheet, at, field, one_line, soft, table, warn


def plans_page(answer: PlanList, sheet: Sheet) -> Html:
    heads = ("plan", "made (UTC)", "by", "what for", "is", "has come", "")
    return together(
        tag("h2", f"Plans of {answer.connection}"),
        table(heads, (_plan(plan, sheet) for plan in answer.plans)) or tag("p", soft("None in the last 30 days.")),
    )


def _plan(plan: PlanLine, sheet: Sheet) -> tuple[Child, ...]:
    aim = f"takes {plan.reverts} back" if plan.reverts else plan.select
    fields = f"writes over {', '.join(plan.overwrites)}" if plan.overwrites else ""
    until = together(soft("may be applied until "), at(plan.apply_until)) if plan.state == "ready" else None
    whose = {"applied by": plan.applied_by, "cancelled by": plan.cancelled_by}
    told = [tag("div", soft(f"{word} {name}")) for word, name in whose.items() if name]
    return (
        together(one_line(plan.plan_id), tag("br"), soft(plan.kind)),
        at(plan.made_at),
        together(plan.by, tag("br"), soft(plan.note)),
        together(aim, tag("br") if aim and fields else None, fields),
        together(plan.state, tag("br"), until, told),
        "; ".join(_progress(plan)),
        (sheet.for_pushes() if plan.kind == "push" else sheet).plan("look at it", {"plan_id": plan.plan_id}),
    )


def _progress(plan: PlanLine) -> Iterator[str]:
    if plan.state == "drawing":
        yield f"{plan.looked_at} orders looked at"
        return
    yield f"{plan.would_change} of {plan.orders} orders would change"
    if plan.undecided:
        yield f"{plan.undecided} could not be decided"
    if plan.applied_by:
        yield f"{plan.sent} of {plan.to_send} sent"


def reconcile_page(answer: ReconcileStanding, sheet: Sheet) -> Html:
    return together(
        tag("h2", f"Do both systems of {answer.connection} agree?"),
        tag("p", _verdict(answer)),
        table(("", ""), ((soft(name), value) for name, value in _facts(answer).items() if value)),
        table(("explained by", "fields"), answer.reasons.items()),
        tag("p", _report(answer, sheet), _repair(answer, sheet)),
        _form(sheet),
    )


def _verdict(answer: ReconcileStanding) -> Html | str:
    if answer.state == "never":
        return "Nothing was compared yet."
    if answer.state == "under way":
        return f"It is compared: {answer.percent} %."
    if answer.reason is not None:
        return warn(f"It failed: {answer.reason}. {answer.means}")
    if not answer.compared:
        return "There was nothing to compare."
    return tag("span", "They agree.", class_="ifss-good") if answer.agree else warn("They disagree.")


def _facts(answer: ReconcileStanding) -> Mapping[str, Child]:
    unexplained = f"{answer.missing} missing in IFS, {answer.different} different, {answer.extra} only in IFS"
    window = together(at(answer.start), " to ", at(answer.until)) if answer.start else None
    return {
        "labels made or voided (UTC)": window,
        "shipments": answer.shipments,
        "IFS records": answer.records,
        "fields equal": answer.equal,
        "fields explained": answer.explained,
        "not explained": warn(unexplained) if answer.unexplained else None,
        "asked by": together(answer.by, " ", soft(answer.note)) if answer.by else None,
        "begun (UTC)": at(answer.begun_at),
        "ended (UTC)": at(answer.ended_at),
        "report": answer.report,
    }


def _report(answer: ReconcileStanding, sheet: Sheet) -> Html | None:
    if not answer.run_id:
        return None
    label = "what differs" if answer.report else "how far is it?"
    return sheet.compare(label, {"run_id": answer.run_id})


def _repair(answer: ReconcileStanding, sheet: Sheet) -> Html | None:
    return sheet.plan("look at the plan that repairs it", {"plan_id": answer.plan_id}) if answer.plan_id else None


def _form(sheet: Sheet) -> Html | None:
    """Writes to neither system; a repair is a plan, which is looked at before it is applied."""
    sure = "Compare both systems?"
    whole = sheet.compare("compare yesterday", {}, sure)
    if whole is None:
        return None
    fields = field("compare.from", "from (2026-11-26T00:00Z)"), field("compare.until", "until")
    window = sheet.compare("compare from … until", {}, sure, form="compare")
    plan = sheet.compare("and plan the repair", {"repair": True}, sure, form="compare")
    return tag("p", whole, fields, window, plan)
