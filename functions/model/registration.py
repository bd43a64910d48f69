"""The webhooks that an account has, and how a connection's registration stands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from pydantic import Field, SecretStr

from functions.model.connection_name import ConnectionName
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason

PATIENCE = timedelta(hours=3)  # hourly runs that may repair it before it is a person's
LEFT = timedelta(days=7)  # a previous token that nobody emptied
MOST_IN_A_ROW = 3  # looks that make the same webhook: the account does not show what it has
IN_VAIN_APART = timedelta(days=1)  # the later ones


class Subscription(Frozen):
    """As ShipStation shows one. `header` is the token that it sends in a header: empty where it sends none, None where
    ShipStation does not say. `store` is the only store that it is for.
    """

    id: str
    event: str
    address: SecretStr
    header: SecretStr | None = None
    store: str | None = None
    is_active: bool = True


class RegistrationReport(Frozen):
    """What one run found and did, by event; `removed` are ids, and so are those that were `created`. `marks` tell by
    the id which token was registered. `has_previous`: a previous token opens the endpoint too. `reason` is why
    something is missing, or why nothing could be looked at.
    """

    registered: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    not_removed: tuple[str, ...] = ()
    marks: dict[str, str] = Field(default_factory=dict)
    has_previous: bool = False
    reason: Reason | None = None
    status: int | None = None

    @property
    def present(self) -> tuple[str, ...]:
        return (*self.registered, *self.made)

    def beside_previous(self) -> RegistrationReport:
        return self.model_copy(update={"has_previous": True})


class Registration(Frozen):
    """How the webhooks of a connection stood when they were last looked at. `missing_since` is since when one is
    missing or not known to be there, or the account refuses to show them; `repaired_at` when one was made last.
    `status` is that of the refusal.
    `own` are by API the ids that the connector made itself, without those that it found and kept.
    `previous_since` is since when the secret holds a previous token. `made_in_a_row` says by event how many looks up to
    the last one had to make its webhook.
    """

    connection: ConnectionName
    checked_at: datetime
    registered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    reason: Reason | None = None
    status: int | None = None
    missing_since: datetime | None = None
    repaired_at: datetime | None = None
    marks: dict[str, str] = Field(default_factory=dict)
    own: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    previous_since: datetime | None = None
    made_in_a_row: dict[str, int] = Field(default_factory=dict)

    def in_vain(self, now: datetime) -> frozenset[str]:
        """The events of webhooks that were made look by look and never shown: one more each time would fill the
        account.
        """
        if self.repaired_at is None or now - self.repaired_at >= IN_VAIN_APART:
            return frozenset()
        return frozenset(event for event, looks in self.made_in_a_row.items() if looks >= MOST_IN_A_ROW)

    def asks_for_a_person(self, now: datetime) -> bool:
        return self.missing_since is not None and now - self.missing_since >= PATIENCE

    def is_previous_left(self, now: datetime) -> bool:
        return self.previous_since is not None and now - self.previous_since >= LEFT

    def after(self, report: RegistrationReport, now: datetime, api: str) -> Registration:
        return Registration(
            connection=self.connection,
            checked_at=now,
            registered=report.present,
            missing=report.missing,
            reason=report.reason,
            status=report.status,
            missing_since=(self.missing_since or now) if report.missing else None,
            repaired_at=now if report.made else self.repaired_at,
            marks=report.marks,
            own={**self.own, api: self._own_after(report, api)},
            previous_since=(self.previous_since or now) if report.has_previous else None,
            made_in_a_row=self._made_after(report),
        )

    def not_shown(
        self, reason: Reason, status: int | None, now: datetime, *, wanted: Collection[str], is_refused: bool
    ) -> Registration:
        """What was known stays so. A refusal is a person's to see to, and so is whatever else keeps from a look where
        not all that is wanted is known to be there.
        """
        is_known = {*wanted} <= {*self.registered}
        since = self.missing_since or (now if is_refused or not is_known else None)
        update = {"checked_at": now, "reason": reason, "status": status, "missing_since": since}
        return self.model_copy(update=update)

    def _made_after(self, report: RegistrationReport) -> dict[str, int]:
        before = self.made_in_a_row
        held = {event: looks for event, looks in before.items() if event in report.missing}
        return held | {event: before.get(event, 0) + 1 for event in report.made}

    def _own_after(self, report: RegistrationReport, api: str) -> tuple[str, ...]:
        """Each of them has a mark as long as it is listed."""
        own = (*self.own.get(api, ()), *report.created)
        return tuple(number for number in own if number in report.marks and number not in report.removed)
