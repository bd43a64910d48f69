"""What to do with one record, from what each system says now and what they said when they were last alike.

Field by field, as a merge of three:

    both say the same                            nothing; it is remembered
    they never did, and differ                   the file's policy: one side wins, or a person is asked
    only the side that wins has changed          its value is written
    the other side was edited                    the edit stays, and a person is told
    neither has changed                          nothing: one of them spells it in its own way

An empty value never wins the first time: it says that nothing is known. Nothing is deleted, on either side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.connections.align import Winner
from functions.flows.align.match import Pair
from functions.model.alignment import Aligned, AlignKey, Change, Digests, Proposal, Side, SideRecord
from functions.model.outcomes import Reason
from functions.model.text import digest, folded

ANY = r".*"
LISTED = timedelta(minutes=15)  # after it was made every list shows a record


@dataclass(frozen=True)
class Rules:
    """`winners` are the fields that are compared; `forms` what ShipStation takes as a field, as a regular expression
    that has to match whole; `is_making`: whether a record that only IFS has is made there.
    """

    winners: Mapping[str, Winner]
    forms: Mapping[str, str]
    is_making: bool

    def takes(self, field: str, text: str) -> bool:
        return re.fullmatch(self.forms.get(field, ANY), text, re.DOTALL) is not None

    def unusable(self, fields: Mapping[str, str]) -> str:
        """The first of the fields that keeps ShipStation from taking the record; empty where none does."""
        return next((field for field in self.forms if not self.takes(field, fields.get(field, ""))), "")


Judgement = Side | Reason | None
SIDE_OF: dict[Winner, Side] = {"ifs_wins": "shipstation", "shipstation_wins": "ifs"}


def decide(key: AlignKey, pair: Pair, memory: Aligned | None, rules: Rules, *, now: datetime) -> Proposal:
    if pair.ifs is None:
        reason = Reason.ONLY_IN_SHIPSTATION if memory is None else Reason.GONE_IN_IFS
        return Proposal(key=key, kind="report", other=pair.other.id if pair.other else "", reason=reason)
    known = memory or Aligned(key=key)
    if pair.other is None:
        return _alone(key, pair, known, rules, now)
    return _together(key, pair.ifs, pair.other, known, rules)


def _alone(key: AlignKey, pair: Pair, memory: Aligned, rules: Rules, now: datetime) -> Proposal:
    """ShipStation has no such record, or none that is certain."""
    if pair.named:
        return _report(key, Reason.GONE_IN_SHIPSTATION, pair.named)
    if pair.choices:
        return _report(key, Reason.AMBIGUOUS_MATCH, choices=pair.choices)
    if memory.other:
        return _report(key, Reason.GONE_IN_SHIPSTATION)
    if memory.is_making and (pair.unsure or _is_too_early(memory, now)):
        return _report(key, Reason.OUTCOME_UNKNOWN, choices=pair.unsure)
    return _only_in_ifs(key, pair.ifs.fields if pair.ifs else {}, rules)


def _only_in_ifs(key: AlignKey, fields: Mapping[str, str], rules: Rules) -> Proposal:
    """Made, or a person is told what is in the way."""
    if not rules.is_making:
        return _report(key, Reason.ONLY_IN_IFS)
    unusable = rules.unusable(fields)
    if unusable:
        return _report(key, Reason.FIELD_UNUSABLE, unusable)
    changes = {name: Change(side="shipstation", before="", after=text) for name, text in fields.items() if text}
    return Proposal(key=key, kind="create", changes=changes)


def _report(key: AlignKey, reason: Reason, field: str = "", choices: tuple[str, ...] = ()) -> Proposal:
    return Proposal(key=key, kind="report", reason=reason, field=field, choices=choices)


def _is_too_early(memory: Aligned, now: datetime) -> bool:
    """To say that it was not made: a list may not show yet what a run has made."""
    return memory.tried_at is not None and now < memory.tried_at + LISTED


def _together(key: AlignKey, ifs: SideRecord, other: SideRecord, memory: Aligned, rules: Rules) -> Proposal:
    alike = _alike(ifs, other, rules)
    judged = {field: _judge_field(field, ifs, other, memory, rules) for field in rules.winners if field not in alike}
    changes = _changes(judged, ifs, other)
    asked = {field: reason for field, reason in judged.items() if isinstance(reason, Reason)}
    kind = "change" if changes else "report" if asked else "agree"
    return Proposal(key=key, kind=kind, other=other.id, changes=changes, asked=asked, alike=alike)


def _alike(ifs: SideRecord, other: SideRecord, rules: Rules) -> Digests:
    """The fields that both show and say the same of."""
    return {
        field: digest(folded(ifs.fields[field]))
        for field in rules.winners
        if field in ifs.fields and field in other.fields and folded(ifs.fields[field]) == folded(other.fields[field])
    }


def _changes(judged: Mapping[str, Judgement], ifs: SideRecord, other: SideRecord) -> dict[str, Change]:
    sides = {field: side for field, side in judged.items() if side is not None and not isinstance(side, Reason)}
    return {field: _change(side, ifs.fields[field], other.fields.get(field, "")) for field, side in sides.items()}


def _change(side: Side, ours: str, theirs: str) -> Change:
    before, after = (theirs, ours) if side == "shipstation" else (ours, theirs)
    return Change(side=side, before=before, after=after)


def _judge_field(field: str, ifs: SideRecord, other: SideRecord, memory: Aligned, rules: Rules) -> Judgement:
    """As `_judge`. A person is also asked where IFS shows a field no more, and where the value that wins is none of a
    warehouse: ShipStation would not take it, or does not show it.
    """
    ours, theirs = ifs.fields.get(field), other.fields.get(field)
    if ours is None:
        # Which of several addresses counts, or where it went, nobody says.
        return Reason.FIELD_UNUSABLE if field in memory.ifs else None
    side = _judge(field, rules.winners[field], ours, theirs or "", memory)
    if side not in SIDE_OF.values():
        return side
    winning = ours if side == "shipstation" else theirs
    return side if winning is not None and rules.takes(field, winning) else Reason.FIELD_UNUSABLE


def _judge(field: str, winner: Winner, ours: str, theirs: str, memory: Aligned) -> Judgement:
    """The side to write, why a person is asked, or None where it stays as it is."""
    has_ifs_moved = digest(folded(ours)) != memory.ifs.get(field)
    has_other_moved = digest(folded(theirs)) != memory.shipstation.get(field)
    is_first = field not in memory.ifs
    if not has_ifs_moved and not has_other_moved:
        return None
    if winner == "ask":
        return Reason.DIFFERS
    has_loser_moved = has_other_moved if winner == "ifs_wins" else has_ifs_moved
    if is_first:
        return SIDE_OF[winner] if (ours if winner == "ifs_wins" else theirs) else None
    return Reason.EDITED_ELSEWHERE if has_loser_moved else SIDE_OF[winner]
