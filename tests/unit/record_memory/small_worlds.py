"""Small worlds: what there is, what may happen in it, and how the protocol can be broken."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

Value = frozenset[str]
NOTHING: Value = frozenset()


class Break(Enum):
    """One way to get the protocol wrong; the checker has to find each."""

    INTENT_NOT_FIRST = "the PATCH goes out before any intent"
    ORDER_BEFORE_RESULT = "the order is saved before the record's result"
    LEASE_IGNORED = "an open intent is overlooked"
    LEASE_OF_ZERO = "an intent is taken over at once"
    REFUSED_IS_OURS = "a refused write keeps its claim to the value"
    REFUSED_FOR_EVER = "a value that was refused together with another is not tried without it"
    DROPPED_IS_UNKNOWN = "a value that IFS dropped counts as an unknown outcome"
    AUDIT_NOT_READ = "a value is called a person's without reading the audit"
    ANY_ENTRY_IS_PROOF = "an entry of the audit claims its value although later entries settled the attribute"
    PERSON_FORGOTTEN = "the audit claims a value again that a person was seen to have put there"
    OVERTAKEN_STAYS_OURS = "our older value is still ours although IFS took a newer one"
    EXTENDED_IS_GUESSED = "a person's value that stands in ours is taken for one that we extended"
    OLD_READING = "a reading older than the last result is decided from"
    READING_BEFORE_LEASE_END = "a lapsed intent is settled from a reading of before"
    UNKNOWN_CLOSED_AT_ONCE = "an unknown outcome closes the intent before the lease ends"
    UNKNOWN_WHILE_SHARED = "an outcome stays unknown on a record that is parked"
    UNKNOWN_IS_A_TRY = "`always` counts a write that never happened as its one try"
    NEIGHBOURS_NOT_QUEUED = "nobody else hears of the result"
    NEIGHBOURS_IN_MEMORY = "who must hear is not part of the result"
    NOTICE_WITHOUT_RECORD = "a notice does not name its record"
    DEBT_FORGOTTEN = "an order forgets the record that it left"
    DEBT_PAID_EARLY = "a debt counts as paid before the outcome is known"
    HIDDEN_IS_FORGOTTEN = "an order forgets a record that it does not see"
    NOT_ANNOUNCED = "an order does not remember a record before the record hears of it"
    PLAN_OVERRULES = "a plan overrules what a record knows of an order"
    CONTRIBUTION_STAYS = "a shipment that leaves stays in the record's contributions"
    MEMORY_PER_ORDER = "each order has a memory of its own"
    NO_IF_MATCH = "the PATCH does not say what it has seen"
    PUT_UNCONDITIONAL = "the record is put whatever its revision"


class Event(NamedTuple):
    """Something that the outside may do once: `ship`, `void`, `move`, `edit`, `hide`, `plan`, `look`, `restore`."""

    kind: str
    target: int = 0
    value: Value = NOTHING
    same_second: bool = False


class Config(NamedTuple):
    """A small world: what there is, what may go wrong, and how the protocol is broken."""

    lines: tuple[int, ...] = (0, 0)  # the record that each order's lines are on at first
    records: int = 1
    attributes: int = 1  # the first is joined, the second is the forwarder
    shared: str = "join"
    always: bool = False
    stands: Value = NOTHING  # a person's, before we came
    refuses: Value = NOTHING
    drops: Value = NOTHING
    asleep: frozenset[int] = frozenset()  # orders that `ship`, or a `plan`, brings later
    voided: frozenset[int] = frozenset()  # orders whose label was voided before anybody looked
    events: frozenset[Event] = frozenset()
    crashes: int = 0
    lost: int = 0
    twice: int = 0  # messages handed out again while they are worked on
    breaks: frozenset[Break] = frozenset()
