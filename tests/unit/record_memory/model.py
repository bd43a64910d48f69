"""The memory of a record as a model: what IFS, the ledger, the queue and the consumers hold, and how a value is judged.

`look.py` and `writing.py` are a consumer's steps, `protocol.py` is everything that can happen next, `world.py` is all
state and what has to hold, `explore.py` the search, `small_worlds.py` what is searched and how the protocol is broken.

Orders, records and attributes are numbered; a value is the set of what stands in it, `{"T1", "T2"}` or `{"X"}`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, TypeVar

from tests.unit.record_memory.small_worlds import NOTHING, Break, Config, Value

Values = tuple[Value, ...]
Planned = tuple[Value | None, ...]
T = TypeVar("T")


class Said(StrEnum):
    """What became of one attribute, the worst last."""

    NOTHING = "nothing"
    WRITTEN = "written"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    DROPPED = "dropped"
    REFUSED = "refused"
    UNKNOWN = "outcome_unknown"
    SHARED = "shared"


WORST_LAST = list(Said)
PERSONS = (Said.KEPT, Said.UNCHANGED)  # a person's value was seen after everything that the audit tells


class Status(StrEnum):
    DONE = "done"
    PARKED = "parked"
    RETRY = "retry"
    WAITING = "waiting"


class Row(NamedTuple):
    """A record as IFS shows it; the tag stays the same when two changes fall into one second."""

    values: Values
    tag: int = 0


class Parcel(NamedTuple):
    number: str
    live: bool = True


class Write(NamedTuple):
    """A PATCH that is meant: also the open intent, under the key that its audit entry will have."""

    record: int
    values: Planned
    seen: Values  # what stood there when it was decided
    tag: int
    key: int
    lapsed: int | None = None  # the instant at which its lease ended


class Field(NamedTuple):
    """What a record remembers of one attribute."""

    ours: Value = NOTHING
    others: Value = NOTHING
    extended: bool = False  # what others put there stands in ours, and stays when ours is taken back
    tried: Value | None = None
    said: Said = Said.NOTHING


class Item(NamedTuple):
    """The ledger's item of a record."""

    fields: tuple[Field, ...]
    parcels: tuple[Parcel | None, ...]  # what each order contributes
    intent: Write | None = None
    settled: int = 0  # the instant of the last result
    tell: frozenset[int] = frozenset()  # orders that have not heard of it
    revision: int = 0


class Order(NamedTuple):
    """The ledger's item of an order."""

    status: Status = Status.DONE
    says: Said = Said.NOTHING
    records: frozenset[int] = frozenset()  # where it stands, or owes its leaving
    revision: int = 0


class Entry(NamedTuple):
    """An audit entry: what a write put into each attribute, and what became of it."""

    record: int
    key: int
    values: Planned
    said: tuple[Said, ...]


def put(many: tuple[T, ...], at: int, one: T) -> tuple[T, ...]:
    return (*many[:at], one, *many[at + 1 :])


def wanted(parcels: tuple[Parcel | None, ...], attribute: int) -> Value:
    """Every live number, joined; or the forwarder of the first live label."""
    numbers = [parcel.number for parcel in parcels if parcel and parcel.live]
    return frozenset(numbers) if attribute == 0 else frozenset(number.replace("T", "F") for number in numbers[:1])


def parked_as_shared(config: Config, item: Item) -> bool:
    return config.shared == "park" and sum(1 for parcel in item.parcels if parcel and parcel.live) > 1


def says(config: Config, item: Item, order: int) -> Said:
    """What an order tells of this record."""
    if item.parcels[order] is None:
        return Said.NOTHING
    if parked_as_shared(config, item):
        return Said.SHARED
    return max((field.said for field in item.fields), key=WORST_LAST.index)


def proofs(config: Config, audit: tuple[Entry, ...], record: int, attribute: int) -> frozenset[Value]:
    """What the audit knows to be ours (rule 5): unknown outcomes back to the last certain entry, and that one."""
    if Break.AUDIT_NOT_READ in config.breaks:
        return frozenset()
    found: set[Value] = set()
    for entry in reversed(audit):
        value = entry.values[attribute]
        if entry.record != record or value is None:
            continue
        if entry.said[attribute] in (Said.WRITTEN, Said.UNKNOWN):
            found.add(value)
        if entry.said[attribute] is not Said.UNKNOWN and Break.ANY_ENTRY_IS_PROOF not in config.breaks:
            break
    return frozenset(found)


class Sight(NamedTuple):
    """One attribute as a look sees it: what stands, what should, what our shipments explain, what the audit claims."""

    stands: Value
    want: Value
    explained: Value = NOTHING
    proof: frozenset[Value] = frozenset()


def judge(config: Config, field: Field, sight: Sight) -> tuple[Value | None, Field]:
    """What to write (None: leave it) and the memory that goes with it (rules 5, 18 to 20)."""
    stands, want = sight.stands, sight.want
    forgets = Break.PERSON_FORGOTTEN in config.breaks
    if stands in sight.proof and (field.said not in PERSONS or forgets):
        field = field._replace(ours=stands)
    ours = bool(stands) and stands == field.ours
    guessed = Break.EXTENDED_IS_GUESSED in config.breaks and field.others <= field.ours
    if ours and (field.extended or guessed):
        want |= field.others
    if stands == want:
        said = Said.WRITTEN if ours else Said.UNCHANGED if stands else Said.NOTHING
        return None, field._replace(ours=stands if ours else NOTHING, said=said)
    if field.tried == want and field.said in (Said.REFUSED, Said.DROPPED):
        return None, field
    if ours or not stands:
        return want, field if ours else field._replace(others=NOTHING, extended=False)
    return judge_a_persons(config, field, sight)


def judge_a_persons(config: Config, field: Field, sight: Sight) -> tuple[Value | None, Field]:
    """What a person put there is extended, written over once, or kept."""
    stands, want = sight.stands, sight.want
    never_wrote = not field.ours and field.said is not Said.KEPT
    if never_wrote and stands <= sight.explained and not want <= stands:
        return stands | want, field._replace(others=stands, extended=True)
    if config.always and want and field.tried != want:
        return want, field._replace(others=stands, extended=False)
    return None, field._replace(ours=NOTHING, others=stands, said=Said.KEPT)
