"""What a reconcile reads of both systems, what it finds, and how far a run has come. No names, no addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from functions.model.clocks import LONGEST_RUN, is_held
from functions.model.cursors import Span
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.records import FieldName
from functions.model.shipment import ConnectionName

Kind = Literal["equal", "missing", "different", "extra"]
Status = Literal["equal", "missing", "different", "extra", "explained"]
RECORD = "record"  # where a shipment has none at all
OUTSIDE_WINDOW, EDITED = "outside_window", Reason.TYPED_BY_A_PERSON
BY_HAND, DISMISSED, CANCELLED = "placed_by_a_person", "dismissed", "cancelled_in_ifs"
MOST_REPAIRED = 500  # orders of one plan
MOST_SHOWN = 200  # characters of a value


class Parcel(Frozen):
    """One label or fulfilment. `texts` are by where the file may read an order's name; `parts` are the goods' SKUs."""

    key: str
    order_id: int | None = None
    store_id: int | None = None
    created_at: datetime
    voided_at: datetime | None = None
    is_return: bool = False
    texts: dict[str, str] = Field(default_factory=dict)
    tracking: str | None = None
    carrier: str | None = None
    service: str | None = None
    ship_date: date | None = None
    cost: Decimal | None = None
    currency: str | None = None
    parts: frozenset[str] = frozenset()

    @property
    def is_living(self) -> bool:
        return self.voided_at is None

    @property
    def changed_at(self) -> datetime:
        """When it came to be what it is."""
        return self.voided_at or self.created_at

    def holding(self, parts: frozenset[str]) -> Parcel:
        """With its order's goods, where its own row tells none."""
        return self.model_copy(update={"parts": parts})


class ShipStationOrder(Frozen):
    """What an order adds to its parcels' rows. `merged` are the orders that were combined into it."""

    order_id: int
    store_id: int | None = None
    texts: dict[str, str] = Field(default_factory=dict)
    merged: tuple[int, ...] = ()
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Orders:
    """By ShipStation's id. `unread` were not shown, or not asked for; what is in neither is gone."""

    found: Mapping[int, ShipStationOrder] = field(default_factory=dict)
    unread: Collection[int] = ()


class IfsRow(Frozen):
    """One IFS record: `references` are those that were asked for and that it belongs to, `parcel` the shipment that a
    row of its own is for. Nothing belongs on a cancelled one. Values are by our names, as IFS spells them.
    """

    place: str
    id: str
    references: frozenset[str] = frozenset()
    parcel: str | None = None
    parts: frozenset[str] = frozenset()
    site: str = ""
    company: str = ""
    is_cancelled: bool = False
    values: dict[FieldName, str | None] = Field(default_factory=dict)

    def of(self, references: Iterable[str], parts: Iterable[str] = ()) -> IfsRow:
        """Belonging to these, and holding these goods."""
        return self.model_copy(update={"references": frozenset(references), "parts": frozenset(parts) or self.parts})

    def together_with(self, known: IfsRow | None) -> IfsRow:
        """The same record, read for other references too."""
        return self if known is None else self.of(self.references | known.references)

    def made_for(self, parcel: str, company: str) -> IfsRow:
        return self.model_copy(update={"parcel": parcel, "company": company})


class Checked(Frozen):
    """One field of one record for these shipments, and what either system says where they differ. `explained_by` is the
    reason that the file or the ledger gives.
    """

    order: str
    company: str
    shipments: tuple[str, ...]
    record: str | None = None
    place: str = ""
    field: str
    kind: Kind
    shipstation: str | None = None
    ifs: str | None = None
    explained_by: str | None = None
    since: datetime

    @property
    def status(self) -> Status:
        return "explained" if self.explained_by and self.kind != "equal" else self.kind

    @property
    def is_unexplained(self) -> bool:
        return self.status not in {"equal", "explained"}

    def saying(self, shipstation: str | None, ifs: str | None) -> Checked:
        """What either system says, but where both say the same."""
        if self.kind == "equal":
            return self
        return self.model_copy(update={"shipstation": _shown(shipstation), "ifs": _shown(ifs)})

    def nobodys(self) -> Checked:
        """No shipment says it."""
        return self.model_copy(update={"shipments": ()})

    def explained(self, reason: str) -> Checked:
        return self.model_copy(update={"explained_by": str(reason)})


class Totals(Frozen):
    """`fields` counts by `field/status`, `reasons` the explanations; `unreadable` are rows of ShipStation that nobody
    can read.
    """

    shipments: int = 0
    records: int = 0
    unreadable: int = 0
    unknown: int = 0
    fields: dict[str, int] = Field(default_factory=dict)
    reasons: dict[str, int] = Field(default_factory=dict)
    oldest_unexplained: datetime | None = None

    def count(self, status: Status) -> int:
        return sum(number for name, number in self.fields.items() if name.endswith(f"/{status}"))

    @property
    def is_compared(self) -> bool:
        """Some field of some shipment was."""
        return any(self.fields.values())

    @property
    def unexplained(self) -> int:
        return self.count("missing") + self.count("different") + self.count("extra")

    @property
    def differences(self) -> int:
        """Explained or not."""
        return self.unexplained + self.count("explained")

    def __add__(self, other: Totals) -> Totals:
        oldest = [at for at in (self.oldest_unexplained, other.oldest_unexplained) if at is not None]
        return Totals(
            shipments=self.shipments + other.shipments,
            records=self.records + other.records,
            unreadable=self.unreadable + other.unreadable,
            unknown=self.unknown + other.unknown,
            fields=_sum(self.fields, other.fields),
            reasons=_sum(self.reasons, other.reasons),
            oldest_unexplained=min(oldest, default=None),
        )


def totals(checked: Iterable[Checked], *, shipments: int, records: int, unreadable: int, unknown: int) -> Totals:
    every = list(checked)
    return Totals(
        shipments=shipments,
        records=records,
        unreadable=unreadable,
        unknown=unknown,
        fields=Counter(f"{each.field}/{each.status}" for each in every),
        reasons=Counter(each.explained_by for each in every if each.explained_by and each.kind != "equal"),
        oldest_unexplained=min((each.since for each in every if each.is_unexplained), default=None),
    )


class Part(Frozen):
    """One document of a report: where it is and what it is made of."""

    name: str
    sha256: str


class ReconcileRun(Frozen):
    """`window` is half open. Everything before `read_up_to` was compared; the next piece is `piece_seconds` long.
    `in_vain` counts the tries of that piece. `disagreeing` are the IFS orders of unexplained differences. `action_id`
    is that of the request. `revision` guards every save. `daily` is the last day that was reconciled by the schedule,
    in the connection's zone.
    """

    run_id: str
    connection: ConnectionName
    window: Span
    by: str
    note: str
    repair: bool = False
    action_id: str = ""
    begun_at: datetime
    read_up_to: datetime
    piece_seconds: int
    in_vain: int = 0
    totals: Totals = Totals()
    disagreeing: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    report: Part | None = None
    plan_id: str | None = None
    failed: Reason | None = None
    ended_at: datetime | None = None
    held_until: datetime | None = None
    daily: date | None = None
    revision: int = 0

    @property
    def is_read(self) -> bool:
        return self.read_up_to >= self.window.end

    @property
    def percent(self) -> float:
        whole = (self.window.end - self.window.start).total_seconds()
        done = (min(self.read_up_to, self.window.end) - self.window.start).total_seconds()
        return 100.0 if self.ended_at else round(100 * done / whole, 1) if whole else 0.0

    def is_held(self, now: datetime) -> bool:
        return is_held(self.held_until, now, now + LONGEST_RUN)

    def taken(self, until: datetime) -> ReconcileRun:
        return self.model_copy(update={"held_until": until})

    def let_go(self) -> ReconcileRun:
        return self.model_copy(update={"held_until": None})

    def in_pieces_of(self, seconds: int) -> ReconcileRun:
        return self.model_copy(update={"piece_seconds": seconds})

    def stumbled(self, *, piece_seconds: int) -> ReconcileRun:
        """The same piece again, in a smaller size."""
        return self.model_copy(update={"in_vain": self.in_vain + 1, "piece_seconds": piece_seconds})

    def compared(self, until: datetime, part: Part, more: Totals, disagreeing: Iterable[str]) -> ReconcileRun:
        names = tuple(dict.fromkeys((*self.disagreeing, *disagreeing)))[:MOST_REPAIRED]
        return self.model_copy(
            update={
                "read_up_to": until,
                "in_vain": 0,
                "parts": (*self.parts, part),
                "totals": self.totals + more,
                "disagreeing": names,
            }
        )

    def planned(self, plan_id: str) -> ReconcileRun:
        return self.model_copy(update={"plan_id": plan_id})

    def ended(self, at: datetime, report: Part) -> ReconcileRun:
        return self.model_copy(update={"ended_at": at, "report": report, "held_until": None})

    def given_up(self, at: datetime, reason: Reason) -> ReconcileRun:
        return self.model_copy(update={"ended_at": at, "failed": reason, "held_until": None})

    def stored(self) -> ReconcileRun:
        return self.model_copy(update={"revision": self.revision + 1})


def _shown(value: str | None) -> str | None:
    return (value or "")[:MOST_SHOWN] or None


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(first) + Counter(second))
