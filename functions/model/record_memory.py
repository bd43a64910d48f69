"""What is remembered of one IFS record: who placed which shipments on it, and field by field what we did to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field

from functions.model.audit import AuditEntry, Cause, FieldChange
from functions.model.clocks import newest
from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.records import RecordKey
from functions.model.same_value import same
from functions.model.shipment import ConnectionName, OrderKey, ShipmentKey

UNDECIDED = {Reason.SHARED_TARGET, Reason.PLAN_OUTDATED}
PLANS = 5  # of those that were carried out on a record are remembered
LEASE = timedelta(minutes=3)  # outlives the longest run of a consumer
POST_AGAIN = timedelta(minutes=15)  # a row whose making was not answered may still appear


class Contribution(Frozen):
    """One shipment as its order placed it here: carrier, service and day (`YYYY-MM-DD`) are mapped by that order.
    `cost` is its share of the label's, `delivered` the wall clock's time at the record's site.
    """

    shipment: ShipmentKey
    store_id: int | None = None
    created_at: datetime
    voided_at: datetime | None = None
    tracking: str | None = None
    carrier: str | None = None
    service: str | None = None
    day: str | None = None
    cost: Decimal | None = None
    currency: str | None = None
    tracking_status: str | None = None
    delivered: str | None = None

    @property
    def is_live(self) -> bool:
        return self.voided_at is None

    @property
    def is_label(self) -> bool:
        """And not marked as shipped by hand."""
        return self.shipment.startswith("L")


class OrderContribution(Frozen):
    """What one order placed on the record, oldest first. `orders` are the IFS orders that its reference stood for when
    it looked, where that is not the reference itself; `explaining` the numbers of its shipments out of scope, which
    another way than ours may have brought there.
    """

    company: str
    reference: str
    shipments: tuple[Contribution, ...]
    orders: tuple[str, ...] = ()
    explaining: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """A parcel of it is not voided."""
        return any(shipment.is_live for shipment in self.shipments)

    def order(self, connection: ConnectionName) -> OrderKey:
        return OrderKey(connection=connection, company=self.company, reference=self.reference)


class OrderName(Frozen):
    """An order of the record's connection."""

    company: str
    reference: str

    def order(self, connection: ConnectionName) -> OrderKey:
        return OrderKey(connection=connection, company=self.company, reference=self.reference)


class FieldMemory(Frozen):
    """One attribute. `ours` is what we wrote and read back and nobody is known to have changed, `theirs` the last value
    that was not ours, `tried` the value last sent, whether IFS took it or refused it. `extends`: ours was appended to
    theirs. `reverted` are the shipments that stood there when a person took ours back: for them alone nothing is
    written again. Outcome and reason are of the last decision.
    """

    outcome: Outcome
    reason: Reason | None = None
    ours: str | None = None
    theirs: str | None = None
    tried: str | None = None
    extends: bool = False
    reverted: tuple[ShipmentKey, ...] = ()

    @property
    def is_refused(self) -> bool:
        """IFS did not take what was tried; parked for any other reason, nothing was sent."""
        return self.outcome is Outcome.PARKED and self.reason not in UNDECIDED

    def is_reverted_for(self, live: AbstractSet[ShipmentKey]) -> bool:
        """Nothing came since a person took ours back."""
        return bool(self.reverted) and live <= set(self.reverted)

    def ended(self, outcome: Outcome, reason: Reason | None) -> FieldMemory:
        """The same memory under the outcome of another decision."""
        return self.model_copy(update={"outcome": outcome, "reason": reason})

    def set_aside(self, reason: Reason) -> FieldMemory:
        """Parked without a decision: what IFS refused before is asked for again once there is one."""
        tried = None if self.is_refused else self.tried
        return self.model_copy(update={"outcome": Outcome.PARKED, "reason": reason, "tried": tried})

    def somebodys(self, current: str | None) -> FieldMemory:
        """Something else stands there than we wrote: it is theirs, and nothing there is ours."""
        theirs = self.theirs if current is None else current
        return self.model_copy(update={"ours": None, "extends": False, "theirs": theirs})

    def seeing(self, name: str, current: str | None) -> FieldMemory:
        """What stands there and is not ours is somebody's, whatever becomes of what is sent now."""
        is_ours = self.ours is not None and same(name, current, self.ours)
        return self if current is None or is_ours else self.somebodys(current)

    def overtaken(self, value: str | None, current: str | None) -> FieldMemory:
        """Ours was sent, and somebody else's stands there now."""
        theirs = self.theirs if current is None else current
        return self.model_copy(update={"ours": None, "extends": False, "theirs": theirs, "tried": value})

    def refused(self, value: str | None, reason: Reason) -> FieldMemory:
        """IFS did not take `value`: it was tried, and there is no claim to it."""
        return self.model_copy(update={"outcome": Outcome.PARKED, "reason": reason, "tried": value})

    def holding(self, value: str | None) -> FieldMemory:
        """What IFS made of ours."""
        return self.model_copy(update={"ours": value, "extends": False})

    def adopted(self) -> FieldMemory:
        """A person says that what was called his is ours."""
        return self.model_copy(update={"ours": self.theirs, "theirs": None, "extends": False})

    def asked_again(self) -> FieldMemory:
        """What IFS refused is sent once more: until that is known to have ended, it was not tried; nor is anything said
        of whose it is that will stand there.
        """
        if self.outcome not in {Outcome.KEPT, Outcome.UNCHANGED} and not self.is_refused:
            return self
        tried = None if self.is_refused else self.tried
        return self.model_copy(update={"outcome": Outcome.RETRY, "reason": Reason.OUTCOME_UNKNOWN, "tried": tried})

    def given_back(self, value: str | None, shipments: Iterable[ShipmentKey]) -> FieldMemory:
        """A person decided that `value` stands there, whatever these shipments say."""
        return FieldMemory(
            outcome=Outcome.KEPT,
            reason=Reason.REVERTED,
            theirs=self.theirs if value is None else value,
            tried=self.tried,
            reverted=tuple(shipments),
        )

    def claiming(self, name: str, change: FieldChange) -> FieldMemory:
        """What was written to this field is ours, but for the text of somebody else that it kept."""
        # IFS may have kept ours in another form than we sent it.
        was_ours = change.before is None or (self.ours is not None and same(name, change.before, self.ours))
        theirs = self.theirs if was_ours else change.before
        is_given_back = change.extended is not None and change.extended == change.after
        return FieldMemory(
            outcome=Outcome.WRITTEN,
            ours=None if is_given_back else change.after,
            theirs=change.extended or theirs,
            tried=change.after,
            extends=change.extended is not None and not is_given_back,
        )


class OpenIntent(Frozen):
    """A write that is under way or whose result was never stored; `audit_key` is where its audit entry stands or will
    stand. `by` is the order that writes. `changes` are by field name. `cause` is a person's who asked for it:
    whoever finds the intent writes down that one. `found_at` is when somebody found `at` further ahead than clocks
    differ: when it was written is not known then.
    """

    kind: Literal["patch", "post", "action"]
    audit_key: str
    at: datetime
    by: str
    changes: dict[str, FieldChange]
    etag: str = ""
    cause: Cause | None = None
    found_at: datetime | None = None

    def since(self, now: datetime) -> datetime:
        """From when its lease counts: it was written by then."""
        return next((at for at in (self.at, self.found_at) if at is not None and at <= newest(now)), now)

    def found(self, now: datetime) -> OpenIntent:
        is_dated = self.since(now) in {self.at, self.found_at}
        return self if is_dated else self.model_copy(update={"found_at": now})

    def is_held(self, now: datetime) -> bool:
        """Somebody may still be writing."""
        return now < self.since(now) + LEASE

    def may_arrive(self, now: datetime, *, exists: bool) -> bool:
        """A row that is not there yet."""
        return self.kind == "post" and not exists and now < self.since(now) + POST_AGAIN

    def reason_to_wait(self, orders: Iterable[OrderKey]) -> Reason:
        """For these, while nobody knows how it ends."""
        is_theirs = self.by in {order.reference for order in orders}
        return Reason.OUTCOME_UNKNOWN if is_theirs else Reason.RECORD_SHARED


def _gone(entry: AuditEntry, replaced: Mapping[str, datetime]) -> set[str]:
    """Nothing arrives a lease after it was given up."""
    over = entry.at + LEASE if entry.outcome == "outcome_unknown" else entry.at
    return {attribute for attribute, seen_at in replaced.items() if seen_at >= over}


class RecordMemory(Frozen):
    """`tell` are the orders that have not heard of what changed for them here, `left` those that left while it was
    parked, and may have something here until that is over. `fields` are by IFS attribute; one that
    the file no longer names is kept and not touched. `mapping_version` is what it was last written with, `plans` are
    the last ones of a person that were carried out here. `failing_since`: every write since then ended in a fault of
    IFS that names no cause. `result_at` is when the last result was stored. `revision` guards every save; an item
    that had one is never deleted.
    """

    connection: ConnectionName
    key: RecordKey
    revision: int = 0
    contributions: tuple[OrderContribution, ...] = ()
    fields: dict[str, FieldMemory] = Field(default_factory=dict)
    intent: OpenIntent | None = None
    tell: tuple[OrderName, ...] = ()
    left: tuple[OrderName, ...] = ()
    failing_since: datetime | None = None
    result_at: datetime | None = None
    mapping_version: str = ""
    plans: tuple[str, ...] = ()

    @property
    def shipments(self) -> list[Contribution]:
        """Of all orders, voided ones included, oldest first; a parcel of several orders once, as that of the order that
        bears its cost.
        """
        placed = [c for order in self.contributions for c in order.shipments]
        # The last one of a key stands: of several copies of a parcel the one with a cost.
        every = {c.shipment: c for c in sorted(placed, key=lambda c: c.cost or 0)}
        return sorted(every.values(), key=lambda c: (c.created_at, c.shipment))

    @property
    def orders(self) -> set[OrderKey]:
        """Who placed something here."""
        return {each.order(self.connection) for each in self.contributions}

    @property
    def live_orders(self) -> set[OrderKey]:
        """Those of which a parcel is not voided."""
        return {each.order(self.connection) for each in self.contributions if each.is_live}

    @property
    def ifs_orders(self) -> set[str]:
        """Those that the references of its live orders stand for; of all of them where none is live."""
        live = [each for each in self.contributions if each.is_live]
        return {number for each in live or self.contributions for number in each.orders or (each.reference,)}

    @property
    def numbers(self) -> set[str]:
        """Every tracking number that one of our shipments may have brought here."""
        explaining = {number for each in self.contributions for number in each.explaining}
        return explaining | {shipment.tracking for shipment in self.shipments if shipment.tracking}

    def of(self, order: OrderKey) -> tuple[Contribution, ...]:
        """What this order placed here."""
        return next((each.shipments for each in self.contributions if each.order(self.connection) == order), ())

    def entered(self, mine: OrderContribution) -> RecordMemory:
        """With exactly these shipments of the order; none takes the order out. Others keep their places."""
        order = mine.order(self.connection)
        places = [each.order(self.connection) for each in self.contributions]
        # In its place: whose store's rules hold for a record must not change with every look.
        kept = [mine if place == order else each for place, each in zip(places, self.contributions, strict=True)]
        kept += [] if order in places else [mine]
        return self.model_copy(update={"contributions": tuple(each for each in kept if each.shipments)})

    def heard(self, order: OrderKey) -> RecordMemory:
        """The order looks at the record: it need not be told any more."""
        left = tuple(name for name in self.tell if name.order(self.connection) != order)
        return self if len(left) == len(self.tell) else self.model_copy(update={"tell": left})

    def telling(self, before: RecordMemory, looking: Iterable[OrderKey]) -> RecordMemory:
        """Other orders whose outcome here is another one than `before` have to hear of it."""
        gone = {name.order(self.connection) for name in before.left}
        left = (gone | set(looking)) - self.orders if self.holds_what_is_parked else set[OrderKey]()
        # Neighbours that would find nothing new are not sent for.
        is_news = _outcomes(self) != _outcomes(before)
        others = (self.orders | before.orders | gone) - set(looking) if is_news else set[OrderKey]()
        return self.model_copy(update={"left": _named(left), "tell": _named(self.unheard | others)})

    @property
    def holds_what_is_parked(self) -> bool:
        """A value of ours that may not be changed now."""
        return any(past.outcome is Outcome.PARKED and past.ours is not None for past in self.fields.values())

    @property
    def holds_ours(self) -> bool:
        """A value of ours, or one that a person has put back."""
        return any(past.ours is not None or past.reverted for past in self.fields.values())

    @property
    def was_seen(self) -> bool:
        """It was written, or held something of somebody else: a row that was only looked for was never made."""
        return bool(self.mapping_version) or any(past.theirs is not None for past in self.fields.values())

    @property
    def is_outdated(self) -> bool:
        """A plan showed something else than what would have been written."""
        return any(past.reason is Reason.PLAN_OUTDATED for past in self.fields.values())

    @property
    def unheard(self) -> set[OrderKey]:
        return {name.order(self.connection) for name in self.tell}

    def remembering(self, fields: Mapping[str, FieldMemory]) -> RecordMemory:
        return self.model_copy(update={"fields": {**self.fields, **fields}})

    def adopting(self, attributes: Iterable[str]) -> tuple[RecordMemory, dict[str, str | None]]:
        """With what was kept for a person in these attributes as ours, and those values."""
        kept = {name: self.fields[name] for name in attributes if name in self.fields}
        theirs = {name: past for name, past in kept.items() if past.outcome is Outcome.KEPT and past.ours is None}
        adopted = {name: past.adopted() for name, past in theirs.items()}
        return self.remembering(adopted), {name: past.theirs for name, past in theirs.items()}

    def claiming_from(
        self, entry: AuditEntry, unknown: Mapping[str, str], replaced: Mapping[str, datetime]
    ) -> tuple[RecordMemory, dict[str, str]]:
        """With the values, by attribute, that this audit entry says we put there; and those that an older entry may
        still explain: what is certain of an attribute is the last word on it. Of those `replaced` something else was
        seen last at that instant: what this entry put there for certain is gone; what may have arrived may have come
        later.
        """
        gone = _gone(entry, replaced)
        ours = {a: value for a, value in unknown.items() if a not in gone and entry.claims(a, value)}
        changes = {change.attribute: (name, change) for name, change in entry.changes.items()}
        settled = {*ours, *entry.certain}
        claimed = {
            attribute: self.fields.get(attribute, FieldMemory(outcome=Outcome.WRITTEN)).claiming(*changes[attribute])
            for attribute in ours
        }
        return self.remembering(claimed), {a: value for a, value in unknown.items() if a not in settled}

    def intending(self, intent: OpenIntent) -> RecordMemory:
        """A state action that was refused is a person's, and stays refused while it is called again."""
        sent = {change.attribute for change in intent.changes.values()} if intent.kind != "action" else set()
        # Should the run die after the request, a value that was refused before may stand there now.
        again = {name: past.asked_again() for name, past in self.fields.items() if name in sent}
        return self.model_copy(update={"intent": intent, "fields": {**self.fields, **again}})

    def finding(self, intent: OpenIntent) -> RecordMemory:
        return self.model_copy(update={"intent": intent})

    def closed(self) -> RecordMemory:
        """What was under way is known to have ended."""
        return self.model_copy(update={"intent": None})

    def failing(self, since: datetime | None) -> RecordMemory:
        """Since when writes fail without a cause; None once one succeeds."""
        return self.model_copy(update={"failing_since": since})

    def written_with(self, mapping_version: str) -> RecordMemory:
        return self.model_copy(update={"mapping_version": mapping_version})

    def carried_out(self, plan_id: str) -> RecordMemory:
        """Once: what arrives twice changes nothing."""
        if plan_id in self.plans:
            return self
        return self.model_copy(update={"plans": (*self.plans, plan_id)[-PLANS:]})

    def concluded(self, at: datetime) -> RecordMemory:
        """No write is under way any more."""
        return self.model_copy(update={"intent": None, "result_at": at})

    def stored(self) -> RecordMemory:
        """As the ledger holds it after a save."""
        return self.model_copy(update={"revision": self.revision + 1})


def _named(orders: Iterable[OrderKey]) -> tuple[OrderName, ...]:
    ordered = sorted(orders, key=lambda order: (order.reference, order.company))
    return tuple(OrderName(company=order.company, reference=order.reference) for order in ordered)


def _outcomes(memory: RecordMemory) -> dict[str, tuple[Outcome, Reason | None]]:
    return {name: (past.outcome, past.reason) for name, past in memory.fields.items()}
