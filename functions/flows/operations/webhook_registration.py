"""Which webhooks a connection's ShipStation account lacks, and which are over. What does not stand at the connection's
own address is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from functions.model.frozen import Frozen
from functions.model.registration import Subscription
from functions.model.webhook_address import Tokens, WebhookAddress, mark_in, mark_of

Opens = Literal["current", "previous", "nothing", "unknown"]


class Making(Frozen):
    """`instead_of` is one of ours that may be changed where the account takes no second one."""

    event: str
    instead_of: str | None = None


class RegistrationPlan(Frozen):
    """`kept` is by event the subscription that serves it; `held` are events of which none is made for now."""

    kept: dict[str, str]
    make: tuple[Making, ...]
    remove: tuple[Subscription, ...]
    held: tuple[str, ...] = ()

    def holding(self, events: Collection[str]) -> RegistrationPlan:
        make = tuple(each for each in self.make if each.event not in events)
        held = tuple(each.event for each in self.make if each.event in events)
        return self.model_copy(update={"make": make, "held": held})


def planned(
    found: Sequence[Subscription],
    address: WebhookAddress,
    tokens: Tokens,
    wanted: Sequence[str],
    marks: Mapping[str, str],
) -> RegistrationPlan:
    """`marks` tell of the ids that were made here which token they got. What a person subscribed at the same address
    counts like our own; beside what is wanted it stays as long as its token opens the endpoint.
    """
    ours = _ours(found, address)
    opening = {each.id: opens(each, address, tokens, marks) for each in ours}
    kept = _kept([each for each in ours if _serves(each, opening[each.id])], opening, wanted)
    make = tuple(Making(event=event, instead_of=_like(ours, event)) for event in wanted if event not in kept)
    left = [each for each in ours if each.id not in kept.values()]
    over = tuple(each for each in left if _is_over(each, opening[each.id], wanted))
    return RegistrationPlan(kept=kept, make=make, remove=over)


def _ours(found: Sequence[Subscription], address: WebhookAddress) -> list[Subscription]:
    """The oldest first."""
    return [each for each in sorted(found, key=_age) if address.holds(each.address.get_secret_value())]


def _kept(serving: Sequence[Subscription], opening: Mapping[str, Opens], wanted: Sequence[str]) -> dict[str, str]:
    """By event the oldest that shows today's token, else the oldest that may."""
    kept: dict[str, str] = {}
    for event in wanted:
        of_event = [each for each in serving if is_of(each, event)]
        for first in sorted(of_event, key=lambda each: opening[each.id] != "current")[:1]:
            kept[event] = first.id
    return kept


def opens(each: Subscription, address: WebhookAddress, tokens: Tokens, marks: Mapping[str, str]) -> Opens:
    """Which token it shows the endpoint. Unknown where neither its address nor its header nor our memory tells."""
    url, header = each.address.get_secret_value(), each.header.get_secret_value() if each.header else ""
    in_path = address.token_in(url)
    known: dict[str, Opens] = {
        tokens.previous.get_secret_value(): "previous",
        tokens.current.get_secret_value(): "current",
    }
    for shown in filter(None, (header, in_path)):
        if shown in known:
            return known[shown]
    if in_path:
        return "nothing"
    by_mark: dict[str, Opens] = {mark_of(tokens.previous): "previous", mark_of(tokens.current): "current"}
    if mark := mark_in(url) or marks.get(each.id, ""):
        return by_mark.get(mark, "nothing")
    return "nothing" if each.header is not None and not header else "unknown"


def _serves(each: Subscription, opening: Opens) -> bool:
    """One whose token nobody can see is taken at its word: else one more would be made with every look."""
    return each.is_active and each.store is None and opening in {"current", "unknown"}


def _is_over(each: Subscription, opening: Opens, wanted: Collection[str]) -> bool:
    if opening == "nothing":
        return True
    is_like_ours = each.store is None and any(is_of(each, event) for event in wanted)
    return is_like_ours and opening != "unknown"


def _like(ours: Sequence[Subscription], event: str) -> str | None:
    """The newest of the event that is for all stores."""
    return next((each.id for each in reversed(ours) if is_of(each, event) and each.store is None), None)


def is_of(each: Subscription, event: str) -> bool:
    """An event is announced in capitals where it is subscribed in small letters."""
    return each.event.casefold() == event.casefold()


def _age(each: Subscription) -> tuple[int, str]:
    return len(each.id), each.id
