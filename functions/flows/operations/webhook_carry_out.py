"""Keeps a connection's webhooks subscribed in its ShipStation account: what is missing is made first, what is over is
removed last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Protocol

from pydantic import SecretStr

from functions.errors import ConnectorError, Permanent
from functions.flows.operations.webhook_registration import Making, RegistrationPlan, is_of, planned
from functions.model.outcomes import Reason
from functions.model.registration import RegistrationReport, Subscription
from functions.model.webhook_address import Tokens, WebhookAddress, mark_of


class Webhooks(Protocol):
    """The account's subscriptions. Raises Retryable, OutcomeUnknown (writes) or Permanent; one that may be refused
    because the account has its like is Permanent with status 409.
    """

    def list(self) -> Sequence[Subscription]: ...

    def make(self, event: str, token: SecretStr) -> str:
        """Its id."""

    def change(self, subscription_id: str, event: str, token: SecretStr) -> None:
        """The same subscription, of this event, with this token. Permanent where the API knows no such change."""

    def remove(self, subscription_id: str) -> None:
        """One that is gone is removed."""


def register(
    webhooks: Webhooks,
    address: WebhookAddress,
    tokens: Callable[[], Tokens],
    wanted: Sequence[str],
    marks: Mapping[str, str],
    *,
    in_vain: Collection[str] = (),
) -> RegistrationReport:
    """Raises what keeps the list from being read. The tokens are read after it, so that no subscription that a person
    made meanwhile holds one that is not known yet. Of the events `in_vain` none is made.
    """
    found = webhooks.list()
    current = tokens()
    plan = planned(found, address, current, wanted, marks).holding(in_vain)
    shown = {each.id for each in found}
    known = {number: mark for number, mark in marks.items() if number in shown}
    report = _CarryOut(webhooks, current.current, plan, {**known, **_marks_of(plan, current)}).run()
    return report.beside_previous() if current.previous.get_secret_value() else report


def would_register(plan: RegistrationPlan) -> RegistrationReport:
    """As a run would end in which nothing is refused."""
    return RegistrationReport(
        registered=tuple(plan.kept),
        made=tuple(each.event for each in plan.make),
        removed=tuple(each.id for each in plan.remove),
        missing=plan.held,
    )


def unregister(
    webhooks: Webhooks, address: WebhookAddress, own: Collection[str], *, has_time: Callable[[], bool]
) -> Iterator[str]:
    """Removes those of our own that stand at this address, whichever token they hold; yields what was removed. Where
    nothing is our own, nothing is asked. Raises what keeps the list from being read; one that is not removed is passed
    over.
    """
    for each in webhooks.list() if own else ():
        if each.id in own and address.holds(each.address.get_secret_value()) and has_time():
            try:
                webhooks.remove(each.id)
            except ConnectorError:
                continue
            yield each.id


def _marks_of(plan: RegistrationPlan, tokens: Tokens) -> dict[str, str]:
    return dict.fromkeys(plan.kept.values(), mark_of(tokens.current))


class _CarryOut:
    def __init__(self, webhooks: Webhooks, token: SecretStr, plan: RegistrationPlan, marks: dict[str, str]) -> None:
        self._webhooks, self._token, self._plan, self._marks = webhooks, token, plan, marks
        self._made: list[str] = []
        self._created: list[str] = []
        self._changed: list[str] = []
        self._fault: ConnectorError | None = None

    def run(self) -> RegistrationReport:
        for making in self._plan.make:
            self._try(partial(self._make, making))
        present = {*self._plan.kept, *self._made}
        wanted = (*self._plan.kept, *(each.event for each in self._plan.make), *self._plan.held)
        removed, not_removed = self._removed([event for event in wanted if event not in present])
        return RegistrationReport(
            registered=tuple(self._plan.kept),
            made=tuple(self._made),
            created=tuple(self._created),
            missing=tuple(event for event in wanted if event not in present),
            removed=removed,
            not_removed=not_removed,
            marks=self._marks,
            reason=self._fault.reason if self._fault else Reason.WEBHOOKS_NOT_SHOWN if self._plan.held else None,
            status=self._fault.status if self._fault else None,
        )

    def _make(self, making: Making) -> None:
        try:
            number = self._webhooks.make(making.event, self._token)
            self._created.append(number)
        except Permanent as fault:
            if fault.status != HTTPStatus.CONFLICT or making.instead_of is None:
                raise
            number = making.instead_of
            self._webhooks.change(number, making.event, self._token)
            self._changed.append(number)
        self._made.append(making.event)
        self._marks[number] = mark_of(self._token)

    def _removed(self, missing: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What serves an event as well as it can stays until another one does."""
        due = [each for each in self._plan.remove if each.id not in self._changed]
        due = [each for each in due if not any(is_of(each, event) for event in missing)]
        removed = tuple(each.id for each in due if self._is_removed(each))
        return removed, tuple(each.id for each in self._plan.remove if each.id not in {*removed, *self._changed})

    def _is_removed(self, each: Subscription) -> bool:
        return self._try(lambda: self._webhooks.remove(each.id))

    def _try(self, act: Callable[[], None]) -> bool:
        """What says that nothing else will be served either is not asked again."""
        if self._fault is not None and self._fault.reason is not Reason.SHIPSTATION_REQUEST:
            return False
        try:
            act()
        except ConnectorError as fault:
            self._fault = fault
            return False
        return True
