"""How a connection stands: how far ShipStation is read and what is read beside it, whether IFS answers and fits, what a
person has paused and mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from functions.connections.connection import Connection
from functions.flows.operations.backfill import progress
from functions.flows.operations.key_standing import KeyStanding
from functions.flows.operations.maps import MAPS, conflicts, toml
from functions.model.audit import AuditEntry
from functions.model.behind import behind, read_to_the_end_at
from functions.model.budget import BudgetState
from functions.model.cursors import ReadingPosition, Stream
from functions.model.desk import Desk, MapEntry, MapName, Pause, Recall
from functions.model.frozen import Frozen
from functions.model.jobs import Job, Progress
from functions.model.outcomes import SENTENCES, Reason
from functions.model.parked import Parked
from functions.model.registration import Registration
from functions.model.tenant import Circuit, Fitness

MINUTE_MS = 60_000
SPARE = timedelta(minutes=10)  # beside two periods of the poll
SHOWN = 50  # parked subjects in one answer


class StreamStanding(Frozen):
    """`read_up_to` is where the next look starts, `settled_up_to` up to where everything was read a second time: both
    are instants of rows. `minutes_behind` is since it was last read to its end; of the sweep, by how much it follows.
    """

    read_up_to: datetime
    settled_up_to: datetime
    minutes_behind: float


class ParkedSubject(Frozen):
    subject: str
    reason: Reason
    means: str
    detail: str
    at: datetime


class WebhookStanding(Frozen):
    """As of `checked_at`; `missing` are the wanted events that no webhook announces, `missing_since` is also since when
    ShipStation refuses to show its webhooks. `asks_for_a_person`: the hourly run did not repair it. `previous_since` is
    since when a previous token is let in beside the current one, `previous_is_left` that nobody emptied it.
    """

    checked_at: datetime
    registered: tuple[str, ...]
    missing: tuple[str, ...]
    missing_since: datetime | None
    reason: Reason | None
    means: str
    status: int | None
    repaired_at: datetime | None
    asks_for_a_person: bool
    previous_since: datetime | None = None
    previous_is_left: bool = False


class ReadingStanding(Frozen):
    """`late_since`: up to when everything was read, where that is longer ago than two polls and ten minutes.
    `registration` is of the webhooks that the connector subscribes; None where a person does, or nobody has looked yet.
    `requests_in_the_last_minute` of `requests_per_minute` are ours; None where the key was never used or cannot be
    read.
    """

    connection: str
    mode: str
    api: str
    last_poll_at: datetime | None
    late_since: datetime | None = None
    refused_since: datetime | None
    silent_since: datetime | None
    not_configured: str | None
    key: KeyStanding | None = None
    streams: dict[str, StreamStanding]
    jobs: tuple[Progress, ...]
    last_webhook_at: dict[Stream, datetime]
    registration: WebhookStanding | None = None
    requests_in_the_last_minute: int | None
    requests_per_minute: int
    parked: tuple[ParkedSubject, ...]
    parked_not_shown: int


@dataclass(frozen=True)
class ReadingFacts:
    """What the ledger holds of a connection's reading."""

    position: ReadingPosition
    jobs: Sequence[Job]
    webhooks: Mapping[Stream, datetime]
    parked: Sequence[Parked]
    budget: BudgetState | None = None
    not_configured: str | None = None
    registration: Registration | None = None
    key: KeyStanding | None = None


def reading_standing(connection: Connection, facts: ReadingFacts, now: datetime) -> ReadingStanding:
    position, rate = facts.position, connection.shipstation.requests_per_minute
    lag: dict[str, timedelta] = dict(behind(position, facts.jobs, now).items())
    return ReadingStanding(
        connection=connection.called,
        mode=connection.mode,
        api=connection.shipstation.api,
        last_poll_at=position.last_poll_at,
        late_since=_late_since(connection, position, now),
        refused_since=position.refused_at,
        silent_since=position.silent_at,
        not_configured=facts.not_configured,
        key=facts.key,
        streams={
            name: StreamStanding(
                read_up_to=cursor.head,
                settled_up_to=cursor.settled,
                minutes_behind=round(lag.get(name, now - cursor.head).total_seconds() / 60, 1),
            )
            for name, cursor in sorted(position.cursors.items())
        },
        jobs=tuple(progress(job, rate, now) for job in facts.jobs),
        last_webhook_at=dict(facts.webhooks),
        registration=_registration(connection, facts.registration, now),
        requests_in_the_last_minute=_used(facts.budget, now),
        requests_per_minute=rate,
        parked=tuple(_parked(each) for each in facts.parked[:SHOWN]),
        parked_not_shown=max(0, len(facts.parked) - SHOWN),
    )


def _registration(connection: Connection, known: Registration | None, now: datetime) -> WebhookStanding | None:
    """What was registered before a person took it over says nothing of now."""
    if known is None or connection.shipstation.webhooks == "manual":
        return None
    return WebhookStanding(
        checked_at=known.checked_at,
        registered=known.registered,
        missing=known.missing,
        missing_since=known.missing_since,
        reason=known.reason,
        means=SENTENCES[known.reason] if known.reason else "",
        status=known.status,
        repaired_at=known.repaired_at,
        asks_for_a_person=known.asks_for_a_person(now),
        previous_since=known.previous_since,
        previous_is_left=known.is_previous_left(now),
    )


def _late_since(connection: Connection, position: ReadingPosition, now: datetime) -> datetime | None:
    """What was never read is not late: it has not begun."""
    if connection.mode == "off" or position.last_poll_at is None:
        return None
    ends = (read_to_the_end_at(position, stream) for stream in Stream if stream in position.cursors)
    since = min(position.last_poll_at, *filter(None, ends), now)
    return since if now - since > 2 * timedelta(minutes=connection.poll_minutes) + SPARE else None


def _used(budget: BudgetState | None, now: datetime) -> int | None:
    since = now.timestamp() * 1000 - MINUTE_MS
    return None if budget is None else sum(sent > since for sent in budget.sent_ms)


def _parked(parked: Parked) -> ParkedSubject:
    return ParkedSubject(
        subject=parked.subject,
        reason=parked.reason,
        means=SENTENCES[parked.reason],
        detail=parked.detail,
        at=parked.at,
    )


class TenantStanding(Frozen):
    """`published`: whether what IFS publishes fits the file, as of `compared_at`; `misfits` say what does not."""

    connection: str
    is_answering: bool
    reason: Reason | None
    means: str
    out_since: datetime | None
    left_alone_until: datetime | None
    published: Literal["fits", "changed", "not looked at yet"]
    compared_at: datetime | None
    misfits: tuple[str, ...]
    key: KeyStanding | None = None


def tenant_standing(
    connection: Connection, circuit: Circuit, fitness: Fitness | None, now: datetime, key: KeyStanding | None = None
) -> TenantStanding:
    changed: Literal["fits", "changed"] = "changed" if fitness and fitness.misfits else "fits"
    return TenantStanding(
        connection=connection.called,
        is_answering=not circuit.is_open,
        reason=circuit.reason,
        means=SENTENCES[circuit.reason] if circuit.reason else "",
        out_since=circuit.opened_at,
        left_alone_until=circuit.left_alone_until(now),
        published=changed if fitness else "not looked at yet",
        compared_at=fitness.checked_at if fitness else None,
        misfits=fitness.misfits if fitness else (),
        key=key,
    )


class Decided(Frozen):
    """A decision that concerns the connection: what, by whom and why, and what was so before and after."""

    at: datetime
    what: str
    by: str | None
    note: str | None
    changes: dict[str, tuple[str | None, str | None]]


class DeskStanding(Frozen):
    """`toml` holds the map entries, to paste into the connection file; `conflicts` those where the file says something
    else by now, which counts; `decisions` are the last ones, newest first. `maps` are those that may be added to.
    `listeners` are those who hear the stack's alarms, None where that is not known.
    """

    connection: str
    pauses: tuple[Pause, ...]
    entries: tuple[MapEntry, ...]
    recalls: tuple[Recall, ...]
    toml: str
    conflicts: tuple[str, ...]
    forgotten: tuple[str, ...]
    decisions: tuple[Decided, ...] = ()
    maps: tuple[MapName, ...] = ()
    listeners: int | None = None

    @property
    def unheard(self) -> str:
        """What has to be said of alarms that nobody hears."""
        return "nobody hears the alarms: the last hour found no confirmed subscription" if self.listeners == 0 else ""


def desk_standing(
    connection: Connection,
    desk: Desk,
    now: datetime,
    *,
    decisions: Iterable[AuditEntry] = (),
    listeners: int | None = None,
) -> DeskStanding:
    return DeskStanding(
        connection=connection.called,
        pauses=tuple(desk.holding(now)),
        entries=desk.entries,
        recalls=desk.recalls,
        toml=toml(connection, desk.entries),
        conflicts=tuple(conflicts(connection, desk.entries)),
        maps=tuple(name for name in MAPS if name != "warehouses" or connection.takes_warehouses),
        forgotten=tuple(pause.name for pause in desk.pauses if pause.is_forgotten(now)),
        decisions=tuple(_decided(entry) for entry in decisions),
        listeners=listeners,
    )


def _decided(entry: AuditEntry) -> Decided:
    return Decided(
        at=entry.at,
        what=entry.action or "",
        by=entry.cause.by,
        note=entry.cause.note,
        changes={name: change.values for name, change in entry.changes.items()},
    )
