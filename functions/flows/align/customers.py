"""ShipStation's customers → IFS: found there, made from the file's template, or listed for a person.

ShipStation tells no list of what has changed, so customers are read by the instant of their change, newest first, down
to where the look before ended; those that are not settled are read again one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from functions.connections.align import CustomerKey, Customers
from functions.flows.align.match import Pair
from functions.flows.align.step import Align, Look, Step
from functions.model.alignment import Aligned, AlignKey, Change, Proposal, SideRecord
from functions.model.outcomes import Outcome, Reason
from functions.model.text import digest, folded

AGAIN = 20  # that are not settled, in one look
AT_ONCE = 1000  # that changed, in one look, the oldest change first
UNSETTLED = {Outcome.RETRY, Outcome.PARKED, Outcome.WOULD_WRITE}
ONE_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


class Source(Protocol):
    """ShipStation's customers. Raises Retryable or Permanent."""

    def changed_since(self, since: datetime) -> list[SideRecord]:
        """Oldest change first, each with its instant."""

    def one(self, customer_id: str) -> SideRecord | None:
        """None where there is no such customer any more."""


class Finder(Protocol):
    """IFS's customers. Raises Retryable or Permanent."""

    def find(self, sought: Sequence[SideRecord]) -> list[SideRecord]:
        """Every one that fits one of them by one of the file's keys, or has the id that one would be given."""


def look_at_customers(flow: Align, profile: Customers, source: Source, finder: Finder) -> Look:
    """Raises what either system or the ledger raises; then nothing was decided."""
    name = flow.connection.name
    known = flow.memories.load(name, profile.profile)
    since = flow.memories.read_up_to(name, profile.profile) or flow.connection.go_live_at
    changed, newest = _turn(source.changed_since(since), known, flow.now())
    unsettled = {code: source.one(code) for code in _again(known, changed, flow.now(), profile)}
    seen = {each.id: each for each in (*changed, *filter(None, unsettled.values()))}
    unlinked = [each for each in seen.values() if not _is_linked(known.get(each.id))]
    found = finder.find(unlinked) if unlinked else []
    steps = [_step(flow, profile, each, known.get(each.id), found) for each in seen.values()]
    steps = _once_each(steps, known)
    gone = [_gone(known[code]) for code, record in unsettled.items() if record is None]
    return Look([*steps, *gone], newest)


def _once_each(steps: Sequence[Step], known: Mapping[str, Aligned]) -> list[Step]:
    """Of several with one e-mail address the one that is half made, or the first, is made; the others are found with a
    later look.
    """
    begun = {memory.trying.get("email", ""): code for code, memory in known.items() if memory.is_making}
    for step in steps:
        record = step.pair.other
        if record is None or step.proposal.kind != "create" or not record.fields["email"]:
            continue
        if begun.setdefault(digest(folded(record.fields["email"])), record.id) != record.id:
            key = step.proposal.key
            step.proposal = Proposal(key=key, kind="report", reason=Reason.OUTCOME_UNKNOWN, field="email")
    return list(steps)


def _turn(
    changed: Sequence[SideRecord], known: Mapping[str, Aligned], now: datetime
) -> tuple[list[SideRecord], datetime | None]:
    """Those whose turn it is, and how far the reading has come with them. Those that nobody knows yet come first: more
    than a turn takes may have changed in one instant. A change that is dated later than now would hide all until then.
    """
    fresh = [each for each in changed if each.id not in known]
    others = [each for each in changed if each.id in known and not _is_linked(known[each.id])]
    reached = fresh[:AT_ONCE] if len(fresh) > AT_ONCE else changed
    newest = max((min(each.made_at, now) for each in reached if each.made_at), default=None)
    return [*fresh[:AT_ONCE], *others[:AT_ONCE]], newest


def _again(
    known: Mapping[str, Aligned], changed: Iterable[SideRecord], now: datetime, profile: Customers
) -> Iterator[str]:
    """Some at each look, and others at the next one."""
    already = {each.id for each in changed}
    ids = [code for code, memory in known.items() if memory.outcome in UNSETTLED or memory.is_making]
    waiting = [code for code in ids if code not in already]
    looks = int(now.timestamp() // (60 * profile.every_minutes))
    first = looks * AGAIN % len(waiting) if len(waiting) > AGAIN else 0
    yield from [*waiting[first:], *waiting[:first]][:AGAIN]


def _gone(memory: Aligned) -> Step:
    """Nothing is left to do, unless it is half made."""
    reason = Reason.GONE_IN_SHIPSTATION if memory.is_making else None
    proposal = Proposal(key=memory.key, kind="report" if reason else "agree", reason=reason)
    return Step(Pair(None, None), proposal, memory)


def _is_linked(memory: Aligned | None) -> bool:
    return memory is not None and bool(memory.other) and not memory.is_making


def _step(
    flow: Align, profile: Customers, record: SideRecord, memory: Aligned | None, found: Sequence[SideRecord]
) -> Step:
    key = AlignKey(connection=flow.connection.name, profile=profile.profile, id=record.id)
    proposal = decide_customer(key, record, memory, found, profile=profile, forms=flow.rules.forms)
    return Step(Pair(None, record), proposal, memory or Aligned(key=key))


def decide_customer(
    key: AlignKey,
    record: SideRecord,
    memory: Aligned | None,
    found: Sequence[SideRecord],
    *,
    profile: Customers,
    forms: Mapping[str, str],
) -> Proposal:
    """What is half made is gone on with, under the id that it was begun with."""
    if memory is not None and memory.is_making and profile.template is not None:
        return _creation(key, record, memory.other)
    if memory is not None and memory.other:
        return Proposal(key=key, kind="agree", other=memory.other)
    for candidates in _fitting(record, found, profile):
        if len(candidates) == 1:
            return Proposal(key=key, kind="agree", other=candidates[0])
        if candidates:
            return Proposal(key=key, kind="report", reason=Reason.AMBIGUOUS_MATCH, choices=tuple(candidates))
    return _unknown(key, record, found, profile, forms)


def _fitting(record: SideRecord, found: Sequence[SideRecord], profile: Customers) -> Iterable[list[str]]:
    for name in profile.match:
        wanted = _wanted(name, record, profile)
        yield sorted({each.id for each in found if wanted & _told(name, each)})


def _wanted(name: CustomerKey, record: SideRecord, profile: Customers) -> set[str]:
    """What IFS would have to say. An address that names nobody finds nobody."""
    if name == "email" and (_is_alias(record, profile) or not ONE_ADDRESS.fullmatch(record.fields["email"])):
        return set()
    return _lines(record.fields[name])


def _told(name: CustomerKey, each: SideRecord) -> set[str]:
    return {folded(each.id)} if name == "code" else _lines(each.fields[name])


def _lines(text: str) -> set[str]:
    return {folded(line) for line in text.split("\n") if folded(line)}


def _is_alias(record: SideRecord, profile: Customers) -> bool:
    domain = record.fields["email"].rpartition("@")[2].casefold().strip()
    return any(domain == alias or domain.endswith(f".{alias}") for alias in profile.aliases)


def _unknown(
    key: AlignKey, record: SideRecord, found: Sequence[SideRecord], profile: Customers, forms: Mapping[str, str]
) -> Proposal:
    """IFS has no such customer: made, skipped, or a person is told which field is in the way."""

    def report(reason: Reason, field: str = "", choices: tuple[str, ...] = ()) -> Proposal:
        return Proposal(key=key, kind="report", reason=reason, field=field, choices=choices)

    if _is_alias(record, profile):
        return report(Reason.MARKETPLACE_ALIAS)
    if not ONE_ADDRESS.fullmatch(record.fields["email"]):
        return report(Reason.FIELD_UNUSABLE, "email")
    if profile.template is None:
        return report(Reason.ONLY_IN_SHIPSTATION)
    unusable = next((f for f, form in forms.items() if not re.fullmatch(form, record.fields[f], re.DOTALL)), "")
    if unusable:
        return report(Reason.FIELD_UNUSABLE, unusable)
    new_id = profile.template.new_id.format(id=record.id)
    if any(each.id == new_id for each in found):
        return report(Reason.AMBIGUOUS_MATCH, choices=(new_id,))  # somebody else has taken that id
    return _creation(key, record, new_id)


def _creation(key: AlignKey, record: SideRecord, new_id: str) -> Proposal:
    fields = {"id": new_id, **{name: text for name, text in record.fields.items() if name != "code"}}
    changes = {name: Change(side="ifs", before="", after=text) for name, text in fields.items()}
    return Proposal(key=key, kind="create", other=new_id, changes=changes)
