"""Deliberate breakages of what keeps reference data alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.connections.align import Customers
from functions.flows.align import carry_out, customers, decide, look, match, stock
from functions.model.alignment import Proposal
from functions.model.outcomes import Outcome, Reason
from tests.simulation.patching import patch


def _the_winner_overwrites_an_edit() -> None:
    judge = decide._judge

    def hasty(field: Any, winner: Any, ours: Any, theirs: Any, memory: Any) -> Any:
        found = judge(field, winner, ours, theirs, memory)
        return decide.SIDE_OF[winner] if found is Reason.EDITED_ELSEWHERE else found

    patch(decide, "_judge", hasty)


def _nobody_is_asked() -> None:
    told = carry_out._told

    def silent(memory: Any, proposal: Proposal, outcome: Outcome) -> Any:
        return told(memory, proposal.model_copy(update={"asked": {}}), outcome)

    patch(carry_out, "_told", silent)


def _a_question_is_asked_once() -> None:
    """What differed at the look before is taken for alike."""
    together = decide._together

    def forgetful(key: Any, ifs: Any, other: Any, memory: Any, rules: Any) -> Any:
        found = together(key, ifs, other, memory, rules)
        return found.model_copy(update={"asked": {}}) if memory.outcome is Outcome.KEPT else found

    patch(decide, "_together", forgetful)


def _what_is_gone_is_made_again() -> None:
    alone = decide._alone

    def again(key: Any, pair: Any, memory: Any, rules: Any, now: Any) -> Any:
        return alone(key, pair, memory.linked(""), rules, now)

    patch(decide, "_alone", again)


def _what_may_have_been_made_is_made_again() -> None:
    patch(match, "_made", lambda known: (lambda ifs: None, lambda other: other.id))
    patch(match, "_by_key", lambda key: (lambda ifs: None, lambda other: other.id))
    patch(match, "_unsure", lambda memory, free: ())
    patch(decide, "_is_too_early", lambda memory, now: False)


def _who_ships_from_elsewhere_is_anybodys() -> None:
    """Where no name fits, the first warehouse that is left over is taken."""
    matched = match.match

    def greedy(*arguments: Any, **options: Any) -> Any:
        pairs = list(matched(*arguments, **options))
        left = [pair for pair in pairs if pair.ifs is None]
        for pair in pairs:
            yield match.Pair(pair.ifs, left.pop(0).other) if pair.ifs and not pair.other and left else pair

    patch(look, "match", greedy)


def _twins_are_made_twice() -> None:
    patch(customers, "_once_each", lambda steps, known: list(steps))


def _marketplaces_have_customers() -> None:
    patch(customers, "_is_alias", lambda record, profile: False)


def _a_half_made_customer_is_settled() -> None:
    failed = carry_out._failed

    def done(step: Any, fault: Any, now: Any) -> Any:
        return failed(step, fault, now).done().ended(Outcome.WRITTEN)

    patch(carry_out, "_failed", done)


def _what_is_gone_is_not_told_as_zero() -> None:
    of_site = stock._of_site

    def shown(flow: Any, parts: Any, there: Any, known: Any, at: Any) -> Any:
        return of_site(flow, [part for part in parts if at.told.get(part)], there, known, at)

    patch(stock, "_of_site", shown)


def _what_left_is_given_back() -> None:
    patch(stock, "_is_shipped", lambda memory, proposal: False)


def _a_write_is_not_told() -> None:
    patch(carry_out, "tell", lambda flow, memory, cause, changes: None)


def _names_are_audited() -> None:
    patch(Customers, "personal", frozenset())


ALIGNING_BREAKAGES: dict[str, Callable[[], None]] = {
    "the winner overwrites an edit": _the_winner_overwrites_an_edit,
    "nobody is asked": _nobody_is_asked,
    "a question is asked once": _a_question_is_asked_once,
    "a warehouse that is gone is made again": _what_is_gone_is_made_again,
    "a warehouse that may have been made is made again": _what_may_have_been_made_is_made_again,
    "a warehouse of no site is anybody's": _who_ships_from_elsewhere_is_anybodys,
    "twins are made twice": _twins_are_made_twice,
    "marketplaces have customers": _marketplaces_have_customers,
    "a half-made customer is settled": _a_half_made_customer_is_settled,
    "stock that is gone is not told": _what_is_gone_is_not_told_as_zero,
    "stock that left is given back": _what_left_is_given_back,
    "a write of reference data is not told": _a_write_is_not_told,
    "names of customers are audited": _names_are_audited,
}
