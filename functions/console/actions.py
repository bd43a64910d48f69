"""What Control, Replay, Reconcile, Check and Poll answer, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.console.answers import NONE, Answer, listed, value, when, word
from functions.console.options import UNDER_WAY
from functions.console.screen import Block, Line, Shown, Table
from functions.model.control import Changed
from functions.model.jobs import Progress


def changed(answer: Answer) -> Shown:
    found = Changed.model_validate(answer)
    is_vain = bool(found.left) and not found.concerned
    told = Line("Nothing was done.", tone="yellow") if is_vain else Line(_sentence(found.told), tone="green")
    blocks: list[Block] = [told]
    blocks += [Line(f"{name} was left: {why}", 2, "yellow") for name, why in found.left.items()]
    if found.next:
        blocks.append(Line("desk shows it."))
    return Shown(blocks, asks=bool(found.left))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def plan(answer: Answer) -> Shown:
    """A plan as it is: drawn up, shown, applied, cancelled."""
    differences = answer.get("differences", [])
    state = f", {answer['state']}" if "state" in answer else ""
    blocks: list[Block] = [Line(f"Plan {answer.get('plan_id', NONE)}{state}: {_counts(answer)}", tone="bold")]
    what = "ShipStation order" if answer.get("to_shipstation") else "IFS record"
    for difference in differences:
        blocks += _difference(difference, what)
    if answer.get("not_shown"):
        page = answer.get("page", 1) + 1
        blocks.append(Line(f"{answer['not_shown']} more: plan --id {answer['plan_id']} --page {page}"))
    blocks += _next(answer)
    asks = bool(differences) or bool(answer.get("would_change")) or bool(answer.get("undecided"))
    return Shown(blocks, asks=asks)


def carried_out(answer: Answer) -> Shown:
    """How far a plan has come, without what it showed before."""
    state = f", {answer['state']}" if "state" in answer else ""
    blocks: list[Block] = [Line(f"Plan {answer.get('plan_id', NONE)}{state}: {_counts(answer)}", tone="bold")]
    return Shown([*blocks, *_next(answer)], asks=bool(answer.get("left")) or answer.get("state") == "given_up")


def _counts(answer: Answer) -> str:
    texts = {"orders": "{} orders", "would_change": "{} would change", "sent": "{} sent", "settled": "{} settled"}
    texts |= {"undecided": "{} could not be decided"} if answer.get("undecided") else {}
    texts |= {"left": "{} left", "looked_at": "{} looked at"}
    return ", ".join(text.format(answer[name]) for name, text in texts.items() if name in answer) or "shown"


def _difference(difference: Mapping[str, Any], what: str) -> Iterator[Line]:
    """`what` is a record of the system that it is written to."""
    field = f" ({difference['field']})" if "field" in difference else ""
    why = f" {difference['reason']}{field}: {difference['means']}" if "reason" in difference else ""
    yield Line(f"{difference['order']}: {difference['outcome']}{why}", 2)
    if difference.get("choices"):
        yield Line(f"To choose from: {listed(difference['choices'])}", 6)
    yield from (_changed_record(record, what) for record in difference.get("changes", []))
    yield from (_left_record(record) for record in difference.get("left", []))


def _changed_record(record: Mapping[str, Any], what: str) -> Line:
    fields = {name: change for name, change in record.items() if isinstance(change, dict)}
    changes = [f"{name}: {value(c.get('before'))} → {value(c.get('after'))}" for name, c in fields.items()]
    return Line(f"{what} {record['record']}: {'; '.join(changes)}", 6)


def _left_record(record: Mapping[str, Any]) -> Line:
    fields = {name: reason for name, reason in record.items() if name != "record"}
    return Line(f"IFS record {record['record']}: {listed(f'{n} is left: {r}' for n, r in fields.items())}", 6)


def _next(answer: Answer) -> Iterator[Line]:
    next_ = answer.get("next")
    if isinstance(next_, str):
        yield Line(_sentence(next_))
    elif isinstance(next_, dict) and "plan_id" in next_:
        action = next((name for name in ("apply", "revert") if next_.get(name)), "")
        yield Line(f"Next: {action} {next_['plan_id']}" if action else f"Next: plan --id {next_['plan_id']}")


def reconcile(answer: Answer) -> Shown:
    state = answer.get("state", "")
    head = [] if state == "done" else [Line(f"Run {answer.get('run_id', NONE)}: {state} {answer.get('percent', 0)} %")]
    blocks: list[Block] = [*head, *_compared(answer), *_next(answer)]
    if answer.get("report"):
        blocks.append(Line(f"Report: {answer['report']}"))
    is_compared = answer.get("compared", True) or state == UNDER_WAY
    if not is_compared and not answer.get("text"):
        blocks.insert(0, Line("Nothing was compared.", tone="yellow"))
    return Shown(blocks, asks=bool(answer.get("unexplained")) or not is_compared)


def _compared(answer: Answer) -> list[Line]:
    """The counts until there is a text."""
    counted = ("equal", "explained", "unexplained", "missing", "different", "extra")
    counts = ", ".join(f"{answer[name]} {name}" for name in counted if name in answer)
    text = answer.get("text") or [f"{word(answer.get('shipments'))} shipments: {counts}"]
    return [Line(str(line)) for line in text]


def check(answer: Answer) -> Shown:
    lines = answer.get("text", [])
    return Shown([Line(str(line)) for line in lines], asks=not answer.get("fits"))


def backfill(answer: Answer) -> Shown:
    """An estimate, a job that was begun, one that was there before, one that was cancelled."""
    if "records" in answer:
        table = Table(("stream", "records"), [(name, str(rows)) for name, rows in answer["records"].items()])
        cost = Line(f"{answer['pages']} pages, {answer['minutes']:g} min at the connection's rate")
        begun = (
            f"Job {answer['job_id']} begins within a minute; reading says how it stands." if "job_id" in answer else ""
        )
        return Shown([table, cost, Line(begun or "The same with --start reads it.")])
    told = {name: value for name, value in answer.items() if name in Progress.model_fields}
    job_ = Progress.model_validate(told)
    window = f"{when(job_.window.start)} to {when(job_.window.end)}"
    text = f"Job {job_.job_id}, {window}: {job_.state}, {job_.percent:g} %, {job_.new_shipments} new shipments"
    return Shown([Line(text), *_next(answer)])
